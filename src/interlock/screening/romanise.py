"""Names in Han letters (and others that rigour leaves alone) in Latin ones.

A Chinese firm writes its own name in Latin letters by translating the words of its trade and
spelling out the rest: 华为 | 技术 | 有限公司 is Huawei | Technology | Co Ltd. So words are looked
up in `data/han_words.csv`, longest first, and what stands between them is spelt in pinyin as one
word.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from rigour.text.translit import ascii_text, maybe_ascii

if TYPE_CHECKING:
    from interlock.screening.model import PartyType

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


def romanised(name: str, kind: PartyType) -> str:
    """The name in Latin letters; empty if rigour reads its script itself."""
    if maybe_ascii(name).isascii():
        return ""
    han = _person if kind == "person" else _firm
    return " ".join(ascii_text(_HAN.sub(lambda run: f" {han(run[0])} ", name)).split())


def _firm(run: str) -> str:
    words, split = _words()
    found = [words.get(piece) or _spelt(piece) for piece in split.split(run) if piece]
    return " ".join(found)


def _person(run: str) -> str:
    """Family name first, and the given name as one word."""
    cut = 2 if run[:2] in _surnames() and len(run) > 2 else 1
    return f"{_spelt(run[:cut])} {_spelt(run[cut:])}"


def _spelt(run: str) -> str:
    return ascii_text(run).replace(" ", "")


@lru_cache(maxsize=1)
def _words() -> tuple[dict[str, str], re.Pattern[str]]:
    """Han word -> English, and the pattern that cuts a run at every such word."""
    words = dict(_table("word"))
    longest = sorted(words, key=lambda word: (-len(word), word))
    return words, re.compile(f"({'|'.join(map(re.escape, longest))})")


@lru_cache(maxsize=1)
def _surnames() -> frozenset[str]:
    """The family names of two letters."""
    return frozenset(word for word, _ in _table("surname"))


def _table(use: str) -> list[tuple[str, str]]:
    text = files(__package__).joinpath("data/han_words.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return [(row["han"], row["latin"]) for row in rows if row["use"] == use]
