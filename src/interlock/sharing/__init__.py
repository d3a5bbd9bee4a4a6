"""Sharing scarce supply among order lines over any network of accounts, with proof."""

from interlock.sharing.check import CheckError, check_divisible, check_whole
from interlock.sharing.engine import share
from interlock.sharing.optimum import OptimumError
from interlock.sharing.paths import RULES, SAYS, Rule
from interlock.sharing.problem import Line, Problem, ProblemError, make_problem
from interlock.sharing.result import HIDDEN, LineProof, Result

__all__ = [
    "HIDDEN",
    "RULES",
    "SAYS",
    "CheckError",
    "Line",
    "LineProof",
    "OptimumError",
    "Problem",
    "ProblemError",
    "Result",
    "Rule",
    "check_divisible",
    "check_whole",
    "make_problem",
    "share",
]
