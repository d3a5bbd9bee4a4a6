"""R6: the scalar and the columnar evaluator agree on every input, unknown and error included."""

from __future__ import annotations

import polars as pl
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from interlock.files import Faults, Place
from interlock.law.expr.check import Scope, check
from interlock.law.expr.columns import Columns, Tri, Val, dtype_of
from interlock.law.expr.scalar import ERROR, evaluator
from interlock.law.expr.tree import (
    BOOL,
    DATE,
    INT64,
    TEXT,
    TEXTS,
    FactRef,
    Read,
    Tree,
    Type,
    bind,
)
from interlock.law.model import Expression
from interlock.law.units import unit

HUGE = Read("n.huge", Type("number", unit("TPP")), -INT64, INT64)
NAMES: dict[str, Read] = {
    "n.whole": Read("n.whole", Type("number", unit("TPP"))),
    "n.fine": Read("n.fine", Type("number", unit("TPP"), 3)),
    "n.huge": HUGE,
    "b.open": Read("b.open", BOOL),
    "b.closed": Read("b.closed", BOOL, closed=True),
    "t.word": Read("t.word", TEXT),
    "t.paper": Read("t.paper", TEXT, closed=True),
    "l.words": Read("l.words", TEXTS),
    "d.day": Read("d.day", DATE),
}
FACTS: dict[str, tuple[str, Type]] = {
    "label": ('n.whole > 3 ? "a" : (b.open ? "b" : "a")', TEXT),
    "score": ("b.open ? n.fine + 1 : n.whole", Type("number", unit("TPP"), 3)),
}
WORDS = ["a", "b"]

COMPARE = ["==", "!=", "<", "<=", ">", ">="]


@st.composite
def expressions(draw: st.DrawFn, kind: str, depth: int = 3) -> str:
    """CEL text of a kind. Drawn as plain text, so that a failing one is shown as it is written."""

    def pick(options: list[str]) -> str:
        return draw(st.sampled_from(options))

    def one(kind: str) -> str:
        return draw(expressions(kind, depth - 1))

    plain = {
        "number": ["n.whole", "n.fine", "n.huge", "score", "0", "1", "2.5", "3", "1000000000"],
        "text": ["t.word", "t.paper", "label", '"a"', '"b"'],
        "date": ["d.day", 'date("2026-01-15")', 'd.day + duration("P30D")'],
        "bool": ["b.open", "b.closed", "true", "false", "known(t.word)", "known(n.fine)"],
    }
    if depth == 0 or kind == "date":
        return pick(plain[kind])
    form = draw(st.integers(0, 14 if kind == "bool" else 4))
    if form == 0:
        return pick(plain[kind])
    if kind == "number":
        return {
            1: lambda: f"({one('number')} {pick(['+', '-'])} {one('number')})",
            2: lambda: f"{pick(['min', 'max'])}({one('number')}, {one('number')})",
            3: lambda: f"({one('bool')} ? {one('number')} : {one('number')})",
            4: lambda: (
                f"({pick(['n.whole', 'n.huge', 'n.fine'])} * {pick(['2', '1000000', '0.5'])})"
            ),
        }[form]()
    if kind == "text":
        chosen = f"({one('bool')} ? {one('text')} : {one('text')})"
        return chosen if form < 4 else f"lowerAscii({one('text')})"
    names = ["n.whole", "n.fine", "n.huge"]
    return {
        1: lambda: f"({one('number')} {pick(COMPARE)} {one('number')})",
        2: lambda: (
            f"({one('number')} / {pick(['3', '0.7', '(-2)'])} {pick(COMPARE)} {one('number')})"
        ),
        3: lambda: f"({pick(names)} / {pick(names[:2])} {pick(COMPARE)} 1.5)",
        4: lambda: f"({one('date')} {pick(COMPARE)} {one('date')})",
        5: lambda: f"({one('text')} {pick(['==', '!='])} {one('text')})",
        6: lambda: f"({one('bool')} {pick(['==', '!='])} {one('bool')})",
        7: lambda: f"({one('text')} in {pick(LISTS[:2])})",
        8: lambda: f"(t.word in {pick(LISTS)})",
        9: lambda: f"({one('text')} in l.words)",
        10: lambda: f"{pick(['t.word', 'label'])}.startsWith({pick(plain['text'][3:])})",
        11: lambda: f"(size({pick(['t.word', 'l.words'])}) > 1)",
        12: lambda: f"({one('bool')} {pick(['&&', '||'])} {one('bool')})",
        13: lambda: f"!{one('bool')}",
        14: lambda: f"({one('bool')} ? {one('bool')} : {one('bool')})",
    }[form]()


