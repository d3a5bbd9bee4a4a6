"""Moves as forms: made from the service's signature, tried before they are made, made by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from pydantic import ValidationError

from interlock.book import rights
from interlock.book.acting import moves_open_to
from interlock.book.errors import BookError, MoveError, NotFoundError
from interlock.book.models import THINGS, Licence, Party
from interlock.book.rights import find
from interlock.book.selectors.present import is_firm, present
from interlock.book.services import SERVICES
from interlock.book.services.registry import run
from interlock.ledger import LedgerError
from interlock.web.cells import cell
from interlock.web.doors import page
from interlock.web.listing import columns_of
from interlock.web.names import names_for, names_of
from interlock.web.offers import offers
from interlock.web.phrasing import between
from interlock.web.plain import number
from interlock.web.trouble import Refusal, absent_at, of_values, refusal, said_of
from interlock.web.values import fields_of, prefill, read, with_rows
from interlock.web.words import word

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from interlock.book.models import Thing
    from interlock.book.rights import Actor
    from interlock.book.services import Service
    from interlock.book.services.registry import Body
    from interlock.web.values import Field as FieldOf

    Look = Callable[[Thing], None]

RESERVES = "run.approve"
"""What can be taken back at once: its transfers are pending, and a move of each voids them."""
CHANGES = ("change", "declare")
"""Moves whose form begins with how the thing stands."""
OF_ONESELF = ("applicant", "by", "party")
AMENDMENT, NO_AMENDMENT = "amendment_proposed", "no_amendment_open"
"""Guards of which a thing itself tells whether they hold."""
NO_NEWS = ("id", "version", "changed_at", "made_at", "can", "kind")


@dataclass(frozen=True)
class Open:
    """A move that the actor could make now, as a button shows it."""

    name: str
    label: str
    says: str
    second: bool


def moves_of(actor: Actor, thing: Thing) -> list[Open]:
    """The moves open to an actor that have a form, as the table of lifecycles orders them.

    What decides an amendment stands there only while one waits, what begins one only while none
    does: the form would be refused.
    """
    found = [SERVICES.get(f"{thing.kind}.{name}") for name in moves_open_to(actor, thing)]
    idle = NO_AMENDMENT if getattr(thing, "amendment", None) else AMENDMENT
    return [_open(one) for one in found if one is not None and idle not in one.move.guards]


def makers_of(actor: Actor, kind: str) -> list[Open]:
    """The moves by which an actor could make a thing of a kind."""
    return [
        _open(one)
        for one in SERVICES.values()
        if one.move.kind == kind and one.makes and rights.has_right(actor, one.move.right)
    ]


def _open(found: Service) -> Open:
    move = found.move
    return Open(
        move.name, word(f"move {move.kind}", move.name), word("says", move.says), move.second
    )


@page
def move_page(
    request: HttpRequest, actor: Actor, kind: str, move: str, pk: str = ""
) -> HttpResponse:
    """The form of a move; what was sent is tried (`do=preview`) or made (`do=make`)."""
    found = SERVICES.get(f"{kind}.{move}")
    if found is None or found.makes is bool(pk):
        raise Http404
    thing = find(actor, THINGS[kind], pk) if pk else None
    if thing is None:
        rights.require_some(actor, found.move.right, word("kind", kind))
    else:
        rights.require(actor, found.move.right, thing)
    form = Form(request, actor, found, thing)
    if request.method == "POST":
        made = form.tried() if request.POST.get("do") == "preview" else form.made()
        if made is not None:
            return made
    elif thing is not None and (why := found.move.refuses(thing.state)):
        form.refusal = refusal(actor, MoveError(kind, thing.pk, move, why))
    return form.shown()


def undo_of(actor: Actor, found: Service, done: Thing) -> str:
    """`undo <run>` where all that a move reserved can be voided by the actor, else empty."""
    may = rights.has_right(actor, "allocation.void")
    return f"undo {done.pk}" if found.move.right == RESERVES and may else ""


class Form:
    """One move's form during one request."""

    def __init__(
        self, request: HttpRequest, actor: Actor, found: Service, thing: Thing | None
    ) -> None:
        self.request, self.actor, self.found, self.thing = request, actor, found, thing
        self.fields = fields_of(found)
        self.stands = present(actor, thing) if thing is not None else {}
        self.refusal: Refusal | None = None
        self.changes: list[dict[str, Any]] | None = None
        self.sent = request.POST if request.method == "POST" else request.GET
        if request.method != "POST":
            if found.move.name in CHANGES:
                prefill(self.fields, self.stands)
            if found.makes:
                self._own_party()
            for one in self.fields:  # an address may fill fields in, e.g. `?order=order-001`
                if one.name in request.GET and one.widget != "rows":
                    one.value = request.GET[one.name][:2000]

    def _own_party(self) -> None:
        """What a firm makes is mostly its own: its party stands there already."""
        party = Party.objects.filter(pk=self.actor.party, authority=False).first()
        roles = set(party.roles) if party is not None else set()
        for one in self.fields:
            of_role = one.name in roles or (one.name == "exporter" and "supplier" in roles)
            if party is not None and (one.name in OF_ONESELF or of_role):
                one.value = party.pk

    def made(self) -> HttpResponse | None:
        """Make the move and go to the thing; None: it was refused, and the form says why."""
        done = self._run(keep=True)
        if done is None:
            return None
        from django.contrib import messages  # noqa: PLC0415

        says = _("%(kind)s %(id)s: %(move)s. It is now %(state)s.") % {
            "kind": word("kind", done.kind), "id": done.pk,
            "move": word(f"move {done.kind}", self.found.move.name),
            "state": word(f"state {done.kind}", done.state),
        }  # fmt: skip
        messages.success(self.request, says, extra_tags=undo_of(self.actor, self.found, done))
        for name, secret in (done.shown_once or {}).items():
            messages.warning(self.request, _("%(name)s, shown only now: %(secret)s") % {
                "name": word("field", name), "secret": secret})  # fmt: skip
        following = self.sent.get("next", "")
        if url_has_allowed_host_and_scheme(following, allowed_hosts=None):
            return redirect(following)
        return redirect("thing", kind=done.kind, pk=done.pk)

    def tried(self) -> HttpResponse | None:
        """Make the move and take it back: what would change is shown, nothing is kept."""
        before = None if self.thing is None else told_of(self.actor, self.thing)
        after: dict[str, Any] = {}
        done = self._run(keep=False, look=lambda one: after.update(told_of(self.actor, one)))
        if done is not None:
            self.changes = named(self.actor, type(done), news(before, after))
        return None

    def _run(self, *, keep: bool, look: Look | None = None) -> Thing | None:
        values = read(self.fields, self.sent)
        try:
            body = self.found.body.model_validate(values)
        except ValidationError as error:
            self._refused(of_values(error))
            return None
        expected = self.sent.get("version", "")
        try:
            return carried_out(
                self.actor, self.found, str(self.thing.pk) if self.thing else "", body,
                once=self.sent.get("once", ""), keep=keep, look=look,
                expected=int(expected) if expected.isdecimal() else None,
            )  # fmt: skip
        except (BookError, LedgerError) as error:
            absent = self._absent(error, values) if isinstance(error, NotFoundError) else None
            self._refused(absent or refusal(self.actor, error))
            return None

    def _absent(self, error: NotFoundError, values: dict[str, Any]) -> Refusal | None:
        """A value that names nothing is a fault of its field; None: it is of no field."""
        for one in self.fields:
            if one.refers == error.kind and values.get(one.name) == error.pk:
                return absent_at(self.actor, one.name, error)
        return None

    def _refused(self, found: Refusal) -> None:
        """Put each fault at its field; what belongs to no field stands above the form."""
        for name, says in put_at_fields(found, self.fields).items():
            named = word("field", name) if name.isidentifier() else name
            found.says += [said_of(named, one) for one in says]
        self.refusal = found

    def shown(self) -> HttpResponse:
        """The form as a page."""
        move = self.found.move
        context = {
            "kind": move.kind,
            "move": _open(self.found),
            "thing": self.thing,
            "fields": with_rows(self.fields),
            "refusal": self.refusal,
            "changes": self.changes,
            "needs_second": move.second,
            "once": self.sent.get("once") or get_random_string(20),
            "version": self.sent.get("version") or (self.thing.version if self.thing else ""),
            "next": self.sent.get("next", ""),
            "offers": offers(self.actor, self.fields),
        }
        status = self.refusal.status if self.refusal is not None else 200
        return render(self.request, "web/move.html", context, status=status)


