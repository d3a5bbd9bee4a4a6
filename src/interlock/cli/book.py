"""`interlock book`: work in the book, at hand or on a server, by the same moves as the API."""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.common import BAD_INPUT, DONE, FINDINGS, Format, refuse_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interlock.cli.book_doors import Door

app = typer.Typer(
    help="Work in the book: at hand (DATABASE_URL and --as) or on a server (--server, --token).",
    no_args_is_help=True,
)
As = Annotated[
    str, typer.Option("--as", envvar="INTERLOCK_AS", help="USER@PARTY, for the book at hand.")
]
Server = Annotated[str, typer.Option(envvar="INTERLOCK_SERVER", help="Address of a server.")]
Token = Annotated[str, typer.Option(envvar="INTERLOCK_TOKEN", help="Token for the server.")]
Output = Annotated[Format, typer.Option("--format", help="human or json.")]
WRONG_STATE = (403, 404, 409, 412)


@app.command()
def migrate() -> None:
    """Make the book's tables, or bring them up to this version of the program."""
    from interlock.cli import django

    django.set_up()
    django.migrate()
    typer.echo("the book's tables are up to date")


@app.command()
def moves(
    kind: Annotated[str, typer.Argument(help="One kind of thing; default all.")] = "",
) -> None:
    """List every move with who may make it and what it takes."""
    from interlock.cli import django

    django.set_up()
    from interlock.book.rights import grants_of
    from interlock.book.services import SERVICES
    from interlock.files import nearest

    kinds = {found.move.kind for found in SERVICES.values()}
    if kind and kind not in kinds:
        refuse_option("KIND", f"no kind '{kind}'", nearest(kind, kinds))
    for right, found in SERVICES.items():
        if kind in ("", found.move.kind):
            who = ", ".join(sorted({role for role, _ in grants_of(right)})) or "the book itself"
            typer.echo(f"{right}: {found.move.says}  [{who}]")
            for name, field in found.body.model_fields.items():
                mark = "" if field.is_required() else "?"
                typer.echo(f"    {name}{mark}  {field.description or ''}".rstrip())


@app.command()
def load(
    source: Annotated[
        Path,
        typer.Argument(help="An episode's folder, or a table of orders: .parquet .csv .ndjson."),
    ],
    variant: Annotated[
        str, typer.Option(help="Of an episode: the reading of what reports leave open.")
    ] = "",
    people: Annotated[
        Path | None,
        typer.Option(help="With an episode: enter service accounts, write their tokens here."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, in words.")] = "",
    actor: As = "",
    server: Server = "",
    token: Token = "",
    format_: Output = Format.human,
) -> None:
    """Load an episode into an empty book, or a table of orders into any.

    All of it or nothing is loaded; a table that was broken off goes on where it stopped.
    """
    from interlock.cli.book_load import load_folder, load_table

    if source.is_dir():
        if server:
            refuse_option("--server", "an episode goes into the book at hand", "leave it out")
        _tell(lambda: load_folder(source, variant, people), format_)
    _tell(lambda: load_table(_door(server, token, actor), source, reason), format_)


@app.command()
def do(
    move: Annotated[str, typer.Argument(help="<kind>.<move>, e.g. order.place.")],
    thing: Annotated[str, typer.Argument(help="Id of the thing; none if the move makes it.")] = "",
    values: Annotated[
        str, typer.Option("--values", help="Its values as JSON, or - for standard input.")
    ] = "{}",
    value: Annotated[
        list[str] | None, typer.Option("--set", help="One value: NAME=VALUE (JSON or text).")
    ] = None,
    key: Annotated[
        str, typer.Option(help="A key of yours: sent twice, it happens once (servers).")
    ] = "",
    actor: As = "",
    server: Server = "",
    token: Token = "",
    format_: Output = Format.human,
) -> None:
    """Make one move. Exit code 1 if the book refuses it, 2 if it cannot be read."""
    from interlock.cli.book_names import check_move

    check_move(move, thing)
    given = _values(values, value or [])
    door = _door(server, token, actor)
    _tell(lambda: door.act(move, thing, given, key), format_)


@app.command()
def show(
    kind: Annotated[str, typer.Argument(help="Kind of thing, e.g. order.")],
    thing: Annotated[str, typer.Argument(help="Its id.")],
    part: Annotated[
        str, typer.Argument(help="A part of what is told of it, e.g. history or decision.")
    ] = "",
    query: Annotated[
        list[str] | None, typer.Option("--with", help="NAME=VALUE of a query.")
    ] = None,
    actor: As = "",
    server: Server = "",
    token: Token = "",
    format_: Output = Format.human,
) -> None:
    """Show one thing, or a part of it."""
    from interlock.api.addresses import plural
    from interlock.cli.book_names import check_kind

    check_kind(kind)
    door = _door(server, token, actor)
    path = f"/{plural(kind)}/{thing}" + (f"/{part}" if part else "")
    _tell(lambda: door.send("GET", path, params=_pairs(query or [])), format_)


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(help="Kind of thing, e.g. order.")],
    query: Annotated[
        list[str] | None, typer.Option("--with", help="NAME=VALUE to narrow, e.g. state=placed.")
    ] = None,
    most: Annotated[int, typer.Option(help="How many at most.", min=1)] = 200,
    actor: As = "",
    server: Server = "",
    token: Token = "",
    format_: Output = Format.human,
) -> None:
    """List things, by id."""
    from interlock.cli.book_names import check_kind

    check_kind(kind)
    door = _door(server, token, actor)

    def rows() -> list[dict[str, Any]]:
        return list(islice(_pages(door, kind, _pairs(query or [])), most))

    _tell(rows, format_)


