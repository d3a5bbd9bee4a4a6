"""The arithmetic of accounts over arrays: what `interlock.ledger` does, for the lab's step.

The same counters and tests as `ledger.amounts` and `ledger.draws`; a property test plays random
changes into both and compares every counter. Draws of one step are kept together, since what may
come back or grow old depends only on when they were posted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

CREDITS, PENDING, POSTED, TOLERATED = range(4)
"""Columns of the counters: credits posted, debits pending, debits posted, tolerated by posts."""
NO_TOLERANCE, OF_GRANT, OF_UNSHIPPED = range(3)


class Terms(NamedTuple):
    """What the accounts allow, one entry for each of A accounts.

    Attributes:
        floor: int64[A], the opening floor in 10^-places units.
        window: int32[A], steps after which a posted draw comes back; 0 = never.
        within: int32[A], steps after which a debt is overdue; -1 = nothing may be owed.
        row: int32[A], the row of `Posted` in which draws by step are kept; -1 = none is needed.
        tolerance: int8[A], `NO_TOLERANCE`, `OF_GRANT` or `OF_UNSHIPPED`.
        share_num, share_den: int64[A], the tolerated share of the base.
        closes: int32[A], number of the kind of account that ends the tolerance; -1 = itself.
        kind: int32[A], the kind of each account.
        restored: int32[A], bits of the ways back that give headroom.
        period: int32[A], the row of the table of periods; -1 = the account itself.
    """

    floor: NDArray[np.int64]
    window: NDArray[np.int32]
    within: NDArray[np.int32]
    row: NDArray[np.int32]
    tolerance: NDArray[np.int8]
    share_num: NDArray[np.int64]
    share_den: NDArray[np.int64]
    closes: NDArray[np.int32]
    kind: NDArray[np.int32]
    restored: NDArray[np.int32]
    period: NDArray[np.int32]


@njit(cache=True, inline="always")
def available(counters, a):  # type: ignore[no-untyped-def]
    """Credits posted less debits posted and pending."""
    return counters[a, 0] - counters[a, 2] - counters[a, 1]


@njit(cache=True, inline="always")
def headroom(counters, terms, a):  # type: ignore[no-untyped-def]
    """What a permission can still reserve, never negative."""
    return max(0, counters[a, 0] - counters[a, 2] - counters[a, 1] - terms.floor[a])


@njit(cache=True)
def overdue(counters, terms, aged, a):  # type: ignore[no-untyped-def]
    """Debts older than may be owed and not met by credits (R4); `aged` int64 by row."""
    if terms.within[a] < 0:
        return 0
    return max(0, aged[terms.row[a]] - counters[a, 0])


@njit(cache=True)
def settle(counters, terms, a):  # type: ignore[no-untyped-def]
    """A rise lowers what was tolerated: it is never more than the account stands below."""
    if counters[a, 3]:
        below = max(0, terms.floor[a] - available(counters, a))
        counters[a, 3] = min(counters[a, 3], below)


@njit(cache=True)
def allowance(counters, terms, a, closing):  # type: ignore[no-untyped-def]
    """How far under its opening floor a post may put the account now (R10).

    `closing` is the account that ends the tolerance once all granted on it is posted; -1 = it is
    not on the way, and then there is no tolerance.
    """
    if terms.tolerance[a] == 0 or closing < 0:
        return 0
    if counters[closing, 2] >= counters[closing, 0]:
        return 0
    base = counters[a, 0]
    if terms.tolerance[a] == 2:
        base -= counters[a, 2]
    return max(0, (terms.share_num[a] * base) // terms.share_den[a])


@njit(cache=True)
def book_post(counters, terms, posted, aged, a, amount, pending, allowed, step):  # type: ignore[no-untyped-def]
    """Move `amount` to posted, of which `pending` was reserved; keep it by step where needed."""
    before = max(0, terms.floor[a] - available(counters, a))
    counters[a, 1] -= pending
    counters[a, 2] += amount
    below = terms.floor[a] - available(counters, a)
    if below > before and below > 0:
        counters[a, 3] = max(counters[a, 3], min(below, allowed))
    elif below <= 0:
        counters[a, 3] = 0
    else:
        counters[a, 3] = min(counters[a, 3], below)
    row = terms.row[a]
    if row >= 0:
        posted[row, step] += amount
        if terms.within[a] == 0:
            aged[row] += amount


@njit(cache=True)
def take_back(counters, terms, posted, aged, a, amount, drawn, step):  # type: ignore[no-untyped-def]
    """Reverse up to `amount` of what was posted in step `drawn`, if it is still there (R9)."""
    row = terms.row[a]
    if row >= 0:
        if terms.window[a] > 0 and step >= drawn + terms.window[a]:
            return 0
        posted[row, drawn] -= amount
        if terms.within[a] >= 0 and drawn <= step - terms.within[a]:
            aged[row] -= amount
    counters[a, 2] -= amount
    settle(counters, terms, a)
    return amount


@njit(cache=True)
def begin_step(counters, terms, posted, aged, lapsing, step):  # type: ignore[no-untyped-def]
    """Window returns due by this step, then the debts that turn overdue in it.

    `lapsing` int32[k]: the accounts that keep draws by step.
    """
    for a in lapsing:
        row = terms.row[a]
        if terms.window[a] > 0 and step >= terms.window[a]:
            back = posted[row, step - terms.window[a]]
            if back:
                posted[row, step - terms.window[a]] = 0
                counters[a, 2] -= back
                settle(counters, terms, a)
        if terms.within[a] >= 0 and step >= terms.within[a]:
            aged[row] += posted[row, step - terms.within[a]]
