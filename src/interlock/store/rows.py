"""Rows of the database from and to the ledger's records. Nothing is decided here."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from interlock.law.terms import AccountTerms, MayOwe, Period, Tolerance
from interlock.ledger.changes import time_text
from interlock.ledger.model import (
    Account,
    Counters,
    Discrepancy,
    Drawn,
    Entry,
    Reservation,
    Transfer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = tuple[Any, ...]


@lru_cache(maxsize=4096)
def to_time(text: str) -> datetime:
    """A time from its stored text."""
    return datetime.fromisoformat(text)


def fraction_text(exact: Fraction) -> int | str:
    """An exact number as stored: SQLite makes text of a whole one by itself, faster."""
    return exact.numerator if exact.denominator == 1 else str(exact)


@lru_cache(maxsize=4096)
def to_fraction(text: str) -> Fraction:
    """An exact number from 'n' or 'n/d'."""
    above, _, below = text.partition("/")
    return Fraction(int(above), int(below or 1))


def terms_text(terms: AccountTerms) -> str:
    """Terms as JSON; exact numbers as text, times as whole microseconds."""
    return json.dumps(
        {f.name: getattr(terms, f.name) for f in fields(terms)}, default=_plain, sort_keys=True
    )


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, (Tolerance, MayOwe, Period)):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    msg = f"terms cannot hold a {type(value).__name__}"
    raise TypeError(msg)


@lru_cache(maxsize=4096)
def to_terms(text: str) -> AccountTerms:
    """The inverse of `terms_text`."""
    found: dict[str, Any] = json.loads(text)
    if found["tolerance"]:
        share = Fraction(found["tolerance"].pop("share"))
        found["tolerance"] = Tolerance(share, **found["tolerance"])
    if found["may_owe"]:
        owe = found["may_owe"]
        found["may_owe"] = MayOwe(Fraction(owe["amount"]), timedelta(microseconds=owe["within"]))
    if found["window"] is not None:
        found["window"] = timedelta(microseconds=found["window"])
    if found["period"]:
        found["period"] = Period(**found["period"])
    found["parent_factor"] = Fraction(found["parent_factor"])
    found["restored_by"] = tuple(found["restored_by"])
    found["visible_to"] = tuple(found["visible_to"])
    return AccountTerms(**found)


def account_row(x: Account) -> Row:
    """For `account`."""
    return (x.id, terms_text(x.terms), x.holder, x.parent, x.base, x.period, x.base_floor)


def to_account(row: Row) -> Account:
    """From `account`."""
    return Account._make((row[0], to_terms(row[1]), *row[2:7]))


def counters_row(name: str, x: Counters) -> Row:
    """For `counters`."""
    return (name, *x[:7], x.floor, x.seq)


def to_counters(row: Row) -> Counters:
    """From `counters`, without its account."""
    return Counters._make((*row[1:8], row[9]))


def transfer_rows(found: Iterable[Transfer]) -> list[Row]:
    """For `transfer`. One loop: this is the hottest place of the store."""
    text = time_text
    return [
        (
            seq, name, change, account, kind, side, amount, drawn, tolerated,
            quantity if quantity is None or type(quantity) is int else str(quantity),
            None if factor is None else fraction_text(factor),
            about, None if due is None else text(due), regime, holder,
            text(effective), text(recorded),
        )
        for (seq, name, change, account, kind, side, amount, drawn, tolerated, quantity, factor,
             about, due, regime, holder, effective, recorded) in found
    ]  # fmt: skip


def to_transfer(row: Row) -> Transfer:
    """From `transfer`."""
    return Transfer._make(
        (
            *row[:9],
            None if row[9] is None else to_fraction(row[9]),
            None if row[10] is None else to_fraction(row[10]),
            row[11],
            None if row[12] is None else to_time(row[12]),
            row[13],
            row[14],
            to_time(row[15]),
            to_time(row[16]),
        )
    )


def reservation_rows(found: Iterable[Reservation]) -> list[Row]:
    """For `reservation`."""
    text = time_text
    return [
        (
            name, group, account, side, amount, remaining, fraction_text(factor), post,
            None if expires is None else text(expires), provisional, holder, regime,
            text(effective),
        )
        for (name, group, account, side, amount, remaining, factor, post, expires, provisional,
             holder, regime, effective) in found
    ]  # fmt: skip


def to_reservation(row: Row) -> Reservation:
    """From `reservation`."""
    return Reservation._make(
        (
            *row[:6],
            to_fraction(row[6]),
            row[7],
            None if row[8] is None else to_time(row[8]),
            bool(row[9]),
            row[10],
            row[11],
            to_time(row[12]),
        )
    )


def draw_row(x: Drawn) -> Row:
    """For `draw`."""
    return (
        x.id, x.group, x.account, str(x.quantity), str(x.factor), x.amount, str(x.returned),
        x.reversed, time_text(x.effective),
        None if x.comes_back is None else time_text(x.comes_back),
    )  # fmt: skip


def to_draw(row: Row) -> Drawn:
    """From `draw`."""
    return Drawn._make(
        (
            *row[:3],
            to_fraction(row[3]),
            to_fraction(row[4]),
            row[5],
            to_fraction(row[6]),
            row[7],
            to_time(row[8]),
            None if row[9] is None else to_time(row[9]),
        )
    )


def to_discrepancy(row: Row) -> Discrepancy:
    """From `discrepancy`."""
    return Discrepancy._make(row)


def entry_row(x: Entry) -> Row:
    """For `audit`."""
    return (*x[:7], time_text(x.effective), time_text(x.recorded), x.outcome)


def to_entry(row: Row) -> Entry:
    """From `audit`."""
    return Entry._make((*row[:7], to_time(row[7]), to_time(row[8]), row[9]))
