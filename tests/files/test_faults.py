"""Faults say where, what is wrong, and what to write instead; all of an input at once."""

from __future__ import annotations

import pytest

from interlock.files import BadInputError, Fault, Faults, Place, nearest

A, B = Place("f", 1, 2), Place("f", 3, 1)


def test_one_line_each() -> None:
    assert str(Fault(A, "x is 5", "write 6")) == "f:1:2: x is 5; write 6"
    assert str(Fault(A, "'a\nb' is\u2028wrong", "write  c")) == "f:1:2: 'a b' is wrong; write c"


def test_faults_come_in_the_order_of_the_file_and_once() -> None:
    error = BadInputError([Fault(B, "b", "m"), Fault(A, "a", "m"), Fault(B, "b", "m")])
    assert [fault.place for fault in error.faults] == [A, B]
    assert str(error) == "f:1:2: a; m\nf:3:1: b; m"


def test_an_error_without_a_fault_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one fault"):
        BadInputError([])


def test_the_collector_raises_everything_or_nothing() -> None:
    faults = Faults()
    faults.raise_if_any()
    faults.add(B, "b", "m")
    faults.add(A, "a", "m")
    with pytest.raises(BadInputError) as caught:
        faults.raise_if_any()
    assert [fault.wrong for fault in caught.value.faults] == ["a", "b"]


def test_a_place_moves_along_its_line_and_below() -> None:
    assert A.moved(4) == Place("f", 1, 6)
    assert A.moved(4, lines=2) == Place("f", 3, 5)


@pytest.mark.parametrize(
    ("word", "known", "mend"),
    [
        ("shipmnt", ["shipment", "order"], "did you mean 'shipment'?"),
        ("SHIPMENT", ["shipment", "order"], "did you mean 'shipment'?"),
        ("xyz", ["b", "a"], "write one of: a, b"),
        ("xyz", [], "no name is known here"),
    ],
)
def test_nearest(word: str, known: list[str], mend: str) -> None:
    assert nearest(word, known) == mend


def test_a_long_list_of_names_is_cut_short() -> None:
    names = [f"n{number:02}" for number in range(20)]
    assert nearest("zzzzzz", names) == f"write one of: {', '.join(names[:12])}, ..."
