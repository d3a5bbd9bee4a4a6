"""The whole book as files: NDJSON and Parquet of every kind, the ledger, the log, its heads.

People, events, reminders and the texts of the law on which determinations rest come with it.

All of it is one state of the database. The folder appears when it is whole and on the disk, or not
at all. With `recorded` it is the book as it stood at a moment, rebuilt from the log (R8).
Secrets, passwords and tokens are in no file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from django.db.models import (
    BooleanField,
    DateField,
    DateTimeField,
    FloatField,
    IntegerField,
)

from interlock.book import law, sealing
from interlock.book.export_rest import Table, rest
from interlock.book.models import THINGS, Order
from interlock.book.rows import raw_connection
from interlock.book.selectors.as_of import Past
from interlock.book.selectors.rows import stream
from interlock.book.snapshots import encoded, plain
from interlock.book.verifying import snapshot_of_book
from interlock.files import BadInputError, Fault, Place
from interlock.files.phrases import verbatim
from interlock.ledger.changes import time_text
from interlock.store.executor import executor
from interlock.store.layout import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from interlock.book.models import Thing
    from interlock.store.executor import Executor

CHUNK = 20_000
FORMAT = 1
_TYPES: dict[str, Any] = {"int": pl.Int64, "text": pl.String, "bool": pl.Boolean}
# Rows that change; a past state is counted from the transfers instead.
_NOW_ONLY = ("ledger_counters", "ledger_reservation", "ledger_draw", "ledger_discrepancy")
_TIMED = ("audit", "ledger_transfer")


def export_book(
    folder: Path,
    *,
    now: datetime,
    at: datetime | None = None,
    recorded: datetime | None = None,
) -> dict[str, Any]:
    """Write the book into a new folder.

    Args:
        folder: not there yet; its parent is.
        now: the clock, for the manifest.
        at: only what had taken effect by then.
        recorded: the book as it had been recorded then; default as it stands.

    Returns:
        The manifest, as it is in `manifest.json`: every file with its rows and SHA-256.

    Raises:
        BadInputError: the folder is there, or cannot be made.
    """
    if folder.exists():
        raise _bad(folder, "is there already", "name a folder that is not there yet")
    if not folder.absolute().parent.is_dir():
        raise _bad(folder, "its parent is not there", "make that folder first")
    past = Past(recorded or now, at) if recorded or at else None
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
    try:
        with snapshot_of_book():
            files = [file for table in _tables(past) for file in _write(draft, table)]
            files += _write_seals(draft, past)
        manifest = {
            "format": FORMAT,
            "interlock": version("interlock"),
            "made": time_text(now),
            "at": time_text(at) if at else None,
            "recorded": time_text(recorded) if recorded else None,
            "regimes": {x.regime.id: x.regime.digest for x in law.library().checked},
            "files": files,
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        _settle(draft / "manifest.json", text.encode())
        _sync(draft)
        draft.chmod(0o750)
        draft.rename(folder)
        _sync(folder.absolute().parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return manifest


def _bad(folder: Path, wrong: str, mend: str) -> BadInputError:
    return BadInputError([Fault(Place(str(folder)), verbatim(wrong), verbatim(mend))])


# -- tables ---------------------------------------------------------------------------------------


def _tables(past: Past | None) -> Iterator[Table]:
    for kind, model in THINGS.items():
        yield Table(kind, _schema(model), _things(model, past))
    db = executor(*raw_connection())
    for name, columns in COLUMNS.items():
        if past is None or name not in _NOW_ONLY:
            schema = {column: _TYPES[of] for column, of in columns.items()}
            yield Table(name, schema, _rows(db, name, tuple(columns), past))
    yield from rest(past)


def _schema(model: type[Thing]) -> dict[str, Any]:
    """Columns of a kind: lists, tables and parts as JSON text, times and days as text, exact."""
    found: dict[str, Any] = {"kind": pl.String}
    for field in model._meta.concrete_fields:
        if field.name in model.unrecorded:
            continue
        if isinstance(field, DateField | DateTimeField):
            found[field.name] = pl.String
        elif isinstance(field, BooleanField):
            found[field.name] = pl.Boolean
        elif isinstance(field, IntegerField):
            found[field.name] = pl.Int64
        elif isinstance(field, FloatField):
            found[field.name] = pl.Float64
        else:
            found[field.name] = pl.String
    more = (*(x.name for x in model._meta.many_to_many), *model.parts)
    return found | dict.fromkeys(more, pl.String)


def _things(model: type[Thing], past: Past | None) -> Iterator[dict[str, Any]]:
    if past is None:
        for one in stream(model):
            yield plain(one.thing | {name: one.parts[name] for name in model.parts})
        return
    seen = set()
    for found in past.snapshots(model):
        seen.add(found["id"])
        yield found | past.parts(model, found["id"])
    if model is Order:
        yield from (plain(one) for one in past.loads() if one["id"] not in seen)


def _rows(
    db: Executor, table: str, columns: tuple[str, ...], past: Past | None
) -> Iterator[dict[str, Any]]:
    order = "account" if columns[0] == "account" else columns[0]
    text = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"  # noqa: S608 - names of ours
    until = (time_text(past.recorded), time_text(past.effective)) if past else None
    known, effect = columns.index("recorded") if table in _TIMED else 0, 0
    if table in _TIMED:
        effect = columns.index("effective")
    for row in db.stream(text):
        if until and table in _TIMED and (row[known] > until[0] or row[effect] > until[1]):
            continue
        yield dict(zip(columns, row, strict=True))


# -- files ----------------------------------------------------------------------------------------


def _write(folder: Path, table: Table) -> list[dict[str, Any]]:
    """A table twice: NDJSON line by line, Parquet of the same rows."""
    lines, count, frames = folder / f"{table.name}.ndjson", 0, []
    with lines.open("w", encoding="utf-8") as out:
        while chunk := list(islice(table.rows, CHUNK)):
            out.writelines(f"{encoded(row)}\n" for row in chunk)
            frames.append(_frame(chunk, table.schema))
            count += len(chunk)
        out.flush()
        os.fsync(out.fileno())
    columns = folder / f"{table.name}.parquet"
    pl.concat([pl.DataFrame(schema=table.schema), *frames]).write_parquet(columns)
    _fsync(columns)
    return [_entry(lines, count), _entry(columns, count)]


def _frame(rows: Iterable[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    texts = [name for name, of in schema.items() if of == pl.String]
    flat = [{**row, **{name: _text(row.get(name)) for name in texts}} for row in rows]
    return pl.DataFrame(flat, schema=schema, orient="row")


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else encoded(value)


def _write_seals(folder: Path, past: Past | None) -> list[dict[str, Any]]:
    heads = [one for one in sealing.heads() if past is None or one.head.sealed_at <= past.recorded]
    size = heads[-1].head.tree_size if heads else 0
    text = "".join(f"{one.text()}\n" for one in heads)
    files = [_settle(folder / "heads.ndjson", text.encode(), len(heads))]
    db = executor(*raw_connection())
    leaves = (
        {"leaf": leaf, "seq": seq, "hash": bytes(found).hex()}
        for leaf, seq, found in db.stream("SELECT leaf, seq, hash FROM seal_leaf ORDER BY leaf")
        if leaf < size
    )
    schema = {"leaf": pl.Int64, "seq": pl.Int64, "hash": pl.String}
    files += _write(folder, Table("seal_leaf", schema, leaves))
    files.append(_settle(folder / "public-key.pem", sealing.public_key().encode()))
    return files


def _settle(path: Path, data: bytes, rows: int = 0) -> dict[str, Any]:
    path.write_bytes(data)
    _fsync(path)
    return _entry(path, rows)


def _entry(path: Path, rows: int) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": digest}


def _fsync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
