"""The whole book as files, and back: every row, whole or nothing, also as of a moment."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import typer
from book_kit import ADMIN, people_on_record, rows_are_final

from interlock.book import exporting
from interlock.book.acting import perform
from interlock.book.exporting import export_book
from interlock.book.models import THINGS, Event, LawText, Office, Reminder, User
from interlock.book.rights import JOBS
from interlock.book.sealing import seal_now
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.rows import stream
from interlock.book.services import people
from interlock.book.snapshots import encoded
from interlock.files import BadInputError
from interlock.law.terms import AccountTerms
from interlock.ledger import Entry, Grant, OpenAccount
from interlock.ledger.recount import effect
from interlock.sealing import SealLeaf, first_wrong, key_id, read_heads, read_public_key
from interlock.store import rows

if TYPE_CHECKING:
    from book_kit import World

    from interlock.book.acting import Act

REST = ("user", "office", "event", "reminder", "law_text")


@pytest.fixture(autouse=True)
def seal_key(db: None, tmp_path: Path, settings) -> None:
    settings.SEAL_KEY = tmp_path / "seal.key"
    rows_are_final()


@pytest.fixture
def book(world: World) -> World:
    def work(act: Act) -> None:
        why = act.why("test/credit")
        act.ledger.apply(
            OpenAccount(act.next_id(), why, "stock/a", AccountTerms("stock", "chip")), now=act.now
        )
        act.ledger.apply(Grant(act.next_id(), why, "stock/a", 100), now=act.now)

    people_on_record()
    perform(JOBS, work, now=world.now)
    world.do(ADMIN, "party.enter", id="sub", name="Sub", owners=[{"party": "tencent"}])
    world.order("o-1", weight="2.5")
    world.order("o-2")
    world.do(world.officer, "determination.sign", order="o-1", stage="order")
    remind_of(world, "first")
    seal_now(world.now)
    return world


def remind_of(world: World, key: str) -> None:
    Reminder.objects.create(
        key=key, party_id="bytedance", due_on=world.now.date(), says="a day", made_at=world.now
    )


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(x) for x in (folder / f"{name}.ndjson").read_text().splitlines()]


def test_every_row_comes_back_from_both_forms(book: World, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    manifest = export_book(folder, now=book.now)
    listed = {x["file"]: x for x in manifest["files"]}
    assert {x.name for x in folder.iterdir()} == {*listed, "manifest.json"}
    for name, found in listed.items():
        data = (folder / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == found["sha256"]
    for kind, model in THINGS.items():
        ours = [
            json.loads(encoded(x.thing | {name: x.parts[name] for name in model.parts}))
            for x in stream(model)
        ]
        assert lines(folder, kind) == ours
    for file in folder.glob("*.parquet"):
        frame, told = pl.read_parquet(file), lines(folder, file.stem)
        assert frame.height == len(told) == listed[file.name]["rows"]
        for row, line in zip(frame.iter_rows(named=True), told, strict=True):
            for column, value in row.items():
                said = line[column]
                nested = isinstance(said, list | dict)
                assert (json.loads(value) if nested else value) == said, (file.name, column)
    assert sum(len(lines(folder, kind)) for kind in THINGS) == 11
    assert "webhook" in THINGS
    assert "secret" not in pl.read_parquet(folder / "webhook.parquet").columns


def test_an_auditor_needs_the_files_alone(book: World, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_book(folder, now=book.now)
    key = read_public_key((folder / "public-key.pem").read_bytes(), "key")
    entries = [rows.to_entry(tuple(x[f] for f in Entry._fields)) for x in lines(folder, "audit")]
    leaves = [
        SealLeaf(x["leaf"], x["seq"], bytes.fromhex(x["hash"])) for x in lines(folder, "seal_leaf")
    ]
    heads = read_heads((folder / "heads.ndjson").read_text().splitlines(), "heads")
    found = first_wrong(entries, leaves, heads, {key_id(key): key})
    assert (found.wrong, found.sealed, found.unsealed) == (None, len(entries), 0)
    totals = [0, 0, 0, 0]
    for one in ledger().transfers(account="stock/a"):
        totals = [a + b for a, b in zip(totals, effect(one), strict=True)]
    (counted,) = lines(folder, "ledger_counters")
    names = ("credits_pending", "credits_posted", "debits_pending", "debits_posted")
    assert [counted[x] for x in names] == totals


def leave(act: Act) -> None:
    """Somebody's account is closed, and their office ends."""
    people.user_close(act, username="jun")
    people.office_end(act, office=Office.objects.get(user__username="jun").pk)


