"""Decisions on facts of one's own, loads, and accounts, over the API."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import polars as pl
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from interlock.api.main import api as book_api
from interlock.book.models import Order
from interlock.law.cases.schema import case_schema

if TYPE_CHECKING:
    from api_kit import Api
    from pytest_django.fixtures import SettingsWrapper

NDJSON, PARQUET = "application/x-ndjson", "application/vnd.apache.parquet"
CASE = {
    "id": "c-1", "product": {"name": "H200 SXM"}, "order": {"destination": "CN"},
    "shipment": {"origin": "US"}, "transaction": {"kind": "export"},
}  # fmt: skip


def lines(*cases: dict) -> bytes:
    return "".join(json.dumps(case) + "\n" for case in cases).encode()


def test_lines_are_decided_in_their_order(api: Api) -> None:
    body = lines(CASE, CASE | {"id": "c-2", "product": {"name": "B200"}})
    answer = api.send("/decide?at=2026-02-10", api.world.officer, body, NDJSON)
    assert (answer.status_code, answer["Content-Type"]) == (200, NDJSON)
    found = [json.loads(line) for line in answer.content.splitlines()]
    assert [x["id"] for x in found] == ["c-1", "c-2"]
    assert [x["facts"]["review_policy"] for x in found] == [
        "case_by_case", "presumption_of_denial",
    ]  # fmt: skip
    known = api.send(
        "/decide?at=2026-01-20&known=2026-01-12", api.world.officer, lines(CASE), NDJSON
    )
    assert json.loads(known.content)["facts"]["review_policy"] == "presumption_of_denial"


def test_faults_of_lines_are_told_with_their_places(api: Api) -> None:
    body = lines(CASE | {"order": {"destinaton": "CN"}}) + b"{broken\n"
    answer = api.send("/decide", api.world.officer, body, NDJSON)
    assert answer.status_code == 422
    assert [x["pointer"] for x in answer.json()["errors"]] == ["/1/58", "/2/2"]
    assert answer.json()["detail"] == "2 faults; nothing was taken"
    body = b'{"id": "a\\u0000b", "transaction": {"date": "2026-2-1"}}\n'
    errors = api.send("/decide", api.world.officer, body, NDJSON).json()["errors"]
    assert [(x["pointer"], x["detail"]) for x in errors] == [
        ("/1/2", "id: holds the character U+0000; take the character out"),
        ("/1/36", "transaction.date: '2026-2-1' is no date; write YYYY-MM-DD"),
    ]
    one = api.send("/decide", api.world.officer, b"{broken\n", NDJSON)
    assert one.json()["detail"] == "1 fault; nothing was taken"


def test_bytes_that_are_no_text_are_a_fault_of_the_request(api: Api) -> None:
    answer = api.send("/decide", api.world.officer, lines(CASE) + b"\xff", NDJSON)
    assert (answer.status_code, "is not UTF-8" in answer.content.decode()) == (422, True)
    marked = b"\xef\xbb\xbf" + lines(CASE)
    assert api.send("/decide", api.world.officer, marked, NDJSON).status_code == 200


def test_a_table_is_decided_for_officers_and_no_firm(api: Api) -> None:
    frame = pl.DataFrame(
        {"id": ["a", "b"], "product.name": ["H200 SXM", "B200"], "order.destination": ["CN", "CN"]}
    )
    out = io.BytesIO()
    frame.write_parquet(out)
    path = "/decide?at=2026-02-10"
    answer = api.send(path, api.world.officer, out.getvalue(), PARQUET)
    assert answer.status_code == 200
    decided = pl.read_parquet(io.BytesIO(answer.content))
    assert decided["id"].to_list() == ["a", "b"]
    assert decided["verdict"].to_list() == ["shut", "unknown"]
    assert api.send(path, api.world.buyer, out.getvalue(), PARQUET).status_code == 403
    assert api.send(path, api.world.officer, b"junk", PARQUET).status_code == 422
    assert api.send(path, api.world.officer, b"junk", "text/plain").status_code == 415


def described(name: str) -> Draft202012Validator:
    """A schema of the API's description, by its name."""
    whole = Resource.from_contents(book_api.get_openapi_schema(), DRAFT202012)
    place = f"urn:api#/components/schemas/{name}"
    return Draft202012Validator({"$ref": place}, registry=Registry([("urn:api", whole)]))


