"""Applications: every move, its guards, the clock that stands, referral, appeal; rights."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from licensing_kit import everything

from interlock.book.errors import DeniedError, InputError, MoveError, NotFoundError
from interlock.book.models import Application
from interlock.book.rights import find, visible
from interlock.book.selectors.history import history
from interlock.book.selectors.present import present
from interlock.book.workdays import after_working_days, working_days

if TYPE_CHECKING:
    from licensing_kit import Desk


def there(pk: str = "a-1") -> Application:
    return Application.objects.get(pk=pk)


def refused(error: type[Exception], desk: Desk, who: Any, right: str, pk: str = "", **values: Any):
    """An act that is refused, and changes nothing."""
    before = everything()
    with pytest.raises(error) as caught:
        desk.do(who, right, pk, **values)
    assert everything() == before
    return caught.value


def test_an_application_goes_from_draft_to_approval(desk: Desk) -> None:
    made = desk.application()
    assert (made.state, made.received_on, made.clock_from) == ("drafted", None, None)
    desk.do(desk.buyer, "application.change", "a-1", quantity=900, end_use="training")
    desk.do(desk.buyer, "application.submit", "a-1")
    assert (there().received_on, there().clock_from) == (dt.date(2026, 2, 10),) * 2
    desk.do(desk.cn_officer, "application.take", "a-1", allowed_days=20)
    assert (there().officer, there().deadline) == ("chen@cn-authorities", dt.date(2026, 3, 10))
    desk.later(days=7)
    done = desk.do(desk.cn_officer, "application.approve", "a-1", reason="it is needed")
    assert (done.state, done.decided_on, done.clock_days, done.clock_from, done.reason) == (
        "approved", dt.date(2026, 2, 17), 5, None, "it is needed",
    )  # fmt: skip


def test_a_firm_writes_for_itself_alone(desk: Desk) -> None:
    refused(InputError, desk, desk.buyer, "application.draft", gate="import",
            applicant="tencent", products=["h200-sxm"], quantity=1, destination="CN")  # fmt: skip


def test_another_firm_gets_nothing_of_it(desk: Desk) -> None:
    desk.submitted()
    for move in ("change", "submit", "withdraw", "answer", "appeal"):
        values = {"answer": "x"} if move == "answer" else {}
        refused(NotFoundError, desk, desk.rival, f"application.{move}", "a-1", reason="x", **values)
    assert not visible(desk.rival, Application).exists()


@pytest.mark.parametrize(
    ("move", "values"),
    [("take", {}), ("return", {"reason": "x"}), ("enter", {"round": "r"})],
)
def test_a_firm_makes_no_move_of_the_desk(desk: Desk, move: str, values: Any) -> None:
    desk.submitted()
    error = refused(DeniedError, desk, desk.buyer, f"application.{move}", "a-1", **values)
    assert "licensing_officer" in error.who


@pytest.mark.parametrize("who", ["reader", "officer", "customs", "auditor"])
def test_who_may_read_or_sits_elsewhere_does_not_hand_in(desk: Desk, who: str) -> None:
    desk.application()
    refused((DeniedError, NotFoundError), desk, getattr(desk, who), "application.submit", "a-1")


def test_the_officers_of_another_gate_do_not_see_it(desk: Desk) -> None:
    desk.submitted()
    refused(NotFoundError, desk, desk.officer, "application.take", "a-1")


def test_facts_are_read_by_the_law_and_faults_name_their_fields(desk: Desk) -> None:
    error = refused(InputError, desk, desk.buyer, "application.draft", gate="import",
                    applicant="bytedance", products=["h200-sxm"], quantity=1, destination="CN",
                    facts={"order": {"truly_needed": "perhaps"},
                           "application": {"us_units_shiped": 5}})  # fmt: skip
    assert set(error.faults) == {"facts.order.truly_needed", "facts.application.us_units_shiped"}
    assert (
        "did you mean 'application.us_units_shipped'"
        in (error.faults["facts.application.us_units_shiped"])
    )
    assert "write true or false" in error.faults["facts.order.truly_needed"]


def test_a_firm_declares_neither_what_the_book_knows_nor_what_the_authority_says(
    desk: Desk,
) -> None:
    desk.application()
    error = refused(InputError, desk, desk.buyer, "application.change", "a-1",
                    facts={"application": {"quantity": 7, "score": 99},
                           "order": {"destination": "SG"}})  # fmt: skip
    assert error.faults == {
        "facts.application.quantity": "the book says it itself; leave it out",
        "facts.application.score": "it is for the authority to say; leave it out",
        "facts.order.destination": "the book says it itself; leave it out",
    }


def test_who_is_named_must_be_there(desk: Desk) -> None:
    error = refused(InputError, desk, desk.buyer, "application.draft", gate="import",
                    applicant="bytedance", products=["h200-sxm", "h300"], quantity=1,
                    destination="CN", consignees=["nobody"])  # fmt: skip
    assert set(error.faults) == {"consignees.0"}


def test_the_clock_stands_while_a_question_is_open(desk: Desk) -> None:
    desk.submitted()  # Tuesday 2026-02-10
    desk.do(desk.cn_officer, "application.take", "a-1", allowed_days=5)
    assert there().deadline == dt.date(2026, 2, 17)
    desk.later(days=2)
    asked = desk.do(desk.cn_officer, "application.ask", "a-1", reason="which data centre?")
    assert (asked.state, asked.clock_days, asked.clock_from, asked.deadline) == (
        "waiting", 2, None, None,
    )  # fmt: skip
    assert (asked.question, asked.waiting_since) == ("which data centre?", dt.date(2026, 2, 12))
    desk.later(days=30)
    desk.do(desk.buyer, "application.change", "a-1", end_use="Langfang")
    back = desk.do(desk.buyer, "application.answer", "a-1", answer="the one in Langfang")
    assert (back.state, back.clock_days, back.clock_from, back.waiting_since) == (
        "in_review", 2, dt.date(2026, 3, 14), None,
    )  # fmt: skip
    # Three working days are left from Saturday the 14th: Monday, Tuesday, Wednesday.
    assert back.deadline == dt.date(2026, 3, 19)
    desk.later(days=3)
    done = desk.do(desk.cn_officer, "application.refuse", "a-1", reason="not there")
    assert done.clock_days == 3


def test_working_days_leave_out_weekends_and_holidays(settings: Any) -> None:
    friday, monday = dt.date(2026, 2, 13), dt.date(2026, 2, 16)
    assert working_days(friday, monday, "export") == 1
    assert working_days(monday, friday, "export") == 0
    assert after_working_days(friday, 1, "export") == monday
    settings.HOLIDAYS = {"export": frozenset({monday})}
    assert after_working_days(friday, 1, "export") == dt.date(2026, 2, 17)
    assert working_days(friday, dt.date(2026, 2, 18), "export") == 2
    assert working_days(friday, dt.date(2026, 2, 18), "import") == 3


def test_a_firm_does_not_change_what_the_authority_is_reading(desk: Desk) -> None:
    desk.submitted()
    error = refused(MoveError, desk, desk.buyer, "application.change", "a-1", quantity=1)
    assert error.can == ("withdraw",)


def test_another_authority_reads_it_once_it_is_asked_and_reports(desk: Desk) -> None:
    desk.submitted()
    desk.do(desk.cn_officer, "application.take", "a-1")
    assert not visible(desk.minister, Application).exists()
    refused(NotFoundError, desk, desk.minister, "application.report", "a-1", answer="x")
    desk.do(desk.cn_officer, "application.refer", "a-1", to="ministry", reason="any objection?")
    assert there().state == "referred"
    assert find(desk.minister, Application, "a-1").pk == "a-1"
    refused(DeniedError, desk, desk.minister, "application.approve", "a-1")
    refused(DeniedError, desk, desk.cn_officer, "application.report", "a-1", answer="none")
    desk.later(days=1)
    back = desk.do(desk.minister, "application.report", "a-1", answer="no objection")
    assert back.state == "in_review"
    assert back.referrals == [
        {"party": "ministry", "asked_on": "2026-02-10", "question": "any objection?",
         "closed_on": "2026-02-11", "by": "mei@ministry", "answer": "no objection"},
    ]  # fmt: skip


def test_the_desk_may_go_on_without_the_answer_and_it_stays_on_record(desk: Desk) -> None:
    desk.submitted()
    desk.do(desk.cn_officer, "application.take", "a-1")
    refused(InputError, desk, desk.cn_officer, "application.refer", "a-1", to="tencent", reason="?")
    refused(InputError, desk, desk.cn_officer, "application.refer", "a-1", to="cn-authorities",
            reason="?")  # fmt: skip
    desk.do(desk.cn_officer, "application.refer", "a-1", to="ministry", reason="?")
    desk.do(desk.cn_officer, "application.recall", "a-1", reason="no answer in 30 days")
    (one,) = there().referrals
    assert (one["recalled"], there().state) == ("no answer in 30 days", "in_review")


def test_a_refusal_needs_its_reasons_and_can_be_appealed(desk: Desk) -> None:
    desk.submitted()
    desk.do(desk.cn_officer, "application.take", "a-1")
    before = everything()
    with pytest.raises(ValueError, match="reason"):
        desk.do(desk.cn_officer, "application.refuse", "a-1")
    assert everything() == before
    desk.do(desk.cn_officer, "application.refuse", "a-1", reason="can be met at home")
    refused(DeniedError, desk, desk.cn_officer, "application.appeal", "a-1", reason="x")
    desk.do(desk.buyer, "application.appeal", "a-1", reason="it cannot")
    desk.later(days=1)
    again = desk.do(desk.cn_second, "application.reopen", "a-1", reason="heard")
    assert (again.state, again.decided_on, again.clock_from) == (
        "in_review", None, dt.date(2026, 2, 11),
    )  # fmt: skip
    assert desk.do(desk.cn_second, "application.approve", "a-1").state == "approved"


def test_it_is_sent_back_without_action_or_taken_back(desk: Desk) -> None:
    desk.submitted()
    sent = desk.do(desk.cn_officer, "application.return", "a-1", reason="no such product")
    assert (sent.state, sent.reason, sent.clock_from) == ("returned", "no such product", None)
    desk.submitted("a-2")
    back = desk.do(desk.buyer, "application.withdraw", "a-2", reason="no need any more")
    assert (back.state, back.clock_from) == ("withdrawn", None)
    refused(MoveError, desk, desk.cn_officer, "application.take", "a-2")


def test_a_firm_sees_neither_the_officers_facts_nor_that_there_are_any(desk: Desk) -> None:
    desk.do(desk.cn_officer, "round.open", id="r-1", gate="import", title="One",
            rule="desk/secret-batch")  # fmt: skip
    desk.submitted()
    desk.do(desk.cn_officer, "application.enter", "a-1", round="r-1")
    desk.do(desk.cn_officer, "application.score", "a-1", facts={"application": {"score": 12}})
    shown = present(desk.buyer, there())
    hidden = {"officer_facts", "place", "officer", "referrals", "referred_to"}
    assert not hidden & set(shown)
    assert present(desk.cn_officer, there())["officer_facts"] == {"application": {"score": 12}}
    assert "score" not in [one["move"] for one in history(desk.buyer, there())]
    assert "score" in [one["move"] for one in history(desk.cn_officer, there())]


def test_the_audit_log_keeps_what_the_law_said_of_an_approval(desk: Desk) -> None:
    import json

    from interlock.book.selectors.accounts import ledger

    desk.submitted(facts={"order": {"truly_needed": False}})
    desk.do(desk.cn_officer, "application.take", "a-1")
    desk.do(desk.cn_officer, "application.approve", "a-1", reason="all the same")
    entry = [one for one in ledger().entries() if one.kind == "application.approve"][-1]
    said = json.loads(entry.content)["note"]["law"]
    assert (said["verdict"], said["fail"]) == ("shut", ["desk/needed"])


def test_a_case_of_several_products_knows_only_what_they_have_in_common(desk: Desk) -> None:
    from book_kit import ADMIN

    from interlock.book.application_cases import case_of

    desk.do(ADMIN, "product.enter", id="h100-nvl", catalogue_name="H100 NVL")
    desk.application(products=["h200-sxm", "h100-nvl"])
    day = desk.now.date()
    facts = case_of(there(), day, day).facts
    assert "product.name" not in facts
    assert facts["product.maker"] == "NVIDIA"
    assert facts["application.quantity"] == 1000
