"""The accounts of a regime file, those of conditions included, and their terms."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from interlock.files import nearest
from interlock.files.phrases import phrase, phrases
from interlock.law.model import Account, Credit, Draw, Expression, Rests, Waiver
from interlock.law.reading.dates import timeline_of, version_rests
from interlock.law.reading.numbers import places_of
from interlock.law.reading.shapes import Record
from interlock.law.reading.tables import DRAW_STAGES
from interlock.law.terms import AccountTerms, MayOwe, Period, Tolerance
from interlock.law.times import ALWAYS
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from interlock.law.model import ConditionParameter, Timeline
    from interlock.law.reading.context import Reading

PER = ("licence", "holder", "product", "group", "round")
"""Keys of an account that are no party; the roles of the vocabulary are keys too."""


def read_accounts(reading: Reading) -> dict[str, Account]:
    """The accounts that the file states by themselves."""
    found: dict[str, Account] = {}
    for name, record in reading.regime.table("accounts").items():
        rests = reading.rests(record, needed=True, inherited=version_rests(record, reading))
        found[name] = account_of(
            name,
            record,
            reading,
            says=reading.says(record),
            visible_to=reading.visible(record),
            waiver=waiver_of(record),
            timeline=timeline_of(record, reading, rests) or ALWAYS,
            rests=rests,
        )
    return found


def waiver_of(record: Record) -> Waiver | None:
    """Who may waive the item, if the file says."""
    waiver = record.record("waiver")
    if waiver is None:
        return None
    return Waiver(waiver.texts("by"), waiver.texts("consent_of"))


def account_of(
    name: str,
    record: Record,
    reading: Reading,
    *,
    says: str,
    visible_to: tuple[str, ...],
    waiver: Waiver | None,
    timeline: Timeline,
    rests: Rests,
    parameters: Mapping[str, ConditionParameter] | None = None,
) -> Account:
    """One account; a condition's account takes words, dates and grounds from its condition."""
    _check_per(record, reading)
    draw = _draw(record, reading)
    credits_ = tuple(_credit(credit) for credit in record.records("credit"))
    texts = [draw.factor.text, *(credit.amount.text for credit in credits_)]
    least = _places_of_parameters(texts, parameters or {})
    return Account(
        id=name,
        says=says,
        per=record.texts("per"),
        when=record.expression("when"),
        credits=credits_,
        draw=draw,
        terms=_terms(name, record, reading, visible_to, least),
        waiver=waiver,
        timeline=timeline,
        rests=rests,
        place=record.label.place,
    )


def _places_of_parameters(texts: list[str], parameters: Mapping[str, ConditionParameter]) -> int:
    """Places that the parameters named in the factor or an amount need (R4)."""
    named = {word for text in texts for word in re.findall(r"[a-z_][a-z0-9_]*", text)}
    return max((parameters[word].places for word in named & set(parameters)), default=0)


def _check_per(record: Record, reading: Reading) -> None:
    words = vocabulary()
    own = [
        name
        for name, entry in reading.regime.table("vocabulary").items()
        if entry.text("type") == "text"
    ]
    texts = [entry.name for entry in words.entries.values() if entry.type == "text"]
    keys = (*PER, *words.roles)
    for item in record.items("per"):
        if item.value in keys or item.value in texts or item.value in own:
            continue
        entry = words.entry(item.value)
        if entry is not None:
            wrong = phrase(
                "'{value}' is a {kind}, and accounts are keyed by texts",
                value=item.value,
                kind=entry.type,
            )
            mend = phrase("name a text of the vocabulary, e.g. product")
        else:
            wrong = phrase("'{value}' is no key of an account", value=item.value)
            mend = nearest(item.value, (*keys, *own) if "." not in item.value else (*texts, *own))
        reading.faults.add(item.place, wrong, mend)


def _credit(record: Record) -> Credit:
    amount = record.expression("amount") or Expression("0", record.place)
    return Credit(record.text("on"), amount, record.expression("when"), record.place)


def _draw(record: Record, reading: Reading) -> Draw:
    draw = record.record("draw")
    if draw is None:  # its fault is noted
        return Draw("allocation", "shipment", Expression("0", record.place), record.place)
    reserve, post = draw.text("reserve"), draw.text("post")
    if reserve and post and DRAW_STAGES.index(post) < DRAW_STAGES.index(reserve):
        wrong = phrase(
            "'post' is {post}, a stage before 'reserve' {reserve}", post=post, reserve=reserve
        )
        mend = phrase(
            "write {reserve} or a later stage of {names}",
            reserve=reserve,
            names=phrases(DRAW_STAGES),
        )
        reading.faults.add(draw.at("post"), wrong, mend)
    factor = draw.expression("factor") or Expression("0", draw.place)
    return Draw(
        cast("Any", reserve or "allocation"), cast("Any", post or "shipment"), factor, draw.place
    )


