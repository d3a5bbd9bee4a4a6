"""How often each address asks the database: written down, compared, and never row by row.

`make counts` writes the files `query_counts_*.txt` anew. A line is an
address and, for each viewer, Django's questions + the ledger's; or the status of another answer.
"""

from __future__ import annotations

import datetime as dt
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from api_kit import Api
from book_kit import ADMIN, NOW
from counting_kit import counted
from django.core.cache import cache
from django.db import connection, transaction
from everything_kit import calls, one_of_each, send
from trade_kit import GOOD_TEST, Trade

from interlock.book.acting import perform
from interlock.book.models import Delivery, Event, Reminder, User
from interlock.book.rows import raw_connection
from interlock.book.services.people import token_make
from interlock.law.terms import AccountTerms, MayOwe
from interlock.ledger import Grant, OpenAccount, Why
from interlock.store import LedgerSession

if TYPE_CHECKING:
    from book_kit import World

    from interlock.book.rights import Actor

WRITE = os.environ.get("INTERLOCK_WRITE_COUNTS") == "1"
FEW, MANY = 2, 9
JSON = "application/json"
VIEWERS = ("buyer", "cn_officer", "auditor")


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


def fill(world: World, first: int, last: int) -> None:
    """More of everything that a list shows, numbered."""
    for number in range(first, last):
        ids = one_of_each(world, f"-{number}")
        User.objects.get_or_create(username=f"more-{number}")
        perform(
            ADMIN,
            lambda act: token_make(act, username="ivy", party="bytedance", name="more"),
            now=world.now,
        )
        event = Event.objects.order_by("pk").last()
        assert event is not None
        Delivery.objects.create(webhook_id="it-webhook", event=event, next_at=NOW)
        Reminder.objects.create(
            key=f"more-{number}", party_id="bytedance", thing_kind="order", thing=ids["order"],
            due_on=NOW.date(), says="x", made_at=NOW,
        )  # fmt: skip
        _accounts(number)


def _accounts(number: int) -> None:
    """Accounts that a firm, an officer and an auditor see, one of them with a debt."""
    why = Why("x", "x", "x", NOW)
    owe = MayOwe(Fraction(10), dt.timedelta(days=30))
    for name, may_owe in ((f"licence=it-licence-{number}", None), (f"n={number}", owe)):
        account = f"cn-chip-imports/group-quota?buyer=bytedance&{name}"
        terms = AccountTerms(
            "cn-chip-imports/group-quota", "chip", visible_to=("holder", "officer:import"),
            may_owe=may_owe,
        )  # fmt: skip
        with transaction.atomic():
            session = LedgerSession(*raw_connection())
            session.apply(OpenAccount(f"o-{account}", why, account, terms), now=NOW)
            session.apply(Grant(f"g-{account}", why, account, 100), now=NOW)


def reads(api: Api, ids: dict[str, str]) -> dict[str, dict[str, str]]:
    """Address -> viewer -> questions; each is asked once before, for what is kept in memory."""
    found: dict[str, dict[str, str]] = {}
    for call in calls(ids):
        if call.method != "GET":
            continue
        row = found.setdefault(call.path.removeprefix("/api/v1"), {})
        for name in VIEWERS:
            who = getattr(api.world, name)
            send(api, call, who)
            with counted() as asked:
                answer = send(api, call, who)
            row[name] = str(asked) if answer.status_code == 200 else f"({answer.status_code})"
            assert answer.status_code < 500, call.where
    return found


def _ids(api: Api) -> dict[str, str]:
    ids = one_of_each(api.world)
    for name in VIEWERS:
        api.token(getattr(api.world, name))
    fill(api.world, 0, FEW)
    return ids | {"account": "cn-chip-imports/group-quota?buyer=bytedance&n=0"}


def test_no_address_asks_more_often_for_many_things_than_for_few(api: Api) -> None:
    ids = _ids(api)
    few, before = reads(api, ids), _shown(api, ids)
    fill(api.world, FEW, MANY)
    many, after = reads(api, ids), _shown(api, ids)
    grown = [path for path, number in after.items() if number >= before[path] + MANY - FEW]
    assert len(grown) > 25, "the book has grown"
    grows = [f"{x}: {few[x]}, then {many[x]}" for x in few if few[x] != many[x]]
    assert grows == []


