"""`interlock book verify, export, backup, seal, heads, proof, check`, and `interlock worker`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.common import DONE, FINDINGS, Format, refuse, refuse_option

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import NoReturn

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from interlock.sealing import SignedHead

app = typer.Typer()
PublicKeys = Annotated[
    list[Path] | None,
    typer.Option("--public-key", help="PEM of the trusted key; default the book's own."),
]
Output = Annotated[Format, typer.Option("--format", help="human or json.")]


def ready() -> None:
    """Django set up, and a book that is there and migrated."""
    from interlock.cli import django

    django.set_up()
    from django.conf import settings
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    name = settings.DATABASES["default"]["NAME"]
    if settings.EMBEDDED and not Path(name).exists():
        refuse_option("DATABASE_URL", f"there is no book {name}", "run 'interlock book migrate'")
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        refuse_option("DATABASE_URL", f"the database does not answer ({error})", "is it up?")
    if behind:
        refuse_option("DATABASE_URL", "the book is not migrated", "run 'interlock book migrate'")


def _told(work: Callable[[], Any]) -> Any:
    """Run something; what it cannot use is told, with exit code 2."""
    from interlock.files import BadInputError

    try:
        return work()
    except BadInputError as error:
        refuse(error.faults)


def _found(says: str) -> NoReturn:
    typer.echo(says, err=True)
    raise typer.Exit(FINDINGS)


def _onto_disk(target: Path, work: Callable[[], Any]) -> Any:
    """What `work` writes there, or why the disk does not take it; nothing of it stays."""
    import sqlite3

    try:
        return _told(work)
    except (OSError, sqlite3.OperationalError) as error:
        why = getattr(error, "strerror", None) or str(error)
        refuse_option(
            str(target), f"cannot be written ({why})", "make room, or name a place you may write"
        )


def _key(path: Path | None) -> Ed25519PublicKey | None:
    if path is None:
        return None
    from interlock.sealing import read_public_key

    return read_public_key(_bytes(path), str(path))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        refuse_option(str(path), f"cannot be read ({error.strerror})", "name a file that is there")


def _heads(path: Path | None) -> list[SignedHead]:
    if path is None:
        return []
    from interlock.sealing import read_heads

    try:
        lines = _bytes(path).decode().splitlines()
    except UnicodeDecodeError:
        refuse_option(str(path), "is no text", "give heads as 'interlock book heads' writes them")
    return read_heads(lines, str(path))


@app.command()
def verify(
    heads: Annotated[
        Path | None, typer.Option(help="Heads that were exported before; each must still hold.")
    ] = None,
    public_key: PublicKeys = None,
    format_: Output = Format.human,
) -> None:
    """Prove the record: accounts from their transfers, things from the log, the log from its seals.

    Exit code 1 and the first row that is off, if one is.
    """
    ready()
    from interlock.book.verifying import verify_book

    keys = _told(lambda: [key for path in public_key or () if (key := _key(path))])
    kept = _told(lambda: _heads(heads))
    found = _told(lambda: verify_book(kept, keys or None))
    if format_ is Format.json:
        wrong = found.wrong._asdict() if found.wrong else None
        typer.echo(json.dumps(found._asdict() | {"wrong": wrong}, ensure_ascii=False))
        raise typer.Exit(FINDINGS if found.wrong else DONE)
    if found.wrong:
        _found(f"{found.wrong.table} {found.wrong.row} {found.wrong.wrong}")
    typer.echo(
        f"the record holds: {found.things} things, {found.transfers} transfers, "
        f"{found.sealed} sealed changes; {found.unsealed} changes are not sealed yet"
    )


@app.command()
def seal(
    new_key: Annotated[
        bool,
        typer.Option(
            "--new-key",
            help="Sign with another key from now on: the one in INTERLOCK_SEAL_KEY, or a new one "
            "if there is none there.",
        ),
    ] = False,
) -> None:
    """Seal what is not sealed yet; the server's jobs do this by themselves."""
    ready()
    from interlock.book.loading.people import OPERATOR
    from interlock.book.sealing import begin_new_key, seal_now

    why = "another sealing key"
    count = _told(lambda: begin_new_key(OPERATOR, _now(), why) if new_key else seal_now(_now()))
    typer.echo(f"{count} changes sealed")


