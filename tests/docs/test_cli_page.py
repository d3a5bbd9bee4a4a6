"""docs/reference/cli.md names every command with exactly its options, and its examples run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import typer
from docs_kit import Command, blocks, commands, differs, text_of
from test_commands import clone, run

from interlock.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["clone"]
PAGE = "docs/reference/cli.md"
SECTION = re.compile(r"^## (interlock [a-z -]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
EXIT = {"law diff": 1, "decide": 1, "sed": 2}


def leaves(command: Any, name: str) -> Iterator[tuple[str, set[str]]]:
    """Every command that does something, and the long names of its options."""
    inner = getattr(command, "commands", None)
    if inner:
        for word, one in inner.items():
            yield from leaves(one, f"{name} {word}")
    else:
        flags = {flag for one in command.params for flag in one.opts if flag.startswith("--")}
        yield name, flags - {"--help"}


def described() -> dict[str, set[str]]:
    found = {}
    for title, body in SECTION.findall(text_of(PAGE)):
        items = [line.partition(":")[0] for line in body.splitlines() if line.startswith("- `--")]
        found[title] = {flag for item in items for flag in re.findall(r"`(--[a-z-]+)`", item)}
    return found


def test_the_page_names_every_command_with_exactly_its_options() -> None:
    assert described() == dict(leaves(typer.main.get_command(app), "interlock"))


def test_the_page_has_examples() -> None:
    assert len(blocks(PAGE, "console")) >= 6
    assert len(commands(PAGE)) >= 7


@pytest.mark.parametrize("command", commands(PAGE), ids=lambda one: f"line-{one.line}")
def test_examples_print_what_the_page_shows(command: Command, clone: Path) -> None:
    done = run(command.text, clone)
    assert differs(command.shown, done.stdout) == ""
    words = command.text.removeprefix("interlock ")
    expected = next((code for start, code in EXIT.items() if words.startswith(start)), 0)
    assert done.returncode == expected
