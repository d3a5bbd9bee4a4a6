"""Texts of others in files that people open in a spreadsheet: none of them is run there.

A spreadsheet takes a text that begins with one of a few signs as a formula, and a formula can fetch
and send. Behind an apostrophe it is a text: this rule, for a value and for a column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

RUNS = "=+-@\t\r"
"""The signs with which a formula may begin."""
GUARD = "'"


def plain_cell(text: str) -> str:
    """A text as a spreadsheet shows it and runs nothing of it.

    >>> plain_cell("=1+1"), plain_cell("a=1")
    ("'=1+1", 'a=1')
    """
    return GUARD + text if text[:1] and text[0] in RUNS else text


def plain_column(name: str) -> pl.Expr:
    """The same of a column of texts."""
    import polars as pl  # noqa: PLC0415 - whoever writes no file needs none of it

    value = pl.col(name)
    risky = value.str.slice(0, 1).is_in(list(RUNS))
    return pl.when(risky).then(GUARD + value).otherwise(value).alias(name)
