"""The fingerprint of a file's content."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.files.yaml import Node


def digest_of(root: Node, *, without: str = "") -> str:
    """SHA-256 (hex) of a file's content: keys sorted, numbers and dates told from texts.

    Args:
        root: the file's tree.
        without: a key of the file that does not count; the same without it gives the same.
    """
    content = _plain(root)
    if isinstance(content, dict):
        content.pop(without, None)
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(node: Node) -> Any:
    value = node.value
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    if isinstance(value, str):
        return " ".join(value.split())
    if value is None or isinstance(value, bool):
        return value
    # One text for a number however it is written (1_000, 1e3); a pair cannot be taken for a text.
    assert isinstance(value, int | Decimal | dt.date)  # noqa: S101 - the scalars of a Node
    return ["date", str(value)] if isinstance(value, dt.date) else ["number", f"{value:f}"]


def digest_of_folder(folder: Path) -> str:
    """SHA-256 (hex) of every file in a folder with its path; the same files give the same."""
    whole = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = path.relative_to(folder).as_posix()
        whole.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
