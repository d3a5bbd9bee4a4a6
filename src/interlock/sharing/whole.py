"""From exact awards to whole lots, never past an account, with a stated order and a lottery.

Tier by tier, each on what the one before left:

1. the exact (divisible) awards, each cut down to whole lots;
2. one more lot each, in the order of the remainders cut off, greatest first; lines with equal
   remainders go by lottery ticket, see `tickets`;
3. while any line could still take a lot, the paths go on rising from what lines have, over those
   lines alone, and steps 1 and 2 are done again.

Minimums are a heuristic: finding the best set of all-or-nothing lines is a knapsack problem. Lines
whose award falls below their minimum are dropped, those furthest from it first and half of them at
a time, and the rest is shared anew; at the end a dropped line gets its minimum if it still fits.

The work is done by `compiled.share_lots`; here a tier is cut out and named back.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from interlock.sharing.compiled import share_lots
from interlock.sharing.kernel import FULL
from interlock.sharing.tiers import Slice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interlock.sharing.paths import Paths
    from interlock.sharing.problem import Bools, Floats, Ints, Problem


def tickets(problem: Problem, lines: Ints, seed: int) -> NDArray[np.uint64]:
    """Lottery tickets, uint64[k]: the lower one goes first.

    A ticket is the first 8 bytes (big-endian) of BLAKE2b over the order's name, keyed with the
    seed as 8 bytes: it does not depend on the order of the file, and anybody can compute it again.
    """
    key = seed.to_bytes(8, "big", signed=True)
    return np.array(
        [
            int.from_bytes(
                hashlib.blake2b(problem.orders[i].encode(), digest_size=8, key=key).digest(), "big"
            )
            for i in lines.tolist()
        ],
        np.uint64,
    )


def round_tier(
    problem: Problem,
    lines: Ints,
    paths: Paths,
    left: Ints,
    seed: int,
    ticket: NDArray[np.uint64] | None = None,
) -> tuple[Ints, Floats, Ints, Bools]:
    """Share whole lots among the lines of one tier.

    Args:
        problem: the whole problem.
        lines: int64[k], the tier's lines.
        paths: their k paths.
        left: int64[m], in the accounts' finest units; lowered by what the tier takes.
        seed: the lottery's.
        ticket: uint64[k], the lottery's outcome where it has been drawn already.

    Returns:
        awarded int64[k] units, exact float64[k], bound int64[k], dropped bool[k].
    """
    part = Slice.of(problem, lines)
    lot, least = problem.lot[lines], problem.min[lines]
    lots = (problem.ask[lines] // lot, -(-least // lot), lot)
    start, account, _ = part.net
    here = left[part.accounts]
    given, exact, bound, dropped = share_lots(
        part.net,
        (start, account.astype(np.int32), part.factor),
        lots,
        least,
        (paths.knot_t, paths.knot_x, paths.slope),
        here,
        problem.scale[part.accounts],
        tickets(problem, lines, seed) if ticket is None else ticket,
    )
    left[part.accounts] = here
    return given * lot, exact, np.where(bound == FULL, FULL, part.name(bound)), dropped