def _shown(api: Api, ids: dict[str, str]) -> dict[str, int]:
    """How many items each list has for an auditor or a firm, whichever sees more."""
    found = {}
    for call in calls(ids):
        if call.method == "GET":
            numbers = [0]
            for name in VIEWERS:
                answer = send(api, call, getattr(api.world, name))
                if answer.status_code == 200 and answer["Content-Type"].startswith(
                    "application/json"
                ):
                    told = answer.json()
                    items = told.get("items", []) if isinstance(told, dict) else told
                    numbers.append(len(items))
            found[call.path] = max(numbers)
    return found


# -- moves ----------------------------------------------------------------------------------------


def story(api: Api) -> dict[str, str]:
    """The main moves of a trade, one after another, each with its questions."""
    world: Any = api.world
    found: dict[str, str] = {}

    def post(path: str, who: Actor, **body: Any) -> Any:
        with counted() as asked:
            answer = api.post(path, who, body)
        assert answer.status_code in (200, 201), (path, answer.content)
        name = "/".join("{id}" if any(x.isdigit() for x in w) else w for w in path.split("/"))
        found.setdefault(name, str(asked))
        return answer.json()

    order = {
        "buyer": "bytedance", "supplier": "nvidia", "product": "h200-sxm", "quantity": 100,
        "destination": "CN", "origin": "US", "data_centre_use": True,
        "facts": {"order": {"prohibited_end_use": False, "truly_needed": True}},
    }  # fmt: skip
    for pk in ("o-0", "o-1"):  # the first run opens accounts; the second is as all that follow
        found.clear()
        post("/orders", world.buyer, id=pk, **order)
        post(f"/orders/{pk}/confirm", world.allocator)
        post("/runs", world.allocator, id=f"run-{pk}", supplier="nvidia", product="h200-sxm")
        post(f"/runs/run-{pk}/approve", world.allocator_2)
        lines = api.get(f"/allocations?order={pk}", world.allocator).json()["items"]
        sent = post("/shipments", world.supplier, allocation=lines[0]["id"], quantity=60,
                    origin="US")["id"]  # fmt: skip
        post(f"/shipments/{sent}/test", world.supplier, **GOOD_TEST)
        post(f"/shipments/{sent}/dispatch", world.supplier)
        entry = post("/entries", world.buyer, id=f"e-{pk}", shipment=sent, quantity=60)["id"]
        post(f"/entries/{entry}/release", world.customs)
        post(f"/orders/{pk}/cancel", world.buyer, reason="x")
    post("/stock", world.allocator, supplier="nvidia", product="h200-sxm", quantity=5)
    draft = post("/applications", world.buyer, id="a-1", gate="import", applicant="bytedance",
                 products=["h200-sxm"], quantity=10, destination="CN")["id"]  # fmt: skip
    post(f"/applications/{draft}/submit", world.buyer)
    licence = post("/licences", world.cn_officer, id="l-1", gate="import",
                   holders=[{"party": "bytedance"}], products=["h200-sxm"], quantity=10,
                   destination="CN")["id"]  # fmt: skip
    post(f"/licences/{licence}/propose", world.cn_officer)
    post(f"/licences/{licence}/grant", world.cn_second)
    return {f"POST {name}": asked for name, asked in found.items()}


@pytest.mark.django_db
def test_each_address_asks_as_often_as_is_written_down(api: Api) -> None:
    found = reads(api, _ids(api))
    lines = [
        f"GET {path}  " + "  ".join(f"{name} {row[name]}" for name in VIEWERS)
        for path, row in found.items()
    ]
    _compare("reads", lines)


@pytest.mark.django_db
def test_each_main_move_asks_as_often_as_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: NOW + dt.timedelta(hours=1))
    world = Trade()
    world.statement()
    _compare("moves", [f"{name}  {asked}" for name, asked in story(Api(world)).items()])


def _compare(part: str, lines: list[str]) -> None:
    path = Path(__file__).with_name(f"query_counts_{part}_{connection.vendor}.txt")
    if WRITE:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8").splitlines() == lines, "run `make counts`, look, commit"
