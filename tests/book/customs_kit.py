"""A small harbour for tests of customs: a law of its own, licences, and shipments on their way."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from book_kit import ADMIN, NOW, World, actor

from interlock.book import law
from interlock.book.acting import perform
from interlock.book.cases import Cases
from interlock.book.happenings import licence_issued
from interlock.book.models import Allocation, Condition, Event, Holder, Licence, Shipment
from interlock.book.rights import Actor
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import decide, group_of
from interlock.book.services.accounts import credit, prepare_legs
from interlock.law.terms import Leg
from interlock.ledger import Reserve

if TYPE_CHECKING:
    from interlock.book.acting import Act
    from interlock.book.models import Order

HARBOUR = Path(__file__).parent / "harbour"
LAW = Actor("law@interlock")
DAY = dt.timedelta(days=1)


class Harbour(World):
    """The small world with licences, domestic chips, and goods that have left for the border."""

    def __init__(self) -> None:
        super().__init__()
        self.do(ADMIN, "party.change", "tencent", known_to=["bytedance", "nvidia"])
        self.do(ADMIN, "party.change", "bytedance", known_to=["nvidia", "tencent"])
        self.do(ADMIN, "product.enter", id="home", catalogue_name="Home 1", domestic=True)
        self.do(ADMIN, "product.enter", id="half", catalogue_name="Home Half", domestic=True,
                domestic_equivalence="0.5")  # fmt: skip
        self.reader = actor("lin", "cn-customs", "authority_reader")
        self.rival_reader = actor("mo", "tencent", "firm_reader")

    def licence(
        self,
        pk: str = "L-1",
        quantity: int = 100,
        holders: tuple[str, ...] = ("bytedance",),
        ratio: float | None = None,
        **more: Any,
    ) -> Licence:
        """An import licence, issued and credited; with `ratio`, under a duty to buy at home."""
        values = {"state": "issued", "issued_on": self.now.date(), "version": 1, "gate": "import",
                  "destination": "CN", "made_at": self.now, "changed_at": self.now}  # fmt: skip
        made = Licence.objects.create(id=pk, quantity=quantity, **values | more)
        made.products.set(["h200-sxm"])
        for holder in holders:
            Holder.objects.create(licence=made, party_id=holder)
        if ratio is not None:
            Condition.objects.create(
                id=f"{pk}.ratio", state="in_force", version=1, made_at=self.now,
                changed_at=self.now, licence=made, condition_kind="domestic-ratio",
                parameters={"domestic_per_import": ratio}, asked_by_id="cn-authorities",
            )  # fmt: skip
        issued = licence_issued(made, self.now.date())

        def work(act: Act) -> None:
            credit(act, issued.event, issued.facts, cause=issued.cause)

        perform(LAW, work, now=self.now)
        return made

    def promise(self, order: Order, quantity: int, *, provisional: bool = False) -> Allocation:
        """Reserve units of an order on every account on their way."""
        made = Allocation(id=f"a.{order.pk}", state="reserved", version=1, made_at=self.now,
                          changed_at=self.now, order=order, quantity=quantity, left=quantity,
                          provisional=provisional)  # fmt: skip

        def work(act: Act) -> None:
            facts = Cases(act.today).order(order, "allocation")
            case = law.reader_on(act.today, act.today).read(facts, 1)
            at = {"at": act.today, "known": act.today, "now": act.now}
            legs = decide(act.ledger, order, "allocation", **at).legs
            prepare_legs(act, legs, case, cause=f"order/{order.pk}")
            found = tuple(Leg(x.account, x.factor, x.reserve, x.post) for x in legs if not x.of)
            made.save(force_insert=True)
            reserve = Reserve(group_of(made), act.why(f"allocation/{made.pk}"), found, quantity,
                              "test", order.buyer_id, provisional=provisional)  # fmt: skip
            act.ledger.apply(reserve, now=act.now)

        perform(LAW, work, now=self.now)
        return made

    def sent(
        self, pk: str = "s-1", quantity: int = 60, order: str = "o-1", who: Any = None, **more: Any
    ) -> Shipment:
        """An order promised whole and sent whole: it waits to be declared."""
        placed = self.order(order, quantity, **more) if who is None else who(order, quantity)
        promised = self.promise(placed, quantity)
        return self.ship(pk, promised, quantity)

    def ship(self, pk: str, promised: Allocation, quantity: int) -> Shipment:
        """Units of an allocation that have left."""
        return Shipment.objects.create(
            id=pk, state="dispatched", version=1, made_at=self.now, changed_at=self.now,
            order=promised.order, allocation=promised, quantity=quantity, origin="US",
        )  # fmt: skip

    def rivals(self, order: str, quantity: int) -> Any:
        """An order of the other buyer's."""
        return self.do(
            self.rival, "order.place", id=order, buyer="tencent", supplier="nvidia",
            product="h200-sxm", quantity=quantity, destination="CN",
        )  # fmt: skip

    def declare(self, pk: str = "e-1", quantity: int = 60, shipment: str = "s-1") -> Any:
        """The buyer declares."""
        return self.do(self.buyer, "entry.declare", id=pk, shipment=shipment, quantity=quantity)

    def release(self, pk: str = "e-1") -> Any:
        """Customs lets it in."""
        return self.do(self.customs, "entry.release", pk)

    def let_in(self, pk: str = "e-1", quantity: int = 60, shipment: str = "s-1") -> Any:
        """Declared and let in."""
        self.declare(pk, quantity, shipment)
        return self.release(pk)

    def report(self, message: str, entry: str = "e-1", **values: Any) -> Any:
        """A customs system outside reports."""
        return self.do(self.customs, "entry.report", entry, message=message, **values)

    def bought(self, pk: str = "p-1", quantity: int = 100, **more: Any) -> Any:
        """The buyer files a purchase at home."""
        values = {
            "id": pk, "buyer": "bytedance", "seller": "Home Chips Ltd", "product": "home",
            "quantity": quantity, "bought_on": self.now.date(), "evidence_by": "Assay Office",
            "evidence": [{"name": "note.pdf", "sha256": sha256(pk.encode()).hexdigest()}],
        } | more  # fmt: skip
        who = self.buyer if values["buyer"] == "bytedance" else self.rival
        return self.do(who, "purchase.file", **values)

    def accepted(self, pk: str = "p-1", quantity: int = 100, **more: Any) -> Any:
        """Filed and accepted."""
        self.bought(pk, quantity, **more)
        return self.do(self.cn_officer, "purchase.accept", pk)

    def passed(self, part: str, quantity: int, giver: str = "p-1") -> Any:
        """A part offered to the rival, who takes it."""
        self.do(self.buyer, "purchase.transfer", giver, id=part, to="tencent", quantity=quantity,
                reason="sold on")  # fmt: skip
        return self.do(self.rival, "purchase.consent", part)

    def counts(self, account: str) -> tuple[int, int, int, int]:
        """Credits posted, debits pending, debits posted, excess of an account, now."""
        now = ledger().counters(account, now=self.now)
        return now.credits_posted, now.debits_pending, now.debits_posted, now.excess

    def later(self, days: int) -> None:
        """Let days pass."""
        self.now += days * DAY


def everything() -> tuple[int, int, int]:
    """Rows that any act would add to: events, the audit log, transfers."""
    store = ledger()
    return Event.objects.count(), len(store.entries()), len(store.transfers())


QUOTA = "harbour-import/quota?licence=L-1"
VALUE = "harbour-import/value?licence=L-1"
RATIO = "harbour-import/domestic-ratio?buyer=bytedance"
CAP = "harbour-import/cap?buyer=bytedance"

__all__ = ["CAP", "DAY", "HARBOUR", "NOW", "QUOTA", "RATIO", "VALUE", "Harbour", "everything"]
