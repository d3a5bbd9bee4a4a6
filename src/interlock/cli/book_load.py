"""What `interlock book load` does: episodes into the book at hand, tables through its door."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from interlock.cli.book_doors import RefusedByBookError
from interlock.cli.common import refuse, refuse_option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from interlock.cli.book_doors import Door
    from interlock.episode.model import Episode

TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}


def load_folder(
    folder: Path, variant: str, people: Path | None = None, *, as_of: bool = False
) -> dict[str, Any]:
    """Load an episode; its tables are made first if they are not there.

    With `as_of` all of it is recorded at the end of the day as of which the episode is told, so
    that the book can be asked by what was known on that day (R8); else now.

    Raises:
        RefusedByBookError: the book refused a move; nothing was loaded.
    """
    from interlock.cli import django

    django.set_up()
    django.migrate()
    from interlock.book.errors import BookError
    from interlock.book.loading.episode import load_episode
    from interlock.episode.loader import load as read
    from interlock.files import BadInputError
    from interlock.ledger import LedgerError

    with _new_file(people) as file:
        try:
            episode = read(folder)
            chosen = variant or next(iter(episode.variants))
            with _progress("moves") as told:
                done = load_episode(episode, chosen, now=_recorded(episode, as_of), told=told)
        except BadInputError as error:
            refuse(error.faults)
        except (BookError, LedgerError) as error:
            raise RefusedByBookError({"detail": str(error), "status": 409}) from error
        found = {"episode": done.title, "variant": done.variant, "moves": done.moves}
        if file is not None:
            found["people"] = _enter_people(file)
    return found


def _recorded(episode: Episode, as_of: bool) -> datetime:
    from datetime import UTC, datetime, time

    from django.utils import timezone

    now = timezone.now()
    return min(now, datetime.combine(episode.as_of, time(23, 59), tzinfo=UTC)) if as_of else now


@contextmanager
def _new_file(target: Path | None) -> Iterator[IO[str] | None]:
    """A file of one's own for tokens; made before anything is loaded, gone if that fails."""
    import os

    if target is None:
        yield None
        return
    try:
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        refuse_option("--people", f"{target} cannot be made ({error.strerror})", "name a new file")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        target.unlink()
        raise


def _enter_people(file: IO[str]) -> str:
    """Enter people to try the episode out, and write their tokens."""
    import json

    from django.utils import timezone

    from interlock.book.loading.people import enter_people

    json.dump(enter_people(timezone.now()), file, indent=2)
    return str(file.name)


def load_table(door: Door, source: Path, reason: str) -> Any:
    """Load a table of orders through the API.

    Raises:
        RefusedByBookError: with every fault by row and column; nothing was loaded.
    """
    kind = TYPES.get(source.suffix.lower())
    if kind is None:
        refuse_option("SOURCE", f"'{source.name}' is no table", f"give one of {', '.join(TYPES)}")
    try:
        data = source.read_bytes()
    except OSError as error:
        refuse_option("SOURCE", f"'{source}' cannot be read ({error.strerror})", "give another")
    return door.send(
        "POST",
        "/orders/load",
        params={"name": source.name, "reason": reason},
        content=data,
        headers={"Content-Type": kind},
    )


def _progress(what: str) -> Any:
    """A bar on the terminal; gives the function to tell it how far things are."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import Progress

    @contextmanager
    def shown() -> Any:
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, all_: bar.update(task, completed=done, total=all_)

    return shown()
