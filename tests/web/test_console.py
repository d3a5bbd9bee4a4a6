"""The console in a browser: sign-in by role, lists, things, moves as forms, both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from web_kit import Console


def test_a_role_is_chosen_and_the_console_shows_whose_it_is(console: Console) -> None:
    console.go("/accounts/login/")
    console.fit()
    console.shot("sign-in")
    page = console.be("us-bis-officer")
    expect(page.get_by_role("banner")).to_contain_text("US Bureau of Industry and Security")
    expect(page.get_by_role("banner")).to_contain_text("Licensing officer")
    console.fit()


def test_a_list_is_narrowed_kept_under_a_name_and_taken_away(console: Console) -> None:
    page = console.be("nvidia-compliance")
    console.go("/orders/")
    expect(page.locator("#list tbody tr")).to_have_count(50)
    buyer = page.get_by_role("textbox", name="Buyer")
    buyer.fill("tencent")
    buyer.press("Enter")
    expect(page.locator("#list tbody tr")).to_have_count(38)
    assert "buyer=tencent" in page.url
    console.fit()
    page.get_by_text("Keep this view").click()
    page.get_by_label("Name of the view").fill("Tencent's")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="Tencent's")).to_be_visible()
    expect(page.locator("#list tbody tr")).to_have_count(38)
    with page.expect_download() as found:
        page.get_by_role("link", name="CSV").click()
    lines = found.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 39
    assert lines[0].startswith("id,state,buyer")
    console.shot("orders")


def test_a_move_is_tried_before_it_is_made_and_its_faults_stand_at_their_fields(
    console: Console,
) -> None:
    page = console.be("bytedance-compliance")
    console.go("/orders/new/place/")
    page.get_by_label("Product").fill("h200-sxm")
    page.get_by_label("Buyer").fill("bytedance")
    page.get_by_label("Supplier").fill("nvidia")
    page.get_by_label("Destination").fill("China")
    page.get_by_label("Quantity").fill("0")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#e-quantity")).to_have_text("Write a number greater than 0.")
    expect(page.locator("#e-destination")).to_contain_text("the form that the help describes")
    console.fit()
    console.shot("move-with-faults")
    page.get_by_label("Quantity").fill("1,250")
    page.get_by_label("Destination").fill("CN")
    page.get_by_role("button", name="Preview").click()
    preview = page.get_by_role("region", name="What would change")
    expect(preview).to_contain_text("1,250")
    console.fit()
    console.shot("move-preview")
    page.get_by_role("button", name="Place", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("order-")
    expect(page.get_by_role("status")).to_contain_text("It is now Placed")
    expect(page.locator(".past li")).to_have_count(1)
    console.fit()
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_label("Reason").fill("only to try it out")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("It is now Cancelled")
    expect(page.locator(".past li")).to_have_count(2)


def test_one_order_with_its_history_and_what_can_be_done(console: Console) -> None:
    page = console.be("nvidia-allocator")
    console.go("/orders/order-001/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("order-001")
    expect(page.locator(".past li").first).to_be_visible()
    console.fit()


@pytest.mark.parametrize("place", ["/orders/", "/orders/order-001/", "/orders/order-001/cancel/"])
def test_a_phone_shows_every_page_without_going_sideways(console: Console, place: str) -> None:
    console.be("bytedance-compliance")
    console.phone()
    console.go(place)
    console.fit()


def test_every_page_is_read_in_chinese_too(console: Console) -> None:
    page = console.be("cn-authorities-officer")
    console.chinese()
    console.go("/licences/")
    assert page.locator("html").get_attribute("lang") == "zh-hans"
    assert re.search("[\u4e00-\u9fff]", page.get_by_role("banner").inner_text())
    console.fit()


def test_the_keyboard_alone_reaches_the_content_and_a_move(console: Console) -> None:
    page = console.be("bytedance-compliance")
    console.go("/orders/order-001/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for _ in range(12):
        if page.evaluate("document.activeElement.matches('.btn-primary')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Preview")).to_be_visible()


def test_the_overview_says_what_flows_what_is_stuck_and_who_can_act(console: Console) -> None:
    page = console.be("us-bis-officer")
    expect(page.get_by_label("As of", exact=True)).to_have_value("2026-01-28")
    expect(page.get_by_label("By what was known on", exact=True)).to_have_value("2026-01-28")
    expect(page.get_by_role("note").first).to_contain_text("told as of 2026-01-28")
    export = page.get_by_role("region", name="Export")
    expect(export).to_contain_text("1,100,000")
    expect(export).to_contain_text("980,000")
    expect(page.get_by_role("region", name="Import")).to_contain_text("60,000")
    row = page.get_by_role("row").filter(has_text="cn-chip-imports/domestic-ratio")
    expect(row).to_contain_text("1,100,000")
    expect(row).to_contain_text("Authority")
    expect(page.locator(".chart-flow canvas")).to_be_visible()
    console.fit()
    console.shot("overview", full=True)
    page.get_by_label("Firm").select_option("deepseek")
    expect(page.get_by_role("region", name="Export")).to_contain_text("60,000")
    expect(page.get_by_role("region", name="Export")).not_to_contain_text("980,000")
    expect(page.locator(".chart-flow canvas")).to_be_visible()


def test_an_order_says_why_not_and_what_would_open_it(console: Console) -> None:
    page = console.be("bytedance-compliance")
    console.go("/orders/order-001/")
    gate = page.get_by_role("region", name="Import")
    expect(gate).to_contain_text("Opens with")
    expect(gate).to_contain_text("the condition “domestic ratio” is agreed")
    expect(gate).to_contain_text("Weakest link: B3")
    expect(page.locator("#decision")).to_contain_text("If agreed as drafted:")
    console.fit()
    console.shot("order", full=True)
    page.get_by_label("As of", exact=True).fill("2025-06-01")
    page.get_by_label("As of", exact=True).blur()
    expect(page.locator("#decision")).to_contain_text("By the law of 2025-06-01")


def test_a_licence_shows_what_is_left_who_holds_it_and_its_conditions(console: Console) -> None:
    page = console.be("cn-authorities-officer")
    console.go("/licences/cn-import-group/")
    expect(page.get_by_role("region", name="What is left of it")).to_contain_text("400,000 chip")
    expect(page.get_by_role("region", name="Holders").get_by_role("listitem")).to_have_count(3)
    ratio = page.get_by_role("region", name="Domestic ratio")
    expect(ratio).to_contain_text("wrote version 1")
    expect(ratio).to_contain_text("For each imported chip the buyer buys 1 domestic chips.")
    expect(page.locator("#balance canvas")).to_be_visible()
    console.fit()
    console.shot("licence", full=True)


def test_a_holder_of_a_shared_licence_is_told_of_itself_alone(console: Console) -> None:
    page = console.be("bytedance-compliance")
    console.go("/licences/cn-import-group/")
    expect(page.get_by_role("region", name="Holders").get_by_role("listitem")).to_have_count(1)
    assert "tencent" not in page.content().lower()
    assert "alibaba" not in page.content().lower()


def test_an_applicant_drafts_and_submits_and_an_officer_finds_it_in_the_queue(
    console: Console,
) -> None:
    page = console.be("bytedance-compliance")
    console.go("/queue/")
    expect(page.get_by_text("No application waits.")).to_be_visible()
    console.fit()
    page.get_by_role("link", name="Draft an application").click()
    expect(page.get_by_label("Applicant")).to_have_value("bytedance")
    page.get_by_label("Gate").select_option("import")
    page.get_by_label("Products", exact=True).fill("h200-sxm")
    page.get_by_label("Quantity").fill("5000")
    page.get_by_label("Destination").fill("CN")
    page.get_by_role("button", name="Draft", exact=True).click()
    page.get_by_role("link", name="Submit", exact=True).click()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_text("Place in the queue")).to_be_visible()
    where = page.url.rstrip("/").rpartition("/")[2]
    page.wait_for_selector("#sheet .gate-part")
    console.fit()
    console.shot("own-application", full=True)
    console.be("cn-authorities-officer")
    console.go("/queue/")
    row = page.get_by_role("row").filter(has_text=where)
    expect(row).to_contain_text("5,000")
    console.fit()
    row.get_by_role("link", name=where).click()
    expect(page.get_by_role("region", name="Decision sheet")).to_contain_text("Import")
    page.wait_for_selector("#sheet .gate-part")
    console.fit()
    console.shot("decision-sheet", full=True)


def test_the_palette_finds_a_thing_by_a_few_letters_and_no_mouse(console: Console) -> None:
    page = console.be("nvidia-allocator")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    page.keyboard.type("order-12")
    expect(page.locator("#palette-found a").first).to_contain_text("order-12")
    console.fit()
    console.shot("palette")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("order-12")


def test_the_overview_is_read_in_chinese_with_long_names(console: Console) -> None:
    page = console.be("cn-authorities-officer")
    console.chinese()
    expect(page.get_by_role("region", name="出口", exact=True)).to_contain_text("1,100,000")
    console.fit()
    console.shot("overview-chinese", full=True)
    console.phone()
    console.go("/")
    expect(page.get_by_role("region", name="进口", exact=True)).to_be_visible()
    console.fit()
    console.shot("overview-phone")


def test_the_slider_moves_the_day_and_an_order_is_decided_on_the_episodes_day(
    console: Console,
) -> None:
    page = console.be("us-bis-officer")
    expect(page.get_by_role("region", name="Export")).to_be_visible()
    slider = page.get_by_label("Move the day through time")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("As of", exact=True)).to_have_value("2026-01-29")
    console.go("/orders/order-001/")
    decision = page.locator("#decision")
    expect(decision).to_contain_text("By the law of 2026-01-28, as known on 2026-01-28")
    expect(decision).to_contain_text("the condition “necessity” is agreed")
    expect(decision).not_to_contain_text("==")
    expect(decision).not_to_contain_text("20,661")
