"""Pages of plain text: wrapped to the width of the screen, readable without colour."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pathlib import Path

LEAST_WIDTH = 40


class Page:
    """Collects lines and tables; `print` writes them without blanks at the ends of lines.

    Args:
        out: the file that the page goes to; None: standard output.
        width: columns; default: those of the screen.
    """

    def __init__(self, out: Path | None = None, width: int | None = None) -> None:
        self.out = out
        self.width = max(width or Console().width, LEAST_WIDTH)
        self.styled = out is None and sys.stdout.isatty()
        self.console = Console(
            file=io.StringIO(),
            width=self.width,
            highlight=False,
            force_terminal=self.styled,
            legacy_windows=False,
        )

    def say(self, text: str | Text, indent: int = 0, hang: int = 0, style: str = "") -> None:
        """One paragraph; lines after the first stand `hang` further in. Long words are cut."""
        whole = text if isinstance(text, Text) else Text(text, style=style)
        rest = Text("")
        for number, line in enumerate(self._wrapped(whole, indent, hang)):
            line.rstrip()
            margin = " " * (indent + (hang if number else 0))
            rest = Text(margin) + line
            self.console.print(rest, soft_wrap=True)

    def _wrapped(self, text: Text, indent: int, hang: int) -> list[Text]:
        room = self.width - indent
        if not hang:
            return list(text.wrap(self.console, room))
        first = text.wrap(self.console, room)
        if len(first) == 1:
            return list(first)
        cut = len(first[0].plain)
        behind = text[cut:]
        behind = behind[len(behind.plain) - len(behind.plain.lstrip()) :]
        return [first[0], *behind.wrap(self.console, room - hang)]

    def table(self, headings: list[str], rows: list[list[str]], numbers: set[str]) -> None:
        """A table without lines; the columns named in `numbers` stand to the right."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in headings:
            side = "right" if heading in numbers else "left"
            table.add_column(heading, overflow="fold", justify=side)  # type: ignore[arg-type]
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(table)

    def gap(self) -> None:
        """An empty line."""
        self.console.print()

    def text(self) -> str:
        """The page so far."""
        written = self.console.file.getvalue()  # type: ignore[attr-defined]
        lines = [line.rstrip() for line in str(written).splitlines()]
        return "\n".join(lines) + "\n" if lines else ""

    def print(self) -> None:
        """Write the page."""
        if self.out is not None:
            self.out.write_text(self.text(), encoding="utf-8")
        else:
            typer.echo(self.text(), nl=False)
