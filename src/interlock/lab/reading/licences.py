"""Licences and rounds of a scenario: each round and firm becomes a licence that may be issued."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from interlock.files.phrases import phrase
from interlock.lab.model import Dist, Licence, Round
from interlock.lab.reading.parts import Placed, plain_facts
from interlock.lab.reading.shown import words

if TYPE_CHECKING:
    from interlock.lab.reading.parts import Parts
    from interlock.law.reading.shapes import Record

MAX_ROUNDS = 1000

_SHOWN = ("quantity", "issued", "first", "every", "after", "chance", "chances", "places", "quota")


def read_licences(reading: Parts) -> dict[str, Licence]:
    """The licences of `licences`, one for each firm where `each` says so."""
    found: dict[str, Licence] = {}
    for name, one in reading.record.table("licences").items():
        firms, products = (reading.all_named(one, key) for key in ("firms", "products"))
        rests = reading.rests(one, f"licences.{name}", _shown(one))
        shared = [(f"{name}-{firm}", (firm,)) for firm in firms]
        for licence, holders in shared if one.flag("each") else [(name, firms)]:
            chance = one.number("chance")
            found[licence] = Licence(
                id=licence,
                gate=one.text("gate"),
                firms=holders,
                products=products,
                quantity=one.get("quantity", Dist) or Dist("fixed", (0.0,)),
                issued=one.date("issued") or reading.start,
                after=one.get("after", Dist),
                chance=1.0 if chance is None else float(chance),
                conditions=_conditions(one),
                facts=plain_facts(one.values.get("facts")),
                round="",
                rests=rests,
                place=one.place,
            )
    return found


def read_rounds(reading: Parts) -> tuple[dict[str, Round], dict[str, Licence]]:
    """The rounds, one for each day on which one is held, and the licences that may come of them."""
    rounds: dict[str, Round] = {}
    licences: dict[str, Licence] = {}
    for name, one in reading.record.table("rounds").items():
        rests = reading.rests(one, f"rounds.{name}", _shown(one))
        firms, products = (reading.all_named(one, key) for key in ("firms", "products"))
        chances = one.get("chances", dict) or {}
        for firm in chances:
            reading.name(firm, one.at("chances"), "firms")
        base = one.number("chance")
        places, quota = one.number("places"), one.number("quota")
        for number, day in enumerate(_held(reading, one), start=1):
            held = f"{name}-{number}"
            rounds[held] = Round(
                held, None if places is None else int(places), None if quota is None else int(quota)
            )
            for firm in firms:
                licences[f"{held}-{firm}"] = Licence(
                    id=f"{held}-{firm}",
                    gate=one.text("gate"),
                    firms=(firm,),
                    products=products,
                    quantity=one.get("quantity", Dist) or Dist("fixed", (0.0,)),
                    issued=day,
                    after=one.get("after", Dist),
                    chance=float(chances.get(firm, 1.0 if base is None else base)),
                    conditions=_conditions(one),
                    facts=plain_facts(one.values.get("facts")),
                    round=held,
                    rests=rests,
                    place=one.place,
                )
    return rounds, licences


def _held(reading: Parts, one: Record) -> list[dt.date]:
    first = one.date("first")
    if first is None:
        return []
    every, last = one.get("every", dt.timedelta), one.date("last")
    if every is None:
        return [first]
    if last is not None and last < first:
        wrong = phrase("'{then}' {end} lies before '{first}' {start}",
                       then="last", end=last, first="first", start=first)  # fmt: skip
        mend = phrase("write a later day, or leave '{then}' out", then="last")
        reading.faults.add(one.at("last"), wrong, mend)
    last = min(last or reading.end, reading.end)
    days = range(0, max((last - first).days, 0) + 1, every.days)
    if len(days) > MAX_ROUNDS:
        wrong = phrase("{what} holds {count} rounds", what=one.label.words, count=len(days))
        reading.faults.add(one.at("every"), wrong, phrase("write at most {most}", most=MAX_ROUNDS))
        return [first]
    held = [first + dt.timedelta(days=n) for n in days]
    return [day for day in held if day < reading.end] or [first]


def _conditions(one: Record) -> tuple[Placed, ...]:
    """The conditions as a case gives them, each knowing where it stands."""
    found = []
    for kind, condition in one.table("conditions").items():
        parameters = condition.get("parameters", dict) or {}
        status = condition.text("status") or "in_force"
        made = Placed(None)
        made |= {"kind": kind, "status": status, "parameters": parameters}
        made.places = {
            (): condition.label.place,
            ("status",): condition.at("status"),
            ("parameters",): condition.at("parameters"),
        }
        found.append(made)
    return tuple(found)


def _shown(one: Record) -> str:
    told = [f"{key} {words(one.values[key])}" for key in _SHOWN if key in one.values]
    conditions = []
    for kind, condition in one.table("conditions").items():
        given = condition.get("parameters", dict) or {}
        parameters = ", ".join(f"{name} {value}" for name, value in given.items())
        conditions.append(f"{kind} ({parameters})" if parameters else kind)
    return ", ".join([*told, *(["conditions " + ", ".join(conditions)] if conditions else [])])
