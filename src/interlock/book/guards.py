"""The tests that a move must pass, by their names in `lifecycles.toml`.

A guard gives the reason why the move cannot be made, or an empty text. The modules of `services`
fill this table; `services/__init__.py` imports them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.book.acting import Act
    from interlock.book.models import Thing

GUARDS: dict[str, Callable[[Act, Thing], str]] = {}


def guard(test: Callable[[Act, Thing], str]) -> Callable[[Act, Thing], str]:
    """Enter a guard under its function's name, which no other has."""
    if test.__name__ in GUARDS:
        msg = f"two guards named {test.__name__}"
        raise ValueError(msg)
    GUARDS[test.__name__] = test
    return test
