"""What customs systems outside report of entries: matched to our count, never put in its place.

We hold the counter. A message that agrees is noted; one that disagrees opens a discrepancy, which
shuts further draws until somebody settles it, and changes no count (R3). A message is kept whole in
the audit log under its id, so the same one again gives the same answer and changes nothing.

Figures are kept by filing, and one filing has one figure: a second message on the same filing, such
as the one that says a licence is used up, never counts its units again.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from interlock.book import rights
from interlock.book.acting import Act
from interlock.book.errors import NotFoundError, input_error
from interlock.book.models import Discrepancy, Entry, Licence, Party, Shipment
from interlock.book.selectors.usage import usage, usage_shown
from interlock.book.services.discrepancies import open_discrepancy
from interlock.book.services.inputs import Id
from interlock.book.services.registry import service
from interlock.book.services.settling import shut
from interlock.book.snapshots import plain
from interlock.law.deciding.legs import keys_of
from interlock.ledger import ConflictError

if TYPE_CHECKING:
    import datetime as dt

    from interlock.ledger import Entry as AuditRow

MessageId = Annotated[Id, Field(description="The message's id; the same id is the same message.")]
Counted = Annotated[
    int | None,
    Field(ge=0, le=10**12, description="Items counted; empty: the message is of the status alone."),
]
Counts = Annotated[
    Literal["cumulative", "filing"],
    Field(description="Whether `quantity` is the entry's running total, or that of one filing."),
]
FilingId = Annotated[
    str, Field(max_length=80, description="Which filing of the entry; for counts by filing.")
]
MessageType = Annotated[
    Literal["original", "adjusted", "contra", "late"],
    Field(description="A first figure, a corrected one, one taken back, one that comes late."),
]
Status = Annotated[
    Literal["open", "exhausted", "expired", "cancelled", "surrendered"] | None,
    Field(description="How the licence stands there; empty: the message does not say."),
]


ENDED = {
    "suspended": "suspended",  # no message has it: what customs lets in under one is a difference
    "revoked": "cancelled",
    "surrendered": "surrendered",
    "expired": "expired",
}


class Message(BaseModel):
    """One message of a customs system."""

    model_config = ConfigDict(extra="forbid", str_max_length=2000)

    message: MessageId
    entry: Annotated[Id, Field(description="The entry's number.")]
    shipment: Annotated[
        Id | None, Field(description="The shipment, for an entry that is not in the book.")
    ] = None
    quantity: Counted = None
    counts: Counts = "cumulative"
    filing: FilingId = ""
    type: MessageType = "original"
    status: Status = None


@service("entry.report")
def entry_report(
    act: Act,
    thing: Entry,
    *,
    message: MessageId,
    quantity: Counted = None,
    counts: Counts = "cumulative",
    filing: FilingId = "",
    type: MessageType = "original",
    status: Status = None,
) -> Entry:
    """A customs system outside reports on an entry; the answer is kept under the message's id."""
    told = Message(
        message=message, entry=thing.pk, quantity=quantity, counts=counts, filing=filing,
        type=type, status=status,
    )  # fmt: skip
    receive(act, told, thing)
    return thing


def receive(act: Act, told: Message, entry: Entry | None) -> dict[str, Any]:
    """Take one message in.

    Args:
        act: of the office that the customs system reports through.
        told: the message.
        entry: which it is about, locked; None = the book has no such entry.

    Returns:
        The answer as the actor may see it: `agrees`, `ours`, `theirs`, `discrepancy` and, for each
        licence account that the entry draws on, the messages of `selectors.usage`.

    Raises:
        DeniedError, NotFoundError: the actor may not report on entries.
        InputError: it counts by filing and names none.
        ConflictError: the id came with another message before.
    """
    if entry is not None:
        rights.require(act.actor, "entry.report", entry)
    else:
        _require_stray(act, told)
    if told.counts == "filing" and told.quantity is not None and not told.filing:
        raise input_error("filing", "it counts by filing; name the filing")
    content = _content(told)
    kept = kept_answer(act, told.message)
    if kept is not None:
        if kept.content != content:
            raise ConflictError(kept.change)
        return _shown(act, kept.outcome)
    text = _note(act, told, entry, content) if entry is not None else _stray(act, told, content)
    return _shown(act, text)


def _require_stray(act: Act, told: Message) -> None:
    """Only customs learns that an entry is not in the book, one message at a time."""
    if act.actor.gate not in Entry.gates or not rights.has_right(act.actor, "entry.report"):
        raise NotFoundError("entry", told.entry)
    if Entry.objects.filter(pk=told.entry).exists():  # and a token's scopes leave reading out
        raise NotFoundError("entry", told.entry)
    Party.objects.select_for_update().get(pk=act.actor.party)


def _content(told: Message) -> str:
    return json.dumps(told.model_dump(), sort_keys=True, ensure_ascii=False)


def _cause(act: Act, message: str) -> str:
    """Ids of messages are their sender's own: two customs systems may use the same."""
    return f"message/{act.actor.party}/{message}"