def test_the_description_says_what_facts_a_decision_takes(api: Api) -> None:
    operation = book_api.get_openapi_schema()["paths"]["/api/v1/decide"]["post"]
    content = operation["requestBody"]["content"]
    assert set(content) == {NDJSON, PARQUET}
    assert content[NDJSON]["schema"] == {"$ref": "#/components/schemas/Facts"}
    row = content[PARQUET]["schema"]["contentSchema"]["items"]
    assert row == {"$ref": "#/components/schemas/FactsRow"}
    # It is the schema of a case that is kept with the vocabulary, and takes and refuses the same.
    own = Draft202012Validator(case_schema())
    owned = {"owners": [{"id": "x", "owners": [{"id": "y", "share": 0.5}]}]}
    for case, fits in (
        (CASE, True),
        (CASE | {"buyer": owned}, True),
        (CASE | {"buyer": {"owners": [{"id": 1}]}}, False),
        (CASE | {"order": {"quantity": "ten"}}, False),
        (CASE | {"transaction": {"kind": "gift"}}, False),
        (CASE | {"waivers": [{"rule": "x/y"}]}, False),
    ):
        assert (described("Facts").is_valid(case), own.is_valid(case)) == (fits, fits), case
    body = lines(CASE | {"order": {"quantity": "ten"}})
    assert api.send("/decide", api.world.officer, body, NDJSON).status_code == 422


def type_of(column: dict) -> pl.DataType:
    """The type of a column as its schema says it."""
    kind = "string" if "enum" in column else next(x for x in column["type"] if x != "null")
    if column.get("format") == "date":
        return pl.Date()
    kinds = {"boolean": pl.Boolean(), "array": pl.List(pl.String), "number": pl.Float64(),
             "integer": pl.Int64(), "string": pl.String()}  # fmt: skip
    return kinds[kind]


def test_every_column_that_is_described_is_read_from_a_table(api: Api) -> None:
    columns = described("FactsRow")
    names = book_api.get_openapi_schema()["components"]["schemas"]["FactsRow"]["properties"]
    assert len(names) > 150
    given = {"id": "a", "product.name": "H200 SXM", "licence.import.quantity": 10}
    assert set(given) <= set(names)
    assert columns.is_valid(given)
    assert not columns.is_valid(given | {"order.quantity": "ten"})
    out = io.BytesIO()
    # Every other column is there with the type that is described, and says nothing.
    unknown = [pl.Series(name, [None], type_of(one)) for name, one in names.items()
               if name not in given]  # fmt: skip
    frame = pl.DataFrame({name: [value] for name, value in given.items()})
    frame.with_columns(unknown).write_parquet(out)
    path = "/decide?at=2026-02-10"
    answer = api.send(path, api.world.officer, out.getvalue(), PARQUET)
    assert answer.status_code == 200, answer.content
    assert pl.read_parquet(io.BytesIO(answer.content))["id"].to_list() == ["a"]
    out = io.BytesIO()
    pl.DataFrame({"id": ["a"], "order.quantty": [1]}).write_parquet(out)
    assert api.send(path, api.world.officer, out.getvalue(), PARQUET).status_code == 422


def test_a_table_of_orders_is_loaded_once(api: Api) -> None:
    row = {
        "id": "n-1", "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
        "quantity": 5, "destination": "CN",
    }  # fmt: skip
    body = lines(row, row | {"id": "n-2"})
    first = api.send("/orders/load?name=mine", api.world.buyer, body, NDJSON)
    assert (first.status_code, first.json()["written"]) == (200, 2)
    again = api.send("/orders/load?name=mine", api.world.buyer, body, NDJSON)
    assert (again.json()["written"], again.json()["already"]) == (0, 2)
    wrong = api.send(
        "/orders/load?name=mine", api.world.buyer, lines(row | {"quantity": 0}), NDJSON
    )
    assert wrong.status_code == 422
    assert "quantity: '0'" in wrong.json()["errors"][0]["detail"]
    assert (
        api.send("/orders/load", api.world.rival, lines(row | {"id": "x"}), NDJSON).status_code
        == 422
    )
    assert Order.objects.count() == 2


def test_a_table_that_unpacks_to_too_much_is_refused_unread(
    api: Api, settings: SettingsWrapper
) -> None:
    """A few kilobytes that say a hundred megabytes; the same file is read where that is allowed."""
    settings.UNPACKED_LIMIT_MB = 50
    world, out = api.world, io.BytesIO()
    row = {
        "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm", "quantity": 8,
        "destination": "CN",
    }  # fmt: skip
    pl.DataFrame([row | {"id": "big", "end_use": "x" * 100_000_000}]).write_parquet(out)
    data = out.getvalue()
    assert len(data) < 200_000
    for path, who in (("/orders/load", world.buyer), ("/decide", world.officer)):
        answer = api.send(path, who, data, PARQUET)
        assert answer.status_code == 422, answer.content
        assert "unpacks to 1 rows of 100,0" in answer.content.decode()
        broken = api.send(path, who, data[:-40], PARQUET)
        assert broken.status_code == 422, broken.content
    assert Order.objects.count() == 0
    settings.UNPACKED_LIMIT_MB = 1024
    too_long = api.send("/orders/load", world.buyer, data, PARQUET)
    assert "2,000 characters" in too_long.content.decode()
