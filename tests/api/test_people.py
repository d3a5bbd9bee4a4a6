"""People, offices and tokens: who may, what fits, what is kept, what is not."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN, NOW, actor
from django.utils import timezone

from interlock.book.acting import perform
from interlock.book.errors import DeniedError, InputError, NotFoundError, SecondPersonError
from interlock.book.models import ApiToken, IdempotencyKey, Office, Party, User
from interlock.book.rights import Actor
from interlock.book.selectors.accounts import ledger
from interlock.book.services import people

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_kit import Api


def rows() -> tuple[int, ...]:
    return (
        User.objects.count(), Office.objects.count(), ApiToken.objects.count(),
        Office.objects.filter(until__isnull=True).count(),
        ApiToken.objects.filter(ended_at__isnull=True).count(),
        User.objects.filter(is_active=True).count(), len(ledger().entries()),
    )  # fmt: skip


def act(who: Actor, work: Callable[[Any], Any], **more: Any) -> Any:
    return perform(who, work, now=NOW, **more)


@pytest.fixture
def admin(api: Api) -> Actor:
    Party.objects.create(id="interlock", name="x", authority=True, state="active",
                         made_at=NOW, changed_at=NOW)  # fmt: skip
    return actor("ada", "interlock", "administrator")


def test_an_administrator_enters_a_person_gives_an_office_and_ends_it(
    api: Api, admin: Actor
) -> None:
    made = api.post("/users", admin, {"username": "lea", "name": "Léa", "reason": "joins"})
    assert (made.status_code, made.json()["mfa"]) == (201, False)
    office = {"username": "lea", "party": "bytedance", "role": "compliance_officer"}
    given = api.post("/offices", admin, office).json()
    assert (given["user"], given["until"]) == ("lea", None)
    lea = Actor("lea@bytedance", "bytedance", "", frozenset(), User.objects.get(username="lea").pk)
    assert api.get("/me", lea).json()["roles"] == ["compliance_officer"]
    ended = api.post(f"/offices/{given['id']}/end", admin, {}).json()
    assert ended["until"] is not None
    assert api.get("/me", lea).status_code == 401
    kinds = [(x.kind, x.cause, x.reason) for x in ledger().entries() if x.cause == "user/lea"]
    assert kinds == [("user.enter", "user/lea", "joins")]


def test_only_administrators_write_people_and_nothing_changes_for_others(
    api: Api, admin: Actor
) -> None:
    other = Office.objects.get(user__username="ivy").pk
    api.token(admin)
    prefix = ApiToken.objects.get(user__username="ada").prefix
    asks = [
        ("/users", {"username": "eva"}), ("/users/ivy/close", {}), ("/users/ivy/reopen", {}),
        ("/users/ivy/reset_mfa", {}), ("/users/ivy/invite", {}),
        ("/offices", {"username": "ivy", "party": "bytedance", "role": "firm_reader"}),
        (f"/offices/{other}/end", {}), ("/tokens", {"username": "ada", "party": "interlock"}),
        (f"/tokens/{prefix}/end", {}), (f"/me/tokens/{prefix}/end", {}),
    ]  # fmt: skip
    world = api.world
    for who in (world.buyer, world.officer, world.customs, world.auditor, world.allocator):
        api.token(who)
        before = rows()
        for path, body in asks:
            answer = api.post(path, who, body)
            assert (answer.status_code, answer.json()["who"]) == (403, ["administrator"]), path
        assert rows() == before
        read = 200 if who is world.auditor else 403
        for path in ("/users", "/users/ivy", "/tokens"):
            assert api.get(path, who).status_code == read


@pytest.mark.parametrize(
    ("party", "role", "says"),
    [
        ("bytedance", "licensing_officer", "an office of an authority"),
        ("bytedance", "administrator", "an office of an authority"),
        ("bytedance", "auditor", "an office of an authority"),
        ("us-bis", "compliance_officer", "an office of a firm"),
        ("us-bis", "customs_officer", "at the gate customs"),
        ("cn-customs", "licensing_officer", "at the gate export or import"),
        ("us-bis", "wizard", "there is no role 'wizard'"),
        ("nowhere", "firm_reader", "there is no party 'nowhere'"),
        ("us-bis", "administrator", "holds no other role"),
        ("us-bis", "licensing_officer", "already"),
    ],
)
def test_an_office_fits_its_party_and_administering_stands_apart(
    api: Api, party: str, role: str, says: str
) -> None:
    before = rows()
    with pytest.raises(InputError, match=says):
        act(ADMIN, lambda a: people.office_give(a, username="ann", party=party, role=role))
    assert rows() == before


def test_nobody_gives_an_office_to_themselves_nor_resets_their_own_factor(
    api: Api, admin: Actor
) -> None:
    before = rows()
    works = [
        lambda a: people.office_give(a, username="ada", party="us-bis", role="licensing_officer"),
        lambda a: people.user_reset_mfa(a, username="ada"),
        lambda a: people.user_close(a, username="ada"),
    ]
    for work in works:
        with pytest.raises(SecondPersonError, match="a second person decides"):
            act(admin, work)
    assert rows() == before


def test_a_closed_user_acts_no_more_at_once(api: Api, admin: Actor) -> None:
    assert api.get("/me", api.world.buyer).status_code == 200
    assert api.post("/users/ivy/close", admin, {"reason": "left"}).json()["active"] is False
    assert api.get("/me", api.world.buyer).status_code == 401
    assert api.post("/users/ivy/reopen", admin, {}).status_code == 200
    assert api.get("/me", api.world.buyer).status_code == 200


def test_a_token_is_shown_once_and_only_its_digest_is_kept(api: Api, admin: Actor) -> None:
    body = {"username": "ivy", "party": "bytedance", "name": "erp", "scopes": ["order.*"]}
    made = api.post("/tokens", admin, body, Idempotency_Key="t-1")
    token = made.json()["token"]
    assert (made.status_code, token[:12]) == (201, made.json()["prefix"])
    again = api.post("/tokens", admin, body, Idempotency_Key="t-1")
    assert again.json() == made.json() | {"token": None}
    stored = json.dumps(
        [list(ApiToken.objects.values()), list(IdempotencyKey.objects.values())], default=str
    ) + "".join(x.content for x in ledger().entries())  # fmt: skip
    assert token not in stored
    assert token[12:] not in stored
    listed = api.get("/tokens", admin).json()["items"]
    assert [x["name"] for x in listed if x["user"] == "ivy"] == ["erp"]
    assert token not in json.dumps(listed)


def test_scopes_limit_what_a_token_does(api: Api) -> None:
    world = api.world
    world.order()
    token = api.make_token(world.buyer, scopes=["order.read"])
    api.tokens[world.buyer.name] = token
    assert api.get("/orders/o-1", world.buyer).json()["can"] == []
    before = rows()
    denied = api.post("/orders/o-1/change", world.buyer, {"quantity": 9})
    assert denied.status_code == 403
    assert api.get("/parties/bytedance", world.buyer).status_code == 404
    assert rows() == before
    for scopes in (["order.*"], ["*.change", "*.read"], ["*"]):
        api.tokens[world.buyer.name] = api.make_token(world.buyer, scopes=scopes)
        assert api.post("/orders/o-1/change", world.buyer, {"quantity": 9}).status_code == 200


def test_accounts_are_read_with_a_scope_of_their_own(api: Api) -> None:
    buyer = api.world.buyer
    for scopes, status in ((["order.read"], 403), (["account.read"], 200), (["*.read"], 200)):
        api.tokens[buyer.name] = api.make_token(buyer, scopes=scopes)
        assert api.get("/accounts", buyer).status_code == status, scopes
        one = api.get("/account?account=no-such", buyer).status_code
        assert one == (404 if status == 200 else status)


PARQUET = "application/vnd.apache.parquet"


def test_the_whole_history_is_replayed_with_a_scope_of_its_own(api: Api) -> None:
    officer = api.world.officer
    for scopes, status in (
        (["order.read"], 403),
        (["*.read"], 403),
        (["law.replay", "order.read"], 200),
    ):
        api.tokens[officer.name] = api.make_token(officer, scopes=scopes)
        assert api.post("/replay", officer, {"on": "2026-01-28"}).status_code == status, scopes
        table = api.send("/decide?stage=order", officer, b"PAR1", PARQUET)
        assert table.status_code == 403


def test_wrong_scopes_days_and_parties_are_refused_together(api: Api) -> None:
    before = rows()
    with pytest.raises(InputError) as caught:
        act(ADMIN, lambda a: people.token_make(
            a, username="ivy", party="tencent", name="", scopes=["order.fly", "x"],
            expires_at=NOW + dt.timedelta(days=400),
        ))  # fmt: skip
    assert set(caught.value.faults) == {"scopes", "expires_at", "party"}
    assert rows() == before


def test_ended_and_expired_tokens_are_401(api: Api) -> None:
    world = api.world
    assert api.get("/me", world.buyer).status_code == 200
    found = ApiToken.objects.get(user__username="ivy")
    ApiToken.objects.filter(pk=found.pk).update(expires_at=timezone.now() - dt.timedelta(1))
    answer = api.get("/me", world.buyer)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    del api.tokens[world.buyer.name]
    assert api.get("/me", world.buyer).status_code == 200
    prefix = api.tokens[world.buyer.name][:12]
    assert api.post(f"/me/tokens/{prefix}/end", world.buyer, {}).status_code == 200
    assert api.get("/me", world.buyer).status_code == 401


def test_a_person_sees_and_ends_own_tokens_and_makes_none_by_a_token(api: Api) -> None:
    world = api.world
    api.token(world.rival)
    listed = api.get("/me/tokens", world.buyer).json()["items"]
    assert {x["user"] for x in listed} == {"ivy"}
    assert api.post("/me/tokens", world.buyer, {"name": "more"}).status_code == 401
    limited = Actor("ivy@bytedance", "bytedance", "", frozenset(), world.buyer.user,
                    frozenset({"order.read"}))  # fmt: skip
    before = rows()
    for scopes in ([], ["order.*"]):
        with pytest.raises(InputError, match="no more than the token that makes it"):
            act(limited, lambda a, s=scopes: people.token_make(
                a, username="ivy", party="bytedance", name="", scopes=s))  # fmt: skip
    assert rows() == before


def test_when_a_token_was_used_is_written_once_an_hour(
    api: Api, django_assert_num_queries: Any
) -> None:
    world = api.world
    api.get("/me", world.buyer)
    first = ApiToken.objects.get(user__username="ivy").used_at
    assert first is not None
    with django_assert_num_queries(2):
        api.get("/me", world.buyer)
    assert ApiToken.objects.get(user__username="ivy").used_at == first
    ApiToken.objects.update(used_at=first - dt.timedelta(hours=2))
    api.get("/me", world.buyer)
    assert ApiToken.objects.get(user__username="ivy").used_at >= first


def test_the_first_administrator_is_made_once(api: Api) -> None:
    good = "correct horse battery"
    before = rows()
    for name, password, says in (("zoe", "short", "too short"), ("z e", good, "write at most 64")):
        with pytest.raises(InputError, match=says):
            act(ADMIN, lambda a, n=name, p=password: people.administrator_enter(
                a, username=n, password=p))  # fmt: skip
    assert rows() == before
    made = act(ADMIN, lambda a: people.administrator_enter(a, username="zoe", password=good))
    assert made.check_password(good)
    assert good not in "".join(x.content for x in ledger().entries())
    with pytest.raises(InputError, match="zoe administers this book already"):
        act(ADMIN, lambda a: people.administrator_enter(a, username="yan", password=good))


def test_what_is_not_there_is_told_to_administrators_alone(api: Api) -> None:
    works = [
        lambda a: people.user_close(a, username="nobody"),
        lambda a: people.office_end(a, office=999_999),
        lambda a: people.token_end(a, prefix="ilk_nothing"),
    ]
    for work in works:
        with pytest.raises(NotFoundError):
            act(ADMIN, work)
        with pytest.raises(DeniedError):
            act(api.world.buyer, work)
