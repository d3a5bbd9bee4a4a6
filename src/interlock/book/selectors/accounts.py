"""Accounts of the ledger as an actor may see them (R11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.acting import raw_connection
from interlock.law.deciding.audience import HOLDER, OFFICER, PUBLIC
from interlock.law.deciding.legs import keys_of
from interlock.law.deciding.redact import ANOTHER_LIMIT
from interlock.store import LedgerSession

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from interlock.book.rights import Actor
    from interlock.ledger import Account, Lack, Transfer


def ledger() -> LedgerSession:
    """The ledger on Django's connection, for reading."""
    return LedgerSession(*raw_connection())


def gate_of(account: Account) -> str:
    """The gate whose regime the account belongs to; empty if the law no longer has it."""
    regime = account.terms.name.partition("/")[0]
    found = [one.regime.gate for one in law.library().checked if one.regime.id == regime]
    return found[0] if found else ""


def may_see(actor: Actor | None, account: Account) -> bool:
    """Whether an actor may see an account and its numbers.

    That a limit is public law makes nobody's balance public: a firm sees its own, and the accounts
    that count everybody together.
    """
    if actor is None:
        return PUBLIC in account.terms.visible_to and "?" not in account.id
    if actor.itself or "auditor" in actor.roles:
        return True
    gate = gate_of(account)
    readers = account.terms.visible_to or (HOLDER, f"{OFFICER}{gate}")
    if actor.gate:
        return PUBLIC in readers or f"{OFFICER}{actor.gate}" in readers
    if PUBLIC in readers and "?" not in account.id:
        return True
    return (PUBLIC in readers or HOLDER in readers) and is_own(actor.party, account)


def is_own(party: str, account: Account) -> bool:
    """Whether an account counts for a firm.

    Its key names the firm, or a licence that it holds, or it is the stock of a product it supplies.
    """
    from interlock.book.models import Holder, Product  # noqa: PLC0415 - avoids a circle at start

    name = account.base or account.id  # an account of one period has its base's keys
    keys = keys_of(name)
    if party in (keys.get("buyer"), keys.get("exporter"), account.holder):
        return True
    if "licence" in keys and not keys.keys().isdisjoint(("buyer", "exporter")):
        return False  # the part of another holder of the same licence
    if "product" in keys and gate_of(account) == "supply":
        # The supplier guards its own gate: what it has of a product is its own.
        return Product.objects.filter(catalogue=keys["product"], supplier=party).exists()
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


def accounts_page(
    actor: Actor, *, begins: str, cursor: str, limit: int, now: dt.datetime
) -> dict[str, Any]:
    """One page of the accounts that an actor may see, by id."""
    store = ledger()
    found = []
    for account in store.accounts():
        if account.id <= cursor or not account.id.startswith(begins):
            continue
        if not may_see(actor, account):
            continue
        found.append(account)
        if len(found) > limit:
            break
    items = [_shown(store, account, now) for account in found[:limit]]
    return {"items": items, "next": found[limit - 1].id if len(found) > limit else None}


def _shown(store: LedgerSession, account: Account, now: dt.datetime) -> dict[str, Any]:
    counters = store.counters(account.id, now=now)
    owed = store.debts(account.id, now=now) if account.terms.may_owe is not None else ()
    scale = account.scale
    shut = any(x.account == account.id for x in store.discrepancies(unsettled=True))
    return {
        "account": account.id,
        "gate": gate_of(account),
        "says": account.terms.name,
        "unit": account.terms.unit,
        "holder": account.holder or None,
        "headroom": counters.headroom / scale,
        "credited": counters.credits_posted / scale,
        "posted": counters.debits_posted / scale,
        "reserved": counters.debits_pending / scale,
        "excess": counters.excess / scale,
        "overdue": sum(debt.amount for debt in owed if debt.due <= now) / scale,
        "shut": shut,
    }


def account_shown(
    actor: Actor,
    name: str,
    *,
    now: dt.datetime,
    at: dt.datetime | None = None,
    known: dt.datetime | None = None,
) -> dict[str, Any] | None:
    """One account that an actor may see, now or as it stood at a time; None if there is none."""
    store = ledger()
    account = store.account(name)
    if account is None or not may_see(actor, account):
        return None
    found = _shown(store, account, now)
    if at is not None or known is not None:
        balance = store.balance(name, at=at or now, known=known or now)
        scale = account.scale
        found |= {
            "headroom": balance.headroom / scale,
            "credited": balance.credits_posted / scale,
            "posted": balance.debits_posted / scale,
            "reserved": balance.debits_pending / scale,
            "overdue": balance.overdue / scale,
        }
    owed = store.debts(name, now=now) if account.terms.may_owe is not None else ()
    found["debts"] = [
        {"amount": debt.amount / account.scale, "since": debt.since, "due": debt.due}
        for debt in owed
    ]
    return found


def transfers_shown(actor: Actor, name: str) -> list[dict[str, Any]]:
    """The transfers of an account that an actor may see, oldest first.

    A firm sees the amounts of its own draws, and of others' only that there were some: a quota that
    several firms share is one account.
    """
    store = ledger()
    account = store.account(name)
    if account is None or not may_see(actor, account):
        return []
    firm = not actor.gate and "auditor" not in actor.roles
    return [
        {
            "transfer": one.id if not firm or _concerns(actor, one) else None,
            "kind": one.kind,
            "side": one.side,
            "amount": one.amount / account.scale if not firm or _concerns(actor, one) else None,
            "holder": one.holder if not firm or _concerns(actor, one) else None,
            "effective": one.effective,
            "recorded": one.recorded,
        }
        for one in store.transfers(account=name)
    ]


def _concerns(actor: Actor, one: Transfer) -> bool:
    return one.holder in ("", actor.party)
