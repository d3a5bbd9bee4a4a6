"""What only began to bind after an allocation was made: drawn when it enters, as the book does.

A reservation holds the accounts that bound when it was made. The law of the day of entry may name
more that post at entry; on those the units are drawn then, or they wait at the border. `made` is
the row of an allocation; spans are where a set of legs starts and ends.
"""

from __future__ import annotations

from interlock.lab.kernel.accounts import available, on_step, overdue, put_post, take_back
from interlock.lab.kernel.columns import (
    A_ENTERED,
    A_EXTRA,
    A_UNITS,
    FLOOR,
    LEG_ACCOUNT,
    LEG_AMOUNT,
    LEG_POST,
    RESTORED,
)
from interlock.lab.kernel.decorators import bare, row_of

ENTRY = 2


@bare
def _late(tables, q, then, step):  # type: ignore[no-untyped-def]
    """The account of a leg that posts at entry and was not reserved; -1 = it is none."""
    terms, periods, legs = tables
    leg = row_of(legs, q)
    if leg[LEG_POST] != ENTRY:
        return -1
    for other in range(then[0], then[1]):
        if row_of(legs, other)[LEG_ACCOUNT] == leg[LEG_ACCOUNT]:
            return -1
    return on_step(terms, periods, leg[LEG_ACCOUNT], step)


@bare
def late_fits(counters, tables, aged, made, spans, step):  # type: ignore[no-untyped-def]
    """Whether every account that is drawn late lets the units in; `spans` are (then, now)."""
    then, now = spans
    terms, _, legs = tables
    units = made[A_UNITS] + made[A_EXTRA]
    for q in range(now[0], now[1]):
        a = _late(tables, q, then, step)
        if a >= 0:
            if overdue(counters, terms, aged, a):
                return False
            amount = row_of(legs, q)[LEG_AMOUNT] * units
            if available(counters, a) - amount < row_of(terms, a)[FLOOR]:
                return False
    return True


@bare
def draw_late(counters, tables, draws_kept, made, spans, step):  # type: ignore[no-untyped-def]
    """Draw on them."""
    then, now = spans
    terms, _, legs = tables
    units = made[A_UNITS] + made[A_EXTRA]
    for q in range(now[0], now[1]):
        a = _late(tables, q, then, step)
        if a >= 0:
            move = (row_of(legs, q)[LEG_AMOUNT] * units, 0, 0)
            put_post(counters, terms, draws_kept, a, move, step)


@bare
def return_late(counters, tables, draws_kept, made, spans, way, step):  # type: ignore[no-untyped-def]
    """Give back what was drawn on them, where the way back restores it (R9)."""
    then, now = spans
    terms, _, legs = tables
    units, drawn = made[A_UNITS] + made[A_EXTRA], made[A_ENTERED]
    for q in range(now[0], now[1]):
        a = _late(tables, q, then, drawn)
        if a >= 0 and row_of(terms, a)[RESTORED] & way:
            amount = row_of(legs, q)[LEG_AMOUNT] * units
            take_back(counters, terms, draws_kept, a, amount, drawn, step)
