"""Trees and values in words, as a person would write them in the regime file."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from interlock.law.expr.scalar import ERROR
from interlock.law.expr.tree import (
    Arith,
    Compare,
    Const,
    FactRef,
    If,
    In,
    Junction,
    Known,
    Lower,
    Not,
    Param,
    Read,
    Size,
    TextTest,
    Tree,
    Type,
    Unknown,
    date_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def plain(value: Any, type_: Type) -> Any:
    """A value of the law as a plain one: exact decimals, ISO dates, lists.

    None stays None, and a failed computation is `error`.
    """
    if value is None or isinstance(value, bool):
        return value
    if value is ERROR:
        return "error"
    if type_.kind == "date":
        return date_of(value).isoformat()
    if type_.kind == "texts":
        return list(value)
    if type_.kind != "number":
        return value
    exact = Decimal(value).scaleb(-type_.places)
    return int(exact) if exact == exact.to_integral_value() else exact.normalize()


def shown(value: Any, type_: Type) -> str:
    """A value for a person: thousands separated, with its unit."""
    found = plain(value, type_)
    if found is None:
        return "not known"
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, list):
        return f"[{_some(found)}]"
    if type_.kind == "number" and found != "error":
        unit = "" if type_.unit.bare or not type_.unit.powers else f" {type_.unit}"
        return f"{found:,}{unit}"
    return str(found)


def _some(items: Iterable[object]) -> str:
    texts = [str(item) for item in items]
    return ", ".join(texts[:8]) + (", ..." if len(texts) > 8 else "")


def name_in_words(name: str) -> str:
    """A name as the regime file writes it; those that the engine makes begin with `@`."""
    if not name.startswith("@") or "/" not in name:
        return name.removeprefix("@")
    kind, _, item = name[1:].partition("/")
    own = item.rpartition("/")[2]
    if kind == "party":
        return own
    return f"the waiver of {own}" if kind == "waived" else f'{kind}("{own}")'


def words(tree: Tree, *, want: bool = True) -> str:
    """A tree in words; with `want` false its opposite, which is what must not hold."""
    match tree:
        case Compare(op, left, right):
            return f"{_operand(left)} {op if want else _OPPOSITE[op]} {_operand(right)}"
        case In(item, options):
            listed = options if isinstance(options, tuple) else (options,)
            inside = ", ".join(_operand(option) for option in listed)
            inside = inside if isinstance(options, Const | Read | Param) else f"[{inside}]"
            return f"{_operand(item)} {'in' if want else 'not in'} {inside}"
        case Known(name):
            return f"{name_in_words(name)} is {'' if want else 'not '}on file"
        case Not(arg):
            return words(arg, want=not want)
        case _ if want:
            return _operand(tree)
        case _:
            return f"not {_operand(tree)}"


def _operand(tree: Tree) -> str:
    match tree:
        case Const(value, type_, _, name):
            text = f'"{value}"' if type_.kind == "text" else shown(value, type_)
            return f"{name} ({text})" if name else text
        case Unknown(reason):
            return reason
        case Param(name) | Read(name) | FactRef(name):
            return name_in_words(name)
        case TextTest(function, target, text):
            return f'{_operand(target)}.{function}("{text}")'
        case Lower(arg):
            return f"lowerAscii({_operand(arg)})"
        case Size(arg):
            return f"size({_operand(arg)})"
        case Arith(op, left, right):
            if op in ("min", "max"):
                return f"{op}({_operand(left)}, {_operand(right)})"
            if isinstance(right, Const) and op == "*" and right.type.unit.powers == ():
                factor = Decimal(int(right.value)).scaleb(-right.type.places)  # type: ignore[arg-type]
                if factor == 1:
                    return _operand(left)
            return f"({_operand(left)} {op} {_operand(right)})"
        case If(cond, then, other):
            return f"({words(cond)} ? {_operand(then)} : {_operand(other)})"
        case Junction(op, args):
            return f"({f' {op} '.join(words(arg) for arg in args)})"
        case _:
            return words(tree)
