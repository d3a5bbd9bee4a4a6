"""A text that a spreadsheet would run is a text there: one rule for a value and for a column."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from interlock.files.spreadsheets import RUNS, plain_cell, plain_column

TEXTS = st.lists(st.text(alphabet=st.sampled_from([*RUNS, "a", "'", "\n", "中"]), max_size=4))


@given(TEXTS)
def test_the_rule_is_one_for_a_value_and_for_a_column(texts: list[str]) -> None:
    frame = pl.DataFrame({"a": texts}, schema={"a": pl.String}).select(plain_column("a"))
    assert frame["a"].to_list() == [plain_cell(one) for one in texts]
    assert all(one[:1] not in set(RUNS) for one in frame["a"])


def test_each_sign_that_begins_a_formula_is_guarded_and_nothing_else() -> None:
    assert [plain_cell(f"{sign}1+1") for sign in RUNS] == [f"'{sign}1+1" for sign in RUNS]
    assert [plain_cell(one) for one in ("", "a=1", "中", " =1")] == ["", "a=1", "中", " =1"]
    frame = pl.DataFrame({"a": [None, "=A1"]}).select(plain_column("a"))
    assert frame["a"].to_list() == [None, "'=A1"]
