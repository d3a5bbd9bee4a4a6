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
    FLOOR,
    PERIOD,
    ROW,
    SHARE_DEN,
    SHARE_NUM,
    TOLERANCE,
    WINDOW,
    WITHIN,
)
from interlock.lab.kernel.decorators import bare, inlined, row_of

NO_TOLERANCE, OF_GRANT, OF_UNSHIPPED = range(3)
NOT_FOUND = -2


@inlined
def on_step(terms, periods, account, step):  # type: ignore[no-untyped-def]
    """The account that a leg means on a step: itself, or its period's (R9)."""
    period = row_of(terms, account)[PERIOD]
    return account if period < 0 else periods[period, step]


@inlined
def available(counters, a):  # type: ignore[no-untyped-def]
    """Credits posted less debits posted and pending."""
    mine = row_of(counters, a)
    return mine[0] - mine[2] - mine[1]


@inlined
def headroom(counters, terms, a):  # type: ignore[no-untyped-def]
    """What a permission can still reserve, never negative."""
    mine = row_of(counters, a)
    return max(0, mine[0] - mine[2] - mine[1] - row_of(terms, a)[FLOOR])


@inlined
def overdue(counters, terms, aged, a):  # type: ignore[no-untyped-def]
    """Debts older than may be owed and not met by credits (R4)."""
    term, late = row_of(terms, a), 0
    if term[WITHIN] >= 0:
        late = max(0, aged[term[ROW]] - row_of(counters, a)[0])
    return late


@bare
def settle(counters, terms, a):  # type: ignore[no-untyped-def]
    """A rise lowers what was tolerated: it is never more than the account stands below."""
    mine = row_of(counters, a)
    if mine[3]:
        below = max(0, row_of(terms, a)[FLOOR] - mine[0] + mine[2] + mine[1])
        mine[3] = min(mine[3], below)


@inlined
def reserve(counters, a, amount):  # type: ignore[no-untyped-def]
    """Reserve what a permission was found to allow; the account stands on or above its floor."""
    mine = row_of(counters, a)
    mine[1] += amount
    mine[3] = 0


@bare
def credit(counters, terms, a, amount):  # type: ignore[no-untyped-def]
    """Credit an account."""
    row_of(counters, a)[0] += amount
    settle(counters, terms, a)


@bare
def release(counters, terms, a, amount):  # type: ignore[no-untyped-def]
    """Give back what was reserved: void or expired."""
    row_of(counters, a)[1] -= amount
    settle(counters, terms, a)


@bare
def allowance(counters, terms, a, closing):  # type: ignore[no-untyped-def]
    """How far under its opening floor a post may put the account now (R10).

    `closing` is the account that ends the tolerance once all granted on it is posted; NOT_FOUND =
    it is not on the way, and then there is no tolerance.
    """
    term, mine = row_of(terms, a), row_of(counters, a)
    if term[TOLERANCE] == NO_TOLERANCE or closing == NOT_FOUND:
        return 0
    closer = row_of(counters, closing)
    if closer[2] >= closer[0]:
        return 0
    base = mine[0]
    if term[TOLERANCE] == OF_UNSHIPPED:
        base -= mine[2]
    return max(0, (term[SHARE_NUM] * base) // term[SHARE_DEN])


@bare
def put_post(counters, terms, draws, a, move, step):  # type: ignore[no-untyped-def]
    """Post on an account; `draws` is (posted, aged), `move` (amount, of it reserved, allowed)."""
    posted, aged = draws
    amount, pending, allowed = move
    term, mine = row_of(terms, a), row_of(counters, a)
    before = max(0, term[FLOOR] - (mine[0] - mine[2] - mine[1]))
    mine[1] -= pending
    mine[2] += amount
    below = term[FLOOR] - (mine[0] - mine[2] - mine[1])
    if below <= 0:
        mine[3] = 0
    elif below > before:
        mine[3] = max(mine[3], min(below, allowed))
    else:
        mine[3] = min(mine[3], below)
    if term[ROW] >= 0:
        posted[term[ROW], step] += amount
        if term[WITHIN] == 0:
            aged[term[ROW]] += amount


@bare
def take_back(counters, terms, draws, a, amount, drawn, step):  # type: ignore[no-untyped-def]
    """Reverse `amount` of what was posted in step `drawn`, unless it came back already (R9)."""
    posted, aged = draws
    term = row_of(terms, a)
    if term[ROW] >= 0:
        if term[WINDOW] > 0 and step >= drawn + term[WINDOW]:
            return
        posted[term[ROW], drawn] -= amount
        if term[WITHIN] >= 0 and drawn <= step - term[WITHIN]:
            aged[term[ROW]] -= amount
    row_of(counters, a)[2] -= amount
    settle(counters, terms, a)


@bare
def begin_step(counters, terms, draws, lapsing, step):  # type: ignore[no-untyped-def]
    """Window returns due by this step, then the debts that turn overdue in it.

    `lapsing` int32[k]: the accounts that keep draws by step.
    """
    posted, aged = draws
    for a in lapsing:
        term = row_of(terms, a)
        kept, window, within = term[ROW], term[WINDOW], term[WITHIN]
        if window > 0 and step >= window:
            back = posted[kept, step - window]
            if back:
                posted[kept, step - window] = 0
                row_of(counters, a)[2] -= back
                settle(counters, terms, a)
                if 0 <= within < window:
                    aged[kept] -= back
        if within >= 0 and step >= within:
            aged[kept] += posted[kept, step - within]