def test_people_events_reminders_and_the_texts_of_the_law_come_with_it(
    book: World, tmp_path: Path
) -> None:
    perform(ADMIN, leave, now=book.now)
    export_book(tmp_path / "out", now=book.now)
    found = {name: lines(tmp_path / "out", name) for name in REST}
    people_ = {one["username"]: one["active"] for one in found["user"]}
    assert (people_["ann"], people_["jun"], len(people_)) == (True, False, User.objects.count())
    ended = [one for one in found["office"] if one["until"]]
    assert [(one["user"], one["party"]) for one in ended] == [("jun", "tencent")]
    assert {one["id"] for one in found["event"]} == set(Event.objects.values_list("pk", flat=True))
    assert ("order.place", "o-1") in {(one["name"], one["thing"]) for one in found["event"]}
    assert [one["key"] for one in found["reminder"]] == ["first"]
    (signed,) = lines(tmp_path / "out", "determination")
    texts = {hashlib.sha256(one["text"].encode()).hexdigest() for one in found["law_text"]}
    assert set(signed["law_files"].values()) == texts == {x["digest"] for x in found["law_text"]}


def test_the_book_as_it_stood_at_a_moment(book: World, tmp_path: Path) -> None:
    then = book.now
    export_book(tmp_path / "then", now=then)
    book.now += dt.timedelta(hours=1)
    book.do(book.buyer, "order.change", "o-1", quantity=5)
    book.do(ADMIN, "party.change", "sub", owners=[])
    book.order("o-3")
    Reminder.objects.update(seen_at=book.now)
    remind_of(book, "second")
    LawText.objects.create(digest="0" * 64, text="of another day")
    perform(ADMIN, leave, now=book.now)
    manifest = export_book(tmp_path / "again", now=book.now, recorded=then)
    assert manifest["recorded"] == "2026-02-10T12:00:00.000000Z"
    for kind in (*THINGS, *REST, "audit", "ledger_transfer", "ledger_account", "heads"):
        before = (tmp_path / "then" / f"{kind}.ndjson").read_bytes()
        assert (tmp_path / "again" / f"{kind}.ndjson").read_bytes() == before, kind
    assert not (tmp_path / "again" / "ledger_counters.ndjson").exists()


def test_a_fault_in_the_middle_leaves_nothing(
    book: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    before = set(tmp_path.iterdir())
    monkeypatch.setattr(exporting, "_write_seals", fail)
    with pytest.raises(OSError, match="full"):
        export_book(tmp_path / "out", now=book.now)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), sqlite3.OperationalError("disk is full")]
)
def test_a_full_disk_is_bad_input_and_no_finding(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    from interlock.cli import record

    def fail() -> None:
        raise error

    with pytest.raises(typer.Exit) as caught:
        record._onto_disk(Path("out"), fail)
    assert caught.value.exit_code == 2
    assert capsys.readouterr().err.startswith("out: cannot be written (")


def test_a_folder_that_is_there_is_left_alone(book: World, tmp_path: Path) -> None:
    kept = tmp_path / "out"
    kept.mkdir()
    (kept / "mine").write_text("x")
    with pytest.raises(BadInputError, match="is there already"):
        export_book(kept, now=book.now)
    assert (kept / "mine").read_text() == "x"
    with pytest.raises(BadInputError, match="parent"):
        export_book(tmp_path / "no" / "out", now=book.now)
