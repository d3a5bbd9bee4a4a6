"""How often the database is asked: by Django, and by the ledger on the same connection."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from interlock.store.lite import LiteExecutor
from interlock.store.psql import PsqlExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ASKING = ("read", "read_all", "stream", "write", "many")
_NOT_ASKED = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")


@dataclass
class Asked:
    """How often Django and the ledger have asked; the ledger's are round trips on PostgreSQL."""

    django: int = 0
    ledger: int = 0

    def __str__(self) -> str:
        return f"{self.django}+{self.ledger}"


@contextmanager
def counted() -> Iterator[Asked]:
    """Count what is asked inside; the frame of transactions is not."""
    found = Asked()
    with pytest.MonkeyPatch.context() as patch:
        for kind in (LiteExecutor, PsqlExecutor):
            depth = [0]
            for name in ASKING:
                patch.setattr(kind, name, _counting(getattr(kind, name), found, depth))
        with CaptureQueriesContext(connection) as captured:
            yield found
    found.django = sum(not one["sql"].startswith(_NOT_ASKED) for one in captured.captured_queries)


def _counting(work: Callable[..., Any], found: Asked, depth: list[int]) -> Callable[..., Any]:
    """What asks inside what asks is one question."""

    @wraps(work)
    def ask(*given: Any, **named: Any) -> Any:
        found.ledger += not depth[0]
        depth[0] += 1
        try:
            return work(*given, **named)
        finally:
            depth[0] -= 1

    return ask
