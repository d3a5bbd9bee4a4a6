"""Conditions: kinds by the law, versions, recorded consent, waivers; none is dropped."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from licensing_kit import everything, stand_of

from interlock.book.errors import (
    DeniedError,
    InputError,
    MoveError,
    NotFoundError,
    SecondPersonError,
)
from interlock.book.models import Condition, Consent, Order, Reminder
from interlock.book.reminders import remind
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import decide
from interlock.book.selectors.licensing import condition_record
from interlock.book.selectors.replay import decide_as_recorded
from interlock.ledger import OpenAccount, RefusedError

if TYPE_CHECKING:
    from licensing_kit import Desk

RATIO = {"domestic_per_import": 1.5}


def refused(error: Any, desk: Desk, who: Any, right: str, pk: str = "", **values: Any):
    before = everything(), Consent.objects.count()
    with pytest.raises(error) as caught:
        desk.do(who, right, pk, **values)
    assert (everything(), Consent.objects.count()) == before
    return caught.value


def drafted(desk: Desk, pk: str = "c-1", **more: Any) -> Any:
    values = {"id": pk, "licence": "l-1", "condition_kind": "domestic-ratio",
              "parameters": RATIO, "asked_by": "ministry"} | more  # fmt: skip
    return desk.do(desk.cn_officer, "condition.draft", **values)


def says(desk: Desk, who: Any, to: str, agrees: bool = True, version: int = 1) -> None:
    desk.do(who, "condition.consent", "c-1", to=to, agrees=agrees, text_version=version, says="so")


def agreed(desk: Desk) -> None:
    desk.licence()
    drafted(desk)
    desk.do(desk.cn_officer, "condition.propose", "c-1")
    says(desk, desk.buyer, "agree")
    desk.do(desk.cn_officer, "condition.agree", "c-1")


def seen(desk: Desk) -> Any:
    order = Order.objects.filter(pk="o-1").first() or desk.order(quantity=100)
    day = desk.now.date()
    return decide(ledger(), order, "order", at=day, known=day, now=desk.now)


@pytest.mark.parametrize(
    ("values", "field", "mend"),
    [
        ({"condition_kind": "domestic-ration"}, "condition_kind", "did you mean 'domestic-ratio'"),
        ({"parameters": {"domestic_per_import": 1.555}}, "parameters.domestic_per_import",
         "write 2 decimal places"),
        ({"parameters": {"domestic_per_import": 11}}, "parameters.domestic_per_import",
         "write at most 10"),
        ({"parameters": {"domestic_per_imports": 1}}, "parameters.domestic_per_imports",
         "did you mean 'domestic_per_import'"),
        ({"parameters": {"domestic_per_import": "one"}}, "parameters.domestic_per_import",
         "write a number"),
        ({"asked_by": "nobody"}, "asked_by", "enter it first"),
    ],
)  # fmt: skip
def test_kinds_and_parameters_are_those_of_the_law(
    desk: Desk, values: Any, field: str, mend: str
) -> None:
    desk.licence(grant=False)
    error = refused(InputError, desk, desk.cn_officer, "condition.draft",
                    **{"licence": "l-1", "condition_kind": "domestic-ratio"} | values)  # fmt: skip
    assert set(error.faults) == {field}
    assert mend in error.faults[field]


def test_of_each_kind_one_lives_on_a_licence(desk: Desk) -> None:
    desk.licence(grant=False)
    drafted(desk)
    error = refused(InputError, desk, desk.cn_officer, "condition.draft", licence="l-1",
                    condition_kind="domestic-ratio")  # fmt: skip
    assert "c-1 is of this kind already" in error.faults["condition_kind"]
    desk.do(desk.minister, "condition.withdraw", "c-1", reason="we took it back")
    drafted(desk, "c-2")
    desk.do(desk.cn_officer, "licence.propose", "l-1")
    desk.do(desk.cn_second, "licence.grant", "l-1")
    # The law reads the one that lives, and not the one that was withdrawn.
    (leg,) = [x for x in seen(desk).legs if x.item == "domestic-ratio"]
    assert (stand_of("l-1"), leg.factor) == ("issued", Decimal("1.5"))


def test_a_licence_is_issued_with_open_conditions_and_unknown_until_they_are_agreed(
    desk: Desk,
) -> None:
    """R1."""
    desk.licence(grant=False)
    drafted(desk, condition_kind="data-centre-use", parameters={})
    desk.do(desk.cn_officer, "licence.propose", "l-1")
    desk.do(desk.cn_second, "licence.grant", "l-1")
    assert stand_of("l-1") == "issued"
    decision = seen(desk)
    assert (decision.verdict, decision.if_agreed) == ("unknown", "open")
    desk.do(desk.cn_officer, "condition.propose", "c-1")
    assert seen(desk).verdict == "unknown"
    says(desk, desk.buyer, "agree")
    assert seen(desk).verdict == "unknown"
    desk.do(desk.cn_officer, "condition.agree", "c-1")
    assert seen(desk).verdict == "open"


def test_a_condition_that_the_law_cannot_read_keeps_a_licence_from_being_issued(
    desk: Desk,
) -> None:
    desk.licence(grant=False)
    drafted(desk)
    Condition.objects.filter(pk="c-1").update(condition_kind="gone")
    desk.do(desk.cn_officer, "licence.propose", "l-1")
    error = refused(MoveError, desk, desk.cn_second, "licence.grant", "l-1")
    assert "'gone' is no kind of condition here" in str(error)


def test_all_holders_agree_to_the_version_that_stands(desk: Desk) -> None:
    desk.licence(holders=[{"party": "bytedance"}, {"party": "tencent"}])
    drafted(desk)
    desk.do(desk.cn_officer, "condition.propose", "c-1")
    says(desk, desk.buyer, "agree")
    says(desk, desk.rival, "agree", agrees=False)
    error = refused(MoveError, desk, desk.cn_officer, "condition.agree", "c-1")
    assert "tencent objects to version 1 (agree)" in str(error)
    says(desk, desk.rival, "agree")
    assert desk.do(desk.cn_officer, "condition.agree", "c-1").state == "agreed"


def test_who_agrees_says_which_version_they_read(desk: Desk) -> None:
    desk.licence()
    drafted(desk)
    desk.do(desk.cn_officer, "condition.propose", "c-1")
    desk.do(desk.buyer, "condition.change", "c-1", parameters={"domestic_per_import": 1},
            reason="1.5 is too much")  # fmt: skip
    error = refused(InputError, desk, desk.buyer, "condition.consent", "c-1", to="agree",
                    agrees=True, text_version=1)  # fmt: skip
    assert "version 2 stands, not 1" in error.faults["text_version"]
    says(desk, desk.buyer, "agree", version=2)
    told = condition_record(desk.cn_officer, "c-1")
    assert [(x["text_version"], x["parameters"], x["by"]) for x in told["texts"]] == [
        (1, {"domestic_per_import": 1.5}, "cn-authorities"),
        (2, {"domestic_per_import": 1}, "bytedance"),
    ]  # fmt: skip
    assert [(x["by"], x["to"], x["agrees"], x["text_version"]) for x in told["consents"]] == [
        ("bytedance", "agree", True, 2),
    ]  # fmt: skip


def test_consent_to_one_version_is_none_to_the_next(desk: Desk) -> None:
    agreed(desk)
    says(desk, desk.minister, "change")
    desk.do(desk.cn_officer, "condition.change", "c-1", parameters={"domestic_per_import": 2},
            reason="raised")  # fmt: skip
    error = refused(MoveError, desk, desk.cn_officer, "condition.agree", "c-1")
    assert "bytedance has not said anything to version 2" in str(error)


def test_an_agreed_condition_is_changed_with_the_word_of_who_asked_for_it(desk: Desk) -> None:
    agreed(desk)
    change = {"parameters": {"domestic_per_import": 1}, "reason": "x"}
    error = refused(MoveError, desk, desk.cn_officer, "condition.change", "c-1", **change)
    assert "ministry asked for it, and has neither consented to a change nor objected" in str(error)
    says(desk, desk.minister, "change", agrees=False)  # a recorded objection is a word too
    done = desk.do(desk.cn_officer, "condition.change", "c-1", **change)
    assert (done.state, done.text_version) == ("proposed", 2)
    told = condition_record(desk.auditor, "c-1")["consents"]
    assert [(x["by"], x["to"], x["agrees"]) for x in told][-1] == ("ministry", "change", False)


def test_it_is_put_in_force_as_who_asked_for_it_wants_it(desk: Desk) -> None:
    desk.licence()
    drafted(desk)
    error = refused(MoveError, desk, desk.cn_officer, "condition.enforce", "c-1")
    assert "ministry has not said anything to version 1 (enforce)" in str(error)
    says(desk, desk.minister, "enforce")
    assert desk.do(desk.cn_officer, "condition.enforce", "c-1").state == "in_force"
    drafted(desk, "c-2", condition_kind="data-centre-use", parameters={}, asked_by=None)
    assert desk.do(desk.cn_officer, "condition.enforce", "c-2").state == "in_force"
    word = Consent.objects.get(condition="c-2")
    assert (word.party_id, word.to, word.agrees) == ("cn-authorities", "enforce", True)


def test_only_the_law_says_who_waives_and_whose_consent_it_takes(desk: Desk) -> None:
    desk.licence()
    drafted(desk, asked_by="cn-authorities")
    desk.do(desk.cn_officer, "condition.enforce", "c-1")
    desk.do(desk.cn_officer, "condition.propose_waiver", "c-1", reason="hardship")
    refused(SecondPersonError, desk, desk.cn_officer, "condition.waive", "c-1", reason="x")
    error = refused(MoveError, desk, desk.cn_second, "condition.waive", "c-1", reason="x")
    assert "ministry has not said anything to version 1 (waive)" in str(error)


def test_a_waiver_takes_the_recorded_consent_of_who_asked_for_it(desk: Desk) -> None:
    desk.licence()
    drafted(desk)
    says(desk, desk.minister, "enforce")
    desk.do(desk.cn_officer, "condition.enforce", "c-1")
    error = refused(InputError, desk, desk.minister, "condition.consent", "c-1", to="waive",
                    agrees=True, text_version=1)  # fmt: skip
    assert "nobody has proposed" in error.faults["to"]
    desk.do(desk.cn_officer, "condition.propose_waiver", "c-1", reason="hardship")
    says(desk, desk.minister, "waive", agrees=False)
    error = refused(MoveError, desk, desk.cn_second, "condition.waive", "c-1", reason="x")
    assert "ministry objects to version 1 (waive)" in str(error)
    kept = desk.do(desk.cn_second, "condition.keep", "c-1", reason="the ministry objects")
    assert kept.state == "in_force"
    desk.later(days=1)
    desk.do(desk.cn_officer, "condition.propose_waiver", "c-1", reason="again")
    error = refused(MoveError, desk, desk.cn_second, "condition.waive", "c-1", reason="x")
    assert "ministry has not said anything" in str(error)  # to this proposal
    says(desk, desk.minister, "waive")
    done = desk.do(desk.cn_second, "condition.waive", "c-1", reason="all agree")
    assert (done.state, done.basis["waived_by"]) == ("waived", "cn-authorities")


def test_a_waiver_that_is_only_proposed_still_binds(desk: Desk) -> None:
    desk.licence()
    drafted(desk)
    says(desk, desk.minister, "enforce")
    desk.do(desk.cn_officer, "condition.enforce", "c-1")
    desk.do(desk.cn_officer, "condition.propose_waiver", "c-1", reason="hardship")
    (leg,) = [x for x in seen(desk).legs if x.item == "domestic-ratio"]
    assert leg.factor == Decimal("1.5")


def test_what_the_law_lets_nobody_waive_is_not_waived(desk: Desk) -> None:
    desk.licence()
    drafted(desk, condition_kind="data-centre-use", parameters={}, asked_by=None)
    desk.do(desk.cn_officer, "condition.enforce", "c-1")
    error = refused(MoveError, desk, desk.cn_officer, "condition.propose_waiver", "c-1", reason="x")
    assert "the law lets nobody waive data-centre-use" in str(error)


def test_none_is_taken_back_without_the_word_of_who_asked_for_it(desk: Desk) -> None:
    """GAO-25-107431: conditions that agencies had agreed were removed without asking them."""
    agreed(desk)
    error = refused(MoveError, desk, desk.cn_officer, "condition.withdraw", "c-1", reason="x")
    assert "ministry has not said anything" in str(error)
    says(desk, desk.minister, "withdraw")
    assert desk.do(desk.cn_officer, "condition.withdraw", "c-1", reason="x").state == "withdrawn"


def test_what_was_in_force_is_waived_and_not_changed_and_taken_back(desk: Desk) -> None:
    """Else one officer ends what the law lets nobody waive, and what takes two and a consent."""
    desk.licence()
    desk.do(desk.cn_officer, "condition.draft", id="c-1", licence="l-1",
            condition_kind="data-centre-use")  # fmt: skip
    desk.do(desk.cn_officer, "condition.enforce", "c-1")
    desk.do(desk.cn_officer, "condition.change", "c-1", text="other words", reason="x")
    before = everything()
    with pytest.raises(MoveError) as caught:
        desk.do(desk.cn_officer, "condition.withdraw", "c-1", reason="x")
    assert "it was in force" in str(caught.value)
    assert everything() == before


def test_what_was_in_force_is_changed_by_one_and_put_in_force_again_by_another(desk: Desk) -> None:
    """Else one officer would waive it in effect: a ratio of nothing asks nothing."""
    desk.licence()
    drafted(desk, asked_by=None)
    desk.do(desk.cn_officer, "condition.enforce", "c-1")
    desk.do(desk.cn_officer, "condition.change", "c-1", parameters={"domestic_per_import": 0},
            reason="x")  # fmt: skip
    before = everything()
    with pytest.raises(MoveError, match="a second person puts it in force again"):
        desk.do(desk.cn_officer, "condition.enforce", "c-1")
    assert everything() == before
    assert desk.do(desk.cn_second, "condition.enforce", "c-1").state == "in_force"


def test_a_holder_does_not_stop_the_others_by_changing_what_is_in_force(desk: Desk) -> None:
    desk.licence()
    drafted(desk)
    says(desk, desk.minister, "enforce")
    desk.do(desk.cn_officer, "condition.enforce", "c-1")
    says(desk, desk.minister, "change", agrees=False)
    error = refused(MoveError, desk, desk.buyer, "condition.change", "c-1", text="less", reason="x")
    assert "ministry or the authority may change it" in str(error)
    assert desk.do(desk.cn_officer, "condition.change", "c-1", text="y", reason="x").text == "y"


def test_what_was_only_agreed_is_agreed_again_where_it_is_not_waived(desk: Desk) -> None:
    """Else a proposal and its end would put in force what its asker never said yes to."""
    agreed(desk)
    desk.do(desk.cn_officer, "condition.propose_waiver", "c-1", reason="hardship")
    assert desk.do(desk.cn_officer, "condition.keep", "c-1", reason="no").state == "agreed"
    says(desk, desk.minister, "enforce")
    desk.do(desk.cn_officer, "condition.enforce", "c-1")
    desk.do(desk.cn_officer, "condition.propose_waiver", "c-1", reason="hardship")
    assert desk.do(desk.cn_officer, "condition.keep", "c-1", reason="no").state == "in_force"


def test_nothing_is_settled_on_a_licence_that_has_ended(desk: Desk) -> None:
    agreed(desk)
    desk.do(desk.cn_officer, "licence.revoke", "l-1", reason="x")
    for move, more in (("change", {"text": "y"}), ("enforce", {}), ("propose_waiver", {})):
        error = refused(MoveError, desk, desk.cn_officer, f"condition.{move}", "c-1", reason="x",
                        **more)  # fmt: skip
        assert "l-1 is revoked; its conditions stay as they are" in str(error), move


def test_who_is_not_concerned_has_no_say(desk: Desk) -> None:
    desk.licence()
    drafted(desk)
    refused(NotFoundError, desk, desk.rival, "condition.consent", "c-1", to="agree", agrees=True,
            text_version=1)  # fmt: skip
    refused(NotFoundError, desk, desk.officer, "condition.propose", "c-1")
    refused(DeniedError, desk, desk.auditor, "condition.consent", "c-1", to="agree", agrees=True,
            text_version=1)  # fmt: skip
    error = refused(InputError, desk, desk.cn_officer, "condition.consent", "c-1", to="agree",
                    agrees=True, text_version=1)  # fmt: skip
    assert "neither holds the licence" in error.faults["to"]
    for move in ("propose", "agree", "enforce", "propose_waiver", "keep", "waive", "withdraw"):
        refused(DeniedError, desk, desk.buyer, f"condition.{move}", "c-1", reason="x")


def test_a_firm_sees_which_party_spoke_and_not_which_person(desk: Desk) -> None:
    agreed(desk)
    told = condition_record(desk.buyer, "c-1")
    assert [x["person"] for x in told["texts"]] == [None]
    assert [x["person"] for x in told["consents"]] == ["ivy@bytedance"]
    with pytest.raises(NotFoundError):
        condition_record(desk.rival, "c-1")


def test_r11_of_a_shared_licence_a_holder_is_told_that_another_spoke_but_not_which_nor_why(
    desk: Desk,
) -> None:
    desk.licence(holders=[{"party": "bytedance"}, {"party": "tencent"}])
    drafted(desk)
    desk.do(desk.cn_officer, "condition.propose", "c-1")
    says(desk, desk.buyer, "agree")
    desk.do(desk.rival, "condition.consent", "c-1", to="agree", agrees=False, text_version=1,
            says="Tencent buys none")  # fmt: skip
    told = condition_record(desk.buyer, "c-1")
    assert [(x["by"], x["says"], x["agrees"]) for x in told["consents"]] == [
        ("bytedance", "so", True), (None, "", False)]  # fmt: skip
    assert [x["by"] for x in told["texts"]] == ["cn-authorities"]
    assert "encent" not in str(told)
    heard = condition_record(desk.cn_officer, "c-1")["consents"]
    assert [(x["by"], x["says"]) for x in heard][1] == ("tencent", "Tencent buys none")


def test_parameters_changed_later_do_not_change_what_was_reserved(desk: Desk) -> None:
    """R4: the factor is fixed at reserve and used again by post."""
    agreed(desk)
    (leg,) = [x for x in seen(desk).legs if x.item == "domestic-ratio"]
    plan = next(
        plan
        for regime in _law(desk).regimes
        for plan in regime.accounts
        if plan.condition == "domestic-ratio"
    )
    desk.apply(OpenAccount(id="open", why=desk.why(), account=leg.account, terms=plan.terms))
    desk.reserve("g-1", 100, leg.account, factor=leg.factor)
    says(desk, desk.minister, "change")
    desk.do(desk.cn_officer, "condition.change", "c-1", parameters={"domestic_per_import": 3},
            reason="raised")  # fmt: skip
    desk.post("p-1", "g-1", 60)
    # At 1.5, in hundredths: 60 posted, 40 still reserved.
    assert desk.counters(leg.account)[1:3] == (6000, 9000)
    with pytest.raises(RefusedError):
        desk.reserve("g-2", 5000, leg.account, factor=leg.factor)


def _law(desk: Desk) -> Any:
    from interlock.book import law

    return law.law_on(desk.now.date(), desk.now.date())


def test_an_ended_licence_takes_no_more_conditions(desk: Desk) -> None:
    desk.licence()
    desk.do(desk.cn_officer, "licence.revoke", "l-1", reason="x")
    error = refused(InputError, desk, desk.cn_officer, "condition.draft", licence="l-1",
                    condition_kind="data-centre-use")  # fmt: skip
    assert error.faults == {"licence": "l-1 is revoked; it takes no more conditions"}


# -- a holder who comes later -------------------------------------------------------------------


def added(desk: Desk, party: str = "tencent") -> None:
    """Another holder comes by an amendment, two officers' work."""
    desk.later(days=1)
    holders = [{"party": "bytedance"}, {"party": party}]
    desk.do(desk.cn_officer, "licence.propose_amendment", "l-1", holders=holders, reason="asked")
    desk.do(desk.cn_second, "licence.amend", "l-1", reason="granted")


