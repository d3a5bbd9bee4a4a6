"""Runs are stored, replayed byte for byte, refused when stale, and shown to firms line by line."""

import dataclasses
import json
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sharing_cases import networks

from interlock.sharing import HIDDEN, RULES, Line, Problem, ProblemError, make_problem, share
from interlock.sharing.run import ReplayError, Run, RunError, StaleRunError, replay


def three_firms(stock=10, secret=6, other=50):
    lines = [Line("north", 20), Line("south", other), Line("west", 2)]
    draws = [
        ("north", "stock", 1),
        ("south", "stock", 1),
        ("south", "secret", 2),
        ("west", "stock", 1),
    ]
    return make_problem(lines, draws, {"stock": stock, "secret": secret}, ledger_version="v7")


@settings(max_examples=40, deadline=None)
@given(
    problem=networks(lots=True, minimums=True),
    rule=st.sampled_from(RULES),
    whole=st.booleans(),
    seed=st.integers(0, 2**63 - 1),
)
def test_a_run_is_replayed_byte_for_byte(problem, rule, whole, seed):
    text = Run.of(problem, rule, whole=whole, seed=seed).to_json()
    assert replay(text).to_json() == text


def test_a_run_holds_inputs_rule_seed_result_and_reasons():
    document = json.loads(Run.of(three_firms(), "cea", whole=True, seed=9).to_json())
    assert document["rule"] == "cea"
    assert document["seed"] == 9
    assert document["inputs"]["ledger_version"] == "v7"
    assert document["digest"] == three_firms().digest
    assert document["result"]["awarded"] == [5, 3, 2]
    assert document["reasons"]["bound"] == [0, 1, -1]


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda d: d["result"]["awarded"].__setitem__(0, 6), ("result",)),
        (
            lambda d: d["inputs"]["accounts"]["available"].__setitem__(0, 12),
            ("digest", "reasons", "result"),
        ),
        (lambda d: d.__setitem__("digest", "0" * 64), ("digest",)),
    ],
)
def test_a_changed_run_is_refused_and_says_where(change, parts):
    document = json.loads(Run.of(three_firms(), "cea", whole=True).to_json())
    change(document)
    with pytest.raises(ReplayError) as caught:
        replay(json.dumps(document, sort_keys=True))
    assert set(caught.value.parts) <= set(parts)
    assert caught.value.parts


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"inputs": 3}', "null"])
def test_what_is_no_run_is_refused(text):
    with pytest.raises(RunError):
        replay(text)


def test_the_digest_tells_problems_apart():
    base = three_firms()
    others = [three_firms(stock=11), three_firms(other=51), three_firms(secret=7)]
    assert len({p.digest for p in (base, *others)}) == 4
    assert three_firms().digest == base.digest


def test_r2_a_run_is_stale_when_headroom_has_fallen_and_fresh_when_it_has_grown():
    run = Run.of(three_firms(), "cea")
    run.require_fresh({"stock": 10, "secret": 6})
    run.require_fresh({"stock": 12, "secret": 6, "elsewhere": 0})
    with pytest.raises(StaleRunError) as caught:
        run.require_fresh({"stock": 9})
    assert caught.value.fallen == {"stock": (10, 9), "secret": (6, 0)}


def test_r2_a_line_reserves_on_every_account_that_was_a_row():
    result = share(three_firms(), "cea", whole=True)
    assert result.legs("south") == [("stock", Fraction(3)), ("secret", Fraction(6))]
    total = sum(
        amount
        for name in result.problem.orders
        for account, amount in result.legs(name)
        if account == "stock"
    )
    assert total == result.used[0] == 10


def test_r2_awards_are_bounded_by_headroom_and_not_by_grants():
    assert share(three_firms(stock=0), "cea", whole=True).awarded.tolist() == [0, 0, 0]


def test_r11_a_hidden_account_is_another_limit():
    result = share(three_firms(), "cea", whole=True)
    assert result.proof("south").bound_by == "secret"
    assert result.proof("south", visible={"stock"}).bound_by == HIDDEN
    assert result.proof("north", visible={"stock"}).bound_by == "stock"
    assert result.proof("west", visible=()).bound_by == "full"


