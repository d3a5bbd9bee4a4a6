"""The arithmetic of accounts: pure functions on integers and exact rationals. No rule lives twice.

`below` is how far an account stands under its opening floor. It is always excess + tolerated:
excess is what facts put there (R3), tolerated what the last posts put there within the tolerance
of the law (R10). Every rise lowers excess first.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from interlock.ledger.model import Counters, Debt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from decimal import Decimal

    from interlock.law.terms import AccountTerms, PeriodName
    from interlock.ledger.model import Account, Drawn

MAX_AMOUNT = 2**60  # databases keep 64-bit integers, and sums of four must fit as well
_PERIOD = re.compile(r"\d{4}(-Q[1-4]|-(0[1-9]|1[0-2])(-([0-2]\d|3[01]))?)?\Z")


def whole(quantity: int | Fraction | Decimal, factor: Fraction, scale: int) -> int | None:
    """`quantity` x `factor` in ledger integers, or None if it is not a whole number of them."""
    if type(quantity) is int:
        amount, rest = divmod(quantity * factor.numerator * scale, factor.denominator)
        return None if rest else amount
    exact = quantity if type(quantity) is Fraction else Fraction(quantity)
    # Not exact * factor * scale: making the Fractions between takes most of a recount's time.
    above = exact.numerator * factor.numerator * scale
    amount, rest = divmod(above, exact.denominator * factor.denominator)
    return None if rest else amount


def base_floor(terms: AccountTerms) -> int | None:
    """The opening floor in ledger integers: the stated floor less what may be owed (R4)."""
    scale = 10**terms.places
    owed = terms.may_owe.amount if terms.may_owe else Fraction(0)
    return whole(Fraction(terms.floor) - owed, Fraction(1), scale)


def period_key(name: PeriodName, when: datetime, timezone: str) -> str:
    """The name of the period a time falls in, by the calendar of the regime's timezone.

    2026, 2026-Q1, 2026-01 or 2026-01-28.
    """
    local = when.astimezone(ZoneInfo(timezone))
    if name == "year":
        return f"{local.year:04d}"
    if name == "quarter":
        return f"{local.year:04d}-Q{(local.month + 2) // 3}"
    if name == "month":
        return f"{local.year:04d}-{local.month:02d}"
    return local.date().isoformat()


def is_period_key(name: PeriodName, text: str) -> bool:
    """Whether a text names a period of this kind."""
    shape = {"year": (4, "-"), "quarter": (7, "Q"), "month": (7, "-"), "day": (10, "-")}[name]
    return bool(_PERIOD.match(text)) and len(text) == shape[0] and (
        shape[0] != 7 or ("Q" in text) == (shape[1] == "Q")
    )  # fmt: skip


def is_keyed_by_period(terms: AccountTerms) -> bool:
    """Whether each period has an account of its own.

    With carry-over the rest and the debt go along whole, so one account runs through all periods.
    """
    return terms.period is not None and not terms.period.carry_over


def below_floor(counters: Counters) -> int:
    """How far an account stands under its opening floor; 0 when it does not."""
    return max(0, counters.base_floor - counters.available)


def moved(
    now: Counters,
    seq: int,
    *,
    credits_pending: int = 0,
    credits_posted: int = 0,
    debits_pending: int = 0,
    debits_posted: int = 0,
    allowance: int = 0,
) -> Counters:
    """The counters after a transfer; `excess` takes what neither floor nor allowance covers.

    Args:
        now: the counters before.
        seq: the transfer's place.
        credits_pending: change of that counter; so are the next three.
        credits_posted: likewise.
        debits_pending: likewise.
        debits_posted: likewise.
        allowance: how far under the opening floor this transfer may put the account (R10).
    """
    new_credits = now.credits_posted + credits_posted
    new_pending = now.debits_pending + debits_pending
    new_debits = now.debits_posted + debits_posted
    below = now.base_floor - (new_credits - new_debits - new_pending)
    excess = tolerated = 0
    if below > 0:
        before = now.excess + now.tolerated
        if below > before:
            tolerated = max(now.tolerated, min(below - now.excess, allowance))
        else:
            tolerated = min(now.tolerated, below)
        excess = below - tolerated
    return Counters(
        now.credits_pending + credits_pending, new_credits, new_pending, new_debits,
        excess, tolerated, now.base_floor, seq,
    )  # fmt: skip


def reserved(now: Counters, amount: int) -> tuple[int, int, int, int, int, int, int] | None:
    """The counters after a reservation, without `seq`; None if it would pass the floor (R3).

    Where it passes, the account stands on or above its opening floor, so nothing of it is excess.
    """
    pending = now.debits_pending + amount
    if now.credits_posted - now.debits_posted - pending < now.base_floor:
        return None
    return (
        now.credits_pending, now.credits_posted, pending, now.debits_posted, 0, 0, now.base_floor,
    )  # fmt: skip


def allowance(account: Account, now: Counters, closing: Counters | None) -> int:
    """How far under its opening floor a post may put the account now (R10); 0 = not at all.

    `closing` are the counters of the account that closes the tolerance once all granted on it has
    been posted; None = it could not be found, and then there is no tolerance.
    """
    tolerance = account.terms.tolerance
    if tolerance is None or closing is None or closing.debits_posted >= closing.credits_posted:
        return 0
    base = now.credits_posted
    if tolerance.of == "unshipped":
        base -= now.debits_posted
    return max(0, int(tolerance.share * base // 1))


def overdue(aged_debits: int, net_credits: int) -> int:
    """Overdue(t) of R4, from net debits posted by t - within and net credits by t."""
    return max(0, aged_debits - net_credits)


def debts(draws: Iterable[Drawn], net_credits: int, within: timedelta) -> tuple[Debt, ...]:
    """What is still owed, oldest first: credits pay debits first in, first out (R4)."""
    left = net_credits
    found = []
    for draw in sorted(draws, key=lambda x: (x.effective, x.id)):
        owed = draw.amount - draw.reversed
        paid = min(max(left, 0), owed)
        left -= paid
        if owed > paid:
            due = draw.effective + within
            found.append(Debt(draw.id, owed - paid, draw.effective, due))
    return tuple(found)
