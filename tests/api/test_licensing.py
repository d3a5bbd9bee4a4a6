"""Licensing over HTTP: each role its own calls; a firm sees only its own, secrets stay secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from licensing_kit import everything

from interlock.book.models import Application, Licence

if TYPE_CHECKING:
    from api_kit import Api

APPLICATION = {
    "id": "a-1", "gate": "import", "applicant": "bytedance", "products": ["h200-sxm"],
    "quantity": 9000, "destination": "CN", "facts": {"order": {"truly_needed": True}},
}  # fmt: skip
ROUND = {"id": "r-1", "gate": "import", "title": "Batch", "rule": "desk/secret-batch"}


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def in_round(api: Api, score: float | None = None) -> None:
    """An application of ByteDance's in a round, scored."""
    desk = api.world
    done(api.post("/applications", desk.buyer, APPLICATION), 201)
    done(api.post("/applications/a-1/submit", desk.buyer))
    done(api.post("/rounds", desk.cn_officer, ROUND), 201)
    done(api.post("/applications/a-1/enter", desk.cn_officer, {"round": "r-1"}))
    if score is not None:
        facts = {"facts": {"application": {"score": score}}}
        done(api.post("/applications/a-1/score", desk.cn_officer, facts))


def licensed(api: Api) -> None:
    """A granted licence of two holders with a proposed condition."""
    desk = api.world
    body = {"id": "l-1", "gate": "import", "holders": [
        {"party": "bytedance", "sub_quota": 300}, {"party": "tencent"},
    ], "products": ["h200-sxm"], "destination": "CN", "quantity": 1000}  # fmt: skip
    done(api.post("/licences", desk.cn_officer, body), 201)
    done(api.post("/licences/l-1/propose", desk.cn_officer))
    done(api.post("/licences/l-1/grant", desk.cn_second))
    body = {"id": "c-1", "licence": "l-1", "condition_kind": "domestic-ratio",
            "parameters": {"domestic_per_import": 1.25}, "asked_by": "ministry"}  # fmt: skip
    done(api.post("/conditions", desk.cn_officer, body), 201)
    done(api.post("/conditions/c-1/propose", desk.cn_officer))


def test_from_application_to_licence_over_http(desk_api: Api) -> None:
    desk = desk_api.world
    in_round(desk_api, 30)
    done(desk_api.post("/rounds/r-1/close", desk.cn_officer))
    done(desk_api.post("/rounds/r-1/propose", desk.cn_officer))
    same = desk_api.post("/rounds/r-1/decide", desk.cn_officer)
    assert (same.status_code, same.json()["type"]) == (409, "/docs/problems#second-person")
    done(desk_api.post("/rounds/r-1/decide", desk.cn_second))
    own = done(desk_api.get("/applications/a-1", desk.buyer))
    assert (own["state"], own["can"]) == ("approved", [])
    body = {"id": "l-1", "gate": "import", "round": "r-1", "quantity": 8000}
    done(desk_api.post("/licences", desk.cn_officer, body), 201)
    done(desk_api.post("/licences/l-1/propose", desk.cn_officer))
    done(desk_api.post("/licences/l-1/grant", desk.cn_second))
    shown = done(desk_api.get("/licences/l-1", desk.buyer))
    assert (shown["state"], shown["quantity"]) == ("issued", 8000)
    (balance,) = done(desk_api.get("/licences/l-1/balance", desk.buyer))
    assert (balance["granted"], balance["left"], balance["first_used_on"]) == (8000, 8000, None)


@pytest.mark.parametrize(
    "path",
    ["/applications/a-1", "/applications/a-1/history", "/applications/a-1/position",
     "/applications/a-1/decision", "/licences/l-1", "/licences/l-1/balance",
     "/licences/l-1/history", "/conditions/c-1", "/conditions/c-1/record"],
)  # fmt: skip
def test_a_firm_gets_404_for_what_is_not_its_own(desk_api: Api, path: str) -> None:
    desk = desk_api.world
    in_round(desk_api)
    licensed(desk_api)
    assert desk_api.get(path, desk.buyer).status_code == 200
    assert desk_api.get(path, desk.third).status_code == 404
    assert desk_api.get(path, desk.officer).status_code == 404  # of another gate
    assert desk_api.get(path, desk.cn_officer).status_code == 200
    assert desk_api.get(path, desk.auditor).status_code == 200
    assert desk_api.get(path, None).status_code == 401


def test_lists_hold_only_what_is_ones_own(desk_api: Api) -> None:
    desk = desk_api.world
    in_round(desk_api)
    licensed(desk_api)
    for kind in ("applications", "licences", "conditions", "rounds", "statements"):
        assert done(desk_api.get(f"/{kind}", desk.third))["items"] == []
        assert done(desk_api.get(f"/{kind}", desk.officer))["items"] == []
    assert done(desk_api.get("/rounds", desk.buyer))["items"] == []
    assert [x["id"] for x in done(desk_api.get("/licences", desk.rival))["items"]] == ["l-1"]


def seen_by_the_firm(api: Api) -> list[bytes]:
    """Every byte that the applicant can fetch of it."""
    paths = ("", "/history", "/position", "/decision")
    return [api.get(f"/applications/a-1{x}", api.world.buyer).content for x in paths] + [
        api.get("/applications", api.world.buyer).content
    ]


