"""What is kept in a folder to go on from: written whole or not at all, and by which program."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from interlock.sharing.caching import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@cache
def program() -> str:
    """The version that plays, and the fingerprint of the sources that its step is compiled from.

    Between two versions the step may change; what was played before and after is not the same.
    """
    return f"interlock {version('interlock')}, step {stamp()[:12]}"


@contextmanager
def put_whole(path: Path) -> Iterator[Path]:
    """Another name to write a file under, until it is there whole.

    The name is one that nobody else has, on this machine or on another that sees the folder: two
    that write the same file put the same there, one after the other.
    """
    half = path.with_suffix(f".{uuid.uuid4().hex}.half")
    try:
        yield half
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
