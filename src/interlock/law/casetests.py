"""The file of cases beside a regime: read it, run it, say what differs.

Format: docs/reference/regime-file.md, "The file of cases".
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlock.files import BadInputError, Faults, Node, Place, nearest, read_yaml
from interlock.files.phrases import phrase
from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.decide import Decider
from interlock.law.deciding.decision import OUTCOMES
from interlock.law.deciding.legs import AccountState
from interlock.law.library import Library, load_regimes
from interlock.law.model import STAGES

if TYPE_CHECKING:
    from interlock.law.deciding.decision import Decision

_KEYS = ("name", "because", "at", "known", "stage", "assume", "given", "accounts", "expect")
_EXPECT = (
    "verdict",
    "if_agreed",
    "facts",
    "findings",
    "reasons",
    "legs",
    "max_quantity",
    "weakest",
    "missing",
    "opens_on",
    "keys",
)


_WORDS = {
    "verdict": ("open", "shut", "unknown"),
    "if_agreed": ("open", "shut", "unknown"),
    "findings": (*OUTCOMES, "absent"),
}
_BY_ITEM = ("findings", "reasons", "legs", "weakest", "opens_on", "keys")


@dataclass(frozen=True)
class Difference:
    """One expectation that is not met."""

    place: Place
    case: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.case}: {self.what}"


@dataclass
class CaseResult:
    """One case that was run."""

    name: str
    place: Place
    differences: list[Difference] = field(default_factory=list)


Moment = dt.date | dt.datetime


def run_cases(
    path: str | Path,
    library: Library | None = None,
    *,
    at: Moment | None = None,
    known: Moment | None = None,
) -> list[CaseResult]:
    """Run a file of cases.

    Args:
        path: `<regime>.test.yaml`.
        library: the regimes; default: those that the file names under `regime`.
        at: the day of cases that state none; None: each must state its own.
        known: what was public, for the same cases where they state no `known` either.

    Raises:
        BadInputError: faults of the file or of the regimes.
    """
    faults = Faults()
    root = read_yaml(path, faults=faults)
    with faults.told_together():
        return _run_all(root, Path(path).parent, library, (at, known))


def _run_all(
    root: Node, folder: Path, library: Library | None, days: tuple[Moment | None, Moment | None]
) -> list[CaseResult]:
    faults = Faults()
    top = _mapping(root, faults)
    regimes = top.get("regime") or top.get("regimes")
    cases = top.get("cases")
    if regimes is None or cases is None or not isinstance(cases.value, list):
        faults.add(
            root.place,
            phrase("is no file of cases"),
            phrase("write 'regime: FILE' and a list 'cases'"),
        )
        faults.raise_if_any()
    assert regimes is not None  # noqa: S101 - refused above
    assert cases is not None  # noqa: S101
    names = regimes.value if isinstance(regimes.value, list) else [regimes]
    files = [folder / str(node.value) for node in names]
    own: Library | None = None
    try:
        own = library.only(_ids(library, files)) if library is not None else load_regimes(files)
    except BadInputError as error:  # the cases are read all the same, as far as that goes
        faults.found.extend(error.faults)
    base = plain_value(top["given"]) if "given" in top else {}
    assert isinstance(cases.value, list)  # noqa: S101 - refused above
    results = [_run(case, base, own, days, faults) for case in cases.value]
    faults.raise_if_any()
    return [result for result in results if result is not None]


def _ids(library: Library, files: list[Path]) -> list[str]:
    wanted = {file.stem for file in files}
    return [one.regime.id for one in library.checked if one.regime.id in wanted]


def _mapping(node: Node, faults: Faults) -> dict[str, Node]:
    if isinstance(node.value, dict):
        return node.value
    faults.add(
        node.place,
        phrase("is {kind}, not a mapping", kind=node.kind),
        phrase("write 'key: value' lines"),
    )
    return {}


def plain_value(node: Node) -> Any:
    """A node as plain values: dicts, lists, scalars."""
    if isinstance(node.value, dict):
        return {key: plain_value(inner) for key, inner in node.value.items()}
    if isinstance(node.value, list):
        return [plain_value(inner) for inner in node.value]
    return node.value


def merged(base: Any, over: Any) -> Any:
    """`over` laid on `base`: mappings key by key, everything else replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {key: merged(base.get(key), inner) for key, inner in over.items()}
    return over


