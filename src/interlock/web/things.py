"""The pages that every kind of thing has: its list, and one thing with history and moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from interlock.api.things import FILTERS
from interlock.book.errors import DeniedError, InputError
from interlock.book.lifecycles import lifecycles
from interlock.book.models import THINGS
from interlock.book.rights import find, grants_of, has_right, visible
from interlock.book.selectors.history import history
from interlock.book.selectors.present import present
from interlock.book.services import SERVICES
from interlock.files.phrases import verbatim
from interlock.web.doors import page
from interlock.web.files import files_of, form_of
from interlock.web.listing import Asked, asked, columns_of, exported, page_of
from interlock.web.models import SavedView
from interlock.web.moves import CHANGES, makers_of, moves_of
from interlock.web.names import names_for
from interlock.web.phrasing import translated
from interlock.web.words import word

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.lifecycles import Lifecycle
    from interlock.book.models import Thing
    from interlock.book.rights import Actor

RELATED = 5
MOST_VIEWS = 20
OUTSIDE = ("version", "state", "id")


@require_GET
@page
def list_page(request: HttpRequest, actor: Actor, kind: str) -> HttpResponse:
    """The list of a kind, or a file of it (`form=csv` or `form=parquet`)."""
    model = THINGS[kind]
    _require_read(actor, kind)
    wanted = asked(actor, model, request.GET)
    errors: dict[str, str] = {}
    try:
        if form := form_of(request):
            return exported(actor, model, wanted, form)
        rows, after = page_of(actor, model, wanted)
    except InputError as error:
        rows, after, errors = (
            [],
            None,
            {name: translated(says) for name, says in error.faults.items()},
        )
    columns = {one.name: one for one in columns_of(actor, model)}
    shown = [columns[name] for name in wanted.columns]
    context = {
        "kind": kind,
        "columns": shown,
        "all_columns": list(columns.values()),
        "rows": rows,
        "movable": _movable(actor, kind),
        "names": names_for(actor, shown, rows),
        "filters": _filters(actor, model, wanted, errors),
        "asked": wanted,
        "narrowed": bool(wanted.values or wanted.begins),
        "next": _address(request, cursor=after) if after else "",
        "first": _address(request, cursor="") if wanted.cursor else "",
        "files": files_of(request),
        "views": _views(request, actor, kind),
        "keep": _query(request),
        "makers": makers_of(actor, kind),
        "says": word("says", lifecycles()[kind].says),
    }
    return render(request, "web/list.html", context, status=422 if errors else 200)


def _movable(actor: Actor, kind: str) -> bool:
    """Whether an actor could move any thing of a kind, so that rows may be chosen."""
    return any(
        has_right(actor, one.move.right)
        for one in SERVICES.values()
        if one.move.kind == kind and not one.makes and one.move.name not in CHANGES
    )


def _require_read(actor: Actor, kind: str) -> None:
    if not has_right(actor, f"{kind}.read"):
        who = tuple(sorted({role for role, _relation in grants_of(f"{kind}.read")}))
        raise DeniedError(actor.name, f"{kind}.read", kind, who)


def _filters(
    actor: Actor, model: type[Thing], wanted: Asked, errors: dict[str, str]
) -> list[dict[str, Any]]:
    """The filters of a list; a party or product is chosen among the first hundreds."""
    states = lifecycles()[model.kind].states
    found: list[dict[str, Any]] = [
        {"name": "state", "options": [(one, word(f"state {model.kind}", one)) for one in states]}
    ]
    for name in FILTERS.get(model.kind, ()):
        field = model._meta.get_field(name)
        refers = getattr(field.related_model, "kind", "") if field.related_model else ""
        options = None
        if refers in ("party", "product"):
            of: Any = THINGS[refers]
            rows = visible(actor, of).order_by("pk").values_list("pk", "name")
            few = list(rows[:101])
            options = few if 1 < len(few) <= 100 else None
        elif name == "gate":
            options = [(one, word("gate", one)) for one in ("export", "import", "customs")]
        found.append({"name": name, "options": options})
    for one in found:
        one["value"] = wanted.values.get(one["name"], "")
        one["error"] = errors.get(one["name"], "")
    return found


def _address(request: HttpRequest, **change: str) -> str:
    """The address of this list with other parameters; empty ones are left out."""
    query = request.GET.copy()
    for name, value in change.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}" if query else request.path


def _query(request: HttpRequest) -> str:
    """What of the address a saved view keeps."""
    kept = request.GET.copy()
    for name in ("cursor", "form"):
        kept.pop(name, None)
    for name in [name for name, value in kept.items() if not value]:
        kept.pop(name)
    return str(kept.urlencode())


def _views(request: HttpRequest, actor: Actor, kind: str) -> list[SavedView]:
    own = SavedView.objects.filter(user=request.user.pk, party=actor.party, kind=kind)
    return list(own[:MOST_VIEWS])


@require_POST
@page
def keep_view(request: HttpRequest, actor: Actor, kind: str) -> HttpResponse:
    """Keep the filters and columns of a list under a name, or forget it (`forget`)."""
    _require_read(actor, kind)
    own: dict[str, Any] = {"user_id": request.user.pk, "party": actor.party, "kind": kind}
    query = QueryDict(request.POST.get("query", "")[:1000]).urlencode()
    forget = request.POST.get("forget", "")
    name = request.POST.get("name", "").strip()[:80]
    if forget.isdecimal():
        SavedView.objects.filter(pk=int(forget), **own).delete()
    elif name:
        with transaction.atomic():
            there = SavedView.objects.filter(**own).count()
            if there >= MOST_VIEWS and not SavedView.objects.filter(name=name, **own).exists():
                raise InputError(
                    {"name": verbatim(_("You keep many views already; forget one first."))}
                )
            SavedView.objects.update_or_create(name=name, **own, defaults={"query": query})
    where = reverse("list", args=[kind])
    return redirect(f"{where}?{query}" if query else where)


@require_GET
@page
def thing_page(request: HttpRequest, actor: Actor, kind: str, pk: str) -> HttpResponse:
    """One thing: fields, state, history, what belongs to it, and the moves open to the actor."""
    thing = find(actor, THINGS[kind], pk)
    return render(request, "web/thing.html", thing_context(actor, thing))


def thing_context(actor: Actor, thing: Thing, *, apart: str = "") -> dict[str, Any]:
    """What every page of one thing shows; `apart` is a field that the page tells in its own way."""
    model = type(thing)
    row = present(actor, thing)
    columns = [one for one in columns_of(actor, model) if one.name not in OUTSIDE]
    filled = [one for one in columns if row.get(one.name) not in (None, "", [], {})]
    life = lifecycles()[thing.kind]
    past = [_said(life, one) for one in reversed(history(actor, thing))]
    return {
        "kind": thing.kind,
        "thing": thing,
        "row": row,
        "filled": [one for one in filled if one.name != apart],
        "empty": [one for one in columns if one not in filled],
        "names": names_for(actor, columns, [row], (one["actor"] for one in past)),
        "moves": moves_of(actor, thing),
        "past": past,
        "states": life.states,
        "says": word("says", life.says),
        "related": related(actor, thing),
    }


def _said(life: Lifecycle, one: dict[str, Any]) -> dict[str, Any]:
    """A change whose reason is only what its move means says that in the reader's language."""
    move = life.moves.get(one["move"])
    if move is not None and one["reason"] == move.says:
        return one | {"reason": word("says", move.says)}
    return one


def related(actor: Actor, thing: Thing) -> list[dict[str, Any]]:
    """The first things of other kinds that name this one, each with the address of them all."""
    found = []
    for kind, names in FILTERS.items():
        model = THINGS[kind]
        for name in names:
            field = model._meta.get_field(name)
            if field.related_model is not type(thing) or not has_right(actor, f"{kind}.read"):
                continue
            found_rows = visible(actor, model).filter(**{name: thing.pk}).order_by("pk")
            rows = list(found_rows[: RELATED + 1])
            if rows:
                where = f"{reverse('list', args=[kind])}?{urlencode({name: thing.pk})}"
                found.append({
                    "kind": kind, "by": name, "rows": rows[:RELATED], "where": where,
                    "more": len(rows) > RELATED,
                })  # fmt: skip
    return found


def no_such_page(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """There is no such address."""
    return render(request, "web/no_page.html", status=404)
