"""YAML with positions: a tree of nodes, each of which knows its line and column.

ruamel.yaml composes the node graph (YAML 1.2 core schema); we keep only what regime, claims and
episode files need: mappings, sequences and scalars. Anchors and merge keys are refused, so that a
law text reads top to bottom; so are duplicate keys.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from interlock.files.faults import BadInputError, Fault, Faults, Place, nearest
from interlock.files.phrases import Phrase, phrase
from interlock.files.texts import unfit_character

MAX_BYTES = 8_000_000
MAX_DEPTH = 40

Scalar = str | bool | int | Decimal | dt.date | None


@dataclass(frozen=True)
class Node:
    """One value of a file with its place.

    `value` is a scalar (numbers with a point are exact `Decimal`s, ISO dates are `date`s), a dict
    from key to Node, or a list of Nodes. `keys` holds the places of a mapping's keys. `raw` is the
    scalar's text as written; `body` the place where that text starts (behind an opening quote, or
    on the first line of a block), so an expression inside it can point at its own column. `source`
    is the text from there as the file has it, with its line breaks and indents, so that its second
    line can be pointed at too; where escapes make that impossible it is `raw`. `bad`
    marks a value about which a fault has been noted, so that a reader does not note a second one.
    """

    place: Place
    value: Scalar | dict[str, Node] | list[Node]
    raw: str = ""
    keys: dict[str, Place] | None = None
    body: Place | None = None
    source: str = ""
    bad: bool = False

    @property
    def kind(self) -> Phrase:
        """The word for this value in messages: mapping, list, text, number, date, yes/no, empty."""
        return _KINDS.get(type(self.value), _KINDS[str])


_CORE_TAG = "tag:yaml.org,2002:"
_KINDS = {
    dict: Phrase("mapping", "a mapping"),
    list: Phrase("list", "a list"),
    str: Phrase("text", "a text"),
    bool: Phrase("yes/no", "a yes/no"),
    int: Phrase("number", "a number"),
    Decimal: Phrase("number", "a number"),
    dt.date: Phrase("date", "a date"),
    type(None): Phrase("empty", "empty"),
}
"""The words alone, which other languages tell as they tell those with an article."""
_INT = re.compile(r"[-+]?[0-9][0-9_]*\Z")
_DECIMAL = re.compile(
    r"[-+]?(?:[0-9][0-9_]*)?\.[0-9]+(?:[eE][-+]?[0-9]{1,2})?\Z|[-+]?[0-9]+[eE][-+]?[0-9]{1,2}\Z"
)
_BREAK = re.compile("\r\n|[\n\r]")
_BLANK_LINES = re.compile("(?: *\r?\n)*")
_SIGN = re.compile(r"""\s*(?:- )*(?:[\w.-]+:\s+)?(?P<sign>[!"'%@`&*\[])""")
_NEVER_CLOSED = re.compile(r"unexpected end of stream|but got '<stream end>'")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def read_yaml(path: str | Path, *, name: str | None = None, faults: Faults | None = None) -> Node:
    """Read one YAML file as a tree of Nodes.

    Args:
        path: the file.
        name: how the file is called in messages; default the path as given.
        faults: where a reader wants the faults of single values (a duplicate key, no date of the
            calendar) beside its own, so that one pass reports both; without it they are raised.
            What leaves no tree at all is raised in either case.

    Raises:
        BadInputError: unreadable, not UTF-8, over 8 MB, not YAML, several documents, duplicate
            keys, anchors, or nested over 40 levels.
    """
    shown = name if name is not None else str(path)
    whole = Place(shown)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        mend = phrase("give the path of a readable file")
        raise BadInputError(
            [Fault(whole, phrase("cannot be read ({error})", error=error.strerror), mend)]
        ) from error
    return parse_yaml(data, shown, faults)


def parse_yaml(data: bytes, name: str, faults: Faults | None = None) -> Node:
    """The same for bytes already read; `name` is used in messages."""
    whole = Place(name)
    if len(data) > MAX_BYTES:
        mend = phrase("split it: at most {most:,} bytes are read", most=MAX_BYTES)
        raise BadInputError(
            [Fault(whole, phrase("is {count:,} bytes long", count=len(data)), mend)]
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        fault = Fault(
            Place(name, line, column), phrase("is not UTF-8 text"), phrase("save the file as UTF-8")
        )
        raise BadInputError([fault]) from error
    return _compose(text, name, faults)


def _compose(text: str, name: str, faults: Faults | None) -> Node:
    try:
        with warnings.catch_warnings():
            # Every anchor is refused below with its place; no second word about the same ones.
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            documents = list(YAML(typ="safe", pure=True).compose_all(text))
    except MarkedYAMLError as error:
        raise BadInputError([_fault_of_syntax(error, text, name)]) from error
    except ReaderError as error:
        before = text[: error.position]
        place = Place(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        wrong = phrase("holds a control character (U+{code:04X})", code=ord(text[error.position]))
        raise BadInputError([Fault(place, wrong, phrase("take the character out"))]) from error
    except (YAMLError, RecursionError, ValueError) as error:
        fault = Fault(
            Place(name),
            phrase("is not YAML that can be read"),
            phrase("write plain nested mappings"),
        )
        raise BadInputError([fault]) from error
    if not documents or documents[0] is None:
        raise BadInputError(
            [Fault(Place(name, 1, 1), phrase("is empty"), phrase("write at least one key"))]
        )
    converter = _Converter(name, text)
    if len(documents) > 1:
        place = converter.place(documents[1])
        fault = Fault(
            place, phrase("a second document starts here"), phrase("write one file for each")
        )
        raise BadInputError([fault])
    node = converter.convert(documents[0], 0)
    if faults is None:
        converter.faults.raise_if_any()
    else:
        faults.found.extend(converter.faults.found)
    return node


def _fault_of_syntax(error: MarkedYAMLError, text: str, name: str) -> Fault:
    problem = str(error.problem or error.context)
    mark = error.problem_mark or error.context_mark
    opened = _NEVER_CLOSED.search(problem)
    if opened and error.context_mark:
        # The parser stops at the end of the file; the mistake is where the quote or bracket opens.
        mark = error.context_mark
        wrong = phrase("is not YAML: what opens here is never closed")
        return Fault(Place(name, mark.line + 1, mark.column + 1), wrong, phrase("close it"))
    place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
    lines = _lines(text)
    sign = _SIGN.match(lines[place.line - 1]) if 0 < place.line <= len(lines) else None
    if "'\\t'" in problem:
        mend = phrase("write spaces in place of the tab")
    elif sign:
        mend = phrase("put the whole text in quotes: {sign} at its start is a sign of YAML",
                      sign=sign["sign"])  # fmt: skip
    elif problem.startswith("mapping values"):
        mend = phrase("put the whole text in quotes if it holds ': ', or mend the indentation")
    else:
        mend = phrase("mend the indentation or quote the text")
    return Fault(place, phrase("is not YAML: {problem}", problem=_told(problem)), mend)


_PROBLEMS = (
    phrase("mapping values are not allowed here"),
    phrase("mapping values are not allowed in this context"),
    phrase("could not find expected ':'"),
    phrase("expected <block end>, but found '<block mapping start>'"),
    phrase("expected <block end>, but found '<scalar>'"),
    phrase("expected <block end>, but found '<block sequence start>'"),
    phrase("expected <block end>, but found '-'"),
    phrase("expected ',' or ']', but got '<scalar>'"),
    phrase("expected ',' or '}}', but got '<scalar>'"),
    phrase("sequence entries are not allowed here"),
    phrase("found character '\\t' that cannot start any token"),
    phrase("expected the node content, but found '<stream end>'"),
    phrase("found duplicate anchor"),
    phrase("found undefined alias"),
)
"""What the parser says most often, in its own words."""


def _told(problem: str) -> str:
    return next((one for one in _PROBLEMS if one == problem), problem)


def _lines(text: str) -> list[str]:
    """The lines as YAML 1.2 counts them; `str.splitlines` breaks at other characters too."""
    return _BREAK.split(text)


class _Converter:
    """Turns ruamel's node graph into our tree, noting every fault on the way."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.lines = _lines(text)
        self.faults = Faults()
        self.seen: set[int] = set()

    def place(self, node: object) -> Place:
        mark = node.start_mark  # type: ignore[attr-defined]
        return Place(self.name, mark.line + 1, mark.column + 1)

    def convert(self, node: object, depth: int, key: Place | None = None) -> Node:
        place = self.place(node)
        if depth > MAX_DEPTH:
            self.faults.add(
                place,
                phrase("is nested too deeply"),
                phrase("use at most {most} levels", most=MAX_DEPTH),
            )
            return Node(place, None, bad=True)
        if id(node) in self.seen:
            # An alias has the marks of its anchor; the key says where it stands.
            wrong = phrase("is an alias of another value")
            self.faults.add(key or place, wrong, phrase("write the value out in full"))
            return Node(place, None, bad=True)
        self.seen.add(id(node))
        tag = str(node.tag)  # type: ignore[attr-defined]
        if not tag.startswith(_CORE_TAG):
            wrong = phrase("reads as the YAML tag {tag}", tag=tag)
            self.faults.add(place, wrong, phrase("put the whole text in quotes"))
            return Node(place, None, bad=True)
        if node.anchor is not None:  # type: ignore[attr-defined]
            wrong = phrase("bears the anchor &{anchor}", anchor=node.anchor)  # type: ignore[attr-defined]
            self.faults.add(place, wrong, phrase("take it out: a law text reads top to bottom"))
        if isinstance(node, MappingNode):
            return self.mapping(node, depth)
        if isinstance(node, SequenceNode):
            return Node(place, [self.convert(item, depth + 1) for item in node.value])
        assert isinstance(node, ScalarNode)  # noqa: S101 - the YAML node graph has three kinds
        return self.scalar(node, place)

    def mapping(self, node: MappingNode, depth: int) -> Node:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        merged = False
        for key_node, value_node in node.value:
            key_place = self.place(key_node)
            if not isinstance(key_node, ScalarNode):
                self.faults.add(
                    key_place,
                    phrase("a key must be plain text"),
                    phrase("write one word as the key"),
                )
                continue
            key = str(key_node.value)
            self.fit(key, key_place)
            value = self.convert(value_node, depth + 1, key_place)
            if key == "<<":
                self.faults.add(
                    key_place,
                    phrase("merge keys are not read"),
                    phrase("write the keys out in full"),
                )
                merged = True
            elif key in values:
                wrong = phrase(
                    "'{key}' stands twice (first on line {line})", key=key, line=keys[key].line
                )
                self.faults.add(key_place, wrong, phrase("keep one of them"))
            else:
                values[key] = value
                keys[key] = key_place
        # What a merge key would have brought in is missing, and is not to be asked for again.
        return Node(self.place(node), values, keys=keys, bad=merged)

    def scalar(self, node: ScalarNode, place: Place) -> Node:
        text = str(node.value)
        if node.style in ("'", '"'):
            source = self.source(node, node.start_mark.index + 1, text)
            bad = not self.fit(text, place)
            return Node(place, text, raw=text, body=place.moved(1), source=source, bad=bad)
        if node.style in ("|", ">"):
            body, starts = self.block_start(node, place)
            source = self.source(node, starts, text)
            return Node(place, text, raw=text, body=body, source=source)
        faults = len(self.faults.found)
        value = _plain(text, place, self.faults)
        bad = len(self.faults.found) > faults
        source = self.source(node, node.start_mark.index, text)
        return Node(place, value, raw=text, body=place, source=source, bad=bad)

    def fit(self, text: str, place: Place) -> bool:
        """Whether something can hold a text; in double quotes any character may come escaped."""
        code = unfit_character(text)
        if code:
            wrong = phrase("holds the character {code}", code=code)
            self.faults.add(place, wrong, phrase("take the character out"))
        return not code

    def block_start(self, node: ScalarNode, place: Place) -> tuple[Place, int]:
        """Where the first written line of a block starts: its place, and its index in the text."""
        starts = self.text.find("\n", node.start_mark.index) + 1
        blank = _BLANK_LINES.match(self.text, starts)
        line = place.line + 1 + (len(_lines(blank[0])) - 1 if blank else 0)
        starts = blank.end() if blank else starts
        written = self.text[starts : node.end_mark.index]
        indent = len(written) - len(written.lstrip(" "))
        return Place(place.file, line, indent + 1), starts + indent

    def source(self, node: ScalarNode, starts: int, text: str) -> str:
        """The text as it stands in the file from `starts` on, if it is the same but for spaces."""
        found = self.text[starts : node.end_mark.index].rstrip()
        if node.style in ("'", '"'):
            found = found[:-1]
        return found if found.split() == text.split() else text


def _plain(text: str, place: Place, faults: Faults) -> Scalar:
    lowered = text.lower()
    if text in ("", "~") or lowered == "null":
        return None
    if lowered in ("true", "false"):
        return lowered == "true"
    if _INT.match(text):
        if len(text) > 30:
            faults.add(place, phrase("the number is too long"), phrase("write at most 30 digits"))
            return 0
        return int(text.replace("_", ""))
    if _DECIMAL.match(text):
        return Decimal(text.replace("_", ""))
    if _DATE.match(text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            faults.add(
                place,
                phrase("'{text}' is no date of the calendar", text=text),
                phrase("write YYYY-MM-DD"),
            )
            return None
    return text


def unknown_key(node: Node, key: str, known: frozenset[str] | set[str], faults: Faults) -> None:
    """Note that a mapping bears a key that nobody reads, with the nearest known one."""
    place = (node.keys or {}).get(key, node.place)
    faults.add(place, phrase("unknown key '{key}'", key=key), nearest(key, known))
