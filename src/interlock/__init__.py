"""Interlock: law as data, decisions with reasons, and how much may pass, for controlled goods.

The pure core, without a server and without a database. `import interlock` itself loads nothing;
each name is fetched from its package when it is first used.

goods       catalogue, product_from_facts, ratio          products and their metrics
law         load_regimes, CaseReader, Decider, redacted   cases decided against the law of a day
            FrameLaw, RuleColumns                         the same over frames of many rows
ledger      Ledger, AccountState                          accounts and transfers, in memory
sharing     make_problem, Line, share, RULES              scarce supply among order lines, proved
lab         its own package: interlock.lab            a scenario played forward, many times
evidence    load_claims, Grade                            who said what, and what is believed
files       BadInputError, Fault, InterlockError          what is wrong with an input, and where
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interlock.evidence import Claims, Grade, load_claims
    from interlock.files import BadInputError, Fault, InterlockError
    from interlock.goods import Catalogue, Product, catalogue, product_from_facts, ratio
    from interlock.law.bulk import FrameLaw, RuleColumns
    from interlock.law.cases.reader import CaseReader
    from interlock.law.compiling.compile import Law
    from interlock.law.deciding.decide import Decider
    from interlock.law.deciding.decision import Decision, Finding
    from interlock.law.deciding.legs import AccountState
    from interlock.law.deciding.redact import redacted
    from interlock.law.library import Library, load_regimes
    from interlock.ledger import Ledger
    from interlock.sharing import RULES, Line, Problem, Result, make_problem, share

_HOMES = {
    "interlock.evidence": ("Claims", "Grade", "load_claims"),
    "interlock.files": ("BadInputError", "Fault", "InterlockError"),
    "interlock.goods": ("Catalogue", "Product", "catalogue", "product_from_facts", "ratio"),
    "interlock.law.bulk": ("FrameLaw", "RuleColumns"),
    "interlock.law.cases.reader": ("CaseReader",),
    "interlock.law.compiling.compile": ("Law",),
    "interlock.law.deciding.decide": ("Decider",),
    "interlock.law.deciding.legs": ("AccountState",),
    "interlock.law.deciding.decision": ("Decision", "Finding"),
    "interlock.law.library": ("Library", "load_regimes"),
    "interlock.law.deciding.redact": ("redacted",),
    "interlock.ledger": ("Ledger",),
    "interlock.sharing": ("RULES", "Line", "Problem", "Result", "make_problem", "share"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "RULES",
    "AccountState",
    "BadInputError",
    "CaseReader",
    "Catalogue",
    "Claims",
    "Decider",
    "Decision",
    "Fault",
    "Finding",
    "FrameLaw",
    "Grade",
    "InterlockError",
    "Law",
    "Ledger",
    "Library",
    "Line",
    "Problem",
    "Product",
    "Result",
    "RuleColumns",
    "catalogue",
    "load_claims",
    "load_regimes",
    "make_problem",
    "product_from_facts",
    "ratio",
    "redacted",
    "share",
]


def __getattr__(name: str) -> Any:
    """Fetch an exported name from its package (PEP 562) and keep it."""
    if name not in _HOME:
        msg = f"module 'interlock' has no attribute '{name}'"
        raise AttributeError(msg)
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