def _terms(
    name: str, record: Record, reading: Reading, visible_to: tuple[str, ...], least: int
) -> AccountTerms:
    stated = record.number("places")
    places = least if stated is None else int(stated)
    if places < least:
        wrong = phrase(
            "'places' is {places}, but a parameter of the factor has {least}",
            places=places,
            least=least,
        )
        reading.faults.add(
            record.at("places"), wrong, phrase("write {least}, or leave 'places' out", least=least)
        )
    _check_combination(record, reading)
    period = record.values.get("period")
    parent = record.record("parent")
    shared = reading.account_ids()
    if parent is not None:
        reading.refer(parent, "account", shared, phrase("account"))
    return AccountTerms(
        name=f"{reading.id}/{name}",
        unit=record.text("unit"),
        places=places,
        floor=int(record.number("floor") or 0),
        tolerance=_tolerance(record.record("tolerance"), reading, shared),
        may_owe=_may_owe(record.record("may_owe"), reading, places),
        window=cast("dt.timedelta | None", record.values.get("window")),
        period=_period(period),
        restored_by=record.texts("restored_by"),
        parent=f"{reading.id}/{parent.text('account')}" if parent is not None else None,
        parent_factor=Fraction((parent.number("factor") if parent is not None else None) or 1),
        shuts=cast("Any", record.text("shuts") or "holder"),
        visible_to=visible_to,
        # Periods turn by the calendar of the law, not of the machine (R8, R9).
        timezone=reading.regime.text("timezone") or "UTC",
    )


def _period(given: object) -> Period | None:
    if isinstance(given, Record):
        return Period(cast("Any", given.text("each")), given.flag("carry_over"))
    return Period(cast("Any", given)) if isinstance(given, str) else None


def _tolerance(given: Record | None, reading: Reading, shared: tuple[str, ...]) -> Tolerance | None:
    if given is None:
        return None
    reading.refer(given, "closes_when_posted", shared, phrase("account"))
    closes = given.text("closes_when_posted")
    return Tolerance(
        share=Fraction(given.number("share") or 0),
        of=cast("Any", given.text("of") or "grant"),
        closes_when_posted=f"{reading.id}/{closes}" if closes else "",
    )


def _may_owe(given: Record | None, reading: Reading, places: int) -> MayOwe | None:
    if given is None:
        return None
    amount = given.number("amount") or Decimal(0)
    if places_of(amount) > places:
        wrong = phrase(
            "'amount' {amount} is finer than the account, which keeps {places} places",
            amount=amount,
            places=places,
        )
        mend = phrase(
            "write 'places: {needs}' on the account, or round the amount", needs=places_of(amount)
        )
        reading.faults.add(given.at("amount"), wrong, mend)
    within = cast("dt.timedelta | None", given.values.get("within"))
    return MayOwe(Fraction(amount), within) if within is not None else None


def _check_combination(record: Record, reading: Reading) -> None:
    for other, why in (
        ("period", phrase("a window rolls on over the ends of periods")),
        ("may_owe", phrase("in a window a debt would vanish without being paid")),
    ):
        if record.given("window") and record.given(other):
            wrong = phrase(
                "{what} has 'window' and '{other}'", what=record.label.words, other=other
            )
            mend = phrase("keep one of them: {why}", why=why)
            second = max(("window", other), key=lambda key: record.keys[key])
            reading.faults.add(record.keys[second], wrong, mend)


def check_parents(reading: Reading, accounts: Mapping[str, Account]) -> None:
    """Note each account that is, over its parents, a part of itself."""
    parents = {
        name: (account.terms.parent or "").rpartition("/")[2] for name, account in accounts.items()
    }
    for name, account in accounts.items():
        seen: list[str] = []
        at = parents[name]
        while at in parents and at != name and at not in seen:
            seen.append(at)
            at = parents[at]
        # One fault for a ring: at the one of its accounts that stands first.
        if at == name and account.place == min(accounts[one].place for one in (name, *seen)):
            path = " -> ".join([name, *seen, name])
            wrong = phrase("account '{name}' is a part of itself ({path})", name=name, path=path)
            reading.faults.add(account.place, wrong, phrase("take one 'parent' out"))
