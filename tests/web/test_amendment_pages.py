"""Pages name what stays reserved for a holder who leaves, why it is stuck, and who is awaited."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from trade_kit import Trade
from web_kit import Pages

LEAVES = "stay reserved and go no further"


@pytest.fixture
def pages(db: None, settings: Any) -> Pages:
    """Pages on a book in which something was promised."""
    world = Trade()
    world.statement()
    settings.REQUIRE_MFA = False
    world.promise("o-1", 1000)
    return Pages(world)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", text)))


def test_who_decides_reads_what_stays_reserved_and_both_sides_why_it_is_stuck(
    pages: Pages,
) -> None:
    world = pages.world
    world.do(world.cn_officer, "licence.propose_amendment", "cn-1", reason="asked",
             holders=[{"party": "tencent"}])  # fmt: skip
    form = {"do": "preview", "reason": "decided"}
    seen = plain(pages.post("/licences/cn-1/amend/", world.cn_second, **form).content.decode())
    assert "Stays reserved" in seen
    assert "o-1" in seen
    world.do(world.cn_second, "licence.amend", "cn-1", reason="decided")
    own = plain(pages.get("/orders/o-1/decision/", world.buyer).content.decode())
    assert LEAVES in own
    assert "no longer on the licence cn-1" in own
    other = plain(pages.get("/orders/o-1/decision/", world.supplier).content.decode())
    assert LEAVES in other
    assert "cn-1" not in other
    chinese = pages.client(world.buyer).get("/orders/o-1/decision/", HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert "仍被预留，不能继续" in chinese.content.decode()


def test_a_condition_says_who_has_not_agreed_yet(pages: Pages) -> None:
    world = pages.world
    world.do(world.cn_officer, "condition.draft", id="c-1", licence="cn-1",
             condition_kind="necessity")  # fmt: skip
    world.do(world.cn_officer, "condition.propose", "c-1")
    world.do(world.buyer, "condition.consent", "c-1", to="agree", agrees=True, text_version=1)
    told = "Has not agreed to the version that stands: Tencent"
    assert told in plain(pages.get("/conditions/c-1/", world.cn_officer).content.decode())
    assert "Has not agreed" not in plain(
        pages.get("/conditions/c-1/", world.buyer).content.decode()
    )
