"""Decisions for people: what they say, at any width, without colour."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from facts_kit import real

from interlock.cli.show_decision import print_decisions
from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.legs import AccountState
from interlock.law.deciding.redact import ANOTHER_LIMIT, redacted

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.law.deciding.decision import Decision

GIVEN: dict[str, Any] = {
    "id": "order-1",
    "product": {"name": "H200 SXM"},
    "order": {"destination": "CN", "quantity": 1000, "data_centre_use": True},
    "shipment": {"origin": "US"},
    "buyer": {"id": "bytedance", "headquarters": "CN"},
    "licence": {
        "import": {
            "id": "G1",
            "issued": True,
            "holders": ["bytedance"],
            "conditions": [{"kind": "data-centre-use", "status": "drafted"}],
        }
    },
}
ACCOUNTS = {"cn-chip-imports/group-quota?licence=G1": AccountState(Fraction(400000))}


@cache
def decided(*regimes: str) -> Decision:
    library = real().only(regimes) if regimes else real()
    law = library.law(dt.date(2026, 1, 28))
    case = CaseReader(library.checked, law.vocabulary).read(GIVEN)
    return Decider(law, library.claims).decide(case, accounts=ACCOUNTS)


def printed(decisions: list[Decision], tmp_path: Path, width: int = 80) -> str:
    out = tmp_path / "page.txt"
    print_decisions(decisions, out, width=width)
    return out.read_text(encoding="utf-8")


def test_a_pending_condition_has_both_verdicts(tmp_path: Path) -> None:
    claim = real().claims["cn-chip-imports"]["conditions-attached"]
    lines = printed([decided("cn-chip-imports")], tmp_path, 120).splitlines()
    assert lines[:6] == [
        "order-1: ? unknown at the stage 'order'",
        "  by the law of 2026-01-28",
        "  if agreed as drafted: ✓ open (cn-chip-imports/data-centre-use)",
        "  derived: is_h200 yes, is_mi325x no, cap_weight 1",
        "",
        "import: ? unknown; if agreed as drafted ✓ open",
    ]
    assert lines[6].startswith(f"  weakest link: claim {claim.id}, grade {claim.grade}")
    assert "  ? cn-chip-imports/data-centre-use: unknown (drafted or proposed, not agreed)" in lines
    assert "    The chips are used in data centres only." in lines


def test_every_gate_has_a_symbol_and_a_word(tmp_path: Path) -> None:
    lines = printed([decided()], tmp_path).splitlines()
    assert lines[0] == "order-1: ✗ shut at the stage 'order'"
    assert any(line.startswith("export: ✗ shut") for line in lines)
    assert "import: ? unknown; if agreed as drafted ✓ open" in lines
    assert "customs: ✓ open" in lines


def test_a_failing_rule_says_what_it_needs_and_who_can_do_it(tmp_path: Path) -> None:
    text = printed([decided()], tmp_path, 120)
    assert "  ✗ us-advanced-computing/know-your-customer: fails\n" in text
    assert "    ✗ needs statement.know_your_customer (now not on file; key: buyer)\n" in text
    assert "    rests on 88 FR 73458 (A1); 88 FR 2821 (A1); 91 FR 1684 (A1)\n" in text
    assert "  1. authority: the condition 'data-centre-use' is agreed" in text


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("viewer", [None, "public", "holder"])
@pytest.mark.parametrize("count", [1, 7])
def test_it_fits_the_page_whatever_is_in_it(
    tmp_path: Path, width: int, viewer: str | None, count: int
) -> None:
    decision = decided() if viewer is None else redacted(decided(), viewer)
    long = replace(decision, id="x" * 150)
    text = printed([replace(long, id=f"{n}{long.id}") for n in range(count)], tmp_path, width)
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "\x1b" not in text
    assert text.replace("\n", "").replace(" ", "").count("x" * 150) == count


def test_many_cases_are_counted_by_gate_and_by_what_stops_them(tmp_path: Path) -> None:
    decisions = [replace(decided(), id=f"c{n}") for n in range(1, 8)]
    lines = printed(decisions, tmp_path, 120).splitlines()
    assert lines[0] == "7 cases at the law of 2026-01-28"
    assert ["all", "gates", "0", "7", "0"] in [line.split() for line in lines]
    assert ["import", "0", "0", "7"] in [line.split() for line in lines]
    stopped = "us-advanced-computing/know-your-customer export 7 0"
    assert stopped.split() in [line.split() for line in lines]
    told = [line for line in lines if line.startswith("c") and "if agreed" in line]
    assert [line.partition(" (")[0] for line in told] == [
        f"c{n}: ✗ shut; if agreed shut" for n in range(1, 8)
    ]


def test_a_hidden_limit_is_told_without_a_number(tmp_path: Path) -> None:
    text = printed([redacted(decided("cn-chip-imports"), "public")], tmp_path, 120)
    assert f"import: {ANOTHER_LIMIT}" in text
    assert "400,000" not in text
    assert "group-quota" not in text


def test_no_case_prints_nothing(tmp_path: Path) -> None:
    assert printed([], tmp_path) == ""
