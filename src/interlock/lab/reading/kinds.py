"""Kinds of value that only scenarios have: distributions, and facts of cases."""

# ruff: noqa: D102, ARG002 - `read` and `schema` are documented once, on the law's `Kind`

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from interlock.files.phrases import phrase, phrases
from interlock.files.yaml import unknown_key
from interlock.lab.model import Dist
from interlock.law.reading.kinds import Label, mistyped
from interlock.law.reading.numbers import Number, is_far

if TYPE_CHECKING:
    from interlock.files import Faults, Node
    from interlock.files.phrases import Phrase

NORMAL_95 = 1.6448536269514722
"""The standard normal quantile at 0.95: how far a 5th or 95th percentile is from the median."""

_FORMS: dict[str, tuple[frozenset[str], ...]] = {
    "uniform": (frozenset({"from", "to"}),),
    "normal": (frozenset({"mean", "sd"}), frozenset({"p05", "p95"})),
    "lognormal": (frozenset({"median", "sigma"}), frozenset({"p05", "p95"})),
    "exponential": (frozenset({"mean"}),),
    "triangular": (frozenset({"low", "mode", "high"}),),
}
_EXAMPLE = phrase("a number, or e.g. {{lognormal: {{median: 4000, sigma: 0.5}}}}")
_LOWER = phrase("write the lower one first")
_CUTS = ("min", "max")


@dataclass(frozen=True)
class Distribution:
    """A number, or how it is drawn; never below `low` and never above `high`."""

    low: float = 0.0
    high: float = 1e15

    def read(self, node: Node, label: Label, faults: Faults) -> Dist | None:
        if not isinstance(node.value, dict):
            plain = isinstance(node.value, int | Decimal) and not isinstance(node.value, bool)
            if not plain and not is_far(node):
                mistyped(
                    node,
                    label,
                    phrase("a number or a distribution"),
                    phrase("write {wanted}", wanted=_EXAMPLE),
                    faults,
                )
                return None
            number = self._number(node, label, faults)
            return None if number is None else Dist("fixed", (number,), self.low, self.high)
        names = [key for key in node.value if key not in _CUTS]
        known = {*_FORMS, "choice", *_CUTS}
        if len(names) != 1 or names[0] not in known:
            self._unknown(node, label, names, known, faults)
            return None
        low, high = (self._cut(node, key, faults) for key in _CUTS)
        low, high = max(self.low, low), min(self.high, high)
        inner = node.value[names[0]]
        made = (
            self._choice(inner, label, faults)
            if names[0] == "choice"
            else self._formed(names[0], inner, label, faults)
        )
        if made is None:
            return None
        if low > high:
            faults.add(
                node.place,
                phrase("{what} has a min above its max", what=label.words),
                phrase("write min below max"),
            )
            return None
        kind, parameters, choices = made
        return Dist(kind, parameters, low, high, choices)  # type: ignore[arg-type]

    def _number(self, node: Node, label: Label, faults: Faults) -> float | None:
        number = Number().read(node, label, faults)
        if number is None:
            return None
        if not self.low <= float(number) <= self.high:
            mend = phrase("write a number from {low:g} to {high:g}", low=self.low, high=self.high)
            faults.add(
                node.place, phrase("{what} is {value}", what=label.words, value=node.raw), mend
            )
            return None
        return float(number)

    def _cut(self, node: Node, key: str, faults: Faults) -> float:
        assert isinstance(node.value, dict)  # noqa: S101 - asked by the caller
        if key not in node.value:
            return -math.inf if key == "min" else math.inf
        found = Number().read(node.value[key], _label(key, node.value[key]), faults)
        return (-math.inf if key == "min" else math.inf) if found is None else float(found)

    def _unknown(
        self, node: Node, label: Label, names: list[str], known: set[str], faults: Faults
    ) -> None:
        assert isinstance(node.value, dict)  # noqa: S101 - asked by the caller
        odd = [name for name in names if name not in known]
        for name in odd:
            unknown_key(node, name, known, faults)
        if not odd:
            wrong = phrase("{what} names {count} distributions", what=label.words, count=len(names))
            faults.add(node.place, wrong, phrase("write one: {example}", example=_EXAMPLE))

    def _formed(
        self, kind: str, node: Node, label: Label, faults: Faults
    ) -> tuple[str, tuple[float, ...], tuple[tuple[float, float], ...]] | None:
        forms = _FORMS[kind]
        given = node.value if isinstance(node.value, dict) else {}
        if frozenset(given) not in forms:
            words = phrases(("{" + ", ".join(sorted(form)) + "}" for form in forms), " or ")
            faults.add(
                node.place,
                phrase("{what}: {kind} has other keys", what=label.words, kind=kind),
                phrase("write {wanted}", wanted=words),
            )
            return None
        numbers: dict[str, float] = {}
        for key, child in given.items():
            found = Number().read(child, _label(key, child), faults)
            if found is not None:
                numbers[key] = float(found)
        if len(numbers) < len(given):
            return None
        wrong = _wrong(kind, numbers)
        if wrong:
            faults.add(
                node.place, phrase("{what}: {wrong}", what=label.words, wrong=wrong[0]), wrong[1]
            )
            return None
        return kind, _parameters(kind, numbers), ()

    def _choice(
        self, node: Node, label: Label, faults: Faults
    ) -> tuple[str, tuple[float, ...], tuple[tuple[float, float], ...]] | None:
        mend = phrase(
            "write e.g. {{choice: [{{value: 1, chance: 0.3}}, {{value: 2, chance: 0.7}}]}}"
        )
        if not isinstance(node.value, list) or not node.value:
            mistyped(node, label, phrase("a list of choices"), mend, faults)
            return None
        found: list[tuple[float, float]] = []
        for child in node.value:
            inner = child.value if isinstance(child.value, dict) else {}
            if set(inner) != {"value", "chance"}:
                faults.add(
                    child.place, phrase("a choice has other keys than value and chance"), mend
                )
                continue
            value = self._number(inner["value"], _label("value", inner["value"]), faults)
            chance = Number(low=0, high=1).read(
                inner["chance"], _label("chance", inner["chance"]), faults
            )
            if value is not None and chance is not None:
                found.append((value, float(chance)))
        if len(found) < len(node.value):
            return None
        total = sum(chance for _, chance in found)
        if abs(total - 1) > 1e-9:
            wrong = phrase(
                "the chances of {what} add up to {total:g}", what=label.words, total=total
            )
            faults.add(node.place, wrong, phrase("write chances that add up to 1"))
            return None
        return "choice", (), tuple(found)

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        if "distribution" not in defs:
            number = {"type": "number"}
            forms: list[dict[str, Any]] = [number]
            cuts = dict.fromkeys(_CUTS, number)
            for kind, options in _FORMS.items():
                for option in options:
                    inner = {
                        "type": "object",
                        "properties": dict.fromkeys(sorted(option), number),
                        "required": sorted(option),
                        "additionalProperties": False,
                    }
                    forms.append(_form(kind, inner, cuts))
            pair = {
                "type": "object",
                "properties": {"value": number, "chance": {"minimum": 0, "maximum": 1} | number},
                "required": ["value", "chance"],
                "additionalProperties": False,
            }
            forms.append(_form("choice", {"type": "array", "items": pair, "minItems": 1}, cuts))
            defs["distribution"] = {"anyOf": forms}
        return {"$ref": "#/$defs/distribution"}


