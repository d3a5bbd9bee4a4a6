"""The lab's page: the scenarios that come along, and the results that lie in its folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import actor

if TYPE_CHECKING:
    from pathlib import Path

    from web_kit import Pages

BAND = {"mean": 2.0, "p05": 1000.0, "p25": 2000.0, "p50": 301234.0, "p75": 4000.0, "p95": 5000.0}
NOTHING = dict.fromkeys(BAND)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The lab's folder, with one result, and one file that is none."""
    settings.REQUIRE_MFA = False
    settings.LAB_RESULTS = str(tmp_path)
    names = ("asked", "allocated", "shipped", "delivered", "waiting", "unused", "domestic",
             "compute", "wait_days")  # fmt: skip
    summary = {
        "title": "As approved", "runs": 1000, "seed": 7, "start": "2026-01-28",
        "end": "2028-01-28", "overall": dict.fromkeys(names, BAND) | {"wait_days": NOTHING},
    }  # fmt: skip
    for name, text in (("approved", json.dumps(summary)), ("broken", "{"), ("other", '{"a": 1}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(text)
    return tmp_path


def test_an_analyst_sees_the_scenarios_and_what_was_played(pages: Pages, folder: Path) -> None:
    answer = pages.get("/lab/", actor("nell", "us-bis", "analyst"))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Change and play it" in text
    assert "301,234" in text
    assert "seed 7" in text
    assert "Delivered" in text
    assert "Wait days" not in text, "nobody waited in any run: there is no band"
    assert "broken" not in text


def test_without_a_folder_the_page_says_how_to_name_one(pages: Pages, settings: Any) -> None:
    settings.REQUIRE_MFA = False
    settings.LAB_RESULTS = ""
    answer = pages.get("/lab/", actor("nell", "us-bis", "analyst"))
    assert "INTERLOCK_LAB_RESULTS names the folder" in answer.content.decode()


def test_the_lab_is_no_page_of_a_firm(pages: Pages, folder: Path) -> None:
    answer = pages.get("/lab/", pages.world.buyer)
    assert answer.status_code == 403
    assert "As approved" not in answer.content.decode()
