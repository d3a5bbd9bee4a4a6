"""Officers' stops on entries: each with its reason, each lifted by itself with another."""

from __future__ import annotations

from interlock.book.acting import Act
from interlock.book.errors import MoveError
from interlock.book.models import Entry, Hold
from interlock.book.services.inputs import Id, NewId
from interlock.book.services.registry import service
from interlock.files.phrases import phrase, phrases


@service("hold.place")
def hold_place(act: Act, *, id: NewId = "", entry: Id) -> Hold:
    """Stop an entry; one that is held already gets one hold more."""
    stopped = act.find(Entry, entry)
    if stopped.state != "held":
        act.move(stopped, "hold")
    hold = Hold(id=id, entry=stopped, reason=act.reason, placed_by=act.actor.name)
    return act.make(hold, "place")


@service("hold.lift")
def hold_lift(act: Act, thing: Hold) -> Hold:
    """Lift one hold; when it was the last one, the entry goes on."""
    stopped = act.find(Entry, thing.entry_id)
    act.move(thing, "lift", {"lifted_by": act.actor.name, "lifted_because": act.reason})
    if stopped.state == "held" and not stopped.holds.filter(state="placed").exists():
        act.move(stopped, "unhold")
    return thing


@service("entry.hold")
def entry_hold(act: Act, thing: Entry, *, id: NewId = "") -> Entry:
    """Stop an entry by a hold; `id` is the hold's."""
    act.move(thing, "hold")
    act.make(Hold(id=id, entry=thing, reason=act.reason, placed_by=act.actor.name), "place")
    return thing


@service("entry.unhold")
def entry_unhold(act: Act, thing: Entry) -> Entry:
    """Lift the last hold on an entry; where several stand, each is lifted by itself."""
    placed = list(thing.holds.filter(state="placed").select_for_update().order_by("pk"))
    if len(placed) > 1:
        why = phrase(
            "{number} holds are on it ({holds}); lift each by itself",
            number=len(placed),
            holds=phrases(one.pk for one in placed),
        )
        raise MoveError("entry", str(thing.pk), "unhold", why, act.can(thing))
    act.move(thing, "unhold")
    for hold in placed:
        act.move(hold, "lift", {"lifted_by": act.actor.name, "lifted_because": act.reason})
    return thing
