"""The episode played on by its people through the API, from the approval to an entry at customs.

    make story

It starts `interlock serve` on a book of its own, loaded with this episode, and lets each role act
by its own token. What it prints is the transcript in `docs/how-to/the-episode-through-the-api.md`.
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
AT_CUSTOMS = "2026-03-12T09:00:00Z"


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
    first = share(story, "The stock is shared, provisionally", DAY)
    held_back(story, first)
    conditions(story)
    give_up(story, first)
    purchases(story)
    second = share(story, "The stock is shared again, as the conditions bind", LATER)
    shipment = ship(story, second)
    customs(story, shipment)
    suspend(story, second)
    record(story)


def approval(story: Story) -> None:
    """Why it is stuck, seen from both sides."""
    story.part("28 January 2026: why is it stuck?")
    asked = f"/orders/{ORDER}/decision?stage=allocation&at=2026-01-28"
    told = story.see("bytedance-compliance", asked, show="verdict if_agreed.verdict max_quantity")
    for gate in told["gates"]:
        story.tell(f"       {gate['gate']}: {gate['verdict']}")
    for one in told["open_with"]:
        keys = "; ".join(f"{x['fact']} (key: {x['key']})" for x in one["changes"])
        story.tell(f"       {one['gate']} opens with: {keys}")
    story.see("tencent-compliance", f"/orders/{ORDER}", expect=404)
    story.see("cn-authorities-officer", "/licences/cn-import-group/balance", show="")


def share(story: Story, title: str, day: str) -> dict[str, Any]:
    """A run is proposed, and approved by a second person; gives order-001's allocation."""
    story.part(title)
    body = {"supplier": "nvidia", "product": "h200-sxm", "rule": "proportional", "effective": day}
    run = story.do("nvidia-allocator", "/runs", body, expect=201, show="state rule")
    story.do("nvidia-allocator", f"/runs/{run['id']}/approve", {"effective": day}, expect=409)
    story.do("nvidia-second", f"/runs/{run['id']}/approve", {"effective": day}, show="state")
    lines = story.see("nvidia-allocator", f"/runs/{run['id']}/lines")
    got: dict[str, int] = {}
    for line in lines:
        got[line["buyer"]] = got.get(line["buyer"], 0) + line["awarded"]
    for buyer, quantity in sorted(got.items()):
        if quantity:
            story.tell(f"       {buyer}: {quantity:,}")
    proof = story.see("bytedance-compliance", f"/orders/{ORDER}/proof")
    newest = proof[-1] if isinstance(proof, list) else proof
    story.tell(f"       {json.dumps(newest, ensure_ascii=False)}")
    found = story.see("nvidia-allocator", f"/allocations?order={ORDER}&run={run['id']}")
    one: dict[str, Any] = found["items"][0]
    story.tell(f"       {one['state']}: {one['quantity']:,} for {ORDER}")
    return one


def held_back(story: Story, allocation: dict[str, Any]) -> None:
    """What rests on an unknown is promised and not sent."""
    story.part("What rests on an unknown does not leave")
    story.do("nvidia-allocator", f"/allocations/{allocation['id']}/confirm", expect=409)


def conditions(story: Story) -> None:
    """The drafts are put before the holders, agreed by them, and put in force by who asked."""
    story.part("The conditions are agreed and put in force")
    found = story.see("cn-authorities-officer", "/conditions?licence=cn-import-group")
    for one in found["items"]:
        pk, kind = one["id"], one["condition_kind"]
        story.tell(f"       {pk}: {kind} {one['parameters'] or ''}, {one['state']}")
        when = {"effective": LATER}
        if one["state"] == "drafted":
            story.do("cn-authorities-officer", f"/conditions/{pk}/propose", when, show="state")
        said = {"to": "agree", "agrees": True, "text_version": one["text_version"], **when}
        story.do("bytedance-compliance", f"/conditions/{pk}/consent", said)
        if kind == "domestic-ratio":
            story.do("cn-authorities-officer", f"/conditions/{pk}/agree", when, expect=409)
        story.do("alibaba-compliance", f"/conditions/{pk}/consent", said)
        story.do("tencent-compliance", f"/conditions/{pk}/consent", said)
        story.do("cn-authorities-officer", f"/conditions/{pk}/agree", when, show="state")
        story.do("cn-authorities-officer", f"/conditions/{pk}/enforce", when, show="state")


def give_up(story: Story, first: dict[str, Any]) -> None:
    """What was promised before the conditions bound is given up, all of it."""
    story.part("What was promised before is given up")
    why = {"reason": "the conditions bind now: shared again", "effective": LATER}
    count, cursor = 0, ""
    while True:
        query = f"/allocations?run={first['run']}&limit=200&cursor={cursor}"
        _, page = story.call("nvidia-allocator", "GET", query, None)
        for one in page["items"]:
            status, answer = story.call(
                "nvidia-allocator", "POST", f"/allocations/{one['id']}/void", why
            )
            if status != 200:
                raise AssertionError(answer)
            count += 1
        cursor = page["next"]
        if not cursor:
            break
    story.tell(f"nvidia-allocator: POST /allocations/.../void, {count} times\n    -> 200")


