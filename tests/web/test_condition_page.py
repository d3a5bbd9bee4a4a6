"""A condition's page: how it is fulfilled by each holder, and what it rests on (R4, R11)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import book_kit
import pytest
from customs_kit import Harbour
from django.utils import timezone
from web_kit import Pages

from interlock.book.models import Condition
from interlock.web import fulfilment


@pytest.fixture
def harbour(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Harbour:
    """A book in which chips come in against domestic purchases, at the clock of its moves."""
    settings.REQUIRE_MFA = False
    settings.REGIMES = [Path(book_kit.__file__).parent / "harbour"]
    made = Harbour()
    monkeypatch.setattr(timezone, "now", lambda: made.now)
    return made


def page(harbour: Harbour, who: Any, query: str = "") -> str:
    answer = Pages(harbour).get(f"/conditions/L-1.ratio/{query}", who)
    assert answer.status_code == 200
    return answer.content.decode()


def rows(text: str) -> list[list[str]]:
    table = text.partition('aria-labelledby="h-owed"><table')[2].partition("</tbody>")[0]
    found = re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
    return [[re.sub("<[^>]+>", "", one).strip() for one in re.findall(r"<td.*?>(.*?)</td>", row)]
            for row in found]  # fmt: skip


def test_officers_see_what_each_holder_owes_and_a_holder_its_own_alone(harbour: Harbour) -> None:
    harbour.licence(quantity=2000, holders=("bytedance", "tencent"), ratio=0.5)
    Condition.objects.update(basis={"claims": ["c-1"]})
    harbour.sent(quantity=1500)
    harbour.let_in(quantity=1200)
    harbour.accepted("p-1", 500)
    harbour.bought("p-2", 40)
    own = ["ByteDance", "600", "150", "500", "40", "100", "0"]
    text = page(harbour, harbour.cn_officer)
    assert [row[:7] for row in rows(text)] == [own]
    assert "Counted in: domestic-chip." in re.sub("<[^>]+>", "", text)
    assert '#c-c-1">c-1</a>' in text
    assert 'href="/law/of/harbour-import/#conditions-domestic-ratio"' in text
    mine = page(harbour, harbour.buyer)
    assert [row[:7] for row in rows(mine)] == [own]
    assert "c-c-1" not in mine, "firms read no claims"
    rivals = page(harbour, harbour.rival)
    assert rows(rivals) == []
    assert "600" not in rivals
    assert "Nothing is counted for it yet" in rivals


def test_r11_holders_come_in_pages_and_a_firm_is_not_told_how_many_there_are(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulfilment, "A_PAGE", 1)
    harbour.licence(quantity=2000, holders=("bytedance", "tencent"), ratio=0.5)
    harbour.sent(quantity=1500)
    harbour.let_in(quantity=1200)
    first = page(harbour, harbour.cn_officer)
    assert [row[0] for row in rows(first)] == ["ByteDance"]
    assert "Holders 1 to 1 of 2" in first
    assert 'href="?after=bytedance#h-owed"' in first
    second = page(harbour, harbour.cn_officer, "?after=bytedance")
    assert [row[0] for row in rows(second)] == ["Nothing is counted for these holders."]
    assert "Holders 2 to 2 of 2" in second
    assert "after=" not in second.partition('id="h-owed"')[2].partition("</section>")[0]
    assert "Holders 1" not in page(harbour, harbour.buyer)
