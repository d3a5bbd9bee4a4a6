"""The book as it had been recorded at a moment (R8), rebuilt from the audit log alone.

What an audit row holds is the whole thing after a change, so the newest row until the moment is
the thing as the book knew it then. Decisions over it see what a decision at that moment saw: the
order, its parties and their owners, licences with their holders and conditions, statements, and
every account. Not rebuilt: regime files (their versions are asked by `known`; a file that was
replaced since is another law) and facts that services never wrote.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import ForeignKey

from interlock.book import law
from interlock.book.acting import PARTS, name_of_owner, raw_connection
from interlock.book.cases import Cases
from interlock.book.errors import NotFoundError
from interlock.book.happenings import LIVE_LICENCES, Rows
from interlock.book.models import (
    Condition,
    DomesticPurchase,
    DomesticShipment,
    Entry,
    Licence,
    Order,
    Party,
    Product,
    Shipment,
    Statement,
    Stock,
    Thing,
)
from interlock.book.selectors.as_if import AsIfOpened
from interlock.book.selectors.decisions import LedgerStates
from interlock.book.selectors.loads import orders_of
from interlock.law.deciding.legs import AccountState
from interlock.ledger.changes import time_text
from interlock.store import LedgerSession, rows
from interlock.store.executor import executor
from interlock.store.queries import AUDIT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from django.db.models import Model

    from interlock.book.models import Ownership
    from interlock.law.deciding.decision import Decision
    from interlock.law.model import Stage

    AnyThing = TypeVar("AnyThing", bound=Thing)

_NEWEST = (
    "SELECT a.cause, a.content FROM audit a JOIN (SELECT max(seq) AS seq FROM audit"
    " WHERE kind LIKE ? AND kind <> ? AND recorded <= ? AND effective <= ? GROUP BY cause) newest"
    " ON newest.seq = a.seq ORDER BY a.cause"
)


class Past:
    """The book as recorded at a moment.

    Args:
        recorded: what was recorded later is left out; aware.
        effective: what took effect later is left out too; default `recorded`.
    """

    def __init__(self, recorded: dt.datetime, effective: dt.datetime | None = None) -> None:
        self.recorded = recorded
        self.effective = effective or recorded
        self.ledger = LedgerSession(*raw_connection())
        self._db = executor(*raw_connection())
        self._met: dict[tuple[str, str], Any] = {}

    # -- snapshots --------------------------------------------------------------------------------

    def snapshot(self, model: type[Thing], pk: str) -> dict[str, Any] | None:
        """One thing as its newest audit row says; None if it was not there yet."""
        content = self._content(model, pk, parts=False)
        if content is not None:
            found: dict[str, Any] = json.loads(content)["thing"]
            return found
        return self._from_load(pk) if model is Order else None

    def parts(self, model: type[Thing], pk: str) -> dict[str, list[dict[str, Any]]]:
        """The rows in other tables that belonged to it."""
        content = self._content(model, pk, parts=True)
        found: dict[str, list[dict[str, Any]]] = json.loads(content)["parts"] if content else {}
        return {name: found.get(name, []) for name in model.parts}

    def snapshots(self, model: type[Thing]) -> Iterator[dict[str, Any]]:
        """All things of a kind, orders that came in bulk excepted: `loads` gives those."""
        given = (
            f"{model.kind}.%",
            f"{model.kind}.{PARTS}",
            time_text(self.recorded),
            time_text(self.effective),
        )
        for cause, content in self._db.read(_NEWEST, given):
            if cause.startswith(f"{model.kind}/"):
                yield json.loads(content)["thing"]

    def loads(self) -> Iterator[dict[str, Any]]:
        """The orders of all bulk loads, as they came in."""
        text = f"{AUDIT} WHERE kind = ? AND recorded <= ? AND effective <= ? ORDER BY seq"
        given = ("order.load", time_text(self.recorded), time_text(self.effective))
        for row in self._db.read(text, given):
            entry = rows.to_entry(row)
            yield from orders_of(entry, Past(entry.recorded).prices())

    def prices(self) -> dict[str, Any]:
        """The unit price of each product."""
        return {x["id"]: x["unit_price_usd"] for x in self.snapshots(Product)}

    def _content(self, model: type[Thing], pk: str, *, parts: bool) -> str | None:
        sign = "=" if parts else "<>"
        text = (
            f"SELECT content FROM audit WHERE cause = ? AND kind LIKE ? AND kind {sign} ?"  # noqa: S608
            " AND recorded <= ? AND effective <= ? ORDER BY seq DESC LIMIT 1"
        )
        given = (
            f"{model.kind}/{pk}",
            f"{model.kind}.%",
            f"{model.kind}.{PARTS}",
            time_text(self.recorded),
            time_text(self.effective),
        )
        found = self._db.read(text, given)
        return found[0][0] if found else None

    def _from_load(self, pk: str) -> dict[str, Any] | None:
        order = Order.objects.filter(pk=pk).values_list("basis", flat=True).first()
        change = (order or {}).get("load")
        if not change:
            return None
        found = self._db.read(f"{AUDIT} WHERE change = ?", (change,))
        if not found:
            return None
        entry = rows.to_entry(found[0])
        if entry.recorded > self.recorded or entry.effective > self.effective:
            return None
        lines = orders_of(entry, Past(entry.recorded).prices())
        return next((x for x in lines if x["id"] == pk), None)

    # -- things -----------------------------------------------------------------------------------

    def thing(self, model: type[AnyThing], pk: str) -> AnyThing | None:
        """One thing with all that it refers to, as objects that no table holds."""
        key = (model.kind, pk)
        if key not in self._met:
            found = self.snapshot(model, pk)
            self._met[key] = None if found is None else self._rebuilt(model, found)
        found_thing: AnyThing | None = self._met[key]
        return found_thing

    def things(self, model: type[AnyThing]) -> list[AnyThing]:
        """All things of a kind by id."""
        made = (self.thing(model, found["id"]) for found in self.snapshots(model))
        return [one for one in made if one is not None]

    def _rebuilt(self, model: type[AnyThing], found: dict[str, Any]) -> AnyThing:
        thing: AnyThing = _instance(model, found)
        self._met[model.kind, found["id"]] = thing
        self._refer(thing)
        kept: dict[str, Any] = {}
        for many in model._meta.many_to_many:
            other: Any = many.related_model
            kept[many.name] = [self.thing(other, pk) for pk in found[many.name]]
        for name, own in self.parts(model, found["id"]).items():
            kept[name] = [self._part(thing, name, row) for row in own]
        # What Django keeps when it has read these rows ahead; `.all()` gives it back.
        vars(thing)["_prefetched_objects_cache"] = kept
        return thing

    def _refer(self, row: Model) -> None:
        for field in row._meta.concrete_fields:
            pk = getattr(row, field.attname)
            other: Any = field.related_model
            if isinstance(field, ForeignKey) and pk and issubclass(other, Thing):
                setattr(row, field.name, self.thing(other, pk))

    def _part(self, thing: Thing, name: str, row: dict[str, Any]) -> Model:
        relation: Any = thing._meta.get_field(name)
        part: Model = _instance(relation.related_model, row)
        self._refer(part)
        setattr(part, name_of_owner(thing, name), thing)
        return part


def _instance(model: type[Any], found: dict[str, Any]) -> Any:
    """A row as an object, from its fields by name."""
    values = {
        (field.attname if isinstance(field, ForeignKey) else field.name): field.to_python(
            found[field.name]
        )
        for field in model._meta.concrete_fields
        if field.name in found
    }
    return model(**values)


def as_of(
    model: type[Thing], pk: str, recorded: dt.datetime, effective: dt.datetime | None = None
) -> dict[str, Any]:
    """One thing as the book had recorded it at a moment.

    Args:
        model: its kind.
        pk: its id.
        recorded: the moment, aware.
        effective: leave out, too, what took effect later.

    Raises:
        NotFoundError: it was not in the book yet.
    """
    found = Past(recorded, effective).snapshot(model, pk)
    if found is None:
        raise NotFoundError(model.kind, pk)
    return found


class PastCases(Cases):
    """Builds the facts of orders from the book as it was recorded at a moment."""

    def __init__(self, at: dt.date, past: Past) -> None:
        super().__init__(at)
        self.past = past

    def owned_by(self, party: Party) -> list[Ownership]:
        """Shares in a party on the day."""
        found: Iterable[Ownership] = party.owned_by.all()
        on_day = [
            one
            for one in found
            if (one.since is None or one.since <= self.at)
            and (one.until is None or one.until > self.at)
        ]
        return sorted(on_day, key=lambda one: one.owner_id)

    def on_file(self, order: Order) -> list[Statement]:
        """Statements on file for an order's buyer or supplier."""
        found = [
            one
            for one in self.past.things(Statement)
            if one.state in ("filed", "accepted")
            and one.filed_on <= self.at
            and (
                one.buyer_id == order.buyer_id
                or (one.buyer_id is None and one.by_id in (order.buyer_id, order.supplier_id))
            )
        ]
        return sorted(found, key=lambda one: (one.filed_on, one.pk))

    def held(self, gate: str, holder: str) -> list[Licence]:
        """Licences of a holder at a gate, each with its conditions."""
        conditions = self.past.things(Condition)
        found = []
        for one in self.past.things(Licence):
            if one.gate == gate and one.state != "dropped" and holder in one.owners():
                own = sorted((x for x in conditions if x.licence_id == one.pk), key=lambda x: x.pk)
                one._prefetched_objects_cache["conditions"] = own  # type: ignore[attr-defined]
                found.append(one)
        return found