@app.command()
def heads(
    out: Annotated[
        Path | None, typer.Option(help="Write them to this file; default standard output.")
    ] = None,
    key_out: Annotated[
        Path | None, typer.Option("--key-out", help="Write the public key to this file, too.")
    ] = None,
) -> None:
    """Export all signed heads, one a line. Keep them where the book's owner cannot write."""
    ready()
    from interlock.book import sealing

    text = "".join(f"{one.text()}\n" for one in sealing.heads())
    _write(out, text)
    if key_out is not None:
        _write(key_out, _told(sealing.public_key))


@app.command()
def proof(
    change: Annotated[str, typer.Argument(help="Id of a change, as the audit log names it.")],
    out: Annotated[
        Path | None, typer.Option(help="Write it to this file; default standard output.")
    ] = None,
) -> None:
    """Export the proof that one change is in the record; 'interlock book check' checks it."""
    ready()
    from interlock.book import sealing
    from interlock.book.errors import NotFoundError

    try:
        found = _told(lambda: sealing.proof_of(change))
    except NotFoundError as error:
        _found(f"{error}; seal the log first, or look the change up in it")
    _write(out, json.dumps(found, ensure_ascii=False, indent=2) + "\n")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A proof as 'interlock book proof' writes it.")],
    public_key: Annotated[
        Path, typer.Option("--public-key", help="PEM of the trusted key, got in another way.")
    ],
) -> None:
    """Check a proof without the book. Exit code 1 if it does not hold."""
    from interlock.sealing import ProofError, check_paper

    key = _told(lambda: _key(public_key))
    try:
        text = _bytes(file).decode()
        row = _told(lambda: check_paper(text, key))
    except UnicodeDecodeError:
        refuse_option(str(file), "is no text", "give it as 'interlock book proof' writes it")
    except ProofError as error:
        _found(str(error))
    typer.echo(
        f"change {row['change']} is in the record: {row['kind']} of {row['cause']} "
        f"by {row['actor']}, recorded {row['recorded']}"
    )


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A file that is not there yet.")],
) -> None:
    """Copy an embedded book into one file while others work in it; checked before it appears."""
    ready()
    from interlock.book.backup import backup as copy

    size = _onto_disk(file, lambda: copy(file))
    typer.echo(f"{file}: {size} bytes; keep the sealing key with it, it is not inside")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    at: Annotated[
        str, typer.Option(help="Only what had taken effect by then (ISO 8601 with zone).")
    ] = "",
    recorded: Annotated[
        str, typer.Option(help="The book as it stood then (ISO 8601 with zone).")
    ] = "",
) -> None:
    """Write the whole book as NDJSON and Parquet with a manifest; all of it appears, or nothing."""
    ready()
    from interlock.book.exporting import export_book

    effective, known = _moment("--at", at), _moment("--recorded", recorded)
    manifest = _onto_disk(
        folder, lambda: export_book(folder, now=_now(), at=effective, recorded=known)
    )
    rows = sum(one["rows"] for one in manifest["files"] if one["file"].endswith(".ndjson"))
    typer.echo(f"{folder}: {rows} rows in {len(manifest['files'])} files")


def worker(
    once: Annotated[bool, typer.Option(help="Run what is due now, then stop.")] = False,
) -> None:
    """Run the book's jobs: webhooks, sealing, expiry, reminders. Many may run side by side.

    SIGTERM ends it after the job at hand.
    """
    ready()
    import signal

    from interlock.book.jobs import Worker, run_due
    from interlock.site import logs
    from interlock.site.server import settle

    logs.set_up()
    found = Worker(_now)
    if once:
        typer.echo(", ".join(run_due(_now(), found.name)) or "nothing was due")
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: found.stopping.set())
    settle()
    found.run()


def _now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    from datetime import datetime

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        refuse_option(name, f"'{text}' is no time with its zone", "e.g. 2026-02-10T12:00:00Z")
    return found


def _write(path: Path | None, text: str) -> None:
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse_option(str(path), f"cannot be written ({error.strerror})", "name another file")
    typer.echo(f"{path} written", err=True)


__all__ = ["app", "worker"]
