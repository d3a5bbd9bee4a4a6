"""The optimum: the greatest total value over the same rows, by HiGHS, with shadow prices.

HiGHS (Huangfu and Hall, "Parallelizing the dual revised simplex method", Mathematical Programming
Computation 10, 2018) solves a linear program, or an integer program in whole units. Its answer is
not believed: prices prove a bound by weak duality (`check.check_optimum`), and whole units are
counted again with exact integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interlock.files import InterlockError
from interlock.sharing.check import CheckError, check_optimum, check_whole
from interlock.sharing.lots import FULL, OPEN, blocked_by, grant
from interlock.sharing.result import Result
from interlock.sharing.tiers import Slice, tiers_of

if TYPE_CHECKING:
    import highspy

    from interlock.sharing.problem import Floats, Ints, Problem

GAP = 1e-6
"""The greatest relative gap between a value and its proven bound that is called an optimum."""


class OptimumError(InterlockError):
    """The solver gave no optimum; `status` is its own word for why."""

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"no optimum was found ({status}); use another rule, or fewer lines")


_NODES = 100_000
"""Branch-and-bound nodes after which the best answer so far is taken: a count, not a clock, so
that the same input gives the same bytes on a slower machine."""

RELAXED = "shadow prices are those of divisible units: whole units have none of their own"
TIERED = "an account's shadow price is that of the first tier in which one more unit brings value"


def share_optimum(
    problem: Problem, *, whole: bool, seed: int, notes: tuple[str, ...] = ()
) -> Result:
    """The awards of greatest total value, tier after tier on what is left.

    Args:
        problem: its `value` says what one unit of each line is worth.
        whole: whole lots and minimums, as an integer program.
        seed: of the solver.
        notes: carried into the result.

    Raises:
        OptimumError: the solver failed.
        CheckError: its answer is not feasible, or (divisible) further than `GAP` from the bound.
    """
    p = problem
    awarded: Any = np.zeros(p.n, np.int64 if whole else np.float64)
    exact, price, value, bound = np.zeros(p.n), np.zeros(p.m), 0.0, 0.0
    left: Any = p.scaled_available.copy() if whole else p.available.astype(np.float64)
    count = 0
    for lines in tiers_of(p):
        count += 1
        part = Slice.of(p, lines)
        room = left[part.accounts] / (p.scale[part.accounts] if whole else 1)
        x, cost = _solve(_Program.of(p, part, room), seed)
        exact[lines] = x
        net = (part.net[0], part.net[1], part.factor)
        got, most = check_optimum((p.ask[lines], p.value[lines], x), (room, cost), net)
        if whole:
            units, limit = _whole(p, part, left, seed)
            awarded[lines] = units
            got, most = float(p.value[lines] @ units), min(most, limit)
        else:
            awarded[lines] = x
            use = np.bincount(
                part.net[1], part.factor * np.repeat(x, np.diff(part.net[0])), len(part.accounts)
            )
            left[part.accounts] = _rest(room, use)
        first = price[part.accounts] == 0
        price[part.accounts[first]] = cost[first]
        value, bound = value + got, bound + most
    gap = max(bound - value, 0.0) / max(1.0, abs(bound))
    if whole:
        check_whole(p, "optimum", awarded, exact, np.zeros(p.n, bool))
        notes = (*notes, RELAXED)
        if gap > GAP:
            notes = (*notes, f"not proved best: another result may be worth {gap:.2%} more")
    elif gap > GAP:
        raise CheckError([f"the value {value:.12g} is {gap:.2g} below its bound {bound:.12g}"])
    if count > 1:
        notes = (*notes, TIERED)
    nan = np.full(p.n, np.nan)
    return Result(
        *(p, "optimum", whole, seed, awarded, nan, nan, _bound(p, awarded, price, whole=whole)),
        *(exact, np.zeros(p.n, bool), price, value, gap, notes),
    )


def _rest(room: Floats, used: Any) -> Floats:
    rest: Floats = room - used
    rest[rest <= 1e-9 * room] = 0.0
    return rest


class _Program:
    """max value @ x, with the sum of factor * x on each account at most its room, 0 <= x <= ask."""

    def __init__(
        self, value: Floats, ask: Floats, room: Floats, net: tuple[Ints, Ints], factor: Floats
    ) -> None:
        self.value, self.ask, self.room = value, ask, room
        self.net, self.factor = net, factor

    @classmethod
    def of(cls, problem: Problem, part: Slice, room: Floats) -> _Program:
        lines = part.lines
        ask = problem.ask[lines].astype(np.float64)
        return cls(problem.value[lines], ask, room, part.net[:2], part.factor)

    def model(self) -> highspy.HighsLp:
        import highspy  # noqa: PLC0415 - it costs half a second that other rules need not pay

        lp = highspy.HighsLp()
        n, m = len(self.value), len(self.room)
        lp.num_col_, lp.num_row_ = n, m
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = self.value, np.zeros(n), self.ask
        lp.row_lower_, lp.row_upper_ = np.full(m, -highspy.kHighsInf), self.room
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = self.net[0].astype(np.int32)
        lp.a_matrix_.index_ = self.net[1].astype(np.int32)
        lp.a_matrix_.value_ = self.factor
        lp.sense_ = highspy.ObjSense.kMaximize
        return lp


def _solver(seed: int) -> highspy.Highs:
    from highspy import highs  # noqa: PLC0415

    # The class above it, `Highs`, writes a banner to standard output before it can be silenced.
    api: highspy.Highs = highs._Highs()  # type: ignore[attr-defined,assignment]
    for option, setting in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", seed % (2**31 - 1)),
        ("primal_feasibility_tolerance", 1e-10),
        ("dual_feasibility_tolerance", 1e-10),
        ("mip_rel_gap", GAP),
        ("mip_max_nodes", _NODES),
    ):
        api.setOptionValue(option, setting)
    return api


def _solve(program: _Program, seed: int) -> tuple[Floats, Floats]:
    """Awards float64[n] and prices float64[m] of the linear program."""
    import highspy  # noqa: PLC0415

    if not len(program.room):
        return program.ask.copy(), np.zeros(0)
    api = _solver(seed)
    api.passModel(program.model())
    api.run()
    status = api.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise OptimumError(api.modelStatusToString(status))
    solution = api.getSolution()
    x = np.clip(np.array(solution.col_value), 0.0, program.ask)
    x = np.where(x >= program.ask * (1 - 1e-10), program.ask, x)
    price = np.maximum(np.array(solution.row_dual), 0.0)
    return _inside(program, x), price


def _inside(program: _Program, x: Floats) -> Floats:
    """Take back what the solver's tolerance put past an account."""
    line = np.repeat(np.arange(len(x)), np.diff(program.net[0]))
    used = np.bincount(program.net[1], program.factor * x[line], len(program.room))
    over = used > program.room
    keep = np.ones(len(x))
    ratio = np.where(over, program.room / np.where(over, used, 1.0), 1.0)
    np.minimum.at(keep, line, ratio[program.net[1]])
    return x * keep


