"""People and service accounts, the offices they hold, and their tokens.

They are no things: nothing about them is decided or counted. Still there is one way to write them,
in an act, and each change is in the audit log; a secret never is. Three rules keep offices apart:

- a role fits its party: an officer's at the authority that guards the gate, a firm's at a firm;
- whoever administers people holds no other role, and nobody gives an office to themselves;
- a token never does more than its user may, nor more than the token that made it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import secrets
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError

from interlock.book.errors import InputError, NotFoundError, SecondPersonError, input_error
from interlock.book.models import ApiToken, Office, Party, User
from interlock.book.rights import all_rights, in_scope, require_some, roles
from interlock.files.phrases import Phrase, phrase, phrases, verbatim

if TYPE_CHECKING:
    from interlock.book.acting import Act

TOKEN_PREFIX = "ilk_"  # noqa: S105 - the part that is no secret
SHOWN = 12
USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]{0,63}")
LONGEST_TOKEN = dt.timedelta(days=366)
OF_FIRMS = ("compliance_officer", "allocation_manager", "firm_reader")
OF_GATES = {
    "licensing_officer": ("export", "import"),
    "customs_officer": ("customs",),
    "authority_reader": ("export", "import", "customs"),
    "analyst": ("export", "import", "customs"),
}


# -- users --------------------------------------------------------------------------------------


def user_enter(act: Act, *, username: str, name: str = "", service: bool = False) -> User:
    """Enter a person, or a service account that acts by tokens alone. No password is set here.

    Raises:
        DeniedError: the actor administers nobody.
        InputError: the name is taken or cannot be one.
    """
    require_some(act.actor, "user.enter", "a new user")
    if not USERNAME.fullmatch(username):
        raise input_error("username", "write at most 64 of: letters, digits and . _ - + @")
    if User.objects.filter(username__iexact=username).exists():
        raise input_error("username", "'{username}' is taken; choose another", username=username)
    user = User(username=username, first_name=name, service=service, date_joined=act.now)
    user.set_unusable_password()
    user.save()
    note(act, "user.enter", f"user/{username}", {"service": service, "name": name})
    return user


def user_close(act: Act, *, username: str) -> User:
    """Let a user act no more: no sign-in, no token, at once. Their offices stay on file."""
    return _switch(act, username, "close", active=False)


def user_reopen(act: Act, *, username: str) -> User:
    """Let a closed user act again."""
    return _switch(act, username, "reopen", active=True)


def _switch(act: Act, username: str, name: str, *, active: bool) -> User:
    user = _user(act, f"user.{name}", username)
    if user.pk == act.actor.user:
        raise SecondPersonError("user", username, name, act.actor.name)
    if user.is_active == active:
        state = "open" if active else "closed"
        raise input_error(
            "username", "'{username}' is {state} already", username=username, state=state
        )
    user.is_active = active
    user.save(update_fields=["is_active"])
    note(act, f"user.{name}", f"user/{username}", {"active": active})
    return user


def user_invite(act: Act, *, username: str) -> tuple[User, str]:
    """Make a link by which a person sets a password, once; any earlier password ends.

    Returns:
        The user and the link's path on this server; it is shown now and kept nowhere.
    """
    user = _user(act, "user.invite", username)
    if user.service:
        raise input_error(
            "username", "'{username}' is a service account; make a token for it", username=username
        )
    if not user.is_active:
        raise input_error(
            "username", "'{username}' is closed; reopen the account first", username=username
        )
    user.set_unusable_password()
    user.save(update_fields=["password"])
    note(act, "user.invite", f"user/{username}", {})
    return user, invitation(user)


def invitation(user: User) -> str:
    """The path of a person's link to set a password; it works once, for PASSWORD_RESET_TIMEOUT."""
    from allauth.account.forms import default_token_generator  # noqa: PLC0415 - needs the apps
    from allauth.account.utils import user_pk_to_url_str  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    maker: PasswordResetTokenGenerator = default_token_generator
    place = {"uidb36": user_pk_to_url_str(user), "key": maker.make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=place)


