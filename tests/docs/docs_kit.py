"""The pages of the documentation, taken apart: fenced blocks, commands with output, links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("episodes/**/*.md")]
)
GUIDES = [name for name in PAGES if name == "README.md" or name.startswith("docs/how-to/")]
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Command:
    """One command of a page and the output that the page shows; a line `...` stands for any."""

    page: str
    line: int
    text: str
    shown: tuple[str, ...]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[tuple[int, str]]:
    """(line of the fence, content) of every block in a language."""
    text = text_of(page)
    return [
        (text.count("\n", 0, found.start()) + 1, found[2])
        for found in _FENCE.finditer(text)
        if found[1] == language
    ]


def commands(page: str) -> list[Command]:
    """Every command of the page's console blocks, `\\` at a line's end joining the next."""
    found: list[Command] = []
    for start, content in blocks(page, "console"):
        joined = False
        for number, line in enumerate(content.splitlines(), start + 1):
            last = found[-1] if found else None
            if line.startswith("$ "):
                found.append(Command(page, number, line[2:], ()))
            elif last is None:
                raise AssertionError(f"{page}:{number}: output before any command")
            elif joined:
                found[-1] = Command(page, last.line, f"{last.text}\n{line}", ())
            else:
                found[-1] = Command(page, last.line, last.text, (*last.shown, line.rstrip()))
            joined = line.endswith("\\") and not found[-1].shown
    return found


def differs(shown: tuple[str, ...], output: str) -> str:
    """What the page shows and the program does not print, or an empty text.

    A shown line `...` stands for any lines, none included. Blanks at line ends do not count.
    """
    given = [line.rstrip() for line in output.splitlines()]
    while given and not given[-1]:
        given.pop()
    pieces: list[list[str]] = [[]]
    for line in shown:
        if line == "...":
            pieces.append([])
        else:
            pieces[-1].append(line)
    if len(pieces) == 1:
        return "" if given == pieces[0] else _told(pieces[0], given)
    at = 0
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        starts = range(at, len(given) - len(piece) + 1)
        if number == 0:
            starts = starts[:1]
        elif last and piece:
            starts = starts[-1:]
        place = next((s for s in starts if given[s : s + len(piece)] == piece), None)
        if place is None:
            return _told(piece, given)
        at = place + len(piece)
    return ""


def _told(piece: list[str], given: list[str]) -> str:
    return "\n".join(["the page shows", *piece, "", "the program prints", *given])


def links(page: str) -> list[str]:
    """Targets of the page's links, without what stands in code."""
    text = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text_of(page)))
    return _LINK.findall(text)


def anchors(page: str) -> set[str]:
    """The names under which the page's headings can be linked to."""
    titles = re.findall(r"^#+ (.*)$", _FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
