"""The main journey of each role, from sign-in to the work done, in English and in Chinese."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from played_kit import played_server
from playwright.sync_api import expect
from web_kit import PAPER, Console, demo_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

LATE = "2026-01-28T23:59"
"""After the orders of the episode, before its conditions bind."""
HAN = re.compile("[\u4e00-\u9fff]")
NOW_IS = {"en": "It is now", "zh-hans": "现为"}
DONE = {"en": re.compile(r"Done for \d"), "zh-hans": re.compile(r"已对 \d+ 项执行")}


class Walk:
    """Somebody at a window who reads one language; nothing is found by a word of the page."""

    def __init__(self, console: Console, language: str) -> None:
        self.console, self.language = console, language
        self.page = console.page

    def be(self, who: str) -> None:
        """Sign in, in this language."""
        self.console.be(who)
        if self.language != "en":
            self.console.chinese()

    def go(self, path: str) -> None:
        """Open a page; it is in this language."""
        self.console.go(path)
        self.read()

    def read(self) -> None:
        """The page is in the language that was chosen; names and titles that are data stay."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        told = self.page.get_by_role("main").inner_text()
        assert (len(HAN.findall(told)) > 20) == (self.language != "en"), told

    def fill(self, **fields: str) -> None:
        """Write into the form's fields, or choose."""
        for name, value in fields.items():
            field = self.page.locator(f"#move [name='{name.replace('__', '-')}']")
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def does(self, **fields: str) -> None:
        """Fill a move's form in, look at what would change, and do it."""
        self.fill(**fields)
        self.page.locator("#move button[value=preview]").click()
        self.page.locator("#preview button[value=make]").click()
        expect(self.page.get_by_role("status").first).to_contain_text(NOW_IS[self.language])
        self.read()

    def move(self, pk: str, name: str, **fields: str) -> None:
        """A move of the thing at hand by its button."""
        button = self.page.locator(f"main a[href$='/{pk}/{name}/']").first
        if not button.is_visible():
            self.page.locator("main [data-bs-toggle=dropdown]").first.click()
        button.click()
        self.does(**fields)

    def dated(self) -> None:
        """It took effect in the days of the episode."""
        self.page.locator("#move details > summary").click()
        self.fill(effective=LATE)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[str]:
    """A server on the episode as it begins, of these journeys alone."""
    with demo_server(tmp_path_factory.mktemp("begun"), shared) as found:
        yield found


