"""People, offices and tokens as whoever administers or audits them may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.conf import settings

from interlock.book.errors import NotFoundError
from interlock.book.models import ApiToken, Office, User
from interlock.book.rights import require_some
from interlock.files.texts import LAST

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from interlock.book.rights import Actor


def user_page(actor: Actor, cursor: str, limit: int, *, begins: str = "") -> dict[str, Any]:
    """One page of users with their offices, by name; `begins`: those whose name begins so.

    Raises:
        DeniedError: the actor neither administers nor audits.
    """
    require_some(actor, "user.read", "users")
    query = User.objects.order_by("username").prefetch_related("offices")
    if begins:
        query = query.filter(username__gte=begins, username__lt=begins + LAST)
    found = list(query.filter(username__gt=cursor)[: limit + 1])
    items = found[:limit]
    factors = set(Authenticator.objects.filter(user__in=items).values_list("user_id", flat=True))
    return {
        "items": [user_shown(one, mfa=one.pk in factors) for one in items],
        "next": items[-1].username if len(found) > limit else None,
    }


def user_one(actor: Actor, username: str) -> dict[str, Any]:
    """One user.

    Raises:
        DeniedError: the actor neither administers nor audits.
        NotFoundError: there is none.
    """
    require_some(actor, "user.read", f"user {username}")
    found = User.objects.filter(username=username).first()
    if found is None:
        raise NotFoundError("user", username)
    return user_shown(found)


def user_is(actor: Actor, username: str) -> bool:
    """Whether a user is whoever acts."""
    return User.objects.filter(pk=actor.user or 0, username=username).exists()


def name_of(actor: Actor) -> str:
    """The user's name of somebody who acts.

    Raises:
        NotFoundError: no user stands behind them.
    """
    found = User.objects.filter(pk=actor.user or 0).first()
    if found is None:
        raise NotFoundError("user", actor.name)
    return found.username


def user_shown(user: User, *, mfa: bool | None = None) -> dict[str, Any]:
    """A user; never the password's hash, nor a factor's secret."""
    if mfa is None:
        mfa = Authenticator.objects.filter(user=user).exists()
    offices = sorted(user.offices.all(), key=lambda one: one.pk)
    return {
        "username": user.username,
        "name": user.first_name,
        "service": user.service,
        "active": user.is_active,
        "mfa": mfa,
        "last_sign_in": user.last_login,
        "offices": [office_shown(one, user.username) for one in offices],
    }


def office_shown(office: Office, username: str = "") -> dict[str, Any]:
    """An office."""
    return {
        "id": office.pk,
        "user": username or office.user.username,
        "party": office.party_id,
        "role": office.role,
        "since": office.since,
        "until": office.until,
    }


def token_page(tokens: QuerySet[ApiToken], cursor: str, limit: int) -> dict[str, Any]:
    """One page of tokens, by the part of them that is shown."""
    query = tokens.order_by("prefix").select_related("user").filter(prefix__gt=cursor)
    found = list(query[: limit + 1])
    items = found[:limit]
    return {
        "items": [token_shown(one) for one in items],
        "next": items[-1].prefix if len(found) > limit else None,
    }


def token_shown(token: ApiToken) -> dict[str, Any]:
    """A token, without the token."""
    return {
        "prefix": token.prefix,
        "user": token.user.username,
        "party": token.party_id,
        "name": token.name,
        "scopes": token.scopes,
        "made_at": token.made_at,
        "expires_at": token.expires_at,
        "ended_at": token.ended_at,
        "used_at": token.used_at,
    }


def invitation_hours() -> int:
    """How long an invitation lasts."""
    return int(settings.PASSWORD_RESET_TIMEOUT // 3600)
