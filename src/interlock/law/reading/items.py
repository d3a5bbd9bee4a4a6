"""Rules, exceptions, conditions and rounds of a regime file."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from interlock.files.phrases import phrase
from interlock.law.model import (
    ConditionKind,
    ConditionParameter,
    Constant,
    Criterion,
    ExceptionRule,
    Expression,
    RoundRule,
    Rule,
)
from interlock.law.reading.accounts import account_of, waiver_of
from interlock.law.reading.dates import timeline_of, version_rests
from interlock.law.reading.facts import kind_of
from interlock.law.reading.numbers import MAX_SCALED, places_of
from interlock.law.times import ALWAYS

if TYPE_CHECKING:
    from interlock.law.model import Account, Rests, Timeline
    from interlock.law.reading.context import Reading
    from interlock.law.reading.shapes import Record

_CONSTANTS = {
    "decimal": phrase("a number"),
    "integer": phrase("a number"),
    "text": phrase("a text"),
    "date": phrase("a date"),
    "bool": phrase("true or false"),
}


def _ground(record: Record, reading: Reading) -> tuple[Timeline, Rests]:
    """When an item binds, and what it rests on (its own grounds, else its version's)."""
    rests = reading.rests(record, needed=True, inherited=version_rests(record, reading))
    return timeline_of(record, reading, rests) or ALWAYS, rests


def read_rules(reading: Reading) -> dict[str, Rule]:
    """What everybody in scope must meet."""
    found: dict[str, Rule] = {}
    for name, record in reading.regime.table("rules").items():
        timeline, rests = _ground(record, reading)
        _check_undisclosed(record, "require", reading)
        found[name] = Rule(
            id=name,
            says=reading.says(record),
            stages=cast("Any", record.texts("stage")),
            when=record.expression("when"),
            require=record.expression("require"),
            undisclosed=record.flag("undisclosed"),
            opened_by=record.text("opened_by"),
            waiver=waiver_of(record),
            visible_to=reading.visible(record),
            timeline=timeline,
            rests=rests,
            place=record.label.place,
        )
    return found


def _check_undisclosed(record: Record, text: str, reading: Reading) -> None:
    if record.values.get("undisclosed") is False and not record.given(text):
        wrong = phrase(
            "{what} is disclosed, but has no '{text}'", what=record.label.words, text=text
        )
        mend = phrase("add '{text}', or write 'undisclosed: true'", text=text)
        reading.faults.add(record.at("undisclosed"), wrong, mend)


def read_exceptions(reading: Reading) -> dict[str, ExceptionRule]:
    """What lifts rules for a class of cases."""
    found: dict[str, ExceptionRule] = {}
    for name, record in reading.regime.table("exceptions").items():
        timeline, rests = _ground(record, reading)
        found[name] = ExceptionRule(
            id=name,
            says=reading.says(record),
            lifts=reading.refer(record, "lifts", reading.ids("rules"), phrase("rule")),
            when=record.expression("when") or Expression("false", record.label.place),
            timeline=timeline,
            rests=rests,
            place=record.label.place,
            visible_to=reading.visible(record),
        )
    return found


def read_conditions(reading: Reading) -> dict[str, ConditionKind]:
    """The kinds of condition that a licence may carry."""
    found: dict[str, ConditionKind] = {}
    for name, record in reading.regime.table("conditions").items():
        timeline, rests = _ground(record, reading)
        _check_condition(record, reading)
        parameters = {
            parameter: _parameter(parameter, given, reading)
            for parameter, given in record.table("parameters").items()
        }
        found[name] = ConditionKind(
            id=name,
            says=reading.says(record, tuple(parameters)),
            parameters=tuple(parameters.values()),
            stages=cast("Any", record.texts("stage")),
            when=record.expression("when"),
            require=record.expression("require"),
            account=_account(name, record, reading, (timeline, rests), parameters),
            waiver=waiver_of(record),
            visible_to=reading.visible(record),
            timeline=timeline,
            rests=rests,
            place=record.label.place,
        )
    return found


def _account(
    name: str,
    record: Record,
    reading: Reading,
    ground: tuple[Timeline, Rests],
    parameters: dict[str, ConditionParameter],
) -> Account | None:
    account = record.record("account")
    if account is None:
        return None
    return account_of(
        name,
        account,
        reading,
        says=record.text("says"),
        visible_to=account.texts("visible_to") or reading.visible(record),
        waiver=waiver_of(record),
        timeline=ground[0],
        rests=ground[1],
        parameters=parameters,
    )


def _check_condition(record: Record, reading: Reading) -> None:
    if not record.given("require") and not record.given("account"):
        wrong = phrase("{what} has neither 'require' nor 'account'", what=record.label.words)
        mend = phrase("add one of them, e.g. 'require': an expression that must hold")
        reading.faults.add(record.label.place, wrong, mend)
    if record.given("require") and not record.given("stage"):
        wrong = phrase("{what} has 'require' but no 'stage'", what=record.label.words)
        reading.faults.add(record.label.place, wrong, phrase("add 'stage': when it must hold"))
    if record.given("account") and record.given("stage") and not record.given("require"):
        wrong = phrase("{what} has 'stage' but no 'require'", what=record.label.words)
        mend = phrase("take 'stage' out: an account draws at the stages of its 'draw'")
        reading.faults.add(record.keys["stage"], wrong, mend)


def _parameter(name: str, record: Record, reading: Reading) -> ConditionParameter:
    kind = record.text("type")
    low, high = record.number("min"), record.number("max")
    if kind == "decimal" and not record.given("places"):
        wrong = phrase("{what} is a decimal without 'places'", what=record.label.words)
        mend = phrase("add 'places': the decimal places that a licence may set, e.g. 2")
        reading.faults.add(record.label.place, wrong, mend)
    allowed = {"decimal": ("unit", "places", "min", "max"), "integer": ("unit", "min", "max")}
    for key in ("unit", "places", "min", "max"):
        if kind and record.given(key) and key not in allowed.get(kind, ()):
            wrong = phrase(
                "{what} has type {kind}, which takes no '{key}'",
                what=record.label.words,
                kind=kind,
                key=key,
            )
            reading.faults.add(record.keys[key], wrong, phrase("take '{key}' out", key=key))
    places = int(record.number("places") or 0) if kind == "decimal" else 0
    if low is not None and high is not None and high < low:
        wrong = phrase("'max' {high} is less than 'min' {low}", high=high, low=low)
        reading.faults.add(record.at("max"), wrong, phrase("write {low} or more", low=low))
    if kind in ("decimal", "integer"):
        for key in ("min", "max", "default"):
            _check_number(record, key, places, reading)
    _check_default(record, kind, low, high, reading)
    return ConditionParameter(
        id=name,
        type=cast("Any", kind),
        unit=record.text("unit"),
        places=places,
        minimum=low,
        maximum=high,
        default=cast("Constant | None", record.values.get("default")),
        place=record.label.place,
    )


def _check_number(record: Record, key: str, places: int, reading: Reading) -> None:
    value = record.values.get(key)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return
    if places_of(value) > places and (record.given("places") or record.text("type") == "integer"):
        wrong = phrase(
            "'{key}' {value} has {needs} decimal places, the parameter {places}",
            key=key,
            value=value,
            needs=places_of(value),
            places=places,
        )
        reading.faults.add(
            record.at(key),
            wrong,
            phrase("round it, or write 'places: {needs}'", needs=places_of(value)),
        )
    elif abs(value) * 10**places > MAX_SCALED:
        wrong = phrase(
            "'{key}' {value} is out of range at {places} decimal places",
            key=key,
            value=value,
            places=places,
        )
        mend = phrase("write at most {most}, or fewer 'places'", most=MAX_SCALED // 10**places)
        reading.faults.add(record.at(key), wrong, mend)


def _check_default(
    record: Record, kind: str, low: Decimal | None, high: Decimal | None, reading: Reading
) -> None:
    value = record.values.get("default")
    if value is None or not kind:
        return
    if kind_of(value) != _CONSTANTS[kind]:
        wrong = phrase(
            "'default' is {kind}, but the parameter is of type {other}",
            kind=kind_of(value),
            other=kind,
        )
        reading.faults.add(
            record.at("default"), wrong, phrase("write {wanted}", wanted=_CONSTANTS[kind])
        )
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        if low is not None and value < low:
            wrong = phrase("'default' {value} is less than 'min' {low}", value=value, low=low)
            reading.faults.add(record.at("default"), wrong, phrase("write {low} or more", low=low))
        if high is not None and value > high:
            wrong = phrase("'default' {value} is more than 'max' {high}", value=value, high=high)
            reading.faults.add(
                record.at("default"), wrong, phrase("write {high} or less", high=high)
            )


def read_rounds(reading: Reading) -> dict[str, RoundRule]:
    """How applications that are decided together are scored and placed."""
    found: dict[str, RoundRule] = {}
    for name, record in reading.regime.table("rounds").items():
        timeline, rests = _ground(record, reading)
        if not any(record.given(key) for key in ("score", "places", "quota")):
            wrong = phrase(
                "{what} has neither 'score' nor 'places' nor 'quota'", what=record.label.words
            )
            mend = phrase("add one of them, e.g. 'quota': the most units placed")
            reading.faults.add(record.label.place, wrong, mend)
        if record.given("floor") and not record.given("score"):
            wrong = phrase("{what} has 'floor' but no 'score'", what=record.label.words)
            mend = phrase("add 'score': the criteria with their points")
            reading.faults.add(record.keys["floor"], wrong, mend)
        found[name] = RoundRule(
            id=name,
            says=reading.says(record),
            criteria=tuple(
                _criterion(criterion, given, reading)
                for criterion, given in record.table("score").items()
            ),
            floor=record.expression("floor"),
            places=record.expression("places"),
            quota=record.expression("quota"),
            visible_to=reading.visible(record),
            timeline=timeline,
            rests=rests,
            place=record.label.place,
        )
    return found


def _criterion(name: str, record: Record, reading: Reading) -> Criterion:
    _check_undisclosed(record, "points", reading)
    return Criterion(
        id=name,
        says=reading.says(record),
        points=record.expression("points"),
        undisclosed=record.flag("undisclosed"),
        place=record.label.place,
    )