def purchases(story: Story) -> None:
    """Domestic chips bought, with a third party's evidence that an officer accepts."""
    story.part("Domestic chips are bought and proved")
    product = {
        "id": "domestic-chip", "catalogue_name": "A domestic chip", "domestic": True,
        "domestic_equivalence": "1",
    }  # fmt: skip
    story.do("administrator", "/products", product, expect=201, show="name")
    paper = {"name": "delivery receipt 4711", "sha256": "0" * 64}
    body = {
        "id": "p-1", "buyer": "bytedance", "seller": "a domestic maker", "product": "domestic-chip",
        "quantity": 20000, "bought_on": "2026-02-20", "evidence": [paper],
        "evidence_by": "an inspection company", "effective": LATER,
    }  # fmt: skip
    story.do("bytedance-compliance", "/purchases", body, expect=201, show="state quantity")
    when = {"effective": LATER}
    story.do("bytedance-compliance", "/purchases/p-1/accept", when, expect=403)
    story.do("cn-authorities-officer", "/purchases/p-1/accept", when, show="state")
    told = story.see("bytedance-compliance", "/purchases/obligation?buyer=bytedance")
    story.tell(f"       {json.dumps(told, ensure_ascii=False)[:400]}")


def ship(story: Story, allocation: dict[str, Any]) -> str:
    """A shipment is tested and leaves; what it draws on is posted."""
    story.part("A shipment leaves")
    when = {"effective": LATER}
    who = "nvidia-compliance"
    body = {
        "id": "s-1", "allocation": allocation["id"], "quantity": allocation["quantity"],
        "origin": "US", **when,
    }  # fmt: skip
    story.do(who, "/shipments", body, expect=201, show="state quantity")
    story.do(who, "/shipments/s-1/dispatch", when, expect=409)
    test = {
        "lab": "a laboratory in Texas", "lab_country": "US", "independent": True,
        "tested_on": "2026-03-01", **when,
    }  # fmt: skip
    story.do(who, "/shipments/s-1/test", test)
    story.do(who, "/shipments/s-1/dispatch", when, show="state posted")
    story.do(who, "/shipments/s-1/arrive", {"effective": AT_CUSTOMS}, show="state")
    return "s-1"


def customs(story: Story, shipment: str) -> None:
    """Declared, held, let in; a report that differs changes nothing until somebody settles it."""
    story.part("At customs")
    when = {"effective": AT_CUSTOMS}
    _, sent = story.call("cn-customs-customs", "GET", f"/shipments/{shipment}", None)
    body = {"id": "E-2026-0001", "shipment": shipment, "quantity": sent["quantity"], **when}
    story.do("bytedance-compliance", "/entries", body, expect=201, show="state quantity")
    hold = {"entry": "E-2026-0001", "reason": "the packing list is missing", **when}
    placed = story.do("cn-customs-customs", "/holds", hold, expect=201, show="state")
    story.do("cn-customs-customs", "/entries/E-2026-0001/release", when, expect=409)
    story.see("bytedance-compliance", "/entries/E-2026-0001", show="state")
    lift = {"reason": "it was handed in", **when}
    story.do("cn-customs-customs", f"/holds/{placed['id']}/lift", lift, show="state")
    story.do("cn-customs-customs", "/entries/E-2026-0001/release", when, show="state posted")
    told = story.see("bytedance-compliance", "/purchases/obligation?buyer=bytedance")
    story.tell(f"       {json.dumps(told, ensure_ascii=False)[:400]}")
    report = {"message": "m-1", "quantity": sent["quantity"] - 10, **when}
    story.do("cn-customs-customs", "/entries/E-2026-0001/report", report, show="reported")
    found = story.see("cn-customs-customs", "/discrepancies?state=open")
    for one in found["items"]:
        story.tell(f"       {one['id']}: ours {one['ours']}, theirs {one['theirs']}")
        body = {"reason": "recounted with the carrier: all are there", **when}
        story.do("cn-customs-customs", f"/discrepancies/{one['id']}/reject", body, show="state")


def suspend(story: Story, allocation: dict[str, Any]) -> None:
    """A suspension is felt at once, and needs a second person to end."""
    story.part("A licence is suspended")
    pk = "us-export-bytedance"
    why = {"reason": "a question about the end user", "effective": AT_CUSTOMS}
    story.do("us-bis-officer", f"/licences/{pk}/suspend", why, show="state")
    asked = f"/orders/{ORDER}/decision?stage=shipment"
    story.see("nvidia-compliance", asked, show="verdict")
    story.do("us-bis-officer", f"/licences/{pk}/resume", why, expect=409)
    story.do("us-bis-second", f"/licences/{pk}/resume", why, show="state")
    story.tell(f"       {allocation['id']} can be used again")


def record(story: Story) -> None:
    """Who did what, when, and why: the history of one order."""
    story.part("The record")
    for one in story.see("us-bis-auditor", f"/orders/{ORDER}/history"):
        told = f"{one['effective'][:10]} {one['move']} by {one['actor']}: {one['reason']}"
        story.tell(f"       {told}")


def serve(home: Path) -> tuple[subprocess.Popen[bytes], str, dict[str, str]]:
    """A server on a fresh book with this episode and its people."""
    env = os.environ | {
        "DATABASE_URL": f"sqlite:///{home}/book.sqlite3",
        "INTERLOCK_SEAL_KEY": str(home / "seal.key"),
        "INTERLOCK_LATE_DAYS": "3650",  # it plays what is past by now
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
