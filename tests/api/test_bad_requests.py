"""What cannot be read or held is a problem with its place, never a fault, and changes nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client
from pydantic import ValidationError

from interlock.api.main import api as book_api
from interlock.api.problems import HANDLERS, MENDS, TYPES
from interlock.book.models import Order
from interlock.book.selectors.accounts import ledger
from interlock.book.services import SERVICES

if TYPE_CHECKING:
    from api_kit import Api

ORDER = {
    "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm", "quantity": 5,
    "destination": "CN",
}  # fmt: skip
DEEP: Any = 1
for _ in range(40):
    DEEP = [DEEP]


def raw(api: Api, data: bytes | str, content_type: str = "application/json") -> Any:
    """POST /orders with a body as it is."""
    sent = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return api.client.generic(
        "POST", "/api/v1/orders", sent, content_type=content_type,
        headers={"Authorization": f"Bearer {api.token(api.world.buyer)}"},
    )  # fmt: skip


def refused(api: Api, answer: Any, status: int, kind: str) -> dict[str, Any]:
    """It is that problem, and nothing was written."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"/docs/problems#{kind}"
    assert Order.objects.count() == 0
    assert not [x for x in ledger().entries() if x.kind == "order.place"]
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 422, "bad-input"),
        (b"{", 400, "request"),
        (b"\xff\xfe", 400, "request"),
        (b'{"buyer": "\xc3"}', 400, "request"),
        (b"[" * 100_000, 400, "request"),
        (b'{"quantity": ' + b"9" * 5000 + b"}", 400, "request"),
        (b'{"quantity": NaN}', 400, "request"),
        (b'{"weight": 1, "weight": 2}', 400, "request"),
        (b"[]", 422, "bad-input"),
        (b"null", 422, "bad-input"),
        (b'"text"', 422, "bad-input"),
    ],
    ids=lambda one: str(one)[:20],
)
def test_a_body_that_is_no_json_object(api: Api, body: bytes, status: int, kind: str) -> None:
    refused(api, raw(api, body), status, kind)


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"end_use": "a\x00b"}, "/end_use"),
        ({"end_use": "\ud800"}, "/end_use"),
        ({"end_use": "\x1b[2J"}, "/end_use"),
        ({"facts": {"order": {"x": "\x00"}}}, "/facts/order/x"),
        ({"facts": {"a\x00": 1}}, "/facts"),
        ({"facts": {"order": [1, {"n": 10**30}]}}, "/facts/order/1/n"),
        ({"facts": DEEP}, None),
        ({"facts": {"deep": DEEP}}, None),
        ({"quantity": 10**19}, "/quantity"),
        ({"quantity": 10**13}, "/quantity"),
        ({"quantity": 1.5}, "/quantity"),
        ({"quantity": True}, "/quantity"),
        ({"weight": "NaN"}, "/weight"),
        ({"weight": "1e400"}, "/weight"),
        ({"effective": "0001-01-01T00:00:00+14:00"}, "/effective"),
        ({"effective": "2026-01-01T00:00:00"}, "/effective"),
        ({"effective": "9999-12-31T23:59:59-14:00"}, "/effective"),
        ({"placed_on": "0000-00-00"}, "/placed_on"),
        ({"buyer": "x" * 81}, "/buyer"),
        ({"buyer": "a/b"}, "/buyer"),
        ({"destination": "cn"}, "/destination"),
        ({"colour": "red"}, "/colour"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_a_value_that_no_book_holds_names_its_place(
    api: Api, values: dict[str, Any], pointer: str | None
) -> None:
    found = refused(api, raw(api, json.dumps(ORDER | values)), 422, "bad-input")
    if pointer is not None:
        assert pointer in [x["pointer"] for x in found["errors"]]


def test_what_is_missing_is_asked_for_and_a_day_before_any_book_is_refused(api: Api) -> None:
    given = {name: value for name, value in ORDER.items() if name != "quantity"}
    for body, place, says in (
        (given, "/quantity", "is required and was not given; send it in the body"),
        (ORDER | {"placed_on": "0001-01-01"}, "/placed_on", "write a day from 1970 to 9000"),
        (ORDER | {"effective": "9999-01-01T00:00:00Z"}, "/effective", "from 1970 to 9000"),
    ):
        (fault,) = refused(api, raw(api, json.dumps(body)), 422, "bad-input")["errors"]
        assert fault["pointer"] == place
        assert says in fault["detail"]


def test_infinity_by_a_large_exponent_is_refused(api: Api) -> None:
    body = json.dumps(ORDER)[:-1] + ', "facts": {"order": {"x": 1e999}}}'
    refused(api, raw(api, body), 422, "bad-input")


def test_the_same_values_are_refused_without_the_api(api: Api) -> None:
    from pydantic import ValidationError

    from interlock.book.services import do

    for values in ({"end_use": "a\x00b"}, {"facts": {"x": float("nan")}}, {"facts": {"x": 2**70}}):
        with pytest.raises(ValidationError):
            do(api.world.buyer, "order.place", "", ORDER | values, now=api.world.now)
    assert Order.objects.count() == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data",
                                  "application/x-www-form-urlencoded"])  # fmt: skip
