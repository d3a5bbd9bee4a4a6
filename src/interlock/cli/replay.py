"""`interlock replay`: a book's own history under a proposed law."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.common import (
    DONE,
    FINDINGS,
    Format,
    check_assumed,
    day_option,
    default_regimes,
    refuse,
    refuse_option,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from interlock.law.library import Library
    from interlock.replay.history import History
    from interlock.replay.report import Report


WithAccounts = Annotated[
    bool,
    typer.Option(
        "--with-accounts/--rules-only",
        help="Also play what moved accounts, under the other terms; default rules alone.",
    ),
]


UNPROPOSED = (
    "Nothing is proposed: the book's own law is played against itself. "
    "To try another, give --regimes, --assume, --on or --set."
)


def replay(
    book: Annotated[
        str,
        typer.Option(
            envvar="DATABASE_URL",
            help="The book: its address, its SQLite file, or a folder that --keep wrote.",
        ),
    ] = "",
    regimes: Annotated[
        list[Path] | None,
        typer.Option(help="Proposed regimes, in place of the book's of the same id; repeatable."),
    ] = None,
    accounts: WithAccounts = False,
    first: Annotated[str | None, typer.Option("--from", help="Only decisions since a day.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Only decisions until a day.")] = None,
    on: Annotated[
        str | None, typer.Option(help="Take the law of this day as if it had always been.")
    ] = None,
    assume: Annotated[
        list[str] | None, typer.Option(help="Proposed version to switch on; may be repeated.")
    ] = None,
    put: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another value of a fact, NAME=VALUE; may be repeated."),
    ] = None,
    actor: Annotated[
        str, typer.Option("--as", envvar="INTERLOCK_AS", help="USER@PARTY whose eyes see it.")
    ] = "",
    keep: Annotated[
        Path | None, typer.Option(help="Keep the history in this folder, to replay it again.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write report.json and what changes, as Parquet, here.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="human or json.")] = Format.human,
) -> None:
    """Decide the book's history anew under a proposed law, and say what changes.

    Nothing is written to the book. Exit code 0: nothing changes; 1: something does; 2: bad input,
    and nothing was replayed.
    """
    from interlock.files import BadInputError, InterlockError

    days = _Days(*(_day(name, text) for name, text in _named(first, last, on)))
    if days.first and days.last and days.first > days.last:
        refuse_option("--from", f"{days.first} is after --to {days.last}", "swap the two days")
    facts = dict(_fact(one) for one in put or [])
    try:
        files = _files(regimes)  # before the book is looked at: bad files, nothing replayed
        asked = Asked(files, frozenset(assume or ()), accounts, days, facts, keep)
        _make("--keep", keep)  # and so is where it all goes
        _make("--out", out)
        with _progress(quiet=format_ is Format.json) as told:
            found = _of_folder(Path(book), asked, actor, told) if _kept(book) else None
            found = found or _of_book(book, asked, actor, told)
    except BadInputError as error:
        refuse(error.faults)
    except InterlockError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if not (regimes or assume or days.on or facts):
        typer.echo(UNPROPOSED, err=format_ is Format.json)
    written = _write(found, out) if out is not None else {}
    if format_ is Format.json:
        typer.echo(json.dumps(found.to_json() | {"out": written}, ensure_ascii=False, indent=1))
    else:
        from interlock.cli.show_replay import print_report

        print_report(found, written)
    raise typer.Exit(FINDINGS if found.finds else DONE)


@dataclass(frozen=True)
class _Days:
    first: dt.date | None
    last: dt.date | None
    on: dt.date | None


@dataclass(frozen=True)
class Asked:
    """What is to be replayed, but for the book."""

    files: Library | None
    assumed: frozenset[str]
    accounts: bool
    days: _Days
    facts: dict[str, Any]
    keep: Path | None

    def replay(
        self,
        history: History,
        libraries: tuple[Library, Library],
        now: dt.datetime,
        told: Callable[[str, int, int], None],
    ) -> Report:
        """Decide and play a history by two laws."""
        from interlock.replay.laws import Laws
        from interlock.replay.report import replay
        from interlock.replay.setting import with_facts

        own, other = libraries
        check_assumed(sorted(self.assumed), other)
        if self.keep is not None:
            history.write(self.keep)
        laws = (Laws(own), Laws(other, self.assumed, self.days.on))
        day = self.days.on or now.date()
        put = with_facts(history, self.facts, other.law(day, day))
        between = (self.days.first, self.days.last)
        return replay(
            (history, put), laws, accounts=self.accounts, now=now, between=between, told=told
        )


def _make(option: str, folder: Path | None) -> None:
    """Make the folder of an option, or refuse it."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        wrong = f"{folder} is no folder to write into ({error.strerror})"
        refuse_option(option, wrong, "give another")


