"""CEL text to a plain tree with places. The grammar is cel-python's; the subset is ours.

Only the shape is decided here; names, types and units are `check`'s concern.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from lark import Token, Tree

from interlock.files.phrases import Phrase, phrase
from interlock.law.expr.syntax import mistake

if TYPE_CHECKING:
    from celpy.celparser import CELParser

    from interlock.files import Faults, Place

MAX_CHARACTERS = 4_000
MAX_DEPTH = 60

LiteralKind = Literal["number", "text", "bool", "null"]


@dataclass(frozen=True)
class RawLiteral:
    """A literal; numbers are exact decimals."""

    kind: LiteralKind
    value: Decimal | str | bool | None
    place: Place


@dataclass(frozen=True)
class RawName:
    """A dotted name."""

    name: str
    place: Place


@dataclass(frozen=True)
class RawOp:
    """An operator with its operands: `&&`, `!`, `<`, `in`, `?`, `+`, `neg` and so on."""

    op: str
    args: tuple[Raw, ...]
    place: Place


@dataclass(frozen=True)
class RawCall:
    """A function of the subset; a method's target is its first argument."""

    function: str
    args: tuple[Raw, ...]
    place: Place


@dataclass(frozen=True)
class RawList:
    """A list literal."""

    items: tuple[Raw, ...]
    place: Place


Raw = RawLiteral | RawName | RawOp | RawCall | RawList


class _OutOfSubset(Exception):  # noqa: N818 - control flow inside this module
    def __init__(self, token: Token | None, wrong: Phrase, mend: Phrase) -> None:
        super().__init__(wrong)
        self.token, self.wrong, self.mend = token, wrong, mend


@lru_cache(maxsize=1)
def _parser() -> CELParser:
    # Imported here: celpy takes a moment to load and most commands need no parser.
    from celpy.celparser import CELParser  # noqa: PLC0415

    return CELParser()


def parse(text: str, place: Place, faults: Faults) -> Raw | None:
    """Parse one expression; on a fault note it and return None.

    Args:
        text: CEL source.
        place: where its first character stands in the file.
        faults: collects syntax errors and what lies outside the subset.
    """
    from celpy.celparser import CELParseError  # noqa: PLC0415

    if not text.strip():
        faults.add(
            place,
            phrase("the expression is empty"),
            phrase("write a condition, e.g. product.tpp < 4800"),
        )
        return None
    if len(text) > MAX_CHARACTERS:
        wrong = phrase("the expression is {count:,} characters long", count=len(text))
        faults.add(
            place, wrong, phrase("split it into facts of at most {most:,}", most=MAX_CHARACTERS)
        )
        return None
    try:
        tree = _parser().parse(text)
        return _Shaper(text, place).shape(tree, 0)
    except CELParseError as error:
        found = mistake(text, _index(text, error.line, error.column))
        before = text[: found.at]
        line, column = before.count("\n") + 1, found.at - before.rfind("\n")
        faults.add(_shift(place, line, column), found.wrong, found.mend)
    except _OutOfSubset as error:
        token = error.token
        at = _shift(place, token.line or 1, token.column or 1) if token is not None else place
        faults.add(at, error.wrong, error.mend)
    except RecursionError:
        faults.add(
            place, phrase("the expression is nested too deeply"), phrase("split it into facts")
        )
    return None


def _shift(place: Place, line: int, column: int) -> Place:
    return place.moved(column - 1, line - 1) if line > 1 else place.moved(column - 1)


def _index(text: str, line: int | None, column: int | None) -> int:
    """The 0-based index of a 1-based line and column; the end where the parser gives none."""
    if line is None or column is None or line < 1:
        return len(text)
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + max(column - 1, 0), len(text))


_BINARY = {
    "relation_lt": "<",
    "relation_le": "<=",
    "relation_gt": ">",
    "relation_ge": ">=",
    "relation_eq": "==",
    "relation_ne": "!=",
    "relation_in": "in",
    "addition_add": "+",
    "addition_sub": "-",
    "multiplication_mul": "*",
    "multiplication_div": "/",
    "multiplication_mod": "%",
}
_PASS_THROUGH = {"expr", "relation", "addition", "multiplication", "unary", "member", "primary"}


