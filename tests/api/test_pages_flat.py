"""A page asks the database as often for many things as for one: nothing is asked row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from everything_kit import one_of_each

from interlock.book.models import THINGS
from interlock.book.rights import visible
from interlock.book.selectors.present import ahead, present

if TYPE_CHECKING:
    from api_kit import Api


def test_what_is_read_ahead_is_all_that_a_row_shows(
    api: Api, django_assert_num_queries: Any
) -> None:
    one_of_each(api.world)
    shown = set()
    for who in (api.world.auditor, api.world.buyer, api.world.customs, api.world.cn_officer):
        for kind, model in THINGS.items():
            for row in list(visible(who, model).prefetch_related(*ahead(model))):
                with django_assert_num_queries(0):
                    present(who, row)
                shown.add(kind)
    assert len(shown) >= len(THINGS) - 2


def test_an_officer_sees_no_more_of_the_past_than_of_the_present(api: Api) -> None:
    from interlock.api.things import past_of

    one_of_each(api.world)
    kept = [model for model in THINGS.values() if model.kept_from_officers]
    if not kept:
        pytest.fail("no kind keeps a field from officers: this test has nothing to try")
    for model in kept:
        for row in visible(api.world.officer, model):
            past = past_of(api.world.officer, row, row.changed_at)
            assert not set(past) & set(model.kept_from_officers)
            assert set(past) == set(present(api.world.officer, row))
