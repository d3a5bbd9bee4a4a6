"""YAML with positions: exact scalars, exact places, and what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interlock.files import BadInputError, Fault, Faults, Node, Place, read_yaml
from interlock.files.yaml import MAX_BYTES, parse_yaml

if TYPE_CHECKING:
    from pathlib import Path


def value(text: str) -> object:
    """The value under the only key."""
    root = parse_yaml(f"k: {text}\n".encode(), "f").value
    assert isinstance(root, dict)
    return root["k"].value


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        parse_yaml(text.encode() if isinstance(text, str) else text, "f")
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5),
        ("-5", -5),
        ("1_000", 1000),
        ("0.10", Decimal("0.10")),
        ("1e3", Decimal("1e3")),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("2026-01-15", dt.date(2026, 1, 15)),
        ('"2026-01-15"', "2026-01-15"),
        ("'5'", "5"),
        # Country codes and classes are texts: YAML 1.1 read these as false and as a number.
        ("NO", "NO"),
        ("yes", "yes"),
        ("3E001", "3E001"),
        ("3A090.a", "3A090.a"),
        ("12:30:00", "12:30:00"),
        ("0x10", "0x10"),
        (".nan", ".nan"),
    ],
)
def test_scalars(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_decimals_are_exact() -> None:
    assert value("0.1") == Decimal("0.1")
    assert str(value("21000.50")) == "21000.50"


def node(text: str, *path: str) -> Node:
    found = parse_yaml(text.encode(), "f")
    for key in path:
        assert isinstance(found.value, dict)
        found = found.value[key]
    return found


def test_places_of_values_and_keys() -> None:
    text = "a: 1\nb:\n  c: {d: x}\n  e:\n    - 1\n"
    assert node(text).place == Place("f", 1, 1)
    assert node(text, "b").keys == {"c": Place("f", 3, 3), "e": Place("f", 4, 3)}
    assert node(text, "b", "c", "d").place == Place("f", 3, 10)
    items = node(text, "b", "e").value
    assert isinstance(items, list)
    assert items[0].place == Place("f", 5, 7)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("k: x == 1\n", Place("f", 1, 4)),
        ('k: "x == 1"\n', Place("f", 1, 5)),
        ("k: 'x == 1'\n", Place("f", 1, 5)),
        ("k: |-\n    x == 1\n", Place("f", 2, 5)),
        ("k: >-\n  x\n  == 1\n", Place("f", 2, 3)),
        ("k: |\n\n   x\n", Place("f", 3, 4)),
    ],
)
def test_body_is_where_the_text_starts(text: str, body: Place) -> None:
    assert node(text, "k").body == body


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("k: a &&\n   b == c\n", "a &&\n   b == c"),
        ("k: >-\n    a &&\n    b\n", "a &&\n    b"),
        ("k: |-\n    a &&\n      b\n# end\n", "a &&\n      b"),
        ("k: |\n\n   a\n   b\n", "a\n   b"),
        ('k: "a &&\n  b"\n', "a &&\n  b"),
        ('k: "a == \\"CN\\" && b"\n', 'a == "CN" && b'),
        ("k: 'a == ''CN'' && b'\n", "a == 'CN' && b"),
        ("k: {x: a && b, y: 1}\n", None),
    ],
)
def test_source_keeps_lines_and_columns(text: str, source: str | None) -> None:
    found = node(text, "k")
    if source is not None:
        assert found.source == source
    if found.body is None or "\\" in text or "''" in text:
        return
    # Every word of it stands at its line and column of the file.
    lines = text.splitlines()
    for count, line in enumerate(found.source.splitlines()):
        start = found.body.column - 1 if count == 0 else 0
        assert lines[found.body.line - 1 + count][start:].startswith(line)


def test_lines_are_counted_as_yaml_counts_them() -> None:
    # A line separator inside a text ends no line for YAML 1.2; the block is found all the same.
    text = 'a: "x\u2028y"\nk: |-\n  z\n'
    assert node(text, "k").body == Place("f", 3, 3)
    assert node("a: 1\r\nb: |-\r\n  y\r\n", "b").body == Place("f", 3, 3)


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert node("\ufeffa: 1\n", "a").value == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "f:1:1: is empty; write at least one key"),
        ("a: &x 1\n", "f:1:4: bears the anchor &x; take it out: a law text reads top to bottom"),
        ("<<: {a: 1}\n", "f:1:1: merge keys are not read; write the keys out in full"),
        ("a: 1\na: 2\n", "f:2:1: 'a' stands twice (first on line 1); keep one of them"),
        ("? [a]\n: 1\n", "f:1:3: a key must be plain text; write one word as the key"),
        ("a: 1\n---\nb: 2\n", "f:3:1: a second document starts here; write one file for each"),
        ("a: !x y\n", "f:1:4: reads as the YAML tag !x; put the whole text in quotes"),
        ("a: 2026-13-01\n", "f:1:4: '2026-13-01' is no date of the calendar; write YYYY-MM-DD"),
        ("a: \x00\n", "f:1:4: holds a control character (U+0000); take the character out"),
        ('a: "x\\0"\n', "f:1:4: holds the character U+0000; take the character out"),
        ('"a\\a": 1\n', "f:1:1: holds the character U+0007; take the character out"),
        ("a: [1\n", "f:1:4: is not YAML: what opens here is never closed; close it"),
        ("a: 'x\n", "f:1:4: is not YAML: what opens here is never closed; close it"),
        (b"a: \xff\n", "f:1:4: is not UTF-8 text; save the file as UTF-8"),
        (f"a: {'9' * 31}\n", "f:1:4: the number is too long; write at most 30 digits"),
    ],
)
def test_refused(text: str | bytes, expected: str) -> None:
    assert faults(text) == [expected]


def test_an_alias_is_reported_at_its_own_key() -> None:
    assert faults("a: &x {b: 1}\nc: *x\n") == [
        "f:1:4: bears the anchor &x; take it out: a law text reads top to bottom",
        "f:2:1: is an alias of another value; write the value out in full",
    ]


def test_an_anchor_that_stands_twice_is_reported_twice() -> None:
    found = faults("a: &x 1\nb: &x 2\n")
    assert [fault.partition(" ")[0] for fault in found] == ["f:1:4:", "f:2:4:"]


def test_deep_nesting_is_refused() -> None:
    assert "is nested too deeply" in faults("[" * 60 + "]" * 60)[0]
    assert faults("[" * 50_000)[0].startswith("f")


def test_a_file_of_nine_megabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(BadInputError, match="8,000,001 bytes"):
        read_yaml(path)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(BadInputError, match="cannot be read"):
        read_yaml(tmp_path)


def test_faults_of_values_can_be_collected_and_the_tree_read_on() -> None:
    collected = Faults()
    root = parse_yaml(b"a: 2026-02-30\nb: 1\nb: 2\nc: 3\n", "f", collected)
    assert isinstance(root.value, dict)
    assert root.value["a"].bad
    assert not root.value["c"].bad
    assert {key: child.value for key, child in root.value.items()} == {"a": None, "b": 1, "c": 3}
    assert [fault.place for fault in collected.found] == [Place("f", 1, 4), Place("f", 3, 1)]


def test_what_leaves_no_tree_is_raised_even_to_a_collector() -> None:
    collected = Faults()
    with pytest.raises(BadInputError):
        parse_yaml(b"a: [1\n", "f", collected)
    assert collected.found == []


@given(st.binary(max_size=120))
@example(b"a: &x [*x]")
@example(b"%YAML 1.1\n---\na: yes\n")
@example(b"\xef\xbb\xbf")
@example(b"- - - - ? : ,")
def test_any_bytes_give_a_tree_or_a_fault(data: bytes) -> None:
    found: tuple[Fault, ...] = ()
    try:
        assert isinstance(parse_yaml(data, "f"), Node)
    except BadInputError as error:
        found = error.faults
    assert all(len(str(fault).splitlines()) == 1 for fault in found)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.integers(-9999, 9999)))
def test_integers_come_back_as_they_were_written(numbers: dict[str, int]) -> None:
    text = "".join(f"{key}: {number}\n" for key, number in numbers.items())
    if not numbers:
        return
    keys = {"true", "false", "null"} & set(numbers)
    root = parse_yaml(text.encode(), "f").value
    assert isinstance(root, dict)
    assert {key: child.value for key, child in root.items() if key not in keys} == {
        key: number for key, number in numbers.items() if key not in keys
    }
