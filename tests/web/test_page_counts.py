"""How often each page asks the database: written down, compared, and never row by row.

Each page is opened with few things in the book and with many. `make counts` writes
`query_counts_pages_*.txt` anew. A line is a page and, for each viewer, Django's questions + the
ledger's; or the status of another answer. Of the forms of a kind's moves the first is counted, of
the regimes one: they are made by the same code.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from counting_kit import counted
from django.core.cache import cache
from django.db import connection
from django.urls import resolve
from everything_kit import one_of_each
from test_query_counts import FEW, MANY, fill
from test_web_everywhere import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web_kit import Pages

WRITE = os.environ.get("INTERLOCK_WRITE_COUNTS") == "1"
VIEWERS = ("buyer", "cn_officer", "auditor")


@pytest.fixture(autouse=True)
def _fresh(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is kept from before; a session does not note that it is used."""
    settings.REQUIRE_MFA = False
    monkeypatch.setattr("interlock.site.middleware._SEEN_EVERY", 10**9)
    cache.clear()
    yield
    cache.clear()


def counted_places(ids: dict[str, str]) -> list[str]:
    """Every page that is read, and one form of each kind."""
    met: set[tuple[Any, ...]] = set()
    found = []
    for place in places(ids):
        match = resolve(place.partition("?")[0])
        if match.url_name in ("make", "move"):
            form = match.url_name, match.kwargs["kind"]
            if form in met:
                continue
            met.add(form)
        if match.kwargs.get("regime", "cn-chip-imports") != "cn-chip-imports":
            continue
        found.append(place)
    return found


def reads(pages: Pages, ids: dict[str, str]) -> dict[str, dict[str, str]]:
    """Page -> viewer -> questions; each is opened once before, for what is kept in memory."""
    found: dict[str, dict[str, str]] = {}
    for place in counted_places(ids):
        row = found.setdefault(place, {})
        for name in VIEWERS:
            who = getattr(pages.world, name)
            pages.get(place, who)
            with counted() as asked:
                answer = pages.get(place, who)
            row[name] = str(asked) if answer.status_code == 200 else f"({answer.status_code})"
    return found


def test_a_page_asks_as_often_as_is_written_down_however_many_things_there_are(
    pages: Pages,
) -> None:
    ids = one_of_each(pages.world)
    fill(pages.world, 0, FEW)
    few = reads(pages, ids)
    lines = [
        f"{place}  " + "  ".join(f"{name} {row[name]}" for name in VIEWERS)
        for place, row in few.items()
    ]
    path = Path(__file__).with_name(f"query_counts_pages_{connection.vendor}.txt")
    if WRITE:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8").splitlines() == lines, "run `make counts`, look, commit"
    fill(pages.world, FEW, MANY)
    many = reads(pages, ids)
    assert [f"{x}: {few[x]}, then {many[x]}" for x in few if few[x] != many[x]] == []
