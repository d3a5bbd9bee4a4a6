"""A round from applications to its decision, and a printed letter checked by its code."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

from playwright.sync_api import expect
from pypdf import PdfReader

if TYPE_CHECKING:
    from web_kit import Console

ROUND = "walked-round"


def applied(console: Console, firm: str, quantity: int) -> str:
    """A firm applies by the form; gives the application's id."""
    page = console.be(f"{firm}-compliance")
    name = f"walked-{firm}"
    console.go("/applications/new/draft/")
    page.get_by_label("Id", exact=True).fill(name)
    page.get_by_label("Gate").select_option("import")
    page.get_by_label("Products", exact=True).fill("h200-sxm")
    page.get_by_label("Quantity").fill(f"{quantity}")
    page.get_by_label("Destination").fill("CN")
    page.get_by_role("button", name="Draft", exact=True).click()
    moved(console, "Submit")
    return name


def moved(console: Console, name: str, **fields: str) -> None:
    """A move by its button and its form; what was done is told."""
    page = console.page
    link = page.get_by_role("link", name=name, exact=True)
    if not link.is_visible():
        page.get_by_role("button", name="More").click()
    link.click()
    for field, value in fields.items():
        page.locator(f"#move [name='{field}']").fill(value)
    page.locator("#move button[value=make]").click()
    expect(page.get_by_role("status").first).to_contain_text("It is now")


def test_a_round_is_opened_filled_scored_proposed_and_decided_by_two_people(
    console: Console,
) -> None:
    names = [applied(console, firm, quantity)
             for firm, quantity in (("bytedance", 4000), ("tencent", 3000))]  # fmt: skip
    page = console.be("cn-authorities-officer")
    console.go("/rounds/new/open/")
    page.get_by_label("Id", exact=True).fill(ROUND)
    page.get_by_label("Gate").select_option("import")
    page.get_by_label("Title").fill("The batch of this month")
    page.get_by_label("Rule", exact=True).fill("cn-chip-imports/batch")
    page.locator("#move [name=criteria]").fill("unpublished: application.quantity < 3500 ? 2 : 1")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(ROUND)
    for name in names:
        console.go(f"/applications/{name}/")
        moved(console, "Enter", round=ROUND)
    console.go(f"/rounds/{ROUND}/")
    console.fit()
    moved(console, "Close")
    moved(console, "Propose")
    sheet = page.get_by_role("region", name="Decision sheet").get_by_role("row")
    expect(sheet).to_have_count(3)
    expect(sheet.nth(1)).to_contain_text(names[1])  # the better score by what only officers know
    expect(sheet.nth(1)).to_contain_text("3,000")
    console.fit()
    console.shot("round", full=True)
    # Who proposed it does not decide it.
    page.get_by_role("link", name="Decide", exact=True).click()
    page.locator("#move button[value=make]").click()
    expect(page.get_by_role("alert").first).to_contain_text("second person")
    console.be("cn-authorities-second")
    console.go(f"/rounds/{ROUND}/")
    moved(console, "Decide")
    expect(page.get_by_role("banner")).to_be_visible()
    page = console.be("tencent-compliance")
    console.go(f"/applications/{names[1]}/")
    expect(page.locator("h1")).to_contain_text("Approved")
    assert "unpublished" not in page.content()
    assert page.goto(f"{console.address}/rounds/{ROUND}/").status == 404


def test_a_letter_is_printed_and_whoever_has_its_code_may_check_it(console: Console) -> None:
    page = console.be("cn-authorities-officer")
    console.go("/licences/cn-import-group/")
    where = page.get_by_role("link", name="Print the letter").get_attribute("href")
    body = page.request.get(f"{console.address}{where}").body()
    text = " ".join(one.extract_text() for one in PdfReader(BytesIO(body)).pages)
    printed = re.sub(r"\s", "", text[text.index("licence/cn-import-group/") :])
    found = re.match(r"licence/[^/]+/\w+\.\w+/(?:\w{4}-){3}\w{4}", printed)
    assert found, printed
    code = found[0]
    console.context.clear_cookies()  # nobody is signed in
    console.go("/check")
    page.get_by_role("textbox").fill(code)
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".good")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("400,000")
    console.fit()
    page.get_by_role("textbox").fill(code[:-1] + ("2" if code[-1] != "2" else "3"))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)
    console.fit()