def user_reset_mfa(act: Act, *, username: str) -> User:
    """Take a person's second factor and recovery codes away, e.g. when a telephone is lost."""
    user = _user(act, "user.reset_mfa", username)
    if user.pk == act.actor.user:
        raise SecondPersonError("user", username, "reset_mfa", act.actor.name)
    gone, _ = Authenticator.objects.filter(user=user).delete()
    note(act, "user.reset_mfa", f"user/{username}", {"factors": gone})
    return user


# -- offices ------------------------------------------------------------------------------------


def office_give(act: Act, *, username: str, party: str, role: str) -> Office:
    """Give a user an office: a role at a party.

    Raises:
        DeniedError: the actor gives no offices.
        SecondPersonError: nobody gives one to themselves.
        InputError: no such role, party or user, or the role does not fit.
    """
    user = _user(act, "office.give", username)
    if user.pk == act.actor.user:
        raise SecondPersonError("office", f"{role} of {username}", "give", act.actor.name)
    there = Party.objects.filter(pk=party).first()
    if there is None:
        raise input_error("party", "there is no party '{party}'; enter it first", party=party)
    why = _does_not_fit(role, there)
    if why:
        raise InputError({"role": why})
    held = Office.objects.filter(user=user, until__isnull=True)
    if held.filter(party=there, role=role).exists():
        raise input_error(
            "role",
            "{username} is {role} at {party} already",
            username=username,
            role=role,
            party=party,
        )
    apart = {"administrator"} & {role, *held.values_list("role", flat=True)}
    if apart and held.exclude(role=role).exists():
        says = phrase("whoever administers people holds no other role; use another account")
        raise InputError({"role": says})
    office = Office.objects.create(user=user, party=there, role=role, since=act.now)
    content = {"user": username, "party": party, "role": role}
    note(act, "office.give", f"office/{office.pk}", content)
    return office


def _does_not_fit(role: str, party: Party) -> Phrase | None:
    if role not in roles():
        names = phrases(roles())
        return phrase("there is no role '{name}'; there are {names}", name=role, names=names)
    if role in OF_FIRMS:
        return phrase("{role} is an office of a firm", role=role) if party.authority else None
    if not party.authority:
        return phrase("{role} is an office of an authority", role=role)
    gates = OF_GATES.get(role)
    if gates is not None and party.gate not in gates:
        return phrase(
            "{role} is an office at the gate {gates}", role=role, gates=phrases(gates, " or ")
        )
    return None


def office_end(act: Act, *, office: int) -> Office:
    """End an office; it stays on file with its last moment."""
    require_some(act.actor, "office.end", f"office {office}")
    found = Office.objects.select_for_update(of=("self",)).filter(pk=office).first()
    if found is None:
        raise NotFoundError("office", str(office))
    if found.until is not None:
        raise input_error(
            "office",
            "office {office} ended on {until} already",
            office=office,
            until=f"{found.until:%Y-%m-%d}",
        )
    found.until = act.now
    found.save(update_fields=["until"])
    content = {"user": found.user.username, "party": found.party_id, "role": found.role}
    note(act, "office.end", f"office/{office}", content)
    return found


# -- tokens -------------------------------------------------------------------------------------


