"""The ledger's tables, checks and triggers, as `interlock.store` states them for each database."""

from django.db import migrations

from interlock.store import drop_schema, schema


def make(apps, editor):
    """Make the ledger."""
    for statement in schema(editor.connection.vendor):
        editor.execute(statement, params=None)


def drop(apps, editor):
    """Take it away again."""
    for statement in drop_schema(editor.connection.vendor):
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("book", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