def _whole(problem: Problem, part: Slice, left: Ints, seed: int) -> tuple[Ints, float]:
    """Units int64[k] in whole lots, and the solver's bound on their value; lowers `left`."""
    import highspy  # noqa: PLC0415

    lines = part.lines
    lot = problem.lot[lines]
    most, least = problem.ask[lines] // lot, -(-problem.min[lines] // lot)
    given, rest = np.zeros(len(lines), np.int64), left[part.accounts]
    limit = float(problem.value[lines] @ (most * lot))
    by_value = np.argsort(-problem.value[lines], kind="stable")
    if len(part.accounts):
        room = rest / problem.scale[part.accounts]
        program = _Program.of(problem, part, room)
        program.value = program.value * lot
        program.ask = most.astype(np.float64)
        program.factor = part.factor * np.repeat(lot, np.diff(part.net[0]))
        api = _solver(seed)
        model = program.model()
        model.col_lower_ = np.where(least > 1, least, 0).astype(np.float64)
        semi, plain = highspy.HighsVarType.kSemiInteger, highspy.HighsVarType.kInteger
        model.integrality_ = [semi if k > 1 else plain for k in least.tolist()]
        api.passModel(model)
        api.run()
        if api.getInfo().primal_solution_status != 2:
            raise OptimumError(api.modelStatusToString(api.getModelStatus()))
        limit = min(limit, float(api.getInfo().mip_dual_bound))
        want = np.rint(np.array(api.getSolution().col_value)).astype(np.int64)
        grant(by_value, want, given, (most, least, lot), part.net, rest)
    # What the solver's tolerances or gap left over: no line may be able to take another lot.
    grant(by_value, most, given, (most, least, lot), part.net, rest)
    left[part.accounts] = rest
    return given * lot, limit


def _bound(problem: Problem, awarded: Ints | Floats, price: Floats, *, whole: bool) -> Ints:
    """The account that keeps each line from more: of its full ones, the dearest to it."""
    p = problem
    if whole:
        lots = (p.ask // p.lot, -(-p.min // p.lot), p.lot)
        left = p.scaled_available.copy()
        units = awarded.astype(np.int64)
        np.subtract.at(left, p.leg_account, p.scaled_factor * units[p.leg_line])
        net = (p.leg_start, p.leg_account, p.scaled_factor)
        got: Ints = blocked_by(
            units // p.lot, lots, net, left, _dearest(p, p.factor * price[p.leg_account])
        )
        return np.where(got == OPEN, FULL, got)
    used = np.bincount(p.leg_account, p.factor * awarded[p.leg_line], p.m)
    full = used >= p.available * (1 - 1e-9)
    cost = np.where(full[p.leg_account], 1 + p.factor * price[p.leg_account], 0.0)
    return np.where(awarded >= p.ask * (1 - 1e-9), FULL, _dearest(p, cost))


def _dearest(problem: Problem, cost: Floats) -> Ints:
    """Per line the account of its leg of greatest cost, `FULL` where none costs anything."""
    p = problem
    out = np.full(p.n, FULL)
    order = np.lexsort((cost, p.leg_line))
    last = order[p.leg_start[1:][np.diff(p.leg_start) > 0] - 1]
    out[p.leg_line[last]] = np.where(cost[last] > 0, p.leg_account[last], FULL)
    return out
