"""Rounds: let in, placed by the law, decided by a second person; positions and waits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from licensing_kit import everything

from interlock.book.errors import (
    DeniedError,
    InputError,
    MoveError,
    NotFoundError,
    SecondPersonError,
)
from interlock.book.models import Application, Event, Round
from interlock.book.selectors.queue import queue_position

if TYPE_CHECKING:
    from licensing_kit import Desk


def refused(error: type[Exception], desk: Desk, who: Any, right: str, pk: str = "", **values: Any):
    before = everything()
    with pytest.raises(error) as caught:
        desk.do(who, right, pk, **values)
    assert everything() == before
    return caught.value


def opened(desk: Desk, rule: str = "desk/public-batch", **more: Any) -> None:
    desk.do(desk.cn_officer, "round.open", id="r-1", gate="import", title="Batch 1", rule=rule,
            **more)  # fmt: skip


def entered(desk: Desk, pk: str, who: Any, quantity: int, needed: bool = True) -> None:
    desk.submitted(pk, who, quantity=quantity, facts={"order": {"truly_needed": needed}})
    desk.do(desk.cn_officer, "application.enter", pk, round="r-1")


def proposed(desk: Desk, rule: str = "desk/public-batch") -> None:
    """Three firms: 9,000 and 3,000 small and needed, 11,000 large and needed."""
    opened(desk, rule)
    entered(desk, "a-1", desk.buyer, 9000)
    entered(desk, "a-2", desk.rival, 11000)
    entered(desk, "a-3", desk.third, 3000)
    desk.do(desk.cn_officer, "round.close", "r-1")
    desk.do(desk.cn_officer, "round.propose", "r-1")


def states() -> dict[str, str]:
    return dict(Application.objects.order_by("pk").values_list("pk", "state"))


def test_a_round_is_placed_by_the_law_and_decided_by_a_second_person(desk: Desk) -> None:
    proposed(desk)
    found = Round.objects.get(pk="r-1").outcome
    assert found["rule"] == "desk/public-batch"
    assert list(found["regimes"]) == ["desk"]
    assert [(x["application"], x["outcome"], x["score"], x["rank"], x["quantity"])
            for x in found["placed"]] == [
        ("a-1", "placed", "70", 1, 9000),
        ("a-2", "not_placed", "40", 3, 0),
        ("a-3", "placed", "70", 2, 3000),
    ]  # fmt: skip
    assert set(states().values()) == {"in_round"}
    error = refused(SecondPersonError, desk, desk.cn_officer, "round.decide", "r-1")
    assert error.proposer == "chen@cn-authorities"
    desk.do(desk.cn_second, "round.decide", "r-1", reason="as proposed")
    assert states() == {"a-1": "approved", "a-2": "in_review", "a-3": "approved"}
    one = Application.objects.get(pk="a-1")
    assert (one.decided_on, one.place["quantity"], one.round_id) == (desk.now.date(), 9000, "r-1")
    assert Application.objects.get(pk="a-2").round_id is None
    assert desk.counters("desk/placed-units?round=r-1") == (12000, 0, 0, 12000)


def test_those_not_placed_are_refused_where_the_officer_says_so_with_reasons(desk: Desk) -> None:
    proposed(desk)
    error = refused(InputError, desk, desk.cn_second, "round.decide", "r-1", refuse=["a-2"])
    assert set(error.faults) == {"refusal"}
    error = refused(InputError, desk, desk.cn_second, "round.decide", "r-1", refuse=["a-1", "x"],
                    refusal="no")  # fmt: skip
    assert set(error.faults) == {"refuse.0", "refuse.1"}
    desk.do(desk.cn_second, "round.decide", "r-1", refuse=["a-2"], refusal="too large")
    assert states()["a-2"] == "refused"
    assert Application.objects.get(pk="a-2").reason == "too large"


def test_what_is_in_a_round_is_decided_with_it_and_not_by_one_officer_alone(desk: Desk) -> None:
    """Else a licence of the round would take in units that its second person never saw."""
    opened(desk)
    entered(desk, "a-1", desk.buyer, 9000)
    entered(desk, "a-2", desk.rival, 2000)
    for right in ("application.approve", "application.refuse"):
        error = refused(MoveError, desk, desk.cn_officer, right, "a-1", reason="out of turn")
        assert "it is in round r-1; decide the round, or take it out of it first" in str(error)
    desk.do(desk.cn_officer, "application.leave", "a-1")
    desk.do(desk.cn_officer, "application.approve", "a-1")
    assert Application.objects.get(pk="a-1").round_id is None
    desk.do(desk.cn_officer, "round.close", "r-1")
    desk.do(desk.cn_officer, "round.propose", "r-1")
    desk.do(desk.cn_second, "round.decide", "r-1")
    assert states() == {"a-1": "approved", "a-2": "approved"}


def test_a_proposal_falls_with_any_change_of_its_applications(desk: Desk) -> None:
    proposed(desk)
    desk.do(desk.rival, "application.withdraw", "a-2", reason="no need")
    error = refused(MoveError, desk, desk.cn_second, "round.decide", "r-1")
    assert "a-2 changed since it was proposed" in str(error)
    desk.do(desk.cn_officer, "round.withdraw", "r-1", reason="one went")
    desk.do(desk.cn_officer, "round.propose", "r-1")
    desk.do(desk.cn_second, "round.decide", "r-1")
    assert states() == {"a-1": "approved", "a-2": "withdrawn", "a-3": "approved"}


def test_a_proposal_falls_with_a_change_of_the_law(
    desk: Desk, settings: Any, tmp_path: Any
) -> None:
    from licensing_kit import REGIMES

    proposed(desk)
    text = (REGIMES / "desk.yaml").read_text().replace("quota: 12000", "quota: 8000")
    (tmp_path / "desk.yaml").write_text(text)
    settings.REGIMES = tmp_path
    error = refused(MoveError, desk, desk.cn_second, "round.decide", "r-1")
    assert "the law changed" in str(error)


def test_secret_criteria_are_unknown_until_the_officer_puts_a_score_on_file(desk: Desk) -> None:
    opened(desk, "desk/secret-batch")
    entered(desk, "a-1", desk.buyer, 9000)
    entered(desk, "a-2", desk.rival, 9000)
    desk.do(desk.cn_officer, "application.score", "a-1", facts={"application": {"score": 25}})
    desk.do(desk.cn_officer, "round.close", "r-1")
    desk.do(desk.cn_officer, "round.propose", "r-1")
    found = Round.objects.get(pk="r-1").outcome["placed"]
    assert [(x["score"], x["points"], x["outcome"]) for x in found] == [
        ("65", {"need": "40", "unpublished": "25"}, "unknown"),
        (None, {"need": "40", "unpublished": None}, "unknown"),
    ]
    desk.do(desk.cn_officer, "application.score", "a-2", facts={"application": {"score": 10}})
    desk.do(desk.cn_officer, "round.withdraw", "r-1", reason="scores are there now")
    desk.do(desk.cn_officer, "round.propose", "r-1")
    found = Round.objects.get(pk="r-1").outcome["placed"]
    assert [(x["score"], x["outcome"]) for x in found] == [("65", "placed"), ("50", "below_floor")]


def test_officers_may_fill_a_secret_criterion_by_an_expression_of_their_own(desk: Desk) -> None:
    opened(desk, "desk/secret-batch",
           criteria={"unpublished": "application.quantity <= 5000 ? 30 : 5"})  # fmt: skip
    entered(desk, "a-1", desk.buyer, 9000)
    entered(desk, "a-3", desk.third, 3000)
    desk.do(desk.cn_officer, "round.close", "r-1")
    desk.do(desk.cn_officer, "round.propose", "r-1")
    found = Round.objects.get(pk="r-1").outcome
    assert [x["points"]["unpublished"] for x in found["placed"]] == ["5", "30"]
    assert "+" in found["regimes"]["desk"]  # the digest says that something was filled in


def test_a_wrong_rule_or_expression_is_refused_with_its_mend(desk: Desk) -> None:
    error = refused(InputError, desk, desk.cn_officer, "round.open", gate="import", title="x",
                    rule="desk/public-bach")  # fmt: skip
    assert "did you mean 'desk/public-batch'" in error.faults["rule"]
    error = refused(InputError, desk, desk.cn_officer, "round.open", gate="import", title="x",
                    rule="desk/secret-batch",
                    criteria={"unpublished": "order.trulyneeded"})  # fmt: skip
    assert "order.truly_needed" in error.faults["criteria"]
    error = refused(InputError, desk, desk.cn_officer, "round.open", gate="import", title="x",
                    rule="desk/public-batch", criteria={"need": "1"})  # fmt: skip
    assert "no undisclosed criterion" in error.faults["criteria"]


def test_only_the_officers_of_the_gate_work_with_a_round(desk: Desk) -> None:
    opened(desk)
    desk.submitted()
    refused(DeniedError, desk, desk.buyer, "round.open", gate="import", title="x", rule="y")
    refused((NotFoundError, DeniedError), desk, desk.officer, "round.open", gate="import",
            title="x", rule="desk/public-batch")  # fmt: skip
    for who in (desk.buyer, desk.officer, desk.minister):
        refused(NotFoundError, desk, who, "round.close", "r-1")
    refused(DeniedError, desk, desk.auditor, "round.close", "r-1")


def test_an_application_enters_an_open_round_of_its_own_gate(desk: Desk) -> None:
    opened(desk)
    desk.submitted()
    refused(NotFoundError, desk, desk.cn_officer, "application.enter", "a-1", round="r-9")
    desk.do(desk.cn_officer, "round.close", "r-1")
    error = refused(MoveError, desk, desk.cn_officer, "application.enter", "a-1", round="r-1")
    assert "round r-1 is closed" in str(error)
    desk.do(desk.cn_officer, "round.reopen", "r-1")
    desk.do(desk.cn_officer, "application.enter", "a-1", round="r-1")
    left = desk.do(desk.cn_officer, "application.leave", "a-1")
    assert (left.state, left.round_id) == ("in_review", None)


def test_an_empty_round_proposes_nothing(desk: Desk) -> None:
    opened(desk)
    desk.do(desk.cn_officer, "round.close", "r-1")
    error = refused(MoveError, desk, desk.cn_officer, "round.propose", "r-1")
    assert "no application is in it" in str(error)


def test_the_applications_of_a_cancelled_round_wait_again(desk: Desk) -> None:
    proposed(desk)
    desk.do(desk.cn_officer, "round.cancel", "r-1", reason="the quota is gone")
    assert set(states().values()) == {"in_review"}
    assert not Application.objects.exclude(round=None).exists()


def test_who_is_asked_in_a_round_comes_back_to_it_with_the_answer(desk: Desk) -> None:
    opened(desk)
    entered(desk, "a-1", desk.buyer, 9000)
    desk.do(desk.cn_officer, "application.ask", "a-1", reason="where?")
    desk.do(desk.buyer, "application.answer", "a-1", answer="there")
    assert states() == {"a-1": "in_round"}
    desk.do(desk.cn_officer, "application.ask", "a-1", reason="where?")
    desk.do(desk.cn_officer, "round.cancel", "r-1", reason="x")
    back = desk.do(desk.buyer, "application.answer", "a-1", answer="there")
    assert (back.state, back.round_id) == ("in_review", None)


# -- position and wait --------------------------------------------------------------------------


def test_an_applicant_is_told_the_own_position_alone(desk: Desk) -> None:
    desk.submitted("b-1", desk.rival)
    desk.later(days=1)
    desk.submitted("a-1")
    desk.later(days=1)
    desk.submitted("a-2")
    today = desk.now.date()
    assert queue_position(desk.buyer, "a-1", today)["position"] == 2
    assert queue_position(desk.buyer, "a-2", today)["position"] == 3
    assert set(queue_position(desk.buyer, "a-1", today)) == {
        "application", "state", "position", "reason", "clock_days", "clock_runs", "deadline",
        "wait",
    }  # fmt: skip
    with pytest.raises(NotFoundError):
        queue_position(desk.buyer, "b-1", today)
    desk.do(desk.rival, "application.withdraw", "b-1", reason="x")
    assert queue_position(desk.buyer, "a-1", today)["position"] == 1


def test_an_application_that_is_in_no_queue_has_no_position_and_says_why(desk: Desk) -> None:
    desk.application()
    found = queue_position(desk.buyer, "a-1", desk.now.date())
    assert (found["position"], found["wait"]) == (None, None)
    assert found["reason"] == "it is drafted: it is in no queue"


def test_the_wait_is_an_interval_from_the_decisions_of_the_book(desk: Desk) -> None:
    begun = desk.now
    for number in range(9):
        desk.now = begun
        desk.submitted(f"p-{number}", desk.rival)
        desk.do(desk.cn_officer, "application.take", f"p-{number}")
        if number == 8:
            desk.submitted("a-1")
            few = queue_position(desk.buyer, "a-1", desk.now.date())["wait"]
            assert few["days"] is None
            assert few["reason"].startswith("so few past decisions (0 of at least 9)")
        desk.later(days=10 * (number + 1))
        desk.do(desk.cn_officer, "application.approve", f"p-{number}")
    wait = queue_position(desk.buyer, "a-1", begun.date() + dt.timedelta(days=90))["wait"]
    # Ninety days have gone by, and none of the nine took longer.
    assert (wait["days"], wait["reason"]) == (
        None, "so few that took longer (0 of at least 9) give no estimate",
    )  # fmt: skip
    desk.submitted("a-9")
    wait = queue_position(desk.buyer, "a-9", desk.now.date())["wait"]
    assert (wait["days"], wait["median_days"], wait["chance"]) == ([10, 90], 50, 0.8)


def test_a_round_tells_the_applicants_nothing_before_it_is_decided(desk: Desk) -> None:
    proposed(desk)
    told = Event.objects.filter(thing_kind="round").values_list("parties", flat=True)
    assert all(parties == [] for parties in told)
