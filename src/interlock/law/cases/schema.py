"""The JSON Schema of a case: what `interlock decide` takes, one object a line.

Generated from the vocabulary. A regime may add names of its own, so objects stay open here; the
reader itself refuses a name that nobody knows.
"""

from __future__ import annotations

import json
from typing import Any

from interlock.law.cases.licences import CONDITION_STATUS
from interlock.law.cases.reader import PRODUCT_KEYS
from interlock.law.compiling.compiled import GATES
from interlock.law.model import STAGES
from interlock.law.vocabulary import Entry, vocabulary

_TYPES: dict[str, dict[str, Any]] = {
    "bool": {"type": ["boolean", "null"]},
    "text": {"type": ["string", "null"], "minLength": 1},
    "texts": {"type": ["array", "null"], "items": {"type": "string"}},
    "date": {"type": ["string", "null"], "format": "date"},
}


def case_schema() -> dict[str, Any]:
    """The schema of one case (JSON Schema 2020-12)."""
    words = vocabulary()
    things: dict[str, Any] = {}
    for entry in words.entries.values():
        _put(things, entry.name.split("."), _value(entry))
    properties = {name: {"type": ["object", "null"], **inner} for name, inner in things.items()}
    licence = properties.pop("licence")
    licence["properties"]["conditions"] = {"type": "array", "items": {"$ref": "#/$defs/condition"}}
    for role in words.roles:
        properties[role]["properties"] |= {
            "aliases": {"type": "array", "items": {"type": "string"}},
            "owners": {"type": "array", "items": {"$ref": "#/$defs/owner"}},
        }
        properties[role] = {"anyOf": [{"type": "string"}, properties[role]]}
    product = properties["product"]
    # Anything; `true` says the same, and generators of clients do not read it.
    product["properties"] |= {name: {} for name in PRODUCT_KEYS}
    properties["product"] = {"anyOf": [{"type": "string"}, product]}
    moment = {"type": ["string", "null"], "description": "YYYY-MM-DD, or an instant with an offset"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A case for interlock decide",
        "description": "One object a line. What is left out, or null, is not known.",
        "type": "object",
        "properties": {
            "id": {"type": ["string", "number"]},
            "stage": {"enum": [*STAGES, None]},
            "at": moment,
            "known": moment,
            "waivers": {"type": ["array", "null"], "items": {"$ref": "#/$defs/waiver"}},
            "licence": {
                "description": "by gate",
                "type": ["object", "null"],
                "additionalProperties": licence,
            },
            **properties,
        },
        "$defs": _definitions(),
    }


def row_schema() -> dict[str, Any]:
    """The schema of one row of a table of cases: the same names with dots, flat.

    Licences are named by their gate. A regime's conditions add columns of their own, so it stays
    open; the intake refuses a column that nobody knows.
    """
    columns: dict[str, Any] = {"id": {"type": ["string", "integer", "null"]}}
    for entry in vocabulary().entries.values():
        thing, _, rest = entry.name.partition(".")
        names = [f"licence.{gate}.{rest}" for gate in GATES] if thing == "licence" else [entry.name]
        columns |= dict.fromkeys(names, _value(entry))
    return {
        "title": "A row of a table of cases",
        "description": "A column that is left out, or null, is not known.",
        "type": "object",
        "properties": columns,
    }


def _put(things: dict[str, Any], path: list[str], value: dict[str, Any]) -> None:
    inner = things.setdefault(path[0], {"properties": {}})
    for name in path[1:-1]:
        nested = {"type": "object", "properties": {}}
        inner = inner["properties"].setdefault(name, nested)
    inner["properties"][path[-1]] = value


def _value(entry: Entry) -> dict[str, Any]:
    described = {"description": entry.meaning}
    if entry.values:
        return {"enum": [*entry.values, None], **described}
    if entry.type != "number":
        return {**_TYPES[entry.type], **described}
    kind = "number" if entry.places else "integer"
    unit = f"{entry.meaning}; {entry.unit}, at most {entry.places} decimal places"
    return {"type": [kind, "null"], "minimum": 0, "description": unit}


def _definitions() -> dict[str, Any]:
    return {
        "condition": {
            "type": "object",
            "required": ["kind", "status"],
            "properties": {
                "kind": {"type": "string"},
                "status": {"enum": list(CONDITION_STATUS)},
                "parameters": {"type": "object"},
                "asked_by": {"type": ["string", "null"]},
                "claims": {"type": "array", "items": {"type": "string"}},
            },
            "additionalProperties": False,
        },
        "owner": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "name": {"type": "string"},
                "share": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
                "owners": {"type": "array", "items": {"$ref": "#/$defs/owner"}},
            },
        },
        "waiver": {
            "type": "object",
            "required": ["rule", "by"],
            "properties": {
                "rule": {"type": "string", "description": "<regime>/<rule>"},
                "by": {"type": "string"},
                "consent": {"type": "array", "items": {"type": "string"}},
            },
        },
    }


def case_schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(case_schema(), indent=2, ensure_ascii=False) + "\n"
