"""Django set up for the commands that work on the book; nothing else of the CLI needs it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from interlock.cli.common import refuse_option

if TYPE_CHECKING:
    from collections.abc import Iterator

MIGRATING = 0x1A7E710C
"""The number of PostgreSQL's lock that whoever makes the tables holds."""


def set_up(book: str = "") -> None:
    """Make Django ready for the book at an address (default `DATABASE_URL`)."""
    if book:
        os.environ["DATABASE_URL"] = book
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.site.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    from interlock.site import logs

    logs.set_up("WARNING")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        name, _, rest = str(error).partition(" ")
        refuse_option(name, rest, "see docs/reference/settings.md")


def migrate() -> None:
    """Bring the book's tables up to this version of the program."""
    from django.core.management import call_command

    with _one_at_a_time():
        call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Others who would make the same tables wait: each server and many a command begins so."""
    from django.conf import settings
    from django.db import connection

    if settings.EMBEDDED:
        import fcntl

        # The folder: SQLite loses its own locks when somebody else closes the book's file.
        handle = os.open(settings.HOME, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])
