"""One process of the store's tests: `store_worker.py <what> <address> <name> <count>`.

`guarded` and `unguarded` hammer one licence; `endless` posts until it is killed; `retry` asks for
the same ids as every other process.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from interlock.law.terms import Leg
from interlock.ledger import Grant, Post, RefusedError, Reserve, Why
from interlock.store import PostgresLedger, SqliteLedger
from interlock.store.layout import MOVE_COUNTERS
from interlock.store.psql import PsqlExecutor
from interlock.store.queries import THESE_COUNTERS

NOW = datetime(2026, 1, 28, tzinfo=UTC)
WHY = Why("officer:li", "test", "licence/1", NOW)
LEGS = (Leg("licence", Fraction(1)),)
# Moves the counters whatever stands there.
MOVE_ANYWAY = replace(MOVE_COUNTERS, where="account = {name} AND {needed} IS NOT NULL")


def unguarded(statements: list[str]) -> list[str]:
    """The schema without the floor's CHECK."""
    found = []
    for statement in statements:
        begin = statement.find("    CONSTRAINT floor_holds CHECK (")
        if begin >= 0:
            rest = statement[statement.rindex("\n)") :]
            found.append(statement[:begin].rstrip().rstrip(",") + rest)
        else:
            found.append(statement)
    assert len("".join(found)) < len("".join(statements))
    return found


class UnguardedLite(SqliteLedger):
    """The guard off: decides on what it read before it took the lock, and writes without a test.

    What a program does that checks a balance and then updates it.
    """

    _move_counters = MOVE_ANYWAY

    def _schema(self):
        return unguarded(super()._schema())

    def _lock(self) -> None:
        pass  # reads happen before the lock

    def _meanwhile(self) -> None:
        time.sleep(0.05)  # everybody else decides on the same figure

    def _write(self, now, prepare, work, settle):
        def late(tables):
            result = work(tables)
            if tables.new_entries:
                self._meanwhile()
                self._connection.execute("BEGIN IMMEDIATE")
                renumber(tables, self._connection)
            return result

        while True:
            try:
                return super()._write(now, prepare, late, settle)
            except sqlite3.OperationalError as error:
                if "no transaction" in str(error):  # nothing was written, nothing to commit
                    raise RefusedError("none", []) from error


def renumber(tables, connection) -> None:
    """Give the rows the numbers that are free by now."""
    shift = (connection.execute("SELECT max(seq) FROM ledger_transfer").fetchone()[0] or 0) + 1
    tables.transfers = [x._replace(seq=shift + n) for n, x in enumerate(tables.transfers)]
    last = (connection.execute("SELECT max(seq) FROM audit").fetchone()[0] or 0) + 1
    tables.new_entries = [x._replace(seq=last + n) for n, x in enumerate(tables.new_entries)]


class Unlocked(PsqlExecutor):
    """Reads what it should have locked."""

    def read_all(self, asked, lock=()):
        held = self.read(THESE_COUNTERS, (list(lock),)) if lock else []
        return held, super().read_all(asked)[1]


class UnguardedPsql(PostgresLedger):
    """The same on PostgreSQL: no row is locked, and no CHECK nor test in the statement holds."""

    _move_counters = MOVE_ANYWAY

    def __init__(self, dsn):
        super().__init__(dsn)
        self._db = Unlocked(self._connection)

    def _write(self, now, prepare, work, settle):
        def late(tables):
            result = work(tables)
            if tables.new_entries:
                time.sleep(0.05)
            return result

        return super()._write(now, prepare, late, settle)


KINDS = {
    ("sqlite", True): SqliteLedger,
    ("sqlite", False): UnguardedLite,
    ("postgresql", True): PostgresLedger,
    ("postgresql", False): UnguardedPsql,
}


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def hammer(ledger, name: str, count: int) -> int:
    """How many reservations of one unit pass."""
    passed = 0
    for number in range(count):
        try:
            ledger.apply(Reserve(f"{name}-{number}", WHY, LEGS, 1, ""), now=NOW)
            passed += 1
        except RefusedError:
            pass
    return passed


def endless(ledger, name: str) -> None:
    for number in range(1_000_000):
        line = f"{name}-{number}"
        legs = (Leg("licence", Fraction(1)), Leg("stock", Fraction(2)), Leg("cap", Fraction(1, 2)))
        ledger.apply(Reserve(line, WHY, legs, 2, ""), now=NOW)
        ledger.apply(Post(f"{line}-p", WHY, line), now=NOW)
        tell(line)


def main() -> None:
    what, address, name, count = sys.argv[1:5]
    dialect = "postgresql" if address.startswith("postgresql://") else "sqlite"
    with KINDS[dialect, what != "unguarded"](address) as ledger:
        if what == "endless":
            endless(ledger, name)
        elif what == "retry":
            for number in range(int(count)):
                answer = ledger.apply(Grant(f"g-{number}", WHY, "licence", 1), now=NOW)
                tell(answer.transfers[0].seq, answer.transfers[0].id)
        else:
            tell("ready")
            sys.stdin.readline()  # all start at once
            tell(hammer(ledger, name, int(count)))


if __name__ == "__main__":
    main()
