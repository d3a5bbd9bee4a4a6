"""Record and world disagree: the book opens what somebody then has to settle (R3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book.models import Discrepancy
from interlock.ledger import OpenDiscrepancy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interlock.book.acting import Act
    from interlock.book.models import Thing


def open_discrepancy(
    act: Act,
    about: Thing,
    *,
    account: str = "",
    holder: str = "",
    ledger_id: str = "",
    parties: Iterable[str] = (),
    message: str = "",
    ours: Mapping[str, Any] | None = None,
    theirs: Mapping[str, Any] | None = None,
) -> Discrepancy:
    """Open a discrepancy about a thing, by itself: no right of the actor's is asked for it.

    Args:
        act: what found it.
        about: the thing that the two counts are of.
        account: the account whose draws are shut until it is settled; none = nothing is shut.
        holder: whose draws; empty = everybody's.
        ledger_id: the ledger's own discrepancy, where a breach opened one already.
        parties: ids of the firms that it concerns and that may read it.
        message: of the report that disagrees.
        ours: what we count, by name.
        theirs: what was reported, by the same names.
    """
    if account and not ledger_id:
        change = OpenDiscrepancy(
            act.next_id(), act.why(f"{about.kind}/{about.pk}"), account, holder
        )
        act.ledger.apply(change, now=act.now)
        ledger_id = change.id
    found = Discrepancy(
        id="",
        about_kind=about.kind,
        about=about.pk,
        message=message,
        reported_by=act.actor.name,
        ours=dict(ours or {}),
        theirs=dict(theirs or {}),
        ledger_id=ledger_id,
    )
    with act.by_itself():
        return act.make(found, "open", many={"parties": sorted(set(parties))})
