"""Changing values of a scenario by their paths: variants, `--set`, sweeps.

The change is made in the tree of the file before it is read, so a changed value is judged by the
same reader as a written one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interlock.files import BadInputError, Fault, Place, nearest
from interlock.files.phrases import phrase
from interlock.files.plain import node_of
from interlock.lab.reading.parts import plain_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.files import Node


def varied(root: Node, variant: str) -> Node:
    """The tree of a scenario with one of its variants put in; empty = as written.

    Raises:
        BadInputError: it has no variant of this name.
    """
    if not variant:
        return root
    variants = _variants(root)
    if variant not in variants:
        place = (root.keys or {}).get("variants", root.place)
        wrong = phrase("there is no variant '{variant}'", variant=variant)
        raise BadInputError([Fault(place, wrong, nearest(variant, variants))])
    return with_values(root, variants[variant])


def _variants(root: Node) -> dict[str, dict[str, Any]]:
    """The variants as they stand; the reader judges their form."""
    node = root.value.get("variants") if isinstance(root.value, dict) else None
    inner = node.value if node is not None and isinstance(node.value, dict) else {}
    found: dict[str, dict[str, Any]] = {}
    for name, one in inner.items():
        given = one.value.get("set") if isinstance(one.value, dict) else None
        found[name] = plain_facts(given) if given is not None else {}
    return found


def with_values(root: Node, values: Mapping[str, Any]) -> Node:
    """The tree with other values.

    Args:
        root: of the file.
        values: path of a value, keys joined by dots and items of lists by their number from 0, to
            a plain value; `null` takes the key out.

    Raises:
        BadInputError: a path leads nowhere.
    """
    faults: list[Fault] = []
    for path, value in values.items():
        try:
            root = _changed(root, path.split("."), value, path)
        except KeyError as error:
            faults.append(
                Fault(
                    Place(path), phrase("there is no '{value}'", value=error.args[0]), error.args[1]
                )
            )
    if faults:
        raise BadInputError(faults)
    return root


def _changed(node: Node, keys: list[str], value: Any, path: str) -> Node:
    key, *rest = keys
    if isinstance(node.value, list):
        if not key.isdigit() or int(key) >= len(node.value):
            raise KeyError(key, phrase("write 0 to {last}", last=len(node.value) - 1))
        items = list(node.value)
        at = int(key)
        items[at] = _changed(items[at], rest, value, path) if rest else _made(value, path)
        return replace(node, value=items)
    inner = dict(node.value) if isinstance(node.value, dict) else None
    if inner is None:
        mend = phrase("the path goes on below a single value; leave its end out")
        raise KeyError(key, mend)
    if rest:
        if key not in inner:
            raise KeyError(key, nearest(key, inner))
        inner[key] = _changed(inner[key], rest, value, path)
    elif value is None:
        inner.pop(key, None)
    else:
        inner[key] = _made(value, path)
    places = {name: (node.keys or {}).get(name, Place(path)) for name in inner}
    return replace(node, value=inner, keys=places)


def _made(value: Any, path: str) -> Node:
    return node_of(value, path)
