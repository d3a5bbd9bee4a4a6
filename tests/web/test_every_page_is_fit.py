"""Every page of every role: axe-core finds nothing, nothing goes sideways, all is Chinese too.

And whole journeys by the keyboard alone.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from web_kit import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

ROLES = ("us-bis-officer", "cn-authorities-officer", "nvidia-allocator", "bytedance-compliance",
         "cn-customs-customs", "us-bis-auditor", "administrator")  # fmt: skip
MORE = {
    "us-bis-officer": (
        "/law/of/us-advanced-computing/",
        "/law/of/us-advanced-computing/changes/?at=2026-01-14&and=2026-01-15",
        "/law/orders/?on=2027-01-01&stage=order",
        "/law/replays/new/?regime=us-advanced-computing",
        "/law/replays/",
        "/law/try/?f-product.name=H200+SXM&f-order.destination=CN&f-order.quantity=10",
        "/orders/order-001/decision/",
        "/lab/new/",
        "/lab/of/first/",
        "/lab/beside/?a=first&b=second",
        "/no-such-page/",
    ),
    "nvidia-allocator": ("/runs/run-a/?beside=run-b", "/runs/run-b/approve/"),
    "bytedance-compliance": ("/desk/",),
    "cn-customs-customs": ("/desk/E-2026-0002/",),
    "administrator": (
        "/people/of/us-bis-officer/",
        "/people/of/us-bis-officer/office/",
        "/tokens/",
        "/tokens/new/",
    ),
}
# What may stand in Latin letters on a Chinese page: marked as another language, an id, a name, a
# figure with its unit. `textContent` of everything else must hold no English sentence.
SENTENCES = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, at = node.parentElement;
    if (at.closest("script, style, [lang=en], [translate=no], .id, code, option, textarea, pre, datalist")) continue;
    const text = node.textContent.trim();
    if (/[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}/.test(text) && !/[\\u4e00-\\u9fff]/.test(text)) found.push(text);
  }
  return found;
}"""  # noqa: E501 - a script


@pytest.fixture
def console(browser: Browser, played: str) -> Iterator[Console]:
    """A fresh window on it."""
    made = Console(browser, played)
    yield made
    made.close()


def leads_to(page: Page) -> list[str]:
    """From a list the first thing and the first form that makes one."""
    found = []
    for css in ("#list td.cell-id a", ".page-header a.btn-primary"):
        first = page.locator(css)
        if first.count():
            found.append(first.first.get_attribute("href") or "")
    return found


def settled(page: Page) -> None:
    """What comes in by itself is there."""
    expect(page.locator(".spinner-border")).to_have_count(0)


def kind_of(place: str) -> str:
    """Pages of one shape: those of two things of a kind are made alike."""
    path, _mark, query = place.partition("?")
    return re.sub(r"^(/[a-z_]+/)(?!new/|of/|orders/|try/)[^/]+/$", r"\1*", path) + query


def test_every_page_is_fit_in_both_languages_and_no_sentence_is_left_in_english(
    console: Console,
) -> None:
    met: set[str] = set()
    left: list[tuple[str, str, object]] = []
    for who in ROLES:
        page = console.be(who)
        places = page.eval_on_selector_all(
            "#places a", "all => all.map(one => one.getAttribute('href'))"
        )
        todo, seen = [*places, *MORE.get(who, ())], []
        while todo:
            place = todo.pop(0)
            if not place or kind_of(place) in met:
                continue
            met.add(kind_of(place))
            seen.append(place)
            console.go(place)
            settled(page)
            left += [(place, "en", one) for one in console.unfit()]
            todo += leads_to(page)
        console.go("/audit/" if who.endswith("auditor") else "/law/")
        console.chinese()
        for place in seen:
            console.go(place)
            settled(page)
            if os.environ.get("INTERLOCK_KEYS"):  # as in English; only the texts differ
                left += [(place, "zh", one) for one in console.unfit(seen=True)]
            left += [(place, "no Chinese", text) for text in page.evaluate(SENTENCES)]
    assert left == [], "\n".join(map(str, left))
    assert len(met) > 60


def focus_on(page: Page, css: str, most: int = 90) -> None:
    """Press Tab until the focus is there."""
    for _ in range(most):
        if page.evaluate("css => document.activeElement.matches(css)", css):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{css} is not reached by {most} tabs")


def test_an_officer_narrows_a_list_opens_a_thing_and_tries_a_move_by_keys_alone(
    console: Console,
) -> None:
    page = console.be("cn-authorities-officer")
    page.keyboard.press("Control+k")
    page.keyboard.type("Conditions")
    expect(page.locator("#palette-found a").first).to_contain_text("Conditions")
    page.keyboard.press("Enter")
    page.wait_for_url("**/conditions/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the content
    focus_on(page, "#list td.cell-id a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Condition")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    focus_on(page, "main .term, main .btn")
    before = page.url
    focus_on(page, ".page-header .btn")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != before)
    focus_on(page, "button[name=do]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text(re.compile("What would change|cannot"))


def test_rows_are_chosen_and_moved_together_by_keys_alone(console: Console) -> None:
    page = console.be("bytedance-compliance")
    console.go("/orders/?state=placed")
    if not page.locator("input[name=row]").count():
        console.go("/orders/?state=confirmed")
    focus_on(page, "input[name=row]")
    page.keyboard.press("Space")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('input[name=row]')"):
            break
    page.keyboard.press("Space")
    focus_on(page, "form#bulk button", 400)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 chosen")
    focus_on(page, "button[name=move][value=cancel]")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_be_visible()
    focus_on(page, "[name=reason]")
    page.keyboard.type("no longer wanted")
    focus_on(page, "button[name=do]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="It would be done for 2")).to_be_visible()
    console.fit()
    console.shot("bulk-preview")


def test_a_word_is_explained_and_closed_by_keys_alone(console: Console) -> None:
    page = console.be("us-bis-officer")
    focus_on(page, ".term")
    page.keyboard.press("Enter")
    told = page.locator("[popover]:popover-open")
    expect(told).to_contain_text("The power of one authority or party to stop")
    console.fit()
    page.keyboard.press("Escape")
    expect(told).to_have_count(0)


def test_a_result_of_the_lab_is_drawn_and_a_faulty_scenario_is_told_at_its_place(
    console: Console,
) -> None:
    page = console.be("us-bis-analyst")
    console.go("/lab/of/first/")
    expect(page.locator("#chart-time canvas")).to_be_visible()
    expect(page.locator("[data-bars] svg").first).to_be_visible()
    console.shot("lab-result", full=True)
    console.phone()
    console.fit()
    page.set_viewport_size({"width": 1360, "height": 850})
    console.go("/lab/new/")
    text = page.get_by_role("textbox", name="Scenario")
    text.fill(text.input_value().replace("runs: 1000", "runs: many"))
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("alert")).to_contain_text("1 fault")
    console.fit()
    console.shot("lab-faults")


def test_a_round_and_the_jobs_are_shown(console: Console) -> None:
    page = console.be("us-bis-officer")
    console.go("/jobs/")
    expect(page.get_by_role("region", name="Jobs")).to_contain_text("runs of the lab")
    console.shot("jobs")
    console.phone()
    console.go("/licences/us-export-bytedance/")
    narrow = page.locator("h1 > span").first.bounding_box()
    assert narrow is not None
    assert narrow["width"] > 180, "buttons leave the title its place on a phone"
