"""`interlock serve`: the whole book, by itself on SQLite or on PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[
        int, typer.Option(help="Processes; default 1 on SQLite, 2 on PostgreSQL.", min=0, max=64)
    ] = 0,
    threads: Annotated[int, typer.Option(help="Threads a process.", min=1, max=64)] = 8,
    jobs: Annotated[
        bool | None,
        typer.Option("--jobs/--no-jobs", help="Run the jobs here, too; default on SQLite alone."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Show the H200 episode; sign in by choice of a role.")
    ] = False,
) -> None:
    """Serve the book: its console and its API; DATABASE_URL names it.

    Without DATABASE_URL it is sqlite:///interlock-book.sqlite3. With --demo and without
    DATABASE_URL it is out/h200-console.sqlite3, and an empty book is filled with the H200 episode
    and an account for each role.

    The tables are made or brought up to date first. On SQLite the jobs run in the same process; on
    PostgreSQL run 'interlock worker' beside it.
    """
    from interlock.cli.django import migrate, set_up

    if demo:
        _is_demo(host)
    set_up()
    migrate()
    if demo:
        fill_demo()
    from django.conf import settings
    from django.utils import timezone

    from interlock.book import law
    from interlock.cli.common import refuse
    from interlock.files import BadInputError
    from interlock.site import logs, telemetry
    from interlock.site.server import Server, options, settle, with_jobs

    try:
        law.library()  # before the fork: the law is read once and its faults are told at once
    except BadInputError as error:
        refuse(error.faults)
    logs.set_up()
    count = workers or (1 if settings.EMBEDDED else 2)

    def make() -> object:
        telemetry.set_up()  # in the worker: its threads do not live through a fork
        from interlock.site.wsgi import application

        day = timezone.now().date()
        law.decider_on(day, day)  # or whoever comes first waits for it
        settle()
        return application

    typer.echo(f"Interlock serves {settings.DATABASES['default']['NAME']} on http://{host}:{port}")
    found = options(host, port, count, threads)
    if settings.EMBEDDED if jobs is None else jobs:
        found |= with_jobs()
    Server(make, found).run()


DEMO_BOOK = "out/h200-console.sqlite3"
DEMO_LAB = "out/lab"


def _is_demo(host: str) -> None:
    """The settings of a demo, before any is read; whoever can reach a demo is whom they like."""
    import os
    from pathlib import Path

    from interlock.cli.common import refuse_option

    if host not in ("127.0.0.1", "localhost", "::1"):
        mend = "leave --host out, or sign people in by their own accounts without --demo"
        refuse_option("--demo", f"it lets anybody in who reaches {host}", mend)
    os.environ["INTERLOCK_DEMO"] = "1"
    os.environ.setdefault("INTERLOCK_LAB_RESULTS", str(Path(DEMO_LAB).resolve()))
    if not os.environ.get("DATABASE_URL"):
        Path(DEMO_BOOK).parent.mkdir(parents=True, exist_ok=True)
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(DEMO_BOOK).resolve()}"


def fill_demo() -> None:
    """The episode and its people, in a book that holds nothing yet."""
    from django.utils import timezone

    from interlock.book.models import Party
    from interlock.cli.book_load import load_folder
    from interlock.files.bundled import bundled

    if Party.objects.exists():
        return
    typer.echo("The H200 episode is loaded into the book; this takes a moment.")
    load_folder(bundled("episodes") / "h200", "group", as_of=True)
    from interlock.book.loading.people import enter_people

    enter_people(timezone.now())