def seen_by_rival(desk: Desk) -> Any:
    """What the law says of an order of Tencent's, which came later."""
    if not Order.objects.filter(pk="o-2").exists():
        desk.do(desk.rival, "order.place", id="o-2", buyer="tencent", supplier="nvidia",
                product="h200-sxm", quantity=10, destination="CN")  # fmt: skip
    day = desk.now.date()
    return decide(ledger(), Order.objects.get(pk="o-2"), "order", at=day, known=day, now=desk.now)


def test_who_comes_later_is_asked_before_what_the_others_agreed_binds_it(desk: Desk) -> None:
    """R1: for it alone the condition is proposed still, so what it draws is unknown."""
    agreed(desk)
    assert condition_record(desk.cn_officer, "c-1")["awaited"] == []
    added(desk)
    assert condition_record(desk.cn_officer, "c-1")["awaited"] == ["tencent"]
    assert condition_record(desk.rival, "c-1")["awaited"] == ["tencent"]
    assert condition_record(desk.buyer, "c-1")["awaited"] == []  # nothing of the others (R11)
    told = seen_by_rival(desk)
    assert (told.verdict, told.if_agreed, seen(desk).verdict) == ("unknown", "open", "open")
    before = desk.now
    says(desk, desk.rival, "agree", agrees=False)
    assert seen_by_rival(desk).verdict == "unknown"
    desk.later(days=1)
    says(desk, desk.rival, "agree")
    assert seen_by_rival(desk).verdict == "open"
    assert condition_record(desk.cn_officer, "c-1")["awaited"] == []
    day = before.date()
    assert decide_as_recorded("o-2", "order", at=day, recorded=before).verdict == "unknown"
    says(desk, desk.buyer, "agree", agrees=False)  # what was agreed stays agreed
    assert seen(desk).verdict == "open"


