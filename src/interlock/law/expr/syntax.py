"""What is wrong with an expression that cannot be read, said so that its author can mend it.

The parser knows where it stopped; habits of other languages, quotes and brackets tell why.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from interlock.files.phrases import Phrase, phrase

_QUOTES = "\"'"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_CURLY = re.compile("[\u2018\u2019\u201c\u201d\u00ab\u00bb]")
_NUMBER_BEFORE = re.compile(r"[0-9]\Z")
_SEPARATOR = re.compile(r"[,_ '][0-9]{3}")
_HABITS = {
    "and": phrase("write && for 'and'"),
    "AND": phrase("write && for 'and'"),
    "or": phrase("write || for 'or'"),
    "OR": phrase("write || for 'or'"),
    "not": phrase("write ! for 'not', e.g. !(x in list)"),
    "NOT": phrase("write ! for 'not', e.g. !licence.suspended"),
    "is": phrase("write == for 'is'"),
    "between": phrase("write x >= a && x <= b"),
    "like": phrase("use startsWith, endsWith or contains"),
    "=": phrase("write == to compare"),
    "=>": phrase("write >= for 'at least', or !a || b for 'if a then b'"),
    "=<": phrase("write <= for 'at most'"),
    "<>": phrase("write != for 'is not'"),
    "===": phrase("write == to compare"),
    "&": phrase("write && for 'and'"),
    "|": phrase("write || for 'or'"),
    "%": phrase("write a share as a decimal, e.g. 0.5"),
    "\u2264": phrase("write <= for 'at most'"),
    "\u2265": phrase("write >= for 'at least'"),
    "\u2260": phrase("write != for 'is not'"),
}
_OPERATORS = ("&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "!", "?", ":", "in")


class Mistake(NamedTuple):
    """What is wrong at a place of the text (0-based index), and its mend."""

    at: int
    wrong: Phrase
    mend: Phrase


def mistake(text: str, stop: int) -> Mistake:
    """Why the parser stopped.

    Args:
        text: the expression.
        stop: 0-based index of the token at which the parser gave up; its length: the end.
    """
    return (
        _quotes(text)
        or _brackets(text)
        or _early_end(text)
        or _habit(text, stop)
        or _plainly(text, stop)
    )


def _quotes(text: str) -> Mistake | None:
    """A text that is never closed, or in quotes of a word processor."""
    opened = _open_quote(text)
    curly = _CURLY.search(_without_texts(text))
    if curly:
        wrong = phrase("{value} is no quote of an expression", value=curly[0])
        return Mistake(curly.start(), wrong, phrase('write plain quotes, e.g. "H200"'))
    if opened is not None:
        return Mistake(
            opened, phrase("the text that starts here is never closed"), phrase("close its quote")
        )
    return None


def _brackets(text: str) -> Mistake | None:
    opened: list[int] = []
    bare = _without_texts(text)
    for index, sign in enumerate(bare):
        if sign in "([{":
            opened.append(index)
        elif sign in ")]}":
            if not opened or bare[opened[-1]] != _PAIRS[sign]:
                return Mistake(
                    index,
                    phrase("'{sign}' closes nothing", sign=sign),
                    phrase("take it out, or open it before"),
                )
            opened.pop()
    if opened:
        sign = bare[opened[-1]]
        return Mistake(
            opened[-1], phrase("'{sign}' is never closed", sign=sign), phrase("close it")
        )
    return None


def _early_end(text: str) -> Mistake | None:
    bare = text.rstrip()
    for operator in _OPERATORS:
        if bare.endswith(operator) and not bare[: -len(operator)].endswith(operator[0]):
            if operator == "in" and not bare.endswith(" in"):
                continue
            at = len(bare) - len(operator)
            wrong = phrase("the expression ends with '{operator}'", operator=operator)
            return Mistake(at, wrong, phrase("write what stands behind it, or take it out"))
    return None


def _habit(text: str, stop: int) -> Mistake | None:
    """A sign or word of another language."""
    word = _word(text, stop)
    if word.startswith(("&&", "||")):
        return Mistake(
            stop,
            phrase("'{value}' joins nothing here", value=word[:2]),
            phrase("write a condition before it"),
        )
    before = text[:stop].rstrip()
    last = before.split()[-1].lstrip("(!") if before.split() else ""
    if last in ("not", "NOT"):
        return Mistake(
            len(before) - 3,
            phrase("cannot read the expression at '{word}'", word=last),
            _HABITS["NOT"],
        )
    if _SEPARATOR.match(text[stop:]) and _NUMBER_BEFORE.search(text[:stop]):
        mend = phrase("write the number without separators, e.g. 4800")
        return Mistake(stop, phrase("cannot read the number at '{word}'", word=word), mend)
    for sign in (word, word[:3], word[:2], word[:1]):
        if sign in _HABITS:
            return Mistake(
                stop, phrase("cannot read the expression at '{word}'", word=sign), _HABITS[sign]
            )
    if "?" in _without_texts(text) and ":" not in _without_texts(text):
        at = _without_texts(text).index("?")
        return Mistake(at, phrase("'?' has no ':'"), phrase("write condition ? one : other"))
    return None


def _plainly(text: str, stop: int) -> Mistake:
    word = _word(text, stop)
    if not word:
        wrong = phrase("the expression ends too soon")
        return Mistake(stop, wrong, phrase("write what is missing at its end"))
    wrong = phrase("cannot read the expression at '{word}'", word=word)
    if not (word[0].isalnum() or word[0] in "_.\"'([{&|=!<>+-*/?:"):
        return Mistake(stop, wrong, phrase("take '{value}' out", value=word[0]))
    return Mistake(stop, wrong, phrase("join conditions with && or ||, values with an operator"))


def _word(text: str, stop: int) -> str:
    rest = text[stop:].split()
    return rest[0][:24] if rest else ""


def _open_quote(text: str) -> int | None:
    """Where a text starts that is not closed on its line; None if all are."""
    quote, start, escaped = "", 0, False
    for index, sign in enumerate(text):
        if quote and sign == "\n":
            return start
        if escaped:
            escaped = False
        elif quote and sign == "\\":
            escaped = True
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in _QUOTES:
            quote, start = sign, index
    return start if quote else None


def _without_texts(text: str) -> str:
    """The expression with everything inside quotes blanked out; as long as before."""
    out: list[str] = []
    quote, escaped = "", False
    for sign in text:
        if escaped:
            escaped = False
            out.append(" ")
        elif quote:
            escaped = sign == "\\"
            quote = "" if sign == quote else quote
            out.append(" ")
        elif sign in _QUOTES:
            quote = sign
            out.append(" ")
        else:
            out.append(sign)
    return "".join(out)
