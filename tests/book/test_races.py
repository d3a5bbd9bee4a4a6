"""Real processes at once, on a database of their own: one wins, nothing is overdrawn or lost."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from race_kit import Race, move, race
from server_kit import env_of, own_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHIPPER = ("eve", "compliance_officer")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    """Four processes on one book with goods to share."""
    with race(tmp_path_factory.mktemp("race")) as made:
        made.prepare("world = Trade()\nworld.statement()")
        yield made


@pytest.fixture
def scarce(tmp_path: Path) -> Iterator[Race]:
    """The same on a book of its own, in which the stock is less than what is asked."""
    with race(tmp_path) as made:
        made.prepare("world = Trade(stock=1_000)\nworld.statement()")
        yield made


def test_the_tables_are_made_once_by_however_many_begin_at_once(tmp_path: Path) -> None:
    """Each server makes them when it starts, and so do many of the commands."""
    env = env_of(tmp_path, own_database(tmp_path))
    code = "from interlock.cli.main import main; main()"
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", code, "book", "migrate"],
            env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    told = [one.communicate(timeout=60)[1].decode()[-500:] for one in begun]
    assert [one.returncode for one in begun] == [0, 0], told


def test_r2_of_overlapping_runs_approved_at_once_exactly_one_reserves(scarce: Race) -> None:
    scarce.prepare(
        "world.confirmed('o-1', 1_000)\nworld.confirmed('o-2', 1_000, buyer='tencent')\n"
        "for n in range(4): world.propose(f'run-{n}', rule=('cea', 'proportional')[n % 2])"
    )
    told = scarce.meet(
        *(move("hal", "allocation_manager", "run.approve", f"run-{n}") for n in range(4))
    )
    assert told == ["StaleError", "StaleError", "StaleError", "done"]
    assert scarce.after("headroom(STOCK, US, QUOTA)") == [0, 9_000, 9_000]
    assert scarce.after("sorted(x.quantity for x in Allocation.objects.all())") == [500, 500]


def test_a_shipment_sent_by_several_at_once_leaves_once(book: Race) -> None:
    book.prepare("world.prepared('s-1', world.promise('o-3', 1_000), 600)")
    told = book.meet(*(move(*SHIPPER, "shipment.dispatch", "s-1") for _ in range(4)))
    assert told == ["MoveError", "MoveError", "MoveError", "done"]
    assert book.after("Order.objects.get(pk='o-3').shipped") == 600


def test_one_allocation_prepared_by_several_at_once_is_not_prepared_twice(book: Race) -> None:
    book.prepare("promised = world.promise('o-4', 1_000)")
    values = {"allocation": book.after("promised.pk"), "quantity": 700, "origin": "US"}
    told = book.meet(*(move(*SHIPPER, "shipment.prepare", **values) for _ in range(4)))
    assert told == ["InputError", "InputError", "InputError", "done"]
    assert book.after("[x.quantity for x in promised.shipments.all()]") == [700]


def test_one_serial_number_taken_by_several_at_once_is_on_one_shipment(book: Race) -> None:
    book.prepare("many = [world.promise(f'x-{n}', 10).pk for n in range(3)]")
    values = {"quantity": 1, "origin": "US", "serials": ["x-1"]}
    told = book.meet(
        *(
            move(*SHIPPER, "shipment.prepare", allocation=one, **values)
            for one in book.after("many")
        )
    )
    assert told == ["InputError", "InputError", "done"]
    assert book.after("Shipment.objects.filter(allocation__in=many).count()") == 1


def test_an_order_cancelled_while_it_leaves_is_whole_either_way(book: Race) -> None:
    book.prepare("for n in range(2): world.prepared(f'c-{n}', world.promise(f'c-{n}', 100), 100)")
    told = book.meet(
        *(move(*SHIPPER, "shipment.dispatch", f"c-{n}") for n in range(2)),
        *(move(*SHIPPER, "order.cancel", f"c-{n}", reason="x") for n in range(2)),
    )
    assert set(told) <= {"MoveError", "done"}
    ended = book.after(
        "[(x.order.state, x.state, x.allocation.left)"
        " for x in Shipment.objects.filter(pk__startswith='c-')]"
    )
    assert {tuple(x) for x in ended} <= {
        ("cancelled", "dispatched", 0),
        ("cancelled", "cancelled", 0),
    }
    assert len(ended) == 2