@pytest.fixture(scope="module")
def went_on(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[str]:
    """A server on the episode as it went on, of these journeys alone."""
    with played_server(tmp_path_factory.mktemp("went-on"), shared) as found:
        yield found


@pytest.fixture(params=["en", "zh-hans"])
def language(request: pytest.FixtureRequest) -> str:
    """Each journey is walked in both."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def early(browser: Browser, begun: str, language: str) -> Iterator[Walk]:
    """A window on the episode as it begins."""
    console = Console(browser, begun)
    yield Walk(console, language)
    console.close()


@pytest.fixture
def later(browser: Browser, went_on: str, language: str) -> Iterator[Walk]:
    """A window on the episode as it went on."""
    console = Console(browser, went_on)
    yield Walk(console, language)
    console.close()


def test_a_buyer_applies_and_two_officers_grant_the_licence(early: Walk) -> None:
    page, apply, licence = early.page, f"a-{early.language}", f"l-{early.language}"
    early.be("tencent-compliance")
    early.go("/applications/new/draft/")
    early.does(id=apply, gate="import", products="h200-sxm", quantity="700", destination="CN")
    early.move(apply, "submit")
    early.be("cn-authorities-officer")
    early.go("/queue/")
    page.locator(f"main a[href$='/{apply}/']").first.click()
    early.move(apply, "take")
    early.go("/licences/new/draft/")
    early.does(id=licence, gate="import", holders__0__party="tencent", products="h200-sxm",
               quantity="600")  # fmt: skip
    early.move(licence, "propose")
    early.be("cn-authorities-second")
    early.go(f"/licences/{licence}/")
    early.move(licence, "grant")
    expect(page.locator("h1")).to_contain_text(
        {"en": "Issued", "zh-hans": "已签发"}[early.language]
    )


def test_a_supplier_shares_and_a_second_person_approves(early: Walk) -> None:
    page, run = early.page, f"r-{early.language}"
    early.be("nvidia-allocator")
    early.go("/runs/new/propose/")
    early.fill(id=run, product="h200-sxm", rule="proportional")
    page.locator("#move [name=agreed]").check()
    early.dated()
    early.does()
    early.be("nvidia-second")
    early.go(f"/runs/{run}/")
    page.locator(f"main a[href$='/{run}/approve/']").first.click()
    early.dated()
    early.does()
    page.locator("#toasts form button").click()  # as long as nothing left, it can be taken back
    early.read()
    page.locator("button[name=do][value=make]").click()
    expect(page.get_by_role("status").filter(has_text=DONE[early.language])).to_be_visible()


def test_a_buyer_places_an_order_and_proves_a_domestic_purchase(later: Walk) -> None:
    page, order, purchase = later.page, f"o-{later.language}", f"p-{later.language}"
    later.be("alibaba-compliance")
    later.go("/orders/new/place/")
    later.does(id=order, supplier="nvidia", product="h200-sxm", quantity="1,200", destination="CN")
    expect(page.locator("h1")).to_contain_text(order)
    later.go("/purchases/new/file/")
    later.fill(id=purchase, seller="A maker", product="domestic-chip", quantity="50",
               bought_on="2026-02-01", evidence_by="A laboratory")  # fmt: skip
    with page.expect_file_chooser() as chooser:
        page.locator("input[data-papers=records]").click()
    chooser.value.set_files(PAPER)
    expect(page.locator("[name=evidence]")).to_have_value(re.compile(r"^\S+ [0-9a-f]{64}$"))
    later.does()


def test_customs_releases_one_entry_and_holds_another(later: Walk) -> None:
    page = later.page
    entry = {"en": "E-2026-0002", "zh-hans": "E-2026-0003"}[later.language]
    later.be("cn-customs-customs")
    later.go("/desk/")
    for _ in range(page.locator("main a[href*='/discrepancies/'][href$='/reject/']").count()):
        page.locator("main a[href*='/discrepancies/'][href$='/reject/']").first.click()
        later.does(reason="recounted with the carrier: all are there")
        later.go("/desk/")
    page.keyboard.type(entry)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(entry)
    later.read()
    for key in ("h", "2", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("status")).to_contain_text(NOW_IS[later.language])
    later.go(f"/desk/{entry}/")
    page.locator("main a[href$='/lift/']").click()
    later.does(reason="the paper came")
    later.go(f"/desk/{entry}/")
    for key in ("r", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("status").first).to_contain_text(NOW_IS[later.language])


def test_a_compliance_officer_prepares_a_shipment_of_what_was_promised(later: Walk) -> None:
    page, shipment = later.page, f"s-{later.language}"
    later.be("nvidia-compliance")
    later.go("/allocations/?state=reserved")
    page.locator("#list td.cell-id a").first.click()
    later.read()
    pk = page.url.rstrip("/").rpartition("/")[2]
    later.go("/shipments/new/prepare/")
    later.does(id=shipment, allocation=pk, quantity="1", origin="US")
    expect(page.locator("h1")).to_contain_text(shipment)


def test_an_analyst_asks_the_law_of_two_days_and_plays_the_lab(later: Walk) -> None:
    page = later.page
    later.be("cn-authorities-analyst")
    later.go("/evidence/?known=2026-03-03")
    expect(page.locator("#c-approval-400k")).to_be_visible()
    later.go("/law/of/us-party-lists/changes/?at=2025-11-09&and=2025-11-10")
    told = {"en": "is suspended since 2025-11-10", "zh-hans": "暂停"}[later.language]
    expect(page.get_by_role("main")).to_contain_text(told)
    later.go("/lab/")
    page.locator("main a[href*='/lab/of/first']").first.click()
    later.read()
    expect(page.locator("main svg").first).to_be_visible()


def test_an_auditor_takes_the_proof_of_a_row_away(later: Walk) -> None:
    page = later.page
    later.be("us-bis-auditor")
    later.go("/audit/?cause=order/order-001")
    page.locator("main tbody tr").last.get_by_role("link").first.click()
    later.read()
    with page.expect_download():
        page.locator("main a[download], main a[href*='proof']").first.click()
