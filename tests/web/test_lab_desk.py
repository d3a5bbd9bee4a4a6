"""The lab on the pages: a scenario is checked, asked for, played by a job, shown, and compared."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import NOW, actor

from interlock.book import lab_runs
from interlock.book.models import LabRun, Party
from interlock.files.bundled import bundled
from interlock.lab import simulate
from interlock.lab.summary import summary_json

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client
    from web_kit import Pages

TEXT = (bundled("scenarios") / "h200.yaml").read_text(encoding="utf-8")
SHORT = TEXT.replace("end: 2028-01-28", "end: 2027-02-27")
"""The same over half the time: enough to tell whether a job plays what the command line plays."""
FORM = {"scenario": "h200.yaml", "name": "mine", "variant": "", "runs": "4", "seed": "7"}


@pytest.fixture
def lab(pages: Pages, settings: Any, tmp_path: Path) -> Client:
    """An analyst's browser, and a folder for results."""
    settings.REQUIRE_MFA = False
    settings.LAB_RESULTS = str(tmp_path)
    return pages.client(actor("nell", "us-bis", "analyst"))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", text))


def test_every_fault_of_a_scenario_is_told_with_line_and_column_and_nothing_is_asked(
    lab: Client,
) -> None:
    lines = TEXT.split("\n")
    runs = next(n for n, one in enumerate(lines) if one.startswith("runs:"))
    step = next(n for n, one in enumerate(lines) if one.startswith("start:"))
    lines[runs], lines[step] = "runs: many", "start: soon"
    answer = lab.post("/lab/new/", FORM | {"do": "start", "text": "\n".join(lines)})
    assert answer.status_code == 422
    rows = re.findall(r'<tr><td class="text-end">(\d+)</td><td class="text-end">(\d+)</td>',
                      answer.content.decode())  # fmt: skip
    assert (str(runs + 1), "7") in rows
    assert (str(step + 1), "8") in rows
    assert not LabRun.objects.exists()


def test_a_scenario_names_no_file_but_the_law_that_comes_along(lab: Client) -> None:
    for path in ("../../../../etc/passwd", "/etc/hosts", "../src"):
        text = TEXT.replace("../regimes/cn-customs.yaml", path)
        answer = lab.post("/lab/new/", FORM | {"do": "check", "text": text})
        assert answer.status_code == 422
        assert "is none of the law files that come along" in answer.content.decode()


def test_what_is_asked_for_is_played_by_a_job_to_the_same_figures_as_on_the_command_line(
    lab: Client, settings: Any, tmp_path: Path
) -> None:
    answer = lab.post("/lab/new/", FORM | {"do": "check", "text": SHORT})
    assert "The scenario is in order." in plain(answer.content.decode())
    assert lab.post("/lab/new/", FORM | {"do": "start", "text": SHORT}).status_code == 302
    row = LabRun.objects.get()
    assert (row.state, row.runs, row.seed, row.by) == ("waiting", 4, 7, "nell@us-bis")
    assert "waits" in plain(lab.get("/lab/").content.decode())
    assert lab_runs.is_waiting(NOW)
    assert lab_runs.QUEUE.take(NOW) == row.pk
    assert lab_runs.QUEUE.take(NOW) is None, "a run is taken once"
    lab_runs.QUEUE.play(row.pk, lambda: NOW)
    row.refresh_from_db()
    assert (row.state, row.done, row.wrong) == ("done", 4, "")
    made = (tmp_path / "mine" / "summary.json").read_text(encoding="utf-8")
    (tmp_path / "regimes").symlink_to(bundled("regimes"))
    scenario = tmp_path / "scenarios" / "h200.yaml"
    shutil.copytree(bundled("scenarios"), scenario.parent)
    scenario.write_text(SHORT, encoding="utf-8")
    told, alone = json.loads(made), json.loads(summary_json(simulate(scenario, runs=4, seed=7)))
    told.pop("basis"), alone.pop("basis")  # names the file's own path
    assert told == alone
    text = lab.get("/lab/of/mine/").content.decode()
    assert "4 runs, seed 7" in plain(text)
    assert 'data-chart="bands"' in text
    took = lab.get("/lab/of/mine/summary.json")
    assert b"".join(took.streaming_content) == made.encode()
    assert lab.get("/lab/of/mine/run.yaml").status_code == 404
    again = lab.post("/lab/new/", FORM | {"do": "start", "text": SHORT})
    assert again.status_code == 422
    assert "There is a run of this name" in again.content.decode()


def test_a_run_that_lost_its_process_is_taken_up_again_and_one_at_work_is_not(lab: Client) -> None:
    lab.post("/lab/new/", FORM | {"do": "start", "text": TEXT})
    pk = lab_runs.QUEUE.take(NOW)
    assert lab_runs.QUEUE.take(NOW + dt.timedelta(seconds=30)) is None
    assert lab_runs.QUEUE.take(NOW + dt.timedelta(minutes=3)) == pk


def test_a_run_that_fails_says_why(lab: Client) -> None:
    row = LabRun.objects.create(name="bad", by="x", text="title: [", runs=1, seed=1, asked_at=NOW)
    assert lab_runs.QUEUE.take(NOW) == row.pk
    lab_runs.QUEUE.play(row.pk, lambda: NOW)
    row.refresh_from_db()
    assert row.state == "failed"
    assert "scenario.yaml:1:" in row.wrong
    assert "scenario.yaml:1:" in lab.get("/lab/").content.decode()


