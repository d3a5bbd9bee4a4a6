"""The tests that a move must pass, by their names in `lifecycles.toml`.

A guard gives the reason why the move cannot be made, or nothing. The modules of `services`
fill this table; `services/__init__.py` imports them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.book.acting import Act
    from interlock.book.models import Thing
    from interlock.files.phrases import Phrase

Guard: TypeAlias = "Callable[[Act, Thing], Phrase | None]"
GUARDS: dict[str, Guard] = {}


def guard(test: Guard) -> Guard:
    """Enter a guard under its function's name, which no other has."""
    if test.__name__ in GUARDS:
        msg = f"two guards named {test.__name__}"
        raise ValueError(msg)
    GUARDS[test.__name__] = test
    return test
