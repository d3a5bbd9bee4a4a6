"""The changes a caller can ask for. Each carries the id the caller chose, and why it is asked.

A change is content: the same id with the same content gives the same answer and changes nothing;
`content` is the canonical text that decides what "the same" is, and what the audit log keeps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Literal

from interlock.law.terms import AccountTerms, Leg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.law.terms import DrawStage
    from interlock.ledger.model import Pinned, WayBack

Quantity = int | Fraction | Decimal


@dataclass(frozen=True, slots=True)
class Why:
    """Who asks, why, on what ground, and from when it holds.

    Attributes:
        actor: who.
        reason: in words.
        cause: the document or event behind it, e.g. `licence/BIS-1` or `shipment/7`.
        effective: when it took effect in the world; aware; not after it is recorded.
    """

    actor: str
    reason: str
    cause: str
    effective: datetime


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open one keyed account with the terms that a regime states.

    `parent` is the keyed id of the account that `terms.parent` names.
    """

    id: str
    why: Why
    account: str
    terms: AccountTerms
    holder: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Credit an account by `amount` account units.

    A pending one is foreseen only: it counts in `credits_pending` until it is posted or void.
    """

    id: str
    why: Why
    account: str
    amount: Quantity
    regime: str = ""
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Reserve:
    """Reserve one order line on every account on its way, or on none (R2).

    Attributes:
        legs: the accounts and their factors; a leg of factor 0 is no leg (R4).
        quantity: units of the good.
        regime: digest of the regime version that gave the legs.
        holder: the licence holder who draws; a discrepancy of theirs shuts the draw (R3).
        expires: from when the reservation holds no more; None = it stays.
        provisional: rests on an unknown finding; cannot be posted before it is confirmed (R1).
    """

    id: str
    why: Why
    legs: tuple[Leg, ...]
    quantity: int
    regime: str
    holder: str = ""
    expires: datetime | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Draw:
    """Post a draw that was not reserved: a permission, or with `fact` what happened anyway."""

    id: str
    why: Why
    legs: tuple[Leg, ...]
    quantity: int
    regime: str
    holder: str = ""
    fact: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """Post the reservations of the group `reserve`, whole (quantity None) or in part.

    `stage` posts only the legs that post at that stage; None posts all. With `fact` it is recorded
    even past the floor, as a breach.
    """

    id: str
    why: Why
    reserve: str
    quantity: Quantity | None = None
    stage: DrawStage | None = None
    fact: bool = False


@dataclass(frozen=True, slots=True)
class Void:
    """Give back what is left of the group `reserve`, or a part of it.

    `stage` gives back only on the legs that post at that stage; None on all: units that left and
    went back before they entered draw at entry no more.
    """

    id: str
    why: Why
    reserve: str
    quantity: Quantity | None = None
    stage: DrawStage | None = None


@dataclass(frozen=True, slots=True)
class Confirm:
    """Make the provisional reservations of the group `reserve` firm (R1)."""

    id: str
    why: Why
    reserve: str


@dataclass(frozen=True, slots=True)
class Return:
    """Units of the draw `post` went back, by `way`; only accounts restored by it are credited.

    `cancelled`: the units never passed, so every account is; a windowed one only while the draw is
    inside its window, which brings it back by itself after that.
    """

    id: str
    why: Why
    post: str
    quantity: int
    way: WayBack


@dataclass(frozen=True, slots=True)
class Adjust:
    """Correct an account by a signed amount of account units: a recount, goods sold and returned.

    A fact: never refused; what passes the floor becomes a breach.
    """

    id: str
    why: Why
    account: str
    amount: Quantity
    holder: str = ""


@dataclass(frozen=True, slots=True)
class OpenDiscrepancy:
    """Somebody outside reports what the record does not say: shut draws, change nothing (R3)."""

    id: str
    why: Why
    account: str
    holder: str = ""


@dataclass(frozen=True, slots=True)
class SettleDiscrepancy:
    """Somebody looked into a discrepancy and closed it."""

    id: str
    why: Why
    discrepancy: str


Change = (
    OpenAccount
    | Grant
    | Reserve
    | Draw
    | Post
    | Void
    | Confirm
    | Return
    | Adjust
    | OpenDiscrepancy
    | SettleDiscrepancy
)


@dataclass(frozen=True, slots=True)
class Approve:
    """Approve a sharing run: reserve each line; each stands or falls alone (R2).

    `pins` is what `pin` gave when the run was made; refused as stale if headroom fell since.
    """

    id: str
    why: Why
    pins: tuple[Pinned, ...]
    lines: tuple[Reserve, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Note:
    """Something the book did that moves no account: it stands in the same audit log, and is sealed
    with it.

    Attributes:
        kind: namespaced by a dot, e.g. `licence.issue`, so that it is no kind of change.
        content: canonical JSON; with the kind it decides what "the same" is.
        outcome: what came of it, as text.
    """  # noqa: D205 - one thought

    id: str
    why: Why
    kind: str
    content: str
    outcome: str = ""


ChangeKind = Literal[
    "open_account",
    "grant",
    "reserve",
    "draw",
    "post",
    "void",
    "confirm",
    "return",
    "adjust",
    "open_discrepancy",
    "settle_discrepancy",
    "approve",
]
KINDS: dict[type, ChangeKind] = {
    OpenAccount: "open_account",
    Grant: "grant",
    Reserve: "reserve",
    Draw: "draw",
    Post: "post",
    Void: "void",
    Confirm: "confirm",
    Return: "return",
    Adjust: "adjust",
    OpenDiscrepancy: "open_discrepancy",
    SettleDiscrepancy: "settle_discrepancy",
    Approve: "approve",
}
_FIELDS = {
    kind: tuple(f.name for f in fields(kind) if f.name not in ("id", "why")) for kind in KINDS
}
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=str)


def content(change: Change | Approve) -> str:
    """The canonical text of a change: all of it but its id, equal for equal meaning."""
    if isinstance(change, Reserve):
        return _reserve_content(change)
    body = [plain(getattr(change, name)) for name in _FIELDS[type(change)]]
    why = change.why
    return _encode.encode(
        [KINDS[type(change)], body, why.actor, why.reason, why.cause, time_text(why.effective)]
    )


def _reserve_content(change: Reserve) -> str:
    """The same for an order line, put together by hand: every line of a run passes here."""
    q, why = encode_basestring, change.why
    legs = [
        f'[{q(x.account)},"{x.factor.numerator}/{x.factor.denominator}","{x.reserve}","{x.post}"]'
        for x in change.legs
    ]
    legs.sort()
    expires = "null" if change.expires is None else q(time_text(change.expires))
    provisional = "true" if change.provisional else "false"
    return (
        f'["reserve",[[{",".join(legs)}],"{change.quantity}",{q(change.regime)},{q(change.holder)},'
        f"{expires},{provisional}],{q(why.actor)},{q(why.reason)},{q(why.cause)},"
        f'"{time_text(why.effective)}"]'
    )


def _legs(legs: Iterable[Leg]) -> list[list[str]]:
    """Legs in one order, so that the order the caller names them in is no difference."""
    found = [
        [x.account, f"{x.factor.numerator}/{x.factor.denominator}", x.reserve, x.post] for x in legs
    ]
    found.sort()
    return found


def plain(value: object) -> object:
    """A value as JSON can say it; numbers exact, times in UTC."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, Fraction, Decimal)):
        return f"{Fraction(value)}"
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, tuple) and value and isinstance(value[0], Leg):
        return _legs(value)
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, Reserve):
        return [value.id, content(value)]
    if isinstance(value, AccountTerms):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return str(value)  # timedelta


@lru_cache(maxsize=4096)
def time_text(when: datetime) -> str:
    """A time as fixed-width UTC text, which sorts as time does."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def plain_text(value: object) -> str:
    """Plain lists and texts as JSON."""
    return _encode.encode(value)


def parse_text(text: str) -> list[list[str]]:
    """The inverse of `plain_text` for lists of lists of texts."""
    return json.loads(text) if text else []