def _form(kind: str, inner: dict[str, Any], cuts: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {kind: inner, **cuts},
        "required": [kind],
        "additionalProperties": False,
    }


def _label(key: str, node: Node) -> Label:
    return Label(phrase("'{key}'", key=key), node.place)


def _wrong(kind: str, n: dict[str, float]) -> tuple[Phrase, Phrase] | None:
    if kind == "uniform" and n["from"] > n["to"]:
        return phrase("'{low}' is above '{high}'", low="from", high="to"), _LOWER
    if "p05" in n and n["p05"] > n["p95"]:
        return phrase("'{low}' is above '{high}'", low="p05", high="p95"), _LOWER
    if kind == "lognormal" and min(n.get("median", 1), n.get("p05", 1)) <= 0:
        return phrase("a lognormal number is above 0"), phrase("write a number above 0")
    if min(n.get("sd", 0), n.get("sigma", 0)) < 0:
        return phrase("a spread is not negative"), phrase("write 0 or more")
    if kind == "exponential" and n["mean"] < 0:
        return phrase("a mean of days or units is not negative"), phrase("write 0 or more")
    if kind == "triangular" and not (n["low"] <= n["mode"] <= n["high"] and n["low"] < n["high"]):
        wrong = phrase("low, mode and high do not rise")
        return wrong, phrase("write low <= mode <= high")
    return None


def _parameters(kind: str, n: dict[str, float]) -> tuple[float, ...]:
    if kind == "uniform":
        return n["from"], n["to"]
    if kind == "exponential":
        return (n["mean"],)
    if kind == "triangular":
        return n["low"], n["mode"], n["high"]
    if "p05" not in n:
        return (n["mean"], n["sd"]) if kind == "normal" else (n["median"], n["sigma"])
    low, high = n["p05"], n["p95"]
    if kind == "normal":
        return (low + high) / 2, (high - low) / (2 * NORMAL_95)
    return math.sqrt(low * high), math.log(high / low) / (2 * NORMAL_95)


@dataclass(frozen=True)
class CaseFacts:
    """Facts as a case gives them: nested names of the vocabulary. The law judges them later."""

    def read(self, node: Node, label: Label, faults: Faults) -> Node | None:
        if not isinstance(node.value, dict):
            mistyped(
                node,
                label,
                phrase("a mapping of facts"),
                phrase("write e.g. {{order: {{...}}}}"),
                faults,
            )
            return None
        return node

    def schema(self, defs: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object"}
