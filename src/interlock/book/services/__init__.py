"""The only way to write. Importing this package enters every service and every guard."""

from interlock.book.services import (
    checks,
    claims,
    determinations,
    goods,
    orders,
    parties,
    screenings,
)
from interlock.book.services.registry import SERVICES, Service, do, run

__all__ = [
    "SERVICES",
    "Service",
    "checks",
    "claims",
    "determinations",
    "do",
    "goods",
    "orders",
    "parties",
    "run",
    "screenings",
]
