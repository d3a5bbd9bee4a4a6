"""What only began to bind after an allocation was made: drawn when it enters, as the book does.

A reservation holds the accounts that bound when it was made. The law of the day of entry may name
more that post at entry; on those the units are drawn then, or they wait at the border.
"""

from __future__ import annotations

from interlock.lab.kernel.accounts import available, on_step, overdue, put_post, take_back
from interlock.lab.kernel.columns import (
    A_ENTERED,
    A_EXTRA,
    A_LATE,
    A_LEGS,
    A_UNITS,
    FLOOR,
    LEG_ACCOUNT,
    LEG_AMOUNT,
    LEG_POST,
    RESTORED,
    WAY,
)
from interlock.lab.kernel.decorators import bare

ENTRY = 2


@bare
def _is_late(core, q, then):  # type: ignore[no-untyped-def]
    """Whether a leg posts at entry and its account is none of those that were reserved."""
    if core.legs[q, LEG_POST] != ENTRY:
        return False
    for other in range(core.first[then], core.first[then + 1]):
        if core.legs[other, LEG_ACCOUNT] == core.legs[q, LEG_ACCOUNT]:
            return False
    return True


@bare
def late_fits(core, run, t, now, step):  # type: ignore[no-untyped-def]
    """Whether every account of the set `now` that was not reserved lets the units in."""
    made, terms = run.made[t], core.terms
    units = made[A_UNITS] + made[A_EXTRA]
    for q in range(core.first[now], core.first[now + 1]):
        if _is_late(core, q, made[A_LEGS]):
            a = on_step(terms, core.periods, core.legs[q, LEG_ACCOUNT], step)
            amount = core.legs[q, LEG_AMOUNT] * units
            if overdue(run.counters, terms, run.aged, a):
                return False
            if available(run.counters, a) - amount < terms[a, FLOOR]:
                return False
    return True


@bare
def draw_late(core, run, t, now, step):  # type: ignore[no-untyped-def]
    """Draw on them, and keep in A_LATE by which set."""
    made, lists = run.made[t], (run.posted, run.aged)
    units = made[A_UNITS] + made[A_EXTRA]
    for q in range(core.first[now], core.first[now + 1]):
        if _is_late(core, q, made[A_LEGS]):
            a = on_step(core.terms, core.periods, core.legs[q, LEG_ACCOUNT], step)
            amount = core.legs[q, LEG_AMOUNT] * units
            put_post(run.counters, core.terms, lists, a, (amount, 0, 0), step)
    made[A_LATE] = now


@bare
def return_late(core, run, t, units, step):  # type: ignore[no-untyped-def]
    """Give back what was drawn on them, where the way back restores it (R9)."""
    made, lists, now = run.made[t], (run.posted, run.aged), run.made[t, A_LATE]
    for q in range(core.first[now], core.first[now + 1]):
        if _is_late(core, q, made[A_LEGS]):
            drawn = made[A_ENTERED]
            a = on_step(core.terms, core.periods, core.legs[q, LEG_ACCOUNT], drawn)
            if core.terms[a, RESTORED] & core.ways[WAY]:
                amount = core.legs[q, LEG_AMOUNT] * units
                take_back(run.counters, core.terms, lists, a, amount, drawn, step)
