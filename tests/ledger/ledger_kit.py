"""What the ledger's tests share: days, legs, accounts, and short ways to ask for changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from interlock.law.terms import AccountTerms, Leg
from interlock.ledger import (
    Adjust,
    Draw,
    Grant,
    InvalidChangeError,
    Lack,
    OpenAccount,
    Post,
    RefusedError,
    Reserve,
    Return,
    SettleDiscrepancy,
    Void,
    Why,
)
from interlock.store import LedgerSession

START = datetime(2026, 1, 1, tzinfo=UTC)
REGIME = "sha256:0f1e"


class OneRound(LedgerSession):
    """A session that fails if a change locks accounts in more than one go.

    Two goes could be in another order than somebody else's, and each would wait for the other.
    """

    last = None

    def _tables(self, now, *, writing=False):
        self.last = super()._tables(now, writing=writing)
        return self.last

    def _write(self, *given):
        try:
            return super()._write(*given)
        finally:
            assert self.last is None or self.last.lock_rounds <= 1, (
                "accounts were locked in two goes"
            )


def day(number: float) -> datetime:
    """So many days after 2026-01-01."""
    return START + timedelta(days=number)


def why(when: datetime) -> Why:
    return Why("officer:li", "as decided", "licence/1", when)


def terms(name: str, **more: object) -> AccountTerms:
    return AccountTerms(f"test/{name}", "chip", **more)  # type: ignore[arg-type]


def leg(account: str, factor: object = 1, post: str = "shipment") -> Leg:
    return Leg(account, Fraction(str(factor)), post=post)  # type: ignore[arg-type]


class Book:
    """A ledger with short names; the id of each change is given, the clock is in days."""

    def __init__(self, ledger: object) -> None:
        self.ledger = ledger

    def do(self, change: object, at: float, recorded: float | None = None):
        return self.ledger.apply(change, now=day(at if recorded is None else recorded))

    def open(self, account: str, at: float = 0, *, holder: str = "", parent: str = "", **more):
        made = terms(account, **more)
        change = OpenAccount(f"open-{account}", why(day(at)), account, made, holder, parent)
        return self.do(change, at)

    def grant(self, name: str, account: str, amount: object, at: float, recorded=None, **more):
        change = Grant(name, why(day(at)), account, amount, **more)
        return self.do(change, at, recorded)

    def reserve(self, name: str, legs, quantity: int, at: float, **more):
        return self.do(self.reserving(name, legs, quantity, at, **more), at)

    def reserving(self, name: str, legs, quantity: int, at: float, **more) -> Reserve:
        if not isinstance(legs, tuple):
            legs = (legs,)
        legs = tuple(leg(x) if isinstance(x, str) else x for x in legs)
        if "expires" in more:
            more["expires"] = day(more["expires"])
        return Reserve(name, why(day(at)), legs, quantity, REGIME, **more)

    def draw(self, name: str, legs, quantity: int, at: float, recorded=None, **more):
        if not isinstance(legs, tuple):
            legs = (legs,)
        legs = tuple(leg(x) if isinstance(x, str) else x for x in legs)
        return self.do(Draw(name, why(day(at)), legs, quantity, REGIME, **more), at, recorded)

    def post(self, name: str, reserve: str, at: float, quantity=None, recorded=None, **more):
        return self.do(Post(name, why(day(at)), reserve, quantity, **more), at, recorded)

    def void(self, name: str, reserve: str, at: float, quantity=None):
        return self.do(Void(name, why(day(at)), reserve, quantity), at)

    def back(self, name: str, post: str, quantity: int, at: float, way="returned_to_exporter"):
        return self.do(Return(name, why(day(at)), post, quantity, way), at)

    def adjust(self, name: str, account: str, amount: object, at: float, holder: str = ""):
        return self.do(Adjust(name, why(day(at)), account, amount, holder), at)

    def settle(self, name: str, discrepancy: str, at: float):
        return self.do(SettleDiscrepancy(name, why(day(at)), discrepancy), at)

    def headroom(self, account: str, at: float) -> int:
        return self.ledger.headroom([account], now=day(at))[account]

    def everything(self) -> tuple:
        """All that the ledger holds: compared before and after a refusal."""
        ledger = self.ledger
        return (
            ledger.accounts(), ledger.transfers(), ledger.entries(), ledger.discrepancies(),
            [ledger.reservations(entry.change) for entry in ledger.entries()],
            ledger.headroom(now=day(9999)),
        )  # fmt: skip


def refused(book, *lacks):
    """The block must be refused for exactly these lacks, and nothing may change."""
    return _Refused(book, lacks)


class _Refused:
    def __init__(self, book, lacks):
        self.book, self.lacks = book, lacks

    def __enter__(self):
        self.before = self.book.everything()

    def __exit__(self, kind, error, trace):
        assert kind is RefusedError, f"not refused: {error!r}"
        assert error.lacks == tuple(sorted(Lack(*x) for x in self.lacks))
        assert self.book.everything() == self.before
        return True


def invalid(book, *words):
    return _Invalid(book, words)


class _Invalid:
    def __init__(self, book, words):
        self.book, self.words = book, words

    def __enter__(self):
        self.before = self.book.everything()

    def __exit__(self, kind, error, trace):
        assert kind is InvalidChangeError, f"not invalid: {error!r}"
        assert len(error.wrongs) == len(self.words), error.wrongs
        for wrong, word in zip(error.wrongs, self.words, strict=True):
            assert word in wrong
        assert self.book.everything() == self.before
        return True
