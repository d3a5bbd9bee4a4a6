"""No text of the pages is without its Chinese, and what is compiled is what is written."""

# ruff: noqa: RUF001 - Chinese has its own punctuation

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.utils.translation import override

from interlock.web import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLES = re.compile(r"%\(\w+\)s")
PARTED = re.compile(
    r"[：；，。、！？] |[\u4e00-\u9fff”）][,;:!?](?: |$)|[\u4e00-\u9fff][,;:](?=[\u4e00-\u9fff])"
    r"|[\u4e00-\u9fff] ?\(|\)[\u4e00-\u9fff]|%\(\w+\)s[:;](?!/)"
)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """A page that was read in Chinese before leaves its language; texts are collected in ours."""
    with override("en"):
        yield


def test_every_text_has_its_chinese() -> None:
    assert messages.untranslated() == []
    assert len(messages.messages()) > 800


def test_the_catalogue_holds_no_text_that_is_on_no_page() -> None:
    known = {(context, text if isinstance(text, str) else text[0])
             for context, text in messages.messages()}  # fmt: skip
    written = {(one.context, one.id if isinstance(one.id, str) else one.id[0])
               for one in messages.read_catalogue() if one.id}  # fmt: skip
    assert written - known == set()


def test_a_translation_has_the_same_holes_as_its_text() -> None:
    wrong = []
    for one in messages.read_catalogue():
        ids = [one.id] if isinstance(one.id, str) else list(one.id)
        told = [one.string] if isinstance(one.string, str) else list(one.string)
        for text in told:
            if one.id and set(HOLES.findall(text)) != set(HOLES.findall(ids[0])):
                wrong.append(one.id)
    assert wrong == []


def test_no_chinese_text_is_parted_as_an_english_one_is() -> None:
    """A full-width sign has its space within itself; an English sign stands between no Chinese."""
    wrong = []
    for one in messages.read_catalogue():
        told = [one.string] if isinstance(one.string, str) else list(one.string)
        wrong += [text for text in told if one.id and PARTED.search(text)]
    assert wrong == []


def test_the_compiled_catalogue_is_that_of_the_written_one() -> None:
    assert messages.CATALOGUE.with_suffix(".mo").read_bytes() == messages.compiled(), (
        "run 'make messages'"
    )
