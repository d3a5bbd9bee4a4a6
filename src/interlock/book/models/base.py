"""What all things in the book share: an id, a state, a version, and who they belong to.

Rows here say how things stand now. How they came to stand so is in the audit log, whose rows hold
the whole thing after each change; nothing but `interlock.book.acting` writes either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models

if TYPE_CHECKING:
    from collections.abc import Iterator

ID_LENGTH = 80


class Thing(models.Model):
    """A thing with a life of its own.

    Attributes:
        kind: its name in the table of lifecycles, in rights, in the audit log and in addresses.
        own_paths: from the thing to the parties whose firms it belongs to, in Django's lookups.
        gate_path: from the thing to its gate; empty = `gates` says which.
        gates: gates whose officers work with every thing of this kind.
        asked_paths: from the thing to parties that were asked about it, without owning it.
        kept_from_firms: fields that only officers and auditors see (R11).
        words_of_parties: lists of what parties said, each with its `party`; a firm is shown what it
            said itself (R11).
        moves_kept_from_firms: moves of which a firm is not told that they were made (R11).
        kept_from_officers: fields that only auditors see.
        unrecorded: secrets; no snapshot holds them, so neither the audit log nor an export does.
        parts: names of its rows in other tables that are part of it; the audit log keeps them too.
        derived: fields that follow from other things and change without a move; the audit log keeps
            them with the parts.
        version: 1 when made, one more with each change; the ETag of the API.
    """

    kind: ClassVar[str] = ""
    own_paths: ClassVar[tuple[str, ...]] = ()
    gate_path: ClassVar[str] = ""
    gates: ClassVar[tuple[str, ...]] = ()
    asked_paths: ClassVar[tuple[str, ...]] = ()
    kept_from_firms: ClassVar[tuple[str, ...]] = ()
    words_of_parties: ClassVar[tuple[str, ...]] = ()
    moves_kept_from_firms: ClassVar[tuple[str, ...]] = ()
    kept_from_officers: ClassVar[tuple[str, ...]] = ()
    unrecorded: ClassVar[tuple[str, ...]] = ()
    parts: ClassVar[tuple[str, ...]] = ()
    derived: ClassVar[tuple[str, ...]] = ()
    # A secret that whoever made it is told with the answer, and never again.
    shown_once: dict[str, str] | None = None

    id = models.CharField(primary_key=True, max_length=ID_LENGTH)
    state = models.CharField(max_length=24, db_index=True)
    version = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def owners(self, path: str = "") -> set[str]:
        """Ids of the parties that this thing belongs to, by one path or by all."""
        paths = (path,) if path else self.own_paths
        return {party for one in paths for party in _walk(self, one.split("__"))}

    def asked(self) -> set[str]:
        """Ids of the parties that were asked about this thing."""
        return {party for one in self.asked_paths for party in _walk(self, one.split("__"))}

    def proposer_of(self, _move: str) -> str:
        """Who proposed what a move decides; another person must make it."""
        return str(getattr(self, "proposed_by", ""))

    def own_gates(self) -> set[str]:
        """The gates whose officers work with this thing."""
        if self.gate_path:
            return {gate for gate in _walk(self, self.gate_path.split("__")) if gate}
        return set(self.gates)


def _walk(thing: Any, path: list[str]) -> Iterator[str]:
    """Follow a lookup path over loaded rows; gives ids or plain values."""
    head, *rest = path
    if not rest and hasattr(thing, f"{head}_id"):
        found = getattr(thing, f"{head}_id")
        if found:
            yield found
        return
    value = getattr(thing, head)
    if value is None:
        return
    many = value.all() if hasattr(value, "all") else [value]
    for one in many:
        if rest:
            yield from _walk(one, rest)
        else:
            yield one.pk if isinstance(one, models.Model) else one


def party_key(**options: Any) -> Any:
    """A reference to a party; parties are never deleted, so nothing cascades."""
    options.setdefault("related_name", "+")
    return models.ForeignKey("book.Party", on_delete=models.PROTECT, **options)


def text_field(length: int = 200, **options: Any) -> Any:
    """A text that may be empty."""
    return models.CharField(max_length=length, blank=True, default="", **options)


def list_field() -> Any:
    """A list of texts."""
    return models.JSONField(default=list, blank=True)


def table_field() -> Any:
    """A JSON object."""
    return models.JSONField(default=dict, blank=True)


def day_field(**options: Any) -> Any:
    """A day that may be not known yet."""
    return models.DateField(null=True, blank=True, **options)


def moment_field(**options: Any) -> Any:
    """A time that may not have come yet."""
    return models.DateTimeField(null=True, blank=True, **options)


class LongWork(models.Model):
    """What all long work has in common; `interlock.book.long_work` takes it and plays it.

    `state` is waiting, running, done or failed; `wrong` says why it failed. `done` counts what was
    done of it. `tries` counts the processes that took it; `heard_at` is when the last told of it.
    """

    by = models.CharField(max_length=150)
    state = models.CharField(max_length=12, default="waiting")
    done = models.PositiveBigIntegerField(default=0)
    wrong = text_field(2000)
    tries = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField()
    started_at = moment_field()
    heard_at = moment_field()
    ended_at = moment_field()

    class Meta:
        abstract = True
