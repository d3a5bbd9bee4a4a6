"""Lists, one thing, moves: ETag, If-Match, Idempotency-Key, problems, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.book.models import Event, Order

if TYPE_CHECKING:
    from api_kit import Api

ORDER = {
    "id": "o-9", "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm",
    "quantity": 500, "destination": "CN",
}  # fmt: skip


def test_an_order_is_placed_read_and_confirmed(api: Api) -> None:
    made = api.post("/orders", api.world.buyer, ORDER)
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    assert made.json()["can"] == ["change", "declare", "close", "cancel"]
    done = api.post("/orders/o-9/confirm", api.world.allocator)
    assert (done.status_code, done["ETag"], done.json()["state"]) == (200, '"2"', "confirmed")
    read = api.get("/orders/o-9", api.world.buyer)
    assert (read.json()["version"], read["ETag"]) == (2, '"2"')
    past = api.get("/orders/o-9/history", api.world.buyer).json()
    assert [x["move"] for x in past] == ["place", "confirm"]


def test_the_same_key_gives_the_same_answer_and_changes_nothing(api: Api) -> None:
    body = {name: value for name, value in ORDER.items() if name != "id"}
    first = api.post("/orders", api.world.buyer, body, Idempotency_Key="k-1")
    events = Event.objects.count()
    again = api.post("/orders", api.world.buyer, body, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert (Order.objects.count(), Event.objects.count()) == (1, events)
    other = api.post("/orders", api.world.buyer, body | {"quantity": 7}, Idempotency_Key="k-1")
    assert other.status_code == 422
    assert other.json()["type"].endswith("#key-reused")
    assert Order.objects.count() == 1


def test_a_firm_gets_404_for_another_firms_order(api: Api) -> None:
    api.post("/orders", api.world.buyer, ORDER)
    for path in ("/orders/o-9", "/orders/o-9/history", "/orders/nothing"):
        assert api.get(path, api.world.rival).status_code == 404
    moved = api.post("/orders/o-9/change", api.world.rival, {"quantity": 1})
    assert moved.status_code == 404
    assert moved.json()["detail"] == "there is no order 'o-9'"
    assert Order.objects.get(pk="o-9").quantity == 500


def test_a_stale_etag_is_412_and_a_right_one_passes(api: Api) -> None:
    api.post("/orders", api.world.buyer, ORDER)
    stale = api.post("/orders/o-9/change", api.world.buyer, {"quantity": 9}, If_Match='"4"')
    assert (stale.status_code, Order.objects.get(pk="o-9").quantity) == (412, 500)
    right = api.post("/orders/o-9/change", api.world.buyer, {"quantity": 9}, If_Match='"1"')
    assert right.status_code == 200


def test_wrong_values_name_their_fields(api: Api) -> None:
    wrong = api.post("/orders", api.world.buyer, ORDER | {"quantity": -5, "colour": "red"})
    assert wrong.status_code == 422
    assert wrong["Content-Type"] == "application/problem+json"
    assert {x["pointer"] for x in wrong.json()["errors"]} == {"/quantity", "/colour"}
    assert Order.objects.count() == 0


def test_pages_go_on_where_the_last_one_ended(api: Api) -> None:
    for number in range(5):
        api.post("/orders", api.world.buyer, ORDER | {"id": f"o-{number}"})
    first = api.get("/orders?limit=2", api.world.buyer).json()
    second = api.get(f"/orders?limit=2&cursor={first['next']}", api.world.buyer).json()
    third = api.get(f"/orders?limit=2&cursor={second['next']}", api.world.buyer).json()
    found = [x["id"] for part in (first, second, third) for x in part["items"]]
    assert found == [f"o-{number}" for number in range(5)]
    assert third["next"] is None
    assert api.get("/orders", api.world.rival).json() == {"items": [], "next": None}


def test_nobody_signed_in_is_401(api: Api) -> None:
    answer = api.get("/orders", None)
    assert answer.status_code == 401
    assert answer.json()["type"].endswith("#not-signed-in")


def test_a_slip_in_a_query_does_not_list_everything(api: Api) -> None:
    api.post("/orders", api.world.buyer, ORDER)
    wrong = api.get("/orders?stat=cancelled", api.world.buyer)
    assert wrong.status_code == 422
    assert wrong.json()["errors"] == [
        {"pointer": "/stat", "detail": "no such parameter; did you mean 'state'?"}
    ]
    assert api.get("/orders?state=cancelled", api.world.buyer).json()["items"] == []
