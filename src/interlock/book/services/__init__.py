"""The only way to write. Importing this package enters every service and every guard."""

from interlock.book.services import goods, orders, parties, webhooks
from interlock.book.services.registry import SERVICES, Service, do, run

__all__ = ["SERVICES", "Service", "do", "goods", "orders", "parties", "run", "webhooks"]
