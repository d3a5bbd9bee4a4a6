"""Screening of parties by name, identifier and ownership against lists as of a day.

Needs the extra `screening`. A match is a question to a person, never a decision.
"""

from interlock.screening.lists import list_of_regime, read_list
from interlock.screening.model import (
    Evidence,
    Holding,
    ListedParty,
    Match,
    Party,
    ScreeningList,
)
from interlock.screening.names import warm_up
from interlock.screening.screen import THRESHOLD, Screened, ScreeningIndex, screen

__all__ = [
    "THRESHOLD",
    "Evidence",
    "Holding",
    "ListedParty",
    "Match",
    "Party",
    "Screened",
    "ScreeningIndex",
    "ScreeningList",
    "list_of_regime",
    "read_list",
    "screen",
    "warm_up",
]
