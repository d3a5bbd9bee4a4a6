"""Statements: closed-world papers, by whoever may make them, reviewed by an officer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN
from licensing_kit import everything

from interlock.book.cases import Cases
from interlock.book.errors import DeniedError, InputError, MoveError, NotFoundError
from interlock.book.models import Order

if TYPE_CHECKING:
    from licensing_kit import Desk

PAPER = {"name": "need.pdf", "sha256": "a" * 64}


def refused(error: Any, desk: Desk, who: Any, right: str, pk: str = "", **values: Any):
    before = everything()
    with pytest.raises(error) as caught:
        desk.do(who, right, pk, **values)
    assert everything() == before
    return caught.value


def filed(desk: Desk, pk: str = "s-1", who: Any = None, **more: Any) -> Any:
    who = who or desk.buyer
    values = {"id": pk, "statement_kind": "necessity", "by": who.party, "evidence": [PAPER]} | more
    return desk.do(who, "statement.file", **values)


def on_file(desk: Desk, at: dt.date | None = None) -> dict[str, Any]:
    order = Order.objects.filter(pk="o-1").first() or desk.order()
    return Cases(at or desk.now.date()).order(order, "order")["statement"]


def test_a_statement_is_on_file_until_it_is_rejected_or_taken_back(desk: Desk) -> None:
    assert on_file(desk) == {}
    made = filed(desk, valid_until="2026-12-31")
    assert (made.state, made.evidence, made.filed_on) == ("filed", [PAPER], desk.now.date())
    expected = {"necessity": True, "necessity_valid_until": dt.date(2026, 12, 31)}
    assert on_file(desk) == expected
    assert on_file(desk, dt.date(2026, 2, 9)) == {}
    done = desk.do(desk.cn_officer, "statement.accept", "s-1")
    assert (done.state, done.reviewed_by) == ("accepted", "chen@cn-authorities")
    assert on_file(desk) == expected
    desk.do(desk.cn_officer, "statement.reject", "s-1", reason="the study is from 2019")
    assert on_file(desk) == {}
    filed(desk, "s-2")
    desk.do(desk.buyer, "statement.withdraw", "s-2", reason="a better one comes")
    assert on_file(desk) == {}
    refused(MoveError, desk, desk.cn_officer, "statement.accept", "s-2")


def test_the_kinds_are_those_of_the_law(desk: Desk) -> None:
    by = {"by": "bytedance", "evidence": [PAPER]}
    error = refused(
        InputError, desk, desk.buyer, "statement.file", statement_kind="neccesity", **by
    )
    assert "did you mean 'necessity'" in error.faults["statement_kind"]
    refused(InputError, desk, desk.buyer, "statement.file",
            statement_kind="necessity_valid_until", **by)  # fmt: skip
    error = refused(InputError, desk, desk.buyer, "statement.file",
                    statement_kind="know_your_customer", valid_until="2027-01-01",
                    **by)  # fmt: skip
    assert "has no last day in the law" in error.faults["valid_until"]
    error = refused(InputError, desk, desk.buyer, "statement.file", statement_kind="necessity",
                    valid_until="2026-02-10", **by)  # fmt: skip
    assert "is over" in error.faults["valid_until"]


def test_a_document_is_named_by_its_sha_256(desk: Desk) -> None:
    before = everything()
    with pytest.raises(ValueError, match="sha256"):
        filed(desk, evidence=[{"name": "need.pdf", "sha256": "abc"}])
    assert everything() == before


def test_a_firm_states_for_itself_and_an_officer_reviews(desk: Desk) -> None:
    refused(InputError, desk, desk.buyer, "statement.file", statement_kind="necessity",
            by="tencent")  # fmt: skip
    filed(desk)
    refused(NotFoundError, desk, desk.rival, "statement.withdraw", "s-1", reason="x")
    refused(DeniedError, desk, desk.buyer, "statement.accept", "s-1")
    refused(NotFoundError, desk, desk.customs, "statement.reject", "s-1", reason="x")
    refused(DeniedError, desk, desk.cn_officer, "statement.withdraw", "s-1", reason="x")


def test_nobody_certifies_for_the_supplier(desk: Desk) -> None:
    desk.order()
    filed(desk, "s-1", statement_kind="us_supply")
    assert on_file(desk) == {}
    filed(desk, "s-2", desk.supplier, statement_kind="us_supply")
    assert on_file(desk) == {"us_supply": True}
    desk.do(ADMIN, "party.change", "bytedance", known_to=["tencent"])
    filed(desk, "s-3", desk.rival, buyer="bytedance")  # a stranger's word on another firm
    assert on_file(desk) == {"us_supply": True}
    filed(desk, "s-4", desk.supplier, statement_kind="know_your_customer", buyer="bytedance")
    assert on_file(desk) == {"us_supply": True, "know_your_customer": True}
