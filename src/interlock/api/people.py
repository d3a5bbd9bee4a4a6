"""Addresses for people, offices and tokens; and for whoever asks."""

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from interlock.api.auth import Session
from interlock.api.idempotency import Replayed, claim, keep
from interlock.api.schemas import WRONG, PlainText, Sent, WholeNumber
from interlock.api.things import MOST_A_PAGE, actor_of, replay
from interlock.book.acting import perform
from interlock.book.models import ApiToken, Office, User
from interlock.book.rights import require_some
from interlock.book.selectors import people as read
from interlock.book.services import people
from interlock.book.services.inputs import Id, Moment

router = Router(tags=["people"])
Username = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._+@-]*$")
]
Prefix = Annotated[str, StringConstraints(max_length=16, pattern=r"^[A-Za-z0-9_-]+$")]
Label = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Out(Schema):
    """Answers are read from plain tables."""


class OfficeOut(Out):
    """An office: a role of a user at a party."""

    id: int
    user: str
    party: str
    role: str
    since: dt.datetime
    until: dt.datetime | None


class UserOut(Out):
    """A person or a service account."""

    username: str
    name: str
    service: bool
    active: bool
    mfa: bool = Field(description="Whether a second factor is set up.")
    last_sign_in: dt.datetime | None
    offices: list[OfficeOut]


class TokenOut(Out):
    """A token, without the token itself."""

    prefix: str = Field(description="The part of it that is shown.")
    user: str
    party: str
    name: str
    scopes: list[str] = Field(description="Rights it is limited to; none = all its user may.")
    made_at: dt.datetime
    expires_at: dt.datetime | None
    ended_at: dt.datetime | None
    used_at: dt.datetime | None = Field(description="Exact to an hour.")


class NewToken(TokenOut):
    """A token just made."""

    token: str | None = Field(description="Shown this once; null when the answer is given again.")


class UserPage(Out):
    """A page of users."""

    items: list[UserOut]
    next: str | None


class TokenPage(Out):
    """A page of tokens."""

    items: list[TokenOut]
    next: str | None


class Invitation(Out):
    """A link by which a person sets a password, once."""

    username: str
    path: str | None = Field(description="On this server; null when the answer is given again.")
    hours: int


class Me(Out):
    """Who asks."""

    name: str
    party: str
    gate: str | None
    roles: list[str]
    scopes: list[str] | None


class PageIn(Schema):
    """Which page."""

    cursor: PlainText = ""
    limit: Annotated[int, Field(ge=1, le=MOST_A_PAGE)] = 50


class In(Sent):
    """What every change takes besides; unknown names are refused."""

    reason: Annotated[str, Field(max_length=2000, description="Why, in words.")] = ""


class UserIn(In):
    """A user to enter."""

    username: Username
    name: Label = ""
    service: Annotated[bool, Field(description="Acts by tokens alone.")] = False


class OfficeIn(In):
    """An office to give."""

    username: Username
    party: Id
    role: Label


class OwnTokenIn(In):
    """A token of one's own."""

    name: Label = ""
    scopes: Annotated[list[Label], Field(max_length=100)] = []
    expires_at: Moment | None = None


class TokenIn(OwnTokenIn):
    """A token for a user."""

    username: Username
    party: Id


def change(request: HttpRequest, work: Any, show: Any, status: int, *, reason: str) -> HttpResponse:
    """Make one change of people, once for one idempotency key.

    Args:
        request: of the caller.
        work: makes the change in an act.
        show: what it made -> the answer, and the answer as it may be kept: without a secret.
        status: of the answer.
        reason: why, in words.
    """

    def both(act: Any) -> HttpResponse:
        slot = claim(act, request)
        shown, kept = show(work(act))
        keep(slot, status, kept.model_dump_json(), {})
        return HttpResponse(shown.model_dump_json(), status=status, content_type="application/json")

    try:
        return perform(actor_of(request), both, now=timezone.now(), reason=reason)
    except Replayed as replayed:
        return replay(replayed)


def _user(user: User) -> Any:
    return (UserOut(**read.user_shown(user)),) * 2


def _office(office: Office) -> Any:
    return (OfficeOut(**read.office_shown(office)),) * 2


def _token(token: ApiToken) -> Any:
    return (TokenOut(**read.token_shown(token)),) * 2


def _new_token(made: tuple[ApiToken, str]) -> Any:
    table = read.token_shown(made[0])
    return NewToken(**table, token=made[1]), NewToken(**table, token=None)


def _invited(made: tuple[User, str]) -> Any:
    name, hours = made[0].username, read.invitation_hours()
    return (
        Invitation(username=name, path=made[1], hours=hours),
        Invitation(username=name, path=None, hours=hours),
    )


@router.get("/me", tags=["me"], operation_id="me", response={200: Me, **WRONG})
def me(request: HttpRequest) -> Any:
    """Who you are here, and what you may do."""
    actor = actor_of(request)
    return {
        "name": actor.name,
        "party": actor.party,
        "gate": actor.gate or None,
        "roles": sorted(actor.roles),
        "scopes": None if actor.scopes is None else sorted(actor.scopes),
    }


@router.get(
    "/me/tokens", tags=["me"], operation_id="own_tokens", response={200: TokenPage, **WRONG}
)
def own_tokens(request: HttpRequest, query: Query[PageIn]) -> Any:
    """Your own tokens."""
    tokens = ApiToken.objects.filter(user=actor_of(request).user)
    return read.token_page(tokens, query.cursor, query.limit)


