"""The one way to write: an act of one actor, for a reason, in one transaction.

    perform(actor, lambda act: order_place(act, ...), now=clock(), reason="...")

Services take the act as their first argument. They read through it, move things through it, and
post through its ledger; each move checks the right, the state, the second person and the guards,
and writes the row, its audit row and its event together. If anything is refused, nothing is left.
"""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.db import connection, transaction

from interlock.book import law, rights
from interlock.book.act_ledger import ActLedger
from interlock.book.errors import (
    MoveError,
    SecondPersonError,
    VersionError,
    input_error,
)
from interlock.book.guards import GUARDS
from interlock.book.ids import new_id
from interlock.book.lifecycles import lifecycles, move_of
from interlock.book.rows import insert_rows, may_pass, raw_connection, update_rows
from interlock.book.snapshots import encoded, parts_of, snapshot
from interlock.ledger import Why
from interlock.ledger.changes import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from interlock.book.lifecycles import Move
    from interlock.book.models import Thing
    from interlock.book.rights import Actor

    AnyThing = TypeVar("AnyThing", bound=Thing)
    Result = TypeVar("Result")

TRIES = 5
PARTS = "parts"
"""What stands for a move in the kind of an audit row that keeps the parts of a thing."""


@dataclass
class Act:
    """What one actor does in one transaction.

    Attributes:
        id: of the act; the ids of its audit rows and ledger changes begin with it.
        now: the clock, passed in; aware.
        effective: when it took effect in the world; never after `now`.
        expected: id -> version that the caller last read; another version is refused.
        planned: id -> what a service worked out for the guards of the move that it is to make.
    """

    actor: Actor
    id: str
    now: datetime
    reason: str
    effective: datetime
    ledger: ActLedger
    expected: dict[str, int] = field(default_factory=dict)
    written: int = 0
    planned: dict[str, Any] = field(default_factory=dict)
    with_parts: dict[str, Thing] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day on which the act takes effect; law is asked for it."""
        return self.effective.date()

    @property
    def recorded_on(self) -> date:
        """The day on which the book learns of the act; never before the day it takes effect."""
        return self.now.date()

    @cached_property
    def moment(self) -> str:
        """The clock as Django stores it in this database."""
        return str(connection.ops.adapt_datetimefield_value(self.now))

    @property
    def last_day(self) -> date:
        """The last day on which what the act uses must hold."""
        return self.recorded_on if self.is_late else self.today

    @property
    def is_late(self) -> bool:
        """Whether it is dated back so far that a permission must hold by now, too."""
        return (self.recorded_on - self.today).days > settings.LATE_DAYS

    @contextmanager
    def taking_effect_on(self, day: date) -> Iterator[None]:
        """What is done within, as of a day of the act: its own, or its last."""
        effective = self.effective
        if day != self.today:
            self.effective = self.now
        try:
            yield
        finally:
            self.effective = effective

    def day(self, name: str, given: date | None) -> date:
        """A day that a caller gave, or that of the act.

        Raises:
            InputError: it has not come yet; `name` is its field.
        """
        if given is not None and given > self.now.date():
            raise input_error(name, "{day} has not come yet", day=given)
        return given or self.today

    def law(self) -> law.Law:
        """The law that binds on the day of the act, as known now."""
        return law.law_on(self.today, self.now.date())

    def why(self, cause: str, reason: str = "") -> Why:
        """Actor, reason and time for a ledger change."""
        return Why(self.actor.name, reason or self.reason, cause, self.effective)

    def next_id(self) -> str:
        """A fresh id for a row or ledger change of this act."""
        self.written += 1
        return f"{self.id}/{self.written}"

    @contextmanager
    def by_itself(self) -> Iterator[None]:
        """What the book does itself as a consequence of an act, by the moves under [jobs].

        The audit rows name who caused it: `order.cancel` voids what is reserved, whoever cancels.
        """
        actor = self.actor
        self.actor = replace(actor, itself=True)
        try:
            yield
        finally:
            self.actor = actor

    # -- reading --------------------------------------------------------------------------------

    def find(self, model: type[AnyThing], pk: str, *, lock: bool = True) -> AnyThing:
        """One thing that the actor may read, its row held until the act ends.

        Raises:
            NotFoundError: there is none for this actor.
            VersionError: it changed since the caller read it.
        """
        found = rights.find(self.actor, model, pk, lock=lock)
        expected = self.expected.get(pk)
        if expected is not None and expected != found.version:
            raise VersionError(model.kind, pk, expected, found.version)
        return found

    # -- writing --------------------------------------------------------------------------------

    def make(
        self,
        thing: AnyThing,
        move: str,
        *,
        many: Mapping[str, Iterable[Any]] | None = None,
        state: str = "",
        note: Mapping[str, Any] | None = None,
    ) -> AnyThing:
        """Make a thing by a move that starts nowhere.

        Args:
            thing: not saved yet; its id may be empty and is chosen then.
            move: the move's name.
            many: rows for its many-to-many fields.
            state: the state it begins in, where that is not the move's own.
            note: what else the audit row should keep.

        Raises:
            DeniedError, NotFoundError: the actor may not.
            InputError: the id is taken.
        """
        self._begin(thing, move, state)
        insert_rows([thing])
        for name, rows in (many or {}).items():
            getattr(thing, name).set(rows)
        self.log(thing, move, note)
        return thing

    def make_all(self, things: Sequence[Thing], move: str, states: Sequence[str] = ()) -> None:
        """Make many things of one kind by one move; guards see the book as it is before all.

        Args:
            things: as for `make`.
            move: the move's name.
            states: the state each begins in, where that is not the move's own.

        Raises:
            DeniedError, NotFoundError, InputError: as for `make`, of the first; none is made.
        """
        for thing, state in zip(things, states or [""] * len(things), strict=True):
            self._begin(thing, move, state)
        insert_rows(things)
        for thing in things:
            self.log(thing, move)

    def _begin(self, thing: Thing, move: str, state: str) -> None:
        step = move_of(thing.kind, move)
        if step.starts:
            raise KeyError(step.right)
        thing.pk = thing.pk or new_id(thing.kind)
        thing.state = state or step.to
        thing.made_at = thing.changed_at = self.now
        thing.version = 1
        rights.require(self.actor, step.right, thing)
        self._guard(thing, step)

    def move(
        self,
        thing: AnyThing,
        move: str,
        changes: Mapping[str, Any] | None = None,
        *,
        many: Mapping[str, Iterable[Any]] | None = None,
        state: str = "",
        note: Mapping[str, Any] | None = None,
    ) -> AnyThing:
        """Make a move on a thing that is there; `changes` are new values of its fields.

        Raises:
            DeniedError, NotFoundError: the actor may not.
            MoveError: not from this state, or a guard does not hold.
            SecondPersonError: the same person proposed it.
        """
        self._go(thing, move, changes or {}, state)
        thing.save(force_update=True)
        for name, rows in (many or {}).items():
            getattr(thing, name).set(rows)
        self.log(thing, move, note)
        return thing

    def move_all(self, changes: Mapping[AnyThing, Mapping[str, Any]], move: str) -> None:
        """Make one move on many things of one kind; guards see the book as it is before all.

        Args:
            changes: thing -> new values of its fields, the same fields for each.
            move: the move's name.

        Raises:
            DeniedError, NotFoundError, MoveError, SecondPersonError: as for `move`, of the first.
        """
        for thing, values in changes.items():
            self._go(thing, move, values, "")
        named = {name for values in changes.values() for name in values}
        update_rows(list(changes), [*sorted(named), "state", "version", "changed_at"])
        for thing in changes:
            self.log(thing, move)

    def _go(self, thing: Thing, move: str, changes: Mapping[str, Any], state: str) -> None:
        step = move_of(thing.kind, move)
        rights.require(self.actor, step.right, thing)
        if why := step.refuses(thing.state):
            raise MoveError(thing.kind, str(thing.pk), move, why, self.can(thing))
        proposer = thing.proposer_of(move)
        if step.second and self.actor.is_same_person(proposer):
            raise SecondPersonError(thing.kind, str(thing.pk), move, proposer)
        self._guard(thing, step)
        for name, value in changes.items():
            setattr(thing, name, value)
        thing.state = state or step.to or thing.state
        thing.version += 1
        thing.changed_at = self.now

    def may(self, thing: Thing, move: str) -> None:
        """Refuse at once what the actor may not do, before it is worked out.

        Raises:
            DeniedError, NotFoundError: the actor may not.
        """
        rights.require(self.actor, move_of(thing.kind, move).right, thing)

    def can(self, thing: Thing) -> list[str]:
        """The moves that the actor could make on a thing as it stands, guards aside."""
        return moves_open_to(self.actor, thing)

    def _guard(self, thing: Thing, step: Move) -> None:
        for name in step.guards:
            why = GUARDS[name](self, thing)
            if why:
                raise MoveError(thing.kind, str(thing.pk), step.name, why, self.can(thing))

    def log(self, thing: Thing, move: str, note: Mapping[str, Any] | None = None) -> None:
        """Keep the audit row of a move, with the whole thing after it, and its event.

        Both are written by the end of the act, with those of its other moves.
        """
        content: dict[str, Any] = {"thing": snapshot(thing)}
        self.touch(thing)
        if note:
            content["note"] = dict(note)
        change = self.next_id()
        cause = f"{thing.kind}/{thing.pk}"
        kind = f"{thing.kind}.{move}"
        parties = [] if move in thing.moves_kept_from_firms else sorted(thing.owners())
        event = (
            kind, thing.kind, thing.pk, thing.version, change,
            encoded(parties), encoded(sorted(thing.own_gates())), self.moment, False,
        )  # fmt: skip
        self.ledger.note(Note(change, self.why(cause), kind, encoded(content)), event, now=self.now)

    def touch(self, thing: Thing) -> None:
        """Say that what belongs to a thing or follows from others may have changed, without a move.

        The audit log keeps it; version, history and events of the thing stay as they were.
        """
        if thing.parts or thing.derived:
            self.with_parts[f"{thing.kind}/{thing.pk}"] = thing

    def close(self) -> None:
        """Write what was kept back, and one more audit row for each thing with rows elsewhere.

        Services write those rows before or after the move, so they are read when all is done.
        """
        for cause, thing in self.with_parts.items():
            kind, found = f"{thing.kind}.{PARTS}", parts_of(thing)
            text = encoded({"parts": found})
            before = self.ledger.newest_entry(cause, kind)
            if before.content != text if before else any(found.values()):
                note = Note(self.next_id(), self.why(cause), kind, text)
                self.ledger.note(note, now=self.now)
        self.ledger.write_notes()


def moves_open_to(actor: Actor, thing: Thing) -> list[str]:
    """The moves that an actor could make on a thing as it stands, guards aside."""
    return [
        move.name
        for move in lifecycles()[thing.kind].moves.values()
        if thing.state in move.starts and rights.allows(actor, move.right, thing)
    ]


def perform(
    actor: Actor,
    work: Callable[[Act], Result],
    *,
    now: datetime,
    reason: str = "",
    change: str = "",
    effective: datetime | None = None,
    expected: dict[str, int] | None = None,
) -> Result:
    """Run services in one transaction, again if the database asks for it.

    Args:
        actor: who acts.
        work: calls services with the act.
        now: the clock; aware.
        reason: why, in words.
        change: an id for the act that the caller chose; else a fresh one.
        effective: when it took effect; default now.
        expected: id -> version that the caller last read.

    Raises:
        InputError: it takes effect after now, or a time has no zone.
        BookError, LedgerError: what the services refuse; nothing was written.
    """
    when = effective or now
    if now.tzinfo is None or when.tzinfo is None:
        raise input_error("effective", "has no zone; give an aware time")
    if when > now:
        raise input_error("effective", "{day} has not come yet; act then", day=when.isoformat())
    name = change or new_id("act")
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                ledger = ActLedger(*raw_connection())
                act = Act(actor, name, now, reason, when, ledger, dict(expected or {}))
                result = work(act)
                act.close()
                return result
        except Exception as error:
            if not may_pass(error) or attempt == TRIES - 1 or connection.in_atomic_block:
                raise
            time.sleep(0.01 * 2**attempt * (1 + secrets.randbelow(100) / 100))
    raise AssertionError
