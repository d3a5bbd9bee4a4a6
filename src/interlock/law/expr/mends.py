"""What to write instead: examples of functions, and mends for what other languages teach."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from interlock.files.phrases import Phrase, phrase
from interlock.law.expr.tree import BOOL, Compare, Const, Tree
from interlock.law.vocabulary import near_name

if TYPE_CHECKING:
    from interlock.law.expr.check import Scope

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_DIGITS = re.compile(r"[-+]?[0-9][0-9.,_]*\Z")
FUNCTIONS = {
    "date": 'date("2026-01-15")',
    "timestamp": 'timestamp("2026-01-15")',
    "duration": 'duration("P30D")',
    "has": "has(licence.id)",
    "known": "known(product.tpp)",
    "available": 'available("licence-quantity")',
    "posted": 'posted("licence-quantity")',
    "overdue": 'overdue("domestic-ratio")',
    "min": "min(a, b)",
    "max": "max(a, b)",
    "lowerAscii": "lowerAscii(product.name)",
    "size": "size(product.name)",
    "startsWith": 'product.name.startsWith("H")',
    "endsWith": 'product.name.endsWith("SXM")',
    "contains": 'product.name.contains("200")',
}


INSTEAD = {
    "exists": phrase("ask with 'in', e.g. \"H200\" in licence.products"),
    "all": phrase("ask for each value by itself"),
    "filter": phrase("ask with 'in'"),
    "map": phrase("ask with 'in'"),
    "matches": phrase("use startsWith, endsWith or contains"),
    "int": phrase("write the number itself"),
    "double": phrase("write the number itself"),
    "string": phrase("write the text itself"),
}


def other_kind(left: Tree, right: Tree) -> Phrase:
    """The mend where two kinds are compared."""
    kinds = {left.type.kind, right.type.kind}
    text = next((n.value for n in (left, right) if isinstance(n, Const) and n.type is not BOOL), "")
    if "texts" in kinds:
        return phrase("ask whether a value is in the list with 'in'")
    if "date" in kinds:
        day = text if isinstance(text, str) and _ISO.match(text) else "2026-01-15"
        return phrase('write the day as date("{day}")', day=day)
    if isinstance(left, Compare) and kinds == {"bool", "number"}:
        return phrase("write a range as a <= x && x <= b")
    if "bool" in kinds:
        return phrase("it is yes/no by itself: write it alone, or with ! before it")
    if isinstance(text, str) and _DIGITS.match(text):
        return phrase("write the number without quotes")
    if kinds == {"text", "number"}:
        return phrase("write the text in quotes")
    return phrase("compare one kind")


def unknown_name(name: str, scope: Scope) -> tuple[Phrase, Phrase]:
    """What is wrong with a name that nobody knows, and what was probably meant."""
    if name in scope.later:
        wrong = phrase("the fact '{name}' is not known here yet", name=name)
        return wrong, phrase("a fact may use the facts that stand above it: move it up")
    wrong = phrase("unknown name '{name}'", name=name)
    if name in scope.accounts:
        return wrong, phrase('read an account with available("{name}")', name=name)
    mend = near_name(name, scope.names)
    if not mend.startswith("did") and not any(
        known.startswith(f"{name.partition('.')[0]}.") for known in scope.names
    ):
        mend = phrase("write a name of the vocabulary, or a parameter or fact of this file")
    return wrong, mend
