"""Small regimes written in a test, decided in one line."""

from __future__ import annotations

import datetime as dt
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlock.files import Faults
from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.legs import AccountState
from interlock.law.library import Library, load_regimes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.law.deciding.decision import Decision, Finding
    from interlock.law.model import Stage

DAY = dt.date(2026, 6, 1)
HEAD = """\
regime: {name}
title: A small regime
authority: ministry
gate: {gate}
timezone: UTC
visible_to: [public]
sources:
  act: {{cite: Act 1, title: An act, published: 2020-01-01}}
  memo: {{cite: Memo, title: A memo, published: 2020-01-01, grade: C3}}
  leak: {{cite: Leak, title: A leak, published: 2020-01-01, grade: E4}}
"""


def load(body: str, *, name: str = "small", gate: str = "export") -> Library:
    """The library of one regime whose head is written here."""
    return load_texts({name: HEAD.format(name=name, gate=gate) + body})


def load_texts(texts: Mapping[str, str]) -> Library:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            Path(folder, f"{name}.yaml").write_text(text, encoding="utf-8")
        return load_regimes([Path(folder, f"{name}.yaml") for name in texts])


def decide(
    library: Library,
    given: Mapping[str, Any],
    *,
    at: dt.date = DAY,
    known: dt.date | None = None,
    stage: Stage = "order",
    accounts: Mapping[str, int | Fraction | AccountState] | None = None,
    assumed: frozenset[str] = frozenset(),
) -> Decision:
    law = library.law(at, known, assumed)
    case = CaseReader(library.checked, law.vocabulary).read(dict(given))
    states = None
    if accounts is not None:
        states = {
            key: state if isinstance(state, AccountState) else AccountState(Fraction(state))
            for key, state in accounts.items()
        }
    return Decider(law, library.claims).decide(case, stage=stage, accounts=states)


def finding(decision: Decision, item: str) -> Finding:
    (found,) = [one for one in decision.findings if one.item == item]
    return found


def faults_of(text: str) -> list[str]:
    """Every fault of a regime text, in file order."""
    from interlock.law.compiling.checker import check_regime
    from interlock.law.reading.regime import collect_regimes

    faults = Faults()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "small.yaml")
        path.write_text(text, encoding="utf-8")
        for regime in collect_regimes([path], faults):
            check_regime(regime, faults)
    return [str(fault).replace(f"{folder}/", "") for fault in sorted(set(faults.found))]
