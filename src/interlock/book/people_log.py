"""Who may act, as the audit log says: users, offices and tokens, rebuilt from their rows.

They are no things, and their rows in the database hold secrets that the log does not. Whatever the
log does say of them is held against those rows: an office that was given by SQL is found, as is a
token that was made to be another's.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from interlock.book.models import ApiToken, Office, User
from interlock.ledger import Off
from interlock.ledger.changes import time_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.store.executor import Executor

    Row = dict[str, Any]
    """What is told of a person, an office or a token, by field."""

UNKNOWN: Final = "has no audit row; it was not made by the book"
MISSING: Final = "is missing; the audit log says that it was made"
KINDS: Final = ("user", "office", "token")
_BEGINS: Final = {"user.enter", "office.give", "token.make"}
_TEXT: Final = (
    "SELECT seq, kind, cause, content, recorded FROM audit WHERE recorded <= ? AND effective <= ?"
    " AND (kind LIKE 'user.%' OR kind LIKE 'office.%' OR kind LIKE 'token.%') ORDER BY seq"
)


class PeopleLog:
    """What the log says of people, taken row by row.

    Attributes:
        found: by kind, then by id (username, number of the office, prefix of the token).
    """

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Row]] = {kind: {} for kind in KINDS}
        self._seq: dict[tuple[str, str], int] = {}

    def take(self, seq: int, kind: str, cause: str, content: str, recorded: str) -> None:
        """Take one audit row, if it is about people; rows come in order."""
        of, _, move = kind.partition(".")
        if of not in KINDS or not cause.startswith(f"{of}/"):
            return
        pk, said = cause[len(of) + 1 :], json.loads(content)
        self._seq[of, pk] = seq
        if kind in _BEGINS:
            self.found[of][pk] = _begun(of, said, recorded)
        elif move in ("close", "reopen"):
            self.found[of][pk]["active"] = said["active"]
        elif move == "end":
            self.found[of][pk]["until"] = recorded

    def wrong(self) -> Off | None:
        """The first row of the book that is not as the log says, or that is missing in either."""
        for kind in KINDS:
            told = dict(self.found[kind])
            for pk, row in people_now(kind):
                said = told.pop(pk, None)
                if said is None:
                    return Off(kind, pk, UNKNOWN)
                names = sorted(name for name, value in said.items() if row[name] != value)
                if names:
                    last = self._seq[kind, pk]
                    return Off(kind, pk, f"differs from audit row {last} in {', '.join(names)}")
            for pk in told:
                return Off(kind, pk, MISSING)
        return None


def _begun(of: str, said: Row, recorded: str) -> Row:
    if of == "user":
        return {**said, "active": True}
    if of == "office":
        return {**said, "since": recorded, "until": None}
    last = time_text(dt.datetime.fromisoformat(said["expires_at"]))
    return {**said, "expires_at": last, "made": recorded, "until": None}


def people_then(db: Executor, recorded: str, effective: str) -> PeopleLog:
    """What the log said of people at a moment; both times as `time_text` writes them."""
    log = PeopleLog()
    for row in db.read(_TEXT, (recorded, effective)):
        log.take(*row)
    return log


# -- rows of the book -----------------------------------------------------------------------------


def people_now(kind: str) -> Iterator[tuple[str, Row]]:
    """All of a kind as they stand, each with its id, in the order in which they were made."""
    return _NOW[kind]()


def _users() -> Iterator[tuple[str, Row]]:
    found = User.objects.order_by("pk").values_list(
        "username", "first_name", "service", "is_active"
    )
    for username, name, service, active in found.iterator(chunk_size=2_000):
        yield username, {"name": name, "service": service, "active": active}


def _offices() -> Iterator[tuple[str, Row]]:
    found = Office.objects.order_by("pk").select_related("user")
    for one in found.iterator(chunk_size=2_000):
        yield str(one.pk), {
            "user": one.user.username, "party": one.party_id, "role": one.role,
            "since": time_text(one.since), "until": _when(one.until),
        }  # fmt: skip


def _tokens() -> Iterator[tuple[str, Row]]:
    found = ApiToken.objects.order_by("pk").select_related("user")
    for one in found.iterator(chunk_size=2_000):
        yield one.prefix, {
            "user": one.user.username, "party": one.party_id, "name": one.name,
            "scopes": one.scopes, "sha256": one.digest, "made": time_text(one.made_at),
            "expires_at": _when(one.expires_at), "until": _when(one.ended_at),
        }  # fmt: skip


def _when(moment: dt.datetime | None) -> str | None:
    return time_text(moment) if moment is not None else None


_NOW: Final = {"user": _users, "office": _offices, "token": _tokens}
