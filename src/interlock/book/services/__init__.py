"""The only way to write. Importing this package enters every service and every guard."""

from interlock.book.services import (
    allocations,
    certificates,
    gates,
    goods,
    orders,
    parties,
    runs,
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
    "gates",
    "goods",
    "orders",
    "parties",
    "run",
    "runs",
    "shipments",
    "stock",
]
