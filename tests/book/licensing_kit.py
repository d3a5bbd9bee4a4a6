"""A desk for tests of licensing: the small law of `regimes/desk.yaml`, a ministry, helpers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from book_kit import ADMIN, World, actor

from interlock.book.acting import perform
from interlock.book.models import Event, Licence
from interlock.book.selectors.accounts import ledger
from interlock.law.terms import Leg
from interlock.ledger import Post, Reserve, Why

REGIMES = Path(__file__).parent / "regimes"
QUOTA = "desk/quota?licence="
DAY = dt.timedelta(days=1)


def desk_law(settings: Any) -> None:
    """The book reads the small law instead of the real one."""
    settings.REGIMES = REGIMES


class Desk(World):
    """The small world with a third firm and a ministry that guards no gate."""

    def __init__(self) -> None:
        super().__init__()
        self.do(
            ADMIN,
            "party.enter",
            id="alibaba",
            name="Alibaba",
            country="CN",
            roles=["buyer"],
            known_to=["bytedance", "nvidia"],
        )
        self.do(
            ADMIN, "party.enter", id="ministry", name="A ministry", country="CN", authority=True
        )
        self.third = actor("lou", "alibaba", "compliance_officer")
        self.minister = actor("mei", "ministry", "licensing_officer")
        self.reader = actor("noa", "bytedance", "firm_reader")

    def later(self, days: int = 0, **more: int) -> None:
        """Let time pass."""
        self.now += dt.timedelta(days=days, **more)

    def application(self, pk: str = "a-1", who: Any = None, **more: Any) -> Any:
        """A drafted application of ByteDance's at the import gate, or of somebody else's."""
        who = who or self.buyer
        values = {
            "id": pk, "gate": "import", "applicant": who.party, "products": ["h200-sxm"],
            "quantity": 1000, "destination": "CN",
            "facts": {"order": {"truly_needed": True}},
        } | more  # fmt: skip
        return self.do(who, "application.draft", **values)

    def submitted(self, pk: str = "a-1", who: Any = None, **more: Any) -> Any:
        """One that was handed in."""
        self.application(pk, who, **more)
        return self.do(who or self.buyer, "application.submit", pk)

    def licence(self, pk: str = "l-1", *, grant: bool = True, **more: Any) -> Any:
        """A licence of 1,000 for ByteDance, granted by a second officer."""
        values = {
            "id": pk, "gate": "import", "holders": [{"party": "bytedance"}],
            "products": ["h200-sxm"], "destination": "CN", "quantity": 1000,
        } | more  # fmt: skip
        made = self.do(self.cn_officer, "licence.draft", **values)
        if not grant:
            return made
        self.do(self.cn_officer, "licence.propose", pk)
        return self.do(self.cn_second, "licence.grant", pk)

    def reserve(self, group: str, quantity: int, *accounts: str, factor: int = 1) -> None:
        """Reserve units on accounts, as an allocation does."""
        legs = tuple(Leg(one, factor, "allocation", "entry") for one in accounts)
        change = Reserve(
            id=group,
            why=self.why(),
            legs=legs,
            quantity=quantity,
            regime="test",
            holder="bytedance",
        )
        self.apply(change)

    def post(self, name: str, group: str, quantity: int | None = None) -> None:
        """Post what is reserved, or a part of it."""
        self.apply(Post(id=name, why=self.why(), reserve=group, quantity=quantity))

    def apply(self, change: Any) -> None:
        """One ledger change in a transaction of its own."""
        perform(self.cn_officer, lambda act: act.ledger.apply(change, now=self.now), now=self.now)

    def why(self) -> Why:
        """Who and when, for ledger changes of tests."""
        return Why("test", "test", "test", self.now)

    def counters(self, account: str) -> tuple[int, int, int, int]:
        """Granted, reserved, posted, headroom of an account."""
        found = ledger().counters(account, now=self.now)
        return (
            found.credits_posted, found.debits_pending, found.debits_posted, found.headroom,
        )  # fmt: skip


def everything() -> tuple[Any, ...]:
    """What any act would change: things, events, the audit log, transfers."""
    from interlock.book.models import THINGS

    rows = {
        kind: sorted(model.objects.values_list("pk", "state", "version"))
        for kind, model in THINGS.items()
    }
    book = ledger()
    return rows, Event.objects.count(), len(book.entries()), len(book.transfers())


def stand_of(pk: str) -> str:
    """The state of a licence."""
    return Licence.objects.get(pk=pk).state
