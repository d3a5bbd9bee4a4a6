"""Any run of entries, returns, reports and settlings leaves the counts of a slow, obvious model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from customs_kit import HARBOUR, QUOTA, RATIO, Harbour
from django.conf import settings as configured
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from interlock.book.errors import GateError, InputError, MoveError
from interlock.book.models import Discrepancy, Entry, Order
from interlock.book.selectors.accounts import ledger
from interlock.ledger import RefusedError

if TYPE_CHECKING:
    import pytest

GRANTED, PROMISED, SENT, RATE = 50, 40, 40, 2
ENTRIES = ("e-1", "e-2", "e-3")


class Counted:
    """One entry as a child would count it."""

    def __init__(self, quantity: int) -> None:
        self.declared, self.came, self.back, self.restored = quantity, 0, 0, 0
        self.state = "declared"


class Entries(RuleBasedStateMachine):
    """Every rule does the same to the book and to plain counts."""

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.kept, configured.REGIMES = configured.REGIMES, [HARBOUR]
        self.harbour = Harbour()
        self.harbour.licence(quantity=GRANTED, ratio=RATE)
        self.harbour.sent(quantity=PROMISED)
        self.entries: dict[str, Counted] = {}
        self.open: dict[str, tuple[str, int]] = {}
        self.extra = 0
        self.messages = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)
        configured.REGIMES = self.kept

    # -- the model --------------------------------------------------------------------------

    def left(self) -> int:
        taken = sum(
            x.declared if x.state in ("declared", "held") else x.came for x in self.entries.values()
        )
        return SENT - taken

    def room(self) -> int:
        """What of the promise no entry has used; facts use it up first as well."""
        return max(0, PROMISED - self.posted())

    def posted(self) -> int:
        return sum(x.came for x in self.entries.values()) + self.extra

    # -- rules ------------------------------------------------------------------------------

    @rule(pk=st.sampled_from(ENTRIES), quantity=st.integers(1, SENT))
    def declare(self, pk: str, quantity: int) -> None:
        if pk in self.entries:
            return
        if quantity > self.left():
            refused(InputError, lambda: self.harbour.declare(pk, quantity))
            return
        self.harbour.declare(pk, quantity)
        self.entries[pk] = Counted(quantity)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        pk = data.draw(st.sampled_from(sorted(self.entries)))
        one = self.entries[pk]
        if one.state != "declared" or self.left() < 0:
            refused(MoveError, lambda: self.harbour.release(pk))
        elif self.open or one.declared > self.room():
            refused((RefusedError, GateError), lambda: self.harbour.release(pk))
        else:
            self.harbour.release(pk)
            one.state, one.came = "released", one.declared

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        pk = data.draw(st.sampled_from(sorted(self.entries)))
        one, harbour = self.entries[pk], self.harbour
        if one.state == "declared":
            harbour.do(harbour.buyer, "entry.withdraw", pk, reason="a wrong figure")
            one.state = "withdrawn"

    @precondition(lambda self: self.entries)
    @rule(data=st.data(), quantity=st.integers(1, 10),
          way=st.sampled_from(["returned_to_exporter", "re_exported", "destroyed"]))  # fmt: skip
    def send_back(self, data: st.DataObject, quantity: int, way: str) -> None:
        pk = data.draw(st.sampled_from(sorted(self.entries)))
        one, harbour = self.entries[pk], self.harbour
        values = {"quantity": quantity, "way": way, "reason": "broken"}

        def move() -> Any:
            return harbour.do(harbour.customs, "entry.return", pk, **values)

        if one.state != "released":
            refused((InputError, MoveError), move)
        elif quantity > one.came - one.back:
            refused(InputError, move)
        else:
            move()
            one.back += quantity
            if way == "returned_to_exporter":
                one.restored += quantity

    @precondition(lambda self: self.entries)
    @rule(data=st.data(), total=st.integers(0, GRANTED), again=st.booleans())
    def report(self, data: st.DataObject, total: int, again: bool) -> None:
        pk = data.draw(st.sampled_from(sorted(self.entries)))
        one = self.entries[pk]
        self.messages += 1
        for _ in range(2 if again else 1):
            self.harbour.report(f"m-{self.messages}", pk, quantity=total)
        if total not in (one.came, one.came - one.back):
            found = Discrepancy.objects.filter(
                about=pk, state="open", ours={"quantity": one.came}, theirs={"quantity": total}
            ).get()
            self.open[found.pk] = (pk, total)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), right=st.booleans())
    def settle(self, data: st.DataObject, right: bool) -> None:
        found = data.draw(st.sampled_from(sorted(self.open)))
        pk, total = self.open[found]
        one, harbour = self.entries[pk], self.harbour

        def move(name: str) -> Any:
            return harbour.do(harbour.customs, f"discrepancy.{name}", found, reason="looked into")

        if not right:
            move("reject")
        elif total < one.came and one.came - total > one.came - one.back:
            refused(MoveError, lambda: move("accept"))
            return
        else:
            move("accept")
            self.accept(one, total)
        del self.open[found]
        breaches = Discrepancy.objects.filter(state="open").exclude(pk__in=self.open)
        for breach in breaches:
            harbour.do(harbour.customs, "discrepancy.accept", breach.pk, reason="heard")

    def accept(self, one: Counted, total: int) -> None:
        if total == one.came:
            return
        one.state = "released"
        if total < one.came:
            # What was reserved is used up by what was posted, though some of it did not come.
            self.extra += one.came - total
        one.came = total

    # -- what always holds ------------------------------------------------------------------

    @invariant()
    def counts_agree(self) -> None:
        came = sum(x.came for x in self.entries.values())
        restored = sum(x.restored for x in self.entries.values())
        granted, pending, drawn, excess = self.harbour.counts(QUOTA)
        assert drawn - (granted - GRANTED) == came - restored
        assert pending == self.room()
        assert excess == max(0, drawn + pending - granted)
        given, _, owed, _ = self.harbour.counts(RATIO)
        assert owed - given == RATE * 1000 * came
        assert Order.objects.get(pk="o-1").entered == came - restored
        for pk, one in self.entries.items():
            entry = Entry.objects.get(pk=pk)
            assert (entry.state, entry.entered, entry.returned) == (one.state, one.came, one.back)
            assert entry.quantity == one.declared
        shut = {x.account for x in ledger().discrepancies(unsettled=True)}
        assert shut == ({QUOTA, RATIO} if self.open else set())

    @invariant()
    def the_ledger_recounts(self) -> None:
        assert ledger().verify() is None


def refused(error: type[Exception] | tuple[type[Exception], ...], move: Any) -> None:
    """It is refused, and the transaction goes on."""
    try:
        move()
    except error:
        return
    msg = "it was not refused"
    raise AssertionError(msg)


def test_any_run_of_moves_agrees_with_plain_counts(
    db: None, request: pytest.FixtureRequest
) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Entries,
        settings=settings(
            max_examples=25,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
