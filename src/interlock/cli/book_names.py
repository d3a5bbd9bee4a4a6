"""Names of kinds and moves as commands take them: an unknown one is refused with the nearest."""

from __future__ import annotations

from interlock.cli.common import refuse_option
from interlock.files import nearest

PEOPLE = ("user", "token")
"""What can be listed besides things."""


def check_kind(kind: str) -> None:
    """Refuse a kind of thing that there is not."""
    from interlock.book.lifecycles import lifecycles

    known = (*lifecycles(), *PEOPLE)
    if kind not in known:
        refuse_option("KIND", f"no kind '{kind}'", nearest(kind, known))


def check_move(move: str, thing: str) -> None:
    """Refuse a move that there is not, and a thing that is missing or too many for it."""
    from interlock.book.lifecycles import lifecycles
    from interlock.book.rights import all_rights, grants_of

    # What nobody may make is the book's own, and has no address.
    known = [name for name in all_rights() if not name.endswith(".read") and grants_of(name)]
    if move not in known:
        refuse_option("MOVE", f"no move '{move}'", nearest(move, known))
    kind, _, name = move.partition(".")
    life = lifecycles().get(kind)
    if life is None:
        return
    if life.moves[name].starts and not thing:
        refuse_option("THING", f"'{move}' is made on one {kind}", "give its id")
    if thing and not life.moves[name].starts:
        mend = f"leave out '{thing}'; an id of your choice is a value: --set id={thing}"
        refuse_option("THING", f"'{move}' makes one", mend)
