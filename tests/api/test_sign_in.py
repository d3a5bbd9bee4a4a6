"""Signing in: invitation, password, second factor, the session, and what stops guessing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from book_kit import ADMIN, NOW
from django.core.cache import cache
from django.test import Client
from structlog.testing import capture_logs

from interlock.book.acting import perform
from interlock.book.models import Order, User
from interlock.book.services import people

if TYPE_CHECKING:
    from api_kit import Api
    from django.http import HttpResponse

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Rates are counted in the cache; no test inherits another's."""
    cache.clear()


def invited(name: str) -> Client:
    """A browser of a person who set a password by the link of an invitation."""
    _, path = perform(ADMIN, lambda act: people.user_invite(act, username=name), now=NOW)
    client = Client(raise_request_exception=False)
    page = client.get(path, follow=True)
    assert page.status_code == 200
    where = page.redirect_chain[-1][0]
    done = client.post(where, {"password1": PASSWORD, "password2": PASSWORD})
    assert done.status_code == 302
    spent = Client().get(path, follow=True)
    assert "used already" in spent.content.decode()
    return client


def sign_in(client: Client, name: str, password: str = PASSWORD) -> HttpResponse:
    return client.post("/accounts/login/", {"login": name, "password": password})


def code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def set_up_factor(client: Client) -> str:
    """Set up a second factor, for which the password is asked again; gives its secret."""
    asked = client.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    pages_are_strict(page)
    secret = re.search(r'value="([A-Z2-7]{16,})"', page.content.decode())
    assert secret is not None
    done = client.post("/accounts/2fa/totp/activate/", {"code": code(secret[1])})
    assert done.status_code == 302, done.content.decode()
    return secret[1]


def pages_are_strict(response: HttpResponse) -> None:
    """What the Content-Security-Policy would refuse is not on a page."""
    text = response.content.decode()
    assert not re.search(r'<script(?! src="/static/)|<style|\sstyle=|\son[a-z]+=|javascript:', text)
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_an_officer_signs_in_with_a_second_factor_and_acts(api: Api) -> None:
    client = invited("ann")
    assert sign_in(client, "ann").status_code == 302
    refused = client.get("/api/v1/orders")
    assert (refused.status_code, refused.json()["type"]) == (403, "/docs/problems#mfa-needed")
    secret = set_up_factor(client)
    assert client.get("/api/v1/orders").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/api/v1/orders").status_code == 401

    password_alone = sign_in(client, "ann")
    assert password_alone["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/api/v1/orders").status_code == 401
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert (wrong.status_code, client.get("/api/v1/orders").status_code) == (200, 401)
    cache.clear()  # a code is good once; the next one would come half a minute later
    right = client.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert right.status_code == 302
    assert client.get("/api/v1/me").json()["roles"] == ["licensing_officer"]


def test_a_code_is_good_once(api: Api) -> None:
    client = invited("ann")
    sign_in(client, "ann")
    secret = set_up_factor(client)
    used = code(secret)
    for status in (302, 200):
        other = Client()
        sign_in(other, "ann")
        if status == 302:
            cache.clear()
        answer = other.post("/accounts/2fa/authenticate/", {"code": used})
        assert answer.status_code == status


def test_a_recovery_code_stands_in_for_a_lost_telephone_once(api: Api) -> None:
    client = invited("ann")
    sign_in(client, "ann")
    set_up_factor(client)
    client.post("/accounts/2fa/recovery-codes/generate/")
    page = client.get("/accounts/2fa/recovery-codes/")
    pages_are_strict(page)
    spare = re.findall(r"<code>(\w+)</code>", page.content.decode())
    assert len(spare) == 10
    for status in (302, 200):
        other = Client()
        sign_in(other, "ann")
        answer = other.post("/accounts/2fa/authenticate/", {"code": spare[0]})
        assert answer.status_code == status


def test_secrets_of_factors_are_encrypted_at_rest(api: Api) -> None:
    client = invited("ann")
    sign_in(client, "ann")
    secret = set_up_factor(client)
    kept = str(list(Authenticator.objects.values()))
    assert secret not in kept


def test_a_reset_factor_closes_the_office_until_a_new_one_is_set_up(api: Api) -> None:
    client = invited("ann")
    sign_in(client, "ann")
    set_up_factor(client)
    perform(ADMIN, lambda act: people.user_reset_mfa(act, username="ann"), now=NOW)
    assert client.get("/api/v1/orders").status_code == 403


def test_a_firms_people_may_do_without_and_a_demo_asks_nobody(api: Api, settings: Any) -> None:
    client = invited("ivy")
    sign_in(client, "ivy")
    assert client.get("/api/v1/orders").status_code == 200
    settings.REQUIRE_MFA = False
    officer = invited("ann")
    sign_in(officer, "ann")
    assert officer.get("/api/v1/orders").status_code == 200


def test_a_change_by_session_needs_its_csrf_token(api: Api) -> None:
    api.world.order()
    invited("ivy")
    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")
    token = client.cookies["csrftoken"].value
    client.post("/accounts/login/", {
        "login": "ivy", "password": PASSWORD, "csrfmiddlewaretoken": token,
    })  # fmt: skip
    send = {"data": '{"quantity": 7}', "content_type": "application/json"}
    refused = client.post("/api/v1/orders/o-1/change", **send)
    assert (refused.status_code, refused.json()["type"]) == (403, "/docs/problems#csrf")
    assert Order.objects.get(pk="o-1").quantity == 1000
    token = client.cookies["csrftoken"].value
    done = client.post("/api/v1/orders/o-1/change", **send, headers={"X-CSRFToken": token})
    assert done.status_code == 200


