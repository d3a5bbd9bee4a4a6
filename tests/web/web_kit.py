"""Opening pages in tests: by Django's client on the small world, by Chromium on the demo."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from django.test import Client
from PIL import Image
from server_kit import env_of, free_port

from interlock.book.models import User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from book_kit import World
    from django.http import HttpResponse
    from playwright.sync_api import Browser, Page

    from interlock.book.rights import Actor

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "docs" / "screenshots"
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TALLEST = 1900
PAPER = {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"delivered: 50"}
"""A paper as somebody has it on their own machine."""
WIDE, PHONE = {"width": 1360, "height": 850}, {"width": 390, "height": 844}


class Pages:
    """A client for each actor of the world, signed in without a password."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients: dict[str, Client] = {}

    def client(self, who: Actor) -> Client:
        """The client of an actor, acting for their party."""
        if who.name not in self.clients:
            made = Client(raise_request_exception=False)
            made.force_login(
                User.objects.get(pk=who.user),
                backend="allauth.account.auth_backends.AuthenticationBackend",
            )
            session = made.session
            session["party"] = who.party
            session.save()
            self.clients[who.name] = made
        return self.clients[who.name]

    def get(self, path: str, who: Actor) -> HttpResponse:
        """A page."""
        return self.client(who).get(path)

    def post(self, path: str, who: Actor, **sent: Any) -> HttpResponse:
        """A form, sent."""
        return self.client(who).post(path, sent)


FILL = """
from interlock.cli.django import migrate, set_up
set_up(); migrate()
from interlock.cli.serve import fill_demo
fill_demo()
"""


def demo_book(shared: Path) -> Path:
    """The demo's book, made once for all workers of a run; copy it."""
    made = shared / "demo-book.sqlite3"
    with (shared / "demo-book.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            work = shared / "demo-book-at-work.sqlite3"
            env = os.environ | {
                "DATABASE_URL": f"sqlite:///{work}",
                "DJANGO_SETTINGS_MODULE": "interlock.site.settings",
                "INTERLOCK_DEMO": "1",
            }
            subprocess.run([sys.executable, "-c", FILL], env=env, cwd=shared, check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
            with sqlite3.connect(work) as book:
                book.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            book.close()
            work.rename(made)
    return made


@contextlib.contextmanager
def demo_server(home: Path, shared: Path, book: Path | None = None) -> Iterator[str]:
    """`interlock serve --demo` in a process of its own on a copy of the demo's book, or another."""
    shutil.copy(book or demo_book(shared), home / "book.sqlite3")
    port = free_port()
    run = "from interlock.cli.main import main; main()"
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", run, "serve", "--demo", "--no-jobs", "--port", str(port)],
            env=env_of(home, f"sqlite:///{home}/book.sqlite3"), cwd=home, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        end = time.monotonic() + 300
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/ready", timeout=60).status_code == 200:
                    break
            time.sleep(0.1)
        else:
            raise AssertionError((home / "server.log").read_text()[-3000:])
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; as root it runs without its sandbox, which needs another user."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("INTERLOCK_CHROMIUM") or shutil.which("chromium")
    assert program, "no Chromium here; run 'make browser'"
    with sync_playwright() as found:
        made = found.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield made
        made.close()


class Console:
    """One person at one window."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.context = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC")
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda one: self.errors.append(str(one)))
        self.page.on("console", self._logged)

    def _logged(self, message: Any) -> None:
        # A refused form answers 4xx, which the browser logs; everything else is a fault of ours.
        if (
            message.type == "error"
            and "the server responded with a status of 4" not in message.text
        ):
            self.errors.append(message.text)

    def close(self) -> None:
        """End; what the pages logged as errors (the policy's refusals too) fails the test."""
        self.context.close()
        assert self.errors == [], self.errors

    def be(self, username: str) -> Page:
        """Sign in as one of the demo's people."""
        self.context.clear_cookies()
        self.page.goto(f"{self.address}/accounts/login/")
        there = self.page.locator(f"button[name=username][value='{username}']")
        if not there.is_visible():
            self.page.locator("details > summary").click()
        there.click()
        self.page.wait_for_url(f"{self.address}/")
        return self.page

    def go(self, path: str) -> Page:
        """Open a page."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def chinese(self) -> None:
        """Read on in Chinese."""
        self.page.get_by_role("button", name="简体中文").click()
        self.page.wait_for_selector("html[lang=zh-hans]")

    def phone(self) -> None:
        """Hold a phone."""
        self.page.set_viewport_size(PHONE)

    def shot(self, name: str, *, full: bool = False) -> None:
        """A screenshot: beside the docs if INTERLOCK_SHOTS asks for it, else kept nowhere."""
        if full:  # the window grows, so that what stays in place does so here, too
            tall = self.page.evaluate("document.documentElement.scrollHeight")
            size = self.page.viewport_size or WIDE
            self.page.set_viewport_size({"width": size["width"], "height": min(tall, TALLEST)})
            self.page.wait_for_timeout(200)
        self.page.evaluate("window.scrollTo(0, 0)")
        image = self.page.screenshot(animations="disabled")
        assert len(image) > 5000, "an empty page"
        if os.environ.get("INTERLOCK_SHOTS"):
            kept = (
                Image.open(io.BytesIO(image)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
            )
            kept.save(SHOTS / f"{name}.png", optimize=True)  # a third of the bytes

    def fit(self, *, seen: bool = False) -> None:
        """axe-core finds nothing, and nothing is wider than the window."""
        found = self.unfit(seen=seen)
        assert found == [], json.dumps(found, indent=1, ensure_ascii=False)

    def unfit(self, *, seen: bool = False) -> list[object]:
        """What axe-core finds on the page, and by how much it is wider than the window.

        `seen`: the page was looked at before, in another language or width. Its colours are the
        same, so their contrast, which takes most of the time, is not measured again.
        """
        self.page.evaluate(AXE)  # not a script of the page: the policy stays as it is
        found: list[object] = self.page.evaluate(
            "([only, seen]) => axe.run(document, {runOnly: only, resultTypes: ['violations'],"
            " rules: {'color-contrast': {enabled: !seen}}})"
            ".then(x => x.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html)]))",
            [RULES, seen],
        )
        wide = self.too_wide()
        return [*found, f"{wide} pixels too wide"] if wide else found

    def too_wide(self) -> int:
        """By how many pixels the page is wider than the window."""
        script = "Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"
        wide: int = self.page.evaluate(script)
        return wide
