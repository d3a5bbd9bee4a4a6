"""Customs over the API: messages in bulk, the desk, what is owed, each move by its address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from customs_kit import HARBOUR, QUOTA, Harbour
from customs_kit import everything as all_rows

from interlock.book.models import Discrepancy, Entry, Licence

if TYPE_CHECKING:
    from api_kit import Api as Client
    from django.http import HttpResponse

    from interlock.book.rights import Actor


@pytest.fixture
def harbour(db: None, settings: Any) -> Harbour:
    """100 granted, 60 promised and sent, 40 of them let in under e-1."""
    settings.REGIMES = [HARBOUR]
    made = Harbour()
    made.licence()
    made.sent()
    made.let_in("e-1", 40)
    return made


@pytest.fixture
def api(harbour: Harbour) -> Client:
    """Calls the API as anybody of the harbour."""
    from api_kit import Api

    return Api(harbour)


def everything() -> tuple[int, int]:
    """Events and transfers; the audit log also keeps that a request was refused."""
    events, _, transfers = all_rows()
    return events, transfers


def send(api: Client, who: Actor | None, *lines: Any) -> HttpResponse:
    """Messages, one a line; text goes as it is."""
    body = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines)
    headers = {} if who is None else {"Authorization": f"Bearer {api.token(who)}"}
    return api.client.generic(
        "POST", "/api/v1/customs/messages", body, content_type="application/x-ndjson",
        headers=headers,
    )  # fmt: skip


def test_each_line_of_messages_stands_or_falls_alone(api: Client, harbour: Harbour) -> None:
    told = send(
        api,
        harbour.customs,
        {"message": "m-1", "entry": "e-1", "quantity": 40},
        "{not json",
        {"message": "m-2", "entry": "e-1", "quantity": -1},
        {"message": "m-3", "entry": "e-1", "quantity": 50, "type": "late"},
        {"message": "m-1", "entry": "e-1", "quantity": 41},
        {"message": "m-4", "entry": "e-77", "quantity": 3},
        {"message": "m-5", "entry": "e-77", "quantity": 3, "shipment": "s-99"},
        "",
        {"message": "m-6", "entry": "e-1", "quantity": 1, "counts": "filing"},
        {"message": "m-7", "entry": "e-1", "colour": "red"},
    )
    assert told.status_code == 207
    results = told.json()["results"]
    assert [(x["line"], x["status"]) for x in results] == [
        (1, 200), (2, 422), (3, 422), (4, 200), (5, 409), (6, 200), (7, 404), (9, 422), (10, 422),
    ]  # fmt: skip
    assert [x["answer"]["agrees"] for x in results if "answer" in x] == [True, False, False]
    assert results[2]["problem"]["errors"][0]["pointer"] == "/quantity"
    assert results[4]["problem"]["type"].endswith("#id-used")
    assert Discrepancy.objects.count() == 2
    assert Entry.objects.get(pk="e-1").reported["messages"] == ["m-1", "m-3"]
    assert harbour.counts(QUOTA) == (100, 20, 40, 0)


def test_the_same_file_again_gets_the_same_bytes_and_changes_nothing(
    api: Client, harbour: Harbour
) -> None:
    lines = [
        {"message": "m-1", "entry": "e-1", "quantity": 40},
        {"message": "m-2", "entry": "e-1", "quantity": 47},
        {"message": "m-3", "entry": "e-77", "quantity": 3, "shipment": "s-1"},
    ]
    first = send(api, harbour.customs, *lines)
    before = everything()
    again = send(api, harbour.customs, *lines)
    assert (first.status_code, again.content) == (207, first.content)
    assert everything() == before
    assert Discrepancy.objects.count() == 2


def test_messages_of_nobody_or_of_a_firm_change_nothing(api: Client, harbour: Harbour) -> None:
    line = {"message": "m-1", "entry": "e-1", "quantity": 47}
    before = everything()
    assert send(api, None, line).status_code == 401
    told = send(api, harbour.buyer, line).json()["results"]
    assert (told[0]["status"], told[0]["problem"]["type"]) == (403, "/docs/problems#denied")
    told = send(api, harbour.rival, line, line | {"entry": "e-99"}).json()["results"]
    # Another firm cannot tell an entry that is there from one that is not.
    assert [x["status"] for x in told] == [404, 404]
    assert everything() == before


def test_an_empty_or_too_long_file_is_refused_whole(api: Client, harbour: Harbour) -> None:
    assert send(api, harbour.customs).status_code == 422
    assert send(api, harbour.customs, *["{}"] * 10_001).status_code == 422
    told = send(api, harbour.customs, "x" * 20_000).json()["results"]
    assert told[0]["status"] == 422
    broken = api.client.generic(
        "POST", "/api/v1/customs/messages", b"\xff\xfe", content_type="application/x-ndjson",
        headers={"Authorization": f"Bearer {api.token(harbour.customs)}"},
    )  # fmt: skip
    assert broken.json()["results"][0]["problem"]["detail"] == "no UTF-8 at byte 1 of the line"


def test_the_desk_has_all_that_an_officer_needs(api: Client, harbour: Harbour) -> None:
    api.post("/entries/e-1/report", harbour.customs, {"message": "m-1", "quantity": 41})
    harbour.declare("e-2", 20)
    api.post("/holds", harbour.customs, {"entry": "e-2", "reason": "a closer look"})
    told = api.get("/entries/e-2/desk", harbour.customs).json()
    assert told["entry"]["can"] == ["refuse", "unhold", "report"] or set(told["entry"]["can"]) == {
        "unhold", "refuse", "report",
    }  # fmt: skip
    assert (told["shipment"]["id"], told["order"]["id"]) == ("s-1", "o-1")
    assert (told["parties"]["buyer"]["name"], told["parties"]["supplier"]["country"]) == (
        "ByteDance", "US",
    )  # fmt: skip
    assert told["licences"][0] == {
        "gate": "export", "id": None, "state": None, "usable": False, "why": "there is none",
    }  # fmt: skip
    assert (told["licences"][1]["id"], told["licences"][1]["usable"]) == ("L-1", True)
    assert "quantity" not in told["licences"][1]
    assert (told["decision"]["stage"], told["decision"]["verdict"]) == ("entry", "shut")
    assert [x["reason"] for x in told["holds"]] == ["a closer look"]
    assert told["discrepancies"] == []
    assert told["shuts"] == ["an unsettled discrepancy; settle it first"]
    assert told["usage"][0]["remaining"] == "60"
    told = api.get("/entries/e-1/desk", harbour.customs).json()
    assert [x["theirs"] for x in told["discrepancies"]] == [{"quantity": 41}]


def test_the_desk_tells_a_suspended_licence_from_one_that_expired_by_date(
    api: Client, harbour: Harbour
) -> None:
    Licence.objects.filter(pk="L-1").update(state="suspended")
    told = api.get("/entries/e-1/desk", harbour.customs).json()["licences"][1]
    assert (told["suspended"], told["expired"], told["why"]) == (True, False, "it is suspended")
    Licence.objects.filter(pk="L-1").update(state="issued", valid_until="2026-02-11")
    told = api.get("/entries/e-1/desk", harbour.customs).json()["licences"][1]
    assert (told["state"], told["why"]) == ("expired", "it expired on 2026-02-11")


def test_the_desk_is_for_officers(api: Client, harbour: Harbour) -> None:
    for who, status in (
        (harbour.buyer, 403), (harbour.supplier, 403), (harbour.rival, 404), (harbour.officer, 404),
        (harbour.cn_officer, 200), (harbour.reader, 200), (harbour.auditor, 200),
    ):  # fmt: skip
        assert api.get("/entries/e-1/desk", who).status_code == status
    assert api.get("/entries/e-99/desk", harbour.customs).status_code == 404


def test_what_a_buyer_owes_has_its_address(api: Client, harbour: Harbour) -> None:
    harbour.licence("L-2", ratio=1)
    harbour.accepted("p-1", 10)
    told = api.get("/purchases/obligation?buyer=bytedance", harbour.buyer)
    assert told.status_code == 200
    assert told.json()["accounts"][0]["accepted"] == "10"
    for query in ("buyer=bytedance", "buyer=nobody"):
        assert api.get(f"/purchases/obligation?{query}", harbour.rival).status_code == 404
    assert api.get("/purchases/obligation", harbour.buyer).status_code == 422
    naive = "/purchases/obligation?buyer=bytedance&at=2026-02-10T12:00:00"
    assert api.get(naive, harbour.buyer).status_code == 422


def test_a_refused_release_tells_the_decision_and_changes_nothing(
    api: Client, harbour: Harbour
) -> None:
    api.post("/entries", harbour.buyer, {"id": "e-2", "shipment": "s-1", "quantity": 20})
    Licence.objects.filter(pk="L-1").update(state="revoked")
    before = everything()
    told = api.post("/entries/e-2/release", harbour.customs)
    assert (told.status_code, told.json()["type"]) == (409, "/docs/problems#gates-not-open")
    assert told.json()["decision"]["verdict"] == "shut"
    assert everything() == before


def test_a_purchase_goes_its_way_by_address(api: Client, harbour: Harbour) -> None:
    harbour.licence("L-2", ratio=1)
    filed = api.post(
        "/purchases",
        harbour.buyer,
        {
            "id": "p-1", "buyer": "bytedance", "seller": "Home Chips Ltd", "product": "home",
            "quantity": 10, "bought_on": "2026-02-01", "evidence": [{"name": "note.pdf"}],
            "evidence_by": "Assay Office",
        },
    )  # fmt: skip
    assert (filed.status_code, filed.json()["can"]) == (201, [])
    assert api.post("/purchases/p-1/accept", harbour.cn_officer).status_code == 200
    passed = api.post(
        "/purchases/p-1/transfer",
        harbour.buyer,
        {"id": "p-2", "to": "tencent", "quantity": 4, "reason": "sold on"},
    )
    assert (passed.status_code, passed.json()["left"]) == (200, 10)
    offered = api.get("/purchases/p-2", harbour.rival).json()
    assert (offered["state"], offered["can"]) == ("offered", ["consent", "decline"])
    assert api.post("/purchases/p-2/consent", harbour.rival).status_code == 200
    assert api.get("/purchases/p-1", harbour.buyer).json()["left"] == 6
    assert api.get("/purchases/p-2", harbour.rival).json()["quantity"] == 4
    assert api.get("/purchases/p-1", harbour.rival).status_code == 404
