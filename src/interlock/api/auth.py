"""Who calls: a session of a signed-in person, or a bearer token; acting for one party."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from ninja.security import HttpBearer, SessionAuth

from interlock.book.models import ApiToken, Office
from interlock.book.rights import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from interlock.book.models import Party, User

PREFIX = "ilk_"
ACTOR_AT_HAND = "interlock.actor"
"""Where a program that runs the application in its own process says who acts: in the WSGI
environment, whose keys from outside all begin with HTTP_."""


def actor_for(user: User, party: str, scopes: frozenset[str] | None = None) -> Actor | None:
    """A user in their offices at one party; None if they hold none there."""
    now = timezone.now()
    held = Office.objects.filter(
        Q(until__isnull=True) | Q(until__gt=now), user=user, party=party, user__is_active=True
    ).select_related("party")
    offices = list(held)
    if not offices:
        return None
    return Actor(
        name=f"{user.get_username()}@{party}",
        party=party,
        gate=offices[0].party.gate,
        roles=frozenset(office.role for office in offices),
        user=user.pk,
        scopes=scopes,
    )


def at_hand(request: HttpRequest) -> Actor | None:
    """The actor that was handed over beside the request, in this process."""
    found = request.META.get(ACTOR_AT_HAND)
    return found if isinstance(found, Actor) else None


class Token(HttpBearer):
    """`Authorization: Bearer ilk_...`."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:  # noqa: ARG002
        """The actor of a token that is neither ended nor expired."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        now = timezone.now()
        found = (
            ApiToken.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
            .filter(digest=digest, ended_at__isnull=True)
            .select_related("user")
            .first()
        )
        if found is None:
            return None
        scopes = frozenset(found.scopes) if found.scopes else None
        return actor_for(found.user, found.party_id, scopes)


class Session(SessionAuth):
    """The session of a signed-in person; `X-Interlock-Party` chooses among their parties."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:  # noqa: ARG002
        """The actor, if the person holds an office."""
        if not request.user.is_authenticated:
            return None
        held = Office.objects.filter(user=request.user, until__isnull=True).order_by("party_id")
        asked = request.headers.get("X-Interlock-Party") or request.session.get("party")
        parties = sorted(set(held.values_list("party_id", flat=True)))
        party = asked if asked in parties else None if asked else next(iter(parties), None)
        return actor_for(request.user, party) if party else None


def make_token(
    user: User,
    party: Party,
    name: str,
    *,
    now: datetime,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Make a token and give it, once; the book keeps its digest alone."""
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        prefix=token[:12],
        digest=hashlib.sha256(token.encode()).hexdigest(),
        user=user,
        party=party,
        name=name,
        scopes=scopes or [],
        made_at=now,
        expires_at=expires_at,
    )
    return token
