"""Is it up (`/health`), and can it do its work (`/ready`)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse

from interlock.book import law
from interlock.files import BadInputError

if TYPE_CHECKING:
    from django.http import HttpRequest


def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "up"})


def ready(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """200 if the database answers, is migrated, and the law is loaded; else 503 with what lacks."""
    lacks = []
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            lacks.append("the database is not migrated; run 'interlock book migrate'")
    except DatabaseError:
        lacks.append("the database does not answer")
    try:
        law.library()
    except BadInputError:
        lacks.append("the regime files have faults; run 'interlock law check'")
    return JsonResponse(
        {"status": "not ready" if lacks else "ready", "lacks": lacks}, status=503 if lacks else 200
    )
