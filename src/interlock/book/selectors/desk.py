"""What a customs officer needs about one entry, in one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.book import rights
from interlock.book.cases import Cases
from interlock.book.errors import DeniedError
from interlock.book.models import Discrepancy, Entry, Hold
from interlock.book.row_facts import is_issued
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import decide, group_of, shown
from interlock.book.selectors.present import is_firm, present
from interlock.book.selectors.usage import usage, usage_shown
from interlock.book.snapshots import plain
from interlock.files.phrases import phrase

if TYPE_CHECKING:
    import datetime as dt

    from interlock.book.models import Licence, Order
    from interlock.book.rights import Actor

ROLES = ("buyer", "supplier", "consignee", "end_user", "forwarder", "broker")
DESK = ("customs_officer", "licensing_officer", "authority_reader", "analyst", "auditor")


def desk(actor: Actor, number: str, *, now: dt.datetime) -> dict[str, Any]:
    """One entry with all that decides over it.

    Args:
        actor: an officer of customs or the import gate, or an auditor.
        number: of the entry.
        now: the clock; the decision is made for its day.

    Returns:
        `entry` with the moves open to the actor, `shipment`, `order`, `parties`, `licences` with
        their states, `decision` as the actor may see it, `usage` of the licence accounts, `holds`
        and `discrepancies` that are open, `shuts`: why draws are refused now.

    Raises:
        NotFoundError: there is no such entry for this actor.
        DeniedError: a firm reads its entry itself, not the desk.
    """
    entry = rights.find(actor, Entry, number)
    if is_firm(actor):
        raise DeniedError(actor.name, "entry.desk", number, DESK)
    sent, day = entry.shipment, now.date()
    order = sent.order
    decision = decide(
        ledger(), order, "entry", at=day, known=day, now=now, shipment=sent, entry=entry
    )
    open_ones = Discrepancy.objects.filter(state="open")
    about = [
        *open_ones.filter(about_kind="entry", about=entry.pk).order_by("pk"),
        *open_ones.filter(about_kind="shipment", about=sent.pk).order_by("pk"),
    ]
    return {
        "entry": present(actor, entry),
        "shipment": present(actor, sent),
        "order": present(actor, order),
        "parties": {role: _party(order, role) for role in ROLES if getattr(order, f"{role}_id")},
        "licences": _licences(order, day),
        "decision": shown(decision, actor),
        "usage": usage_shown(ledger(), actor, usage(ledger(), sent, entry, entry.entered, now=now)),
        "holds": [present(actor, one) for one in _holds(actor, entry)],
        "discrepancies": [present(actor, one) for one in about],
        "shuts": _shuts(entry),
    }


def _party(order: Order, role: str) -> dict[str, Any]:
    party = getattr(order, role)
    found: dict[str, Any] = plain(
        {
            "id": party.pk,
            "name": party.name,
            "country": party.country,
            "headquarters": party.headquarters,
            "ultimate_parent_country": party.ultimate_parent_country,
            "screened_on": party.screened_on,
        }
    )
    return found


def _licences(order: Order, day: dt.date) -> list[dict[str, Any]]:
    """The licence at each gate as it stands on a day: what stops it, and nothing of its amounts."""
    cases = Cases(day)
    found = {gate: cases.licence(gate, order) for gate in ("export", "import")}
    return [_licence(gate, one, day) for gate, one in found.items()]


def _licence(gate: str, one: Licence | None, day: dt.date) -> dict[str, Any]:
    if one is None:
        return {"gate": gate, "id": None, "state": None, "usable": False,
                "why": phrase("there is none")}  # fmt: skip
    over = one.valid_until is not None and one.valid_until <= day
    early = one.valid_from is not None and one.valid_from > day
    why = ""
    if not is_issued(one, day):
        why = phrase("it is not issued")
    elif one.state != "issued":
        why = phrase("it is {state}", state=one.state)
    elif over:
        why = phrase("it expired on {day}", day=one.valid_until)
    elif early:
        why = phrase("it may be used from {day} on", day=one.valid_from)
    found: dict[str, Any] = plain(
        {
            "gate": gate,
            "id": one.pk,
            "state": "expired" if over and one.state == "issued" else one.state,
            "suspended": one.state == "suspended",
            "expired": over,
            "valid_from": one.valid_from,
            "valid_until": one.valid_until,
            "usable": not why,
            "why": why,
        }
    )
    return found


def _holds(actor: Actor, entry: Entry) -> list[Hold]:
    found = rights.visible(actor, Hold).filter(entry=entry, state="placed")
    return list(found.order_by("pk"))


def _shuts(entry: Entry) -> list[str]:
    """Words for what refuses draws of this entry now, whatever the gates say."""
    rows = ledger().reservations(group_of(entry.shipment.allocation))
    waiting = {row.account for row in rows if row.post == "entry"}
    found = []
    unsettled = [one for one in ledger().discrepancies(unsettled=True) if one.account in waiting]
    if unsettled:
        found.append("an unsettled discrepancy; settle it first")
    if any(row.provisional for row in rows if row.post == "entry"):
        found.append("a provisional allocation; confirm it first")
    return found
