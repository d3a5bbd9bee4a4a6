"""The values of a part of a scenario in short, for the table of what it rests on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from interlock.files import Node
from interlock.lab.model import Dist
from interlock.lab.reading.parts import plain_facts
from interlock.law.reading.shapes import Record

_BASIS = ("source", "sources", "assumption", "note", "limits")


def shown(record: Record) -> str:
    """The values of a part in short, for the table of what a scenario rests on."""
    parts = []
    for key, value in record.values.items():
        if key in _BASIS:
            continue
        text = words(value)
        if text:
            parts.append(f"{key} {text}")
    return ", ".join(parts)


def words(value: Any) -> str:
    """One value in short."""
    if isinstance(value, Dist):
        if value.kind == "fixed":
            return f"{value.parameters[0]:g}"
        if value.kind == "choice":
            return "/".join(f"{one:g} ({chance:.0%})" for one, chance in value.choices)
        return f"{value.kind} {', '.join(f'{one:.4g}' for one in value.parameters)}"
    if isinstance(value, dt.timedelta):
        return f"P{value.days}D"
    if isinstance(value, Node):
        return words(plain_facts(value))
    if isinstance(value, Record):
        return f"({shown(value)})"
    if isinstance(value, list):
        return ", ".join(words(getattr(item, "value", item)) for item in value)
    if isinstance(value, dict):
        return f"({', '.join(f'{key} {words(one)}' for key, one in value.items())})"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