def _run(
    node: Node,
    base: Any,
    library: Library | None,
    days: tuple[Moment | None, Moment | None],
    faults: Faults,
) -> CaseResult | None:
    fields = _mapping(node, faults)
    for key in fields:
        if key not in _KEYS:
            place = (node.keys or {}).get(key, node.place)
            faults.add(place, phrase("unknown key '{key}'", key=key), nearest(key, _KEYS))
    expect = _mapping(fields["expect"], faults) if "expect" in fields else {}
    if "expect" not in fields or ("at" not in fields and days[0] is None):
        faults.add(
            node.place,
            phrase("a case needs 'at' and 'expect'"),
            phrase("say the day and what must be so"),
        )
        return None
    _check_expected(fields["expect"], library, faults)
    at, known = _moments(fields, days, faults)
    stage = str(fields["stage"].value) if "stage" in fields else "order"
    if stage not in STAGES:
        faults.add(
            fields["stage"].place,
            phrase("{value} is no stage", value=f"'{stage}'"),
            nearest(stage, STAGES),
        )
        return None
    if at is None or library is None:
        return None
    assumed = frozenset(plain_value(fields["assume"])) if "assume" in fields else frozenset()
    given = merged(base, plain_value(fields["given"]) if "given" in fields else {})
    law = library.law(at, known, assumed)
    try:
        place = fields["given"].place if "given" in fields else node.place
        reader = CaseReader(library.checked, law.vocabulary)
        case = reader.read(given, locate=lambda path: _locate(fields.get("given"), path, place))
    except BadInputError as error:
        faults.found.extend(error.faults)
        return None
    accounts = _accounts(fields.get("accounts"), faults)
    decision = Decider(law, library.claims).decide(case, stage=stage, accounts=accounts)
    name = str(fields["name"].value) if "name" in fields else f"line {node.place.line}"
    result = CaseResult(name, node.place)
    for key, wanted in expect.items():
        for what, where in _differences(key, wanted, decision):
            result.differences.append(Difference(where, name, what))
    return result


def _check_expected(node: Node, library: Library | None, faults: Faults) -> None:
    """What is expected is a thing that can be: else a slip of the pen would hold by itself."""
    for key, inner in _mapping(node, Faults()).items():
        if key not in _EXPECT:
            place = (node.keys or {}).get(key, node.place)
            faults.add(place, phrase("unknown key '{key}'", key=key), nearest(key, _EXPECT))
        elif key in _WORDS:
            placed = inner.value.values() if isinstance(inner.value, dict) else [inner]
            for one in placed:
                if one.value is not None and one.value not in _WORDS[key]:
                    wrong = phrase("'{value}' is no outcome", value=one.raw or one.kind)
                    faults.add(one.place, wrong, nearest(one.raw, _WORDS[key]))
        if key in _BY_ITEM and library is not None and isinstance(inner.value, dict):
            known = _items(library)
            for name, place in (inner.keys or {}).items():
                if name not in known:
                    faults.add(
                        place,
                        phrase("no regime here has '{name}'", name=name),
                        nearest(name, known),
                    )


def _items(library: Library) -> set[str]:
    """Ids of what may have a finding or a leg, in any version."""
    found: set[str] = set()
    for one in library.checked:
        found |= one.rules.keys() | one.conditions.keys() | one.accounts.keys()
    return found


def _moments(
    fields: dict[str, Node], days: tuple[Moment | None, Moment | None], faults: Faults
) -> tuple[Moment | None, Moment | None]:
    """The days of one case: its own, else those given for cases that state none."""
    known = _day(fields, "known", faults)
    if "at" in fields:
        return _day(fields, "at", faults), known
    return days[0], days[1] if known is None else known


def _day(fields: dict[str, Node], key: str, faults: Faults) -> dt.date | None:
    if key not in fields:
        return None
    value = fields[key].value
    if isinstance(value, dt.date):
        return value
    faults.add(
        fields[key].place, phrase("'{value}' is no date", value=value), phrase("write YYYY-MM-DD")
    )
    return None


def _locate(node: Node | None, path: tuple[str, ...], fallback: Place) -> Place:
    place = fallback
    for key in path:
        if node is None or not isinstance(node.value, dict) or key not in node.value:
            break
        place = (node.keys or {}).get(key, place)
        node = node.value[key]
    return place


