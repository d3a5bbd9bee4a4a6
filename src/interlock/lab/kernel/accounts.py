"""The arithmetic of accounts over arrays: what `interlock.ledger` does, for the lab's step.

The same counters and tests as `ledger.amounts` and `ledger.draws`; a property test plays random
changes into both and compares every counter. Draws of one step are kept together, since what may
come back or grow old depends only on when they were posted.

`counters` is int64[accounts, 4]: credits posted, debits pending, debits posted, tolerated by posts.
`terms` is int64[accounts, TERMS_WIDTH]: the opening floor in 10^-places units; steps after which a
posted draw comes back (0 never); steps after which a debt is overdue (-1: nothing may be owed); the
row in which draws are kept by step (-1 none); tolerance and its share; the kind of account that
ends it (-1 itself); the account's own kind; bits of the ways back that restore it; the row of the
table of periods (-1 none).
"""

from __future__ import annotations

from interlock.lab.kernel.columns import (
    CLOSES,
    FLOOR,
    PERIOD,
    ROW,
    SHARE_DEN,
    SHARE_NUM,
    TOLERANCE,
    WINDOW,
    WITHIN,
)
from interlock.lab.kernel.decorators import bare

NO_TOLERANCE, OF_GRANT, OF_UNSHIPPED = range(3)
NOT_FOUND = -2


@bare
def on_step(terms, periods, account, step):  # type: ignore[no-untyped-def]
    """The account that a leg means on a step: itself, or its period's (R9)."""
    row = terms[account, PERIOD]
    return account if row < 0 else periods[row, step]


@bare
def available(counters, a):  # type: ignore[no-untyped-def]
    """Credits posted less debits posted and pending."""
    return counters[a, 0] - counters[a, 2] - counters[a, 1]


@bare
def headroom(counters, terms, a):  # type: ignore[no-untyped-def]
    """What a permission can still reserve, never negative."""
    return max(0, counters[a, 0] - counters[a, 2] - counters[a, 1] - terms[a, FLOOR])


@bare
def overdue(counters, terms, aged, a):  # type: ignore[no-untyped-def]
    """Debts older than may be owed and not met by credits (R4)."""
    if terms[a, WITHIN] < 0:
        return 0
    return max(0, aged[terms[a, ROW]] - counters[a, 0])


@bare
def settle(counters, terms, a):  # type: ignore[no-untyped-def]
    """A rise lowers what was tolerated: it is never more than the account stands below."""
    if counters[a, 3]:
        below = max(0, terms[a, FLOOR] - available(counters, a))
        counters[a, 3] = min(counters[a, 3], below)


@bare
def reserve(counters, a, amount):  # type: ignore[no-untyped-def]
    """Reserve what a permission was found to allow; the account stands on or above its floor."""
    counters[a, 1] += amount
    counters[a, 3] = 0


@bare
def credit(counters, terms, a, amount):  # type: ignore[no-untyped-def]
    """Credit an account."""
    counters[a, 0] += amount
    settle(counters, terms, a)


@bare
def release(counters, terms, a, amount):  # type: ignore[no-untyped-def]
    """Give back what was reserved: void or expired."""
    counters[a, 1] -= amount
    settle(counters, terms, a)


@bare
def allowance(counters, terms, a, closing):  # type: ignore[no-untyped-def]
    """How far under its opening floor a post may put the account now (R10).

    `closing` is the account that ends the tolerance once all granted on it is posted; NOT_FOUND =
    it is not on the way, and then there is no tolerance.
    """
    if terms[a, TOLERANCE] == NO_TOLERANCE or closing == NOT_FOUND:
        return 0
    if counters[closing, 2] >= counters[closing, 0]:
        return 0
    base = counters[a, 0]
    if terms[a, TOLERANCE] == OF_UNSHIPPED:
        base -= counters[a, 2]
    return max(0, (terms[a, SHARE_NUM] * base) // terms[a, SHARE_DEN])


@bare
def put_post(counters, terms, draws, a, move, step):  # type: ignore[no-untyped-def]
    """Post on an account; `draws` is (posted, aged), `move` (amount, of it reserved, allowed)."""
    posted, aged = draws
    amount, pending, allowed = move
    before = max(0, terms[a, FLOOR] - available(counters, a))
    counters[a, 1] -= pending
    counters[a, 2] += amount
    below = terms[a, FLOOR] - available(counters, a)
    if below <= 0:
        counters[a, 3] = 0
    elif below > before:
        counters[a, 3] = max(counters[a, 3], min(below, allowed))
    else:
        counters[a, 3] = min(counters[a, 3], below)
    row = terms[a, ROW]
    if row >= 0:
        posted[row, step] += amount
        if terms[a, WITHIN] == 0:
            aged[row] += amount


@bare
def take_back(counters, terms, draws, a, amount, drawn, step):  # type: ignore[no-untyped-def]
    """Reverse `amount` of what was posted in step `drawn`, unless it came back already (R9)."""
    posted, aged = draws
    row = terms[a, ROW]
    if row >= 0:
        if terms[a, WINDOW] > 0 and step >= drawn + terms[a, WINDOW]:
            return
        posted[row, drawn] -= amount
        if terms[a, WITHIN] >= 0 and drawn <= step - terms[a, WITHIN]:
            aged[row] -= amount
    counters[a, 2] -= amount
    settle(counters, terms, a)


@bare
def begin_step(counters, terms, draws, lapsing, step):  # type: ignore[no-untyped-def]
    """Window returns due by this step, then the debts that turn overdue in it.

    `lapsing` int32[k]: the accounts that keep draws by step.
    """
    posted, aged = draws
    for a in lapsing:
        row, window, within = terms[a, ROW], terms[a, WINDOW], terms[a, WITHIN]
        if window > 0 and step >= window:
            back = posted[row, step - window]
            if back:
                posted[row, step - window] = 0
                counters[a, 2] -= back
                settle(counters, terms, a)
                if 0 <= within < window:
                    aged[row] -= back
        if within >= 0 and step >= within:
            aged[row] += posted[row, step - within]


@bare
def closes(terms, a):  # type: ignore[no-untyped-def]
    """The kind of account that ends the tolerance of a; -1 = the account itself."""
    return terms[a, CLOSES]
