"""The terms of an account as a regime states them: what sharing and the ledger obey.

Pure data. The regime reader fills these from a file's `accounts:` section, the ledger opens keyed
accounts with them, and nothing about an account is decided anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import timedelta

PeriodName = Literal["year", "quarter", "month", "day"]
DrawStage = Literal["allocation", "shipment", "entry", "use"]


@dataclass(frozen=True)
class Tolerance:
    """How far the last draw may pass the grant when it posts (R10). No headroom for sharing.

    Attributes:
        share: of the base, e.g. 1/10.
        of: `grant` = credits posted; `unshipped` = what is left of the grant when it posts.
        closes_when_posted: no tolerance once everything granted on the account of that name has
            been posted; the empty text means this account itself.
    """

    share: Fraction
    of: Literal["grant", "unshipped"] = "grant"
    closes_when_posted: str = ""


@dataclass(frozen=True)
class MayOwe:
    """Posted draws may pass the floor by `amount` account units for at most `within` (R4)."""

    amount: Fraction
    within: timedelta


@dataclass(frozen=True)
class Period:
    """The account is keyed anew each period; `carry_over` takes the rest (or the debt) along."""

    name: PeriodName
    carry_over: bool = False


@dataclass(frozen=True)
class AccountTerms:
    """What one kind of account allows.

    Attributes:
        name: `<regime>/<account>`; a keyed account is `<name>?<key>=<value>&...`.
        unit: the ledger unit, e.g. `half-chip`.
        places: decimal places of the unit kept; quantities in the ledger are integers in
            10^-places units.
        floor: account units; what `available` may not fall under (0 unless stated).
        window: a posted draw comes back after this time; None = it stays.
        restored_by: kinds of return that give headroom back, of `returned_to_exporter`,
            `re_exported`, `destroyed`; `cancelled` (the units never passed) always does.
        parent: name of the account that this is a part of; each draw here also draws
            `parent_factor` times as much there.
        shuts: whose draws a discrepancy shuts until it is settled.
        visible_to: who may see the account and its numbers: `holder`, `officer:<gate>`, `public`.
        timezone: whose calendar says in which period a time falls (R8, R9); IANA name.
    """

    name: str
    unit: str
    places: int = 0
    floor: int = 0
    tolerance: Tolerance | None = None
    may_owe: MayOwe | None = None
    window: timedelta | None = None
    period: Period | None = None
    restored_by: tuple[str, ...] = ()
    parent: str | None = None
    parent_factor: Fraction = Fraction(1)
    shuts: Literal["holder", "account"] = "holder"
    visible_to: tuple[str, ...] = ()
    timezone: str = "UTC"


@dataclass(frozen=True)
class Leg:
    """One account on the way of an order line.

    Attributes:
        account: the keyed account's id.
        factor: account units drawn for each unit of the good; exact, and positive.
        reserve: the stage at which the quantity is reserved.
        post: the stage at which the reservation is posted.
    """

    account: str
    factor: Fraction
    reserve: DrawStage = "allocation"
    post: DrawStage = "shipment"