def _pages(door: Door, kind: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
    from interlock.api.addresses import plural

    asked = {"limit": "200", **query}
    while True:
        page = door.send("GET", f"/{plural(kind)}", params=asked)
        yield from page["items"]
        if not page["next"]:
            return
        asked["cursor"] = page["next"]


def _door(server: str, token: str, actor: str) -> Door:
    from interlock.cli.book_doors import Door
    from interlock.cli.record import ready

    if not server:
        ready()
    return Door(server, token, actor)


def _values(text: str, pairs: list[str]) -> dict[str, Any]:
    raw = sys.stdin.read() if text == "-" else text
    try:
        found = json.loads(raw)
    except ValueError as error:
        refuse_option("--values", f"is no JSON ({error})", 'write {"name": value, ...}')
    if not isinstance(found, dict):
        refuse_option("--values", "is no JSON object", 'write {"name": value, ...}')
    for name, value in _pairs(pairs).items():
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _pairs(given: list[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            refuse_option("NAME=VALUE", f"'{one}' has no =", "write NAME=VALUE")
        found[name] = value
    return found


def _tell(work: Callable[[], Any], format_: Format) -> None:
    """Print what the work gives, or the book's refusal with its exit code."""
    from interlock.cli.book_doors import RefusedByBookError

    try:
        found = work()
    except RefusedByBookError as error:
        problem = error.problem
        if format_ is Format.json:
            typer.echo(json.dumps(problem, ensure_ascii=False, indent=2))
        else:
            typer.echo(f"refused: {error}", err=True)
            for one in problem.get("errors", []):
                typer.echo(f"  {one['pointer']}: {one['detail']}", err=True)
            for name in ("can", "who"):
                if problem.get(name):
                    typer.echo(f"  {name}: {', '.join(problem[name])}", err=True)
        refused = problem.get("status") in WRONG_STATE and not _names_nothing(problem)
        raise typer.Exit(FINDINGS if refused else BAD_INPUT) from error
    if format_ is Format.json or isinstance(found, str):
        typer.echo(
            found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2)
        )
    else:
        _print(found)
    raise typer.Exit(DONE)


def _names_nothing(problem: dict[str, Any]) -> bool:
    """Whether there is no such address: the command was wrong, not the book's state (R14)."""
    return str(problem.get("type", "")).endswith("no-such-address")


def _print(found: Any) -> None:
    """One thing as names and values; several as a table."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if isinstance(found, dict):
        table = Table(show_header=False, box=None, pad_edge=False)
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for name, value in found.items():
            table.add_row(name, _short(value))
        console.print(table)
        return
    hidden = {"kind", "version", "made_at", "changed_at", "can"}
    filled = (name for row in found for name in row if row[name] not in (None, "", [], {}))
    names = [name for name in dict.fromkeys(filled) if name not in hidden][:8]
    table = Table(*names)
    for row in found:
        table.add_row(*(_short(row.get(name)) for name in names))
    console.print(table)
    console.print(f"{len(found)} found")


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:,}" if isinstance(value, int) else str(value)
