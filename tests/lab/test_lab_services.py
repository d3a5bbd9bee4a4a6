"""One law: a run with certainty, stepped by the lab, is what the book of record holds by the unit.

The book's side is `lab_services`: people place, issue, share, send and let in, by the services.
"""

from __future__ import annotations

import shutil
from collections import defaultdict

import pytest
from lab_kit import ROOT, of_firm, traced
from lab_services import Played

from interlock.lab.kernel import columns as c
from interlock.lab.reading.scenario import load

PROPOSED = "    proposed: 2026-03-03"
IN_FORCE = "    effective: 2026-03-03\n    public: 2026-03-03"
SHORTER = {"end: 2026-10-14": "end: 2026-07-22"}
"""After the suspension; one case goes on for all that comes later."""
CASES = {
    "proportional": {},
    "weighted": SHORTER
    | {
        "TIER": "tier: 2,",
        "RETURNS": "returns: 1, return_days: 12, way: destroyed,",
        "restored_by: [returned_to_exporter]": "restored_by: [returned_to_exporter, destroyed]",
    },
    "cea": SHORTER | {"value: 75000": "value: 9000", PROPOSED: IN_FORCE},
}
"""What a case changes: one firm comes second and all is destroyed after it came in, by a law that
gives headroom back for it; a cap on each customer begins to bind in March."""


def laid_out(folder, changes: dict[str, str]):
    """The scenario and its regimes with a case's changes; each must be there to be made."""
    regimes = folder / "regimes"
    shutil.copytree(ROOT / "regimes", regimes)
    (folder / "episodes/h200").mkdir(parents=True)
    shutil.copy(ROOT / "episodes/h200/claims.yaml", folder / "episodes/h200/claims.yaml")
    path = shutil.copy(ROOT / "tests/lab/h200_book.yaml", folder / "scenario.yaml")
    files = {one: one.read_text(encoding="utf-8") for one in (path, *regimes.glob("*.yaml"))}
    changes = {"REGIMES": "regimes", "TIER": "", "RETURNS": ""} | changes
    for old, new in changes.items():
        assert any(old in text for text in files.values())
        files = {one: text.replace(old, new) for one, text in files.items()}
    for one, text in files.items():
        one.write_text(text, encoding="utf-8")
    return path, regimes


def awards_of(compiled, run) -> dict[tuple[int, str], list[int]]:
    """What the lab allocated: (step, demand) -> units of each line, from smallest to largest."""
    demands, found = list(compiled.scenario.demand), defaultdict(list)
    for row in run.made["c"][: run.count[c.COUNT_MADE]]:
        group = run.lines["c"][row[c.A_LINE], c.L_GROUP]
        found[int(row[c.A_MADE]), demands[group]].append(int(row[c.A_UNITS]))
    return {key: sorted(units) for key, units in found.items()}


def by_firm(compiled, awards) -> dict[tuple[int, str], int]:
    """(step, firm) -> units."""
    found = defaultdict(int)
    for (step, demand), units in awards.items():
        found[step, compiled.scenario.demand[demand].firm] += sum(units)
    return dict(found)


@pytest.mark.parametrize("rule", CASES)
def test_the_book_of_record_holds_what_the_lab_stepped(tmp_path, db, settings, rule) -> None:
    path, regimes = laid_out(tmp_path, CASES[rule] | {"RULE": rule})
    settings.REGIMES = [regimes]
    compiled, out, kept, run = traced(path)
    played = Played(load(path)).play()
    for step, wanted in enumerate(played.counters):
        found = {
            name: tuple(kept[step, a, :3].tolist())
            for a, name in enumerate(compiled.accounts)
            if kept[step, a, :3].any()
        }
        for name in set(found) - set(wanted):  # the book opens an account when somebody draws on it
            assert found.pop(name)[1:] == (0, 0), f"step {step}: {name}"
        assert found == wanted, f"step {step}"
    ours, theirs = awards_of(compiled, run), played.awards
    assert by_firm(compiled, ours) == by_firm(compiled, theirs)
    if rule == "proportional":  # with the others, lines that are alike draw lots for the last one
        assert ours == {key: sorted(x) for key, x in theirs.items()}
    for firm in compiled.scenario.firms:
        for measure in ("asked", "shipped", "delivered"):
            flows = dict(enumerate(of_firm(compiled, out, measure, firm)))
            assert {k: x for k, x in flows.items() if x} == played.flows[firm, measure]
    assert played.met == {"refused": True, "expired": True, "awards": True}
