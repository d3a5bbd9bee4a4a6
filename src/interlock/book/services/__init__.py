"""The only way to write. Importing this package enters every service and every guard."""

from interlock.book.services import (
    allocations,
    certificates,
    entries,
    gates,
    goods,
    holds,
    messages,
    orders,
    parties,
    purchases,
    runs,
    settling,
    shipments,
    stock,
)
from interlock.book.services.registry import SERVICES, Service, do, run

__all__ = [
    "SERVICES",
    "Service",
    "allocations",
    "certificates",
    "do",
    "entries",
    "gates",
    "goods",
    "holds",
    "messages",
    "orders",
    "parties",
    "purchases",
    "run",
    "runs",
    "settling",
    "shipments",
    "stock",
]
