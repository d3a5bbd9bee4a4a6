"""What stands behind applications, licences and conditions: decisions, balances, who said what."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects

from interlock.book.application_cases import case_of
from interlock.book.models import Application, Condition, Licence, Party
from interlock.book.rights import find
from interlock.book.row_facts import awaits
from interlock.book.selectors.accounts import ledger, may_see
from interlock.book.selectors.decisions import decide_case, viewer_of
from interlock.book.selectors.present import is_firm
from interlock.book.snapshots import plain
from interlock.law.deciding.audience import OFFICER, PUBLIC
from interlock.law.deciding.decision import to_json
from interlock.law.deciding.legs import keys_of
from interlock.law.deciding.redact import redacted

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.rights import Actor
    from interlock.ledger import Account


def application_decision(actor: Actor, pk: str, now: dt.datetime) -> dict[str, Any]:
    """What the law of the day says of an application, as the actor may see it.

    For a firm it is decided without the facts that an officer put on file (R11).

    Raises:
        NotFoundError: there is none for this actor.
    """
    application = find(actor, Application, pk)
    day = now.date()
    case = case_of(application, day, day, officer=not is_firm(actor))
    decision = decide_case(case, "application", at=day, known=day)
    if actor.itself or "auditor" in actor.roles:
        return to_json(decision)
    viewer = viewer_of(actor)
    if viewer.startswith(OFFICER) and actor.gate not in {one.gate for one in decision.gates}:
        viewer = PUBLIC  # no regime guards that gate in this case
    return to_json(redacted(decision, viewer))


def licence_balance(
    actor: Actor, pk: str, *, at: dt.datetime, known: dt.datetime
) -> list[dict[str, Any]]:
    """The accounts of a licence that the actor may see, as they stood `at`, as recorded by `known`.

    Amounts are in units of the account. `first_used_on` is the day of the first posted draw.

    Raises:
        NotFoundError: there is none for this actor.
    """
    licence = find(actor, Licence, pk)
    found = []
    for account in ledger().accounts():
        own = keys_of(account.id).get("licence") == licence.pk
        if own and may_see(actor, account):
            found.append(_balance(account, at, known))
    return found


def _balance(account: Account, at: dt.datetime, known: dt.datetime) -> dict[str, Any]:
    book = ledger()
    stood = book.balance(account.id, at=at, known=known)
    posts = (
        one.effective
        for one in book.transfers(account=account.id)
        if one.kind == "post" and one.effective <= at and one.recorded <= known
    )
    first = min(posts, default=None)
    unsettled = {one.account for one in book.discrepancies(unsettled=True)}
    scale = account.scale
    return {
        "account": account.id,
        "unit": account.terms.unit,
        "granted": _number(stood.credits_posted, scale),
        "reserved": _number(stood.debits_pending, scale),
        "posted": _number(stood.debits_posted, scale),
        "left": _number(stood.headroom, scale),
        "first_used_on": None if first is None else first.date(),
        "shut_now": account.id in unsettled,
    }


def _number(amount: int, scale: int) -> int | float:
    exact = Fraction(amount, scale)
    return int(exact) if exact.denominator == 1 else float(exact)


def condition_record(actor: Actor, pk: str) -> dict[str, Any]:
    """Every version of a condition, and what each party said to it, oldest first.

    A firm sees that another holder of the licence spoke, but neither which nor why (R11: of a
    shared licence it is told of itself alone); an authority by its name; people only of its own.
    `awaited` are the holders who have not agreed to the version that stands; a firm sees itself.

    Raises:
        NotFoundError: there is none for this actor.
    """
    condition = find(actor, Condition, pk)
    prefetch_related_objects([condition], "consents", "licence__holders")
    texts = list(condition.texts.all())
    consents = sorted(condition.consents.all(), key=lambda one: one.pk)
    spoke = {one.by_party_id for one in texts} | {one.party_id for one in consents}
    others = Party.objects.filter(pk__in=spoke, authority=False).exclude(pk=actor.party)
    hidden = set(others.values_list("pk", flat=True)) if is_firm(actor) else set()

    def person(party: str, name: str) -> str | None:
        return name if not is_firm(actor) or party == actor.party else None

    def who(party: str) -> str | None:
        return None if party in hidden else party

    return {
        "condition": condition.pk,
        "texts": [
            {
                "text_version": one.number,
                "text": one.text,
                "parameters": plain(one.parameters),
                "by": who(one.by_party_id),
                "person": person(one.by_party_id, one.by_user),
                "at": one.at,
            }
            for one in texts
        ],
        "consents": [
            {
                "text_version": one.number,
                "to": one.to,
                "agrees": one.agrees,
                "by": who(one.party_id),
                "person": person(one.party_id, one.user),
                "says": "" if one.party_id in hidden else one.says,
                "at": one.at,
            }
            for one in consents
        ],
        "awaited": [x for x in awaited(condition) if not is_firm(actor) or x == actor.party],
    }


def awaited(condition: Condition) -> list[str]:
    """Holders whose consent is asked and not on record, of what is proposed or agreed by others."""
    said = sorted(condition.consents.all(), key=lambda one: one.pk)
    word = {  # of a party the newest counts
        one.party_id: one.agrees
        for one in said
        if one.to == "agree" and one.number == condition.text_version
    }
    proposed = condition.state == "proposed"
    return [
        one.party_id
        for one in condition.licence.holders.all()
        if one.until is None
        and ((proposed and not word.get(one.party_id)) or awaits(condition, one.party_id))
    ]
