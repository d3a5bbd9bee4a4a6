"""Plain JSON values as nodes, and back: so that one reader judges files and requests alike."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from interlock.files.faults import Place
from interlock.files.texts import day_of
from interlock.files.yaml import Node


def node_of(value: Any, path: str = "") -> Node:
    """A plain value as a tree of nodes whose places name the way to them, e.g. `about.from`.

    A text of the form YYYY-MM-DD is a date, as in YAML. Numbers are taken as they are written.
    """
    place = Place(path)
    if isinstance(value, dict):
        inner = {str(key): node_of(one, _below(path, str(key))) for key, one in value.items()}
        return Node(place, inner, keys={key: Place(_below(path, key)) for key in inner})
    if isinstance(value, list | tuple):
        items = [node_of(one, _below(path, str(at))) for at, one in enumerate(value)]
        return Node(place, items)
    if isinstance(value, str):
        day = day_of(value)
        return Node(place, value if day is None else day, raw=value)
    if isinstance(value, float):
        return Node(place, Decimal(repr(value)), raw=repr(value))
    return Node(place, value, raw="" if value is None else str(value))


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def plain_of(node: Node) -> Any:
    """A tree of nodes as plain JSON values; `node_of` gives the same tree again.

    A number with a point becomes a float, which says it exactly up to 15 digits.
    """
    value = node.value
    if isinstance(value, dict):
        return {key: plain_of(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain_of(one) for one in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value