LISTS = ['["a"]', '["b"]', '["a", "x"]', '["b", "v", "w", "x", "y"]']
rows = st.lists(
    st.fixed_dictionaries(
        {
            "n.whole": st.one_of(st.none(), st.integers(-5, 5)),
            "n.fine": st.one_of(st.none(), st.integers(-5000, 5000)),
            "n.huge": st.one_of(st.none(), st.sampled_from([0, 1, INT64, -INT64, 2**62])),
            "b.open": st.one_of(st.none(), st.booleans()),
            "b.closed": st.one_of(st.none(), st.booleans()),
            "t.word": st.one_of(st.none(), st.sampled_from(WORDS)),
            "t.paper": st.one_of(st.none(), st.sampled_from(WORDS)),
            "l.words": st.one_of(st.none(), st.lists(st.sampled_from(WORDS), max_size=3)),
            "d.day": st.one_of(st.none(), st.integers(20000, 20600)),
        }
    ),
    min_size=1,
    max_size=8,
)


def typed(text: str, want: Type, facts: dict[str, Tree]) -> Tree:
    refs = {name: FactRef(name, tree.type) for name, tree in facts.items()}
    faults = Faults()
    tree = check(Expression(text, Place("x", 1, 1)), Scope({**NAMES, **refs}), faults, want)
    # A text compared with what it can never be is a fault of the file, not a value.
    if any("is no value of" in fault.wrong for fault in faults.found):
        reject()
    assert tree is not None, (text, faults.found)
    return bind(tree, {})


def facts() -> dict[str, Tree]:
    trees: dict[str, Tree] = {}
    for name, (text, want) in FACTS.items():
        trees[name] = typed(text, want, trees)
    return trees


FACT_TREES = facts()


def in_columns(
    tree: Tree, table: list[dict[str, object]], *, by_category: bool = False
) -> list[object]:
    frame = pl.DataFrame(
        {
            name: pl.Series([r[name] for r in table], dtype=dtype_of(n.type))
            for name, n in NAMES.items()
        }
    )
    sure = frozenset(name for name in NAMES if frame[name].null_count() == 0)
    compiled: dict[str, Tri | Val] = {}
    kinds = {"t.word": frozenset(WORDS)} if by_category else {}
    if by_category:
        frame = frame.with_columns(pl.col("t.word").cast(pl.Enum(WORDS)))
    columns = Columns(frozenset(NAMES), sure, compiled, categories=kinds)
    for name, fact in FACT_TREES.items():
        compiled[name] = columns.keep(columns.compile(fact))
    result = columns.compile(tree)
    staged = columns.staged(frame.lazy())
    none = pl.lit(value=False)
    if isinstance(result, Tri):
        out = staged.select(
            t=result.true,
            f=result.false,
            e=result.err if result.err is not None else none,
            u=result.unknown,
            ct=result.ct,
            cf=result.can_false,
            n=pl.int_range(pl.len()),
        ).collect()
        answers: list[object] = []
        for row in out.iter_rows(named=True):
            assert None not in row.values()
            assert row["ct"] or row["cf"]
            value = True if row["t"] else False if row["f"] else ERROR if row["e"] else None
            assert (value is None or value is ERROR) == row["u"]
            answers.append(value)
        return answers
    out = staged.select(
        v=result.value, e=result.err if result.err is not None else none, n=pl.int_range(pl.len())
    ).collect()
    if result.sure:
        assert out["v"].null_count() == 0
    return [ERROR if e and v is None else v for v, e, _ in out.iter_rows()]


def one_by_one(tree: Tree, table: list[dict[str, object]]) -> list[object]:
    functions: dict[str, object] = {}
    for name, fact in FACT_TREES.items():
        functions[name] = evaluator(fact, functions)  # type: ignore[arg-type]
    run = evaluator(tree, functions)  # type: ignore[arg-type]
    return [run(dict(row)) for row in table]


EMPTY: dict[str, object] = dict.fromkeys(NAMES)


@settings(max_examples=400, deadline=None)
@given(expressions("bool"), rows)
@example('(t.word == ((n.whole / n.whole == 1.5) ? "a" : "a"))', [EMPTY | {"n.whole": 0}])
def test_r6_yes_no_expressions_agree(text: str, table: list[dict[str, object]]) -> None:
    tree = typed(text, BOOL, FACT_TREES)
    answers = one_by_one(tree, table)
    assert in_columns(tree, table) == answers
    assert in_columns(tree, table, by_category=True) == answers


@settings(max_examples=150, deadline=None)
@given(expressions("number"), rows)
def test_r6_numbers_agree(text: str, table: list[dict[str, object]]) -> None:
    tree = typed(text, Type("number", unit("TPP")), FACT_TREES)
    answers = one_by_one(tree, table)
    assert in_columns(tree, table) == answers
    assert in_columns(tree, table, by_category=True) == answers


@settings(max_examples=150, deadline=None)
@given(expressions("text"), rows)
def test_r6_texts_agree(text: str, table: list[dict[str, object]]) -> None:
    tree = typed(text, TEXT, FACT_TREES)
    answers = one_by_one(tree, table)
    assert in_columns(tree, table) == answers
    assert in_columns(tree, table, by_category=True) == answers
