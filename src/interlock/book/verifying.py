"""Proving the record: accounts from their transfers, rows from the log, the log from its seals.

Rows are things, and the people who act on them.

It stops at the first row that is off, and names it. One snapshot of the database is read; nobody is
kept from writing meanwhile.
"""

from __future__ import annotations

import gc
import json
from contextlib import contextmanager
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection, transaction

from interlock.book.acting import PARTS
from interlock.book.models import THINGS, Order, Product
from interlock.book.people_log import MISSING, UNKNOWN, PeopleLog
from interlock.book.rows import raw_connection
from interlock.book.sealing import own_public_key
from interlock.book.selectors.loads import LOAD, UNCOMPARED, loaded
from interlock.book.selectors.rows import stream
from interlock.book.snapshots import encoded
from interlock.ledger import Off
from interlock.sealing import first_wrong, key_id
from interlock.store import LedgerSession, read_heads, read_leaves, rows
from interlock.store.executor import executor
from interlock.store.queries import AUDIT
from interlock.store.reading import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from interlock.book.models import Thing
    from interlock.sealing import Checked, SignedHead
    from interlock.store.executor import Executor

LONGEST_OPEN = timedelta(hours=1)
"""How long a transaction on PostgreSQL may have been open before it wrote below sealed rows."""
_THING, _END = '{"thing":', len('{"thing":')


class Verified(NamedTuple):
    """What a check of the whole book found.

    Attributes:
        wrong: the first row that is off; None: the record holds.
        things: how many things were held against the log.
        transfers: how many transfers were counted.
        sealed: audit rows under heads that were found right.
        unsealed: audit rows behind the newest head, outside the guarantee.
    """

    wrong: Off | None
    things: int = 0
    transfers: int = 0
    sealed: int = 0
    unsealed: int = 0


