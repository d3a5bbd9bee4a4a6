"""Django set up for the commands that work on the book; nothing else of the CLI needs it."""

from __future__ import annotations

import os

from interlock.cli.common import refuse_option


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

    call_command("migrate", interactive=False, verbosity=0)