@router.post(
    "/me/tokens", tags=["me"], operation_id="own_token_make", response={201: NewToken, **WRONG},
    auth=[Session()],
)  # fmt: skip
def own_token_make(request: HttpRequest, values: OwnTokenIn) -> HttpResponse:
    """Make a token of your own; by a session alone, so that no token makes another."""
    actor = actor_of(request)
    return change(
        request,
        lambda act: people.token_make(
            act,
            username=read.name_of(actor),
            party=actor.party,
            name=values.name,
            scopes=values.scopes,
            expires_at=values.expires_at,
        ),
        _new_token,
        201,
        reason=values.reason,
    )


@router.post("/me/tokens/{prefix}/end", tags=["me"], operation_id="own_token_end",
             response={200: TokenOut, **WRONG})  # fmt: skip
def own_token_end(request: HttpRequest, prefix: Prefix, values: In) -> HttpResponse:
    """End a token of your own."""
    return change(request, lambda act: people.token_end(act, prefix=prefix), _token, 200,
                  reason=values.reason)  # fmt: skip


@router.get("/users", operation_id="user_list", response={200: UserPage, **WRONG})
def user_list(request: HttpRequest, query: Query[PageIn]) -> Any:
    """A page of users with their offices, by name."""
    return read.user_page(actor_of(request), query.cursor, query.limit)


@router.post("/users", operation_id="user_enter", response={201: UserOut, **WRONG})
def user_enter(request: HttpRequest, values: UserIn) -> HttpResponse:
    """Enter a person or a service account."""
    return change(
        request,
        lambda act: people.user_enter(
            act, username=values.username, name=values.name, service=values.service
        ),
        _user,
        201,
        reason=values.reason,
    )


@router.get("/users/{username}", operation_id="user_read", response={200: UserOut, **WRONG})
def user_read(request: HttpRequest, username: Username) -> Any:
    """One user with all offices, those that ended too."""
    return read.user_one(actor_of(request), username)


def _add_user_move(name: str, run: Any, says: str) -> None:
    """A move on a user that takes nothing but a reason."""

    def move(request: HttpRequest, username: Username, values: In) -> Any:
        return change(
            request,
            lambda act: run(act, username=username),
            _user,
            200,
            reason=values.reason,
        )

    move.__doc__ = says
    path = f"/users/{{username}}/{name}"
    router.post(path, operation_id=f"user_{name}", response={200: UserOut, **WRONG})(move)


_add_user_move("close", people.user_close, "Let a user act no more, at once.")
_add_user_move("reopen", people.user_reopen, "Let a closed user act again.")
_add_user_move("reset_mfa", people.user_reset_mfa, "Take a person's second factor away.")


@router.post("/users/{username}/invite", operation_id="user_invite",
             response={200: Invitation, **WRONG})  # fmt: skip
def user_invite(request: HttpRequest, username: Username, values: In) -> HttpResponse:
    """Make a link by which a person sets a password, once; an earlier password ends."""
    return change(request, lambda act: people.user_invite(act, username=username), _invited, 200,
                  reason=values.reason)  # fmt: skip


@router.post("/offices", operation_id="office_give", response={201: OfficeOut, **WRONG})
def office_give(request: HttpRequest, values: OfficeIn) -> HttpResponse:
    """Give a user a role at a party."""
    return change(
        request,
        lambda act: people.office_give(
            act, username=values.username, party=values.party, role=values.role
        ),
        _office,
        201,
        reason=values.reason,
    )


@router.post("/offices/{office}/end", operation_id="office_end", response={200: OfficeOut, **WRONG})
def office_end(request: HttpRequest, office: WholeNumber, values: In) -> HttpResponse:
    """End an office; it stays on file."""
    return change(request, lambda act: people.office_end(act, office=office), _office, 200,
                  reason=values.reason)  # fmt: skip


@router.get("/tokens", operation_id="token_list", response={200: TokenPage, **WRONG})
def token_list(request: HttpRequest, query: Query[PageIn]) -> Any:
    """A page of everybody's tokens."""
    require_some(actor_of(request), "token.read", "tokens")
    return read.token_page(ApiToken.objects.all(), query.cursor, query.limit)


@router.post("/tokens", operation_id="token_make", response={201: NewToken, **WRONG})
def token_make(request: HttpRequest, values: TokenIn) -> HttpResponse:
    """Make a token for a user at one of their parties; it is shown this once."""
    require_some(actor_of(request), "token.make", "a new token")
    return change(
        request,
        lambda act: people.token_make(
            act,
            username=values.username,
            party=values.party,
            name=values.name,
            scopes=values.scopes,
            expires_at=values.expires_at,
        ),
        _new_token,
        201,
        reason=values.reason,
    )


@router.post("/tokens/{prefix}/end", operation_id="token_end", response={200: TokenOut, **WRONG})
def token_end(request: HttpRequest, prefix: Prefix, values: In) -> HttpResponse:
    """End a token, found by the part of it that is shown."""
    require_some(actor_of(request), "token.end", f"token {prefix}")
    return change(request, lambda act: people.token_end(act, prefix=prefix), _token, 200,
                  reason=values.reason)  # fmt: skip
