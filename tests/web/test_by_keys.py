"""The main journey of every role, from choosing the role to the work done, without a mouse."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from web_kit import PAPER, Console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

long = pytest.mark.skipif(
    not os.environ.get("INTERLOCK_KEYS"), reason="a minute each: INTERLOCK_KEYS=1 plays them"
)


class Keys:
    """Hands on a keyboard: keys go to whatever has the focus, and nothing is clicked or filled."""

    def __init__(self, console: Console) -> None:
        self.page = console.page
        self.page.mouse.click = None  # type: ignore[method-assign] - no mouse here
        self.address = console.address

    def signs_in(self, who: str) -> None:
        """Choose a role on the page of sign-in."""
        self.page.context.clear_cookies()
        self.page.goto(f"{self.address}/accounts/login/")
        if not self.page.locator(f"button[value='{who}']").is_visible():
            self.to("details > summary")
            self.page.keyboard.press("Enter")
        self.to(f"button[value='{who}']")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.address}/")

    def goes(self, words: str, where: str) -> None:
        """To a place by the palette: Ctrl-K, some letters, Enter."""
        self.page.keyboard.press("Control+k")
        self.page.keyboard.type(words)
        expect(
            self.page.locator(f"#palette-found li:first-child a[href*='{where}']")
        ).to_be_visible()
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(re.compile(re.escape(where)))

    def to(self, css: str, most: int = 120) -> None:
        """Press Tab until the focus is there."""
        self.page.locator(css).first.wait_for()
        for _ in range(most):
            if self.page.evaluate("css => document.activeElement.matches(css)", css):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{css} is not reached by {most} tabs")

    def content(self) -> None:
        """Skip to the content, as the first link of every page offers."""
        self.page.evaluate("document.activeElement.blur()")
        self.page.keyboard.press("Tab")
        self.page.keyboard.press("Enter")

    def follows(self, css: str) -> None:
        """Enter on a link or button; the page that follows is there."""
        self.to(css)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def writes(self, name: str, text: str) -> None:
        """A text into a field of a form."""
        self.to(f"#move [name='{name}']")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def picks(self, name: str, value: str) -> None:
        """A choice of a list by its arrows."""
        css = f"#move select[name='{name}']"
        self.to(css)
        for _ in range(20):
            if self.page.locator(css).input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} is not among the choices of {name}")

    def dates_back(self, day: str, time: str) -> None:
        """Say that it took effect earlier, in the way that the browser's own field is typed in."""
        self.to("#move details > summary")
        self.page.keyboard.press("Enter")
        self.to("#move [name=effective]")
        self.page.keyboard.type(day)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(time)

    def scans(self, entry: str) -> None:
        """An entry's number at the customs desk, whose field has the focus."""
        self.page.locator("[name=number]:focus").wait_for()
        self.page.keyboard.type(entry)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def does(self) -> None:
        """Look at what would change, then do it: the button that does it has the focus by then."""
        self.follows("#move button[value=preview]")
        expect(self.page.locator("#preview")).to_be_visible()
        self.follows("#preview button[value=make]")
        expect(self.page.get_by_role("status")).to_contain_text("It is now")


@pytest.fixture
def console(browser: Browser, played: str) -> Iterator[Console]:
    """A fresh window on the episode as it went on."""
    made = Console(browser, played)
    yield made
    made.close()


@pytest.fixture
def keys(console: Console) -> Keys:
    """Hands on its keyboard."""
    return Keys(console)


def test_an_administrator_enters_a_person_gives_an_office_and_invites(
    keys: Keys, console: Console
) -> None:
    page = keys.page
    keys.signs_in("administrator")
    keys.goes("People", "/people/")
    console.shot("people")
    keys.content()
    keys.follows("a[href='/people/new/']")
    keys.writes("username", "keys-li")
    keys.writes("name", "Li Wei")
    keys.follows("#move button[value=make]")
    expect(page.get_by_role("status").first).to_contain_text("keys-li was entered.")
    keys.content()
    keys.follows("a[href$='/keys-li/office/']")
    keys.writes("party", "cn-customs")
    keys.picks("role", "customs_officer")
    keys.follows("#move button[value=make]")
    expect(page.get_by_role("region", name="Offices").first).to_contain_text("Customs officer")
    keys.content()
    keys.follows("a[href$='/keys-li/invite/']")
    keys.follows("#move button[value=make]")
    expect(page.locator("#secret")).to_have_value(re.compile("^http.*/accounts/password/"))
    console.fit()


@long
def test_a_buyer_applies_an_officer_takes_it_and_grants_a_licence_by_two_people(
    keys: Keys,
) -> None:
    page = keys.page
    keys.signs_in("tencent-compliance")
    keys.goes("Write an appl", "/applications/new/draft/")
    keys.writes("id", "keys-1")
    keys.picks("gate", "import")
    keys.writes("products", "h200-sxm")
    keys.writes("quantity", "700")
    keys.writes("destination", "CN")
    keys.does()
    keys.content()
    keys.follows("a[href$='/keys-1/submit/']")
    keys.does()
    expect(page.get_by_text("Place in the queue")).to_be_visible()
    keys.signs_in("cn-authorities-officer")
    keys.goes("Queue", "/queue/")
    keys.content()
    keys.follows("a[href$='/keys-1/take/']")
    keys.does()
    keys.goes("Write a lic", "/licences/new/draft/")
    keys.writes("id", "keys-licence")
    keys.picks("gate", "import")
    keys.writes("holders-0-party", "tencent")
    keys.writes("products", "h200-sxm")
    keys.writes("quantity", "600")
    keys.does()
    keys.content()
    keys.follows("a[href$='/keys-licence/propose/']")
    keys.does()
    keys.signs_in("cn-authorities-second")
    keys.goes("keys-licence", "/licences/keys-licence/")
    keys.content()
    keys.follows("a[href$='/keys-licence/grant/']")
    keys.does()
    expect(page.get_by_role("status")).to_contain_text("It is now Issued")