def test_two_results_stand_side_by_side(lab: Client, tmp_path: Path) -> None:
    band = {"mean": 10.0, "p05": 5.0, "p25": 7.0, "p50": 10.0, "p75": 12.0, "p95": 15.0}
    for name, factor in (("a", 1), ("b", 4)):
        told = {key: value * factor for key, value in band.items()}
        names = ("asked", "allocated", "shipped", "delivered", "waiting", "unused", "domestic",
                 "compute", "wait_days")  # fmt: skip
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(json.dumps({
            "title": name, "runs": 9, "seed": 1, "start": "2026-01-28", "end": "2028-01-28",
            "compute_unit": "B300e",
            "overall": dict.fromkeys(names, told), "firms": {"f": {"delivered": told}},
        }))  # fmt: skip
    text = plain(lab.get("/lab/beside/?a=a&b=b").content.decode())
    assert "Delivered units 5 10 15 20 40 60 +30 bands apart" in text
    assert " B300e 5 10 15 20 40 60 +30" in text
    assert lab.get("/lab/beside/?a=a&b=../a").status_code == 404
    assert lab.get("/lab/of/..%2Fa/").status_code == 404


def test_a_result_calls_firms_by_name_and_counts_its_accounts_in_units(
    lab: Client, tmp_path: Path
) -> None:
    band = {"mean": 10.0, "p05": 5.0, "p25": 7.0, "p50": 10.0, "p75": 12.0, "p95": 15.0}
    measures = ("asked", "allocated", "shipped", "delivered", "waiting", "unused", "domestic",
                "compute", "wait_days")  # fmt: skip
    firms = ("others", "bytedance", "nobody")
    account = {"unit": "half-chip", "credited": 9.0, "used": 8.0, "left": 1.0,
               "blocked_unit_steps": 2}  # fmt: skip
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "summary.json").write_text(json.dumps({
        "title": "a", "runs": 9, "seed": 1, "start": "2026-01-28", "end": "2028-01-28",
        "compute_unit": "B300e", "overall": dict.fromkeys(measures, band),
        "firms": {one: {"delivered": band} for one in firms},
        "accounts": [account | {"account": f"us-advanced-computing/half-of-domestic-volume?{whose}"}
                     for whose in ("exporter=nvidia&product=H200", "exporter=others")],
        "names": {"others": "Others, of a later batch"},
    }))  # fmt: skip
    name = Party.objects.get(pk="nvidia").name
    text = plain(lab.get("/lab/of/a/").content.decode())
    assert "Others, of a later batch" in text
    assert "ByteDance" in text, "a party of the book is called as the book calls it"
    assert " nobody " in text, "who has a name nowhere stays as the scenario writes it"
    assert f"Half of domestic volume {name}, H200 half-chip 9 8 1" in text
    assert "Half of domestic volume Others, of a later batch half-chip 9 8 1" in text
    both = plain(lab.get("/lab/beside/?a=a&b=a").content.decode())
    assert "Others, of a later batch 10 10 ByteDance 10 10 nobody 10 10" in both
    assert " Delivered units 5 7 10 12 15 " in plain(lab.get("/lab/").content.decode())


def test_the_lab_and_its_files_are_no_pages_of_a_firm(pages: Pages, lab: Client) -> None:
    for place in ("/lab/new/", "/lab/of/mine/", "/lab/beside/", "/lab/of/mine/summary.json"):
        assert pages.get(place, pages.world.buyer).status_code == 403, place
    assert pages.post("/lab/new/", pages.world.buyer, **FORM, do="start").status_code == 403
    assert not LabRun.objects.exists()


def test_the_stream_tells_each_job_and_run_and_ends(
    pages: Pages, lab: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from interlock.web import progress

    monkeypatch.setattr(progress, "SECONDS", 0.0)
    LabRun.objects.create(name="mine", by="x", text="", runs=10, done=4, seed=1, asked_at=NOW,
                          state="running")  # fmt: skip
    answer = lab.get("/jobs/stream/")
    assert answer["Content-Type"].startswith("text/event-stream")
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("retry: 1000\n\nevent: progress\ndata: ")
    rows = {one["key"]: one for one in json.loads(text.split("data: ", 1)[1])["rows"]}
    run = rows[f"lab-{LabRun.objects.get().pk}"]
    assert (run["done"], run["of"], run["state"]) == (4, 10, "running")
    assert {"job-expire", "job-seal", "job-count", "job-lab"} <= set(rows)
    assert "Runs of the lab" in plain(lab.get("/jobs/").content.decode())
    for who in (pages.world.buyer, pages.world.supplier):
        assert pages.get("/jobs/stream/", who).status_code == 403
        assert pages.get("/jobs/", who).status_code == 403


def test_when_many_look_each_stream_is_told_once_and_to_ask_again(
    lab: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from interlock.web import progress

    monkeypatch.setattr(progress, "_streams", threading.Semaphore(0))
    text = b"".join(lab.get("/jobs/stream/").streaming_content).decode()
    assert text.startswith("retry: 5000\n\nevent: progress\n")
    assert text.count("event: progress") == 1
