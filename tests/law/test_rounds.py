"""Rounds: scores by public and secret criteria, floor, places and quota."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.files import BadInputError
from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.rounds import UnknownRoundError, place_round
from interlock.law.library import Library, load_regimes
from interlock.law.private import with_private

FILE = Path(__file__).parent / "regimes" / "12-rounds.yaml"
DAY = dt.date(2026, 2, 1)
LIBRARY = load_regimes(FILE)


def place(
    applications: list[dict[str, Any]], name: str = "public-batch", library: Library = LIBRARY
) -> list[tuple[str, int]]:
    law = library.law(DAY)
    reader = CaseReader(library.checked, law.vocabulary)
    cases = [reader.read(one, number) for number, one in enumerate(applications, start=1)]
    placed = place_round(law, f"12-rounds/{name}", cases)
    return [(one.outcome, one.quantity) for one in placed]


def application(
    quantity: int, *, needed: bool = True, centre: bool = True, day: int = 1
) -> dict[str, Any]:
    return {
        "application": {
            "quantity": quantity,
            "round": "b",
            "score": 100,
            "received_on": f"2026-01-{day:02}",
        },
        "order": {"truly_needed": needed, "data_centre_use": centre},
    }


def test_the_best_are_placed_until_places_are_used_up() -> None:
    asked = [application(9_000, day=4), application(8_000, day=1), application(7_000, day=2)]
    asked.append(application(6_000, day=3))
    assert place(asked) == [
        ("not_placed", 0),  # as good as the others, and received last
        ("placed", 8_000),
        ("placed", 7_000),
        ("placed", 6_000),
    ]


def test_below_the_floor_nobody_is_placed() -> None:
    # 40 for need, 10 for another use, nothing for size: 50 of 60
    assert place([application(20_000, centre=False)]) == [("below_floor", 0)]


def test_what_does_not_fit_the_quota_makes_way_for_a_smaller_one() -> None:
    asked = [application(300_000, day=1), application(200_000, day=2), application(90_000, day=3)]
    assert place(asked) == [("placed", 300_000), ("not_placed", 0), ("placed", 90_000)]


def test_a_secret_criterion_leaves_every_place_unknown() -> None:
    assert place([application(1_000)], "secret-batch") == [("unknown", 0)]


def test_a_private_file_fills_the_secret_criterion_for_officers(tmp_path: Path) -> None:
    private = tmp_path / "private.yaml"
    private.write_text(
        "private: 12-rounds\n"
        "rounds:\n  secret-batch:\n    unpublished: 'application.quantity <= 5000 ? 20 : 0'\n"
    )
    library = with_private(LIBRARY, private)
    assert place([application(1_000), application(9_000)], "secret-batch", library) == [
        ("placed", 1_000),
        ("below_floor", 0),
    ]
    assert library.checked[0].regime.digest != LIBRARY.checked[0].regime.digest
    filled = library.checked[0].rounds["secret-batch"].round
    assert filled.visible_to == ("officer:import",)


def test_a_private_file_may_fill_only_what_is_not_disclosed(tmp_path: Path) -> None:
    private = tmp_path / "private.yaml"
    private.write_text(
        "private: 12-rounds\n"
        "rules:\n  enough-points: {require: 'true'}\n"
        "rounds:\n  secret-batch:\n    need: 3\n"
    )
    with pytest.raises(BadInputError) as caught:
        with_private(LIBRARY, private)
    assert [f"{f.place.line}: {f.wrong}" for f in caught.value.faults] == [
        "3: 'enough-points' is no undisclosed rule",
        "6: 'need' is no undisclosed criterion",
    ]


def test_an_unknown_round_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownRoundError, match="did you mean '12-rounds/public-batch'"):
        place_round(LIBRARY.law(DAY), "12-rounds/publicbatch", [])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 200_000), st.booleans(), st.booleans(), st.integers(1, 28)),
        min_size=1,
        max_size=7,
    )
)
def test_placing_agrees_with_a_plain_model(wanted: list[tuple[int, bool, bool, int]]) -> None:
    found = place([application(q, needed=n, centre=c, day=d) for q, n, c, d in wanted])
    scores = [
        (40 if n else 0) + (30 if c else 10) + (30 if q <= 10_000 else 0) for q, n, c, _ in wanted
    ]
    order = sorted(range(len(wanted)), key=lambda i: (-scores[i], wanted[i][3], str(i + 1)))
    places, units, model = 3, 400_000, {}
    for i in order:
        if scores[i] < 60:
            model[i] = ("below_floor", 0)
        elif places and wanted[i][0] <= units:
            places, units = places - 1, units - wanted[i][0]
            model[i] = ("placed", wanted[i][0])
        else:
            model[i] = ("not_placed", 0)
    assert found == [model[i] for i in range(len(wanted))]
