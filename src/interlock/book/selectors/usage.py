"""How a licence would stand if a filing counted: the messages that customs answers a filing with.

US customs counts each filing against the licence and answers one of four messages, and never
refuses. These are the same four, computed from the ledger; the book refuses by itself, where units
are let in.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from interlock.book.selectors.accounts import exact, may_see
from interlock.book.selectors.decisions import group_of
from interlock.law.deciding.redact import ANOTHER_LIMIT
from interlock.ledger import amounts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from interlock.book.models import Entry, Shipment
    from interlock.book.rights import Actor
    from interlock.ledger import Account, Counters, LedgerStore, Reservation

USED_UP: Final = "used_up_by_earlier_filing"
EXCEEDED: Final = "exceeded_by_this_filing"
TOLERANCE: Final = "tolerance_exceeded"
REMAINING: Final = "remaining"
SAYS: Final = {
    USED_UP: "an earlier filing has used it up",
    EXCEEDED: "this filing exceeds it",
    TOLERANCE: "the shipping tolerance is exceeded",
    REMAINING: "{remaining} {unit} remain",
}


def usage(
    ledger: LedgerStore,
    shipment: Shipment,
    entry: Entry | None,
    quantity: int,
    *,
    now: dt.datetime,
) -> list[dict[str, Any]]:
    """How each licence account that the entry draws on would stand with a reported quantity.

    Args:
        ledger: the book's.
        shipment: of which units came in.
        entry: what we count of it already is taken out before the report is counted in.
        quantity: items of the entry that customs outside counts.
        now: the clock.

    Returns:
        For each account: its id, unit, `remaining` (exact text, may be negative) and `messages`.
    """
    rows = ledger.reservations(group_of(shipment.allocation))
    drawn = _drawn(ledger, entry)
    found = []
    for row in rows:
        if row.post != "entry" or "licence=" not in row.account:
            continue
        account = ledger.account(row.account)
        if account is not None:
            own = drawn.get(row.account, 0)
            found.append(_stand(ledger, account, row, rows, own, quantity, now=now))
    return found


def _drawn(ledger: LedgerStore, entry: Entry | None) -> dict[str, int]:
    """What an entry has drawn by account, less what came back, in 10^-places units."""
    found: dict[str, int] = {}
    changes = [change for one in entry.posted for change in one["changes"]] if entry else []
    posted: set[str] = set()
    for change in changes:
        for transfer in ledger.transfers(change=change):
            if transfer.kind == "post":
                posted.add(transfer.id)
                found[transfer.account] = found.get(transfer.account, 0) + transfer.amount
    for account in list(found):
        for transfer in ledger.transfers(account=account):
            if transfer.kind == "return" and transfer.about in posted:
                found[account] -= transfer.amount
    return found


def _stand(
    ledger: LedgerStore,
    account: Account,
    row: Reservation,
    rows: Iterable[Reservation],
    own: int,
    quantity: int,
    *,
    now: dt.datetime,
) -> dict[str, Any]:
    counters = ledger.counters(account.id, now=now)
    before = counters.credits_posted - (counters.debits_posted - own)
    asked = Fraction(quantity) * row.factor * account.scale
    after = before - asked
    codes = []
    if quantity and before <= 0:
        codes.append(USED_UP)
    elif quantity and after < 0:
        codes.append(EXCEEDED)
    if account.terms.tolerance is not None and after < -_tolerated(
        ledger, account, counters, rows, own, now=now
    ):
        codes.append(TOLERANCE)
    codes.append(REMAINING)
    remaining = exact(Fraction(after) / account.scale)
    return {
        "account": account.id,
        "unit": account.terms.unit,
        "remaining": remaining,
        "messages": [
            {"code": code, "says": SAYS[code].format(remaining=remaining, unit=account.terms.unit)}
            for code in codes
        ],
    }


def _tolerated(
    ledger: LedgerStore,
    account: Account,
    counters: Counters,
    rows: Iterable[Reservation],
    own: int,
    *,
    now: dt.datetime,
) -> int:
    """How far the grant may be passed by tolerance, as the account stood before the filing."""
    before = counters._replace(debits_posted=counters.debits_posted - own)
    name = account.terms.tolerance.closes_when_posted if account.terms.tolerance else ""
    if not name:
        return amounts.allowance(account, before, before)
    for other in rows:
        found = ledger.account(other.account)
        if found is not None and name in (found.terms.name, found.terms.name.rpartition("/")[2]):
            return amounts.allowance(account, before, ledger.counters(found.id, now=now))
    return 0


def usage_shown(
    ledger: LedgerStore, actor: Actor, found: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What of it an actor may see: a hidden account is another limit, without a number (R11)."""
    shown, hidden = [], False
    for one in found:
        account = ledger.account(one["account"])
        if account is not None and may_see(actor, account):
            shown.append(one)
        else:
            hidden = True
    if hidden:
        shown.append(
            {
                "account": None,
                "unit": None,
                "remaining": None,
                "messages": [{"code": None, "says": ANOTHER_LIMIT}],
            }
        )
    return shown