class PastStates(LedgerStates):
    """The accounts as they stood at a moment, by what had been recorded until then."""

    def __init__(self, ledger: LedgerSession, now: dt.datetime, known: dt.datetime) -> None:
        super().__init__(ledger, now)
        self.known = known
        self._db = executor(*raw_connection())

    def _read(self, name: str) -> AccountState | None:
        account = self.ledger.account(name)
        if account is None or not self._had_moved(account.base or account.id):
            return None  # it stood as the law opens it
        found = self.ledger.balance(name, at=self.now, known=self.known)
        return AccountState(
            headroom=Fraction(found.headroom, account.scale),
            overdue=Fraction(found.overdue, account.scale),
            posted=Fraction(found.debits_posted, account.scale),
        )

    def _had_moved(self, name: str) -> bool:
        moved = "SELECT 1 FROM ledger_transfer WHERE account = ? AND recorded <= ? LIMIT 1"
        return bool(self._db.read(moved, (name, time_text(self.known))))


class PastRows(Rows):
    """What had happened by a moment, as the book had recorded it."""

    def __init__(self, past: Past) -> None:
        self.past = past

    def issued(self, until: dt.date) -> list[Licence]:
        """Licences that were issued by a day and had not ended."""
        return [
            one
            for one in self.past.things(Licence)
            if one.state in LIVE_LICENCES and one.issued_on is not None and one.issued_on <= until
        ]

    def lots(self, until: dt.date) -> list[Stock]:
        """Lots received by a day."""
        return [one for one in self.past.things(Stock) if one.received_on <= until]

    def at_home(self, until: dt.date) -> list[DomesticShipment]:
        """Shipments at home that ended by a day."""
        return [one for one in self.past.things(DomesticShipment) if one.last_day <= until]

    def accepted(self, until: dt.date) -> list[DomesticPurchase]:
        """Purchases made by a day whose evidence had been accepted."""
        found = self.past.things(DomesticPurchase)
        return [one for one in found if one.state == "accepted" and one.bought_on <= until]

    def held_by(self, buyer: str) -> list[Licence]:
        """Import licences that a buyer held."""
        return [
            one
            for one in self.past.things(Licence)
            if one.gate == "import"
            and one.state != "dropped"
            and one.issued_on is not None
            and buyer in {holder.party_id for holder in one.holders.all()}
        ]

    def undisclosed(self, licence: str) -> bool:
        """Whether there was such a licence and nobody had disclosed its quantity."""
        found = self.past.thing(Licence, licence) if licence else None
        return found is not None and found.quantity is None


