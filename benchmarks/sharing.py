"""Sharing at size, and against leximin by repeated linear programs (HiGHS)."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.row import Row, best_of
from interlock.sharing import Problem, share

BAR_SECONDS = 1.0
BAR_RATIO = 50.0
BAR_EQUAL = 1e-9


def network(n: int, m: int, legs: int = 5, seed: int = 0) -> Problem:
    """n lines with `legs` legs each on m accounts that overlap at random and mostly bind."""
    rng = np.random.default_rng(seed)
    ask = rng.integers(1, 1000, n)
    account = np.sort(rng.integers(0, m - legs + 1, (n, legs)), axis=1) + np.arange(legs)
    factor = rng.integers(1, 4, n * legs)
    wanted = np.bincount(account.ravel(), factor * np.repeat(ask, legs), m)
    one = np.ones(n, np.int64)
    return Problem(
        orders=tuple(f"o{i}" for i in range(n)),
        accounts=tuple(f"a{a}" for a in range(m)),
        ask=ask,
        weight_num=rng.integers(1, 10, n),
        weight_den=one,
        tier=one,
        lot=one,
        min=0 * one,
        value_num=one,
        value_den=one,
        leg_start=np.arange(0, n * legs + 1, legs),
        leg_account=account.ravel(),
        factor_num=factor,
        factor_den=np.ones(n * legs, np.int64),
        available=(wanted * rng.uniform(0.2, 1.4, m)).astype(np.int64),
    )


def leximin(problem: Problem) -> np.ndarray:
    """The peer: raise the least award per weight by a linear program, settle what a dual holds.

    A line whose row has a positive dual has its award in every optimal solution, so one program
    settles all of them: as few programs as there are levels.
    """
    import highspy
    from highspy import highs

    p = problem
    n, weight = p.n, p.weight
    settled = np.full(n, np.nan)
    api = highs._Highs()
    api.setOptionValue("output_flag", False)
    api.setOptionValue("threads", 1)
    for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
        api.setOptionValue(name, 1e-10)
    # Columns x[0..n-1] and t; rows: the accounts, then x[i] - weight[i] * t >= 0 for each line.
    start = np.concatenate([p.leg_start[:-1] + np.arange(n), [p.leg_start[-1] + n]])
    index = np.insert(p.leg_account, p.leg_start[1:], p.m + np.arange(n))
    value = np.insert(p.factor, p.leg_start[1:], 1.0)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n + 1, p.m + n
    lp.col_cost_ = np.append(np.zeros(n), 1.0)
    lp.col_lower_ = np.zeros(n + 1)
    lp.col_upper_ = np.append(p.ask.astype(float), highspy.kHighsInf)
    lp.row_lower_ = np.append(np.full(p.m, -highspy.kHighsInf), np.zeros(n))
    lp.row_upper_ = np.append(p.available.astype(float), np.full(n, highspy.kHighsInf))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.append(start, start[-1] + n).astype(np.int32)
    lp.a_matrix_.index_ = np.append(index, p.m + np.arange(n)).astype(np.int32)
    lp.a_matrix_.value_ = np.append(value, -weight)
    lp.sense_ = highspy.ObjSense.kMaximize
    api.passModel(lp)
    while np.isnan(settled).any():
        api.run()  # warm: HiGHS goes on from the last basis
        solution = api.getSolution()
        level = solution.col_value[n]
        held = np.abs(np.array(solution.row_dual[p.m :])) > 1e-9
        for i in np.flatnonzero(held & np.isnan(settled)):
            settled[i] = weight[i] * level
            api.changeColBounds(int(i), settled[i], settled[i])
            api.changeRowBounds(int(p.m + i), -highspy.kHighsInf, highspy.kHighsInf)
    return settled


def _against_leximin(n: int, m: int) -> list[Row]:
    problem = network(n, m, legs=3, seed=1)
    begin = time.perf_counter()
    wanted = leximin(problem)
    peer = time.perf_counter() - begin
    ours = best_of(5, lambda: share(problem, "weighted"))
    got = share(problem, "weighted").awarded
    apart = float((np.abs(got - wanted) / np.maximum(np.abs(wanted), 1.0)).max())
    what = f"weighted, {n:,} lines x {m:,} accounts x 3 legs"
    return [
        Row(
            "share",
            f"{what}, proof checked",
            f"{ours * 1e3:.2f} ms",
            f"leximin by repeated LP (HiGHS), {peer:.2f} s",
            f"{peer / ours:,.0f} x",
            f">= {BAR_RATIO:.0f} x",
            peer / ours >= BAR_RATIO,
        ),
        Row(
            "share",
            f"{what}: greatest relative difference of an award",
            f"{apart:.1e}",
            "the same programs",
            "",
            f"<= {BAR_EQUAL:.0e}",
            apart <= BAR_EQUAL,
        ),
    ]


def _at_size(rule: str, sizes: list[tuple[int, int]], bar: float | None) -> list[Row]:
    """Seconds at each size; the growth is the cost of a line against that at the size before."""
    rows, before = [], None
    for n, m in sizes:
        problem = network(n, m)
        seconds = best_of(5, lambda problem=problem: share(problem, rule))
        each = seconds / n
        growth = "" if before is None else f"{each / before:.2f} x per line"
        judged = bar if n == 1_000_000 else None
        rows.append(
            Row(
                "share",
                f"{rule}, {n:,} lines x {m:,} accounts x 5 legs, one core, proof checked",
                f"{seconds:.3f} s",
                "ten times fewer lines" if before else "",
                growth,
                f"<= {judged:g} s" if judged else "",
                seconds <= judged if judged else None,
            )
        )
        before = each
    return rows


def run(quick: bool) -> list[Row]:
    """Measure. `quick` leaves out the greatest sizes."""
    small = network(1000, 20)
    for rule in ("proportional", "cea", "weighted", "cel", "talmud"):
        share(small, rule)  # compile
    share(small, "cea", whole=True)
    sizes = [(10_000, 100), (100_000, 1_000)] + ([] if quick else [(1_000_000, 10_000)])
    rows = _against_leximin(*((200, 20) if quick else (1_000, 60)))
    rows += _at_size("weighted", sizes, BAR_SECONDS)
    for rule in ("proportional", "cea", "cel", "talmud"):
        rows += _at_size(rule, sizes[-1:], BAR_SECONDS if rule != "talmud" else None)
    problem = network(*sizes[-1])
    whole = best_of(2, lambda: share(problem, "cea", whole=True))
    what = f"cea in whole units, {problem.n:,} lines x {problem.m:,} accounts x 5 legs, checked"
    rows.append(Row("share", what, f"{whole:.3f} s", "", "", "", None))
    return rows
