"""Help where a word stands: the terms of the glossary in both languages, from `terms.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

LANGUAGES = {"en": "en", "zh-hans": "zh"}


@cache
def terms() -> dict[str, dict[str, tuple[str, str]]]:
    """Term -> language of the file -> (word, what it means)."""
    text = files("interlock.web").joinpath("terms.toml").read_text(encoding="utf-8")
    return {
        name: {language: (told[0], told[1]) for language, told in both.items()}
        for name, both in tomllib.loads(text).items()
    }


def term(name: str, language: str) -> tuple[str, str]:
    """A term's word and meaning in the reader's language, English where it has no other."""
    return terms()[name][LANGUAGES.get(language, "en")]
