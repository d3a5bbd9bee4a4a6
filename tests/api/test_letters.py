"""Printed letters: what they say, that nothing secret is on them, and that a code proves them."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from api_kit import Api
from django.core.cache import cache
from licensing_kit import Desk, desk_law, everything
from pypdf import PdfReader

from interlock.book.models import Condition, Licence
from interlock.letters.codes import Code, read_code
from interlock.letters.content import letter, newest_code
from interlock.letters.pdf import to_html

if TYPE_CHECKING:
    from typing import Any

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _law(settings: Any) -> None:
    cache.clear()  # calls are counted there
    desk_law(settings)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def code_of(pk: str = "l-1") -> Code:
    return newest_code(Licence.objects.get(pk=pk))


def pdf(answer: Any) -> PdfReader:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/pdf"
    return PdfReader(io.BytesIO(answer.content))


def words_of(document: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


def test_a_licence_prints_as_tagged_pdf_with_its_figures_and_its_code(desk):
    desk.licence(valid_until="2027-01-31")
    document = pdf(Api(desk).get("/licences/l-1/letter", desk.buyer))
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert document.trailer["/Root"]["/StructTreeRoot"]
    assert document.trailer["/Root"]["/Lang"] == "en"
    assert document.metadata.title == "Licence l-1"
    text = words_of(document)
    for said in ("l-1", "issued", "ByteDance", "1,000", "2027-01-31", "Valid until"):
        assert said in text
    assert code_of().text()[-19:] in text


def test_a_chinese_letter_says_so_in_its_language(desk):
    desk.licence()
    document = pdf(Api(desk).get("/licences/l-1/letter?language=zh-hans", desk.buyer))
    assert document.trailer["/Root"]["/Lang"] == "zh-hans"
    assert "许可证" in words_of(document)
    assert "ByteDance" in words_of(document)


def test_a_letter_calls_a_condition_and_says_what_it_asks_in_its_language(desk, settings):
    from interlock.site.settings import REGIMES

    settings.REGIMES = REGIMES  # those have their Chinese
    desk.licence(grant=False)
    values = {"id": "c-1", "licence": "l-1", "condition_kind": "domestic-ratio",
              "parameters": {"domestic_per_import": 1.5}, "text": "<as agreed in May>"}  # fmt: skip
    desk.do(desk.cn_officer, "condition.draft", **values)
    desk.do(desk.cn_officer, "licence.propose", "l-1")
    desk.do(desk.cn_second, "licence.grant", "l-1")
    Condition.objects.update(state="in_force")
    code = code_of()
    with patch("interlock.letters.content.Past.thing", lambda _past, of, pk: of.objects.get(pk=pk)):
        english, chinese = (to_html(letter(code, one), "") for one in ("en", "zh-hans"))
    assert "<strong>Domestic ratio</strong> (in force)" in english
    assert "For each imported chip the buyer buys 1.5 domestic chips" in english
    assert "&lt;as agreed in May&gt;" in english
    assert "<strong>国产采购比例</strong>（生效中）" in chinese
    assert "1.5" in chinese.partition("生效中")[2]
    assert "domestic" not in chinese
    assert "For each" not in chinese


def test_the_same_letter_has_the_same_bytes_whoever_prints_it(desk):
    desk.licence()
    api = Api(desk)
    first = api.get("/licences/l-1/letter", desk.buyer).content
    desk.later(days=3)
    assert api.get("/licences/l-1/letter", desk.cn_officer).content == first


def test_a_firm_prints_no_letter_of_another_and_is_not_told_that_it_exists(desk):
    desk.licence()
    api = Api(desk)
    api.token(desk.third)
    before = everything()
    mine = api.get("/licences/l-1/letter", desk.third)
    none = api.get("/licences/l-9/letter", desk.third)
    assert (mine.status_code, none.status_code) == (404, 404)
    assert mine.json()["detail"].replace("l-1", "") == none.json()["detail"].replace("l-9", "")
    assert everything() == before


def test_a_draft_has_no_letter(desk):
    desk.licence(grant=False)
    answer = Api(desk).get("/licences/l-1/letter", desk.cn_officer)
    assert answer.status_code == 409
    assert "there is a letter once it is one of: issued" in answer.json()["detail"]


def test_a_refusal_prints_with_its_reasons_and_without_what_officers_keep(desk):
    desk.submitted()
    desk.do(desk.cn_officer, "application.take", "a-1")
    desk.do(desk.cn_officer, "application.refuse", "a-1", reason="no need was shown")
    document = pdf(Api(desk).get("/applications/a-1/letter", desk.buyer))
    text = words_of(document)
    assert "refused" in text
    assert "no need was shown" in text
    assert desk.cn_officer.name not in text


def test_what_is_kept_from_firms_changes_no_byte_of_a_letter(desk):
    desk.licence()
    api = Api(desk)
    before = api.get("/licences/l-1/letter", desk.buyer).content
    Licence.objects.filter(pk="l-1").update(
        basis={"claims": ["secret"]}, suspended_by="someone", stops=["x"]
    )
    assert api.get("/licences/l-1/letter", desk.buyer).content == before


def test_a_code_of_the_letter_is_genuine_for_anybody(desk, client):
    desk.licence()
    answer = client.get("/check", {"code": code_of().text()})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "This book made this letter" in page
    assert "Nothing of it has changed since." in page
    assert "1,000" in page
    assert "ByteDance" in page


def test_a_code_typed_by_hand_is_forgiven_its_spaces_and_small_letters(desk):
    desk.licence()
    code = code_of()
    named, _, mark = code.text().rpartition("/")
    assert read_code(f" {named}/{mark.lower()} ") == code
    assert read_code(f"{named}/{mark.replace('1', 'I').replace('0', 'O')}") == code


def test_a_forged_code_shows_nothing(desk, client):
    desk.licence()
    named, _, mark = code_of().text().rpartition("/")
    other = ("Z" if mark[0] != "Z" else "Y") + mark[1:]
    forged = (
        f"{named}/{other}", f"{named.replace('l-1', 'l-2')}/{mark}", f"{named[:-2]}1Z/{mark}",
        "nonsense", "licence/l-1//", "x" * 5000,
    )  # fmt: skip
    for text in forged:
        answer = client.get("/check", {"code": text})
        assert answer.status_code == 404, text
        assert "is not genuine" in answer.content.decode()
        assert "ByteDance" not in answer.content.decode()


def test_a_letter_printed_before_a_change_is_genuine_and_said_to_be_old(desk, client):
    desk.licence()
    code = code_of()
    desk.later(days=1)
    desk.do(desk.cn_officer, "licence.suspend", "l-1", reason="an inquiry")
    page = client.get("/check", {"code": code.text()}).content.decode()
    assert "It has changed since" in page
    assert "<strong>suspended" in page
    assert ">issued<" in page  # as the letter said
    assert "an inquiry" not in page
    assert letter(code, "en").rows[1] == ("State", "issued")
    assert newest_code(Licence.objects.get(pk="l-1")) != code


def test_codes_cannot_be_guessed_in_numbers(desk, client, settings):
    settings.CHECKS_PER_MINUTE = 3
    desk.licence()
    code = code_of().text()
    asked = [client.get("/check", {"code": f"{code[:-1]}?"}) for _ in range(3)]
    assert [one.status_code for one in asked] == [404] * 3
    late = client.get("/check", {"code": code})
    assert late.status_code == 429
    assert int(late["Retry-After"]) <= 60
    assert "ByteDance" not in late.content.decode()
    assert client.get("/check").status_code == 200
    cache.clear()


def test_a_letter_escapes_what_people_wrote(desk):
    desk.submitted(end_use="x")
    desk.do(desk.cn_officer, "application.take", "a-1")
    desk.do(desk.cn_officer, "application.refuse", "a-1", reason="<script>alert(1)</script>")
    from interlock.book.models import Application

    made = letter(newest_code(Application.objects.get(pk="a-1")), "en")
    page = to_html(made, "https://book.example/check")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
