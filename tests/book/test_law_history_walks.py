"""Whatever was done in whatever order, the same law played again gives the same accounts."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from book_kit import NOW
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from test_sequences import STEPS, Walk
from trade_kit import Trade

from interlock.book import law
from interlock.book.acting import perform
from interlock.book.models import Holder, Licence, Product, Statement
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.law_history import history_of
from interlock.book.services.accounts import credit
from interlock.replay.laws import Laws
from interlock.replay.opening import amounts_of
from interlock.replay.playing import Playing
from interlock.replay.rules import compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.book.acting import Act
    from interlock.replay.desk import Told


class Recorded(Trade):
    """The same goods to share, with licences and papers that came in by moves: the log has them."""

    def licence(
        self, pk: str, gate: str, holders: Sequence[str], quantity: int | None, **more: Any
    ) -> Licence:
        """An issued licence for H200, its accounts credited as the law says."""
        day = dt.date(2026, 2, 1)

        def work(act: Act) -> Licence:
            made = act.make(
                Licence(
                    id=pk, gate=gate, quantity=quantity, destination="CN", issued_on=day,
                    valid_until=dt.date(2028, 2, 1) if gate == "export" else None, **more,
                ),
                "draft",
                many={"products": [Product.objects.get(pk="h200-sxm")]},
                state="proposed",
            )  # fmt: skip
            for party in holders:
                Holder.objects.create(licence=made, party_id=party)
            made.proposed_by = "somebody else"
            return act.move(made, "grant", {"issued_on": day})

        who = self.officer if gate == "export" else self.cn_officer
        made = perform(who, work, now=NOW, reason="issued")
        facts: dict[str, Any] = {"id": pk, "issued": True, "issued_on": day, "quantity": quantity}
        perform(
            who,
            lambda act: credit(
                act, "licence.issued", {"licence": {gate: facts}}, cause=f"licence/{pk}"
            ),
            now=NOW,
            reason="issued",
        )
        return made

    def statement(self, kind: str = "end_use", by: str = "nvidia") -> None:
        """A statement on file."""
        perform(
            self.supplier,
            lambda act: act.make(
                Statement(
                    id=f"{by}-{kind}", statement_kind=kind, by_id=by, filed_on=dt.date(2026, 2, 1)
                ),
                "file",
            ),
            now=NOW,
        )


class RecordedWalk(Walk):
    """The walk of `test_sequences` in a world that the log knows whole."""

    def __init__(self) -> None:
        self.world = Recorded(stock=900, home=1_500, us=1_000, cn=1_200)
        self.world.statement()
        self.number = 0
        self.done = []


LONG = [
    ("order", 0, 200), ("order", 1, 200), ("share", 1, 1), ("prepare", 0, 50), ("send", 0, 1),
    ("back", 0, 10), ("prepare", 1, 40), ("cancel_shipment", 1, 1), ("void", 1, 20),
    ("prepare", 1, 30), ("send", 2, 1), ("back", 2, 5), ("back", 1, 5), ("receive", 0, 100),
    ("share", 0, 1), ("approve", 0, 1), ("cancel_order", 1, 1), ("day", 0, 1), ("day", 0, 1),
    ("expire", 0, 1), ("home_back", 5, 30), ("recount", 5, 400), ("close", 0, 1),
]  # fmt: skip


def plays_the_same(walk: RecordedWalk) -> list[Told]:
    """The walk's history by its own law: nothing refused, every account as in the book."""
    now = walk.world.now
    found = history_of(now=now).history
    laws = Laws(law.library())
    assert compare((found, found), (laws, laws)).changed.height == 0
    playing = Playing(laws)
    playing.play(found.steps)
    moved = [one for one in playing.told if one.done is not None]
    assert [one for one in moved if (one.refused, one.missed) != (0, 0)] == []
    book = ledger()
    theirs = {
        one.id: (
            Fraction(counters.credits_posted, one.scale),
            Fraction(counters.debits_pending, one.scale),
            Fraction(counters.debits_posted, one.scale),
            Fraction(counters.headroom, one.scale),
        )
        for one in book.accounts()
        for counters in [book.counters(one.id, now=now)]
    }
    mine = {
        name: (one["credited"], one["reserved"], one["posted"], one["headroom"])
        for name, one in amounts_of(playing.opening, now).items()
    }
    assert mine == theirs, walk.done
    return moved


@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
@given(steps=STEPS)
def test_the_same_law_gives_the_same_accounts(db: None, steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        walk = RecordedWalk()
        for step in steps:
            walk.step(*step)
        plays_the_same(walk)
        transaction.set_rollback(True)


def test_a_long_walk_plays_every_move_the_same(db: None) -> None:
    walk = RecordedWalk()
    moved = []
    for step in LONG:
        walk.step(*step)
        moved = plays_the_same(walk)
    wanted = {"order", "share", "prepare", "send", "back", "void", "cancel_order", "recount"}
    assert wanted <= set(walk.done)
    assert {one.move for one in moved} == {"allocation.reserve", "shipment.dispatch"}
    assert sum(one.asked for one in moved if one.move == "shipment.dispatch") == 50
