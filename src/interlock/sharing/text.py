"""Exact numbers from text: whole numbers, decimals and rationals, never through floating point."""

from __future__ import annotations

import re
from fractions import Fraction

from interlock.files.phrases import Phrase, phrase
from interlock.sharing.problem import MAX_PART, MAX_QUANTITY

WHOLE = r"^[+]?[0-9]{1,15}(\.0+)?$"
"""Text of a whole number from 0 on that surely is in range: the fast path reads no other."""
_INTEGER = re.compile(r"[-+]?[0-9]+(?:\.0+)?\Z")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?\Z")
_RATIO = re.compile(r"([-+]?[0-9]+)\s*/\s*([0-9]+)\Z")
_LONGEST = 60
_ABOVE_ZERO = phrase("write a number above 0, such as 3, 2.5 or 5/2")
_FROM_ZERO = phrase("write a number from 0 on, such as 3, 2.5 or 5/2")


class NumberFaultError(ValueError):
    """Text that is not the number asked for: what is wrong, and what to write instead."""

    def __init__(self, wrong: Phrase, mend: Phrase) -> None:
        self.wrong, self.mend = wrong, mend
        super().__init__(f"{wrong}; {mend}")


def whole_number(text: str, *, least: int = 0, most: int = MAX_QUANTITY) -> int:
    """An integer between `least` and `most`.

    >>> whole_number("120")
    120

    Raises:
        NumberFaultError: not a number, broken, or out of range.
    """
    if not _INTEGER.match(text) or len(text) > _LONGEST:
        wrong = _no_number(text[:_LONGEST])
        if _NUMBER.match(text):
            wrong = phrase("'{value}' is not whole", value=text[:_LONGEST])
        raise NumberFaultError(wrong, phrase("write a whole number"))
    number = int(text.split(".", 1)[0])
    if number < least:
        wrong = phrase("{value} is below {least}", value=number, least=least)
        raise NumberFaultError(wrong, phrase("write {low} or more", low=least))
    if number > most:
        wrong = phrase("{value} is too great", value=number)
        raise NumberFaultError(wrong, phrase("write at most {high}", high=most))
    return number


def exact_number(text: str, *, zero: bool = False) -> Fraction:
    """A number above 0 (or, with `zero`, 0 too), exact: "3", "2.5", "1e-3" or "5/2".

    >>> exact_number("2.5")
    Fraction(5, 2)

    Raises:
        NumberFaultError: not a number, below what is allowed, or its parts pass `MAX_PART`.
    """
    mend = _FROM_ZERO if zero else _ABOVE_ZERO
    shown = text[:_LONGEST]
    ratio = _RATIO.match(text)
    if len(text) > _LONGEST or not (ratio or _NUMBER.match(text)):
        raise NumberFaultError(_no_number(shown), mend)
    if ratio and int(ratio[2]) == 0:
        raise NumberFaultError(phrase("'{value}' divides by zero", value=shown), mend)
    number = Fraction(int(ratio[1]), int(ratio[2])) if ratio else Fraction(text)
    if number < 0 or (number == 0 and not zero):
        wrong = phrase("'{value}' is not above 0", value=shown)
        if zero:
            wrong = phrase("'{value}' is below 0", value=shown)
        raise NumberFaultError(wrong, mend)
    if number.numerator > MAX_PART or number.denominator > MAX_PART:
        wrong = phrase("'{value}' is too fine or too great", value=shown)
        mend = phrase("write a number p/q with p and q at most {most}", most=MAX_PART)
        raise NumberFaultError(wrong, mend)
    return number


def _no_number(text: str) -> Phrase:
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return phrase("'{value}' is not finite", value=text)
    return phrase("'{value}' is not a number", value=text)
