"""JSON Lines with positions: one object a line, exact numbers, no duplicate keys, no NaN."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from interlock.files.faults import Faults, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_LINE = 1_000_000


class _DuplicateKey(Exception):  # noqa: N818 - control flow inside this module
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class _NotANumber(Exception):  # noqa: N818
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def read_objects(
    lines: Iterable[str], name: str, faults: Faults
) -> list[tuple[int, dict[str, Any], Callable[[tuple[str, ...]], Place]]]:
    """The objects of a file with their line numbers and a way to find a key's place.

    Args:
        lines: text lines; empty ones are skipped.
        name: the file's name in messages.
        faults: collects every line that is no JSON object.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        value = _object(line, Place(name, number, 1), faults)
        if value is not None:
            found.append((number, value, _locator(line, name, number)))
    return found


def _object(line: str, place: Place, faults: Faults) -> dict[str, Any] | None:
    if len(line) > MAX_LINE:
        faults.add(place, f"the line is {len(line):,} characters long", "write one case a line")
        return None
    try:
        value = json.loads(
            line, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique
        )
    except json.JSONDecodeError as error:
        at = Place(place.file, place.line, error.colno)
        faults.add(at, f"is no JSON ({error.msg})", "write one JSON object a line")
        return None
    except _DuplicateKey as error:
        at = _locator(line, place.file, place.line)((error.key,))
        faults.add(at, f"'{error.key}' stands twice", "keep one of them")
        return None
    except _NotANumber as error:
        column = line.find(error.text) + 1
        at = Place(place.file, place.line, column)
        faults.add(at, f"{error.text} is no number", "leave out what is not known, or write null")
        return None
    except (RecursionError, ValueError):
        faults.add(place, "is nested too deeply", "write one flat JSON object a line")
        return None
    if not isinstance(value, dict):
        faults.add(place, "is no JSON object", 'write {"id": ..., "product": {...}, ...}')
        return None
    return value


def _refuse(text: str) -> Any:
    raise _NotANumber(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKey(key)
        found[key] = value
    return found


def _locator(line: str, name: str, number: int) -> Callable[[tuple[str, ...]], Place]:
    def locate(path: tuple[str, ...]) -> Place:
        position = 0
        for key in path:
            found = line.find(json.dumps(key, ensure_ascii=False), position)
            if found < 0:
                break
            position = found
        return Place(name, number, position + 1)

    return locate