def test_what_a_firm_sees_does_not_depend_on_its_secret_score(desk_api: Api) -> None:
    """R11: a hidden fact is changed, and the bytes that the firm sees are compared."""
    in_round(desk_api, 60)
    high = seen_by_the_firm(desk_api)
    Application.objects.update(officer_facts={"application": {"score": 1}})
    assert seen_by_the_firm(desk_api) == high
    Application.objects.update(officer_facts={}, place={"rank": 7}, referrals=[{"party": "x"}])
    assert seen_by_the_firm(desk_api) == high
    shown = done(desk_api.get("/applications/a-1", desk_api.world.cn_officer))
    assert shown["place"] == {"rank": 7}


def test_a_holder_sees_no_amendment_that_is_only_proposed(desk_api: Api) -> None:
    desk = desk_api.world
    licensed(desk_api)

    def seen() -> dict[str, Any]:
        shown = done(desk_api.get("/licences/l-1", desk.buyer))
        return {x: y for x, y in shown.items() if x not in ("version", "changed_at")}

    before, past = seen(), desk_api.get("/licences/l-1/history", desk.buyer).content
    body = {"quantity": 500, "reason": "less"}
    done(desk_api.post("/licences/l-1/propose_amendment", desk.cn_officer, body))
    assert seen() == before
    assert desk_api.get("/licences/l-1/history", desk.buyer).content == past
    assert Licence.objects.get(pk="l-1").amendment["terms"] == {"quantity": 500}


@pytest.mark.parametrize(
    ("path", "body"),
    [("/applications/a-1/take", {}), ("/applications/a-1/approve", {}),
     ("/applications/a-1/score", {"facts": {}}), ("/licences/l-1/suspend", {"reason": "x"}),
     ("/licences/l-1/amend", {"reason": "x"}), ("/conditions/c-1/waive", {"reason": "x"}),
     ("/conditions/c-1/withdraw", {"reason": "x"})],
)  # fmt: skip
def test_a_denied_move_changes_nothing(desk_api: Api, path: str, body: Any) -> None:
    desk = desk_api.world
    in_round(desk_api)
    licensed(desk_api)
    for who in (desk.buyer, desk.third, desk.officer):
        desk_api.token(who)
    before = everything()
    assert desk_api.post(path, desk.buyer, body).status_code == 403
    assert desk_api.post(path, desk.third, body).status_code == 404
    assert desk_api.post(path, desk.officer, body).status_code == 404
    assert everything() == before


def test_facts_that_cannot_be_meant_are_named_by_their_pointers(desk_api: Api) -> None:
    facts = {"order": {"truly_needed": 3}, "application": {"score": 5}}
    wrong = desk_api.post("/applications", desk_api.world.buyer, APPLICATION | {"facts": facts})
    assert wrong.status_code == 422
    assert {x["pointer"] for x in wrong.json()["errors"]} == {"/facts/application/score"}
    wrong = desk_api.post(
        "/applications", desk_api.world.buyer, APPLICATION | {"facts": {"order": {"x": 1}}}
    )
    assert {x["pointer"] for x in wrong.json()["errors"]} == {"/facts/order/x"}
    assert not Application.objects.exists()


def test_the_wait_is_told_with_its_method_or_with_the_reason_why_not(desk_api: Api) -> None:
    in_round(desk_api)
    told = done(desk_api.get("/applications/a-1/position", desk_api.world.buyer))
    assert told["position"] == 1
    assert told["wait"]["days"] is None
    assert told["wait"]["reason"] == "so few past decisions (0 of at least 9) give no estimate"
    assert "order statistics" in told["wait"]["method"]


def test_what_everybody_said_to_a_condition_is_on_record(desk_api: Api) -> None:
    desk = desk_api.world
    licensed(desk_api)
    body = {"to": "agree", "agrees": True, "text_version": 1}
    done(desk_api.post("/conditions/c-1/consent", desk.rival, body))
    told = done(desk_api.get("/conditions/c-1/record", desk.buyer))
    # Another holder is not told who it was: only that a holder agreed (R11).
    assert [(x["by"], x["person"], x["agrees"]) for x in told["consents"]] == [(None, None, True)]
    told = done(desk_api.get("/conditions/c-1/record", desk.minister))
    assert (told["consents"][0]["by"], told["consents"][0]["person"]) == ("tencent", "jun@tencent")


def test_a_statement_is_filed_and_reviewed(desk_api: Api) -> None:
    desk = desk_api.world
    body = {"id": "s-1", "statement_kind": "necessity", "by": "bytedance",
            "evidence": [{"name": "need.pdf", "sha256": "0" * 64}]}  # fmt: skip
    done(desk_api.post("/statements", desk.buyer, body), 201)
    done(desk_api.post("/statements/s-1/accept", desk.cn_officer))
    shown = done(desk_api.get("/statements/s-1", desk.buyer))
    assert (shown["state"], "reviewed_by" in shown) == ("accepted", False)
    assert desk_api.get("/statements/s-1", desk.third).status_code == 404


def test_a_balance_is_asked_as_of_a_time_with_its_zone(desk_api: Api) -> None:
    licensed(desk_api)
    who = desk_api.world.cn_officer
    path = "/licences/l-1/balance?at=2020-01-01T00:00:00Z"
    assert {x["granted"] for x in done(desk_api.get(path, who))} == {0}
    assert desk_api.get("/licences/l-1/balance?at=2020-01-01T00:00:00", who).status_code == 422
