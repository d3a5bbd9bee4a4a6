"""The lab: a scenario played forward, many futures at once, by the law that the book enforces.

`load(path)` reads a scenario; `simulate(scenario, runs=...)` plays it and gives `Results`, frames
of Polars. Rules come from the compiled regimes by the columnar evaluator, legs and credits from the
same compile, sharing from the compiled functions of `interlock.sharing`; the arithmetic of accounts
is that of `interlock.ledger`, and tests hold all of it to the book.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interlock.lab.model import Scenario
    from interlock.lab.reading.scenario import load
    from interlock.lab.results import Results
    from interlock.lab.running import simulate

_HOMES = {
    "Results": "interlock.lab.results",
    "Scenario": "interlock.lab.model",
    "load": "interlock.lab.reading.scenario",
    "simulate": "interlock.lab.running",
}
__all__ = ["Results", "Scenario", "load", "simulate"]


def __getattr__(name: str) -> Any:
    """Fetch an exported name when it is first used."""
    if name not in _HOMES:
        msg = f"module 'interlock.lab' has no attribute '{name}'"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)
