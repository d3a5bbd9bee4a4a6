"""People and service accounts with their offices: who administers them keeps them here.

What may be done, and by whom, is of `services/people.py` and the table of rights; a page asks both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET

from interlock.api.people import In, OfficeIn, TokenIn, UserIn
from interlock.book.errors import NotFoundError
from interlock.book.loading.people import DEMO_NAME
from interlock.book.models import Office, Party
from interlock.book.rights import has_right, require_some, roles
from interlock.book.selectors import people as read
from interlock.book.services import people
from interlock.web.doors import page
from interlock.web.files import MOST_EXPORTED, as_file, files_of, form_of
from interlock.web.names import names_of
from interlock.web.people_forms import Asking
from interlock.web.tokens import shown_once
from interlock.web.words import word

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

A_PAGE = 50
COLUMNS = ("username", "name", "service", "active", "mfa", "last_sign_in", "offices")
DEMO = gettext_noop("to try the episode out")


@dataclass(frozen=True)
class Work:
    """What can be done with a user that is there.

    Attributes:
        right: that it needs.
        label: of its button; says: what comes of it.
        run: does it in an act, by the values of `body` and the user's name.
        fits: whether it is offered for a user as it is shown.
    """

    right: str
    label: str
    says: str
    run: Callable[[Any, Any, str], Any]
    fits: Callable[[dict[str, Any]], bool]
    body: type[In] = In


WORKS = {
    "invite": Work(
        "user.invite", gettext_noop("Invite"),
        gettext_noop("A link by which the person sets a password, once. It is shown once; an "
                     "earlier password ends."),
        lambda act, _body, who: people.user_invite(act, username=who),
        lambda user: user["active"] and not user["service"],
    ),
    "office": Work(
        "office.give", gettext_noop("Give an office"),
        gettext_noop("A role at a party. What a person may do comes from their offices alone."),
        lambda act, body, who: people.office_give(
            act, username=who, party=body.party, role=body.role
        ),
        lambda user: bool(user["active"]), OfficeIn,
    ),
    "token": Work(
        "token.make", gettext_noop("Make a token"),
        gettext_noop("By it a program acts as this user at one party. It is shown once."),
        lambda act, body, who: people.token_make(
            act, username=who, party=body.party, name=body.name, scopes=body.scopes,
            expires_at=body.expires_at,
        ),
        lambda user: user["active"] and any(not one["until"] for one in user["offices"]), TokenIn,
    ),
    "reset_mfa": Work(
        "user.reset_mfa", gettext_noop("Take the second factor away"),
        gettext_noop("For a lost telephone: the person sets up another one on signing in."),
        lambda act, _body, who: people.user_reset_mfa(act, username=who),
        lambda user: bool(user["mfa"]),
    ),
    "close": Work(
        "user.close", gettext_noop("Close the account"),
        gettext_noop("No sign-in and no token from this moment on. The offices stay on file."),
        lambda act, _body, who: people.user_close(act, username=who),
        lambda user: bool(user["active"]),
    ),
    "reopen": Work(
        "user.reopen", gettext_noop("Reopen the account"),
        gettext_noop("The user may act again, in the offices that did not end."),
        lambda act, _body, who: people.user_reopen(act, username=who),
        lambda user: not user["active"],
    ),
}  # fmt: skip
"""By its name in addresses, in the order of the buttons."""


@require_GET
@page
def people_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who acts in this book, in which offices; by name."""
    begins, cursor = (request.GET.get(name, "")[:64] for name in ("begins", "cursor"))
    if form := form_of(request):
        every = read.user_page(actor, "", MOST_EXPORTED + 1, begins=begins)["items"]
        return as_file(every, COLUMNS, form, "people")
    found = read.user_page(actor, cursor, A_PAGE, begins=begins)
    held = [one for user in found["items"] for one in user["offices"] if not one["until"]]
    context = {
        "users": [_named(one) for one in found["items"]], "next": found["next"],
        "cursor": cursor, "begins": begins,
        "names": names_of(actor, {one["party"] for one in held}),
        "may_enter": has_right(actor, "user.enter"), "files": files_of(request),
    }  # fmt: skip
    return render(request, "web/people.html", context)


