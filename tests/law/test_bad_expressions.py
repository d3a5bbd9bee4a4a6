"""The corpus of faulty expressions: exact faults; and a fuzz that finds no other error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from law_kit import faults_of

from interlock.files import Faults, Place
from interlock.law.compiling.checked import read_of
from interlock.law.expr.check import Scope, infer
from interlock.law.expr.numbers import arithmetic
from interlock.law.expr.scalar import evaluator
from interlock.law.expr.tree import Const, Type, bind
from interlock.law.model import Expression
from interlock.law.units import unit
from interlock.law.vocabulary import vocabulary

CORPUS = Path(__file__).parents[1] / "bad" / "expressions"
FILES = sorted(CORPUS.glob("*.yaml"))
WORDS = vocabulary()
SCOPE = Scope(
    {name: read_of(entry, "export") for name, entry in WORDS.entries.items()},
    {"quota": Type("number", unit("chip"))},
    "small",
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_faulty_expression_gives_exactly_its_faults(path: Path) -> None:
    expected = path.with_suffix(".expect").read_text(encoding="utf-8").splitlines()
    text = path.read_text(encoding="utf-8")
    assert [one.replace("small.yaml", path.name) for one in faults_of(text)] == expected
    assert expected != []


def test_the_corpus_is_complete() -> None:
    assert len(FILES) >= 140
    assert {path.stem for path in CORPUS.glob("*.expect")} == {path.stem for path in FILES}


def test_the_head_that_the_corpus_shares_is_free_of_faults() -> None:
    """Else a file could fail for a reason that its name does not say."""
    text = (CORPUS / "name-unknown.yaml").read_text(encoding="utf-8")
    assert faults_of(text.replace("prodct.tpp", "product.tpp")) == []


@pytest.mark.parametrize(
    "factor", ["2.0", "product.datacentre ? 2.50 : 1", "0", "product.chips", "5 * 0.5"]
)
def test_a_factor_as_fine_as_its_account_passes(factor: str) -> None:
    text = (CORPUS / "account-factor-too-fine-in-part.yaml").read_text(encoding="utf-8")
    assert faults_of(text.replace("product.datacentre ? 2 : 1.25", factor)) == []


TOKENS = st.sampled_from(
    [
        *("product.tpp", "product.name", "order.destination", "licence.issued", "licence.products"),
        *("transaction.date", "order.quantity", "prodct", "quota", "transaction.kind"),
        *("&&", "||", "!", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "?", ":"),
        *("in", "(", ")", "[", "]", "{", "}", ",", ".", ";", "=", "&", "|", "not", "and", "is"),
        *("1", "0", "4800", "0.5", "1e99", "0x1F", "10u", "true", "false", "null", "1.", ".5"),
        *('"CN"', "'x'", '"', "'", '"P30D"', '"2026-01-15"', 'b"x"', 'r"\\"', '"\\x"', '"""'),
        *("has(", "known(", "min(", "size(", "date(", "duration(", "available(", "lowerAscii("),
        *("\n", " ", "\t", "é", "日", "\\", "$", "#", "//", "\x00", "“", "\u2028", "😀"),
    ]
)


def settle(text: str) -> list[str]:
    """Faults of a text, or none and it evaluates on the empty case."""
    faults = Faults()
    tree = infer(Expression(text, Place("x.yaml", 7, 9)), SCOPE, faults)
    if tree is None:
        assert faults.found
    else:
        assert faults.found == []
        evaluator(bind(tree, {}), {})({})
    for fault in faults.found:
        assert fault.place.file == "x.yaml"
        assert fault.place.line >= 7
        assert fault.place.column >= 1
        assert fault.wrong
        assert fault.mend
        assert "\n" not in str(fault)
    return [str(fault) for fault in faults.found]


@settings(max_examples=400, deadline=None)
@given(st.lists(TOKENS, max_size=12).map(" ".join) | st.lists(TOKENS, max_size=8).map("".join))
def test_random_tokens_are_read_or_refused_and_nothing_else(text: str) -> None:
    settle(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_random_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    settle(text)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([path.read_text() for path in FILES]), st.data())
def test_a_cut_expression_is_read_or_refused_and_nothing_else(
    text: str, data: st.DataObject
) -> None:
    expression = text[text.rindex("|-") + 2 :] if "|-" in text else "licence.issued && 1 < 2"
    expression = " ".join(expression.split())
    cut = data.draw(st.integers(0, len(expression)))
    start = data.draw(st.integers(0, cut))
    settle(expression[start:cut])


def test_min_and_max_of_texts_are_refused() -> None:
    """They once passed as tests of a text, and failed on the first case."""
    assert settle('min("a", "b")') == [
        "x.yaml:7:9: 'min' works on a text and a text; write e.g. min(a, b)"
    ]


def test_places_beyond_twelve_are_refused() -> None:
    fine = Const(1, Type("number", unit("TPP"), 9))
    faults = Faults()
    assert arithmetic("*", fine, fine, Place("x"), faults) is None
    assert [fault.wrong for fault in faults.found] == ["the product has over 12 decimal places"]