def _accounts(node: Node | None, faults: Faults) -> dict[str, AccountState] | None:
    if node is None:
        return None
    found = {}
    for name, inner in _mapping(node, faults).items():
        value = plain_value(inner)
        pair = value if isinstance(value, dict) else {"headroom": value}
        try:
            headroom = Fraction(pair["headroom"])
            found[name] = AccountState(headroom, Fraction(pair.get("overdue", 0)))
        except (KeyError, TypeError, ValueError):
            mend = phrase("write a number, or {{headroom: ..., overdue: ...}}")
            faults.add(inner.place, phrase("{name}: no headroom", name=name), mend)
    return found


def _differences(key: str, wanted: Node, decision: Decision) -> list[tuple[str, Place]]:
    place = wanted.place
    if key in ("verdict", "if_agreed", "max_quantity"):
        found: Any = getattr(decision, key)
        return _unequal(key, wanted.value, found, place)
    if key == "legs":
        return _legs(wanted, decision)
    if key == "missing":
        names = [name for f in decision.findings for name in f.missing]
        wants = plain_value(wanted)
        lacking = [name for name in wants if name not in names]
        return [(f"{name} is not named as missing", place) for name in lacking]
    inner = wanted.value if isinstance(wanted.value, dict) else {}
    result = []
    for name, node in inner.items():
        result += _one(key, name, node, decision)
    return result


def _one(key: str, name: str, node: Node, decision: Decision) -> list[tuple[str, Place]]:
    value = plain_value(node)
    if key == "facts":
        if name not in decision.facts:
            known = nearest(name, decision.facts)
            return [(f"no fact '{name}' is derived; {known}", node.place)]
        return _unequal(f"fact {name}", value, decision.facts[name], node.place)
    same = [f for f in decision.findings if f.item == name]
    finding = min(same, key=lambda f: _GRAVITY.index(f.outcome), default=None)
    if finding is None:
        if value in (None, "absent", "not_applicable"):  # nobody had heard of it by then
            return []
        return [(f"there is no finding '{name}'", node.place)]
    if key == "findings":
        return _unequal(f"finding {name}", value, finding.outcome, node.place)
    if key == "reasons":
        return _unequal(f"reason of {name}", value, finding.reason or None, node.place)
    if key == "opens_on":
        return _unequal(f"{name} opens on", str(value), finding.opens_on, node.place)
    if key == "keys":
        keys = sorted({c.key for chosen in finding.open_with for c in chosen})
        return _unequal(f"keys of {name}", sorted(value), keys, node.place)
    weakest = finding.weight.weakest if finding.weight else None
    found = f"{weakest.grade}" if weakest else None
    return _unequal(f"weakest link of {name}", value, found, node.place)


_GRAVITY = ("fail", "unknown", "pass", "settled", "not_due", "not_applicable")
"""A condition and its account share an id: the graver outcome is the one that counts."""


def _legs(wanted: Node, decision: Decision) -> list[tuple[str, Place]]:
    inner = wanted.value if isinstance(wanted.value, dict) else {}
    result = []
    if not inner and decision.legs:
        found = ", ".join(leg.item for leg in decision.legs)
        result.append((f"there are legs on {found}", wanted.place))
    for name, node in inner.items():
        leg = next((one for one in decision.legs if one.item == name), None)
        value = plain_value(node)
        if leg is None:
            if value not in (None, 0, "none"):
                result.append((f"there is no leg on '{name}'", node.place))
            continue
        factor = value["factor"] if isinstance(value, dict) else value
        result += _unequal(f"factor of {name}", factor, leg.factor, node.place)
        if isinstance(value, dict) and "account" in value:
            result += _unequal(f"account of {name}", value["account"], leg.account, node.place)
    return result


def _unequal(what: str, wanted: Any, found: Any, place: Place) -> list[tuple[str, Place]]:
    if _comparable(wanted) == _comparable(found):
        return []
    return [(f"{what} is {_text(found)}, not {_text(wanted)}", place)]


def _comparable(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal | Fraction):
        return Fraction(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if value == "unknown":
        return None
    return value


def _text(value: Any) -> str:
    return "unknown" if value is None else str(value)
