"""The H200 episode played on to sharing runs, entries at customs and a discrepancy, then served."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from web_kit import demo_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

EPISODE = Path(__file__).parents[2] / "episodes" / "h200"
ENTRIES = {"E-2026-0001": 200, "E-2026-0002": 150, "E-2026-0003": 100}


def _story() -> ModuleType:
    spec = importlib.util.spec_from_file_location("h200_story", EPISODE / "story.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def interlock(home: Path, *command: str) -> None:
    """A command on the book in a folder."""
    env = os.environ | {
        "DATABASE_URL": f"sqlite:///{home}/book.sqlite3",
        "DJANGO_SETTINGS_MODULE": "interlock.site.settings",
        "INTERLOCK_SEAL_KEY": str(home / "seal.key"),
    }
    program = [sys.executable, "-c", "from interlock.cli.main import main; main()"]
    subprocess.run([*program, *command], env=env, check=True, capture_output=True)


@contextlib.contextmanager
def played_server(home: Path) -> Iterator[str]:
    """A demo's server on the episode as it goes on; gives its address."""
    interlock(home, "book", "load", str(EPISODE), "--people", str(home / "people.json"))
    with demo_server(home) as address:
        play_on(address, json.loads((home / "people.json").read_text()))
        interlock(home, "book", "seal")
        yield address


def play_on(address: str, tokens: dict[str, str]) -> None:
    """Conditions bind, three runs are proposed and one is approved, units come to customs."""
    play = _story()
    with httpx.Client(base_url=f"{address}/api/v1", timeout=120) as client:

        def call(who: str, method: str, path: str, body: Any) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {tokens[who]}"}
            answer = client.request(method, path, json=body, headers=headers)
            return answer.status_code, answer.json()

        story = play.Story(call, lambda _line: None)
        play.conditions(story)
        play.purchases(story)
        when = {"effective": play.LATER}
        for pk, rule in (("run-a", "proportional"), ("run-b", "optimum"), ("run-c", "cea")):
            body = {"id": pk, "supplier": "nvidia", "product": "h200-sxm", "rule": rule, **when}
            story.do("nvidia-allocator", "/runs", body, expect=201)
        story.do("nvidia-second", "/runs/run-a/approve", when)
        found = story.see("nvidia-allocator", f"/allocations?order={play.ORDER}&run=run-a")
        shipment = play.ship(story, found["items"][0])
        at_customs = {"effective": play.AT_CUSTOMS}
        for pk, quantity in ENTRIES.items():
            body = {"id": pk, "shipment": shipment, "quantity": quantity, **at_customs}
            story.do("bytedance-compliance", "/entries", body, expect=201)
        story.do("cn-customs-customs", "/entries/E-2026-0001/release", at_customs)
        # The first statement of necessity has lapsed by the clock on the wall.
        until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=180)).date().isoformat()
        paper = {"statement_kind": "necessity", "by": "bytedance", "buyer": "bytedance",
                 "valid_until": until}  # fmt: skip
        story.do("bytedance-compliance", "/statements", paper, expect=201)
        report = {"message": "m-1", "quantity": 190, **at_customs}
        story.do("cn-customs-customs", "/entries/E-2026-0001/report", report)
        signed = {"order": play.ORDER, "stage": "shipment"}
        story.do("us-bis-officer", "/determinations", signed, expect=201)
