"""`interlock book people`: users, offices and tokens of the book; and its first administrator.

Whoever runs these commands has the database itself, so they act as its operator; each change is in
the audit log as theirs.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from interlock.cli.common import Format, refuse_option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

app = typer.Typer(
    help="Users, their offices and tokens, in the book of DATABASE_URL.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="Name of the user.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the audit log.")]
Output = Annotated[Format, typer.Option("--format", help="human or json.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def admin(name: Name, password_stdin: FromStdin = False) -> None:
    """Make the first administrator of the book, with a password of 12 characters or more."""
    _set_up()
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)

    def work(act: Any) -> str:
        from interlock.book.services.people import administrator_enter

        return administrator_enter(act, username=name, password=password).username

    made = _act(work, "the book is set up")
    typer.echo(f"{made} administers this book; sign in and set up a second factor")


@app.command()
def enter(
    name: Name,
    full_name: Annotated[str, typer.Option("--full-name", help="As people know them.")] = "",
    service: Annotated[bool, typer.Option("--service", help="Acts by tokens alone.")] = False,
    reason: Why = "",
) -> None:
    """Enter a person or a service account. A person is invited, a service account given a token."""
    _set_up()
    from interlock.book.services import people

    _act(lambda act: people.user_enter(act, username=name, name=full_name, service=service), reason)
    typer.echo(f"entered {name}")


@app.command()
def invite(name: Name, reason: Why = "") -> None:
    """Make a link by which a person sets a password, once, within a day."""
    _set_up()
    from interlock.book.services import people

    _, path = _act(lambda act: people.user_invite(act, username=name), reason)
    typer.echo(path)


@app.command()
def close(name: Name, reason: Why = "") -> None:
    """Let a user act no more: neither sign-in nor token, at once."""
    _simple("user_close", name, reason)


@app.command()
def reopen(name: Name, reason: Why = "") -> None:
    """Let a closed user act again."""
    _simple("user_reopen", name, reason)


@app.command("reset-mfa")
def reset_mfa(name: Name, reason: Why = "") -> None:
    """Take a person's second factor and recovery codes away."""
    _simple("user_reset_mfa", name, reason)


@app.command()
def give(
    name: Name,
    role: Annotated[str, typer.Argument(help="The role, e.g. compliance_officer.")],
    party: Annotated[str, typer.Argument(help="Id of the party.")],
    reason: Why = "",
) -> None:
    """Give a user an office: a role at a party."""
    _set_up()
    from interlock.book.services import people

    office = _act(
        lambda act: people.office_give(act, username=name, party=party, role=role), reason
    )
    typer.echo(f"office {office.pk}: {name} is {role} at {party}")


@app.command()
def end(
    office: Annotated[int, typer.Argument(help="Number of the office; `list` shows it.")],
    reason: Why = "",
) -> None:
    """End an office; it stays on file."""
    _set_up()
    from interlock.book.services import people

    _act(lambda act: people.office_end(act, office=office), reason)
    typer.echo(f"office {office} ended")


@app.command("list")
def list_(format_: Output = Format.human) -> None:
    """List users with the offices that they hold."""
    _set_up()
    from interlock.book.models import User
    from interlock.book.selectors.people import user_shown

    rows = [user_shown(one) for one in User.objects.order_by("username")]
    if format_ is Format.json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
        return
    for row in rows:
        kind = "service" if row["service"] else "person"
        marks = [kind, "" if row["active"] else "closed", "second factor" if row["mfa"] else ""]
        typer.echo(f"{row['username']}  ({', '.join(one for one in marks if one)})")
        for one in row["offices"]:
            if one["until"] is None:
                typer.echo(f"    {one['id']}: {one['role']} at {one['party']}")


@app.command()
def token(
    name: Name,
    party: Annotated[str, typer.Argument(help="Id of the party it acts for.")],
    what_for: Annotated[str, typer.Option("--for", help="What it is for.")] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="A right it is limited to, e.g. order.* or *.read.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it lasts.", min=1, max=366)] = 90,
    reason: Why = "",
) -> None:
    """Make a token and print it, this once."""
    _set_up()
    from interlock.book.services import people

    _, secret = _act(
        lambda act: people.token_make(
            act,
            username=name,
            party=party,
            name=what_for,
            scopes=scope or [],
            expires_at=act.now + dt.timedelta(days=days),
        ),
        reason,
    )
    typer.echo(secret)


@app.command()
def tokens(format_: Output = Format.human) -> None:
    """List tokens: the part of each that is shown, whose, where, until when."""
    _set_up()
    from interlock.book.models import ApiToken
    from interlock.book.selectors.people import token_shown

    query = ApiToken.objects.select_related("user").order_by("made_at", "pk")
    rows = [token_shown(one) for one in query]
    if format_ is Format.json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
        return
    for row in rows:
        last = "ended" if row["ended_at"] else f"until {row['expires_at']:%Y-%m-%d}"
        scopes = ", ".join(row["scopes"]) or "everything its user may"
        typer.echo(f"{row['prefix']}  {row['user']}@{row['party']}  {last}  {scopes}")


@app.command("end-token")
def end_token(
    prefix: Annotated[str, typer.Argument(help="The part of the token that is shown.")],
    reason: Why = "",
) -> None:
    """End a token, at once."""
    _set_up()
    from interlock.book.services import people

    _act(lambda act: people.token_end(act, prefix=prefix), reason)
    typer.echo(f"token {prefix} ended")


# -- inside ---------------------------------------------------------------------------------------


def _set_up() -> None:
    from interlock.cli import django

    django.set_up()
    django.migrate()


def _simple(service: str, name: str, reason: str) -> None:
    _set_up()
    from interlock.book.services import people

    _act(lambda act: getattr(people, service)(act, username=name), reason)
    typer.echo(f"done: {service.removeprefix('user_').replace('_', ' ')} {name}")


def _act(work: Callable[[Any], Any], reason: str) -> Any:
    """Act as the operator, or tell the refusal and leave with exit code 2."""
    from django.utils import timezone

    from interlock.book.acting import perform
    from interlock.book.errors import BookError, InputError
    from interlock.book.rights import Actor

    operator = Actor("operator", roles=frozenset({"administrator"}))
    try:
        return perform(operator, work, now=timezone.now(), reason=reason or "by the operator")
    except InputError as error:
        _refuse(error.faults)
    except BookError as error:
        _refuse({"refused": str(error)})


def _refuse(faults: Mapping[str, str]) -> NoReturn:
    for name, says in list(faults.items())[:-1]:
        typer.echo(f"{name}: {says}", err=True)
    name, says = list(faults.items())[-1]
    wrong, _, mend = says.partition("; ")
    refuse_option(name, wrong, mend or "correct it and ask again")
