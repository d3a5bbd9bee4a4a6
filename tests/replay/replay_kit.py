"""Histories made up for tests: cases by the law's own vocabulary, over the days of its changes."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlock.law.cases.intake import entries_of
from interlock.law.cases.ownership import Party
from interlock.law.cases.reader import Case
from interlock.law.deciding.decide import Decider
from interlock.law.library import Library, load_regimes
from interlock.law.model import STAGES
from interlock.replay.history import History, Past, from_rows
from interlock.replay.laws import proposed

if TYPE_CHECKING:
    from interlock.law.compiling.compile import Law
    from interlock.law.vocabulary import Entry
    from interlock.replay.laws import Laws

ROOT = Path(__file__).parents[2]
DAY = dt.date(2026, 1, 28)
FIRST = dt.date(2022, 9, 1)
COUNTRIES = ["CN", "MO", "US", "SG", "DE", "VN"]
CHIPS = {
    "product.tpp": [1599, 1600, 2400, 4799, 4800, 15832, 20999, 21000],
    "product.performance_density": [0, 1, 2, 4, 6],
    "product.dram_bandwidth_gbps": [100, 4000, 4800, 6499, 6500],
}


def changed_file(folder: Path, name: str, *changes: tuple[str, str]) -> Library:
    """The bundled law with one file changed; each change must be there to be made."""
    path = changed_copy(folder, name, *changes)
    return proposed(library(), load_regimes(path))


def changed_copy(folder: Path, name: str, *changes: tuple[str, str]) -> Path:
    """A copy of a bundled regime, with the claims that it rests on, changed."""
    text = (ROOT / "regimes" / name).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    claims = Path("episodes/h200/claims.yaml")
    (folder / claims).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / claims, folder / claims)
    path = folder / "proposed" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@cache
def library() -> Library:
    """The regimes that come along."""
    return load_regimes(ROOT / "regimes")


def value(name: str, entry: Entry, dice: random.Random) -> Any:
    """A value that a fact can have, or none."""
    if dice.random() < 0.25:
        return None
    if entry.type == "bool":
        return dice.random() < 0.6
    if entry.type == "number":
        return dice.choice(CHIPS.get(name, [0, 1, 2, 100])) * 10**entry.places
    if entry.type == "date":
        return (DAY - dt.date(1970, 1, 1)).days + dice.choice([-1500, -30, 0, 1, 1500])
    if entry.type == "texts":
        return tuple(dice.sample(["a", "b", "NVIDIA H200 SXM"], dice.randint(0, 2)))
    if entry.values:
        return dice.choice(entry.values)
    if name.endswith(("country", "headquarters", "destination", "origin")):
        return dice.choice(COUNTRIES)
    return dice.choice(["NVIDIA H200 SXM", "NVIDIA", "a", "b"])


def party(dice: random.Random) -> Party | None:
    """A party, some with owners; one name stands on a list of the sample."""
    names = ["Huawei Technologies Co., Ltd.", "Inspur Group", "a firm", "another"]
    if dice.random() < 0.3:
        return None
    owners = tuple(
        (Party((dice.choice(names),)), dice.choice([None, Decimal("0.3"), Decimal("0.5")]))
        for _ in range(dice.randint(0, 2))
    )
    return Party((dice.choice(names),), owners if dice.random() < 0.6 else None)


def history(rows: int, seed: int, law: Law | None = None) -> History:
    """Decisions of all stages between 2022 and 2026, each with facts at random."""
    law = law or library().law(DAY)
    entries, dice = entries_of(law), random.Random(seed)
    made = []
    for number in range(rows):
        at = FIRST + dt.timedelta(days=dice.randint(0, 1500))
        known = at + dt.timedelta(days=dice.choice([0, 0, 0, 200]))
        facts = {name: value(name, entry, dice) for name, entry in entries.items()}
        facts["transaction.date"] = (at - dt.date(1970, 1, 1)).days
        if dice.random() < 0.1:
            facts["@waived/cn-chip-imports/necessity"] = True
        case = Case(
            str(number),
            {name: one for name, one in facts.items() if one is not None},
            {role: one for role in ("buyer", "end_user", "party") if (one := party(dice))},
        )
        about = {
            "decision": f"d-{number}", "change": f"c-{number}", "move": "order.place",
            "thing": f"order/o-{number}", "order": f"o-{number}", "buyer": f"b-{number % 3}",
            "supplier": "s", "product": "p", "units": number + 1, "stage": dice.choice(STAGES),
            "at": at, "known": known,
        }  # fmt: skip
        made.append(Past(about, case))
    return from_rows(made, law)


def one_by_one(made: History, laws: Laws) -> list[dict[str, str]]:
    """Each decision by itself: the verdict of each gate, and the outcome of each rule."""
    found = []
    deciders: dict[int, Decider] = {}
    for row in made.decisions.iter_rows(named=True):
        at, known = (laws.on, laws.on) if laws.on else (row["at"], row["known"])
        law = laws.library.law(at, known, laws.assumed)
        decider = deciders.setdefault(id(law), Decider(law))
        decision = decider.decide(made.case(row), stage=row["stage"], reasons=False)
        outcomes = {
            f"{x.regime}/{x.item}": x.outcome for x in decision.findings if x.agreed is not None
        }
        gates = {f"gate.{x.gate}": x.verdict for x in decision.gates}
        found.append({"verdict": decision.verdict, **gates, **outcomes})
    return found
