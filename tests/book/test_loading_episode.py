"""The H200 episode in the book says what the episode says, order by order."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from book_kit import actor

from interlock.book.cases import Cases
from interlock.book.errors import InputError
from interlock.book.loading.episode import load_episode
from interlock.book.models import Condition, Licence, Order, Party
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import LedgerStates, decide
from interlock.book.services import do
from interlock.episode.book import Desk
from interlock.episode.loader import load
from interlock.law.deciding.decision import to_json
from interlock.law.library import load_regimes
from interlock.ledger import Ledger

if TYPE_CHECKING:
    from interlock.episode.model import Episode

ROOT = Path(__file__).parents[2]
AS_OF = dt.date(2026, 1, 28)
NOW = dt.datetime(2026, 1, 28, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def episode() -> Episode:
    return load(ROOT / "episodes" / "h200")


def decided_in_the_book() -> dict[str, dict]:
    cases, states = Cases(AS_OF), LedgerStates(ledger(), NOW)
    orders = Order.objects.select_related("product", "buyer", "supplier").order_by("pk")
    day = {"at": AS_OF, "known": AS_OF, "now": NOW}
    return {
        order.pk: to_json(
            decide(ledger(), order, "allocation", cases=cases, states=states, reasons=False, **day)
        )
        for order in orders
    }


@pytest.mark.parametrize("variant", ["group", "split"])
def test_each_order_is_decided_as_in_the_episode(db: None, episode: Episode, variant: str) -> None:
    done = load_episode(episode, variant, now=NOW)
    assert done.moves["order.place"] == 267
    desk = Desk(episode, load_regimes(ROOT / "regimes"), Ledger(), variant, AS_OF)
    desk.load()
    wanted = {x.id: to_json(x) for x in desk.decide("allocation", reasons=False)}
    found = decided_in_the_book()
    assert found.keys() == wanted.keys()
    for pk, decision in wanted.items():
        for part in ("verdict", "if_agreed", "gates", "facts"):
            assert found[pk][part] == decision[part], (pk, part)
        legs = {leg["account"]: leg["factor"] for leg in decision["legs"]}
        assert {leg["account"]: leg["factor"] for leg in found[pk]["legs"]} == legs
    assert ledger().verify() is None


def test_a_run_in_the_book_gives_what_the_episode_shares(db: None, episode: Episode) -> None:
    load_episode(episode, "group", now=NOW)
    desk = Desk(episode, load_regimes(ROOT / "regimes"), Ledger(), "group", AS_OF)
    desk.load()
    shared = desk.share(desk.decide("allocation"))
    assert shared is not None
    wanted = dict(zip(shared.result.problem.orders, shared.result.awarded.tolist(), strict=True))
    gil = actor("gil", "nvidia", "allocation_manager")
    hal = actor("hal", "nvidia", "allocation_manager")
    run = do(gil, "run.propose", "", {
        "supplier": "nvidia", "product": "h200-sxm", "rule": "proportional",
    }, now=NOW)  # fmt: skip
    found = {line.order_id: line.awarded for line in run.lines.all() if line.awarded}
    assert found == {order: got for order, got in wanted.items() if got}
    assert sum(found.values()) == 400_000
    do(hal, "run.approve", run.pk, {}, now=NOW)
    assert ledger().verify() is None
    assert sum(Order.objects.values_list("allocated", flat=True)) == 400_000


def test_an_episode_goes_into_an_empty_book_alone(db: None, episode: Episode) -> None:
    load_episode(episode, "group", now=NOW)
    counts = [model.objects.count() for model in (Party, Order, Licence, Condition)]
    entries = len(ledger().entries())
    with pytest.raises(InputError, match="holds orders already"):
        load_episode(episode, "group", now=NOW)
    with pytest.raises(InputError, match="none of group, split"):
        load_episode(episode, "third", now=NOW)
    assert [model.objects.count() for model in (Party, Order, Licence, Condition)] == counts
    assert len(ledger().entries()) == entries