class _Shaper:
    """Folds the grammar's deep tree into the nodes above."""

    def __init__(self, text: str, place: Place) -> None:
        self.text = text
        self.origin = place

    def at(self, node: object) -> Place:
        token = _first_token(node)
        if token is None:
            return self.origin
        return _shift(self.origin, token.line or 1, token.column or 1)

    def shape(self, node: object, depth: int) -> Raw:
        if depth > MAX_DEPTH:
            raise _OutOfSubset(
                _first_token(node),
                phrase("the expression is nested too deeply"),
                phrase("split it into facts"),
            )
        assert isinstance(node, Tree)  # noqa: S101 - tokens are read by their parents
        rule, children = str(node.data), [c for c in node.children if c is not None]
        if rule in ("conditionalor", "conditionaland") and len(children) == 2:
            return self._junction(node, "||" if rule == "conditionalor" else "&&", depth)
        if rule == "expr" and len(children) == 3:
            parts = tuple(self.shape(child, depth + 1) for child in children)
            return RawOp("?", parts, self.at(node))
        if rule in ("relation", "addition", "multiplication") and len(children) == 2:
            return self._binary(node, children, depth)
        if rule == "unary" and len(children) == 2:
            op = "!" if str(children[0].data) == "unary_not" else "neg"
            return RawOp(op, (self.shape(children[1], depth + 1),), self.at(node))
        if len(children) == 1 and rule in (*_PASS_THROUGH, "conditionalor", "conditionaland"):
            return self.shape(children[0], depth)
        return self._primary(node, rule, children, depth)

    def _junction(self, node: Tree[Token], op: str, depth: int) -> Raw:
        # The grammar nests to the left; flatten so that a long list of conditions is one node.
        parts: list[Raw] = []
        current: object = node
        while (
            isinstance(current, Tree)
            and current.data == node.data
            and len([c for c in current.children if c is not None]) == 2
        ):
            left, right = (c for c in current.children if c is not None)
            parts.append(self.shape(right, depth + 1))
            current = left
        parts.append(self.shape(current, depth + 1))
        return RawOp(op, tuple(reversed(parts)), self.at(node))

    def _binary(self, node: Tree[Token], children: list[Tree[Token]], depth: int) -> Raw:
        head, right = children
        op = _BINARY[str(head.data)]
        left = next(c for c in head.children if c is not None)
        if op == "%":
            mend = phrase("say it with comparisons or a fact")
            raise _OutOfSubset(_first_token(right), phrase("'%' is not in the subset"), mend)
        args = (self.shape(left, depth + 1), self.shape(right, depth + 1))
        return RawOp(op, args, self.at(node))

    def _primary(self, node: Tree[Token], rule: str, children: list[object], depth: int) -> Raw:
        if rule == "literal":
            return self._literal(children[0])
        if rule == "ident":
            return RawName(str(children[0]), self.at(node))
        if rule == "member_dot":
            target = self.shape(children[0], depth + 1)
            if not isinstance(target, RawName):
                mend = phrase("write a name of the vocabulary")
                wrong = phrase("a field of a value is not in the subset")
                raise _OutOfSubset(_first_token(node), wrong, mend)
            return RawName(f"{target.name}.{children[1]}", target.place)
        if rule == "paren_expr":
            return self.shape(children[0], depth + 1)
        if rule == "list_lit":
            return RawList(self._arguments(children, depth), self.at(node))
        if rule == "ident_arg":
            arguments = self._arguments(children[1:], depth)
            return RawCall(str(children[0]), arguments, self.at(node))
        if rule == "member_dot_arg":
            target = self.shape(children[0], depth + 1)
            arguments = (target, *self._arguments(children[2:], depth))
            return RawCall(str(children[1]), arguments, self.at(node))
        what = {
            "member_index": phrase("'[...]' behind a value"),
            "map_lit": phrase("a map"),
            "dot_ident": phrase("a name that starts with a point"),
        }.get(rule, phrase("this form"))
        raise _OutOfSubset(
            _first_token(node),
            phrase("{what} is not in the subset", what=what),
            phrase("use names, lists and functions"),
        )

    def _arguments(self, children: list[object], depth: int) -> tuple[Raw, ...]:
        if not children:
            return ()
        assert isinstance(children[0], Tree)  # noqa: S101 - the grammar says exprlist
        items = [child for child in children[0].children if child is not None]
        return tuple(self.shape(item, depth + 1) for item in items)

    def _literal(self, token: object) -> RawLiteral:
        assert isinstance(token, Token)  # noqa: S101 - the grammar says so
        place = _shift(self.origin, token.line or 1, token.column or 1)
        text = str(token)
        if token.type in ("INT_LIT", "FLOAT_LIT"):
            return RawLiteral("number", _number(token, text), place)
        if token.type == "BOOL_LIT":
            return RawLiteral("bool", text == "true", place)
        if token.type in ("STRING_LIT", "MLSTRING_LIT"):
            try:
                value = ast.literal_eval(text)
            except (ValueError, SyntaxError) as error:
                mend = phrase("write plain text in quotes")
                raise _OutOfSubset(token, phrase("the text cannot be read"), mend) from error
            return RawLiteral("text", str(value), place)
        if token.type == "NULL_LIT":
            mend = phrase("use known(name) to ask whether a value is on file")
            raise _OutOfSubset(token, phrase("null is not in the subset"), mend)
        raise _OutOfSubset(
            token,
            phrase("'{text}' is not in the subset", text=text),
            phrase("write a number, text or date"),
        )


def _number(token: Token, text: str) -> Decimal:
    try:
        value = Decimal(int(text, 16)) if "x" in text.lower() else Decimal(text)
    except (InvalidOperation, ValueError) as error:
        raise _OutOfSubset(
            token, phrase("'{value}' is no number", value=text), phrase("write digits and a point")
        ) from error
    if not value.is_finite() or abs(value) >= Decimal(10) ** 15 or _places(value) > 9:
        mend = phrase("write at most 15 digits before the point and 9 behind it")
        raise _OutOfSubset(
            token, phrase("the number {value} is out of range", value=text[:30]), mend
        )
    return value


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 99


def _first_token(node: object) -> Token | None:
    if isinstance(node, Token):
        return node
    if isinstance(node, Tree):
        for child in node.children:
            token = _first_token(child)
            if token is not None:
                return token
    return None
