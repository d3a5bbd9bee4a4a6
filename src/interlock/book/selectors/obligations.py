"""What a buyer owes in domestic purchases, from the ledger's debts (R4)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from interlock.book import law, rights
from interlock.book.errors import NotFoundError
from interlock.book.happenings import purchase_accepted
from interlock.book.models import DomesticPurchase
from interlock.book.selectors.accounts import ledger, may_see
from interlock.law.deciding.credits import credits_of
from interlock.law.deciding.legs import keys_of

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.rights import Actor
    from interlock.ledger import Account

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
    accounts = [
        account
        for account in ledger().accounts()
        if account.terms.may_owe is not None
        and not account.base
        and keys_of(account.id).get("buyer") == buyer
        and may_see(actor, account)
    ]
    purchases = list(
        DomesticPurchase.objects.filter(buyer=buyer, state__in=("filed", "accepted"))
        .select_related("product")
        .order_by("pk")
    )
    return {
        "buyer": buyer,
        "at": at,
        "accounts": [_account(one, purchases, at, now=now) for one in accounts],
    }


def _account(
    account: Account, purchases: list[DomesticPurchase], at: dt.datetime, *, now: dt.datetime
) -> dict[str, Any]:
    store, scale = ledger(), account.scale
    terms = account.terms.may_owe
    assert terms is not None  # noqa: S101 - the caller chose accounts that have it
    debts = None
    if at >= now:
        counters = store.counters(account.id, now=at)
        owed, reserved = counters.debits_posted, counters.debits_pending
        credited = counters.credits_posted
        debts = store.debts(account.id, now=at)
        overdue = sum(debt.amount for debt in debts if debt.due <= at)
    else:
        balance = store.balance(account.id, at=at, known=now)
        owed, reserved = balance.debits_posted, balance.debits_pending
        credited, overdue = balance.credits_posted, balance.overdue
    years: dict[int, Fraction] = {}
    awaiting = Fraction(0)
    for one in purchases:
        if one.state == "filed":
            awaiting += _counts(one, account, one.quantity, now)
        else:
            years.setdefault(one.counts_for, Fraction(0))
            years[one.counts_for] += _counts(one, account, one.left, now)
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


def _counts(
    purchase: DomesticPurchase, account: Account, quantity: int, now: dt.datetime
) -> Fraction:
    """What units of a purchase count for on an account, by the law of the day."""
    what = purchase_accepted(purchase, quantity)
    day = now.date()
    case = law.reader_on(day, day).read(what.facts, 1)
    due = credits_of(law.law_on(day, day), EVENT, case, what.quantity)
    return sum((one.amount or Fraction(0) for one in due if one.account == account.id), Fraction(0))


def exact(amount: Fraction | int) -> str:
    """An exact number as text, without an exponent or zeros at its end."""
    value = Fraction(amount)
    text = format(Decimal(value.numerator) / Decimal(value.denominator), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
