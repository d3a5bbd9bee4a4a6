"""Every test that the table of lifecycles names is there, once, and none is there for nothing."""

from __future__ import annotations

import pytest

from interlock.book.guards import GUARDS, guard
from interlock.book.lifecycles import lifecycles
from interlock.book.services import SERVICES  # noqa: F401 - importing it enters the guards


def test_every_guard_of_a_move_is_there_and_every_guard_is_used() -> None:
    named = {
        name
        for life in lifecycles().values()
        for move in life.moves.values()
        for name in move.guards
    }
    assert named == set(GUARDS)


def test_two_guards_of_one_name_are_refused() -> None:
    def gates_open(_act: object, _thing: object) -> str:
        return ""

    with pytest.raises(ValueError, match="two guards named gates_open"):
        guard(gates_open)
