"""Signing in: invitation, password, second factor, the session, and what stops guessing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
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
    from pathlib import Path

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


def test_people_see_their_sessions_and_end_the_others(api: Api) -> None:
    first = invited("ivy")
    sign_in(first, "ivy")
    second = Client(headers={"User-Agent": "a browser elsewhere"})
    sign_in(second, "ivy")
    page = first.get("/accounts/sessions/")
    pages_are_strict(page)
    assert "a browser elsewhere" in page.content.decode()
    other = invited("jun")
    sign_in(other, "jun")
    assert "a browser elsewhere" not in other.get("/accounts/sessions/").content.decode()
    assert first.post("/accounts/sessions/").status_code == 302
    assert [one.get("/api/v1/me").status_code for one in (first, second, other)] == [200, 401, 200]


def test_a_changed_factor_ends_the_other_sessions(
    api: Api, django_capture_on_commit_callbacks: Any
) -> None:
    first = invited("ivy")
    sign_in(first, "ivy")
    second = Client()
    sign_in(second, "ivy")
    assert second.get("/api/v1/me").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        set_up_factor(first)
    assert [one.get("/api/v1/me").status_code for one in (first, second)] == [200, 401]


def test_signing_out_has_the_browser_forget(api: Api) -> None:
    client = invited("ivy")
    assert "Clear-Site-Data" not in sign_in(client, "ivy")
    gone = client.post("/accounts/logout/")
    assert gone["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert client.get("/api/v1/me").status_code == 401


def test_a_breached_password_is_refused_wherever_it_stands_in_the_file(
    api: Api, settings: Any, tmp_path: Path
) -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    breached = [f"a breached password no {n}" for n in range(257)]
    hashes = [hashlib.sha1(one.encode()).hexdigest().upper() for one in breached]
    path = tmp_path / "breached.txt"
    path.write_text("".join(f"{one}:{n * 7}\r\n" for n, one in enumerate(sorted(hashes))))
    settings.BREACHED = path
    for one in breached:
        with pytest.raises(ValidationError, match="found in a breach"):
            validate_password(one)
    for n in range(257, 514):
        validate_password(f"a breached password no {n}")
    path.write_text("")
    validate_password(breached[0])


def test_behind_tls_cookies_and_pages_are_for_https_alone(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.core.management import call_command;"
        "call_command('migrate', verbosity=0); from django.test import Client; import json;"
        "from interlock.book.models import User; u = User.objects.create(username='ivy');"
        "u.set_password('correct horse battery staple'); u.save();"
        "c = Client(SERVER_NAME='localhost', headers={'X-Forwarded-Proto': 'https'});"
        "page = c.get('/accounts/login/');"
        "done = c.post('/accounts/login/', {'login': 'ivy',"
        " 'password': 'correct horse battery staple'});"
        "plain = Client(SERVER_NAME='localhost'); to = plain.get('/accounts/login/');"
        "api = plain.get('/api/v1/me');"
        "print(json.dumps({'hsts': page['Strict-Transport-Security'], 'status': done.status_code,"
        " 'cookies': [x.OutputString() for x in [*page.cookies.values(), *done.cookies.values()]],"
        " 'to': [to.status_code, to['Location']],"
        " 'api': [api.status_code, api.json()['type']]}))"
    )
    env = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/book.sqlite3", "INTERLOCK_HTTPS": "1",
        "DJANGO_SETTINGS_MODULE": "interlock.site.settings",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["hsts"] == "max-age=63072000; includeSubDomains"
    assert found["status"] == 302
    names = {one.partition("=")[0] for one in found["cookies"]}
    assert {"__Host-sessionid", "__Host-csrftoken"} <= names
    for one in found["cookies"]:
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(one.split("; ")), one
        assert "Domain" not in one
    assert found["to"] == [301, "https://localhost/accounts/login/"]
    assert found["api"] == [403, "/docs/problems#not-secure"]
