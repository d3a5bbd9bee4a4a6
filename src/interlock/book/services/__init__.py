"""The only way to write. Importing this package enters every service and every guard."""

from interlock.book.services import (
    amendments,
    application_desk,
    applications,
    conditions,
    consents,
    goods,
    licences,
    orders,
    parties,
    rounds,
    statements,
)
from interlock.book.services.registry import SERVICES, Service, do, run

__all__ = [
    "SERVICES",
    "Service",
    "amendments",
    "application_desk",
    "applications",
    "conditions",
    "consents",
    "do",
    "goods",
    "licences",
    "orders",
    "parties",
    "rounds",
    "run",
    "statements",
]
