"""Exact numbers from text: whole numbers, decimals and rationals, never through floating point."""

from __future__ import annotations

import re
from fractions import Fraction

from interlock.sharing.problem import MAX_PART, MAX_QUANTITY

WHOLE = r"^[+]?[0-9]{1,15}(\.0+)?$"
"""Text of a whole number from 0 on that surely is in range: the fast path reads no other."""
_INTEGER = re.compile(r"[-+]?[0-9]+(?:\.0+)?\Z")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?\Z")
_RATIO = re.compile(r"([-+]?[0-9]+)\s*/\s*([0-9]+)\Z")
_LONGEST = 60


class NumberFaultError(ValueError):
    """Text that is not the number asked for: what is wrong, and what to write instead."""

    def __init__(self, wrong: str, mend: str) -> None:
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
        wrong = "is not whole" if _NUMBER.match(text) else _no_number(text)
        raise NumberFaultError(f"'{text[:_LONGEST]}' {wrong}", "write a whole number")
    number = int(text.split(".", 1)[0])
    if number < least:
        raise NumberFaultError(f"{number} is below {least}", f"write {least} or more")
    if number > most:
        raise NumberFaultError(f"{number} is too great", f"write at most {most}")
    return number


def exact_number(text: str, *, zero: bool = False) -> Fraction:
    """A number above 0 (or, with `zero`, 0 too), exact: "3", "2.5", "1e-3" or "5/2".

    >>> exact_number("2.5")
    Fraction(5, 2)

    Raises:
        NumberFaultError: not a number, below what is allowed, or its parts pass `MAX_PART`.
    """
    mend = f"write a number {'from 0 on' if zero else 'above 0'}, such as 3, 2.5 or 5/2"
    shown = text[:_LONGEST]
    ratio = _RATIO.match(text)
    if len(text) > _LONGEST or not (ratio or _NUMBER.match(text)):
        raise NumberFaultError(f"'{shown}' {_no_number(text)}", mend)
    if ratio and int(ratio[2]) == 0:
        raise NumberFaultError(f"'{shown}' divides by zero", mend)
    number = Fraction(int(ratio[1]), int(ratio[2])) if ratio else Fraction(text)
    if number < 0 or (number == 0 and not zero):
        wrong = "is below 0" if zero else "is not above 0"
        raise NumberFaultError(f"'{shown}' {wrong}", mend)
    if number.numerator > MAX_PART or number.denominator > MAX_PART:
        raise NumberFaultError(
            f"'{shown}' is too fine or too great",
            f"write a number p/q with p and q at most {MAX_PART}",
        )
    return number


def _no_number(text: str) -> str:
    endless = text.lower().lstrip("+-") in ("nan", "inf", "infinity")
    return "is not finite" if endless else "is not a number"
