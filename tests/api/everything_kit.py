"""One thing of every kind, and every address of the API with values that fit its description."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from book_kit import NOW
from django.db import connection
from django.db.models import DateField, DateTimeField

from interlock.api.main import api as book_api
from interlock.book.acting import perform
from interlock.book.models import THINGS, ApiToken, Holder, Office, Replay, ReplayPart
from interlock.book.replays import nothing, parquet
from interlock.book.rights import JOBS
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.determinations import digest_of, key, statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from book_kit import World

    from interlock.book.models import Thing

DAY = NOW.date()
BUYER, SUPPLIER, PRODUCT = {"buyer_id": "bytedance"}, {"supplier_id": "nvidia"}, "h200-sxm"

# Kind -> state and fields. All of it is ByteDance's, with NVIDIA as supplier; what is at one gate
# alone is at the import gate.
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "screening": ("to_review", {"party_id": "bytedance", "as_of": DAY, "known": DAY,
                                "threshold": 0.8}),
    "round": ("open", {"gate": "import", "title": "First", "rule": "cn-chip-imports/first"}),
    "application": ("in_review", {
        "gate": "import", "applicant_id": "bytedance", "quantity": 10, "destination": "CN",
        "round_id": "it-round",
    }),
    "licence": ("issued", {"gate": "import", "quantity": 10, "issued_on": DAY,
                           "application_id": "it-application", "round_id": "it-round"}),
    "condition": ("proposed", {"licence_id": "it-licence", "condition_kind": "domestic-ratio",
                               "asked_by_id": "cn-authorities"}),
    "statement": ("filed", {"statement_kind": "necessity", "by_id": "bytedance", "filed_on": DAY,
                            **BUYER}),
    "order": ("placed", {**BUYER, **SUPPLIER, "product_id": PRODUCT, "quantity": 10,
                         "placed_on": DAY, "destination": "CN"}),
    "run": ("proposed", {**SUPPLIER, "product_id": PRODUCT, "at": DAY, "rule": "proportional"}),
    "allocation": ("reserved", {"order_id": "it-order", "quantity": 10, "left": 10}),
    "shipment": ("prepared", {"order_id": "it-order", "allocation_id": "it-allocation",
                              "quantity": 5, "origin": "US"}),
    "certificate": ("filed", {"shipment_id": "it-shipment", "certificate_kind": "test",
                              "number": "1", "issued_on": DAY}),
    "stock": ("received", {**SUPPLIER, "product_id": PRODUCT, "quantity": 10, "received_on": DAY}),
    "domestic_shipment": ("reported", {"exporter_id": "nvidia", "product_id": PRODUCT,
                                       "customer": "x", "quantity": 5, "first_day": DAY,
                                       "last_day": DAY}),
    "entry": ("declared", {"shipment_id": "it-shipment", "quantity": 5, "declared_on": DAY}),
    "hold": ("placed", {"entry_id": "it-entry", "reason": "x"}),
    "purchase": ("filed", {**BUYER, "product_id": PRODUCT, "quantity": 5, "counts_for": 2026,
                           "bought_on": DAY}),
    "discrepancy": ("open", {"about_kind": "entry", "about": "it-entry"}),
    "check": ("planned", {"gate": "import", "party_id": "bytedance", "shipment_id": "it-shipment"}),
    "claim": ("stands", {"known_on": DAY}),
    "webhook": ("active", {"party_id": "bytedance", "url": "https://example.org/x",
                           "secret": "whsec_x"}),
}  # fmt: skip


def of_another(world: World, firm: str) -> dict[str, str]:
    """The same things, all of them another firm's alone: kind -> id."""

    def turned(value: Any) -> Any:
        known = {"bytedance": firm, "nvidia": firm}
        if isinstance(value, str):
            return known.get(value, f"ot-{value[3:]}" if value.startswith("it-") else value)
        return value

    rows = {
        kind: (state, {name: turned(value) for name, value in values.items()})
        for kind, (state, values) in ROWS.items()
    }
    return _made(world, rows, firm, "ot")


