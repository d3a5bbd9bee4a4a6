"""What stands around every page: where one can go, who one is, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from interlock.api.auth import held_by
from interlock.book.rights import has_right
from interlock.web.doors import actor_in
from interlock.web.phrasing import between
from interlock.web.words import word

if TYPE_CHECKING:
    from django.http import HttpRequest

    from interlock.book.rights import Actor


@dataclass(frozen=True)
class Place:
    """A place in the navigation.

    Attributes:
        to: the name of an address without arguments, or the kind whose list it is.
        title: for an address; a kind has its own word.
        right: what somebody must have a right to, for the place to be shown.
        icon: in `static/web/icons.svg`.
    """

    to: str
    icon: str
    title: str = ""
    right: str = ""

    @property
    def is_list(self) -> bool:
        """Whether it is the list of a kind."""
        return not self.title


PLACES: list[tuple[str, list[Place]]] = [
    ("", [Place("overview", "layout-dashboard", gettext_noop("Overview"))]),
    (gettext_noop("Trade"), [
        Place("order", "file-invoice"), Place("allocation", "chart-pie"),
        Place("shipment", "truck"), Place("certificate", "certificate"),
        Place("stock", "packages"), Place("domestic_shipment", "home-share"),
        Place("run", "scale"),
    ]),
    (gettext_noop("Licensing"), [
        Place("queue", "clock", gettext_noop("Queue"), "application.read"),
        Place("application", "inbox"), Place("round", "users-group"),
        Place("licence", "license"), Place("condition", "list-check"),
        Place("statement", "file-text"), Place("purchase", "shopping-cart"),
    ]),
    (gettext_noop("Customs and checks"), [
        Place("desk", "key", gettext_noop("Customs desk"), right="hold.place"),
        Place("entry", "building-warehouse"), Place("hold", "hand-stop"),
        Place("discrepancy", "alert-triangle"), Place("check", "zoom-check"),
        Place("screening", "user-search"),
    ]),
    (gettext_noop("Record"), [
        Place("law", "book", gettext_noop("The law")),
        Place("lab", "chart-pie", gettext_noop("Lab"), right="claim.read"),
        Place("jobs", "clock", gettext_noop("Jobs"), right="claim.read"),
        Place("evidence", "world-search", gettext_noop("Evidence"), right="claim.read"),
        Place("audit", "history", gettext_noop("Audit"), right="audit.read"),
        Place("claim", "message-report"), Place("determination", "gavel"),
        Place("party", "building"), Place("product", "cpu"), Place("webhook", "webhook"),
    ]),
    (gettext_noop("Administration"), [
        Place("people", "user", gettext_noop("People"), right="user.read"),
        Place("all_tokens", "key", gettext_noop("Tokens"), right="token.read"),
    ]),
]  # fmt: skip
"""Every place, by heading; a page of its own adds its place here."""


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of every page."""
    actor = actor_in(request)
    found: dict[str, Any] = {"actor": actor, "demo": settings.DEMO}
    if actor is None:
        return found
    held = held_by(request.user).select_related("party")  # type: ignore[arg-type]
    parties = {one.party_id: one.party.name for one in held}
    return found | {
        "places": places_of(request, actor),
        "own_parties": sorted(parties.items(), key=lambda one: one[1]),
        "party_name": parties.get(actor.party, actor.party),
        "role_names": between(", ").join(word("role", one) for one in sorted(actor.roles)),
    }


def places_of(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """The places that somebody may go to, by heading."""
    groups = []
    for title, places in PLACES:
        links = []
        for one in places:
            right = one.right or (f"{one.to}.read" if one.is_list else "")
            if right and not has_right(actor, right):
                continue
            where = reverse("list", args=[one.to]) if one.is_list else reverse(one.to)
            here = request.path == where or (where != "/" and request.path.startswith(where))
            text = word("kinds", one.to) if one.is_list else _(one.title)
            links.append({"where": where, "icon": one.icon, "text": text, "here": here})
        if links:
            groups.append({"title": _(title) if title else "", "links": links,
                           "here": any(one["here"] for one in links)})  # fmt: skip
    return groups
