"""What an allocation drew before an account began that counts it, and stands on it by now."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.book.models import Allocation
    from interlock.ledger import Drawn, LedgerStore


def _changes(allocation: Allocation) -> Iterator[str]:
    return (f"carry/{allocation.pk}/{number}" for number in count(1))


def carried(ledger: LedgerStore, allocation: Allocation) -> list[Drawn]:
    """The draws of an allocation that were carried onto accounts which began after it."""
    found: list[Drawn] = []
    for change in _changes(allocation):
        more = ledger.draws(change)
        if not more:
            return found
        found += more
    raise AssertionError


def next_carry(ledger: LedgerStore, allocation: Allocation) -> str:
    """The id of the next change that carries draws of an allocation."""
    return next(change for change in _changes(allocation) if not ledger.draws(change))
