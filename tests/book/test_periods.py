"""Accounts that count by period: each begins with its own credit, and posts count in theirs."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import pytest
from trade_kit import STOCK, Trade, agrees_with_the_ledger, everything, headroom

from interlock.book.models import Allocation, RunLine
from interlock.files.bundled import bundled
from interlock.ledger import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper

MONTH = "monthly-cap/monthly?exporter=nvidia"
MARCH = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
REGIME = """\
regime: monthly-cap
title: No more than so many a month
authority: supplier
gate: supply
timezone: UTC

accounts:
  monthly:
    says: No more than 500 chips leave in one month.
    per: [exporter]
    unit: chip
    credit: {on: period.opened, amount: 500}
    draw: {reserve: allocation, post: shipment, factor: 1}
    period: {each: month, carry_over: false}
    assumption: true
"""


@pytest.fixture
def world(db: None, tmp_path: Path, settings: SettingsWrapper) -> Trade:
    """A world whose supplier ships no more than 500 a month."""
    shutil.copytree(bundled("regimes"), tmp_path / "regimes")
    shutil.copytree(bundled("episodes"), tmp_path / "episodes")
    (tmp_path / "regimes" / "monthly-cap.yaml").write_text(REGIME)
    settings.REGIMES = tmp_path / "regimes"
    made = Trade()
    made.statement()
    return made


def awarded(run: str) -> dict[str, int]:
    """What each order of a run got."""
    return {x.order_id: x.awarded for x in RunLine.objects.filter(run=run)}


def test_each_period_begins_with_its_own_credit_when_somebody_first_draws_in_it(
    world: Trade,
) -> None:
    world.confirmed("o-1", 2_000)
    world.propose("run-1")
    assert awarded("run-1") == {"o-1": 500}
    world.do(world.allocator_2, "run.approve", "run-1")
    assert headroom(MONTH) == (0,)
    world.now = MARCH
    world.propose("run-2")
    assert awarded("run-2") == {"o-1": 500}
    world.do(world.allocator_2, "run.approve", "run-2")
    assert headroom(MONTH, now=MARCH) == (0,)
    agrees_with_the_ledger(MARCH)


def test_r9_a_post_in_another_period_gives_its_reservation_back_and_draws_there(
    world: Trade,
) -> None:
    allocation = world.promise("o-1", 400)
    assert headroom(MONTH) == (100,)
    world.prepared("s-1", allocation, 400)
    world.now = MARCH
    world.do(world.supplier, "shipment.dispatch", "s-1")
    assert headroom(f"{MONTH}@2026-02", f"{MONTH}@2026-03", now=MARCH) == (500, 100)
    assert headroom(STOCK, now=MARCH) == (9_600,)
    agrees_with_the_ledger(MARCH)


def test_r9_a_post_in_another_period_is_refused_where_that_has_no_room(world: Trade) -> None:
    allocation = world.promise("o-1", 400)
    world.prepared("s-1", allocation, 400)
    world.now = MARCH
    world.promise("o-2", 450)
    before = everything()
    with pytest.raises(RefusedError, match="2026-03 has headroom for 50, 400 is needed"):
        world.do(world.supplier, "shipment.dispatch", "s-1")
    assert everything() == before
    assert Allocation.objects.get(order="o-1").left == 400
