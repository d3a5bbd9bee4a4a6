"""The audit log through the API: who may read it, filters, export, heads and proofs."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from book_kit import rows_are_final

from interlock.book.sealing import seal_now
from interlock.sealing import (
    ProofError,
    check_paper,
    read_heads,
    read_public_key,
    verify_consistency,
)

if TYPE_CHECKING:
    from pathlib import Path

    from api_kit import Api


@pytest.fixture(autouse=True)
def seal_key(db: None, tmp_path: Path, settings) -> None:
    settings.SEAL_KEY = tmp_path / "seal.key"
    rows_are_final()


@pytest.mark.parametrize(
    "path",
    ["/audit", "/audit/export", "/audit/heads", "/audit/consistency?old=1", "/audit/x/proof"],
)
def test_only_an_auditor_reads_the_log(api: Api, path: str) -> None:
    world = api.world
    for who in (world.buyer, world.supplier, world.officer, world.customs):
        answer = api.get(path, who)
        assert (answer.status_code, answer.json()["who"]) == (403, ["auditor"])
    assert api.get(path, None).status_code == 401
    assert api.get(path, world.auditor).status_code in (200, 404)


def test_the_log_is_filtered_by_kind_actor_cause_and_time(api: Api) -> None:
    world = api.world
    world.order("o-1")
    world.order("o-2")
    world.now += dt.timedelta(hours=1)
    world.do(world.allocator, "order.confirm", "o-1")

    def seen(query: str) -> list[tuple[str, str]]:
        found = api.get(f"/audit?{query}", world.auditor)
        assert found.status_code == 200, found.content
        return [(x["kind"], x["cause"]) for x in found.json()["items"]]

    assert seen("kind=order.*") == [
        ("order.place", "order/o-1"), ("order.place", "order/o-2"), ("order.confirm", "order/o-1"),
    ]  # fmt: skip
    assert seen("cause=order/o-1") == [("order.place", "order/o-1"), ("order.confirm", "order/o-1")]
    assert seen("actor=gil@nvidia") == [("order.confirm", "order/o-1")]
    later = quote(world.now.isoformat())
    assert seen(f"kind=order.*&since={later}") == [("order.confirm", "order/o-1")]
    assert ("order.confirm", "order/o-1") not in seen(f"until={later}&limit=1000")
    assert api.get("/audit?since=2026-01-01T00:00:00", world.auditor).status_code == 422
    for where in ("/audit", "/audit/export"):
        swapped = f"{where}?since={later}&until={quote('2026-01-01T00:00:00Z')}"
        (error,) = api.get(swapped, world.auditor).json()["errors"]
        assert error["detail"].startswith("it is not before the end, 2026-01-01")


def test_pages_of_the_log_go_on_by_seq_and_the_export_holds_them_all(api: Api) -> None:
    world = api.world
    for number in range(5):
        world.order(f"o-{number}")
    cursor, seqs = 0, []
    while cursor is not None:
        page = api.get(f"/audit?limit=4&cursor={cursor}", world.auditor).json()
        seqs += [x["seq"] for x in page["items"]]
        cursor = page["next"]
    answer = api.get("/audit/export", world.auditor)
    assert answer["Content-Type"] == "application/x-ndjson"
    lines = b"".join(answer.streaming_content).decode().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [x["seq"] for x in rows] == seqs == sorted(seqs)
    (last,) = [x for x in rows if x["cause"] == "order/o-4"]
    assert last["content"]["thing"]["id"] == "o-4"


def test_a_proof_taken_away_is_checked_offline_and_a_changed_one_fails(api: Api) -> None:
    world = api.world
    for number in range(7):
        world.order(f"o-{number}")
    row = api.get("/audit?cause=order/o-3", world.auditor).json()["items"][0]
    assert row["leaf"] is None
    assert api.get(f"/audit/{row['change']}/proof", world.auditor).status_code == 404
    seal_now(world.now)
    paper = api.get(f"/audit/{row['change']}/proof", world.auditor).json()
    key = read_public_key(paper["public_key"].encode(), "the key")
    proved = check_paper(json.dumps(paper), key)
    assert (proved["kind"], proved["cause"]) == ("order.place", "order/o-3")
    paper["entry"] = paper["entry"].replace("ivy@bytedance", "jun@tencent")
    with pytest.raises(ProofError, match="the row is not leaf"):
        check_paper(json.dumps(paper), key)


def test_heads_are_consistent_with_each_other(api: Api) -> None:
    world = api.world
    api.token(world.auditor)  # made before, so that nothing is written after the last seal
    world.order("o-1")
    seal_now(world.now)
    world.order("o-2")
    seal_now(world.now)
    found = api.get("/audit/heads", world.auditor).json()
    sizes = [x["tree_size"] for x in found["items"]]
    assert found["unsealed"] == 0
    assert sizes[-1] == found["sealed"]
    shown = api.get(f"/audit/consistency?old={sizes[0]}", world.auditor).json()
    old, new = read_heads([json.dumps(shown["old"]), json.dumps(shown["new"])], "heads")
    key = read_public_key(found["public_key"].encode(), "the key")
    verify_consistency(old, new, [bytes.fromhex(x) for x in shown["path"]], key)
    assert api.get("/audit/consistency?old=999999", world.auditor).status_code == 404
