"""The Chinese of regime files: it is whole, tells the law's words, and is no law."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interlock.law.chinese import UNKNOWN_NUMBER, Chinese, Words, sentences
from interlock.law.library import Library, load_regimes
from interlock.law.reading.regime import read_regime

ROOT = Path(__file__).parents[2]
FULL = Path(__file__).parent / "regimes" / "full.yaml"


@pytest.fixture(scope="module")
def library() -> Library:
    return load_regimes(ROOT / "regimes")


def test_every_sentence_and_every_name_of_our_regimes_has_its_chinese(library: Library) -> None:
    lacks = []
    for checked in library.checked:
        regime = checked.regime
        if not regime.chinese.title:
            lacks.append((regime.id, "title"))
        for english, words in sentences(regime):
            if english and not re.search("[\u4e00-\u9fff]", words):
                lacks.append((regime.id, english))
        for section in ("rules", "exceptions", "conditions", "accounts", "rounds", "parameters",
                        "facts", "party_facts", "versions", "lists"):  # fmt: skip
            items = getattr(regime, section)
            lacks += [(regime.id, name) for name in items
                      if not regime.chinese.of(section, name).name]  # fmt: skip
        lacks += [
            (regime.id, one.terms.unit)
            for one in regime.accounts.values()
            if one.terms.unit != "TPP" and one.terms.unit not in regime.chinese.units
        ]
    assert lacks == []


def test_no_chinese_sentence_is_parted_as_english_ones_are(library: Library) -> None:
    for checked in library.checked:
        for _english, words in sentences(checked.regime):
            assert not re.search("[\u4e00-\u9fff][,;!?]|[：，；。、] ", words), words


def test_the_section_is_read_by_item(library: Library) -> None:
    told = read_regime(FULL).chinese
    assert told.title == "法规文件的全部键"
    assert told.of("rounds", "batch") == Words("批次", "申请按得分排列。")
    assert told.of("score of batch", "need") == Words("需要", "确有需要。")
    assert told.of("rules", "national-quota") == Words()


def test_a_sentence_is_told_with_its_values_in_their_places(library: Library) -> None:
    told = library.chinese
    ratio = "For each imported chip the buyer buys {} domestic chips."
    assert told.sentence(ratio.format("1.50")) == "每进口一片芯片，买方购买 1.50 片国产芯片。"
    assert told.sentence(ratio.format(UNKNOWN_NUMBER)) == "每进口一片芯片，买方购买若干片国产芯片。"
    cap = "The whole country imports no more than {cap_china_wide} chips."
    assert told.sentence(cap) == "全国进口的芯片不得超过 {cap_china_wide} 片。"
    assert told.sentence("A sentence of no regime.") == ""


def test_an_item_is_named_by_its_own_regime_first(library: Library) -> None:
    told = library.chinese
    assert told.name("licence-required", "cn-chip-imports") == "须经批准"
    assert told.name("licence-required", "us-advanced-computing") == "须有许可证"
    assert told.name("domestic-ratio") == "国产采购比例"
    assert told.name("notice.filed") == "通知例外所要求的通知已提前 25 天提交并获确认"
    assert (told.unit("half-chip"), told.unit("TPP")) == ("半片", "")


def test_chinese_is_no_law_so_no_digest_counts_it(tmp_path: Path) -> None:
    """Runs and decisions hold the digests of the law: a label that is added leaves them as is."""
    text = FULL.read_text(encoding="utf-8")
    (tmp_path / "full.claims.yaml").write_text(
        FULL.with_name("full.claims.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    digests = {}
    for name, content in {
        "as it is": text,
        "without": text[: text.index("chinese:")],
        "another": text.replace("全国配额", "国家配额"),
        "other law": text.replace("floor: -10", "floor: -11"),
    }.items():
        (tmp_path / "full.yaml").write_text(content, encoding="utf-8")
        regime = read_regime(tmp_path / "full.yaml")
        assert (regime.chinese == Chinese()) == (name == "without")
        digests[name] = regime.digest
    assert digests["as it is"] == digests["without"] == digests["another"]
    assert digests["other law"] != digests["as it is"]
