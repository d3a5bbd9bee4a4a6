"""A copy of an embedded book in one file, while others work in it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

from django.db import connection

from interlock.files import BadInputError, Fault, Place
from interlock.files.phrases import verbatim


def backup(target: Path) -> int:
    """Copy the book into a new file: one state of it, whole, with nothing left over.

    The sealing key is not in the book; keep a copy of it elsewhere.

    Args:
        target: a file that is not there yet; it appears when it is whole and was checked.

    Returns:
        Its size in bytes.

    Raises:
        BadInputError: the book is on PostgreSQL, the file is there, or it cannot be written.
    """
    if connection.vendor != "sqlite":
        raise _bad(target, "the book is on PostgreSQL", "run pg_dump --format=custom there")
    if target.exists():
        raise _bad(target, "is there already", "name a file that is not there yet")
    if not target.parent.is_dir():
        raise _bad(target, "its folder is not there", "make the folder first")
    connection.ensure_connection()
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        draft = Path(folder) / "book.sqlite3"
        # VACUUM INTO reads one state without keeping writers waiting, and leaves out free pages.
        connection.connection.execute("VACUUM INTO ?", (str(draft),))
        _check(draft, target)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.chmod(0o600)
        os.link(draft, target)  # unlike a rename it never takes the place of another file
    folder_handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder_handle)
    finally:
        os.close(folder_handle)
    return target.stat().st_size


def _check(draft: Path, target: Path) -> None:
    copy = sqlite3.connect(f"file:{draft}?mode=ro", uri=True)
    try:
        (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    finally:
        copy.close()
    if said != "ok":
        raise _bad(target, f"the copy is not whole ({said})", "check the disk, then try again")


def _bad(target: Path, wrong: str, mend: str) -> BadInputError:
    return BadInputError([Fault(Place(str(target)), verbatim(wrong), verbatim(mend))])