@pytest.mark.parametrize("rule", RULES)
def test_r11_a_firm_sees_nothing_of_the_others(rule):
    """Change what the others ask, keep what this firm gets: its proof keeps every byte."""

    def seen(other):
        lines = [Line("mine", 10), Line("other", other)]
        draws = [("mine", "a", 1), ("other", "b", 1)]
        problem = make_problem(lines, draws, {"a": 4, "b": 1})
        proof = share(problem, rule).proof("mine", visible={"a"})
        return json.dumps(dataclasses.asdict(proof))

    assert seen(20) == seen(90)
    assert "other" not in seen(20)


def test_a_problem_with_parts_that_do_not_fit_is_refused_whole():
    with pytest.raises(ProblemError) as caught:
        make_problem(
            [Line("a", -1), Line("b", 10, weight=0, lot=0), Line("c", 9, lot=2, min=9)],
            [],
            {"s": -5},
        )
    text = str(caught.value)
    for word in (
        "'a': ask",
        "'b': weight",
        "'b': lot",
        "'c': min",
        "'s': available",
    ):
        assert word in text
    with pytest.raises(ProblemError, match="'b', which is not there"):
        make_problem([Line("a", 1)], [("b", "s", 1), ("a", "t", 1)], {"s": 1})
    with pytest.raises(ProblemError, match="twice"):
        make_problem([Line("a", 1)], [("a", "s", 1), ("a", "s", 2)], {"s": 1})
    with pytest.raises(ProblemError, match="64 bits"):
        make_problem([Line("a", 10**15)], [("a", "s", f"1/{10**9 + 7}")], {"s": 10**15})


def test_arrays_of_other_kinds_are_refused():
    good = three_firms()
    parts = {f.name: getattr(good, f.name) for f in dataclasses.fields(good)}
    with pytest.raises(ProblemError, match="ask holds float64"):
        Problem(**{**parts, "ask": good.ask.astype(np.float64)})
    with pytest.raises(ProblemError, match="available has 1 entries"):
        Problem(**{**parts, "available": good.available[:1]})
    with pytest.raises(ProblemError, match="leg_account names"):
        Problem(**{**parts, "leg_account": good.leg_account + 1})


def test_an_unknown_rule_or_a_wild_seed_is_refused():
    with pytest.raises(ValueError, match="rule 'fair' is unknown"):
        share(three_firms(), "fair")
    with pytest.raises(ValueError, match="seed -1 is out of range"):
        share(three_firms(), "cea", seed=-1)


AFTER_WARM_UP = """
import sys
from fractions import Fraction
from numba.core.dispatcher import Dispatcher
from interlock.sharing import Line, make_problem, share, warm_up

def compiled():
    return {
        f"{name}.{part}": len(found.signatures)
        for name, module in sorted(sys.modules.items()) if name.startswith("interlock.sharing")
        for part, found in vars(module).items() if isinstance(found, Dispatcher)
    }

assert sum(compiled().values()) == 0, compiled()
warm_up()
before = compiled()
assert before["interlock.sharing.engine.grant_in_turn"] == 1, before
lines = [
    Line(f"o-{n}", 10 + 7 * n, weight=Fraction(n + 1, 2), tier=1 + n % 2, lot=1 + n % 3, min=n % 4)
    for n in range(30)
]
legs = [(one.order, f"x-{n % 4}", Fraction(n % 3 + 1, 2)) for n, one in enumerate(lines)]
problem = make_problem(lines, legs, {f"x-{n}": 40 + n for n in range(4)})
for rule in ("proportional", "cea", "weighted", "cel", "talmud"):
    for whole in (True, False):
        share(problem, rule, whole=whole, seed=7)
assert compiled() == before, (before, compiled())
"""


def test_after_the_warm_up_no_rule_waits_for_the_compiler() -> None:
    """A run is shared inside a transaction: compiled there, everybody would wait for it."""
    done = subprocess.run(
        [sys.executable, "-c", AFTER_WARM_UP], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
