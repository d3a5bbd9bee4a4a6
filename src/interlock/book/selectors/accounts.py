"""Accounts of the ledger as an actor may see them (R11)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.rows import raw_connection
from interlock.files.phrases import phrase
from interlock.law.deciding.audience import HOLDER, OFFICER, PUBLIC
from interlock.law.deciding.legs import keys_of
from interlock.law.deciding.redact import ANOTHER_LIMIT
from interlock.store import LedgerSession

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from interlock.book.rights import Actor
    from interlock.files.phrases import Phrase
    from interlock.ledger import Account, Lack, Transfer
    from interlock.store.reading import Standing


def ledger() -> LedgerSession:
    """The ledger on Django's connection, for reading."""
    return LedgerSession(*raw_connection())


def amount_shown(amount: int, scale: int) -> int | str:
    """An amount counted in parts of a unit, in units: a whole number, or exact decimal text."""
    whole, part = divmod(amount, scale)
    return exact(Fraction(amount, scale)) if part else whole


def exact(amount: Fraction | int) -> str:
    """An exact number as text, without an exponent or zeros at its end."""
    value = Fraction(amount)
    text = format(Decimal(value.numerator) / Decimal(value.denominator), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def gate_of(account: Account) -> str:
    """The gate whose regime the account belongs to; empty if the law no longer has it."""
    regime = account.terms.name.partition("/")[0]
    found = [one.regime.gate for one in law.library().checked if one.regime.id == regime]
    return found[0] if found else ""


class Owned:
    """What of the book makes an account a firm's own, read once for many accounts."""

    def __init__(self, party: str) -> None:
        self.party = party

    @cached_property
    def licences(self) -> frozenset[str]:
        """Ids of the licences that it holds or held."""
        from interlock.book.models import Holder  # noqa: PLC0415 - avoids a circle at start

        found = Holder.objects.filter(party=self.party)
        return frozenset(found.values_list("licence_id", flat=True))

    @cached_property
    def products(self) -> frozenset[str]:
        """Products that it supplies, by their names in the catalogue."""
        from interlock.book.models import Product  # noqa: PLC0415 - avoids a circle at start

        found = Product.objects.filter(supplier=self.party)
        return frozenset(found.values_list("catalogue", flat=True))


def may_see(actor: Actor | None, account: Account, owned: Owned | None = None) -> bool:
    """Whether an actor may see an account and its numbers.

    That a limit is public law makes nobody's balance public: a firm sees its own, and the accounts
    that count everybody together. `owned` is kept by whoever asks about many accounts.
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
    return (PUBLIC in readers or HOLDER in readers) and is_own(owned or Owned(actor.party), account)


def is_own(owned: Owned, account: Account) -> bool:
    """Whether an account counts for a firm.

    Its key names the firm, or a licence that it holds, or it is the stock of a product it supplies.
    """
    name = account.base or account.id  # an account of one period has its base's keys
    keys = keys_of(name)
    if owned.party in (keys.get("buyer"), keys.get("exporter"), account.holder):
        return True
    if "licence" in keys and not keys.keys().isdisjoint(("buyer", "exporter")):
        return False  # the part of another holder of the same licence
    if "product" in keys and gate_of(account) == "supply":
        # The supplier guards its own gate: what it has of a product is its own.
        return keys["product"] in owned.products
    licence = keys.get("licence")
    return bool(licence) and licence in owned.licences


def lacks_shown(
    actor: Actor | None, lacks: Iterable[Lack], *, stale: bool = False
) -> list[dict[str, Any]]:
    """What was lacking, without the name or number of an account that the actor may not see.

    Args:
        actor: who is told.
        lacks: as the ledger told them.
        stale: of a run whose accounts moved: `needed` is the headroom that it was shared over.
    """
    store, hidden = ledger(), False
    found: list[dict[str, Any]] = []
    for lack in lacks:
        account = store.account(lack.account)
        if account is not None and may_see(actor, account):
            found.append(
                {
                    "account": lack.account,
                    "cause": lack.cause,
                    "headroom": amount_shown(lack.headroom, account.scale),
                    "needed": amount_shown(lack.needed, account.scale),
                    "says": _said(lack, account.scale, stale=stale),
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
                "says": phrase("{limit} does not give it", limit=ANOTHER_LIMIT),
            }
        )
    return found


def _said(lack: Lack, scale: int, *, stale: bool) -> Phrase:
    if not stale:
        return lack.said(partial(amount_shown, scale=scale))
    return phrase(
        "{account} had headroom for {needed} when it was shared, now for {headroom}",
        account=lack.account,
        needed=amount_shown(lack.needed, scale),
        headroom=amount_shown(lack.headroom, scale),
    )


def accounts_page(
    actor: Actor, *, begins: str, cursor: str, limit: int, now: dt.datetime
) -> dict[str, Any]:
    """One page of the accounts that an actor may see, by id."""
    store, owned = ledger(), Owned(actor.party)
    asked = (
        account
        for account in store.accounts()
        if account.id > cursor and account.id.startswith(begins) and may_see(actor, account, owned)
    )
    found = list(islice(asked, limit + 1))
    items = _shown(store, found[:limit], now)
    return {"items": items, "next": found[limit - 1].id if len(found) > limit else None}


def _shown(
    store: LedgerSession, accounts: Sequence[Account], now: dt.datetime
) -> list[dict[str, Any]]:
    standing = store.standing([account.id for account in accounts], now=now)
    shut = {one.account for one in store.discrepancies(unsettled=True)}
    return [
        _row(account, standing[account.id], now, shut=account.id in shut) for account in accounts
    ]


def _row(account: Account, stands: Standing, now: dt.datetime, *, shut: bool) -> dict[str, Any]:
    counters, scale = stands.counters, account.scale
    late = sum(debt.amount for debt in stands.debts if debt.due <= now)
    return {
        "account": account.id,
        "gate": gate_of(account),
        "says": account.terms.name,
        "unit": account.terms.unit,
        "holder": account.holder or None,
        "headroom": amount_shown(counters.headroom, scale),
        "credited": amount_shown(counters.credits_posted, scale),
        "posted": amount_shown(counters.debits_posted, scale),
        "reserved": amount_shown(counters.debits_pending, scale),
        "excess": amount_shown(counters.excess, scale),
        "overdue": amount_shown(late, scale),
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
    (found,) = _shown(store, [account], now)
    if at is not None or known is not None:
        balance = store.balance(name, at=at or now, known=known or now)
        scale = account.scale
        found |= {
            "headroom": amount_shown(balance.headroom, scale),
            "credited": amount_shown(balance.credits_posted, scale),
            "posted": amount_shown(balance.debits_posted, scale),
            "reserved": amount_shown(balance.debits_pending, scale),
            "overdue": amount_shown(balance.overdue, scale),
        }
    owed = store.debts(name, now=now) if account.terms.may_owe is not None else ()
    found["debts"] = [
        {"amount": amount_shown(debt.amount, account.scale), "since": debt.since, "due": debt.due}
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
            "amount": amount_shown(one.amount, account.scale)
            if not firm or _concerns(actor, one)
            else None,
            "holder": one.holder if not firm or _concerns(actor, one) else None,
            "effective": one.effective,
            "recorded": one.recorded,
        }
        for one in store.transfers(account=name)
    ]


def _concerns(actor: Actor, one: Transfer) -> bool:
    return one.holder in ("", actor.party)
