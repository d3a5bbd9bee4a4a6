"""Chinese pages tell the law in Chinese, and write Chinese as it is written."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.translation import override
from test_replay_api import SMALL, trade
from test_replay_jobs import play
from web_kit import Pages

from interlock.book.models import Replay
from interlock.web.cells import account, cell
from interlock.web.inwords import account_in_words, in_words
from interlock.web.law_tongue import item_name, sentence, unit_name
from interlock.web.listing import Column
from interlock.web.offers import OF_LAW
from interlock.web.templatetags.console import law_item

if TYPE_CHECKING:
    from api_kit import Api

__all__ = ["trade"]

QUOTA = "cn-chip-imports/group-quota?licence=l-1"
HAN = "[\u4e00-\u9fff]"
TAGS = r"(?:</?(?:strong|span|a|em|b|code|time|small)\b[^>]*>)*"
PARTED = re.compile(rf"[：；，、]{TAGS} +{TAGS}\S|{HAN}{TAGS}[,;:!?] +{TAGS}\S|{HAN}{TAGS}; ")
"""A Chinese sign with a space behind it, or an English sign between Chinese parts."""


@pytest.fixture
def pages(trade: Api, settings: Any) -> Pages:
    """Pages on a book in which something was ordered, shared, sent and let in."""
    settings.REQUIRE_MFA = False
    return Pages(trade.world)


def read(pages: Pages, place: str, who: Any, **more: str) -> str:
    """A page in Chinese."""
    answer = pages.client(who).get(place, more, HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert answer.status_code == 200, place
    return answer.content.decode()


def test_names_sentences_and_units_of_the_law_are_told_in_the_readers_language() -> None:
    says = "The whole country imports no more than {cap_china_wide} chips."
    with override("en"):
        assert sentence(says).words == says.replace("{cap_china_wide}", "[cap china wide]")
        assert account_in_words(QUOTA) == "Group quota l-1"
        assert (unit_name("half-chip"), item_name("tpp_below").words) == ("half-chip", "TPP below")
        assert "the condition “necessity”" in in_words("the condition 'necessity' is agreed")
    with override("zh-hans"):
        assert sentence(says) == ("全国进口的芯片不得超过 [全国上限] 片。", False)
        assert account_in_words(QUOTA) == "共用配额 l-1"
        assert 'lang="en"' not in str(account(QUOTA))
        assert unit_name("half-chip") == "半片"
        assert in_words("not licence_needed") == "“需要许可证”：否"
        assert "“必要性声明”" in in_words("the condition 'necessity' is agreed")
        left = in_words(f"at least 5 chip on {QUOTA}")
        assert "5 片" in left
        assert "共用配额" in left
        item = str(law_item("rule affiliate-of-listed"))
        assert item.endswith("“被列名方的关联企业须有许可证”</span>")
        kind = Column("condition_kind", "CharField")
        assert cell(kind, "domestic-ratio", "condition", {}) == "国产采购比例"


def test_what_a_file_has_no_chinese_for_is_marked_as_english() -> None:
    with override("zh-hans"):
        assert str(sentence("An order is for fewer than 500.").shown) == (
            '<span lang="en">An order is for fewer than 500.</span>'
        )
        assert 'lang="en">Small limit<' in str(account("small-orders/small-limit"))
        assert unit_name("widget") == "widget"
        shown = sentence("<b>{x_y}</b>").shown
        assert shown == '<span lang="en">&lt;b&gt;[x y]&lt;/b&gt;</span>'


def test_a_page_of_the_law_is_chinese_on_a_chinese_page(pages: Pages) -> None:
    world = pages.world
    for regime in ("cn-chip-imports", "us-advanced-computing", "us-party-lists"):
        text = read(pages, f"/law/of/{regime}/", world.auditor, at="2026-02-10")
        items = re.findall(r'<p class="mb-1">(.*?)</p>', text)
        assert len(items) > 3
        assert [one for one in items if not re.search(HAN, one)] == []
    tried = {
        "f-product.name": "H200 SXM", "f-order.destination": "CN", "f-order.quantity": "1000",
        "f-shipment.origin": "US", "f-transaction.kind": "export", "at": "2026-02-10",
    }  # fmt: skip
    text = read(pages, "/law/try/", world.officer, **tried)
    assert "企业仅凭主管机关的批准购买 H200。" in text
    assert "A firm buys H200 only under an approval" not in text
    decided = read(pages, "/orders/o-2/decision/", world.officer, stage="shipment")
    assert "每批发运在离境前均由美国境内的独立第三方实验室检测。" in decided
    assert not re.search(r'<strong><span lang="en">', decided)
    with override("zh-hans"):
        kinds = dict(OF_LAW["condition_kind"](world.cn_officer))
        assert kinds["data-centre-use"] == "芯片仅用于数据中心。"


def test_chinese_parts_are_parted_by_chinese_signs_without_spaces(pages: Pages) -> None:
    world = pages.world
    client = pages.client(world.officer)
    client.post("/law/replays/new/", {"text": SMALL, "do": "start", "on": "2026-02-10"})
    play()
    name = Replay.objects.get().name
    places = {
        world.officer: ("/", "/gates/", "/law/", "/law/of/us-advanced-computing/", "/orders/o-1/",
                        "/orders/o-2/decision/?stage=shipment", f"/law/replays/{name}/",
                        "/law/orders/?on=2026-12-01&past=1", "/licences/bis-1/", "/jobs/",
                        "/law/try/?f-order.destination=CN&f-product.name=H200+SXM",
                        "/law/of/us-advanced-computing/changes/?at=2023-01-01&and=2026-02-10"),
        world.auditor: ("/audit/", "/runs/run-1/", "/shipments/s-1/", "/law/of/cn-chip-imports/"),
        world.buyer: ("/orders/", "/orders/o-1/", "/licences/cn-1/", "/orders/new/place/"),
        world.customs: ("/desk/", "/desk/e-1/"),
    }  # fmt: skip
    wrong = []
    for who, some in places.items():
        for place in some:
            text = html.unescape(read(pages, place, who))
            shown = re.sub(r"<(script|pre|textarea|datalist)\b.*?</\1>", "", text, flags=re.S)
            wrong += [f"{place} {one[0]}" for one in PARTED.finditer(shown)]
    assert sorted(set(wrong)) == []