@contextmanager
def _no_collecting() -> Iterator[None]:
    """No garbage collection meanwhile: millions of rows are held, none of them in a ring."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def snapshot_of_book() -> Iterator[None]:
    """Read one state of the database throughout, without holding up writers."""
    if connection.in_atomic_block:  # the caller chose its own transaction
        yield
        return
    lite = connection.vendor == "sqlite"
    connection.ensure_connection()
    mode = getattr(connection, "transaction_mode", None)
    if lite:
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined] # a reader's
    try:
        with transaction.atomic():
            if not lite:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    finally:
        if lite:
            connection.transaction_mode = mode  # type: ignore[attr-defined]


def verify_book(
    exported: Iterable[SignedHead] = (),
    keys: Iterable[Ed25519PublicKey] | None = None,
) -> Verified:
    """Check every account, seal, thing and office; stops at the first row that is off.

    Args:
        exported: heads that others kept; each must be one of the book's.
        keys: public keys that are trusted; None = the one whose private half the book has.

    Raises:
        BadInputError: no keys were given and the book's own cannot be read.
    """
    trusted = list(keys) if keys is not None else [own_public_key()]
    with snapshot_of_book(), _no_collecting():
        db = executor(*raw_connection())
        off = LedgerSession(*raw_connection()).verify()
        if off:
            return Verified(off)
        checked = _seals(db, trusted, exported)
        if checked.wrong:
            return Verified(checked.wrong, sealed=checked.sealed)
        off, things = _things(db)
        transfers = db.read("SELECT count(*) FROM ledger_transfer")[0][0]
    return Verified(off, things, transfers, checked.sealed, checked.unsealed)


def _seals(
    db: Executor, keys: Iterable[Ed25519PublicKey], exported: Iterable[SignedHead]
) -> Checked:
    raw = raw_connection()
    return first_wrong(
        map(rows.to_entry, db.stream(f"{AUDIT} ORDER BY seq")),
        read_leaves(*raw),
        read_heads(*raw),
        {key_id(key): key for key in keys},
        exported=exported,
        longest_open=LONGEST_OPEN if db.shared else None,
    )


class _Last(NamedTuple):
    """The last audit row of a thing: its number, and the digest of what it says.

    `bulk`: of an order that came in a load and was not touched since; that row holds a whole batch
    and not the clock of the load.
    """

    seq: int
    digest: bytes
    bulk: bool = False


def digest_of(text: str) -> bytes:
    """Enough to tell two texts apart; the text itself is read again where they differ."""
    return blake2b(text.encode(), digest_size=12).digest()


def _without_clock(thing: dict[str, Any]) -> bytes:
    return digest_of(encoded({x: value for x, value in thing.items() if x not in UNCOMPARED}))


def _said(content: str) -> str:
    """The snapshot inside the content of an audit row, as text."""
    if content.startswith(_THING):  # no note stands before it
        return content[_END:-1]
    return encoded(json.loads(content)["thing"])


def _last_rows(db: Executor, people: PeopleLog) -> tuple[dict[str, _Last], dict[str, _Last]]:
    """The last audit row of each thing, and of the rows in other tables that belong to it.

    What is about people, whose rows are no things, is given to `people`.
    """
    things: dict[str, _Last] = {}
    parts: dict[str, _Last] = {}
    prices: dict[str, Any] = {}
    text = (
        "SELECT seq, kind, cause, content, change, effective, recorded FROM audit"
        " WHERE kind LIKE '%.%' ORDER BY seq"
    )
    for seq, kind, cause, content, change, effective, recorded in db.stream(text):
        of, _, move = kind.partition(".")
        if kind == LOAD:
            times = rows.to_time(effective), rows.to_time(recorded)
            for order in loaded(content, change, *times, prices):
                things[f"{Order.kind}/{order['id']}"] = _Last(seq, _without_clock(order), bulk=True)
            continue
        if of not in THINGS or not cause.startswith(f"{of}/"):
            people.take(seq, kind, cause, content, recorded)
            continue
        if of == Product.kind and move != PARTS:
            said = json.loads(content)["thing"]
            prices[said["id"]] = said["unit_price_usd"]
        if move == PARTS:
            parts[cause] = _Last(seq, digest_of(content))
        else:
            things[cause] = _Last(seq, digest_of(_said(content)))
    return things, parts


def _things(db: Executor) -> tuple[Off | None, int]:
    """The first thing that is not as its last audit row says; and how many were looked at."""
    people = PeopleLog()
    things, parts = _last_rows(db, people)
    count = 0
    for kind, model in THINGS.items():
        for pk, thing, own in _readable(model):
            if thing is None:
                return Off(kind, pk, "holds a value that its column cannot hold"), count
            count += 1
            cause = f"{kind}/{pk}"
            off = _unlike(db, model, pk, things.pop(cause, None), thing) or _parts_unlike(
                db, model, pk, parts.pop(cause, None), own
            )
            if off:
                return off, count
    for cause in (*things, *parts):
        kind, _, pk = cause.partition("/")
        return Off(kind, pk, MISSING), count
    return people.wrong(), count


def _readable(model: type[Thing]) -> Iterator[tuple[str, Any, Any]]:
    """All things of a kind; at the first that cannot be read, its id with None."""
    last = ""
    try:
        for one in stream(model):
            last = one.pk
            yield one
    except UNREADABLE:
        behind = model._default_manager.filter(pk__gt=last).order_by("pk")
        for pk in behind.values_list("pk", flat=True):
            try:
                list(model._default_manager.filter(pk=pk))
            except UNREADABLE:
                yield pk, None, None
                return
        raise


def _unlike(
    db: Executor, model: type[Thing], pk: str, last: _Last | None, found: dict[str, Any]
) -> Off | None:
    kind = model.kind
    if last is None:
        return Off(kind, pk, UNKNOWN)
    if last.bulk:
        if _without_clock(found) == last.digest:
            return None
        return Off(kind, pk, f"differs from its line in the load of audit row {last.seq}")
    text = encoded(found)
    if digest_of(text) == last.digest:
        return None
    said = json.loads(_said(_content(db, last)))
    # A database may spell a number of a JSON value in another way.
    row = json.loads(text)
    names = [
        name
        for name in {**said, **row}
        if said.get(name) != row.get(name) and name not in model.derived  # see _parts_unlike
    ]
    if not names:
        return None
    return Off(kind, pk, f"differs from audit row {last.seq} in {', '.join(sorted(names))}")


def _parts_unlike(
    db: Executor, model: type[Thing], pk: str, last: _Last | None, found: dict[str, Any]
) -> Off | None:
    if last is None and not any(found.values()):
        return None
    text = encoded({"parts": found})
    if last and (digest_of(text) == last.digest or json.loads(text) == json.loads(
        _content(db, last)
    )):  # fmt: skip
        return None
    says = f"audit row {last.seq}" if last else "the audit log, which has none"
    return Off(
        model.kind, pk, f"has {' or '.join((*model.parts, *model.derived))} that differ from {says}"
    )


def _content(db: Executor, last: _Last) -> str:
    return str(db.read("SELECT content FROM audit WHERE seq = ?", (last.seq,))[0][0])
