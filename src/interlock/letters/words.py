"""The words of letters in each language, from `words.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "zh-hans")


@cache
def _all() -> dict[str, dict[str, str]]:
    text = files("interlock.letters").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def words(language: str) -> dict[str, str]:
    """Every word by its name.

    Raises:
        KeyError: the language is none of `LANGUAGES`.
    """
    return {name: by_language[language] for name, by_language in _all().items()}
