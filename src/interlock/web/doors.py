"""Who sees a page: a signed-in person in their offices at one party, or nobody."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.api.auth import MfaNeededError, Session, held_by
from interlock.api.throttle import TooManyError
from interlock.book.errors import BookError
from interlock.book.loading.people import DEMO_NAME
from interlock.book.models import User
from interlock.ledger import LedgerError
from interlock.web.names import namer_of
from interlock.web.phrasing import NAMER
from interlock.web.trouble import trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from interlock.book.rights import Actor

    View = Callable[..., HttpResponseBase]


def page(view: View) -> View:
    """A page for people in an office: `view(request, actor, ...)`.

    Whoever is not signed in is sent to sign in and comes back; what the book refuses is a page that
    says what is wrong and what to do next.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        before = NAMER.set(None)
        try:
            actor = Session().authenticate(request, None)
            if actor is None:
                return render(request, "web/no_office.html", status=403)
            request.actor = actor  # type: ignore[attr-defined]
            NAMER.set(namer_of(actor))
            return view(request, actor, *args, **more)
        except MfaNeededError:
            return redirect("mfa_index")
        except (BookError, LedgerError, TooManyError) as error:
            return trouble(request, error)
        finally:
            NAMER.reset(before)

    return shown


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    where = f"{reverse('account_login')}?next={quote(request.get_full_path())}"
    if request.headers.get("HX-Request"):
        answer = HttpResponseRedirect(where, status=200)
        answer["HX-Redirect"] = where
        return answer
    return HttpResponseRedirect(where)


def actor_in(request: HttpRequest) -> Actor | None:
    """Who sees the page that is being made, once `page` has looked."""
    return getattr(request, "actor", None)


@require_POST
def choose_party(request: HttpRequest) -> HttpResponse:
    """Act for another party at which the person holds an office."""
    if not request.user.is_authenticated:
        return _to_sign_in(request)
    party = request.POST.get("party", "")
    if held_by(request.user).filter(party=party).exists():
        request.session["party"] = party
    return redirect("overview")


# -- the demo -----------------------------------------------------------------------------------

ORDER = ("licensing_officer", "customs_officer", "compliance_officer", "allocation_manager",
         "analyst", "auditor", "administrator")  # fmt: skip
PUT_FIRST = ("us-bis", "cn-authorities", "cn-customs", "nvidia", "bytedance")


def demo_people() -> list[dict[str, Any]]:
    """Whom one may be in a demo, by role; empty in any other book.

    Only the accounts that were entered to try an episode out: no person's, whatever the settings.
    """
    if not settings.DEMO:
        return []
    users = User.objects.filter(service=True, first_name=DEMO_NAME, is_active=True)
    found: list[dict[str, Any]] = [
        {
            "username": one.user.get_username(),
            "role": one.role,
            "party": one.party.name,
            "party_id": one.party_id,
            "gate": one.party.gate,
        }
        for user in users
        for one in held_by(user).select_related("party", "user")
    ]

    def place(one: dict[str, Any]) -> tuple[bool, int, int, str]:
        first = PUT_FIRST.index(one["party_id"]) if one["party_id"] in PUT_FIRST else 99
        role = ORDER.index(one["role"]) if one["role"] in ORDER else 99
        return not one["first"], role, first, one["username"]

    for one in found:
        one["second"] = one["username"].endswith("-second")
        one["first"] = one["party_id"] in PUT_FIRST and not one["second"]
    return sorted(found, key=place)


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Be one of the demo's people. There is no such address but in a demo."""
    wanted = request.POST.get("username", "")
    if wanted not in {one["username"] for one in demo_people()}:
        raise Http404(_("There is no such account in a demo."))
    user = User.objects.get(username=wanted)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.pop("party", None)
    return redirect("overview")
