"""Words explained where they stand: one file, both languages, the glossary's words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlock.web.messages import read_catalogue
from interlock.web.terms import term, terms

if TYPE_CHECKING:
    from web_kit import Pages

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "src" / "interlock" / "web" / "templates" / "web"
OF_THE_LAB_AND_PAGES = {"verdict", "at-and-known"}


def test_each_term_stands_in_both_languages_and_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "concepts" / "glossary.md").read_text(encoding="utf-8")
    for name, both in terms().items():
        assert set(both) == {"en", "zh"}, name
        assert re.search("[\u4e00-\u9fff]", both["zh"][0] + both["zh"][1]), name
        assert not re.search("[\u4e00-\u9fff]", both["en"][0] + both["en"][1]), name
        if name not in OF_THE_LAB_AND_PAGES:
            assert f"**{name.replace('-', ' ')}**" in glossary or f"**{name}" in glossary, name


def test_chinese_has_one_word_for_one_thing() -> None:
    """Each that stands here was once said beside the glossary's own: hold, holder, draw, settle."""
    others = ("演算", "持证人", "账册", "签封", "签名头", "案件", "清单", "支取", "提取", "末日",
              "未解决", "当事", "服务账户", "后台作业")  # fmt: skip
    told = [one.string for one in read_catalogue() if one.id]
    told += [says for both in terms().values() for says in both["zh"]]
    texts = " ".join(one if isinstance(one, str) else " ".join(one) for one in told)
    assert [one for one in others if one in texts] == []


def test_every_term_is_explained_somewhere_and_no_page_asks_for_another() -> None:
    used = {
        name
        for path in TEMPLATES.glob("*.html")
        for name in re.findall(r'{% term "([\w-]+)" %}', path.read_text(encoding="utf-8"))
    }
    assert used - set(terms()) == set()
    assert {"gate", "open-with", "headroom", "regime", "claim", "round"} <= used


def test_a_term_is_told_in_the_readers_language(pages: Pages, settings: Any) -> None:
    settings.REQUIRE_MFA = False
    client = pages.client(pages.world.officer)
    assert term("gate", "zh-hans")[1] in client.get("/", headers={"Accept-Language": "zh-hans"}
                                                    ).content.decode()  # fmt: skip
    text = client.get("/", headers={"Accept-Language": "en"}).content.decode()
    assert term("gate", "en")[1] in text
    targets = re.findall(r'popovertarget="([^"]+)"', text)
    assert len(targets) == len(set(targets)) >= 2
    assert all(text.count(f'id="{one}"') == 1 for one in targets)
