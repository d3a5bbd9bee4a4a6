"""Lists and parties for the tests of screening."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from interlock.files import Place
from interlock.screening import (
    Holding,
    ListedParty,
    Party,
    Screened,
    ScreeningIndex,
    ScreeningList,
    screen,
)

LISTED = dt.date(2019, 5, 16)
DAY = dt.date(2026, 1, 28)


def entry(name: str, *aliases: str, **more: object) -> ListedParty:
    fields = {
        "id": name, "type": "company", "countries": ("CN",), "identifiers": {},
        "listed_on": LISTED, "public": LISTED, "delisted_on": None, "source": "84 FR 22961",
        "place": Place("list.csv", 2, 1), **more,
    }  # fmt: skip
    return ListedParty(name=name, aliases=aliases, **fields)


HUAWEI = entry(
    "Huawei Technologies Co., Ltd.", "Huawei", identifiers={"lei": "300300F56Q6G5ENS0K86"}
)
SMIC = entry("Semiconductor Manufacturing International Corporation", "SMIC")
YMTC = entry("Yangtze Memory Technologies Co., Ltd.", "YMTC", "Changjiang Storage Technology")
OFFICER = entry("Wang Xiaoming", type="person", countries=())
ENTITY_LIST = ScreeningList(
    "entity-list", "Entity List", (HUAWEI, SMIC, YMTC, OFFICER), Decimal("0.50")
)
INDEX = ScreeningIndex([ENTITY_LIST])


def screened(party: Party | str, index: ScreeningIndex = INDEX, **more: object) -> Screened:
    party = Party(party, type="company") if isinstance(party, str) else party
    return screen(party, index, **{"at": DAY, "known": DAY, **more})


def found(party: Party | str, index: ScreeningIndex = INDEX, **more: object) -> list[str]:
    """The names of the entries that match."""
    return [match.entry.name for match in screened(party, index, **more).matches]


def owned(*owners: tuple[Party | str, str | None], name: str = "Example Cloud Ltd") -> Party:
    """A party with holders; a holder given by name has no owners of its own."""
    holdings = tuple(
        Holding(
            Party(one, type="company", owners=()) if isinstance(one, str) else one,
            None if share is None else Decimal(share),
        )
        for one, share in owners
    )
    return Party(name, type="company", owners=holdings)
