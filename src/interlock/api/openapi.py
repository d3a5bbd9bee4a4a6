"""The OpenAPI description: what the framework writes, and what it cannot know.

Errors are `application/problem+json`; moves take `Idempotency-Key` and `If-Match`; what shows one
thing carries its version as `ETag`; each tag says what its kind of thing is.
"""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI

from interlock.api.facts import facts_schemas
from interlock.api.schemas import REFUSED
from interlock.book.lifecycles import lifecycles

TAGS = {
    "people": "Users, their offices and their tokens.",
    "me": "Whoever asks.",
    "replay": "The book's history under proposed law, played by a job.",
}
PARTY = {
    "name": "X-Interlock-Party",
    "in": "header",
    "required": False,
    "description": "For a session: which of your parties you act for.",
    "schema": {"type": "string", "maxLength": 80, "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]*$"},
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your own id of this request: sent again, it gives the same answer and changes "
    "nothing more.",
    "schema": {"type": "string", "maxLength": 120, "pattern": "^[!-~]*$"},
}
MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that you read; if it changed since, nothing is done (412).",
    "schema": {"type": "string", "pattern": r'^((W/)?"[0-9]{1,9}"|\*)$'},
}
PARAMETERS = {"party": PARTY, "key": KEY, "match": MATCH}
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
ETAG = {"description": "The version of the thing.", "schema": {"type": "string"}}
REPLAYED = {
    "description": "`true` where the answer is that of an earlier request with the same key.",
    "schema": {"type": "string"},
}


class BookApi(NinjaAPI):
    """The API with its description made whole, once: making it takes a second or two."""

    _kept: Any = None

    def get_openapi_schema(self, *args: Any, **options: Any) -> Any:
        """The description; the same object each time, so nobody may change it."""
        if self._kept is None:
            self._kept = self._described(*args, **options)
        return self._kept

    def _described(self, *args: Any, **options: Any) -> Any:
        found = super().get_openapi_schema(*args, **options)
        for path in found["paths"].values():
            for method, operation in path.items():
                _complete(method, operation)
        kinds = {kind: life.says for kind, life in lifecycles().items()}
        used = {tag for path in found["paths"].values() for x in path.values() for tag in x["tags"]}
        found["tags"] = [
            {"name": tag, "description": (TAGS | kinds).get(tag, tag)} for tag in sorted(used)
        ]
        found["components"]["schemas"] |= facts_schemas()
        found["components"]["parameters"] = dict(PARAMETERS)
        found["components"]["responses"] = {
            "Problem": {"description": "A problem (RFC 9457).", "content": PROBLEM}
        }
        found["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        return found


def _complete(method: str, operation: dict[str, Any]) -> None:
    operation.setdefault("tags", ["book"])
    parameters = operation.setdefault("parameters", [])
    in_path = any(one["in"] == "path" for one in parameters)
    known = {one["name"] for one in parameters}
    added = ["party"]
    if method == "post":
        added += ["key", "match"] if in_path else ["key"]
    parameters += [
        {"$ref": f"#/components/parameters/{name}"}
        for name in added
        if PARAMETERS[name]["name"] not in known
    ]
    answers = operation["responses"]
    if REFUSED[0] in answers:
        answers |= dict.fromkeys(REFUSED)
    for status, response in answers.items():
        if int(status) >= 400:
            answers[status] = {"$ref": "#/components/responses/Problem"}
            continue
        content = response.get("content", {}).get("application/json", {})
        if _shows_a_thing(content.get("schema", {})):
            response["headers"] = {"ETag": ETAG}
            if method == "post":
                response["headers"]["Idempotency-Replayed"] = REPLAYED


def _shows_a_thing(schema: dict[str, Any]) -> bool:
    from interlock.book.models import THINGS  # noqa: PLC0415 - needs the apps

    names = {model.__name__ for model in THINGS.values()}
    return schema.get("$ref", "").rpartition("/")[2] in names
