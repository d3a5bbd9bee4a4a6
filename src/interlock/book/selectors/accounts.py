"""Accounts of the ledger as an actor may see them (R11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.acting import raw_connection
from interlock.law.deciding.audience import HOLDER, OFFICER, PUBLIC
from interlock.law.deciding.redact import ANOTHER_LIMIT
from interlock.store import LedgerSession

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.rights import Actor
    from interlock.ledger import Account, Lack


def ledger() -> LedgerSession:
    """The ledger on Django's connection, for reading."""
    return LedgerSession(*raw_connection())


def gate_of(account: Account) -> str:
    """The gate whose regime the account belongs to; empty if the law no longer has it."""
    regime = account.terms.name.partition("/")[0]
    found = [one.regime.gate for one in law.library().checked if one.regime.id == regime]
    return found[0] if found else ""


def may_see(actor: Actor | None, account: Account) -> bool:
    """Whether an actor may see an account and its numbers."""
    if actor is None:
        return PUBLIC in account.terms.visible_to
    if actor.itself or "auditor" in actor.roles:
        return True
    gate = gate_of(account)
    readers = account.terms.visible_to or (HOLDER, f"{OFFICER}{gate}")
    if PUBLIC in readers:
        return True
    if actor.gate:
        return f"{OFFICER}{actor.gate}" in readers
    return HOLDER in readers and is_own(actor.party, account)


def is_own(party: str, account: Account) -> bool:
    """Whether an account counts for a firm: its key names the firm, or a licence that it holds."""
    from interlock.book.models import Holder  # noqa: PLC0415 - avoids a circle at start

    keys = dict(
        part.split("=", 1) for part in account.id.partition("?")[2].split("&") if "=" in part
    )
    if party in (keys.get("buyer"), keys.get("exporter"), account.holder):
        return True
    licence = keys.get("licence")
    return bool(licence) and Holder.objects.filter(licence=licence, party=party).exists()


def lacks_shown(actor: Actor | None, lacks: Iterable[Lack]) -> list[dict[str, Any]]:
    """What was lacking, without the name or number of an account that the actor may not see."""
    store, found, hidden = ledger(), [], False
    for lack in lacks:
        account = store.account(lack.account)
        if account is not None and may_see(actor, account):
            found.append(
                {
                    "account": lack.account,
                    "cause": lack.cause,
                    "headroom": lack.headroom / account.scale,
                    "needed": lack.needed / account.scale,
                    "says": str(lack),
                }
            )
        else:
            hidden = True
    if hidden:
        found.append(
            {
                "account": None,
                "cause": None,
                "headroom": None,
                "needed": None,
                "says": f"{ANOTHER_LIMIT} does not give it",
            }
        )
    return found
