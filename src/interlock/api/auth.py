"""Who calls: a session of a signed-in person, or a bearer token; acting for one party."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from ninja.security import HttpBearer, SessionAuth

from interlock.api.throttle import count_call, count_failure, refuse_after_failures
from interlock.book.models import ApiToken, Office
from interlock.book.rights import Actor
from interlock.book.services.people import digest
from interlock.files import InterlockError

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from interlock.book.models import User

ACTOR_AT_HAND = "interlock.actor"
"""Where a program that runs the application in its own process says who acts: in the WSGI
environment, whose keys from outside all begin with HTTP_."""
USED_EVERY = dt.timedelta(hours=1)
"""How exact `used_at` of a token is: a request writes it at most so often."""
NEEDS_MFA = frozenset({"licensing_officer", "customs_officer", "administrator", "auditor"})


class MfaNeededError(InterlockError):
    """The office may be used with a second factor alone, and the person has set up none."""


def held_by(user: User) -> QuerySet[Office]:
    """The offices that a user holds now."""
    still = Q(until__isnull=True) | Q(until__gt=timezone.now())
    return Office.objects.filter(still, user=user, user__is_active=True)


def actor_for(user: User, party: str, scopes: frozenset[str] | None = None) -> Actor | None:
    """A user in their offices at one party; None if they hold none there."""
    offices = list(held_by(user).filter(party=party).select_related("party"))
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

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """The actor of a token that is neither ended nor expired.

        Raises:
            TooManyError: too many wrong tokens came from there, or too many calls by them.
        """
        refuse_after_failures(request)
        now = timezone.now()
        found = (
            ApiToken.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
            .filter(digest=digest(token), ended_at__isnull=True)
            .select_related("user")
            .first()
        )
        actor = None
        if found is not None:
            scopes = frozenset(found.scopes) if found.scopes else None
            actor = actor_for(found.user, found.party_id, scopes)
        if found is None or actor is None:
            count_failure(request)
            return None
        count_call(actor.user)
        if found.used_at is None or now - found.used_at > USED_EVERY:
            ApiToken.objects.filter(pk=found.pk).update(used_at=now)
        return actor


class Session(SessionAuth):
    """The session of a signed-in person; `X-Interlock-Party` chooses among their parties."""

    def _get_key(self, request: HttpRequest) -> str | None:
        # Without a session nobody is signed in, whether or not a CSRF token came along.
        if self.param_name not in request.COOKIES:
            return None
        return super()._get_key(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:  # noqa: ARG002
        """The actor, if the person holds an office.

        Raises:
            MfaNeededError: the office asks for a second factor, and there is none.
        """
        if not request.user.is_authenticated:
            return None
        parties = sorted(set(held_by(request.user).values_list("party_id", flat=True)))
        asked = request.headers.get("X-Interlock-Party") or request.session.get("party")
        party = asked if asked in parties else None if asked else next(iter(parties), None)
        actor = actor_for(request.user, party) if party else None
        if actor is not None:
            count_call(actor.user)
            need_mfa(request.user, actor)
        return actor


def need_mfa(user: Any, actor: Actor) -> None:
    """Refuse an office that asks for a second factor to somebody who has set up none.

    Whoever has one was asked for it when they signed in.
    """
    if not settings.REQUIRE_MFA or not actor.roles & NEEDS_MFA or is_mfa_enabled(user):
        return
    roles = ", ".join(sorted(actor.roles & NEEDS_MFA))
    msg = f"the office of {roles} needs a second factor; set it up at /accounts/2fa/"
    raise MfaNeededError(msg)
