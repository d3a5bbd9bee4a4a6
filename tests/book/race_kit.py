"""Several processes make moves at once, each on its own connection, on a database of their own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server_kit import env_of, own_database

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKERS = 4
WORKER = f"""
import contextlib, json, sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
import django
django.setup()
from interlock.book import law
from interlock.book.rights import Actor
from interlock.book.services import do
from trade_kit import *
law.library()
space = dict(globals())

def answer(asked):
    if "exec" in asked:
        exec(asked["exec"], space)
        return "done"
    if "eval" in asked:
        return eval(asked["eval"], space)
    who = Actor(f"{{asked['name']}}@nvidia", "nvidia", "", frozenset([asked["role"]]))
    time.sleep(max(0, asked["at"] - time.time()))
    try:
        do(who, asked["right"], asked["pk"], asked["values"], now=NOW)
        return "done"
    except Exception as error:
        return type(error).__name__

for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
"""


class Race:
    """Processes that meet on one database; the first also prepares and looks afterwards."""

    def __init__(self, home: Path) -> None:
        self.env = env_of(home, own_database(home))
        self.home, self.log = home, (home / "workers.log").open("ab")
        self.workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER], env=self.env, cwd=home, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            )
            for _ in range(WORKERS)
        ]  # fmt: skip
        self.prepare("from django.core.management import call_command\n"
                     "call_command('migrate', verbosity=0)")  # fmt: skip

    def _send(self, number: int, asked: dict[str, Any]) -> None:
        pipe = self.workers[number].stdin
        assert pipe is not None
        pipe.write(json.dumps(asked) + "\n")
        pipe.flush()

    def _answer(self, number: int) -> Any:
        pipe = self.workers[number].stdout
        assert pipe is not None
        line = pipe.readline()
        assert line, (self.home / "workers.log").read_text()[-3000:]
        return json.loads(line)

    def prepare(self, code: str) -> None:
        """Run statements in the first process; its names stay for the next ones."""
        self._send(0, {"exec": code})
        assert self._answer(0) == "done"

    def meet(self, *moves: dict[str, Any]) -> list[str]:
        """Make up to four moves at the same moment; "done" or the error's name for each, sorted."""
        for number in range(len(moves)):
            self._send(number, {"eval": "len(law.library().checked)"})
        for number in range(len(moves)):
            self._answer(number)  # all of them are up and waiting
        at = time.time() + 0.1
        for number, one in enumerate(moves):
            self._send(number, one | {"at": at})
        return sorted(self._answer(number) for number in range(len(moves)))

    def after(self, expression: str) -> Any:
        """What the book says now; it recounts clean, and its rows agree with the ledger."""
        self.prepare("agrees_with_the_ledger()")
        self._send(0, {"eval": expression})
        return self._answer(0)

    def end(self) -> None:
        """End the processes."""
        for one in self.workers:
            one.communicate(timeout=30)
        self.log.close()


@contextlib.contextmanager
def race(home: Path) -> Iterator[Race]:
    """A race whose processes are gone afterwards."""
    made = Race(home)
    try:
        yield made
    finally:
        made.end()


def move(name: str, role: str, right: str, pk: str = "", **values: Any) -> dict[str, Any]:
    """A move by somebody of NVIDIA."""
    return {"name": name, "role": role, "right": right, "pk": pk, "values": values}
