"""Texts that can be told in another language: a fixed sentence, and the values that stand in it.

    phrase("{left} are left; give up no more than that", left=3)

is the plain English text to whoever reads it as one: the API, the command line, the log. A page
takes the sentence and the values apart again and tells them in the reader's language. What is
refused is refused in phrases, so that no text reaches a page that has no other language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self


class Phrase(str):
    """An English text that knows what it was made of.

    Attributes:
        sentence: with the names of values in braces; empty: the text is told as it stands, or is
            made of parts.
        values: by name; a state, a kind or a gate is named by it, so that it is told as a word.
        parts: what a list of things is made of, one after another.
        between: what stands between two parts, in English.
    """

    __slots__ = ("between", "parts", "sentence", "values")
    sentence: str
    values: Mapping[str, Any]
    parts: tuple[str, ...]
    between: str

    def __new__(  # noqa: D102 - the class says it
        cls,
        text: str,
        sentence: str = "",
        values: Mapping[str, Any] | None = None,
        parts: tuple[str, ...] = (),
        between: str = "",
    ) -> Self:
        made = super().__new__(cls, text)
        made.sentence, made.values = sentence, values or {}
        made.parts, made.between = parts, between
        return made

    def __getnewargs__(self) -> Any:
        return str(self), self.sentence, self.values, self.parts, self.between


def phrase(sentence: str, /, **values: Any) -> Phrase:
    """A sentence with its values put in.

    Args:
        sentence: written out where it is said, so that `make messages` finds it.
        values: what stands in its braces.

    >>> phrase("{left} are left", left=3)
    '3 are left'
    """
    return Phrase(sentence.format(**values), sentence, values)


def term(text: str) -> Phrase:
    """A sentence without values that stands in a table, of which `make messages` is told.

    Args:
        text: holds no braces.
    """
    return Phrase(text, text)


def phrases(parts: Iterable[Any], between: str = ", ") -> Phrase:
    """Several texts, numbers or names in a row.

    Args:
        parts: told one by one.
        between: one of those that `interlock.web.phrasing` knows, or a sign of any language.

    >>> phrases(["a", "b"], " or ")
    'a or b'
    """
    told = tuple(one if isinstance(one, Phrase) else str(one) for one in parts)
    return Phrase(between.join(told), parts=told, between=between)


def verbatim(text: str) -> Phrase:
    """A text of others, which stands as it is in every language."""
    return Phrase(text)
