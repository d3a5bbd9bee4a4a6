"""Facts, codes, accounts and changes of the law as pages tell them, in both languages."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import actor
from django.utils.translation import override

import interlock
from interlock.book.lifecycles import lifecycles
from interlock.book.selectors.alerts import law_changes
from interlock.web.cells import OWN_REASONS, account, badge, cell, coded, plain, reason, told
from interlock.web.law_words import change_in_words, expression_in_words
from interlock.web.listing import Column
from interlock.web.phrasing import translated
from interlock.web.values import fields_of, read, with_rows
from interlock.web.words import APART, word

if TYPE_CHECKING:
    from web_kit import Pages

    from interlock.book.services import Service

FIRST, LAST, KNOWN = dt.date(2013, 1, 1), dt.date(2027, 12, 31), dt.date(2026, 11, 24)


def test_in_english_a_change_of_the_law_is_told_as_the_law_itself_tells_it() -> None:
    changes = law_changes(FIRST, LAST, known=KNOWN, viewer="officer:export")
    dated = [one["words"] for one in changes if one["field"] in ("status", "value")]
    assert len(dated) > 40
    with override("en"):
        assert [change_in_words(words).words for words in dated] == dated
    with override("zh-hans"):
        for words in dated:
            found = change_in_words(words)
            assert not found.english, words
            outside = re.sub(r"\([^()]*\)", "", found.words)
            assert not re.search(r"\b(was|is|from|since|until|force)\b", outside), found.words


def test_what_english_calls_alike_and_chinese_does_not_is_told_by_its_kind() -> None:
    with override("zh-hans"):
        assert word("move hold", "place") == "扣留"
        assert word("state hold", "placed") == "扣留中"
        assert word("move order", "place") == "下达"
        assert "扣留中" in cell(Column("state", "state"), "placed", "hold", {})
        assert "已下达" in cell(Column("state", "state"), "placed", "order", {})
        for kind, context, name in APART:
            assert word(f"{context} {kind}", name) != word(context, name), (kind, name)
        assert "放行" in badge("open", "verdict")
        assert "已放行" in badge("released", kind="entry")
        assert "2026" in cell(Column("counts_for", "year"), 2026, "purchase", {})
        why = lifecycles()["hold"].moves["lift"].refuses("lifted")
        assert why is not None
        assert translated(why, "hold") == "当前状态为“已解除”，此操作须从以下状态开始：扣留中"
    with override("en"):
        for kind, context, name in APART:
            assert word(f"{context} {kind}", name) == word(context, name)
    assert all(name in (*lifecycles()[kind].states, *lifecycles()[kind].moves)
               for kind, _context, name in APART)  # fmt: skip


def test_a_move_that_does_not_go_from_here_is_told_in_the_readers_language(
    pages: Pages, settings: Any
) -> None:
    settings.REQUIRE_MFA = False
    who = actor("root", "us-bis", "administrator")
    pages.world.do(who, "party.close", "tencent", reason="x")
    client = pages.client(who)
    answer = client.get("/parties/tencent/close/", HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert "当前状态为“已关闭”，此操作须从以下状态开始：有效" in answer.content.decode()


def test_the_parts_of_an_expression_are_told_by_what_their_names_mean() -> None:
    with override("en"):
        told_so = expression_in_words('order.destination in ["CN"] && (weight < 5 || !a.b)')
    assert (
        told_so == "“country of destination (ISO 3166 alpha-2)” is one of: CN and "
        "(“weight” is below 5 or “a.b”: no)"
    )
    with override("zh-hans"):
        told_so = expression_in_words(
            "(product.dram_bandwidth_gbps < bandwidth_below && movement == export) || !serves_us"
        )
        case = change_in_words("case added: case_by_case otherwise; case removed: no when !heavy")
        value = change_in_words("from none to 21,000 TPP, since 2026-01-15 (fr-2026-00789, A1)")
    assert told_so == (
        "（“DRAM 总带宽”低于 “DRAM 带宽上限” 且 “移动方式”为 出口）或“服务于美国”：否"
    )
    assert case.words.startswith("新增情形：其他情形为 逐案审查；")
    assert not re.search("[a-z]{3}", case.words.replace("heavy", ""))
    assert value.words == "由 无 改为 21,000 TPP，自 2026-01-15 起（fr-2026-00789、A1）"
    assert change_in_words("its sources changed").english


def test_facts_and_records_in_a_field_are_told_in_words_without_json() -> None:
    value = {"order": {"truly_needed": True}, "claims": ["a", "b"], "filings": {}, "status": None,
             "digest": "0" * 64}  # fmt: skip
    with override("en"):
        text = re.sub("<[^>]+>", " ", str(plain(value)))
    assert "the need cannot be met by domestic chips yes" in re.sub(r"\s+", " ", text)
    assert "Claims" in text
    assert "a, b" in text
    assert "000000000000…" in text
    assert not set(text) & set('{}[]"')
    assert "filings" not in text.lower()


def test_a_long_record_is_folded_and_why_an_order_was_left_out_is_told_in_chinese() -> None:
    lines = {f"o-{n}": {"verdict": "open"} for n in range(41)}
    kept = {"left_out": {"o-50": "a gate is shut: import"}, "lines": lines}
    with override("zh-hans"):
        folded, short = str(plain(kept)), str(plain({"left_out": kept["left_out"]}))
    assert folded.startswith("<details><summary>42")
    assert folded.count("放行") == 41
    assert "关口关闭：进口" in short
    assert "<details" not in short
    with override("en"):
        assert str(plain("x" * 5001)).startswith("<details><summary>5,001 characters<")


def test_what_the_book_keeps_of_a_move_is_told_in_chinese() -> None:
    kept = {"verdict": "open", "changes": "act-1", "returned": 0}
    with override("zh-hans"):
        text = re.sub("<[^>]+>", " ", str(plain(kept))).replace("act-1", "")
        assert "放行" in text
        assert not re.search("[a-z]", text), text


def test_why_the_book_itself_did_something_is_told_in_chinese() -> None:
    found = set()
    for folder in ("book", "api"):
        for file in (Path(interlock.__file__).parent / folder).rglob("*.py"):
            code = file.read_text(encoding="utf-8")
            found |= set(re.findall(r'reason(?:"[:]\s|=)"([^".]+)"', code))
    assert found <= set(OWN_REASONS), "said to nobody in Chinese"
    assert len(found) >= 4
    with override("zh-hans"):
        for one in OWN_REASONS:
            assert not re.search("[a-z]", str(reason(one))), one
        says = "For each imported chip the buyer buys 0.5 domestic chips."
        for kept in (says, f"domestic_purchase.accepted: {says}"):
            assert reason(kept) == "每进口一片芯片，买方购买 0.5 片国产芯片。"
        assert 'translate="no">a typo: mended<' in str(reason("a typo: mended"))


def test_codes_are_told_by_their_words_and_other_texts_as_they_are() -> None:
    with override("en"):
        assert coded("roles", ["buyer", "end_user"]) == "Buyer, End user"
        assert coded("statement_kind", "know_your_customer") == "Know your customer"
        assert coded("statement_kind", "something else") is None
        assert told("unit_price_usd", "27000") == "27,000"
        assert str(account("r/licence-quantity?licence=l-1")).count("Licence quantity") == 1
    with override("zh-hans"):
        assert coded("roles", ["buyer"]) == "买方"


def test_a_table_of_values_always_has_an_empty_row() -> None:
    from django.http import QueryDict

    from interlock.book.services import SERVICES

    found: Service = SERVICES["licence.draft"]
    fields = fields_of(found)
    rows = "&".join(f"holders-{n}-party=f-{n}" for n in range(4))
    assert len(read(fields, QueryDict(rows))["holders"]) == 4
    holders = next(one for one in with_rows(fields) if one.name == "holders")
    assert [row[0].value for row in holders.rows] == ["f-0", "f-1", "f-2", "f-3", ""]


@pytest.mark.django_db
def test_a_supplier_reads_whom_an_order_is_of_and_finds_it_by_the_name(pages: Pages) -> None:
    world = pages.world
    order = world.order()
    text = pages.get("/orders/", world.supplier).content.decode()
    assert "ByteDance" in text
    assert "/parties/bytedance/" not in text, "its page is not the supplier's to read"
    found = pages.get("/orders/?buyer=BYTEdance", world.supplier).content.decode()
    assert order.pk in found


@pytest.mark.django_db
def test_a_party_is_told_who_may_name_it_and_how_it_was_screened(
    pages: Pages, settings: Any
) -> None:
    settings.REQUIRE_MFA = False
    from interlock.book.models import Party

    Party.objects.filter(pk="bytedance").update(screening="to_review")
    text = pages.get("/parties/bytedance/", pages.world.auditor).content.decode()
    assert '<a href="/parties/nvidia/" translate="no">NVIDIA Corporation</a>' in text
    assert "To review</span>" in text


@pytest.mark.django_db
def test_a_regime_is_guarded_by_an_authority_that_has_a_name(pages: Pages, settings: Any) -> None:
    settings.REQUIRE_MFA = False
    text = pages.get("/law/of/us-advanced-computing/", pages.world.officer).content.decode()
    assert '<span translate="no">Bureau of Industry and Security</span> guards the gate' in text


@pytest.mark.django_db
def test_what_no_page_of_the_reader_shows_is_no_link(pages: Pages) -> None:
    from interlock.web.listing import Column
    from interlock.web.names import names_for

    rows, column = [{"run": "run-1"}], Column("run", "ref", "run")
    world = pages.world
    # There is no such run: it is none of the supplier's; an auditor reads all that there are.
    for who, link in ((world.officer, False), (world.allocator, False), (world.auditor, True)):
        found = str(cell(column, "run-1", "allocation", names_for(who, [column], rows)))
        assert "run-1" in found
        assert ("href" in found) == link, who.name
