"""The audit log for those who may read it whole: pages and a stream, by filters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from interlock.book.errors import DeniedError, InputError, NotFoundError
from interlock.book.rights import grants_of, has_right
from interlock.book.sealing import row_of
from interlock.files.phrases import phrase
from interlock.ledger.changes import time_text
from interlock.store import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from interlock.book.rights import Actor

READ = "audit.read"
_COLUMNS = (
    "a.seq, a.change, a.kind, a.content, a.actor, a.reason, a.cause, a.effective, a.recorded,"
    " a.outcome"
)
_STREAM_PAGE = 5_000


class AuditFilter(NamedTuple):
    """Which rows; an empty value asks for nothing.

    Attributes:
        kind: of the row, e.g. `order.place`; with a `*` at its end, all that begin so.
        actor: who acted.
        cause: e.g. `order/o-1`.
        since: recorded at or after.
        until: recorded before.
    """

    kind: str = ""
    actor: str = ""
    cause: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def check(self) -> None:
        """Refuse a time that ends before it begins, of which there is no row.

        Raises:
            InputError: it does.
        """
        if self.since and self.until and self.since >= self.until:
            wrong = phrase("it is not before the end, {last}", last=self.until.isoformat())
            raise InputError({"since": wrong})


def require_reader(actor: Actor) -> None:
    """Refuse whoever may not read the audit log.

    Raises:
        DeniedError: they may not; it names the office that may.
    """
    if not has_right(actor, READ):
        who = tuple(sorted({role for role, _ in grants_of(READ)}))
        raise DeniedError(actor.name, READ, "the audit log", who)


def audit_page(
    actor: Actor,
    asked: AuditFilter,
    *,
    after: int = 0,
    limit: int = 50,
    newest: bool = False,
    content: bool = True,
) -> list[dict[str, Any]]:
    """Rows of the log by seq, each with its content as JSON and the leaf that seals it.

    Args:
        actor: who asks.
        asked: which rows.
        after: rows of a higher seq than this; with `newest`, of a lower one (0: from the end).
        limit: how many at most.
        newest: the newest first.
        content: read it; one row may hold a whole load, and a list does not show it.

    Raises:
        DeniedError: the actor may not read the log.
        InputError: the time asked for ends before it begins.
    """
    require_reader(actor)
    asked.check()
    tests, given = ["a.seq < %s" if newest and after else "a.seq > %s"], [after]
    tests_more, given_more = _tests(asked)
    columns = _COLUMNS if content else _COLUMNS.replace("a.content", "'' AS content")
    text = (
        f"SELECT {columns}, l.leaf FROM audit a LEFT JOIN seal_leaf l ON l.seq = a.seq"  # noqa: S608 - names of ours, values as parameters
        f" WHERE {' AND '.join(tests + tests_more)}"
        f" ORDER BY a.seq {'DESC' if newest else 'ASC'} LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(text, [*given, *given_more, limit])
        return [row_of(rows.to_entry(row[:10]), row[10]) for row in cursor.fetchall()]


def _tests(asked: AuditFilter) -> tuple[list[str], list[Any]]:
    tests: list[str] = []
    given: list[Any] = []
    if asked.kind.endswith("*"):
        tests.append("substr(a.kind, 1, %s) = %s")
        given += [len(asked.kind) - 1, asked.kind[:-1]]
    elif asked.kind:
        tests.append("a.kind = %s")
        given.append(asked.kind)
    for name, value in (("actor", asked.actor), ("cause", asked.cause)):
        if value:
            tests.append(f"a.{name} = %s")
            given.append(value)
    for sign, when in ((">=", asked.since), ("<", asked.until)):
        if when is not None:
            tests.append(f"a.recorded {sign} %s")
            given.append(time_text(when))
    return tests, given


def audit_lines(actor: Actor, asked: AuditFilter) -> Iterator[str]:
    """The rows as lines of JSON, read a page at a time.

    Raises:
        DeniedError: the actor may not read the log; raised at once, before the first line.
    """
    require_reader(actor)
    asked.check()
    return _lines(actor, asked)


def _lines(actor: Actor, asked: AuditFilter) -> Iterator[str]:
    after = 0
    while found := audit_page(actor, asked, after=after, limit=_STREAM_PAGE):
        for row in found:
            yield json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n"
        after = found[-1]["seq"]


def audit_row(actor: Actor, change: str) -> dict[str, Any]:
    """One row of the log by the id of its change.

    Raises:
        DeniedError: the actor may not read the log.
        NotFoundError: there is no such change.
    """
    require_reader(actor)
    text = f"SELECT {_COLUMNS}, l.leaf FROM audit a LEFT JOIN seal_leaf l ON l.seq = a.seq"  # noqa: S608 - names of ours, values as parameters
    with connection.cursor() as cursor:
        cursor.execute(f"{text} WHERE a.change = %s", [change])
        found = cursor.fetchone()
    if found is None:
        raise NotFoundError("change", change)
    return row_of(rows.to_entry(found[:10]), found[10])