def _named(user: dict[str, Any]) -> dict[str, Any]:
    """A user with `says`: what a demo's account is for, which is no name of a person."""
    demo = user["name"] == DEMO_NAME
    return user | {"name": "" if demo else user["name"], "says": _(DEMO) if demo else ""}


@page
def new_person(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Enter a person or a service account."""
    require_some(actor, "user.enter", "a new user")
    form = Asking(
        request, actor, UserIn, title=_("Enter a person or a service account"),
        says=_("Then give an office, and invite the person; a service account gets a token."),
        button=_("Enter"), back=reverse("people"),
    )  # fmt: skip
    if request.method == "POST":
        made = form.answered(lambda act, body: people.user_enter(
            act, username=body.username, name=body.name, service=body.service))  # fmt: skip
        if made is not None:
            messages.success(request, _("%(who)s was entered.") % {"who": made.username})
            return redirect("person", made.username)
    return form.shown()


@require_GET
@page
def person_page(request: HttpRequest, actor: Actor, username: str) -> HttpResponse:
    """One user: offices, those that ended too, and what can be done."""
    user = _named(read.user_one(actor, username))
    own = read.user_is(actor, username)
    offices = sorted(user["offices"], key=lambda one: (one["until"] is not None, one["id"]))
    works = [
        {"name": name, "label": _(one.label), "says": _(one.says)}
        for name, one in WORKS.items()
        if not own and has_right(actor, one.right) and one.fits(user)
    ]
    context = {
        "user_shown": user, "offices": offices, "works": works, "own": own,
        "names": names_of(actor, {one["party"] for one in offices}),
        "may_end": has_right(actor, "office.end"),
        "sees_tokens": has_right(actor, "token.read"),
    }  # fmt: skip
    return render(request, "web/person.html", context)


@page
def work_page(request: HttpRequest, actor: Actor, username: str, work: str) -> HttpResponse:
    """The form of one of `WORKS` for a user, and what came of it."""
    found = WORKS.get(work)
    if found is None:
        raise Http404
    require_some(actor, found.right, f"user {username}")
    user = read.user_one(actor, username)
    given = {"username": username} if "username" in found.body.model_fields else {}
    options = _options(actor, user) if given else {}
    form = Asking(
        request, actor, found.body, title=f"{_(found.label)} · {username}", says=_(found.says),
        button=_(found.label), back=reverse("person", args=[username]), given=given,
        options={name: options[name] for name in options if work == "token" or name == "role"},
    )  # fmt: skip
    if request.method == "POST":
        made = form.answered(lambda act, body: found.run(act, body, username))
        if made is not None:
            if work in ("invite", "token"):
                return shown_once(request, made, form.back, link=work == "invite")
            messages.success(request, _("%(what)s: done.") % {"what": form.title})
            return redirect("person", username)
    return form.shown()


def _options(actor: Actor, user: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """The roles there are, and the parties at which a user holds an office."""
    held = sorted({one["party"] for one in user["offices"] if not one["until"]})
    names = names_of(actor, held)
    return {
        "role": [(one, word("role", one)) for one in roles()],
        "party": [(one, str(names.get(f"party/{one}", one))) for one in held],
    }


@page
def end_office(request: HttpRequest, actor: Actor, office: int) -> HttpResponse:
    """End an office."""
    require_some(actor, "office.end", f"office {office}")
    found = Office.objects.select_related("user").filter(pk=office).first()
    if found is None:
        raise NotFoundError("office", str(office))
    party = Party.objects.values_list("name", flat=True).get(pk=found.party_id)
    form = Asking(
        request, actor, In, button=_("End the office"),
        title=_("End the office: %(who)s, %(role)s at %(party)s") % {
            "who": found.user.username, "role": word("role", found.role), "party": party},
        says=_("It ends at once, and stays on file with its last moment."),
        back=reverse("person", args=[found.user.username]),
    )  # fmt: skip
    if request.method == "POST":
        made = form.answered(lambda act, _body: people.office_end(act, office=office))
        if made is not None:
            messages.success(request, _("The office has ended."))
            return redirect("person", found.user.username)
    return form.shown()
