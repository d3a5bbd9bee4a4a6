"""People, offices and tokens on pages, for who administers them; own tokens for everybody."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import actor
from counting_kit import counted
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from everything_kit import everything

from interlock.book.models import ApiToken, Office, User
from interlock.book.selectors.accounts import ledger
from interlock.web.people import A_PAGE, WORKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web_kit import Pages

    from interlock.book.rights import Actor


@pytest.fixture(autouse=True)
def _plain(settings: Any) -> Iterator[None]:
    """That an office may ask for a second factor is tested elsewhere."""
    settings.REQUIRE_MFA = False
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def root(pages: Pages) -> Actor:
    """Who administers people."""
    return actor("root", "us-bis", "administrator")


def plain(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", answer.content.decode())))


def secret_in(answer: Any) -> str:
    found = re.search(r'id="secret" value="([^"]+)"', answer.content.decode())
    assert found is not None
    return html.unescape(found[1])


def last_row() -> tuple[str, str, str]:
    row = ledger().entries()[-1]
    return row.kind, row.cause, row.actor


def test_a_person_is_entered_given_an_office_invited_and_closed(pages: Pages, root: Actor) -> None:
    made = pages.post("/people/new/", root, username="li.wei", name="Li Wei", once="a1")
    assert (made.status_code, made["Location"]) == (302, "/people/of/li.wei/")
    given = pages.post("/people/of/li.wei/office/", root, party="cn-customs",
                       role="customs_officer", reason="new in the office")  # fmt: skip
    assert given.status_code == 302
    assert last_row()[::2] == ("office.give", "root@us-bis")
    listed = plain(pages.get("/people/?begins=li", root))
    assert "li.wei Li Wei active no Customs officer" in listed
    assert "chen" not in listed.partition("Last sign-in")[2], "narrowed by the name"
    asked = pages.post("/people/of/li.wei/invite/", root)
    assert asked.status_code == 201
    link = secret_in(asked)
    assert link.startswith("http://testserver/accounts/")
    assert Client().get(link, follow=True).status_code == 200
    assert pages.post("/people/of/li.wei/close/", root).status_code == 302
    assert not User.objects.get(username="li.wei").is_active
    text = plain(pages.get("/people/of/li.wei/", root))
    assert "closed" in text
    assert "Reopen the account" in text
    assert "Invite" not in text
    office = Office.objects.get(user__username="li.wei")
    assert pages.post(f"/people/offices/{office.pk}/end/", root).status_code == 302
    assert last_row() == ("office.end", f"office/{office.pk}", "root@us-bis")
    assert plain(pages.get("/people/of/li.wei/", root)).count("UTC") == 2


def test_what_cannot_be_meant_stands_at_its_field_and_nothing_is_written(
    pages: Pages, root: Actor
) -> None:
    before = everything()
    for place, sent, told in (
        ("/people/new/", {"username": "ann"}, "'ann' is taken; choose another"),
        ("/people/new/", {"username": "a b"}, "Write it in the form"),
        ("/people/of/ann/office/", {"party": "nvidia", "role": "auditor"}, "an authority"),
        ("/people/of/ann/office/", {"party": "zz", "role": "auditor"}, "there is no party 'zz'"),
        ("/people/of/ann/token/", {"party": "us-bis", "scopes": "order.fly"}, "no such right"),
        ("/tokens/new/", {"expires_at": "2020-01-01T00:00"}, "give a time after now"),
        ("/people/of/root/close/", {}, "Ask a colleague"),
    ):
        answer = pages.post(place, root, **sent)
        assert answer.status_code in (409, 422), place
        assert told in plain(answer), place
    assert pages.get("/people/of/nobody/", root).status_code == 404
    own = plain(pages.get("/people/of/root/", root))
    assert "a colleague changes your account" in own
    assert "Close the account" not in own
    assert everything() == before


def test_whoever_does_not_administer_people_reads_and_changes_nothing(
    pages: Pages, root: Actor
) -> None:
    world = pages.world
    ApiToken.objects.create(prefix="ilk_theirs", digest="x", user_id=root.user, party_id="us-bis",
                            made_at=world.now)  # fmt: skip
    office = Office.objects.get(user__username="ann")
    reads = ["/people/", "/people/of/ann/", "/tokens/all/"]
    writes = ["/people/new/", f"/people/offices/{office.pk}/end/", "/tokens/end/ilk_theirs/",
              *(reverse("person_work", args=["ann", name]) for name in WORKS)]  # fmt: skip
    sent = {"username": "eve2", "party": "us-bis", "role": "auditor", "reason": "x"}
    for who in (world.officer, world.customs, world.buyer, world.allocator, world.auditor):
        before = everything()
        may_read = who is world.auditor
        for place in reads:
            assert pages.get(place, who).status_code == (200 if may_read else 403), place
        for place in writes:
            assert pages.get(place, who).status_code == 403, (who.name, place)
            assert pages.post(place, who, **sent).status_code == 403, (who.name, place)
        assert everything() == before
    text = plain(pages.get("/people/of/ann/", world.auditor))
    assert "Close the account" not in text
    assert "End it" not in text


def test_a_token_of_ones_own_is_shown_once_works_and_ends(pages: Pages) -> None:
    world = pages.world
    sent = {"name": "loader", "scopes": "order.read\nparty.read", "once": "t1"}
    made = pages.post("/tokens/new/", world.buyer, **sent)
    assert made.status_code == 201
    token = secret_in(made)
    head = {"authorization": f"Bearer {token}"}
    me = Client().get("/api/v1/me", headers=head).json()
    assert (me["party"], me["scopes"]) == ("bytedance", ["order.read", "party.read"])
    again = pages.post("/tokens/new/", world.buyer, **sent)
    assert again.status_code == 409, "a form counts once"
    assert ApiToken.objects.count() == 1
    listed = pages.get("/tokens/", world.buyer).content.decode()
    assert token[:12] in listed
    assert token not in listed
    assert "loader" not in pages.get("/tokens/", world.rival).content.decode()
    assert pages.post(f"/tokens/end/{token[:12]}/", world.rival).status_code == 403
    assert Client().get("/api/v1/me", headers=head).status_code == 200
    assert pages.post(f"/tokens/end/{token[:12]}/", world.buyer).status_code == 302
    assert Client().get("/api/v1/me", headers=head).status_code == 401
    assert "ended" in plain(pages.get("/tokens/", world.buyer))


def test_the_list_of_people_asks_as_often_for_many_as_for_few(pages: Pages, root: Actor) -> None:
    def asked() -> str:
        pages.get("/people/", root)
        with counted() as found:
            text = plain(pages.get("/people/", root))
        assert ("Next page" in text) is (User.objects.count() > A_PAGE)
        return str(found)

    few = asked()
    for number in range(A_PAGE):
        actor(f"many-{number}", "us-bis", "analyst")
    assert asked() == few
