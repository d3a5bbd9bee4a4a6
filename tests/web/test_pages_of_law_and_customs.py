"""Sharing runs, customs desk, law, evidence, audit and letters in a browser, in both languages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from web_kit import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

CASE = (
    "/law/try/?at=2026-02-01&known=2026-02-01&f-product.name=H200+SXM&f-order.destination=CN"
    "&f-order.quantity=1000&f-shipment.origin=US&f-transaction.kind=export"
)
SEEN = [
    ("nvidia-allocator", "/runs/run-b/", "sharing-run"),
    ("nvidia-allocator", "/runs/run-a/?beside=run-b", "sharing-runs-beside"),
    ("cn-customs-customs", "/desk/", "customs-desk"),
    ("cn-customs-customs", "/desk/E-2026-0002/", "customs-desk-entry"),
    ("us-bis-officer", "/law/?at=2026-01-10", "law"),
    ("us-bis-officer", "/law/of/us-advanced-computing/?at=2026-01-20", "regime"),
    (
        "us-bis-officer",
        "/law/of/us-advanced-computing/changes/?at=2026-01-14&and=2026-01-15",
        "regime-changes",
    ),
    ("us-bis-officer", CASE, "law-try-a-case"),
    ("cn-authorities-officer", "/law/orders/?on=2025-12-01&stage=order", "law-orders"),
    ("cn-authorities-analyst", "/evidence/", "evidence"),
    ("us-bis-auditor", "/audit/?kind=run.*", "audit"),
]


@pytest.fixture
def desk(browser: Browser, played: str) -> Iterator[Console]:
    """A fresh window on it."""
    made = Console(browser, played)
    yield made
    made.close()


@pytest.mark.parametrize(("who", "path", "name"), SEEN)
def test_each_page_is_read_in_both_languages_and_on_a_phone(
    desk: Console, who: str, path: str, name: str
) -> None:
    page = desk.be(who)
    desk.go(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    desk.fit()
    desk.shot(name)
    desk.phone()
    desk.fit(seen=True)
    desk.page.set_viewport_size({"width": 1360, "height": 850})
    desk.chinese()
    assert re.search("[\u4e00-\u9fff]", page.get_by_role("main").inner_text())
    assert desk.too_wide() == 0
    desk.shot(f"{name}-zh")


def test_a_run_tells_who_gets_how_much_and_is_played_again(desk: Console) -> None:
    page = desk.be("nvidia-allocator")
    desk.go("/runs/run-a/")
    answer = page.get_by_role("region", name="Who gets how much")
    expect(answer).to_contain_text("30,000")
    expect(answer).to_contain_text("units of 1,100,000 asked")
    buyers = page.get_by_role("region", name="By buyer").locator("tbody tr")
    expect(buyers.nth(0)).to_contain_text("25,000")
    expect(buyers.nth(1)).to_contain_text("5,000")
    expect(page.locator("[data-bars] svg").first).to_be_visible()
    page.get_by_role("link", name="Play it again").click()
    expect(page.get_by_text("Played again just now: the same, to the byte.")).to_be_visible()


def test_two_runs_side_by_side_tell_who_gains_and_a_second_person_decides(desk: Console) -> None:
    page = desk.be("nvidia-allocator")
    desk.go("/runs/run-a/")
    page.get_by_label("Compare it with").select_option("run-c")
    page.get_by_role("button", name="Side by side").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("who gains, who loses?")
    rows = page.get_by_role("region", name="Gains and losses by buyer").locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(page.get_by_role("region", name="Accounts")).to_contain_text(
        "another limit (not disclosed)"
    )
    page.get_by_role("link", name="Reject").first.click()
    page.get_by_label("Reason").fill("the optimum is kept")
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rejected")
    desk.go("/runs/run-b/approve/")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("A second person decides")


def test_customs_settles_a_discrepancy_then_releases_and_holds_by_three_keys(
    desk: Console,
) -> None:
    page = desk.be("cn-customs-customs")
    desk.go("/desk/")
    row = page.get_by_role("region", name="Counts that disagree").locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("\u221210")
    row.get_by_role("link", name="Reject").click()
    page.get_by_label("Reason").fill("recounted with the carrier: all are there")
    page.get_by_role("button", name="Reject", exact=True).click()
    desk.go("/desk/")
    expect(page.get_by_text("Our counts and those of others agree.")).to_be_visible()
    expect(page.locator(":focus")).to_have_attribute("name", "number")
    page.keyboard.type("E-2026-0002")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("Open")
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("E-2026-0002: Release. It is now Released")
    page.keyboard.type("E-2026-0003")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("E-2026-0003")
    for key in ("h", "2", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("status")).to_contain_text("It is now Placed")
    desk.go("/desk/E-2026-0003/")
    expect(page.get_by_role("region", name="Holds")).to_contain_text(
        "The quantity differs from the declaration"
    )
    expect(page.get_by_role("button", name="Release")).to_have_count(0)


def test_a_regime_is_read_as_of_two_dates(desk: Console) -> None:
    page = desk.be("us-bis-officer")
    desk.go("/law/of/us-advanced-computing/?at=2026-01-20&known=2026-01-20")
    item = page.locator("#parameters-tpp_below")
    expect(item).to_contain_text("21,000")
    expect(item).to_contain_text("fr-2026-00789")
    desk.go("/law/of/us-advanced-computing/?at=2026-01-20&known=2026-01-12")
    expect(page.locator("#parameters-tpp_below")).to_have_count(0)


def test_the_difference_of_two_days_is_told_in_legal_words(desk: Console) -> None:
    page = desk.be("us-bis-officer")
    desk.go("/law/of/us-party-lists/changes/?at=2025-11-09&and=2025-11-10")
    told = page.get_by_role("region", name="2025-11-09 against 2025-11-10")
    expect(told).to_contain_text(
        "was in force since 2025-09-29, is suspended since 2025-11-10 until 2026-11-10"
    )


def test_a_case_is_tried_and_what_it_lacks_becomes_a_field(desk: Console) -> None:
    page = desk.be("us-bis-officer")
    desk.go("/law/try/")
    page.get_by_role("link", name="For example").click()
    expect(page.get_by_role("heading", name="The decision")).to_contain_text("Shut")
    lacked = page.locator("[name='f-order.prohibited_end_use']")
    lacked.select_option("false")
    page.get_by_label("units wanted").fill("many")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Write a number.")).to_be_visible()
    page.get_by_label("units wanted").fill("500")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("heading", name="The decision")).to_be_visible()
    assert "f-order.prohibited_end_use=false" in page.url


def test_a_proposed_version_names_the_open_orders_and_past_decisions_that_it_changes(
    desk: Console,
) -> None:
    page = desk.be("cn-authorities-officer")
    desk.go("/law/orders/")
    page.context.set_default_timeout(60_000)  # it decides every order of the past twice
    page.locator("[name=on]").fill("2025-12-01")
    page.locator("[value=customer-cap]").check()
    page.get_by_label("Stage").select_option("order")
    page.get_by_role("button", name="Find them, and play the past again").click()
    hit = page.get_by_role("region", name="Orders that change, of 50 looked at")
    expect(hit.locator("tbody tr").first).to_contain_text(
        "us-advanced-computing/licence-required: Pass \u2192 Fail"
    )
    past = page.get_by_role("region", name="The past, by that law")
    expect(past).to_contain_text(re.compile(r"decisions of [\d,]+ turn"))


def test_evidence_shows_what_contradicts_and_what_rests_on_a_claim(desk: Console) -> None:
    page = desk.be("cn-authorities-analyst")
    desk.go("/evidence/?known=2026-03-03")
    pairs = page.get_by_role("region", name="These cannot both be true")
    expect(pairs).to_contain_text("none-shipped")
    expect(page.locator("#c-approval-400k")).to_contain_text("cn-chip-imports/group-quota")
    desk.go("/evidence/?known=2026-01-13")
    expect(page.locator("#c-approval-400k")).to_have_count(0)


def test_a_row_of_the_log_is_proved_to_be_in_the_sealed_record(desk: Console) -> None:
    page = desk.be("us-bis-auditor")
    desk.go("/audit/?cause=order/order-001")
    expect(page.get_by_role("region", name="Is the record sealed?")).to_contain_text("rows under")
    page.locator("tbody tr").last.get_by_role("link").first.click()
    expect(page.get_by_role("region", name="Proof")).to_contain_text("It is leaf")
    expect(page.locator("pre")).to_contain_text('"order-001"')
    desk.fit()
    desk.shot("audit-proof")
    with page.expect_download() as found:
        page.get_by_role("link", name="Take the proof away").click()
    proof = json.loads(found.value.path().read_text())
    assert json.loads(proof["entry"])["cause"] == "order/order-001"


def test_a_letter_is_printed_in_the_language_of_the_page(desk: Console) -> None:
    page = desk.be("cn-authorities-officer")
    desk.chinese()
    desk.go("/licences/cn-import-group/")
    where = page.get_by_role("link", name="打印函件").get_attribute("href")
    assert where == "/api/v1/licences/cn-import-group/letter?language=zh-hans"
    answer = page.request.get(f"{desk.address}{where}")
    assert answer.status == 200
    assert answer.body().startswith(b"%PDF-")