def test_a_body_of_another_type_is_415(api: Api, kind: str) -> None:
    refused(api, raw(api, json.dumps(ORDER), kind), 415, "wrong-type")


def test_a_large_body_is_413_and_a_huge_one_too(api: Api, settings: Any) -> None:
    settings.BODY_LIMIT_KB = 2
    body = json.dumps(ORDER | {"end_use": "x" * 2000})
    refused(api, raw(api, body), 413, "too-large")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    refused(api, raw(api, body), 413, "too-large")


@pytest.mark.parametrize(
    "query",
    ["state=flying", "limit=0", "limit=x", "limit=99999999999999999999", "cursor=%00",
     "buyer=%00", "cursor=" + "x" * 300],
)  # fmt: skip
def test_a_query_that_cannot_be_meant_is_422(api: Api, query: str) -> None:
    refused(api, api.get(f"/orders?{query}", api.world.buyer), 422, "bad-input")


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "99999999999999999999", "%00", "%F0"])
def test_a_filter_of_numbers_takes_numbers(api: Api, value: str) -> None:
    answer = api.get(f"/purchases?counts_for={value}", api.world.buyer)
    refused(api, answer, 422, "bad-input")


@pytest.mark.parametrize("pk", ["%00", "a%20b", "x" * 200, "%ED%A0%80", "..", "%2e%2e", "'--"])
def test_an_id_that_cannot_be_one(api: Api, pk: str) -> None:
    answer = api.get(f"/orders/{pk}", api.world.buyer)
    assert answer.status_code in (404, 422), answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("name", "value"),
    [("Idempotency-Key", "k\x00"), ("Idempotency-Key", "ü"), ("Idempotency-Key", "k" * 121),
     ("If-Match", '"' + "9" * 5000 + '"'), ("If-Match", '"\u0661"'), ("If-Match", "x")],
    ids=lambda one: one[:16],
)  # fmt: skip
def test_a_header_that_cannot_be_meant(api: Api, name: str, value: str) -> None:
    api.world.order()
    answer = api.post("/orders/o-1/change", api.world.buyer, {"quantity": 2}, **{name: value})
    assert answer.status_code == 422, answer.content
    assert Order.objects.get(pk="o-1").version == 1


def test_what_is_not_there_is_a_problem_too(api: Api) -> None:
    for method, path, status, kind in (
        ("GET", "/nothing", 404, "no-such-address"),
        ("DELETE", "/orders", 405, "not-allowed"),
        ("PUT", "/orders/o-1", 405, "not-allowed"),
    ):
        answer = api.call(method, path, api.world.buyer)
        refused(api, answer, status, kind)
    allowed = api.call("DELETE", "/orders", api.world.buyer)["Allow"]
    assert sorted(allowed.split(", ")) == ["GET", "POST"]


def test_a_fault_of_the_server_tells_nothing_of_its_insides(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from interlock.api import things

    def broken(*_: Any, **__: Any) -> None:
        secret = "postgresql://root:hunter2@db"
        raise RuntimeError(secret)

    monkeypatch.setattr(things, "present", broken)
    api.world.order()
    answer = api.get("/orders/o-1", api.world.buyer)
    assert (answer.status_code, answer.json()["type"]) == (500, "/docs/problems#fault")
    assert b"hunter2" not in answer.content
    assert b"Traceback" not in answer.content
    assert answer["X-Request-ID"]


def test_debug_is_off_unless_asked_for_and_the_page_of_a_fault_is_bare() -> None:
    from interlock.site import settings as shipped

    assert shipped.DEBUG is False
    page = Client(raise_request_exception=False).get("/no/such/page")
    assert page.status_code == 404
    assert b"urlpatterns" not in page.content
    assert b"Traceback" not in page.content


def test_every_problem_has_its_mend_and_the_page_shows_it(api: Api) -> None:
    assert sorted(TYPES) == sorted(MENDS)
    page = Client().get("/docs/problems")
    assert page.status_code == 200
    for kind in TYPES:
        assert f'id="{kind}"' in page.content.decode()


def test_every_error_of_the_program_has_a_handler() -> None:
    from interlock.files import InterlockError

    caught = tuple(kind for kind, _ in HANDLERS if kind is not Exception)
    ours = {one for one in _below(InterlockError) if one.__module__.startswith("interlock.book")}
    assert ours
    assert [one for one in ours if not issubclass(one, caught)] == []


def _below(kind: type[Exception]) -> set[type[Exception]]:
    return {one for sub in kind.__subclasses__() for one in {sub, *_below(sub)}}


def test_wrong_tokens_are_counted_and_then_even_a_right_one_waits(api: Api, settings: Any) -> None:
    cache.clear()
    settings.FAILURES_PER_MINUTE = 3
    token = api.token(api.world.buyer)
    client = Client()

    def ask(value: str) -> Any:
        return client.get("/api/v1/me", headers={"Authorization": f"Bearer {value}"})

    assert [ask("ilk_wrong").status_code for _ in range(3)] == [401, 401, 401]
    for value in ("ilk_wrong", token):
        answer = ask(value)
        assert (answer.status_code, answer.json()["type"]) == (429, "/docs/problems#too-many")
        assert 1 <= int(answer["Retry-After"]) <= 60
    elsewhere = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"},
                           REMOTE_ADDR="192.0.2.7")  # fmt: skip
    assert elsewhere.status_code == 200
    cache.clear()