def _named(
    first: str | None, last: str | None, on: str | None
) -> tuple[tuple[str, str | None], ...]:
    return ("--from", first), ("--to", last), ("--on", on)


def _day(option: str, text: str | None) -> dt.date | None:
    import datetime as dt

    found = day_option(option, text)
    if isinstance(found, dt.datetime):
        refuse_option(option, f"'{text}' is an instant", "write a day, YYYY-MM-DD")
    return found


def _fact(given: str) -> tuple[str, Any]:
    name, sign, value = given.partition("=")
    if not sign:
        refuse_option("--set", f"'{given}' has no =", "write NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _files(paths: list[Path] | None) -> Library | None:
    from interlock.law.library import load_regimes

    return load_regimes(paths) if paths else None


def _kept(book: str) -> bool:
    """Whether a history is kept there, rather than a book."""
    return bool(book) and "://" not in book and Path(book).is_dir()


def _of_folder(
    folder: Path, asked: Asked, actor: str, told: Callable[[str, int, int], None]
) -> Report:
    """A history that was kept, by the law at hand."""
    from interlock.law.library import load_regimes
    from interlock.replay.history import History
    from interlock.replay.laws import proposed

    if actor:
        mend = "leave --as out, or name the book"
        refuse_option("--as", "a kept history knows nobody's rights", mend)
    history = History.read(folder)
    given = os.environ.get("INTERLOCK_REGIMES", "")
    own = load_regimes([Path(given) if given else default_regimes()])
    other = own if asked.files is None else proposed(own, asked.files)
    return asked.replay(history, (own, other), _now(), told)


def _of_book(book: str, asked: Asked, actor: str, told: Callable[[str, int, int], None]) -> Report:
    """The history of a book, read from its audit log."""
    from dataclasses import replace

    if book and "://" not in book:
        book = f"sqlite:///{Path(book).resolve()}"
    if book:
        os.environ["DATABASE_URL"] = book
    from interlock.cli.record import ready

    ready()
    from interlock.book import law
    from interlock.book.selectors.law_replay import hidden_from, other_law, read_history
    from interlock.cli.book_doors import acting

    somebody = acting(actor) if actor else None
    other = other_law(asked.files)
    now = _now()
    read = read_history(
        somebody,
        now=now,
        accounts=asked.accounts or asked.keep is not None,
        told=lambda number: told("decisions read", number, 0),
    )
    libraries = (law.library(), other)
    found = asked.replay(read.history, libraries, now, told)
    return replace(found, unread=read.unread, hidden=hidden_from(somebody, *libraries))


def _now() -> dt.datetime:
    import datetime as dt

    return dt.datetime.now(dt.UTC)


def _write(found: Report, out: Path) -> dict[str, str]:
    """Write the report and what changes; gives the files by name."""
    paths = {"report": out / "report.json", "changed": out / "changed.parquet"}
    found.told_changes().write_parquet(paths["changed"])
    if found.sides is not None:
        paths["movements"] = out / "movements.parquet"
        found.movements().write_parquet(paths["movements"])
    written = {name: str(path) for name, path in paths.items()}
    report = json.dumps(found.to_json() | {"out": written}, ensure_ascii=False, indent=1)
    paths["report"].write_text(report + "\n", encoding="utf-8")
    return written


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A line a task on standard error, where a person looks at it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _what, _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total or None)
            progress.update(tasks[what], completed=done)

        yield told
