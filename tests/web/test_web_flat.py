"""A page asks the database as often for a full list as for one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from everything_kit import ROWS, one_of_each

from interlock.api.addresses import plural
from interlock.book.models import THINGS
from interlock.web.listing import A_PAGE

if TYPE_CHECKING:
    from web_kit import Pages

    from interlock.book.rights import Actor


@pytest.mark.parametrize("kind", ["order", "application", "licence", "entry", "claim"])
def test_a_list_asks_as_often_for_many_as_for_one(pages: Pages, settings: Any, kind: str) -> None:
    settings.REQUIRE_MFA = False
    cache.clear()
    one_of_each(pages.world)
    where, auditor = f"/{plural(kind)}/", pages.world.auditor
    pages.get(where, auditor)
    few = _asked(pages, where, auditor)
    first = THINGS[kind]._default_manager.get(pk=f"it-{kind}")
    for number in range(A_PAGE + 5):
        first.pk = f"many-{number:03d}"
        first.save(force_insert=True)
    assert _asked(pages, where, auditor) == few
    assert kind in ROWS
    text = pages.get(where, auditor).content.decode()
    assert text.count("/many-") == A_PAGE - 1, "a page holds fifty, the first is another"
    assert f"cursor=many-{A_PAGE - 2:03d}" in text


def _asked(pages: Pages, where: str, who: Actor) -> int:
    with CaptureQueriesContext(connection) as found:
        assert pages.get(where, who).status_code == 200
    return len(found)


def test_the_overview_asks_as_often_for_many_orders_of_a_group_as_for_one(
    pages: Pages, settings: Any
) -> None:
    settings.REQUIRE_MFA = False
    cache.clear()
    world = pages.world
    world.order("o-0")
    _asked(pages, "/gates/", world.officer)
    world.order("o-1")
    few = _asked(pages, "/gates/", world.officer)
    for number in range(2, 12):
        world.order(f"o-{number}")
    assert _asked(pages, "/gates/", world.officer) == few
    text = pages.get("/gates/", world.officer).content.decode()
    assert "12,000 units in 12 open orders" in text
