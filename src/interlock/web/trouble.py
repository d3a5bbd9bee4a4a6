"""What the book refuses, as words: for a page of its own, or at the fields of a form."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _

from interlock.api.throttle import TooManyError
from interlock.book import errors
from interlock.book.models import THINGS
from interlock.book.rights import visible
from interlock.book.selectors.accounts import lacks_shown
from interlock.files.phrases import Phrase
from interlock.files.texts import LAST
from interlock.ledger import ConflictError, InvalidChangeError, RefusedError, StaleError
from interlock.web.phrasing import between, called, translated
from interlock.web.values import pydantic_says
from interlock.web.words import word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse
    from pydantic import ValidationError

    from interlock.book.rights import Actor

LIKELY = 200
"""Ids among which one is looked for that is like a wrong one."""


@dataclass
class Refusal:
    """Why something was refused.

    Attributes:
        status: of the answer.
        title: in a few words.
        says: the details, a sentence each.
        mend: what to do next.
        fields: field -> what is wrong there.
        decision: the decision that shut the way, as the actor may see it.
    """

    status: int
    title: str
    says: list[str] = field(default_factory=list)
    mend: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    decision: dict[str, Any] | None = None


def refusal(actor: Actor | None, error: Exception) -> Refusal:
    """Any refusal of the book or the ledger, in words."""
    found = _of_book(error) or _of_ledger(actor, error)
    if found is not None:
        return found
    if isinstance(error, TooManyError):
        return Refusal(429, _("Too much was asked in this minute"), [translated(error.says)])
    raise error


def _of_book(error: Exception) -> Refusal | None:
    if isinstance(error, errors.NotFoundError):
        return Refusal(404, _("There is no such thing"), [
            _("Nothing with this id exists for you. Whether it does for others is not told."),
        ], _("Check the id, or look for it in the list."))  # fmt: skip
    if isinstance(error, errors.DeniedError):
        who = between(", ").join(word("role", one) for one in error.who) or _("nobody")
        return Refusal(403, _("You may not do this"), [], _("Who may: %(who)s.") % {"who": who})
    if isinstance(error, errors.SecondPersonError):
        return Refusal(409, _("A second person decides"), [
            _("%(who)s proposed it.") % {"who": called("proposer", error.proposer)},
        ], _("Ask a colleague to decide it."))  # fmt: skip
    if isinstance(error, errors.MoveError):
        return Refusal(409, _("It does not go from here"), [translated(error.why, error.kind)],
                       _("Look at its state and its history."))  # fmt: skip
    if isinstance(error, errors.VersionError):
        return Refusal(409, _("It changed since you read it"), [],
                       _("Load the page anew, look at what changed, then act."))  # fmt: skip
    if isinstance(error, errors.GateError):
        return Refusal(409, _("The gates are not open"), [],
                       _("See below what would open them, and who can act."),
                       decision=error.decision)  # fmt: skip
    if isinstance(error, errors.InputError):
        return Refusal(422, _("Some values cannot be meant"), fields=by_field(error.faults))
    return None


def absent_at(actor: Actor, name: str, error: errors.NotFoundError) -> Refusal:
    """An id that names nothing for the actor, at the field in which it was written."""
    says = _("There is no %(kind)s with the id %(id)s for you.") % {
        "kind": word("kind", error.kind), "id": error.pk,
    }  # fmt: skip
    near = alike(actor, error.kind, error.pk)
    mend = _("Did you mean %(ids)s?") % {"ids": between(" or ").join(near)} if near else _(
        "Check the id, or look for it in the list.")  # fmt: skip
    return Refusal(422, _("Some values cannot be meant"), fields={name: [says, mend]})


def alike(actor: Actor, kind: str, pk: str) -> list[str]:
    """The ids most like one, of the things of a kind that the actor may read (R11)."""
    rows = visible(actor, THINGS[kind]).order_by("pk").values_list("pk", flat=True)
    begins = pk[: len(pk) // 2 + 1]
    ids = rows.filter(pk__gte=begins, pk__lt=begins + LAST)[:LIKELY] or rows[:LIKELY]
    return get_close_matches(pk, list(ids), n=3)


def _of_ledger(actor: Actor | None, error: Exception) -> Refusal | None:
    if isinstance(error, RefusedError | StaleError):
        stale = isinstance(error, StaleError)
        shown = lacks_shown(actor, error.lacks, stale=stale)
        lacks = [translated(one["says"]) for one in shown]
        title = _("Headroom has fallen since the run") if stale else _(
            "An account does not give what is asked")  # fmt: skip
        # What says itself what to do first is not mended by asking for less.
        less = any(one["cause"] in (None, "headroom", "reservation") for one in shown)
        mend = _("Ask for less, or wait until the account has more.") if less else ""
        if stale:
            mend = _("Outdate this run, and share anew.")
        return Refusal(409, title, lacks, mend)
    if isinstance(error, ConflictError):
        return Refusal(409, _("This was done already"), [],
                       _("The same form was sent twice; it counts once."))  # fmt: skip
    if isinstance(error, InvalidChangeError):
        return Refusal(
            422, _("Some values cannot be meant"), [translated(one) for one in error.wrongs]
        )
    return None


def by_field(faults: Mapping[str, str]) -> dict[str, list[str]]:
    """Faults by the field of the form that they belong to; deeper places stand in the text."""
    found: dict[str, list[str]] = {}
    for place, says in faults.items():
        name, _dot, rest = str(place).partition(".")
        told = translated(says)
        found.setdefault(name, []).append(said_of(_inside(rest), told))
    return found


def said_of(place: str, says: str) -> str:
    """What is wrong, after the place that it is said of, if any."""
    return _("%(place)s: %(says)s") % {"place": place, "says": says} if place else says


def _inside(place: str) -> str:
    """A place inside a field: its row and column in words; names of facts stand as they are."""
    row, _dot, column = place.partition(".")
    if not row.isdecimal():
        return place
    number = int(row) + 1
    if not column.isidentifier():
        return _("row %(row)s") % {"row": number}
    return _("row %(row)s, %(column)s") % {"row": number, "column": word("field", column)}


def of_values(error: ValidationError) -> Refusal:
    """Values of the wrong shape, each at its field."""
    fields: dict[str, list[str]] = {}
    for one in error.errors():
        unfit = (one.get("ctx") or {}).get("says") if one["type"] == "unfit" else None
        if isinstance(unfit, Phrase) and unfit.values:  # it names its place itself
            for name, told in by_field({unfit.values["name"]: unfit.values["wrong"]}).items():
                fields.setdefault(name, []).extend(told)
            continue
        # In a union pydantic adds the option's own name to the place: numbers and names remain.
        first, *rest = [str(part) for part in one["loc"]] or [""]
        places = [part for part in rest if part.isdecimal() or part.isidentifier()]
        says = pydantic_says(one)
        where = ".".join(places[:2]) if any(part.isdecimal() for part in places) else ""
        said = said_of(_inside(where), says)
        if said not in fields.setdefault(first, []):
            fields[first].append(said)
    return Refusal(422, _("Some values cannot be meant"), fields=fields)


def trouble(request: HttpRequest, error: Exception) -> HttpResponse:
    """A refusal as a page of its own, or as a part of one that asked for a part."""
    found = refusal(getattr(request, "actor", None), error)
    for name, says in found.fields.items():  # there is no form here to put them in
        found.says += [said_of(word("field", name), one) for one in says]
    part = "web/refusal.html" if request.headers.get("HX-Request") else "web/trouble.html"
    return render(request, part, {"refusal": found}, status=found.status)