def test_the_session_is_a_new_one_after_sign_in_and_dead_after_sign_out(api: Api) -> None:
    invited("ivy")
    client = Client()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in(client, "ivy")
    after = client.cookies["sessionid"].value
    assert after != before
    client.post("/accounts/logout/")
    stale = Client()
    stale.cookies["sessionid"] = after
    assert stale.get("/api/v1/me").status_code == 401


def test_a_new_password_ends_other_sessions(api: Api) -> None:
    first = invited("ivy")
    sign_in(first, "ivy")
    assert first.get("/api/v1/me").status_code == 200
    user = User.objects.get(username="ivy")
    user.set_password("another correct horse battery")
    user.save()
    assert first.get("/api/v1/me").status_code == 401


def test_guessing_a_password_is_stopped_for_the_right_one_too(api: Api) -> None:
    invited("ivy")
    client = Client()
    for _ in range(5):
        assert sign_in(client, "ivy", "wrong").status_code == 200
    assert "Too many" in sign_in(client, "ivy").content.decode()
    assert client.get("/api/v1/me").status_code == 401


def test_who_is_not_there_is_answered_like_a_wrong_password(api: Api) -> None:
    invited("ivy")
    texts = []
    for name in ("ivy", "nobody"):
        page = sign_in(Client(), name, "wrong").content.decode()
        texts.append(re.sub(r'value="[^"]*"', "", page))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("password", ["short", "123456789012", "password1234", "licensing_officer",
                                      "Interlock-Export-1!"])  # fmt: skip
def test_weak_passwords_are_refused(api: Api, password: str) -> None:
    user = User.objects.get(username="ann")
    user.first_name = "licensing_officer"
    user.save()
    _, path = perform(ADMIN, lambda act: people.user_invite(act, username="ann"), now=NOW)
    client = Client()
    where = client.get(path, follow=True).redirect_chain[-1][0]
    page = client.post(where, {"password1": password, "password2": password})
    assert page.status_code == 200
    assert not User.objects.get(username="ann").has_usable_password()


def test_nobody_signs_up_and_no_address_sends_mail(api: Api) -> None:
    for path in ("signup/", "email/", "password/reset/", "login/code/"):
        assert Client().get(f"/accounts/{path}").status_code == 404


def test_sign_in_leads_nowhere_else(api: Api) -> None:
    invited("ivy")
    answer = Client().post("/accounts/login/?next=https://evil.example/", {
        "login": "ivy", "password": PASSWORD, "next": "https://evil.example/",
    })  # fmt: skip
    assert answer["Location"] == "/"


def test_sign_in_pages_keep_to_the_policy(api: Api) -> None:
    client = invited("ann")
    pages = ["login/"]
    for path in pages:
        pages_are_strict(client.get(f"/accounts/{path}"))
    sign_in(client, "ann")
    for path in ("2fa/", "reauthenticate/", "password/change/", "logout/"):
        page = client.get(f"/accounts/{path}")
        assert page.status_code == 200, path
        pages_are_strict(page)
    set_up_factor(client)
    for path in ("2fa/", "2fa/recovery-codes/generate/", "2fa/totp/deactivate/"):
        page = client.get(f"/accounts/{path}")
        assert page.status_code == 200, path
        pages_are_strict(page)
    other = Client()
    sign_in(other, "ann")
    pages_are_strict(other.get("/accounts/2fa/authenticate/"))


def test_a_session_ends_when_it_is_not_used_and_in_the_end_anyhow(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from interlock.site import middleware

    clock = [1_000_000]
    monkeypatch.setattr(middleware.time, "time", lambda: clock[0])
    client = invited("ivy")
    sign_in(client, "ivy")
    assert client.get("/api/v1/me").status_code == 200
    for _ in range(12 * 60 // 59):
        clock[0] += 59 * 60
        assert client.get("/api/v1/me").status_code == 200
    clock[0] += 59 * 60
    assert client.get("/api/v1/me").status_code == 401, "twelve hours are over"
    sign_in(client, "ivy")
    assert client.get("/api/v1/me").status_code == 200
    clock[0] += 61 * 60
    assert client.get("/api/v1/me").status_code == 401, "an hour without use"


def test_a_closed_account_has_no_session(api: Api) -> None:
    client = invited("ivy")
    sign_in(client, "ivy")
    perform(ADMIN, lambda act: people.user_close(act, username="ivy"), now=NOW)
    assert client.get("/api/v1/me").status_code == 401
    again = Client()
    sign_in(again, "ivy")
    assert again.get("/api/v1/me").status_code == 401


def test_an_invitation_ends_the_sessions_that_there_are(api: Api) -> None:
    client = invited("ivy")
    sign_in(client, "ivy")
    perform(ADMIN, lambda act: people.user_invite(act, username="ivy"), now=NOW)
    assert client.get("/api/v1/me").status_code == 401


def test_what_concerns_security_is_logged_without_secrets(
    api: Api,
) -> None:
    invited("ivy")
    client = Client()
    with capture_logs() as told:
        sign_in(client, "ivy", "wrong horse battery")
        sign_in(client, "ivy")
        client.get("/api/v1/users")
        Client().get("/api/v1/me", headers={"Authorization": "Bearer ilk_guessed-token"})
        client.post("/accounts/logout/")
    events = [(one["event"], one.get("user") or one.get("problem")) for one in told]
    for event in (("sign-in failed", "ivy"), ("signed in", "ivy"), ("refused", "denied"),
                  ("refused", "not-signed-in"), ("signed out", "ivy")):  # fmt: skip
        assert event in events
    assert any(one.get("actor") == "ivy@bytedance" for one in told if one["event"] == "request")
    for secret in (PASSWORD, "wrong horse", "guessed-token"):
        assert secret not in str(told)
