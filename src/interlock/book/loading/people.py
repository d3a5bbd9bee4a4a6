"""Service accounts for the offices of an episode, to try it out: one a role at each party."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from interlock.book.acting import perform
from interlock.book.models import Party
from interlock.book.rights import Actor
from interlock.book.services import people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.book.acting import Act

OPERATOR = Actor("operator", roles=frozenset({"administrator"}))
DAYS = 30
DEMO_NAME = "to try the episode out"
"""The name of such an account: nobody else is let in by the choice of a role in a demo."""


def offices() -> Iterator[tuple[str, str, str]]:
    """Names of accounts, their parties and roles: two officers where a second person decides."""
    yield "administrator", people.HOME_PARTY, "administrator"
    for party in Party.objects.filter(state="active").order_by("pk"):
        if party.gate == "customs":
            yield f"{party.pk}-customs", party.pk, "customs_officer"
        elif party.gate:
            yield f"{party.pk}-officer", party.pk, "licensing_officer"
            yield f"{party.pk}-second", party.pk, "licensing_officer"
            yield f"{party.pk}-auditor", party.pk, "auditor"
            yield f"{party.pk}-analyst", party.pk, "analyst"
        if "exporter" in party.roles or "supplier" in party.roles:
            yield f"{party.pk}-allocator", party.pk, "allocation_manager"
            yield f"{party.pk}-second", party.pk, "allocation_manager"
            yield f"{party.pk}-compliance", party.pk, "compliance_officer"
        elif "buyer" in party.roles:
            yield f"{party.pk}-compliance", party.pk, "compliance_officer"


def enter_people(now: dt.datetime) -> dict[str, str]:
    """Enter a service account for each office and give its token, by the account's name."""

    def work(act: Act) -> dict[str, str]:
        tokens = {}
        if not Party.objects.filter(pk=people.HOME_PARTY).exists():
            home = Party(id=people.HOME_PARTY, name=people.HOME_NAME, authority=True)
            act.make(home, "enter")
        for name, party, role in list(offices()):
            people.user_enter(act, username=name, name=DEMO_NAME, service=True)
            people.office_give(act, username=name, party=party, role=role)
            _, tokens[name] = people.token_make(
                act,
                username=name,
                party=party,
                name=DEMO_NAME,
                expires_at=now + dt.timedelta(days=DAYS),
            )
        return tokens

    return perform(OPERATOR, work, now=now, reason="people to try the episode out")
