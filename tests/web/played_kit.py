"""The H200 episode played on to sharing runs, entries at customs and a discrepancy, then served."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
from server_kit import env_of
from web_kit import demo_server

from episode_kit import script
from interlock.files.bundled import bundled
from interlock.lab import simulate
from interlock.lab.summary import write_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENTRIES = {"E-2026-0001": 200, "E-2026-0002": 150, "E-2026-0003": 100}


def seal(home: Path) -> None:
    """Seal the log of the book in a folder, and leave nothing of it beside its one file."""
    program = [sys.executable, "-c", "from interlock.cli.main import main; main()"]
    env = env_of(home, f"sqlite:///{home}/book.sqlite3")
    subprocess.run([*program, "book", "seal"], env=env, check=True, capture_output=True)
    with contextlib.closing(sqlite3.connect(home / "book.sqlite3")) as book:
        book.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def played_folder(shared: Path) -> Path:
    """The book as it went on, the key that sealed it, and two results of the lab.

    Made once for all workers of a run.
    """
    made, work = shared / "played", shared / "played-at-work"
    with (shared / "played.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            work.mkdir()
            with demo_server(work, shared) as address:
                play_on(address)
            seal(work)
            play_lab(work / "lab")
            work.rename(made)
    return made


@contextlib.contextmanager
def played_server(home: Path, shared: Path) -> Iterator[str]:
    """A demo's server on a copy of the episode as it went on; gives its address."""
    made = played_folder(shared)
    shutil.copy(made / "seal.key", home / "seal.key")
    shutil.copytree(made / "lab", home / "out" / "lab")
    with demo_server(home, shared, made / "book.sqlite3") as address:
        yield address


def play_lab(folder: Path) -> None:
    """Two short results of the lab, `first` and `second`."""
    for name, seed in (("first", 1), ("second", 2)):
        out = folder / name
        out.mkdir(parents=True)
        made = simulate(bundled("scenarios") / "h200.yaml", runs=10, seed=seed, out=out)
        write_outputs(made, out)


class People:
    """The demo's people at the API, each signed in as in a browser."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.clients: dict[str, httpx.Client] = {}

    def __call__(self, who: str, method: str, path: str, body: Any) -> tuple[int, Any]:
        """One request of somebody's: status and answer."""
        client = self.client(who)
        headers = {"X-CSRFToken": client.cookies["csrftoken"]}
        answer = client.request(method, f"/api/v1{path}", json=body, headers=headers)
        return answer.status_code, answer.json()

    def client(self, who: str) -> httpx.Client:
        """The window of somebody."""
        if who not in self.clients:
            made = httpx.Client(base_url=self.address, timeout=120)
            made.get("/accounts/login/").raise_for_status()
            sent = {"username": who, "csrfmiddlewaretoken": made.cookies["csrftoken"]}
            assert made.post("/demo/sign-in/", data=sent).status_code == 302
            self.clients[who] = made
        return self.clients[who]

    def close(self) -> None:
        """Everybody leaves."""
        for one in self.clients.values():
            one.close()


def play_on(address: str) -> None:
    """Conditions bind, three runs are proposed and one is approved, units come to customs."""
    play = script("story")
    with contextlib.closing(People(address)) as call:
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
