"""How facts for a decision are sent: an object a line of NDJSON, or a row of a Parquet table.

What the objects and the columns hold is read from the vocabulary, as the reader of them does.
"""

from __future__ import annotations

import json
from typing import Any

from interlock.law.cases.schema import case_schema, row_schema

NDJSON, PARQUET = "application/x-ndjson", "application/vnd.apache.parquet"
_PLACE = "#/components/schemas/"


def facts_schemas() -> dict[str, Any]:
    """The schemas of a case and of a row, by their names among the API's components."""
    case = case_schema()
    inner: dict[str, Any] = case.pop("$defs")
    del case["$schema"]
    names = {f"#/$defs/{name}": f"{_PLACE}Facts{name.title()}" for name in inner}
    found = {"Facts": case, "FactsRow": row_schema()}
    found |= {f"Facts{name.title()}": schema for name, schema in inner.items()}
    text = json.dumps(found)
    for old, new in names.items():
        text = text.replace(json.dumps(old), json.dumps(new))
    made: dict[str, Any] = json.loads(text)
    return made


FACTS_BODY = {
    "required": True,
    "content": {
        NDJSON: {"schema": {"$ref": f"{_PLACE}Facts"}},
        PARQUET: {
            "schema": {
                "type": "string",
                "format": "binary",
                "description": "A table of cases, one a row; for officers and auditors.",
                "contentMediaType": PARQUET,
                "contentSchema": {"type": "array", "items": {"$ref": f"{_PLACE}FactsRow"}},
            }
        },
    },
}
"""The body of a request for decisions, as OpenAPI describes it."""