def test_calls_of_one_user_are_limited_and_anothers_are_not(api: Api, settings: Any) -> None:
    cache.clear()
    settings.REQUESTS_PER_MINUTE = 2
    world = api.world
    assert [api.get("/me", world.buyer).status_code for _ in range(3)] == [200, 200, 429]
    assert api.get("/me", world.rival).status_code == 200
    settings.REQUESTS_PER_MINUTE = 0
    assert api.get("/me", world.buyer).status_code == 200
    cache.clear()


def test_headers_keep_answers_to_themselves(api: Api) -> None:
    for answer in (
        api.get("/me", api.world.buyer), api.get("/me", None), Client().get("/accounts/login/"),
        Client().get("/health"), Client().get("/docs/problems"),
    ):  # fmt: skip
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "no-store" in answer["Cache-Control"]
        assert "Server" not in answer
        assert "Access-Control-Allow-Origin" not in answer


def test_a_request_for_another_host_is_refused() -> None:
    answer = Client().get("/api/v1/me", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/docs/problems#request")


def _is_day(schema: dict[str, Any]) -> bool:
    options = schema.get("anyOf", [schema])
    return any(one.get("format") in ("date", "date-time") for one in options)


@pytest.mark.parametrize(
    ("given", "mend"),
    [
        ("1.6e-233", "YYYY-MM-DD"),  # else seconds since 1970: a slip lists everything since then
        ("0001-01-01", "from 1970 to 9000"),  # a period before it is no day any more
        ("9999-12-31", "from 1970 to 9000"),
    ],
)
def test_no_query_takes_a_number_or_a_day_out_of_reach(api: Api, given: str, mend: str) -> None:
    paths = book_api.get_openapi_schema()["paths"]
    asked = [
        (path, one["name"], "date-time" in str(one["schema"]))
        for path, operations in paths.items()
        for one in operations.get("get", operations.get("post", {})).get("parameters", [])
        if one.get("in") == "query" and _is_day(one["schema"])
    ]
    assert len(asked) > 15
    for path, name, moment in asked:
        cache.clear()
        place = path.replace("{id}", "any").replace("{kind}", "order")
        method = "GET" if "get" in paths[path] else "POST"
        value = f"{given}T00:00:00Z" if moment and given.count("-") > 1 else given
        answer = api.client.generic(
            method, f"{place}?{name}={value}", b"", content_type="application/x-ndjson",
            headers={"Authorization": f"Bearer {api.token(api.world.auditor)}"},
        )  # fmt: skip
        assert answer.status_code == 422, (path, name, answer.content)
        told = {one["pointer"]: one["detail"] for one in answer.json()["errors"]}
        assert mend in told[next(key for key in told if key.endswith(name))], told


@pytest.mark.parametrize("right", sorted(SERVICES))
def test_a_number_is_no_day_in_any_move(right: str) -> None:
    body = SERVICES[right].body
    days = [
        name
        for name, field in body.model_json_schema()["properties"].items()
        if _is_day(field) and not any(one.get("type") == "object" for one in field.get("anyOf", []))
    ]
    assert "effective" in days
    with pytest.raises(ValidationError) as raised:
        body.model_validate(dict.fromkeys(days, 86_400))
    told = {fault["loc"][0] for fault in raised.value.errors() if fault["type"] == "not_written"}
    assert told == set(days)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b"null"])
def test_what_is_no_object_is_no_body_of_any_change(api: Api, body: bytes) -> None:
    """Where all of a body may be left out, too: a list is not read as nothing given."""
    paths = book_api.get_openapi_schema()["paths"]
    asked = [
        (path, method)
        for path, operations in paths.items()
        for method, one in operations.items()
        if '"application/json": {"schema": {"$ref"' in json.dumps(one.get("requestBody"))
    ]
    assert len(asked) > 100
    found = {}
    for path, method in asked:
        cache.clear()
        place = re.sub(r"\{\w+\}", "1", path)
        answer = api.client.generic(
            method.upper(), place, body, content_type="application/json",
            headers={"Authorization": f"Bearer {api.token(api.world.auditor)}"},
        )  # fmt: skip
        found[path, method] = answer.status_code
    # Changes of one's own tokens take no token: they ask for a session before anything is read.
    assert {key for key, status in found.items() if status != 422} == {
        key for key in found if "/me/" in key[0] and found[key] == 401
    }