def carried_out(
    actor: Actor, found: Service, pk: str, body: Body, *,
    once: str, part: str = "", expected: int | None, keep: bool, look: Look | None = None,
) -> Thing:  # fmt: skip
    """Make a move in a transaction, which is taken back unless it is to be kept.

    Args:
        actor: who makes it.
        found: the move's service.
        pk: of the thing; empty where it makes one.
        body: its values.
        once: the form's own number: sent twice, it is made once.
        part: which of the moves of one form.
        expected: the version that the actor saw.
        keep: whether it is meant.
        look: reads what was made before it is taken back, with all that it refers to.

    Raises:
        BookError, LedgerError: refused; nothing was written.
    """
    good = keep and once.isalnum() and len(once) < 40
    with transaction.atomic():
        done = run(
            actor, found, pk, body, now=timezone.now(),
            change=f"page-{once}{part}" if good else "", expected=expected,
        )  # fmt: skip
        if look is not None:
            look(done)
        if not keep:
            transaction.set_rollback(True)
        return done


def news(before: dict[str, Any] | None, after: dict[str, Any]) -> list[dict[str, Any]]:
    """What a move changes: of a new thing (None before) what is given, else whatever differs."""
    stood = before or {}
    return [
        {"name": name, "before": stood.get(name), "after": value}
        for name, value in after.items()
        if name not in NO_NEWS and (value if before is None else value != stood.get(name))
    ]


