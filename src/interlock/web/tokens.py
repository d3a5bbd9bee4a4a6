"""Tokens by which programs act: one's own, and for whoever administers people everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.api.people import In, OwnTokenIn
from interlock.book.errors import NotFoundError
from interlock.book.models import ApiToken
from interlock.book.rights import has_right, require_some
from interlock.book.selectors import people as read
from interlock.book.services import people
from interlock.web.doors import page
from interlock.web.files import MOST_EXPORTED, as_file, files_of, form_of
from interlock.web.names import names_of
from interlock.web.people_forms import Asking

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

A_PAGE = 50
COLUMNS = ("prefix", "name", "user", "party", "state", "scopes", "expires_at", "used_at")


@require_GET
@page
def own_tokens(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The tokens of whoever looks."""
    return _listed(request, actor, ApiToken.objects.filter(user=actor.user), own=True)


@require_GET
@page
def all_tokens(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everybody's tokens."""
    require_some(actor, "token.read", "tokens")
    return _listed(request, actor, ApiToken.objects.all(), own=False)


def _cursor(request: HttpRequest) -> str:
    return request.GET.get("cursor", "")[:16]


def _listed(
    request: HttpRequest, actor: Actor, tokens: QuerySet[ApiToken], *, own: bool
) -> HttpResponse:
    form, now = form_of(request), timezone.now()
    cursor, most = ("", MOST_EXPORTED + 1) if form else (_cursor(request), A_PAGE)
    found = read.token_page(tokens, cursor, most)
    rows = [one | {"state": _state(one, now)} for one in found["items"]]
    if form:
        return as_file(rows, COLUMNS, form, "tokens")
    context = {
        "tokens": rows, "next": found["next"], "cursor": cursor, "own": own,
        "files": files_of(request),
        "names": names_of(actor, {one["party"] for one in rows}),
        "may_end": own or has_right(actor, "token.end"),
        "sees_people": has_right(actor, "user.read"),
    }  # fmt: skip
    return render(request, "web/tokens.html", context)


def _state(token: dict[str, Any], now: Any) -> str:
    if token["ended_at"]:
        return "ended"
    return "expired" if token["expires_at"] and token["expires_at"] <= now else "active"


@page
def new_token(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Make a token of one's own, for the party that one acts for."""
    form = Asking(
        request, actor, OwnTokenIn, title=_("Make a token of your own"),
        says=_("By it a program acts as you at the party you act for now. It is shown once."),
        button=_("Make the token"), back=reverse("own_tokens"),
    )  # fmt: skip
    if request.method == "POST":
        made = form.answered(lambda act, body: people.token_make(
            act, username=read.name_of(actor), party=actor.party, name=body.name,
            scopes=body.scopes, expires_at=body.expires_at,
        ))  # fmt: skip
        if made is not None:
            return shown_once(request, made, form.back)
    return form.shown()


@page
def end_token(request: HttpRequest, actor: Actor, prefix: str) -> HttpResponse:
    """End a token: one's own, or with the right to it anybody's."""
    found = ApiToken.objects.select_related("user").filter(prefix=prefix).first()
    own = found is not None and found.user_id == actor.user
    if not own:
        require_some(actor, "token.end", f"token {prefix}")
    if found is None:
        raise NotFoundError("token", prefix)
    form = Asking(
        request, actor, In, button=_("End the token"),
        title=_("End the token %(prefix)s…") % {"prefix": prefix},
        says=_("Programs that use it are refused from this moment on."),
        back=reverse("own_tokens" if own else "all_tokens"),
    )  # fmt: skip
    if request.method == "POST":
        made = form.answered(lambda act, _body: people.token_end(act, prefix=prefix))
        if made is not None:
            messages.success(request, _("The token %(prefix)s… has ended.") % {"prefix": prefix})
            return redirect(form.back)
    return form.shown()


def shown_once(
    request: HttpRequest, made: tuple[Any, str], back: str, *, link: bool = False
) -> HttpResponse:
    """The page that shows what is kept nowhere: a token, or the link of an invitation.

    It is the answer itself, and nothing of it goes into the session.
    """
    of, secret = made
    context = {
        "of": of.username if link else of.user.username,
        "secret": request.build_absolute_uri(secret) if link else secret,
        "link": link, "hours": read.invitation_hours(), "back": back,
    }  # fmt: skip
    return render(request, "web/shown_once.html", context, status=201)
