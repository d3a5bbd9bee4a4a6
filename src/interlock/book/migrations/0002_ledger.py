"""The ledger's tables, checks and triggers, as `interlock.store` states them for each database."""

from django.db import migrations

from interlock.store import drop_schema, schema


def make(apps, editor):
    """Make the ledger."""
    for statement in schema(editor.connection.vendor):
        editor.execute(statement, params=None)
    # The book reads the history of one thing; a ledger alone never asks for it.
    editor.execute("CREATE INDEX audit_cause ON audit (cause, seq)", params=None)


def drop(apps, editor):
    """Take it away again."""
    editor.execute("DROP INDEX audit_cause", params=None)
    for statement in drop_schema(editor.connection.vendor):
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("book", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
