"""A first cap set while a run that fits under none is being approved: `cap_race.py held|free`.

Prints, as JSON, what became of either act and how the cap's account and the licence's stand.
"""

# ruff: noqa: E402 - Django is set up before its models are imported

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any

import django

django.setup()

from customs_kit import Harbour
from django.core.management import call_command
from django.db import connection

from interlock.book.act_ledger import ActLedger
from interlock.book.selectors.accounts import ledger
from interlock.book.services import runs

if TYPE_CHECKING:
    from collections.abc import Callable

QUOTA, CAP = "desk/quota?licence=L-1", "desk/holder-cap?licence=L-1&buyer=bytedance"
WAIT_S = 3
"""How long an approval that has decided, but written nothing, waits for the amendment."""


def told(act: Callable[[], object]) -> str:
    """What became of an act."""
    try:
        act()
    except Exception as error:
        return type(error).__name__
    finally:
        connection.close()
    return "done"


def race(port: Harbour) -> dict[str, str]:
    """An amendment is made when the approval has decided, and before it writes."""
    decided, amended, found = threading.Event(), threading.Event(), {}
    approve = ActLedger.approve

    def late(self: ActLedger, change: Any, *, now: Any) -> Any:
        decided.set()
        amended.wait(WAIT_S)
        return approve(self, change, now=now)

    def amend() -> None:
        decided.wait()
        act = lambda: port.do(port.cn_second, "licence.amend", "L-1", reason="x")  # noqa: E731
        found["amend"] = told(act)
        amended.set()

    ActLedger.approve = late  # type: ignore[method-assign]
    other = threading.Thread(target=amend)
    other.start()
    found["approve"] = told(lambda: port.do(port.allocator_2, "run.approve", "run-1"))
    other.join()
    ActLedger.approve = approve  # type: ignore[method-assign]
    return found


def main() -> None:
    """Play it with the licence held by the approval, or with that guard off."""
    if sys.argv[1] == "free":
        runs.hold_rows = lambda *_: None  # type: ignore[attr-defined]
    call_command("migrate", verbosity=0)
    port = Harbour()
    port.licence(quantity=1000)
    port.order("o-1", 150)
    port.do(port.allocator, "order.confirm", "o-1")
    port.do(port.allocator, "run.propose", id="run-1", supplier="nvidia", product="h200-sxm")
    holders = [{"party": "bytedance", "cap": 100}]
    port.do(port.cn_officer, "licence.propose_amendment", "L-1", holders=holders, reason="x")
    found: dict[str, Any] = race(port)
    for name in (QUOTA, CAP):
        there = ledger().account(name) is not None
        counted = ledger().counters(name, now=port.now) if there else None
        found[name] = counted and [counted.credits_posted, counted.debits_pending, counted.headroom]
    sys.stdout.write(json.dumps(found) + "\n")


main()
