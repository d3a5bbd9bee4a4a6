"""The Admiralty code: how far a source is trusted, and how far this piece of it is believed.

Two marks, given apart (a reliable source can pass on something doubtful): the reliability of the
source, A to F, and the credibility of the information, 1 to 6. F and 6 do not say "bad", they say
that it cannot be judged. Nothing can be rested on what cannot be judged, so they order last, below
E (unreliable) and 5 (improbable). Source: NATO AJP-2.1 and UK Joint Warfare Publication 2-00.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import TYPE_CHECKING, Final

from interlock.files.faults import InterlockError

if TYPE_CHECKING:
    from collections.abc import Iterable

RELIABILITY: Final = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}
CREDIBILITY: Final = {
    "1": "confirmed by other sources",
    "2": "probably true",
    "3": "possibly true",
    "4": "doubtful",
    "5": "improbable",
    "6": "truth cannot be judged",
}
_FORM: Final = re.compile(r"[A-F][1-6]\Z")


class BadGradeError(InterlockError):
    """A text is no grade of the Admiralty code; `text` is what was written."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"'{text}' is no grade; write a letter A to F and a digit 1 to 6, as B2")


@total_ordering
@dataclass(frozen=True)
class Grade:
    """A grade such as `Grade("B2")`. Greater is stronger: `Grade("A1") > Grade("B2") > "F6"`.

    The order is R13's: reliability first, then credibility.

    Raises:
        BadGradeError: the text is not one of A1 to F6.
    """

    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not _FORM.match(self.text):
            raise BadGradeError(str(self.text))

    @property
    def reliability(self) -> str:
        """The letter: how far the source is trusted."""
        return self.text[0]

    @property
    def credibility(self) -> str:
        """The digit: how far this information is believed."""
        return self.text[1]

    @property
    def judged(self) -> bool:
        """Whether both marks say something: neither F nor 6."""
        return self.reliability != "F" and self.credibility != "6"

    @property
    def meaning(self) -> str:
        """The grade in words, e.g. `usually reliable source, probably true`."""
        source = RELIABILITY[self.reliability]
        if self.reliability != "F":
            source += " source"
        return f"{source}, {CREDIBILITY[self.credibility]}"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Grade):
            return NotImplemented
        return self.text > other.text  # both marks run from strong to weak in their own alphabet

    def __str__(self) -> str:
        return self.text


def weakest(grades: Iterable[Grade]) -> Grade | None:
    """The weakest link (R13): the worst reliability, and among those the worst credibility.

    Returns:
        None if there is no grade: what rests on no claim has no weak link.
    """
    return min(grades, default=None)


def best(grades: Iterable[Grade]) -> Grade | None:
    """The strongest of several grades: what an `or` rests on (R13). None if there is none."""
    return max(grades, default=None)
