"""The records of the ledger: accounts, counters, transfers, reservations, draws.

All are immutable named tuples: the hot path makes thousands a second, and a store can write them
as they are. Amounts are integers in 10^-places units of their account; quantities are units of the
good; factors are account units for each unit of the good, exact. Times are aware datetimes in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime
    from fractions import Fraction

    from interlock.law.terms import AccountTerms, DrawStage

TransferKind = Literal["grant", "reserve", "post", "void", "expire", "return", "adjust", "breach"]
Side = Literal["credit", "debit"]
WayBack = Literal["returned_to_exporter", "re_exported", "destroyed", "cancelled"]


SCALES: tuple[int, ...] = tuple(int(10**places) for places in range(10))


class Account(NamedTuple):
    """One keyed account; nothing of it changes after opening.

    `base` and `period` are filled where the account counts one period of another (R9); `base_floor`
    is the terms' floor less what may be owed, in 10^-places units.
    """

    id: str
    terms: AccountTerms
    holder: str
    parent: str
    base: str
    period: str
    base_floor: int

    @property
    def scale(self) -> int:
        """How many ledger integers make one account unit."""
        return SCALES[self.terms.places]


class Counters(NamedTuple):
    """What stands on an account, in 10^-places units.

    `excess` is what facts put below the floor (R3); `tolerated` what posts put below it within the
    tolerance (R10); `seq` the last transfer counted in.
    """

    credits_pending: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    debits_posted: int = 0
    excess: int = 0
    tolerated: int = 0
    base_floor: int = 0
    seq: int = 0

    @property
    def available(self) -> int:
        """Credits posted less debits posted and pending."""
        return self.credits_posted - self.debits_posted - self.debits_pending

    @property
    def floor(self) -> int:
        """The floor in force: the opening one less what was tolerated."""
        return self.base_floor - self.tolerated

    @property
    def headroom(self) -> int:
        """What a permission can still reserve; never negative, tolerance not counted (R10)."""
        return max(0, self.available - self.base_floor)


class Transfer(NamedTuple):
    """One posting on one account. Never edited; corrections are new transfers.

    Attributes:
        seq: its place in the ledger, from 1.
        id: `<change>#<n>`; lapses are `<reservation>!expire` and `<draw>!window`.
        change: the change in whose transaction it was written.
        side: which pair of counters it moves.
        amount: 10^-places units; signed for `adjust` only.
        drawn: for a post: how much of it came out of its reservation.
        tolerated: for a post: by how much it used the tolerance.
        quantity: units of the good, where the amount was computed from one.
        factor: account units for each unit of the good, as fixed when reserved (R4).
        about: the reservation, draw or transfer that this one acts upon.
        due: for a reserve: when it expires; for a post: when it comes back (R9).
        regime: digest of the regime version that gave the quantity.
    """

    seq: int
    id: str
    change: str
    account: str
    kind: TransferKind
    side: Side
    amount: int
    drawn: int
    tolerated: int
    quantity: int | Fraction | None
    factor: Fraction | None
    about: str
    due: datetime | None
    regime: str
    holder: str
    effective: datetime
    recorded: datetime


class Reservation(NamedTuple):
    """A promise on one account; `remaining` is what is neither posted, void nor expired.

    `id` is the id of the reserve transfer; `group` the change that made it, with all its legs.
    """

    id: str
    group: str
    account: str
    side: Side
    amount: int
    remaining: int
    factor: Fraction
    post: DrawStage
    expires: datetime | None
    provisional: bool
    holder: str
    regime: str
    effective: datetime


class Drawn(NamedTuple):
    """A posted debit that can come back; `id` is the id of its post transfer.

    `returned` counts units of the good that went back; `reversed` the amount given back for them
    or by the window. `comes_back` is the end of the window, if the account has one.
    """

    id: str
    group: str
    account: str
    quantity: Fraction
    factor: Fraction
    amount: int
    returned: Fraction
    reversed: int
    effective: datetime
    comes_back: datetime | None


class Discrepancy(NamedTuple):
    """Something the record and the world disagree on; shuts draws until `settled_by` is filled.

    `holder` empty means that the whole account is shut.
    """

    id: str
    account: str
    holder: str
    amount: int
    opened_by: str
    settled_by: str


class Debt(NamedTuple):
    """What is still owed for one draw, credits matched first in, first out (R4)."""

    draw: str
    amount: int
    since: datetime
    due: datetime


class Balance(NamedTuple):
    """An account as it stood `at`, by what was recorded until `known` (R8)."""

    account: str
    at: datetime
    known: datetime
    credits_pending: int
    credits_posted: int
    debits_pending: int
    debits_posted: int
    available: int
    headroom: int
    overdue: int


class Pinned(NamedTuple):
    """One account as a run read it."""

    account: str
    seq: int
    headroom: int


class Answer(NamedTuple):
    """What a change did: its transfers, in order of account. The same id gives it again."""

    change: str
    transfers: tuple[Transfer, ...]

    @property
    def amounts(self) -> dict[str, int]:
        """Amount for each account, breaches left out."""
        found: dict[str, int] = {}
        for item in self.transfers:
            if item.kind != "breach":
                found[item.account] = found.get(item.account, 0) + item.amount
        return found


class RefusedLine(NamedTuple):
    """One order line of a run that was not reserved, and why."""

    line: str
    reason: str


class Approved(NamedTuple):
    """What the approval of a run did: answers of the lines that stand, and those that fell."""

    run: str
    answers: tuple[Answer, ...]
    refused: tuple[RefusedLine, ...]


class Entry(NamedTuple):
    """One row of the audit log: a change as it was asked for, by whom, why, and when."""

    seq: int
    change: str
    kind: str
    content: str
    actor: str
    reason: str
    cause: str
    effective: datetime
    recorded: datetime
    outcome: str


class Off(NamedTuple):
    """The first row found that does not agree with the transfers."""

    table: str
    row: str
    wrong: str
