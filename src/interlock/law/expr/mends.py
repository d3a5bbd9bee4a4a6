"""What to write instead: examples of functions, and mends for what other languages teach."""

from __future__ import annotations

import re

from interlock.law.expr.tree import BOOL, Compare, Const, Tree

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
    "exists": "ask with 'in', e.g. \"H200\" in licence.products",
    "all": "ask for each value by itself",
    "filter": "ask with 'in'",
    "map": "ask with 'in'",
    "matches": "use startsWith, endsWith or contains",
    "int": "write the number itself",
    "double": "write the number itself",
    "string": "write the text itself",
}


def other_kind(left: Tree, right: Tree) -> str:
    """The mend where two kinds are compared."""
    kinds = {left.type.kind, right.type.kind}
    text = next((n.value for n in (left, right) if isinstance(n, Const) and n.type is not BOOL), "")
    if "texts" in kinds:
        return "ask whether a value is in the list with 'in'"
    if "date" in kinds:
        day = text if isinstance(text, str) and _ISO.match(text) else "2026-01-15"
        return f'write the day as date("{day}")'
    if isinstance(left, Compare) and kinds == {"bool", "number"}:
        return "write a range as a <= x && x <= b"
    if "bool" in kinds:
        return "it is yes/no by itself: write it alone, or with ! before it"
    if isinstance(text, str) and _DIGITS.match(text):
        return "write the number without quotes"
    return "write the text in quotes" if kinds == {"text", "number"} else "compare one kind"