def one_of_each(world: World, more: str = "") -> dict[str, str]:
    """Make one thing of every kind; kind -> id. `world` has entered parties and the product.

    With `more`, another one of each but those: its id and what it refers to end in that.
    """
    rows = {
        kind: (state, {
            name: f"{one}{more}" if str(one).startswith("it-") else one
            for name, one in values.items()
        })
        for kind, (state, values) in ROWS.items()
    }  # fmt: skip
    found = _made(world, rows, "bytedance", "it", more)
    found["determination"] = _determination(world, more)
    _replay(world, more)
    assert set(found) == set(THINGS), "a new kind of thing needs a row here"
    return found


def _made(
    world: World,
    rows: dict[str, tuple[str, dict[str, Any]]],
    firm: str,
    mark: str,
    more: str = "",
) -> dict[str, str]:
    found = {"party": firm, "product": PRODUCT}
    things: list[Thing] = []
    for kind, (state, values) in rows.items():
        model = THINGS[kind]
        times = {
            one.name: world.now if isinstance(one, DateTimeField) else DAY
            for one in model._meta.concrete_fields
            if isinstance(one, DateField) and not one.null
        }
        thing = model(id=f"{mark}-{kind}{more}", state=state, version=1, **(times | values))
        thing.save(force_insert=True)
        found[kind] = thing.pk
        things.append(thing)
        if kind in ("application", "licence"):
            thing.products.set([PRODUCT])  # type: ignore[attr-defined]
        if kind == "licence":
            Holder.objects.create(licence_id=thing.pk, party_id=firm)
        if kind == "discrepancy":
            thing.parties.set([firm])  # type: ignore[attr-defined]
    perform(JOBS, lambda act: [act.log(one, "made") for one in things], now=world.now)
    return found


def _determination(world: World, more: str = "") -> str:
    """One as the buyer signed it, put at the import gate, and signed anew as it stands then."""
    values = {"id": f"it-determination{more}", "order": f"it-order{more}", "stage": "order"}
    row = world.do(world.buyer, "determination.sign", **values)
    row.gate = "import"
    row.digest = digest_of(row)
    row.signature = b64encode(key().sign(statement(row).encode())).decode()
    row.save()
    return str(row.pk)


REPLAY = "it-replay"
NOTHING_CHANGES: dict[str, Any] = {
    "laws": {"before": {}, "after": {}}, "decisions": 0, "unread": [],
    "verdicts": {"before": {}, "after": {}}, "ways": [], "gates": [], "rules": [], "buyers": [],
    "changed": {"decisions": 0, "units": 0, "at_a_gate": 0}, "accounts": None,
}  # fmt: skip


def _replay(world: World, more: str) -> None:
    """A replay that the import gate's office asked for: no thing of the book, and no firm's."""
    row = Replay.objects.create(
        name=f"{REPLAY}{more}", by=world.cn_officer.name, party_id=world.cn_officer.party,
        gate="import", roles=sorted(world.cn_officer.roles), state="done", done=1, of=1,
        asked_at=NOW, ended_at=NOW, result=json.dumps(NOTHING_CHANGES),
    )  # fmt: skip
    ReplayPart.objects.create(replay=row, first=0, table=parquet(nothing()))


def everything() -> tuple[Any, ...]:
    """Counts of all the book's tables and the last change of the audit log: what may not move."""
    with connection.cursor() as cursor:
        names = [
            name for name in connection.introspection.table_names(cursor)
            if not name.startswith(("django_session", "sqlite_"))
        ]  # fmt: skip
        counts = []
        for name in sorted(names):
            cursor.execute(f'SELECT COUNT(*) FROM "{name}"')
            counts.append((name, cursor.fetchone()[0]))
    versions = [
        list(model._default_manager.order_by("pk").values_list("pk", "version", "state"))
        for model in THINGS.values()
    ]
    entries = ledger().entries()
    return counts, versions, entries[-1].change if entries else ""


