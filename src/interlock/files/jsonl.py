"""JSON Lines with positions: one object a line, exact numbers, no duplicate keys, no NaN."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from interlock.files.faults import Faults, Place
from interlock.files.phrases import Phrase, phrase
from interlock.files.texts import unfit_character

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
        if value is None:
            continue
        locate = _locator(line, name, number)
        if "\\" in line or "\x7f" in line:  # any other control character is no JSON
            _check_texts(value, (), locate, faults)
        found.append((number, value, locate))
    return found


def _check_texts(
    value: Any,
    path: tuple[str | int, ...],
    locate: Callable[..., Place],
    faults: Faults,
) -> None:
    """Refuse characters that came escaped and that nothing behind can hold."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in pairs:
            _check_texts(key, path, locate, faults)
            _check_texts(one, (*path, key), locate, faults)
    elif isinstance(value, str) and (code := unfit_character(value)):
        named = ".".join(part for part in path if isinstance(part, str)) or phrase("a key")
        wrong = phrase("{name}: holds the character {code}", name=named, code=code)
        faults.add(locate(path), wrong, phrase("take the character out"))


def _object(line: str, place: Place, faults: Faults) -> dict[str, Any] | None:
    if len(line) > MAX_LINE:
        faults.add(
            place,
            phrase("the line is {count:,} characters long", count=len(line)),
            phrase("write one case a line"),
        )
        return None
    try:
        value = json.loads(
            line, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique
        )
    except json.JSONDecodeError as error:
        wrong, mend = _syntax(error, line)
        faults.add(Place(place.file, place.line, error.colno), wrong, mend)
        return None
    except _DuplicateKey as error:
        at = Place(place.file, place.line, _second(line, error.key) + 1)
        faults.add(
            at, phrase("'{value}' stands twice", value=error.key), phrase("keep one of them")
        )
        return None
    except _NotANumber as error:
        column = line.find(error.text) + 1
        at = Place(place.file, place.line, column)
        faults.add(
            at,
            phrase("{value} is no number", value=error.text),
            phrase("leave out what is not known, or write null"),
        )
        return None
    except (RecursionError, ValueError):
        faults.add(
            place, phrase("is nested too deeply"), phrase("write one flat JSON object a line")
        )
        return None
    if not isinstance(value, dict):
        faults.add(
            place,
            phrase("is no JSON object"),
            phrase('write {{"id": ..., "product": {{...}}, ...}}'),
        )
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


_ONE = phrase("write one JSON object a line")
_SYNTAX = {
    "Extra data": (phrase("has something behind its object"), _ONE),
    "Invalid control character at": (
        phrase("holds a control character"),
        phrase("take the character out"),
    ),
    "Unterminated string starting at": (
        phrase("is no JSON: the text that starts here is never closed"),
        phrase("close its quote on the same line"),
    ),
    "Expecting ':' delimiter": (
        phrase("is no JSON: a ':' is missing"),
        phrase('write "key": value'),
    ),
    "Expecting ',' delimiter": (
        phrase("is no JSON: a ',' is missing"),
        phrase("put a comma between the two"),
    ),
    "Expecting value": (phrase("is no JSON: a value is missing"), _ONE),
}


def _syntax(error: json.JSONDecodeError, line: str) -> tuple[Phrase, Phrase]:
    """What is wrong with a line that is no JSON, and its mend."""
    rest = line[error.pos :].strip()
    if not rest:
        return phrase("is no JSON: the line ends too soon"), phrase("close every {{ [ and quote")
    if error.msg.startswith(("Expecting property name", "Illegal trailing comma")):
        if rest.startswith(("}", ",")):
            return phrase("is no JSON: a comma too many"), phrase("take the comma before it out")
        mend = phrase("put keys and texts in double quotes")
        return phrase("is no JSON: a key in double quotes is missing"), mend
    if error.msg == "Expecting value" and rest.startswith("'"):
        return phrase("is no JSON: a text in single quotes"), phrase("put texts in double quotes")
    return _SYNTAX.get(error.msg, (phrase("is no JSON ({error})", error=error.msg), _ONE))


def _second(line: str, key: str) -> int:
    """The 0-based index at which a key stands for the second time in one object."""
    seen: set[tuple[str | int, ...]] = set()
    for path, index in _places(line):
        if path in seen and path[-1] == key:
            return index
        seen.add(path)
    return 0


def _locator(line: str, name: str, number: int) -> Callable[[tuple[str, ...]], Place]:
    """From a path of keys and positions in lists to the place where its last part stands."""
    found: dict[tuple[str | int, ...], int] = {}

    def locate(path: tuple[str | int, ...]) -> Place:
        if not found:
            found.update({(): 0, **dict(_places(line))})
        while path not in found:
            path = path[:-1]
        return Place(name, number, found[path] + 1)

    return locate


def _places(line: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Every key and list item of a line that is JSON, with its 0-based index."""
    # One entry a level: its part of the path, and whether it is a list.
    stack: list[tuple[str | int, bool]] = []
    index = 0
    placed = False
    while index < len(line):
        sign = line[index]
        if stack and stack[-1][1] and sign not in " \t\r\n,]" and not placed:
            yield tuple(part for part, _ in stack), index
            placed = True  # one place an item: wait for its comma
        if sign == '"':
            end = _text_end(line, index)
            text = str(json.loads(line[index:end]))
            if stack and not stack[-1][1] and _is_key(line, end):
                stack[-1] = (text, False)
                yield tuple(part for part, _ in stack), index
            index = end
            continue
        if sign in "{[":
            stack.append((0, True) if sign == "[" else ("", False))
            placed = False
        elif sign in "}]":
            stack.pop()
            placed = True
        elif sign == ",":
            placed = False
            if stack and stack[-1][1]:
                stack[-1] = (int(stack[-1][0]) + 1, True)
        index += 1


def _text_end(line: str, start: int) -> int:
    """The index behind the text in quotes that starts there."""
    index = start + 1
    while line[index] != '"':
        index += 2 if line[index] == "\\" else 1
    return index + 1


def _is_key(line: str, end: int) -> bool:
    return line[end:].lstrip(" \t\r\n").startswith(":")