def test_who_comes_later_is_bound_by_what_is_in_force_and_asked_anew_of_what_is_not(
    desk: Desk,
) -> None:
    agreed(desk)
    says(desk, desk.minister, "enforce")
    desk.do(desk.cn_officer, "condition.enforce", "c-1")
    added(desk)
    assert (seen_by_rival(desk).verdict, condition_record(desk.rival, "c-1")["awaited"]) == (
        "open", [],
    )  # fmt: skip
    desk.do(desk.cn_officer, "condition.propose_waiver", "c-1", reason="hardship")
    assert seen_by_rival(desk).verdict == "open"  # it was in force, and binds until it is waived


def test_a_waiver_that_is_proposed_does_not_bind_who_was_never_asked(desk: Desk) -> None:
    agreed(desk)
    added(desk)
    desk.do(desk.cn_officer, "condition.propose_waiver", "c-1", reason="hardship")
    assert (seen_by_rival(desk).verdict, seen(desk).verdict) == ("unknown", "open")


def test_who_comes_later_is_reminded_of_its_word_once_and_no_more_when_it_has_spoken(
    desk: Desk,
) -> None:
    agreed(desk)
    added(desk)
    for _ in range(2):
        remind(desk.now)
    (told,) = Reminder.objects.filter(thing_kind="condition")
    assert (told.party_id, told.thing, told.due_on) == ("tencent", "c-1", desk.now.date())
    assert "agree to version 1 or object" in told.says
    says(desk, desk.rival, "agree")
    Reminder.objects.all().delete()
    remind(desk.now)
    assert not Reminder.objects.filter(thing_kind="condition").exists()
