"""Problems for the tests, and two oracles that share nothing with the kernel."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from interlock.sharing import Line, Problem, make_problem

FACTORS = ("1", "2", "3", "1/3", "5/2", "0.4", "7")
PATH_RULES = ("proportional", "cea", "weighted", "cel", "talmud")


def claims(available: int, *asks: int, rule_weight: tuple[object, ...] = ()) -> Problem:
    """One account, one line for each ask, factor 1: a classic claims problem."""
    weights = rule_weight or (1,) * len(asks)
    lines = [Line(f"c{i}", ask, weights[i]) for i, ask in enumerate(asks)]
    return make_problem(lines, [(line.order, "estate", 1) for line in lines], {"estate": available})


@st.composite
def networks(
    draw: st.DrawFn,
    *,
    tiers: int = 2,
    lots: bool = False,
    minimums: bool = False,
    most: int = 7,
    top: int = 12,
) -> Problem:
    """Any small network: lines with 0 to 4 legs, accounts nested or not, ties on purpose."""
    n, m = draw(st.integers(1, most)), draw(st.integers(1, 4))
    lines = []
    for i in range(n):
        lot = draw(st.sampled_from([1, 1, 2, 5])) if lots else 1
        ask = lot * draw(st.integers(0, top)) + (draw(st.integers(0, lot - 1)) if lots else 0)
        lines.append(
            Line(
                f"o{i}",
                ask,
                draw(st.sampled_from(["1", "2", "1/3", "2.5"])),
                draw(st.integers(1, tiers)),
                lot,
                draw(st.integers(0, ask - ask % lot)) if minimums and draw(st.booleans()) else 0,
                draw(st.sampled_from(["1", "2", "1/2", "3"])),
            )
        )
    draws = [
        (line.order, f"a{a}", draw(st.sampled_from(FACTORS)))
        for line in lines
        for a in range(m)
        if draw(st.integers(0, 2))
    ]
    return make_problem(lines, draws, {f"a{a}": draw(st.integers(0, 60)) for a in range(m)})


def _path(rule: str, ask: Fraction, weight: Fraction, top: Fraction, t: Fraction) -> Fraction:
    """Each rule as its textbook formula."""
    if rule == "proportional":
        return min(t, Fraction(1)) * ask
    if rule == "cea":
        return min(t, ask)
    if rule == "weighted":
        return min(t * weight, ask)
    lost = max(ask - max(top - t, Fraction(0)), Fraction(0))
    return lost if rule == "cel" else max(min(t, ask / 2), lost if t >= top - ask / 2 else 0)


def _knots(rule: str, ask: Fraction, weight: Fraction, top: Fraction) -> list[Fraction]:
    return {
        "proportional": [Fraction(1)],
        "cea": [ask],
        "weighted": [ask / weight],
        "cel": [top - ask, top],
        "talmud": [ask / 2, top - ask / 2, top],
    }[rule]


def slow_exact(problem: Problem, rule: str) -> list[Fraction]:
    """Progressive filling in exact rationals, the plain way: O(n^2 m) and no cleverness.

    In each round, for every account, the level at which it fills is found by looking at its use at
    all knots and solving the straight piece between two of them.
    """
    p = problem
    ask = [Fraction(v) for v in p.ask.tolist()]
    weight = [
        Fraction(a, b) for a, b in zip(p.weight_num.tolist(), p.weight_den.tolist(), strict=True)
    ]
    legs = [p.legs(i) for i in range(p.n)]
    left = [Fraction(v) for v in p.available.tolist()]
    out = [Fraction(0)] * p.n
    for tier in sorted(set(p.tier.tolist())):
        mine = [i for i in range(p.n) if p.tier[i] == tier]
        top = max(ask[i] for i in mine)
        _slow_tier(rule, mine, (ask, weight, top), legs, left, out)
        for i in mine:
            for a, f in legs[i]:
                left[a] -= f * out[i]
        assert min(left, default=0) >= 0
    return out


def _slow_tier(rule, mine, inputs, legs, left, out):
    ask, weight, top = inputs
    froze: dict[int, Fraction] = {}
    knots = sorted({Fraction(0), *(k for i in mine for k in _knots(rule, ask[i], weight[i], top))})

    def has(i: int, t: Fraction) -> Fraction:
        return _path(rule, ask[i], weight[i], top, min(t, froze.get(i, t)))

    def use(a: int, t: Fraction) -> Fraction:
        return sum((f * has(i, t) for i in mine for b, f in legs[i] if b == a), Fraction(0))

    while True:
        best: tuple[Fraction, int] | None = None
        for a in range(len(left)):
            if not any(b == a and i not in froze for i in mine for b, _ in legs[i]):
                continue
            grid = sorted({*knots, *froze.values()})
            for t0, t1 in itertools.pairwise(grid):
                u0, u1 = use(a, t0), use(a, t1)
                if u1 > left[a]:
                    t = t0 + (t1 - t0) * (left[a] - u0) / (u1 - u0)
                    if best is None or t < best[0]:
                        best = (t, a)
                    break
        if best is None:
            break
        t, full = best
        for i in mine:
            if i not in froze and any(a == full for a, _ in legs[i]):
                froze[i] = t
    for i in mine:
        out[i] = has(i, knots[-1])


def lp_leximin(problem: Problem, weight: np.ndarray) -> np.ndarray:
    """The fairest awards by repeated linear programs (HiGHS), tier after tier.

    Raise the least award per weight as far as it goes; the lines that cannot have more while
    nobody has less than that are settled; go on with the others.
    """
    p, out = problem, np.zeros(problem.n)
    left = p.available.astype(float)
    for tier in sorted(set(p.tier.tolist())):
        mine = np.flatnonzero(p.tier == tier)
        rows = np.zeros((p.m, len(mine)))
        for k, i in enumerate(mine):
            for a, f in p.legs(int(i)):
                rows[a, k] = float(f)
        out[mine] = _leximin(rows, left, p.ask[mine].astype(float), weight[mine])
        left = np.maximum(left - rows @ out[mine], 0.0)
    return out


def _leximin(rows: np.ndarray, room: np.ndarray, ask: np.ndarray, weight: np.ndarray) -> np.ndarray:
    n = len(ask)
    settled = np.full(n, np.nan)
    while np.isnan(settled).any():
        open_ = np.isnan(settled)
        low, high = np.where(open_, 0.0, settled), np.where(open_, ask, settled)
        best = _lp(rows, room, low, high, np.append(np.zeros(n), 1.0), (open_, weight))[-1]
        floor = np.where(open_, np.minimum(weight * best, ask), settled)
        floor = np.maximum(floor - 1e-9, 0.0)
        done = []
        for i in np.flatnonzero(open_):
            goal = np.zeros(n + 1)
            goal[i] = 1.0
            most = _lp(rows, room, floor, high, goal, None)[i]
            if most <= weight[i] * best + 1e-6:
                done.append(i)
        assert done
        settled[done] = np.minimum(weight[done] * best, ask[done])
    return settled


def _lp(rows, room, low, high, goal, rise):
    import highspy
    from highspy import highs

    m, n = rows.shape
    api = highs._Highs()
    api.setOptionValue("output_flag", False)
    api.setOptionValue("primal_feasibility_tolerance", 1e-10)
    api.setOptionValue("dual_feasibility_tolerance", 1e-10)
    matrix, lower, upper = np.hstack([rows, np.zeros((m, 1))]), [-np.inf] * m, list(room + 1e-12)
    if rise is not None:
        open_, weight = rise
        for i in np.flatnonzero(open_):
            line = np.zeros(n + 1)
            line[i], line[n] = 1.0, -weight[i]
            matrix = np.vstack([matrix, line])
            lower.append(0.0)
            upper.append(np.inf)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n + 1, len(matrix)
    lp.col_cost_ = np.asarray(goal, float)
    lp.col_lower_, lp.col_upper_ = np.append(low, 0.0), np.append(np.maximum(high, low), 1e6)
    lp.row_lower_, lp.row_upper_ = np.array(lower), np.array(upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.arange(0, matrix.size + 1, n + 1).astype(np.int32)
    lp.a_matrix_.index_ = np.tile(np.arange(n + 1), len(matrix)).astype(np.int32)
    lp.a_matrix_.value_ = matrix.ravel()
    lp.sense_ = highspy.ObjSense.kMaximize
    api.passModel(lp)
    api.run()
    assert api.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return np.array(api.getSolution().col_value)
