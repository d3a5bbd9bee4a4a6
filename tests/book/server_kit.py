"""A real server in a process of its own, on a database of its own, and its sudden end."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
START_S = 60


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def env_of(home: Path, url: str) -> dict[str, str]:
    """The environment of a program on a database, whose key of seals is in a folder."""
    return os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "interlock.site.settings",
        "INTERLOCK_SECRET_KEY": "only-for-tests-0123456789-0123456789-0123456789",
        "INTERLOCK_SEAL_KEY": str(home / "seal.key"),
    }


@dataclass
class Book:
    """A database with the small world in it, tokens of its people, and a server when one runs."""

    url: str
    home: Path
    tokens: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    @property
    def env(self) -> dict[str, str]:
        """The environment of the server."""
        return env_of(self.home, self.url)

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        self.port = free_port()
        run = "from interlock.cli.main import main; main()"
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", run, "serve", "--port", str(self.port)],
                env=self.env,
                cwd=self.home,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{self.port}/ready", timeout=2).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError((self.home / "server.log").read_text()[-3000:])

    def kill(self) -> None:
        """End the server and its workers at once (SIGKILL)."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def client(self, who: str) -> httpx.Client:
        """A client of one of the world's people."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/api/v1",
            headers={"Authorization": f"Bearer {self.tokens[who]}"},
            timeout=60,
        )


MAKE = """
import json, sys
sys.path.insert(0, {tests!r})
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import connection
from django.utils import timezone
from book_kit import ADMIN, World, people_on_record
from interlock.book.acting import perform
from interlock.book.models import User
from interlock.book.services.people import token_make
world = World()
people_on_record()
people = {{name: one for name, one in vars(world).items() if getattr(one, "user", None)}}
names = dict(User.objects.values_list("pk", "username"))

def token(one):
    made = perform(
        ADMIN,
        lambda act: token_make(act, username=names[one.user], party=one.party, name="t"),
        now=timezone.now(),
    )
    return made[1]

print(json.dumps({{name: token(one) for name, one in people.items() if hasattr(one, "party")}}))
connection.close()
"""


def own_database(home: Path) -> str:
    """The address of a new database of the kind that the tests run on."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        return f"sqlite:///{home}/book.sqlite3"
    name = f"own_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def _small_world(url: str, home: Path) -> dict[str, str]:
    """Make the small world in an empty database; tokens of its people."""
    code = MAKE.format(tests=str(ROOT / "tests" / "book"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env_of(home, url), cwd=home, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


@cache
def _folder() -> Path:
    """Where this process keeps what it makes once."""
    made = Path(tempfile.mkdtemp(prefix="interlock-world-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def _world_in_a_file() -> dict[str, str]:
    """The same in SQLite, once: it takes seconds, a copy of the file none."""
    return _small_world(f"sqlite:///{_folder()}/book.sqlite3", _folder())


@contextlib.contextmanager
def book(url: str, home: Path) -> Iterator[Book]:
    """A fresh book with the small world; its server, if any, is gone afterwards."""
    if url.startswith("sqlite"):
        tokens = _world_in_a_file()
        shutil.copy(_folder() / "book.sqlite3", home / "book.sqlite3")
    else:
        tokens = _small_world(url, home)
    made = Book(url, home, tokens)
    try:
        yield made
    finally:
        made.kill()
