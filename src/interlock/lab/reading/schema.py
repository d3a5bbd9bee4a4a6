"""JSON Schema of a scenario file, for editors: made from the tables that the reader reads with."""

from __future__ import annotations

import json
from typing import Any

from interlock.lab.reading.tables import SCENARIO


def scenario_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12) of a scenario file."""
    defs: dict[str, Any] = {}
    reference = SCENARIO.schema(defs)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of Interlock",
        "description": "One future that the lab can play. See scenario-file.md.",
        **reference,
        "$defs": dict(sorted(defs.items())),
    }


def scenario_schema_text() -> str:
    """The text of `docs/reference/schemas/scenario.json`."""
    return json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"
