"""JSON Schema of a regime file, for editors: made from the tables that the reader reads with.

It knows the form of a file. References, dates and names are the business of `interlock law check`.
"""

from __future__ import annotations

import json
from typing import Any

from interlock.law.reading.tables import REGIME


def regime_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12) of a regime file."""
    defs: dict[str, Any] = {}
    reference = REGIME.schema(defs)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A regime of Interlock",
        "description": "Law as data: one authority guarding one gate. See regime-file.md.",
        **reference,
        "$defs": dict(sorted(defs.items())),
    }


def regime_schema_text() -> str:
    """The text of `docs/reference/schemas/regime.json`."""
    return json.dumps(regime_schema(), indent=2, ensure_ascii=False) + "\n"
