"""The kernel made ready, so that nobody waits for it while holding something."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from interlock.sharing.engine import share
from interlock.sharing.paths import RULES
from interlock.sharing.problem import Line, make_problem


@cache
def warm_up() -> None:
    """Compile the kernel for this machine, or load what was compiled here before.

    It takes up to minutes the first time on a machine, a second in each process after that. Whoever
    shares inside a transaction calls this before: else all others wait for the compiler.
    """
    # The later one asks for less, so that they are put into another order, too.
    lines = [Line("a", 6, lot=2), Line("b", 6, tier=2), Line("c", 4)]
    legs = [(one.order, "x", Fraction(1)) for one in lines]
    problem = make_problem(lines, legs, {"x": 7})
    for rule in RULES:
        for whole in (True, False):
            share(problem, rule, whole=whole)
