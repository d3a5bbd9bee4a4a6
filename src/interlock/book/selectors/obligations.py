"""What a buyer owes in domestic purchases, from the ledger's debts (R4)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.book import law, rights
from interlock.book.errors import NotFoundError
from interlock.book.happenings import binding_licence, purchase_under
from interlock.book.models import DomesticPurchase
from interlock.book.selectors.accounts import exact, ledger, may_see
from interlock.law.deciding.credits import credits_of
from interlock.law.deciding.legs import keys_of

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.rights import Actor
    from interlock.ledger import Account
    from interlock.store.reading import Standing

EVENT = "domestic_purchase.accepted"


def obligation(actor: Actor, buyer: str, at: dt.datetime, *, now: dt.datetime) -> dict[str, Any]:
    """How a buyer stands with what it owes for its imports.

    Args:
        actor: the buyer's own people, officers of the import gate, auditors.
        buyer: the party's id.
        at: the moment asked about; one that has not come shows what falls due by then if nothing
            more is bought. Debts one by one are known for now and later.
        now: the clock.

    Returns:
        `buyer`, `at`, and for each account that the actor may see: `unit`; `owed` for all imports
        so far and `reserved` for those to come; `accepted`, also by the year it counts for;
        `awaiting` acceptance; `outstanding`, of it `overdue`; `may_owe` and `within_days`;
        `next_due`; `debts`. Amounts are exact text in units of the account.

    Raises:
        NotFoundError: the actor may not read this buyer's purchases.
    """
    if not rights.allows(actor, "purchase.read", DomesticPurchase(buyer_id=buyer)):
        raise NotFoundError("party", buyer)
    store = ledger()
    accounts = [
        account
        for account in store.accounts()
        if account.terms.may_owe is not None
        and not account.base
        and keys_of(account.id).get("buyer") == buyer
        and may_see(actor, account)
    ]
    later = store.standing([one.id for one in accounts], now=at) if at >= now else {}
    purchases = _counting(buyer, now) if accounts else []
    return {
        "buyer": buyer,
        "at": at,
        "accounts": [_account(one, purchases, later.get(one.id), at, now) for one in accounts],
    }


def _counting(buyer: str, now: dt.datetime) -> list[tuple[DomesticPurchase, dict[str, Fraction]]]:
    """A buyer's purchases, each with what it counts for by account, by the law of the day."""
    found = DomesticPurchase.objects.filter(buyer=buyer, state__in=("filed", "accepted"))
    licence, day = binding_licence(buyer), now.date()
    reader, binding = law.reader_on(day, day), law.law_on(day, day)
    counting = []
    for one in found.select_related("product").order_by("pk"):
        quantity = one.quantity if one.state == "filed" else one.left
        what = purchase_under(licence, one, quantity)
        totals: dict[str, Fraction] = {}
        for due in credits_of(binding, EVENT, reader.read(what.facts, 1), what.quantity):
            totals[due.account] = totals.get(due.account, Fraction(0)) + (due.amount or 0)
        counting.append((one, totals))
    return counting


def _account(
    account: Account,
    purchases: list[tuple[DomesticPurchase, dict[str, Fraction]]],
    stands: Standing | None,
    at: dt.datetime,
    now: dt.datetime,
) -> dict[str, Any]:
    scale, terms = account.scale, account.terms.may_owe
    assert terms is not None  # noqa: S101 - the caller chose accounts that have it
    debts = None
    if stands is not None:
        counters, debts = stands
        owed, reserved = counters.debits_posted, counters.debits_pending
        credited = counters.credits_posted
        overdue = sum(debt.amount for debt in debts if debt.due <= at)
    else:
        balance = ledger().balance(account.id, at=at, known=now)
        owed, reserved = balance.debits_posted, balance.debits_pending
        credited, overdue = balance.credits_posted, balance.overdue
    years: dict[int, Fraction] = {}
    awaiting = Fraction(0)
    for one, totals in purchases:
        counts = totals.get(account.id, Fraction(0))
        if one.state == "filed":
            awaiting += counts
        else:
            years[one.counts_for] = years.get(one.counts_for, Fraction(0)) + counts
    return {
        "account": account.id,
        "unit": account.terms.unit,
        "owed": exact(Fraction(owed, scale)),
        "reserved": exact(Fraction(reserved, scale)),
        "accepted": exact(Fraction(credited, scale)),
        "accepted_by_year": {str(year): exact(n) for year, n in sorted(years.items())},
        "awaiting": exact(awaiting),
        "outstanding": exact(Fraction(max(0, owed - credited), scale)),
        "overdue": exact(Fraction(overdue, scale)),
        "may_owe": exact(terms.amount),
        "within_days": terms.within.days,
        "next_due": min((debt.due for debt in debts), default=None) if debts else None,
        "debts": None
        if debts is None
        else [
            {
                "amount": exact(Fraction(debt.amount, scale)),
                "since": debt.since,
                "due": debt.due,
            }
            for debt in debts
        ],
    }
