"""Reference pages made from the book's tables: lifecycles with their pictures, and the rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.book.lifecycles import lifecycles
from interlock.book.rights import all_rights, grants_of, roles

if TYPE_CHECKING:
    from interlock.book.lifecycles import Lifecycle, Move

_HEAD = """# Lifecycles

Every kind of thing in the book, its states and the moves between them. This page is made from
`src/interlock/book/lifecycles.toml` by `make schemas`; services, the API and the command line read
the same table. *Second*: another person than the one who proposed it. *Reason*: one must be given.
"""


def lifecycles_page() -> str:
    """The page of all lifecycles, a Mermaid picture and a table each."""
    return _HEAD + "".join(_section(life) for life in lifecycles().values())


def _section(life: Lifecycle) -> str:
    rows = [_row(move) for move in life.moves.values()]
    return (
        f"\n## {life.kind}\n{life.says}\n\n```mermaid\nstateDiagram-v2\n"
        + "".join(f"    {line}\n" for line in _picture(life))
        + "```\n\n| move | from | to | what it means | asks for |\n|---|---|---|---|---|\n"
        + "".join(rows)
    )


def _picture(life: Lifecycle) -> list[str]:
    """The arrows; a move that starts in several states is drawn from each."""
    lines = []
    for move in life.moves.values():
        for start in move.starts or ("[*]",):
            end = move.to or start
            if end != "[*]":
                lines.append(f"{start} --> {end}: {move.name}")
    ends = [state for state in life.states if not _leaves(life, state)]
    return lines + [f"{state} --> [*]" for state in ends]


def _leaves(life: Lifecycle, state: str) -> bool:
    return any(state in move.starts and move.to not in ("", state) for move in life.moves.values())


def _row(move: Move) -> str:
    asks = ["a second person"] if move.second else []
    asks += ["a reason"] if move.reason else []
    asks += [name.replace("_", " ") for name in move.guards]
    return (
        f"| {move.name} | {', '.join(move.starts) or 'nothing'} | {move.to or 'the same'} "
        f"| {move.says} | {', '.join(asks)} |\n"
    )


def rights_table() -> str:
    """The whole table of rights as text: one line a right, one column a role."""
    names = list(roles())
    width = max(len(right) for right in all_rights()) + 2
    lines = [
        "Who may do what. Made from src/interlock/book/rights.toml by `make schemas`.",
        "own = things of the office's own party, own:X = by that path alone,",
        "gate = things at the gate that the office's authority guards, any = all, - = not.",
        "",
        *(f"{name}: {says}" for name, says in roles().items()),
        "",
    ]
    for right in all_rights():
        grants = grants_of(right)
        held = [
            f"{name}={'|'.join(sorted(r for role, r in grants if role == name))}"
            for name in names
            if any(role == name for role, _ in grants)
        ]
        lines.append(f"{right:<{width}}{'  '.join(held) or '-'}")
    return "\n".join(lines) + "\n"
