"""A private file fills what a regime does not disclose, for those who may read it.

```yaml
private: cn-chip-imports
rules:
  criteria: {require: order.truly_needed && application.quantity <= 50000}
rounds:
  batch:
    unpublished: 'order.truly_needed ? 60 : 10'
```

Only rules and criteria that the public file marks `undisclosed` can be filled. What is filled is
seen by the officers of the regime's gate alone, and the regime's digest says that it was filled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from interlock.files import Faults, Node, Place, digest_of, nearest, read_yaml
from interlock.files.phrases import phrase
from interlock.files.yaml import unknown_key
from interlock.law.compiling.checked import CheckedRound, CheckedRule
from interlock.law.compiling.checker import RegimeChecker
from interlock.law.library import Library
from interlock.law.model import Expression
from interlock.law.units import BARE

if TYPE_CHECKING:
    from pathlib import Path

    from interlock.law.compiling.checked import CheckedRegime

_KEYS = frozenset({"private", "rules", "rounds"})


def with_private(library: Library, path: Path) -> Library:
    """The library with one regime's undisclosed rules and criteria filled.

    Raises:
        BadInputError: every fault of the private file.
    """
    return filled(library, read_yaml(path))


def filled(library: Library, root: Node) -> Library:
    """The same with a private file that was read already.

    Raises:
        BadInputError: every fault of it.
    """
    faults = Faults()
    fields = root.value if isinstance(root.value, dict) else {}
    for key in fields:
        if key not in _KEYS:
            unknown_key(root, key, _KEYS, faults)
    name = str(fields["private"].value) if "private" in fields else ""
    found = next((one for one in library.checked if one.regime.id == name), None)
    if found is None:
        known = [one.regime.id for one in library.checked]
        place = fields["private"].place if "private" in fields else root.place
        faults.add(
            place, phrase("'{name}' is no regime that is loaded", name=name), nearest(name, known)
        )
        faults.raise_if_any()
    assert found is not None  # noqa: S101 - refused above
    made = _filled(found, root, fields, faults)
    faults.raise_if_any()
    checked = tuple(made if one is found else one for one in library.checked)
    return Library(checked, library.claims)


def _filled(
    checked: CheckedRegime, root: Node, fields: dict[str, Node], faults: Faults
) -> CheckedRegime:
    checker = RegimeChecker(checked.regime, faults)
    checker.run()
    officers = (f"officer:{checked.regime.gate}",)
    rules = dict(checked.rules)
    for name, node in _items(fields.get("rules"), faults):
        secret = [key for key, one in checked.rules.items() if one.require is None]
        require = node.value.get("require") if isinstance(node.value, dict) else None
        if name not in secret:
            faults.add(
                node.place,
                phrase("'{name}' is no undisclosed rule", name=name),
                nearest(name, secret),
            )
        elif require is None:
            faults.add(
                node.place,
                phrase("'{name}' says nothing", name=name),
                phrase("write {{require: ...}}"),
            )
        else:
            own = checked.rules[name]
            shown = replace(own.rule, visible_to=officers)
            rules[name] = CheckedRule(shown, own.when, checker.yes_no(_expression(require)))
    rounds = dict(checked.rounds)
    for name, node in _items(fields.get("rounds"), faults):
        if name not in rounds:
            faults.add(node.place, phrase("'{name}' is no round", name=name), nearest(name, rounds))
        else:
            rounds[name] = _round(rounds[name], node, checker, officers, faults)
    regime = replace(checked.regime, digest=f"{checked.regime.digest}+{digest_of(root)}")
    return replace(checked, regime=regime, rules=rules, rounds=rounds)


def _round(
    checked: CheckedRound,
    node: Node,
    checker: RegimeChecker,
    officers: tuple[str, ...],
    faults: Faults,
) -> CheckedRound:
    points = {c.id: p for c, p in zip(checked.round.criteria, checked.points, strict=True)}
    secret = [name for name, tree in points.items() if tree is None]
    for name, inner in _items(node, faults):
        if name not in secret:
            faults.add(
                inner.place,
                phrase("'{name}' is no undisclosed criterion", name=name),
                nearest(name, secret),
            )
        else:
            points[name] = checker.number(_expression(inner), BARE, checker.scope())
    shown = replace(checked.round, visible_to=officers)
    return replace(checked, round=shown, points=tuple(points.values()))


def _items(node: Node | None, faults: Faults) -> list[tuple[str, Node]]:
    if node is None:
        return []
    if not isinstance(node.value, dict):
        faults.add(
            node.place,
            phrase("is {kind}, not a mapping", kind=node.kind),
            phrase("write 'name: ...' lines"),
        )
        return []
    return list(node.value.items())


def _expression(node: Node) -> Expression:
    place: Place = node.body or node.place
    return Expression(node.source or node.raw, place)