@dataclass
class Call:
    """One address with values that fit."""

    method: str
    path: str
    where: str
    operation: str
    kind: str
    body: Any = None
    raw: bool = False
    query: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)


SCHEMA = book_api.get_openapi_schema()
WORDS = {path.split("/")[3]: None for path in SCHEMA["paths"]}


def calls(ids: dict[str, str]) -> list[Call]:
    """Every address and method of the API."""
    return list(_calls(ids))


def _calls(ids: dict[str, str]) -> Iterator[Call]:
    from interlock.api.addresses import plural

    kinds = {plural(kind): kind for kind in THINGS}
    places = ids | {
        "username": "ivy",
        "office": str(Office.objects.order_by("pk").values_list("pk", flat=True)[0]),
        "prefix": ApiToken.objects.order_by("pk").values_list("prefix", flat=True).first() or "x",
    }
    for path, methods in SCHEMA["paths"].items():
        kind = kinds.get(path.split("/")[3], "")
        for method, operation in methods.items():
            where, query, own = path.removeprefix("/api/v1"), {}, {}
            for one in operation["parameters"]:
                if one.get("in") == "path":
                    name = one["name"]
                    value = ids[kind] if name == "id" and kind else places.get(name, "1")
                    value = REPLAY if path.startswith("/api/v1/replays/") else value
                    where, own[name] = where.replace(f"{{{name}}}", value), value
                elif one.get("in") == "query" and one.get("required"):
                    query[one["name"]] = places.get(one["name"], sample(one["schema"], one["name"]))
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            body = sample(schema, "", ids) if schema else None
            yield Call(method.upper(), path, where, operation["operationId"], kind, body,
                       schema is None, query, own)  # fmt: skip


REFERENCES = {
    "buyer": "bytedance", "supplier": "nvidia", "exporter": "nvidia", "product": PRODUCT,
    "by": "bytedance", "party": "bytedance", "asked_by": "cn-authorities", "applicant": "bytedance",
    "id": "", "catalogue_name": "H200 SXM",
}  # fmt: skip


def sample(schema: dict[str, Any], name: str, ids: dict[str, str] | None = None) -> Any:
    """The smallest value that a schema takes; references by their names are to things there are."""
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        return sample(SCHEMA["components"]["schemas"][target], name, ids)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for one in ("anyOf", "oneOf", "allOf"):
        if one in schema:
            return sample(schema[one][0], name, ids)
    kind = schema.get("type")
    if kind == "object":
        required = schema.get("required", [])
        return {x: sample(schema["properties"][x], x, ids) for x in required}
    if kind == "array":
        item = schema.get("items", {})
        return [sample(item, name.removesuffix("s"), ids)] * schema.get("minItems", 0)
    if kind == "integer":
        return max(int(schema.get("minimum", 0)), int(schema.get("exclusiveMinimum", 0)) + 1)
    if kind == "number":
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    if kind == "string":
        return _text(schema, name, ids or {})
    return {}


def _text(schema: dict[str, Any], name: str, ids: dict[str, str]) -> str:
    formats = {"date": "2026-02-10", "date-time": "2026-02-10T00:00:00Z",
               "uri": "https://example.org/"}  # fmt: skip
    if schema.get("format") in formats:
        return formats[schema["format"]]
    if name in REFERENCES:
        return REFERENCES[name] or "new-1" * bool(schema.get("minLength"))
    if name in ids:
        return ids[name]
    pattern = schema.get("pattern", "")
    if "[A-Z]{2}" in pattern:
        return "CN"
    if "0-9" in pattern and "A-Z" not in pattern.upper().replace("A-ZA-Z", ""):
        return "1"
    return "x" * max(1, schema.get("minLength", 1))


def send(api: Any, call: Call, who: Any) -> Any:
    """Send a call as somebody."""
    from urllib.parse import urlencode

    where = call.where + (f"?{urlencode(call.query)}" if call.query else "")
    return api.call(call.method, where, who, call.body)


def text(value: Any) -> str:
    """A value for a message."""
    return json.dumps(value, default=str)[:300]
