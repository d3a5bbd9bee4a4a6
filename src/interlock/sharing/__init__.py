"""Sharing scarce supply among order lines over any network of accounts, with proof."""

from interlock.sharing.check import CheckError, check_divisible, check_whole
from interlock.sharing.engine import share
from interlock.sharing.optimum import OptimumError
from interlock.sharing.paths import RULES, SAYS, Rule
from interlock.sharing.problem import Line, Problem, ProblemError, make_problem
from interlock.sharing.read import read_problem
from interlock.sharing.result import HIDDEN, LineProof, Result
from interlock.sharing.run import ReplayError, Run, RunError, StaleRunError, replay
from interlock.sharing.warm import warm_up

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
    "ReplayError",
    "Result",
    "Rule",
    "Run",
    "RunError",
    "StaleRunError",
    "check_divisible",
    "check_whole",
    "make_problem",
    "read_problem",
    "replay",
    "share",
    "warm_up",
]
