"""The book's server: gunicorn around the WSGI application, set up for the kind of database."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

if TYPE_CHECKING:
    from collections.abc import Callable


class Server(BaseApplication):  # type: ignore[misc] # gunicorn carries no types
    """Runs `make` in every worker.

    Args:
        make: gives the WSGI application, called after the fork.
        options: settings of gunicorn by name.
    """

    def __init__(self, make: Callable[[], Any], options: dict[str, Any]) -> None:
        self.make, self.options = make, options
        super().__init__()

    def load_config(self) -> None:
        """Take the options over."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application."""
        return self.make()


def settle() -> None:
    """Take what is loaded by now out of the garbage collector's walks.

    The program, Django and the law are a few hundred thousand objects that live as long as the
    process. Walking them takes a tenth of a second, and happened in the middle of large acts.
    """
    gc.collect()
    gc.freeze()


def options(host: str, port: int, workers: int, threads: int) -> dict[str, Any]:
    """Settings of gunicorn. A request may take two minutes: a bulk load does."""
    return {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "timeout": 120,
        "graceful_timeout": 30,
        "keepalive": 5,
        "limit_request_line": 8190,
        "accesslog": None,
        "errorlog": "-",
        "proc_name": "interlock",
        "control_socket_disable": True,
    }


def with_jobs() -> dict[str, Any]:
    """Settings that run the book's jobs in a thread of each server process.

    It starts after the fork, and ends with the process: the job at hand is finished first.
    """
    started: list[Any] = []

    def start(_worker: Any) -> None:
        from django.utils import timezone  # noqa: PLC0415 - Django is set up in the worker

        from interlock.book.jobs import Worker  # noqa: PLC0415

        found = Worker(timezone.now)
        found.start()
        started.append(found)

    def stop(_server: Any, _worker: Any) -> None:
        for found in started:
            found.stop()

    return {"post_worker_init": start, "worker_exit": stop}
