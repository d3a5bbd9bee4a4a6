"""One process of the store's tests: `store_worker.py <what> <book> <name> <count>`.

`guarded` and `unguarded` hammer one licence; `endless` posts until it is killed; `retry` asks for
the same ids as every other process.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from datetime import UTC, datetime
from fractions import Fraction

from interlock.law.terms import Leg
from interlock.ledger import Grant, Post, RefusedError, Reserve, Why
from interlock.store import SqliteLedger
from interlock.store.sqlite import schema

NOW = datetime(2026, 1, 28, tzinfo=UTC)
WHY = Why("officer:li", "test", "licence/1", NOW)
LEGS = (Leg("licence", Fraction(1)),)


def unguarded_schema() -> str:
    """The schema without the floor's CHECK."""
    begin = schema().index("    CONSTRAINT floor_holds CHECK (")
    end = schema().index(") STRICT", begin)
    return schema()[:begin].rstrip().rstrip(",") + "\n" + schema()[end:]


class UnguardedLedger(SqliteLedger):
    """The guard off: decides on what it read before it took the lock, and writes without a test.

    What a program does that checks a balance and then updates it.
    """

    _schema = staticmethod(unguarded_schema)
    _move_counters = SqliteLedger._move_counters.partition("WHERE")[0] + "WHERE account = ? OR ?"

    def _lock(self) -> None:
        pass  # reads happen before the lock

    def _meanwhile(self) -> None:
        time.sleep(0.05)  # everybody else decides on the same figure

    def _write(self, now, work):
        def late(tables):
            result = work(tables)
            if tables.new_entries:
                self._meanwhile()
                self._connection.execute("BEGIN IMMEDIATE")
                renumber(tables, self._connection)
            return result

        while True:
            try:
                return super()._write(now, late)
            except sqlite3.OperationalError as error:
                if "no transaction" in str(error):  # nothing was written, nothing to commit
                    raise RefusedError("none", []) from error


def renumber(tables, connection) -> None:
    """Give the rows the numbers that are free by now."""
    shift = (connection.execute("SELECT max(seq) FROM transfer").fetchone()[0] or 0) + 1
    tables.transfers = [x._replace(seq=shift + n) for n, x in enumerate(tables.transfers)]
    last = (connection.execute("SELECT max(seq) FROM audit").fetchone()[0] or 0) + 1
    tables.new_entries = [x._replace(seq=last + n) for n, x in enumerate(tables.new_entries)]


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def hammer(ledger: SqliteLedger, name: str, count: int) -> int:
    tell("ready")
    sys.stdin.readline()  # all start at once
    passed = 0
    for number in range(count):
        try:
            ledger.apply(Reserve(f"{name}-{number}", WHY, LEGS, 1, ""), now=NOW)
            passed += 1
        except RefusedError:
            pass
    return passed


def endless(ledger: SqliteLedger, name: str) -> None:
    for number in range(1_000_000):
        line = f"{name}-{number}"
        legs = (Leg("licence", Fraction(1)), Leg("stock", Fraction(2)), Leg("cap", Fraction(1, 2)))
        ledger.apply(Reserve(line, WHY, legs, 2, ""), now=NOW)
        ledger.apply(Post(f"{line}-p", WHY, line), now=NOW)
        tell(line)


def main() -> None:
    what, path, name, count = sys.argv[1:5]
    kind = UnguardedLedger if what == "unguarded" else SqliteLedger
    with kind(path) as ledger:
        if what == "endless":
            endless(ledger, name)
        elif what == "retry":
            for number in range(int(count)):
                answer = ledger.apply(Grant(f"g-{number}", WHY, "licence", 1), now=NOW)
                tell(answer.transfers[0].seq, answer.transfers[0].id)
        else:
            tell(hammer(ledger, name, int(count)))


if __name__ == "__main__":
    main()
