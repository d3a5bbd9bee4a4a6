"""What the law needs, in plain words of either language."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils.translation import override

from interlock.evidence.value import Value
from interlock.web.inwords import claimed, in_words, value_in_words

SAID = {
    'product.name.contains("GH200")': "“the product's name in the catalogue” contains GH200",
    'not product.name.contains("H200")':
        "“the product's name in the catalogue” does not contain H200",
    "not listed_party": "“listed party”: no",
    "a decision on 'criteria'": "a decision on “criteria”",
    'order.destination != "CN"': "“country of destination (ISO 3166 alpha-2)” is not CN",
    'order.destination not in ["CN", "MO"]':
        "“country of destination (ISO 3166 alpha-2)” is none of: CN, MO",
    "statement.necessity_valid_until is not on file":
        "“the necessity statement lapses on this day” is not on file",
    "transaction.date < statement.necessity_valid_until":
        "“the date for which the decision is asked (`at`)” is before "
        "“the necessity statement lapses on this day”",
    'shipment.test.lab_country == "US"': "“country of the laboratory” is US",
    "product.tpp < tpp_below (21,000 TPP)":
        "“total processing performance: the maximum over bit lengths of 2 x MacTOPS x bit length, "
        "dense” is below 21,000 TPP (tpp below)",
    "statement.necessity": "“a necessity statement is on file”: yes",
    "transaction.date < (licence.export.issued_on + 1,461 day)":
        "“the date for which the decision is asked (`at`)” is before "
        "1,461 days after “Export licence: date of issue”",
    "notice.filed":
        "“the notice that the notified exception asks for was filed 25 days ahead and "
        "confirmed”: yes",
    "not use.data_centre": "“in use in a data centre”: no",
    "'necessity' is waived with the consent of cn-authorities":
        "“necessity” is waived with the consent of cn-authorities",
    "the condition 'domestic-ratio' is agreed": "the condition “domestic ratio” is agreed",
    'licence.import.condition.necessity.status not in ["agreed", "in_force"]':
        "“the state of the condition “necessity”” is none of: Agreed, In force",
    'size(order.parts) > 3': 'size(order.parts) > 3',
}  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_an_atom_is_told_in_plain_words(text: str) -> None:
    with override("en"):
        assert in_words(text) == SAID[text]


def test_an_atom_is_told_in_chinese() -> None:
    with override("zh-hans"):
        assert in_words("'necessity' is waived") == "“必要性声明”予以豁免"
        assert in_words('movement in ["export", "import"]') == "“移动方式”为下列之一：出口、进口"
        assert value_in_words("some text") == "some text"
        assert in_words("statement.necessity is on file").endswith("”已存档")


def test_what_a_claim_gives_is_told_in_chinese_and_a_written_text_as_english() -> None:
    number = Decimal(400_000)
    at_least = str(Value("at_least", lower=number, unit="chip"))
    about = str(Value("about", lower=Decimal(1), upper=number, middle=Decimal(7), unit="chip"))
    with override("en"):
        for one in (at_least, about, "yes", "2026-01-13", "25 percent", "not disclosed"):
            assert claimed(one) == (one, False)
    with override("zh-hans"):
        assert claimed(at_least) == ("至少 400,000 片", False)
        assert claimed(about) == ("约 7（1 至 400,000） 片", False)
        assert claimed("no") == ("否", False)
        assert claimed("2026-01-13") == ("2026-01-13", True)
        assert claimed("early January") == ("early January", True)


def test_a_day_is_told_as_a_day_and_a_number_with_its_thousands() -> None:
    with override("en"):
        assert value_in_words(20661, "statement.necessity_valid_until") == "2026-07-27"
        assert value_in_words("2026-07-27", "statement.necessity_valid_until") == "2026-07-27"
        assert value_in_words(20661, "order.quantity") == "20,661"
        assert value_in_words(None) == "not known"
        assert value_in_words(True) == "yes"
