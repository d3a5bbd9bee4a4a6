"""Screenings, claims, determinations, checks, alerts and the dossier over the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN

from interlock.api.addresses import plural
from interlock.book.models import THINGS, Claim, Determination, EndUseCheck, Event, Screening

if TYPE_CHECKING:
    from pathlib import Path

    from api_kit import Api
    from pytest_django.fixtures import SettingsWrapper

CLAIM: dict[str, Any] = {
    "id": "customs-shut", "text": "Customs told agents to return the goods.",
    "subject": "cn.customs.agents", "value": {"about": 2.5, "unit": "week"},
    "source": {"who": "three people", "through": "an agency"}, "reliability": "B",
    "credibility": 2, "known": "2024-02-01", "about": {"from": "2024-01-13"},
}  # fmt: skip


@pytest.fixture
def api(api: Api, settings: SettingsWrapper, tmp_path: Path) -> Api:
    settings.SEAL_KEY = tmp_path / "seal.key"
    api.world.order()
    api.world.do(ADMIN, "party.enter", id="huawei", name="Huawei Technologies Co., Ltd.")
    api.world.do(ADMIN, "party.enter", id="lantern", name="Blue Lantern", country="DE",
                 headquarters="DE", ultimate_parent_country="DE", roles=["buyer"],
                 known_to=["nvidia"], owners=[{"party": "huawei", "share": "0.6"}])  # fmt: skip
    api.world.do(
        api.world.supplier, "order.place", id="o-2", buyer="lantern", supplier="nvidia",
        product="h200-sxm", quantity=10, destination="DE", origin="US", data_centre_use=True,
    )  # fmt: skip
    return api


def counts() -> tuple[int, ...]:
    models = (Screening, Claim, Determination, EndUseCheck, Event)
    return tuple(model.objects.count() for model in models)


def test_a_party_is_screened_reviewed_and_its_screenings_are_listed(api: Api) -> None:
    who = api.world.officer
    made = api.post("/screenings", who, {"party": "huawei"})
    assert (made.status_code, made.json()["state"]) == (201, "to_review")
    pk = made.json()["id"]
    assert made.json()["matches"][0]["entry"]["source"] == "fr-huawei"
    done = api.post(f"/screenings/{pk}/confirm", who, {"matches": [1], "reason": "it is"})
    assert (done.status_code, done.json()["outcome"]) == (200, "confirmed")
    listed = api.get("/parties/huawei/screenings", who).json()
    assert [x["id"] for x in listed] == [pk]
    assert api.get("/parties/huawei", who).json()["screening"] == "confirmed"


def test_firms_learn_nothing_of_screenings(api: Api) -> None:
    pk = api.post("/screenings", api.world.officer, {"party": "bytedance"}).json()["id"]
    before = counts()
    who = api.world.buyer
    assert api.get("/screenings", who).json()["items"] == []
    assert api.get(f"/screenings/{pk}", who).status_code == 404
    for path in ("screenings", "dossier"):
        assert api.get(f"/parties/bytedance/{path}", who).status_code == 403
        assert api.get(f"/parties/tencent/{path}", who).status_code == 404
        assert api.get(f"/parties/nobody/{path}", api.world.officer).status_code == 404
    assert not {"screening", "screened_on", "listed_as"} & set(
        api.get("/parties/bytedance", who).json())  # fmt: skip
    assert api.post("/screenings/rescreen", who, {}).status_code == 403
    assert counts() == before


def test_everybody_is_screened_again_in_steps_and_once_for_one_key(api: Api) -> None:
    first = api.post("/screenings/rescreen", api.world.officer, {"most": 2}, Idempotency_Key="k")
    assert first.status_code == 200
    assert [x["party"] for x in first.json()["made"]] == ["bytedance", "huawei"]
    before = counts()
    again = api.post("/screenings/rescreen", api.world.officer, {"most": 2}, Idempotency_Key="k")
    assert (again.content, counts()) == (first.content, before)
    rest = api.post("/screenings/rescreen", api.world.officer, {"after": first.json()["next"]})
    assert [x["party"] for x in rest.json()["made"]] == ["lantern", "nvidia", "tencent"]
    assert rest.json()["next"] is None


def test_a_claim_is_recorded_believed_and_withdrawn(api: Api) -> None:
    who = api.world.officer
    assert api.post("/claims", who, CLAIM).status_code == 201
    told = api.get("/claims/belief?subject=cn.customs.agents", who).json()
    assert told["beliefs"][0]["best"] == "customs-shut"
    assert api.get("/claims/belief?subject=cn.customs.agent", who).status_code == 422
    assert api.get("/claims/belief", api.world.buyer).status_code == 403
    bad = CLAIM | {"id": "x", "credibility": 9, "about": {"when": "2026-01-01"}}
    wrong = api.post("/claims", who, bad)
    assert {x["pointer"] for x in wrong.json()["errors"]} == {"/credibility", "/about/when"}
    done = api.post("/claims/customs-shut/withdraw", who, {"reason": "a rumour"})
    assert done.json()["state"] == "withdrawn"


def test_a_claims_file_is_imported_as_yaml_or_json_or_its_faults_are_told(api: Api) -> None:
    who = api.world.officer
    body = {"title": "t", "claims": [CLAIM]}
    done = api.post("/claims/import", who, body)
    assert (done.status_code, done.json()) == (200, {"recorded": ["customs-shut"]})
    before = counts()
    wrong = api.post("/claims/import", who, {"title": "t", "claims": [CLAIM | {"value": 3}]})
    assert wrong.status_code == 422
    headers = {"Authorization": f"Bearer {api.token(who)}"}
    for data, status in ((b"{", 422), (b"[1e999]", 422), (b"[NaN]", 422), (b"\xff", 422)):
        sent = api.client.post("/api/v1/claims/import", data, content_type="application/json",
                               headers=headers)  # fmt: skip
        assert sent.status_code == status
    text = api.client.post(
        "/api/v1/claims/import", b"x", content_type="text/plain", headers=headers
    )
    assert text.status_code == 415
    yaml = f"title: t\nclaims:\n  - {json.dumps(CLAIM | {'id': 'second'})}\n".replace(
        '"2024-02-01"', "2024-02-01").replace('"2024-01-13"', "2024-01-13")  # fmt: skip
    assert counts() == before
    sent = api.client.post("/api/v1/claims/import", yaml.encode(), content_type="application/yaml",
                           headers=headers)  # fmt: skip
    assert sent.json() == {"recorded": ["second"]}
    assert api.post("/claims/import", api.world.buyer, body).status_code == 403


def test_a_determination_is_signed_found_and_checked(api: Api) -> None:
    who = api.world.supplier
    made = api.post("/determinations", who, {"order": "o-2", "stage": "order"})
    assert made.status_code == 201
    pk = made.json()["id"]
    assert not made.json().get("facts")
    told = api.get(f"/determinations/{pk}/check", who).json()
    assert (told["content"], told["signature"], told["same"]) == (True, True, True)
    found = api.get("/determinations/search?party=lantern&limit=1", who).json()
    assert ([x["id"] for x in found["items"]], found["next"]) == ([pk], None)
    assert api.get("/determinations/search?at=yesterday", who).status_code == 422
    for other in (api.world.officer, api.world.buyer, api.world.customs):
        assert api.get(f"/determinations/{pk}/check", other).status_code == 404
        assert api.get("/determinations/search", other).json()["items"] == []
    whole = api.get(f"/determinations/{pk}", api.world.auditor).json()
    assert whole["facts"]["buyer"]["id"] == "lantern"


def test_alerts_tell_what_a_day_of_law_changes(api: Api) -> None:
    found = api.get("/alerts/law?on=2026-11-10", api.world.officer)
    assert found.status_code == 200
    first = api.get("/alerts/law?on=2026-11-10&limit=1&stage=order", api.world.supplier).json()
    assert (first["looked_at"], first["next"]) == (1, "o-1")
    assert api.get("/alerts/law?on=0001-01-01", api.world.officer).status_code == 422
    assert api.get("/alerts/law?on=2027-01-01&assume=xx", api.world.officer).status_code == 422
    assert api.get("/alerts/law", api.world.officer).status_code == 422
    assert api.get("/alerts/law?on=2027-01-01", api.world.rival).json()["looked_at"] == 0


def test_the_dossier_shows_owners_as_the_law_counts_them(api: Api) -> None:
    api.post("/screenings", api.world.officer, {"party": "lantern"})
    api.post("/checks", api.world.officer, {
        "party": "lantern", "method": "visit", "steps": ["count"], "planned_on": "2026-03-01",
        "chosen_because": "a listed owner"})  # fmt: skip
    told = api.get("/parties/lantern/dossier?at=2026-02-10", api.world.officer).json()
    tree = told["ownership"]
    assert tree["facts"] == {
        "us-party-lists/listed_party": False, "us-party-lists/affiliate": "owned",
    }  # fmt: skip
    (owner,) = tree["owners"]
    assert (owner["party"], owner["share"], owner["facts"]["us-party-lists/listed_party"]) == (
        "huawei", "0.6", True,
    )  # fmt: skip
    rules = {x["rule"]: (x["status"], x["until"]) for x in told["law"][0]["rules"]}
    assert rules == {
        "listed-party": ("in force", None), "affiliate-of-listed": ("suspended", "2026-11-10"),
    }  # fmt: skip
    assert told["open_orders"] == 1
    assert len(told["screenings"]) == len(told["checks"]) == 1
    theirs = api.get("/parties/lantern/dossier?at=2026-02-10", api.world.cn_officer).json()
    assert theirs["checks"] == []
    assert theirs["ownership"]["facts"] == tree["facts"]  # that regime may be read by all


def test_what_officers_do_about_a_firm_changes_no_byte_that_it_sees(api: Api) -> None:
    """R11, over every list, thing and history that the firm may read."""
    api.world.do(ADMIN, "party.change", "bytedance", other_names=["SMIC"])
    api.post("/determinations", api.world.buyer, {"order": "o-1", "stage": "order"})
    kinds = [plural(kind) for kind in THINGS]

    def seen() -> dict[str, bytes]:
        found = {}
        for path in (*(f"/{kind}" for kind in kinds), "/alerts/law?on=2026-11-10", "/me"):
            answer = api.get(path, api.world.buyer)
            found[path] = answer.content
            items = answer.json().get("items", []) if answer.status_code == 200 else []
            for one in items if "alerts" not in path else []:
                for rest in ("", "/history"):
                    address = f"{path}/{one['id']}{rest}"
                    answer = api.get(address, api.world.buyer)
                    found[address] = answer.content + answer.get("ETag", "").encode()
        return found

    before, events = seen(), Event.objects.count()
    assert len(before) > len(kinds) + 4
    who = api.world.officer
    first = api.post("/screenings", who, {"party": "bytedance"})
    second = api.post("/screenings", who, {"party": "bytedance", "only_lists": ["entity-list"]})
    assert (first.json()["state"], second.json()["state"]) == ("to_review", "to_review")
    path = f"/screenings/{first.json()['id']}/clear"
    assert api.post(path, who, {"reason": "others"}).status_code == 200
    assert api.post("/claims", who, CLAIM).status_code == 201
    plan = {"party": "bytedance", "method": "visit", "steps": ["count"],
            "planned_on": "2026-03-01", "chosen_because": "size"}  # fmt: skip
    assert api.post("/checks", who, plan).status_code == 201
    signed = api.post("/determinations", who, {"order": "o-1", "stage": "order"})
    assert signed.status_code == 201
    told = {name for one in Event.objects.order_by("id")[events:] for name in one.parties}
    assert told == {"us-bis"}
    assert seen() == before
