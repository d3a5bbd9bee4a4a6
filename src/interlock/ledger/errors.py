"""What the ledger refuses, and with which facts.

    LedgerError
    +- InvalidChangeError   the change makes no sense as written: nothing was tried
    +- ConflictError        the id was used before, for something else
    +- RefusedError         a permission that some account does not give: each one is named
    +- StaleError           a run was shared over headroom that has fallen since

Whatever is raised, nothing has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from interlock.files import InterlockError
from interlock.files.phrases import Phrase, phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LackCause = Literal["headroom", "overdue", "shut", "reservation", "provisional"]


@dataclass(frozen=True, slots=True, order=True)
class Lack:
    """One account that does not give what a permission asked of it.

    Attributes:
        account: the keyed account's id.
        cause: why it does not give.
        headroom: what it could give now, in 10^-places units of the account.
        needed: what was asked of it, in the same units (`overdue`: what is overdue).
    """

    account: str
    cause: LackCause
    headroom: int
    needed: int

    @property
    def says(self) -> Phrase:
        """It in words."""
        return self.said(int)

    def said(self, shown: Callable[[int], object]) -> Phrase:
        """It in words, its amounts as `shown` tells them, such as in units of the account."""
        given: dict[str, object] = {"account": self.account, "headroom": shown(self.headroom)}
        given["needed"] = shown(self.needed)
        if self.cause == "headroom":
            return phrase("{account} has headroom for {headroom}, {needed} is needed", **given)
        if self.cause == "overdue":
            return phrase("{account} owes {needed} past its time; settle the debt first", **given)
        if self.cause == "shut":
            return phrase("{account} is shut by an unsettled discrepancy; settle it first", **given)
        if self.cause == "reservation":
            return phrase(
                "{account} has {headroom} left reserved, {needed} is needed; "
                "reserve the rest first",
                **given,
            )
        return phrase(
            "{account} holds a provisional reservation only; confirm it before posting", **given
        )

    def __str__(self) -> str:
        return self.says


NO_ZONE = phrase("the time has no zone; pass an aware datetime")


def unknown_account(name: str) -> Phrase:
    """What is said of an account that was never opened."""
    return phrase("unknown account '{account}'; open it first", account=name)


class LedgerError(InterlockError):
    """Anything that the ledger refuses; `change` is the id of the refused change."""

    def __init__(self, change: str, message: str) -> None:
        self.change = change
        super().__init__(f"{change}: {message}")


class InvalidChangeError(LedgerError):
    """A change that cannot be meant; `wrongs` lists everything wrong with it."""

    def __init__(self, change: str, wrongs: Iterable[Phrase]) -> None:
        self.wrongs = tuple(wrongs)
        super().__init__(change, "; ".join(self.wrongs))


class ConflictError(LedgerError):
    """The id stands for another change already; choose a new id."""

    def __init__(self, change: str) -> None:
        super().__init__(change, phrase("this id was used for another change; choose a new id"))


class RefusedError(LedgerError):
    """A permission refused; `lacks` names each account that lacks, sorted by account."""

    def __init__(self, change: str, lacks: Iterable[Lack]) -> None:
        self.lacks = tuple(sorted(lacks))
        super().__init__(change, "; ".join(str(lack) for lack in self.lacks))


class StaleError(LedgerError):
    """A run's accounts moved against it; `lacks` holds headroom now and headroom as pinned."""

    def __init__(self, change: str, lacks: Iterable[Lack]) -> None:
        self.lacks = tuple(sorted(lacks))
        fallen = ", ".join(f"{x.account} ({x.needed} to {x.headroom})" for x in self.lacks)
        super().__init__(change, f"headroom has fallen since the run: {fallen}; share again")
