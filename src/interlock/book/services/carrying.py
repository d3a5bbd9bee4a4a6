"""Units taken off what was carried onto an account that began after they were drawn."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from interlock.book.selectors.carried import carried
from interlock.book.services.accounts import plan_of
from interlock.ledger import Return

if TYPE_CHECKING:
    from interlock.book.acting import Act
    from interlock.book.models import Allocation
    from interlock.ledger.model import WayBack


def give_back_carried(
    act: Act, allocation: Allocation, quantity: int, way: WayBack, stage: str = ""
) -> None:
    """Take units off what an allocation carried onto accounts that began after it.

    Args:
        act: who gives up, or what came back.
        allocation: of which the units were.
        quantity: items.
        way: they went; `cancelled`: they never passed.
        stage: only on accounts that post at it; empty: all.
    """
    for row in carried(act.ledger, allocation):
        units = min(Fraction(quantity), row.quantity - row.returned)
        if units > 0 and stage in ("", plan_of(act, row.account).post):
            why = act.why(f"allocation/{allocation.pk}")
            back = Return(act.next_id(), why, row.group, int(units), way)
            act.ledger.apply(back, now=act.now)