def decide_as_recorded(
    order: str,
    stage: Stage,
    *,
    at: dt.date,
    recorded: dt.datetime,
    shipment: str = "",
    entry: str = "",
    reasons: bool = True,
) -> Decision:
    """Decide an order again as the book knew it at a moment: the same as it said then.

    Args:
        order: its id.
        stage: of the decision.
        at: the day whose law and papers count.
        recorded: the moment, aware; the law is that known on its day.
        shipment: one of its shipments.
        entry: one of their entries.
        reasons: give reasons.

    Raises:
        NotFoundError: the order, shipment or entry was not in the book yet.
    """
    past = Past(recorded)
    found = _there(past, Order, order)
    facts = PastCases(at, past).order(
        found,
        stage,
        shipment=_there(past, Shipment, shipment) if shipment else None,
        entry=_there(past, Entry, entry) if entry else None,
    )
    known = recorded.date()
    case = law.reader_on(at, known).read(facts, 1)
    stood = PastStates(past.ledger, recorded, recorded)
    reader = law.reader_on(at, known)
    states = AsIfOpened(stood, law.law_on(at, known), reader, at, PastRows(past)).of(case)
    return law.decider_on(at, known).decide(case, stage=stage, accounts=states, reasons=reasons)


def _there(past: Past, model: type[AnyThing], pk: str) -> AnyThing:
    found = past.thing(model, pk)
    if found is None:
        raise NotFoundError(model.kind, pk)
    return found
