"""Webhooks, their deliveries and reminders through the API."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from interlock.book import outbox
from interlock.book.models import Reminder
from interlock.book.sending import Outcome

if TYPE_CHECKING:
    from api_kit import Api

URL = "https://hooks.bytedance.example/in"


def test_a_webhook_is_registered_and_its_deliveries_are_seen_by_its_owner(api: Api) -> None:
    world = api.world
    made = api.post("/webhooks", world.buyer, {"id": "w-1", "url": URL, "names": ["order.*"]})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in api.get("/webhooks/w-1", world.buyer).json()
    body = {"buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm", "quantity": 5,
            "destination": "CN"}  # fmt: skip
    api.post("/orders", world.buyer, body | {"id": "o-1"})
    api.post("/orders", world.buyer, body | {"id": "o-2"})
    now = dt.datetime.now(dt.UTC)
    outbox.hand_on(now)
    outbox.deliver(now, send=lambda *_, **__: Outcome(503, "answered 503"))
    page = api.get("/webhooks/w-1/deliveries?limit=1", world.buyer).json()
    assert page["items"][0]["thing"] == "o-2"
    older = api.get(f"/webhooks/w-1/deliveries?cursor={page['next']}", world.buyer).json()
    (first,) = older["items"]
    assert (first["state"], first["attempts"], first["last_status"]) == ("waiting", 1, 503)
    assert older["next"] is None
    for who in (world.rival, world.officer):
        assert api.get("/webhooks/w-1/deliveries", who).status_code == 404
    replayed = api.post("/webhooks/w-1/replay", world.buyer, {"from_event": first["event"]})
    assert replayed.status_code == 200


@pytest.fixture
def reminder(api: Api) -> Any:
    return Reminder.objects.create(
        key="k", party_id="bytedance", thing_kind="licence", thing="L-1",
        due_on=dt.date(2026, 3, 1), says="licence L-1 is valid until 2026-03-01",
        made_at=api.world.now,
    )  # fmt: skip


def test_a_party_reads_its_own_reminders_until_somebody_has_seen_them(
    api: Api, reminder: Any
) -> None:
    world = api.world
    (found,) = api.get("/reminders", world.buyer).json()["items"]
    assert (found["thing"], found["due_on"]) == ("L-1", "2026-03-01")
    assert api.get("/reminders", world.rival).json() == {"items": []}
    assert api.post(f"/reminders/{reminder.pk}/see", world.rival).status_code == 404
    reminder.refresh_from_db()
    assert reminder.seen_at is None
    assert api.post(f"/reminders/{reminder.pk}/see", world.buyer).status_code == 200
    assert api.get("/reminders", world.buyer).json() == {"items": []}
    assert len(api.get("/reminders?seen=true", world.buyer).json()["items"]) == 1


def test_a_moment_has_one_spelling_in_every_answer(api: Api, reminder: Any) -> None:
    reminder.made_at += dt.timedelta(microseconds=123_456)
    reminder.save()
    (told,) = api.get("/reminders", api.world.buyer).json()["items"]
    assert told["made_at"] == "2026-02-10T12:00:00.123456+00:00"