@long
def test_a_buyer_places_an_order_and_proves_a_purchase_by_the_paper_itself(keys: Keys) -> None:
    page = keys.page
    keys.signs_in("alibaba-compliance")
    keys.goes("Place an ord", "/orders/new/place/")
    keys.writes("id", "keys-order")
    keys.writes("supplier", "nvidia")
    keys.writes("product", "h200-sxm")
    keys.writes("quantity", "1,200")
    keys.writes("destination", "CN")
    keys.does()
    expect(page.get_by_role("heading", level=1)).to_contain_text("keys-order")
    keys.goes("File a pur", "/purchases/new/file/")
    keys.writes("id", "keys-purchase")
    keys.writes("seller", "A maker")
    keys.writes("product", "domestic-chip")
    keys.writes("quantity", "50")
    keys.to("#move [name=bought_on]")
    page.keyboard.type("02012026")
    keys.to("input[data-papers=records]")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(PAPER)
    expect(page.locator("[name=evidence]")).to_have_value(re.compile(r"^\S+ [0-9a-f]{64}$"))
    keys.writes("evidence_by", "A laboratory")
    keys.does()


@long
def test_a_supplier_shares_by_a_rule_a_second_person_approves_and_takes_it_back(
    browser: Browser, address: str
) -> None:
    console = Console(browser, address)  # before conditions bind, and no counts disagree yet
    keys, page = Keys(console), console.page
    page.context.set_default_timeout(30_000)
    keys.signs_in("nvidia-allocator")
    keys.goes("Share by a", "/runs/new/propose/")
    keys.writes("id", "keys-run")
    keys.writes("product", "h200-sxm")
    keys.picks("rule", "proportional")
    keys.to("#move [name=agreed]")
    page.keyboard.press("Space")
    keys.dates_back("01282026", "1159PM")
    keys.does()
    keys.content()
    keys.follows("a[href='?again=1#proof']")
    expect(page.get_by_text("the same, to the byte")).to_be_visible()
    keys.signs_in("nvidia-second")
    keys.goes("keys-run", "/runs/keys-run/")
    keys.content()
    keys.follows("a[href$='/keys-run/approve/']")
    keys.dates_back("01282026", "1159PM")
    keys.does()
    keys.follows("#toasts form button")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Void")
    keys.follows("button[name=do][value=make]")
    expect(page.get_by_role("status").filter(has_text="Done for")).to_be_visible()
    console.close()


@long
def test_a_compliance_officer_of_the_supplier_prepares_a_shipment(keys: Keys) -> None:
    page = keys.page
    keys.signs_in("nvidia-compliance")
    keys.goes("Allocations", "/allocations/")
    keys.content()
    keys.to("#filters [name=state]")
    page.keyboard.type("Res")
    page.wait_for_url("**state=reserved*")
    keys.follows("#list td.cell-id a")
    pk = page.url.rstrip("/").rpartition("/")[2]
    keys.goes("Prepare units", "/shipments/new/prepare/")
    keys.writes("id", "keys-shipment")
    keys.writes("allocation", pk)
    keys.writes("quantity", "1")
    keys.writes("origin", "US")
    keys.does()
    expect(page.get_by_role("heading", level=1)).to_contain_text("keys-shipment")


def test_customs_holds_an_entry_and_lifts_the_hold(keys: Keys) -> None:
    page = keys.page
    keys.signs_in("cn-customs-customs")
    keys.goes("Customs desk", "/desk/")
    keys.scans("E-2026-0003")
    for key in ("h", "1"):
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("It is now Placed")
    keys.scans("E-2026-0003")
    keys.follows("a[href$='/lift/']")
    keys.writes("reason", "the paper came")
    keys.does()


@long
def test_an_analyst_asks_the_law_of_another_day_and_who_claims_what(keys: Keys) -> None:
    page = keys.page
    keys.signs_in("cn-authorities-analyst")
    keys.goes("Evidence", "/evidence/")
    keys.content()
    keys.to("[name=known]")
    page.keyboard.type("01132026")
    keys.to("main form button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "known=2026-01-13" in page.url
    keys.goes("The law", "/law/")
    keys.content()
    keys.follows("a[href*='/law/of/us-party-lists/']")
    keys.follows("a[href*='/changes/']")
    keys.follows("a[href='?at=2025-11-09&and=2025-11-10']")
    expect(page.get_by_text("is suspended since 2025-11-10 until 2026-11-10")).to_be_visible()


def test_an_auditor_finds_a_row_and_takes_its_proof_away(keys: Keys) -> None:
    page = keys.page
    keys.signs_in("us-bis-auditor")
    keys.goes("Audit", "/audit/")
    keys.content()
    keys.to("[name=cause]")
    page.keyboard.type("order/order-001")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    keys.follows("main tbody a")
    expect(page.get_by_role("region", name="Proof")).to_contain_text("It is leaf")
    keys.to("main a[download], main a[href*='proof']")
    with page.expect_download():
        page.keyboard.press("Enter")


@long
def test_an_officer_of_exports_finds_a_statement_that_waits_and_accepts_it(keys: Keys) -> None:
    page = keys.page
    keys.signs_in("us-bis-officer")
    keys.goes("Statements", "/statements/")
    keys.content()
    keys.to("#filters [name=state]")
    page.keyboard.type("Fil")
    page.wait_for_url("**state=filed*")
    keys.follows("#list td.cell-id a")
    keys.content()
    keys.follows("a[href$='/accept/']")
    keys.does()
    expect(page.get_by_role("status")).to_contain_text("It is now Accepted")
