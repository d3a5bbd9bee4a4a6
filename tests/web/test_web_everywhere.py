"""What holds on every page: sign-in, borders between firms and gates, nothing leaks (R11)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import actor
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver, resolve, reverse
from everything_kit import REPLAY, everything, one_of_each
from test_everywhere import FIRM_ROLES, READ_BY_ALL, _other, _post

from interlock.book.lifecycles import lifecycles
from interlock.book.models import THINGS
from interlock.book.selectors import law_shown
from interlock.book.services import SERVICES
from interlock.law.terms import AccountTerms
from interlock.ledger import Grant, OpenAccount, Why
from interlock.web import urls
from interlock.web.people import WORKS as OF_PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web_kit import Pages

    from interlock.book.rights import Actor

# What differs in every answer: the token against forged forms, and the number of one form.
ONCE = re.compile(rb'name="(csrfmiddlewaretoken|once)" value="[^"]+"')
A_CASE = "f-product.name=H200+SXM&f-order.destination=CN&f-order.quantity=10"
WORKS = ("language/", "party/", "demo/sign-in/", "jobs/stream/")


@pytest.fixture
def ids(pages: Pages, settings: Any) -> Iterator[dict[str, str]]:
    """One thing of every kind. That an office may ask for a second factor is tested elsewhere."""
    settings.REQUIRE_MFA = False
    cache.clear()
    yield one_of_each(pages.world)
    cache.clear()


def places(ids: dict[str, str]) -> list[str]:
    """The address of every page that is read; a new pattern needs its values here."""
    found = []
    for one in urls.urlpatterns:
        pattern = str(one.pattern)
        if pattern in WORKS or pattern == "<kind:kind>/views/":
            continue
        for kind, pk in ids.items():
            moves = lifecycles()[kind].moves.values()
            if "new/<slug:move>" in pattern:
                found += [reverse(one.name, args=[kind, x.name]) for x in moves if not x.starts]
            elif "<slug:move>" in pattern:
                found += [reverse(one.name, args=[kind, pk, x.name]) for x in moves if x.starts]
            elif "<kind:kind>/<id:pk>" in pattern:
                found.append(reverse(one.name, args=[kind, pk]))
            elif pattern == "<kind:kind>/":
                found += [reverse(one.name, args=[kind]),
                          f"{reverse(one.name, args=[kind])}?form=csv"]  # fmt: skip
            elif "<id:pk>" in pattern:
                own = one.default_args.get("kind") or re.match(r"(\w+?)s?/", pattern)[1]
                if kind == {"entrie": "entry", "partie": "party"}.get(own, own):
                    found.append(reverse(one.name, args=[pk]))
    regimes = [one.regime.id for one in law_shown.regimes()]
    found += [reverse(x.name, args=[regime]) for x in urls.urlpatterns for regime in regimes
              if "<slug:regime>" in str(x.pattern)]  # fmt: skip
    found += [f"{reverse('run', args=[ids['run']])}?again=1", f"{reverse('law_try')}?{A_CASE}",
              f"{reverse('law_orders')}?on=2027-01-01&past=1", f"{reverse('desk')}?number=zz",
              f"{reverse('audit_proof')}?change=x", reverse("replay", args=[REPLAY]),
              f"{reverse('replay_file', args=[REPLAY])}?form=csv"]  # fmt: skip
    found += [reverse("person", args=["ann"]), reverse("office_end", args=[10**8]),
              reverse("token_end", args=["ilk_nobodys"]),
              *(reverse("person_work", args=["ann", name]) for name in OF_PEOPLE)]  # fmt: skip
    plain = [reverse(x.name) for x in urls.urlpatterns
             if "<" not in str(x.pattern) and str(x.pattern) not in WORKS]  # fmt: skip
    return sorted({*found, *plain})


def form(place: str) -> bool:
    """Whether a page is the form of a move."""
    return resolve(place.partition("?")[0]).url_name in ("make", "move")


def test_the_console_is_at_the_root() -> None:
    assert reverse("overview") == "/"
    assert get_resolver().urlconf_name == "interlock.site.urls"


def test_without_sign_in_every_page_asks_for_it(pages: Pages, ids: dict[str, str]) -> None:
    before = everything()
    client = Client()
    wrong = {}
    for place in places(ids):
        answer = client.get(place)
        if answer.status_code != 302 or not answer["Location"].startswith("/accounts/login/?next="):
            wrong[place] = answer.status_code
    assert wrong == {}
    assert len(places(ids)) > 150
    assert everything() == before


def test_a_rival_firm_finds_nothing_and_changes_nothing(pages: Pages, ids: dict[str, str]) -> None:
    rival = actor("ruth", "tencent", *FIRM_ROLES)
    secret = [*(pk for kind, pk in ids.items() if kind not in READ_BY_ALL), REPLAY]
    before = everything()
    wrong = []
    for place in places(ids):
        answer = pages.get(place, rival)
        text = answer.content.decode()
        # The address itself may come back in the form that chooses the language.
        told = [pk for pk in secret if f">{pk}<" in text or f'value="{pk}"' in text]
        if answer.status_code >= 500 or told:
            wrong.append((place, answer.status_code, told))
        of_a_thing = any(f"/{pk}/" in place for pk in secret)
        if of_a_thing and answer.status_code != 404:
            wrong.append((place, answer.status_code, "not 404"))
    assert wrong == []
    assert everything() == before


def test_no_form_of_a_rival_changes_a_thing(pages: Pages, ids: dict[str, str]) -> None:
    rival = actor("ruth", "tencent", *FIRM_ROLES)
    before = everything()
    for found in SERVICES.values():
        kind, pk = found.model.kind, ids[found.model.kind]
        if not found.makes and kind not in READ_BY_ALL:
            where = reverse("move", args=[kind, pk, found.move.name])
            answer = pages.post(where, rival, do="make", reason="x")
            assert answer.status_code == 404, where
    assert everything() == before


def test_a_preview_keeps_nothing(pages: Pages, ids: dict[str, str]) -> None:
    before = everything()
    where = reverse("move", args=["hold", ids["hold"], "lift"])
    answer = pages.post(where, pages.world.customs, do="preview", reason="the paper came")
    assert answer.status_code == 200, re.findall("<li>.*?</li>|feedback.*", answer.content.decode())
    assert b"What would change" in answer.content
    assert b"Lifted" in answer.content
    assert everything() == before


def test_every_page_answers_everybody_and_no_page_has_a_script_in_it(
    pages: Pages, ids: dict[str, str]
) -> None:
    world = pages.world
    everybody = [world.officer, world.cn_officer, world.customs, world.supplier, world.allocator,
                 world.buyer, world.auditor, actor("root", "us-bis", "administrator"),
                 actor("nell", "us-bis", "analyst")]  # fmt: skip
    good = 0
    for who in everybody:
        for place in places(ids):
            answer = pages.get(place, who)
            assert answer.status_code in (200, 403, 404, 409), (who.name, place)
            good += answer.status_code == 200
            if "form=csv" in place:
                continue
            text = answer.content.decode()
            assert "<script>" not in text
            assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", text), place
            assert len(answer.content) < 150_000, place
            assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert good > 500


def test_r11_a_hidden_field_changes_no_byte_that_a_firm_sees(
    pages: Pages, ids: dict[str, str]
) -> None:
    viewers = [pages.world.rival, pages.world.supplier, actor("rita", "bytedance", *FIRM_ROLES)]
    before = _seen(pages, ids, viewers)
    assert sum(status == 200 for status, _text in before.values()) > 100
    for kind, model in THINGS.items():
        hidden = {name: _other(model._meta.get_field(name)) for name in model.kept_from_firms}
        if hidden:
            assert model._default_manager.filter(pk=ids[kind]).update(**hidden) == 1
    after = _seen(pages, ids, viewers)
    assert [place for place in before if before[place] != after[place]] == []
    officer = pages.get(f"/applications/{ids['application']}/", pages.world.cn_officer)
    assert "leaked" in officer.content.decode(), "the change is there to be seen by who may"


def test_r11_a_hidden_account_changes_no_byte_that_a_firm_sees(
    pages: Pages, ids: dict[str, str]
) -> None:
    world, account = pages.world, "cn-chip-imports/hidden?buyer=bytedance"
    terms = AccountTerms("cn-chip-imports/hidden", "chip", visible_to=("officer:import",))
    why = Why("x", "x", "x", world.now)
    _post(OpenAccount("a-1", why, account, terms, holder="bytedance"), world.now)
    viewers = [world.buyer, world.supplier]
    before = _seen(pages, ids, viewers, forms=False)
    _post(Grant("g-1", why, account, 100), world.now)
    assert _seen(pages, ids, viewers, forms=False) == before


def _seen(
    pages: Pages, ids: dict[str, str], viewers: list[Actor], *, forms: bool = True
) -> dict[Any, Any]:
    """What each viewer gets at every page, to the byte."""
    found = {}
    for place in places(ids):
        if not forms and form(place):
            continue
        for who in viewers:
            answer = pages.get(place, who)
            found[who.name, place] = answer.status_code, ONCE.sub(b"once", answer.content)
    return found
