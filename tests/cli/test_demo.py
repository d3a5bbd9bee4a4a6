"""The main job, whole: law files, episode, decisions, sharing, reservations in a book."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from interlock.cli.main import app
from interlock.store import SqliteLedger

ROOT = Path(__file__).parents[2]
LICENSED = {"bytedance", "alibaba", "tencent"}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    book = tmp_path_factory.mktemp("demo") / "h200.db"
    result = run("--book", str(book), "--format", "json")
    assert result.exit_code == 0, result.output
    return book, json.loads(result.stdout)


def run(*arguments: str) -> Result:
    options = ["--episode", str(ROOT / "episodes/h200"), "--regimes", str(ROOT / "regimes")]
    return CliRunner().invoke(app, ["demo", *options, *arguments])


def reading(played: tuple[Path, dict], name: str) -> dict:
    return next(one for one in played[1]["readings"] if one["reading"] == name)


def test_r5_both_readings_of_the_400_000_are_played(played: tuple[Path, dict]) -> None:
    assert [one["reading"] for one in played[1]["readings"]] == ["group", "split"]


def test_every_order_is_decided_with_a_second_verdict(played: tuple[Path, dict]) -> None:
    group = reading(played, "group")
    assert len(group["decisions"]) == 267
    assert group["verdicts"] == {"unknown": 139, "shut": 128}
    assert group["if_agreed"] == {"open": 101, "shut": 166}


def test_the_group_quota_binds_and_no_account_is_passed(played: tuple[Path, dict]) -> None:
    group = reading(played, "group")
    assert sum(group["reserved"].values()) == 400_000
    by_id = {d["id"]: d for d in group["decisions"]}
    assert all(by_id[order]["verdict"] == "unknown" for order in group["reserved"])
    used: dict[str, float] = {}
    room: dict[str, float] = {}
    for order, quantity in group["reserved"].items():
        for leg in by_id[order]["legs"]:
            if not leg["pending"]:
                used[leg["account"]] = used.get(leg["account"], 0) + quantity * float(leg["factor"])
                room[leg["account"]] = leg["headroom"]
    assert all(used[account] <= room[account] for account in used)
    assert room["cn-chip-imports/group-quota?licence=cn-import-group"] == 400_000


def test_r4_if_agreed_each_firm_gets_what_it_may_owe(played: tuple[Path, dict]) -> None:
    group = reading(played, "group")
    assert sum(group["reserved_if_agreed"].values()) == 10_000  # two firms have stated their need
    pending = {
        leg["account"]
        for decision in group["decisions"]
        for leg in decision["legs"]
        if leg["pending"]
    }
    assert pending == {f"cn-chip-imports/domestic-ratio?buyer={firm}" for firm in LICENSED}


def test_r5_with_an_undisclosed_split_each_greatest_quantity_is_unknown(
    played: tuple[Path, dict],
) -> None:
    split = reading(played, "split")
    assert split["reserved"] == {}
    assert split["undisclosed"] == [
        f"cn-chip-imports/group-quota?licence=cn-import-{firm}"
        for firm in ("alibaba", "bytedance", "tencent")
    ]
    unknown = [d for d in split["decisions"] if d["verdict"] == "unknown"]
    assert len(unknown) == 139
    assert {d["max_quantity"] for d in unknown} == {None}


def test_r1_reservations_are_provisional_and_the_recount_agrees(played: tuple[Path, dict]) -> None:
    book, _ = played
    group = reading(played, "group")
    assert group["verified"] is True
    with SqliteLedger(book) as ledger:
        assert ledger.verify() is None
        held = {order: ledger.reservations(f"reserve/{order}") for order in group["reserved"]}
        assert len(ledger.transfers()) == group["transfers"]
    placed = {order: rows for order, rows in held.items() if rows}
    assert set(placed) == {order for order, quantity in group["reserved"].items() if quantity}
    assert all(row.provisional for rows in placed.values() for row in rows)
    assert all(len(rows) == 4 for rows in placed.values())  # licence, half of volume, quota, stock


def test_the_demo_can_be_run_again_and_gives_the_same(played: tuple[Path, dict]) -> None:
    book, report = played
    again = run("--book", str(book), "--format", "json")
    assert json.loads(again.stdout) == report


def test_the_report_says_what_binds_and_what_to_do_next(tmp_path: Path) -> None:
    result = run("--book", str(tmp_path / "h200.db"))
    assert result.exit_code == 0
    for words in (
        "267 orders for 2,080,000 chips; 700,000 in stock",
        "As things stand",
        "If the drafts were agreed as they are",
        "Reading 'split'",
        "proof checked",
        "recount: agrees",
        "interlock law diff",
    ):
        assert words in " ".join(result.stdout.split())


def test_a_faulty_episode_is_refused_and_no_book_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "episode"
    folder.mkdir()
    (folder / "episode.yaml").write_text("title: [\n")
    book = tmp_path / "kept.db"
    book.write_bytes(b"mine")
    arguments = ["demo", "--episode", str(folder), "--book", str(book)]
    result = CliRunner().invoke(app, [*arguments, "--regimes", str(ROOT / "regimes")])
    assert result.exit_code == 2
    assert "episode.yaml" in result.stderr
    assert book.read_bytes() == b"mine"


def test_the_commands_that_the_report_shows_next_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = run("--book", str(tmp_path / "h200.db")).stdout
    shown = [line.strip() for line in report.splitlines() if line.startswith("  ")]
    commands = [line for line in shown if "interlock " in line]
    assert len(commands) == 4
    monkeypatch.chdir(ROOT)
    for command in commands:
        given, _, rest = command.rpartition("interlock ")
        text = given.partition("echo ")[2].rpartition("|")[0].strip().strip("'")
        result = CliRunner().invoke(app, shlex.split(rest), input=text)
        assert result.exit_code in {0, 1}, (command, result.output)
        assert result.stdout


def test_a_what_if_shares_under_the_proposed_cap(tmp_path: Path) -> None:
    book = tmp_path / "cap.db"
    options = ("--book", str(book), "--at", "2026-03-31", "--assume", "cap-2026-03")
    result = run(*options)
    assert result.exit_code == 0, result.output
    assert "A what-if: cap-2026-03 is assumed to be in force" in result.stdout
    words = [" ".join(line.split()) for line in result.stdout.splitlines()]
    for asked, firm in (("420,000", "ByteDance"), ("380,000", "Alibaba Group")):
        assert any(line.startswith(f"{firm} {asked} 75,000") for line in words)
    with SqliteLedger(book) as store:
        assert store.account("cn-chip-imports/customer-cap?buyer=bytedance") is not None


def test_a_what_if_of_nothing_touches_no_book(tmp_path: Path) -> None:
    book = tmp_path / "none.db"
    result = run("--book", str(book), "--assume", "cap-2026-04")
    assert result.exit_code == 2
    assert (
        result.stderr == "--assume: nothing is called 'cap-2026-04'; did you mean 'cap-2026-03'?\n"
    )
    assert not book.exists()
