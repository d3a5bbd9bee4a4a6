"""The episode played on by its people through the API, from the approval to an entry at customs.

    make story

It starts `interlock serve` on a book of its own, loaded with this episode, and lets each role act by
its own token. What it prints is the transcript in `docs/how-to/the-episode-through-the-api.md`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).parent
Call = Callable[[str, str, str, Any], tuple[int, Any]]
ORDER = "order-001"
DAY = "2026-01-28T12:00:00Z"
LATER = "2026-03-02T09:00:00Z"


class Story:
    """Tells what each role does and what the book answers.

    Args:
        call: (who, method, path, body) -> (status, answer).
        tell: takes the lines of the transcript.
    """

    def __init__(self, call: Call, tell: Callable[[str], None]) -> None:
        self.call, self.tell = call, tell

    def part(self, title: str) -> None:
        """A heading."""
        self.tell(f"\n## {title}\n")

    def do(
        self,
        who: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        expect: int = 200,
        show: str = "",
    ) -> Any:
        """A POST as somebody; `show` names what of the answer is told."""
        status, answer = self.call(who, "POST", path, body or {})
        shown = json.dumps(body, ensure_ascii=False) if body else ""
        self.tell(f"{who}: POST {path} {shown}".rstrip())
        self._told(status, answer, show)
        if status != expect:
            raise AssertionError(f"{who} POST {path}: {status}, not {expect}: {answer}")
        return answer

    def see(self, who: str, path: str, *, expect: int = 200, show: str = "") -> Any:
        """A GET as somebody."""
        status, answer = self.call(who, "GET", path, None)
        self.tell(f"{who}: GET {path}")
        self._told(status, answer, show)
        if status != expect:
            raise AssertionError(f"{who} GET {path}: {status}, not {expect}: {answer}")
        return answer

    def _told(self, status: int, answer: Any, show: str) -> None:
        if status >= 400:
            self.tell(f"    -> {status} {answer['title']}: {answer['detail']}")
            return
        parts = []
        for name in show.split():
            value = answer
            for key in name.split("."):
                value = value[int(key)] if isinstance(value, list) else value.get(key)
            parts.append(f"{name} {value:,}" if type(value) is int else f"{name} {value}")
        self.tell(f"    -> {status} {', '.join(parts)}".rstrip())


def play(story: Story) -> None:
    """From the approval of January 2026 to an entry at customs, and what goes wrong on the way."""
    approval(story)
    shared = share(story, agreed=False)
    conditions(story)
    give_up(story, shared)
    purchases(story)
    share(story, agreed=True)
    shipment = ship(story)
    customs(story, shipment)
    suspend(story)
    record(story)


def approval(story: Story) -> None:
    """Why it is stuck, seen from both sides."""
    story.part("28 January 2026: why is it stuck?")
    asked = f"/orders/{ORDER}/decision?stage=allocation&at=2026-01-28&known=2026-01-28"
    told = story.see("bytedance-compliance", asked, show="verdict if_agreed.verdict")
    for gate in told["gates"]:
        story.tell(f"       {gate['gate']}: {gate['verdict']}")
    for one in told["open_with"][:2]:
        keys = "; ".join(f"{x['fact']} (key: {x['key']})" for x in one["changes"])
        story.tell(f"       opens with: {keys}")
    story.see("tencent-compliance", f"/orders/{ORDER}", expect=404)
    story.see("cn-authorities-officer", "/licences/cn-import-group", show="quantity state")


def share(story: Story, *, agreed: bool) -> list[str]:
    """A run is proposed, and approved by a second person; gives its allocations."""
    title = "The stock is shared as the conditions bind" if agreed else "The stock is shared"
    story.part(title)
    body = {"supplier": "nvidia", "product": "h200-sxm", "rule": "proportional"}
    body["effective"] = LATER if agreed else DAY
    run = story.do("nvidia-allocator", "/runs", body, expect=201, show="state rule")
    story.do("nvidia-allocator", f"/runs/{run['id']}/approve", expect=409)
    when = {"effective": body["effective"]}
    story.do("nvidia-second", f"/runs/{run['id']}/approve", when, show="state approved_by")
    lines = story.see("nvidia-allocator", f"/runs/{run['id']}/lines?limit=200", show="awarded")
    proof = story.see("bytedance-compliance", f"/orders/{ORDER}/proof")
    story.tell(f"       {ORDER}: {json.dumps(proof, ensure_ascii=False)[:300]}")
    found: list[str] = []
    cursor = ""
    while True:
        _, page = story.call(
            "nvidia-allocator",
            "GET",
            f"/allocations?run={run['id']}&limit=200&cursor={cursor}",
            None,
        )
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    story.tell(f"       {len(found)} allocations; {lines.get('awarded')} awarded")
    return found


def conditions(story: Story) -> None:
    """The drafts are talked about, agreed and put in force."""
    story.part("The conditions are negotiated")


def give_up(story: Story, allocations: list[str]) -> None:
    """What was promised before the conditions bound is given up."""


def purchases(story: Story) -> None:
    """Domestic chips bought, with a third party's evidence."""


def ship(story: Story) -> str:
    """A shipment leaves when every gate is open."""
    return ""


def customs(story: Story, shipment: str) -> None:
    """Declared, held, let in; a report that differs changes nothing."""


def suspend(story: Story) -> None:
    """A suspension is felt at once."""


def record(story: Story) -> None:
    """What an auditor can prove."""


def serve(home: Path) -> tuple[subprocess.Popen[bytes], str, dict[str, str]]:
    """A server on a fresh book with this episode and its people."""
    env = os.environ | {
        "DATABASE_URL": f"sqlite:///{home}/book.sqlite3",
        "INTERLOCK_SEAL_KEY": str(home / "seal.key"),
    }
    command = [sys.executable, "-c", "from interlock.cli.main import main; main()"]
    people = home / "people.json"
    subprocess.run(
        [*command, "book", "load", str(HERE), "--people", str(people)],
        env=env, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    process = subprocess.Popen(
        [*command, "serve", "--port", str(port)],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            if httpx.get(f"{address}/ready", timeout=2).status_code == 200:
                break
        except httpx.HTTPError:
            time.sleep(0.1)
    return process, f"{address}/api/v1", json.loads(people.read_text())


def main() -> int:
    """Serve, play, print."""
    with tempfile.TemporaryDirectory(prefix="interlock-story-") as folder:
        process, address, tokens = serve(Path(folder))
        try:
            with httpx.Client(base_url=address, timeout=120) as client:

                def call(who: str, method: str, path: str, body: Any) -> tuple[int, Any]:
                    headers = {"Authorization": f"Bearer {tokens[who]}"}
                    answer = client.request(method, path, json=body, headers=headers)
                    return answer.status_code, answer.json()

                play(Story(call, print))
        finally:
            process.terminate()
            process.wait(timeout=30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