def kept_answer(act: Act, message: str) -> AuditRow | None:
    """The audit row of a message that came before, with its answer as outcome."""
    return next(iter(act.ledger.entries_of(_cause(act, message))), None)


def _shown(act: Act, text: str) -> dict[str, Any]:
    """An answer as it was kept, with what the actor may see of it (R11)."""
    answer: dict[str, Any] = json.loads(text)
    answer["licences"] = usage_shown(act.ledger, act.actor, answer["licences"])
    return answer


def _keep(act: Act, told: Message, content: str, answer: dict[str, Any]) -> str:
    """Keep a message with its answer in the audit log; gives the answer's text."""
    cause = _cause(act, told.message)
    text = json.dumps(plain(answer), sort_keys=True, ensure_ascii=False)
    act.ledger.record("customs.message", cause, content, act.why(cause), text, now=act.now)
    return text


def counted(reported: dict[str, Any], told: Message) -> dict[str, Any]:
    """What customs outside counts of an entry after one message more; nothing counts twice."""
    filings: dict[str, int] = dict(reported.get("filings", {}))
    total: int | None = reported.get("counted")
    if told.quantity is not None or told.type == "contra":
        figure = 0 if told.type == "contra" else told.quantity or 0
        if told.counts == "cumulative":
            filings, total = {}, figure
        else:
            filings[told.filing] = figure
            total = sum(filings.values())
    messages = [*reported.get("messages", []), told.message]
    return {"counted": total, "filings": filings, "status": told.status, "messages": messages}


def _note(act: Act, told: Message, entry: Entry, content: str) -> str:
    """Put a message on its entry, and open a discrepancy where the counts differ."""
    now = counted(entry.reported, told)
    ours, theirs = entry.entered, now["counted"]
    licences = usage(
        act.ledger, entry.shipment, entry, ours if theirs is None else theirs, now=act.now
    )
    status = our_status(licences, act.today) if told.status else None
    agrees = theirs in (None, ours, ours - entry.returned) and status == told.status
    act.move(entry, "report", {"reported": now}, note={"message": told.model_dump()})
    opened = ""
    if not agrees:
        opened = _disagreement(
            act,
            told,
            entry,
            {"quantity": ours} | ({"status": status} if told.status else {}),
            {"quantity": theirs} | ({"status": told.status} if told.status else {}),
        )
    answer = {
        "message": told.message,
        "entry": entry.pk,
        "agrees": agrees,
        "ours": ours,
        "theirs": theirs,
        "status": told.status,
        "discrepancy": opened or None,
        "licences": licences,
    }
    return _keep(act, told, content, answer)


def our_status(licences: list[dict[str, Any]], today: dt.date) -> str:
    """How the licences of some accounts stand by our record, in the words of the messages."""
    used = False
    for one in licences:
        licence = Licence.objects.filter(pk=keys_of(one["account"])["licence"]).first()
        if licence is not None and licence.state in ENDED:
            return ENDED[licence.state]
        if licence is not None and licence.valid_until and licence.valid_until <= today:
            return "expired"
        used = used or Decimal(one["remaining"]) <= 0
    return "exhausted" if used else "open"


def _disagreement(
    act: Act, told: Message, entry: Entry, ours: dict[str, Any], theirs: dict[str, Any]
) -> str:
    """The discrepancy on an entry; one that is open with the same figures is not opened twice."""
    for found in Discrepancy.objects.filter(about_kind="entry", about=entry.pk, state="open"):
        if (found.ours, found.theirs) == (ours, theirs):
            return str(found.pk)
    opened = open_discrepancy(
        act,
        entry,
        ledger_id=shut(act, entry.shipment, cause=f"entry/{entry.pk}"),
        parties=entry.owners(),
        message=told.message,
        ours=ours,
        theirs=theirs,
    )
    return str(opened.pk)


def _stray(act: Act, told: Message, content: str) -> str:
    """A message on an entry that is not in the book: nothing of it is dropped.

    Where it names the shipment, that shipment's draws are shut until an officer has looked into it.
    """
    sent = act.find(Shipment, told.shipment) if told.shipment else None
    theirs = {"entry": told.entry, "quantity": told.quantity or 0, "status": told.status}
    about = sent if sent is not None else Entry(id=told.entry)
    opened = open_discrepancy(
        act,
        about,
        ledger_id=shut(act, sent, cause=f"shipment/{sent.pk}") if sent is not None else "",
        parties=sent.owners() if sent is not None else (),
        message=told.message,
        ours={"entry": None, "quantity": 0},
        theirs=theirs,
    )
    licences = (
        usage(act.ledger, sent, None, told.quantity or 0, now=act.now) if sent is not None else []
    )
    answer = {
        "message": told.message,
        "entry": told.entry,
        "agrees": False,
        "ours": 0,
        "theirs": told.quantity,
        "status": told.status,
        "discrepancy": opened.pk,
        "licences": licences,
    }
    return _keep(act, told, content, answer)
