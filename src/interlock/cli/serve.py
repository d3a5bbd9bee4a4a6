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
) -> None:
    """Serve the book's API; DATABASE_URL names the book (default sqlite:///interlock-book.sqlite3).

    The tables are made or brought up to date first. On SQLite the jobs run in the same process; on
    PostgreSQL run 'interlock worker' beside it.
    """
    from interlock.cli.django import migrate, set_up

    set_up()
    migrate()
    from django.conf import settings

    from interlock.book import law
    from interlock.cli.common import refuse
    from interlock.files import BadInputError
    from interlock.site import logs, telemetry
    from interlock.site.server import Server, options, with_jobs

    try:
        law.library()  # before the fork: the law is read once and its faults are told at once
    except BadInputError as error:
        refuse(error.faults)
    logs.set_up()
    count = workers or (1 if settings.EMBEDDED else 2)

    def make() -> object:
        telemetry.set_up()  # in the worker: its threads do not live through a fork
        from interlock.site.wsgi import application

        return application

    typer.echo(f"Interlock serves {settings.DATABASES['default']['NAME']} on http://{host}:{port}")
    found = options(host, port, count, threads)
    if settings.EMBEDDED if jobs is None else jobs:
        found |= with_jobs()
    Server(make, found).run()
