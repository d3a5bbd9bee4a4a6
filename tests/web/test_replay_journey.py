"""An officer plays the past by another law in a browser; a process of its own is the worker."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from server_kit import env_of
from test_every_page_is_fit import SENTENCES
from web_kit import Console

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.skipif(
    not (os.environ.get("INTERLOCK_KEYS") or os.environ.get("INTERLOCK_SHOTS")),
    reason="a minute: INTERLOCK_KEYS=1 plays it; test_replay_pages asks the same without a browser",
)
PLAY = """
from interlock.cli.django import set_up
set_up()
from django.utils import timezone
from interlock.book.replays import QUEUE
QUEUE.play(QUEUE.take(timezone.now()), timezone.now)
"""


@pytest.fixture
def desk(browser: Browser, played: str) -> Iterator[Console]:
    """A fresh window on the episode as it went on."""
    made = Console(browser, played)
    yield made
    made.close()


def test_an_officer_plays_the_past_by_another_text_follows_it_and_reads_what_changes(
    desk: Console, played_home: Path
) -> None:
    page = desk.be("us-bis-officer")
    page.context.set_default_timeout(30_000)
    desk.go("/law/of/us-advanced-computing/")
    page.get_by_role("link", name="Play the past by another text").click()
    text = page.get_by_role("textbox", name="Text of a regime")
    own = text.input_value()
    text.fill(own.replace("require: licence_valid", "require: licence_vaild", 1))
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("alert")).to_contain_text("1 fault")
    desk.fit()
    desk.shot("replay-faults")
    text.fill(own)
    page.get_by_label("The law of one day").fill("2026-01-20")
    page.get_by_label("Also play what moved accounts").check()
    page.get_by_role("button", name="Play it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How far is the replay?")
    expect(page.locator("[data-row] [data-word]")).to_have_text("waits")
    desk.fit()
    env = env_of(played_home, f"sqlite:///{played_home}/book.sqlite3") | {"INTERLOCK_DEMO": "1"}
    subprocess.run([sys.executable, "-c", PLAY], env=env, cwd=played_home, check=True,
                   capture_output=True)  # fmt: skip
    expect(page.get_by_role("heading", level=1)).to_have_text("What would have changed?")
    changes = page.get_by_role("region", name="Decisions that change")
    expect(changes.locator("tbody tr").first).to_contain_text("Customs")
    desk.fit()
    desk.shot("replay", full=True)
    with page.expect_download() as found:
        page.get_by_role("link", name="CSV").click()
    lines = found.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("decision,change,move")
    assert len(lines) > 50
    page.get_by_role("link", name="Next page").click()
    expect(changes).to_contain_text("51 \N{EN DASH} 100")
    desk.chinese()
    desk.fit()
    assert page.evaluate(SENTENCES) == []
    desk.phone()
    desk.fit()
