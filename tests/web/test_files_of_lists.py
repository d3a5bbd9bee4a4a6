"""What a list shows can be taken away as CSV and Parquet, with its filters, and no more of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from book_kit import ADMIN, NOW, actor

from interlock.book.acting import perform
from interlock.book.models import Application
from interlock.book.services import people as people_services

if TYPE_CHECKING:
    from book_kit import World
    from web_kit import Pages

    from interlock.book.rights import Actor


@pytest.fixture(autouse=True)
def _plain(settings: Any) -> None:
    """That an office may ask for a second factor is tested elsewhere."""
    settings.REQUIRE_MFA = False


def taken(pages: Pages, path: str, who: Actor, form: str = "csv") -> pl.DataFrame:
    """The file behind an address."""
    answer = pages.get(f"{path}{'&' if '?' in path else '?'}form={form}", who)
    assert answer.status_code == 200
    assert answer["X-Interlock-Complete"] == "yes"
    assert answer["Content-Disposition"].endswith(f'.{form}"')
    read = pl.read_csv if form == "csv" else pl.read_parquet
    return read(io.BytesIO(answer.content))


@pytest.fixture
def waiting(world: World) -> World:
    """One application of each of two firms waits at the import gate."""
    for pk, firm in (("a-1", "bytedance"), ("a-2", "tencent")):
        made = Application.objects.create(
            id=pk, state="submitted", version=1, made_at=NOW, changed_at=NOW, gate="import",
            applicant_id=firm, quantity=700, destination="CN", received_on=NOW.date(),
        )  # fmt: skip
        made.products.set(["h200-sxm"])
    return world


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_queue_of_an_officer_is_all_of_it_and_a_firms_its_own(
    waiting: World, pages: Pages, form: str
) -> None:
    all_of_it = taken(pages, "/queue/", waiting.cn_officer, form)
    assert all_of_it["id"].to_list() == ["a-1", "a-2"]
    assert all_of_it["quantity"].to_list() == [700, 700]
    assert "days" in all_of_it.columns
    own = taken(pages, "/queue/", waiting.rival, form)
    assert own["id"].to_list() == ["a-2"]
    assert "days" not in own.columns
    assert own["place"].to_list() == [2]


def test_claims_come_as_the_page_has_narrowed_them(world: World, pages: Pages) -> None:
    whole = taken(pages, "/evidence/?known=2026-03-03", world.officer)
    some = taken(pages, "/evidence/?known=2026-03-03&how=contested", world.officer)
    assert 0 < some.height < whole.height
    assert whole["known"].max() <= "2026-03-03"
    assert pages.get("/evidence/?known=nonsense&form=csv", world.officer).status_code == 422


def test_rows_of_the_log_come_by_their_filters(world: World, pages: Pages) -> None:
    found = taken(pages, "/audit/?kind=party.*", world.auditor, "parquet")
    assert set(found["kind"]) == {"party.enter"}
    assert found["seq"].is_sorted(descending=True)
    assert pages.get("/audit/?form=csv", world.buyer).status_code == 403


def test_people_and_tokens_come_to_whoever_may_read_them(world: World, pages: Pages) -> None:
    boss = actor("root", "us-bis", "administrator")
    found = taken(pages, "/people/?begins=ch", boss)
    assert found["username"].to_list() == ["chen"]
    assert pages.get("/people/?form=csv", world.buyer).status_code == 403
    made = {"username": "ivy", "party": "bytedance", "name": "=cmd()", "scopes": [],
            "expires_at": None}  # fmt: skip
    perform(ADMIN, lambda act: people_services.token_make(act, **made), now=NOW)
    own = taken(pages, "/tokens/", world.buyer)
    assert own["user"].to_list() == ["ivy"]
    assert own["name"].to_list() == ["'=cmd()"]  # no spreadsheet runs it
    assert taken(pages, "/tokens/", world.rival, "parquet").height == 0