def token_make(
    act: Act,
    *,
    username: str,
    party: str,
    name: str,
    scopes: list[str] | None = None,
    expires_at: dt.datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for a user at a party where they hold an office.

    Args:
        act: of an administrator, or of the user.
        username: who acts by it.
        party: the party they act for.
        name: what it is for, so that it can be told from others.
        scopes: rights it is limited to: `order.read`, `order.*`, `*.read`; none = all the user may.
        expires_at: its last moment, at most a year away; default a year away.

    Returns:
        The token's row and the token itself, which is shown now and kept nowhere.

    Raises:
        DeniedError: it is another's, and the actor administers nobody.
        InputError: a scope that is no right, a day that is over, no office there.
    """
    user = _user(act, "token.make", username, own=True)
    limit = act.now + LONGEST_TOKEN
    last = expires_at or limit
    faults: dict[str, Phrase] = {}
    if last.tzinfo is None:
        faults["expires_at"] = phrase("has no zone; give an aware time")
    elif not act.now < last <= limit:
        faults["expires_at"] = phrase(
            "give a time after now and by {limit}", limit=f"{limit:%Y-%m-%d}"
        )
    faults |= _wrong_scopes(act, user, scopes or [])
    if not user.offices.filter(party=party, until__isnull=True).exists():
        faults["party"] = phrase(
            "{username} holds no office at '{party}'", username=username, party=party
        )
    if faults:
        raise InputError(faults)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        prefix=secret[:SHOWN],
        digest=digest(secret),
        user=user,
        party_id=party,
        name=name,
        scopes=sorted(set(scopes or [])),
        made_at=act.now,
        expires_at=last,
    )
    content = {"user": username, "party": party, "name": name, "scopes": token.scopes,
               "expires_at": last.isoformat(), "sha256": token.digest}  # fmt: skip
    note(act, "token.make", f"token/{token.prefix}", content)
    return token, secret


def digest(secret: str) -> str:
    """What is kept of a token. It is 256 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _wrong_scopes(act: Act, user: User, scopes: list[str]) -> dict[str, Phrase]:
    names = [right.partition(".") for right in all_rights()]
    known = {"*"} | {".".join((kind, name)) for kind, _, name in names}
    known |= {f"{kind}.*" for kind, _, _ in names} | {f"*.{name}" for _, _, name in names}
    wrong = sorted(set(scopes) - known)
    if wrong:
        says = phrase(
            "no such right: {rights}; docs/reference/rights.txt has all", rights=phrases(wrong)
        )
        return {"scopes": says}
    held = act.actor.scopes
    if held is None or user.pk != act.actor.user:
        return {}
    covered = [right for right in all_rights() if in_scope(held, right)]
    asked = [right for right in all_rights() if not scopes or in_scope(frozenset(scopes), right)]
    if set(asked) - set(covered):
        return {"scopes": phrase("a token gives no more than the token that makes it")}
    return {}


def token_end(act: Act, *, prefix: str) -> ApiToken:
    """End a token, found by the part of it that is shown.

    Raises:
        NotFoundError: there is none, or it is another's and the actor administers nobody.
    """
    token = ApiToken.objects.select_for_update(of=("self",)).filter(prefix=prefix).first()
    if token is None or token.user_id != act.actor.user:
        require_some(act.actor, "token.end", f"token {prefix}")
    if token is None:
        raise NotFoundError("token", prefix)
    if token.ended_at is None:
        token.ended_at = act.now
        token.save(update_fields=["ended_at"])
        note(act, "token.end", f"token/{prefix}", {"user": token.user.username})
    return token


# -- the first administrator ----------------------------------------------------------------------

HOME_PARTY = "interlock"
HOME_NAME = "The book's own administration"


def administrator_enter(act: Act, *, username: str, password: str) -> User:
    """Make the first administrator, at a party of the book's own; for whoever sets the book up.

    Raises:
        InputError: there is one already, or the password is weak.
    """
    from django.contrib.auth.password_validation import validate_password  # noqa: PLC0415

    held = Office.objects.filter(role="administrator", until__isnull=True, user__is_active=True)
    first = held.select_related("user").order_by("pk").first()
    if first is not None:
        says = phrase(
            "{username} administers this book already, and can enter others",
            username=first.user.username,
        )
        raise InputError({"username": says})
    if not Party.objects.filter(pk=HOME_PARTY).exists():
        party = Party(id=HOME_PARTY, name=HOME_NAME, authority=True)
        act.make(party, "enter")
    user = user_enter(act, username=username)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InputError({"password": verbatim(" ".join(error.messages))}) from None
    user.set_password(password)
    user.save(update_fields=["password"])
    office_give(act, username=username, party=HOME_PARTY, role="administrator")
    return user


# -- the log and the rows -------------------------------------------------------------------------


def note(act: Act, kind: str, cause: str, content: dict[str, Any]) -> None:
    """One row of the audit log; there is no event, since no firm is told of these."""
    cause = re.sub(r"[^!-~]", "?", cause)
    body = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    act.ledger.record(kind, act.next_id(), body, act.why(cause), now=act.now)


def _user(act: Act, right: str, username: str, *, own: bool = False) -> User:
    """A user whom the actor may work on, held until the act ends."""
    user = User.objects.select_for_update(of=("self",)).filter(username=username).first()
    if not (own and user is not None and user.pk == act.actor.user):
        require_some(act.actor, right, f"user {username}")
    if user is None:
        raise NotFoundError("user", username)
    return user
