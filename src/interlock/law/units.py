"""Units as products of powers: enough to see that TPP is not compared with GB/s."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from interlock.files.phrases import Phrase, phrase, verbatim

_PART = re.compile(r"[A-Za-z%][A-Za-z0-9%-]*\Z")


@dataclass(frozen=True)
class Unit:
    """Powers of base units, sorted by name; a `bare` literal takes the other side's unit."""

    powers: tuple[tuple[str, int], ...] = ()
    bare: bool = False

    @property
    def says(self) -> Phrase:
        """The unit as it is written, for messages."""
        if self.bare or not self.powers:
            return phrase("no unit")
        over = " ".join(_power(name, n) for name, n in self.powers if n > 0) or "1"
        under = " ".join(_power(name, -n) for name, n in self.powers if n < 0)
        return verbatim(f"{over}/{under}" if under else over)

    def __str__(self) -> str:
        return str(self.says)

    def __mul__(self, other: Unit) -> Unit:
        return _combine(self, other, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return _combine(self, other, -1)

    def fits(self, other: Unit) -> bool:
        """Whether two values may be compared or added."""
        return self.bare or other.bare or self.powers == other.powers


NONE = Unit()
BARE = Unit(bare=True)
DAY = Unit((("day", 1),))


def _power(name: str, exponent: int) -> str:
    return name if exponent == 1 else f"{name}^{exponent}"


def _combine(left: Unit, right: Unit, sign: int) -> Unit:
    powers = dict(left.powers)
    for name, exponent in right.powers:
        powers[name] = powers.get(name, 0) + sign * exponent
    found = tuple(sorted((name, n) for name, n in powers.items() if n))
    return Unit(found, bare=left.bare and right.bare)


@lru_cache(maxsize=512)
def unit(text: str) -> Unit:
    """The unit written as `TPP`, `TPP/mm2` or `USD/chip`; empty or `1` is no unit.

    Raises:
        ValueError: not such a text.
    """
    over, *under = text.strip().split("/")
    if len(under) > 1 or (text.strip() and not over):
        msg = phrase("'{text}' is not a unit", text=text)
        raise ValueError(msg)
    result = NONE
    for part in over.split("*"):
        result = result * _base(part)
    for part in under[0].split("*") if under else ():
        result = result / _base(part)
    return result


def _base(part: str) -> Unit:
    name = part.strip()
    if name in ("", "1"):
        return NONE
    if name in ("GB/s", "GBps"):
        return Unit((("GB", 1), ("s", -1)))
    if not _PART.match(name):
        msg = phrase("'{text}' is not a unit", text=part)
        raise ValueError(msg)
    return Unit(((name, 1),))