def told_of(actor: Actor, thing: Thing) -> dict[str, Any]:
    """A thing as a preview tells it: with the holders of a licence, without what is secret.

    It reads what the thing refers to, so it is asked before a move that was tried is taken back.
    """
    shown = present(actor, thing) | holders_of(actor, thing)
    return {name: value for name, value in shown.items() if name not in (thing.shown_once or {})}


def named(actor: Actor, model: type[Thing], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changes with `was` and `is`, as a page shows them, where they name parties and products.

    They may be of many things of a kind: what they name is looked up once.
    """
    columns = {one.name: one for one in columns_of(actor, model) if one.refers}
    sides = [{one["name"]: one[side]} for one in changes for side in ("before", "after")]
    names = names_for(actor, columns.values(), sides)
    for one in changes:
        column = columns.get(one["name"])
        if column is not None:
            one["was"], one["is"] = (
                cell(column, one[side], model.kind, names) for side in ("before", "after")
            )
    return changes


def holders_of(actor: Actor, thing: Thing) -> dict[str, Any]:
    """Who holds a licence and up to how much, for its officers: rows of their own (R11)."""
    if not isinstance(thing, Licence) or is_firm(actor):
        return {}
    held = list(thing.holders.order_by("pk"))
    names = names_of(actor, [one.party_id for one in held])
    told = []
    for one in held:
        name = names.get(f"party/{one.party_id}", one.party_id)
        limit = one.cap if one.sub_quota is None else one.sub_quota
        says = [] if limit is None else [_("at most %(n0)s") % {"n0": number(limit)}]
        if one.until is not None:
            says.append(_("until %(day)s") % {"day": one.until})
        told.append(_("%(what)s (%(whose)s)") % {
            "what": name, "whose": between(", ").join(says)} if says else name)  # fmt: skip
    return {"holders": told}


def put_at_fields(found: Refusal, fields: list[FieldOf]) -> dict[str, list[str]]:
    """Put each fault at its field; those that belong to no field come back."""
    by_name = {one.name: one for one in fields}
    for name in found.fields.keys() & by_name.keys():
        by_name[name].errors += found.fields[name]
    return {name: says for name, says in found.fields.items() if name not in by_name}
