"""Determinations: frozen, signed, made again byte for byte; nobody sees more by them (R11, R18)."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import ADMIN, NOW, World, actor

from interlock.book.errors import DeniedError, InputError, NotFoundError
from interlock.book.models import Determination, Event, LawText, Order
from interlock.book.rights import find
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.determinations import check, key, search
from interlock.book.selectors.present import present
from interlock.book.selectors.stuck import decision_of
from interlock.book.services import do
from interlock.book.services.determinations import years_later
from interlock.sealing import read_public_key

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper

    from interlock.book.rights import Actor


@pytest.fixture
def world(world: World, settings: SettingsWrapper, tmp_path: Path) -> World:
    settings.SEAL_KEY = tmp_path / "seal.key"
    world.order()
    return world


def signed(world: World, who: Actor | None = None, **values: Any) -> Determination:
    made: Determination = world.do(
        who or world.officer, "determination.sign", order="o-1", stage="order", **values
    )
    return Determination.objects.get(pk=made.pk)


def rows() -> tuple[int, int, int]:
    return Determination.objects.count(), Event.objects.count(), len(ledger().entries())


def test_a_determination_holds_the_decision_the_law_and_five_years(world: World) -> None:
    made = signed(world)
    assert (made.viewer, made.party_id, made.gate) == ("officer:export", "us-bis", "export")
    assert (made.at, made.known, made.keep_until) == (
        NOW.date(), NOW.date(), dt.date(2031, 2, 10),
    )  # fmt: skip
    assert made.decision["verdict"] in ("open", "shut", "unknown")
    assert made.regimes["us-advanced-computing"]
    assert made.facts["buyer"]["name"] == "ByteDance"
    assert years_later(dt.date(2028, 2, 29), 5) == dt.date(2033, 3, 1)


def test_it_is_checked_and_made_again_byte_for_byte(world: World) -> None:
    made = signed(world)
    world.do(world.buyer, "order.change", "o-1", quantity=3)
    world.do(ADMIN, "party.change", "bytedance", name="Another Name")
    told = check(made, whole=True)
    assert {name: told[name] for name in ("content", "signature", "same", "law_differs")} == {
        "content": True, "signature": True, "same": True, "law_differs": [],
    }  # fmt: skip
    public = read_public_key(told["public_key"].encode(), "key")
    public.verify(base64.b64decode(told["signed"]), told["statement"].encode())
    assert json.loads(told["statement"])["digest"] == made.digest


def test_a_changed_row_is_found(world: World) -> None:
    made = signed(world)
    made.decision = made.decision | {"verdict": "open", "max_quantity": 10**6}
    told = check(made, whole=True)
    assert (told["content"], told["signature"], told["same"]) == (False, True, False)
    assert "max_quantity" in told["differs"]
    made.keep_until = dt.date(2026, 3, 1)
    assert check(made, whole=True)["signature"] is False


def test_another_key_is_said_and_nothing_is_made_up(
    world: World, settings: SettingsWrapper, tmp_path: Path
) -> None:
    made = signed(world)
    settings.SEAL_KEY = tmp_path / "new.key"
    key()
    told = check(made, whole=True)
    assert (told["content"], told["signature"], told["public_key"]) == (True, None, None)


def test_under_another_law_it_is_made_again_by_the_law_that_was_kept(
    world: World, settings: SettingsWrapper, tmp_path: Path
) -> None:
    first = signed(world)
    texts = LawText.objects.count()
    assert texts > 7
    folder = tmp_path / "lists"
    folder.mkdir()
    path = folder / "entity-list.csv"
    path.write_text("id,name,listed_on,source\nx,ByteDance,2026-01-01,91 FR 9\n", encoding="utf-8")
    settings.LISTS = folder
    second = signed(world)
    assert second.decision["facts"]["listed_party"] is True
    assert first.decision["facts"]["listed_party"] is not True
    assert LawText.objects.count() == texts + 1
    told = check(first, whole=True)
    assert (told["same"], told["law_differs"]) == (True, ["us-party-lists"])
    settings.LISTS = None
    told = check(second, whole=True)
    assert (told["same"], told["law_differs"]) == (True, ["us-party-lists"])
    path.write_text("id,name,listed_on,source\ny,Other,2026-01-01,91 FR 9\n", encoding="utf-8")
    settings.LISTS = folder
    third = signed(world)
    settings.LISTS = None
    LawText.objects.filter(pk=third.law_files["lists/entity-list.csv"]).update(text="lost")
    assert check(third, whole=True)["same"] is None


def test_nobody_but_the_signers_own_office_sees_it(world: World) -> None:
    ours, theirs = signed(world), signed(world, world.buyer)
    assert theirs.viewer == "holder"
    for who, pk in ((world.buyer, ours.pk), (world.supplier, theirs.pk), (world.rival, theirs.pk),
                    (world.cn_officer, ours.pk), (world.officer, theirs.pk),
                    (world.customs, ours.pk)):  # fmt: skip
        with pytest.raises(NotFoundError):
            find(who, Determination, pk)
    assert find(world.auditor, Determination, theirs.pk).pk == theirs.pk


def test_what_it_was_made_of_is_shown_to_auditors_alone(world: World) -> None:
    made = signed(world)
    for who in (world.officer, world.buyer):
        assert not {"facts", "accounts", "regimes", "law_files", "salt"} & set(present(who, made))
    assert present(world.auditor, made)["facts"] == made.facts
    assert made.decision["regimes"]["cn-chip-imports"] is None
    assert "cn-chip-imports" not in check(made, whole=False)["law_differs"]


def test_firms_sign_on_their_own_orders_alone_and_readers_do_not(world: World) -> None:
    before = rows()
    with pytest.raises(NotFoundError):
        signed(world, world.rival)
    with pytest.raises((DeniedError, NotFoundError)):
        signed(world, actor("mia", "bytedance", "firm_reader"))
    with pytest.raises((DeniedError, NotFoundError)):
        signed(world, world.auditor)
    with pytest.raises(DeniedError):
        signed(world, ADMIN)
    assert rows() == before


def test_a_determination_of_a_day_to_come_is_refused(world: World) -> None:
    before = rows()
    with pytest.raises(InputError) as caught:
        signed(world, at="2027-01-01", known="2027-01-01")
    assert set(caught.value.faults) == {"at", "known"}
    with pytest.raises(NotFoundError):
        signed(world, shipment="none")
    assert rows() == before


def test_it_is_found_by_order_party_and_day_for_five_years(world: World) -> None:
    world.order("o-2")
    first = signed(world)
    later = NOW + dt.timedelta(days=2)
    second: Any = do(
        world.officer, "determination.sign", "", {"order": "o-2", "stage": "order"}, now=later
    )

    def found(who: Actor, **asked: Any) -> list[str]:
        return [row.pk for row in search(who, **asked)]

    assert found(world.officer) == [second.pk, first.pk]
    assert found(world.officer, order="o-1") == [first.pk]
    assert found(world.officer, party="bytedance") == [second.pk, first.pk]
    assert found(world.officer, party="tencent") == []
    assert found(world.officer, signed_from=later.date()) == [second.pk]
    assert found(world.officer, signed_until=NOW.date()) == [first.pk]
    assert found(world.officer, at=NOW.date()) == [first.pk]
    assert found(world.buyer) == []
    assert Order.objects.count() == 2


def test_the_day_known_decides_what_was_heard(world: World) -> None:
    before = rows()
    with pytest.raises(InputError, match="was not in the book by 2026-01-14"):
        signed(world, at="2026-01-14", known="2026-01-14")
    assert rows() == before
    early = signed(world, at="2026-01-14", known="2026-01-14", recorded=NOW)
    assert early.decision["known"] == "2026-01-14"
    assert check(early, whole=True)["same"] is True


def test_r8_of_an_earlier_day_it_is_of_what_the_book_had_recorded_then(world: World) -> None:
    """Whatever changes later, the determination of that day comes out the same."""
    first = signed(world)
    day, moment = str(NOW.date()), NOW
    world.now = NOW + dt.timedelta(days=3)
    world.do(ADMIN, "party.change", "bytedance", name="Huawei Technologies Co., Ltd.",
             country="US")  # fmt: skip
    world.do(world.buyer, "order.change", "o-1", quantity=3)
    again = signed(world, at=day, known=day)
    assert (again.recorded.date(), again.at) == (NOW.date(), NOW.date())
    assert (again.facts, again.accounts) == (first.facts, first.accounts)
    assert again.decision == first.decision
    assert check(again, whole=True)["same"] is True
    now = signed(world, at=day, known=day, recorded=world.now)
    assert now.facts["order"]["quantity"] == 3
    assert now.decision["facts"]["listed_party"] is True
    assert first.decision["facts"]["listed_party"] is not True
    assert signed(world, recorded=moment).facts["order"]["quantity"] == 1000
    with pytest.raises(InputError, match="has not come yet"):
        signed(world, recorded=world.now + dt.timedelta(hours=1))
    with pytest.raises(InputError, match="was not in the book by"):
        signed(world, recorded=moment - dt.timedelta(hours=1))


def test_a_determination_is_the_decision_that_its_signer_is_shown(world: World) -> None:
    for who in (world.officer, world.buyer, world.supplier):
        made = signed(world, who)
        told = decision_of(who, "o-1", "order", now=NOW)
        assert made.decision == json.loads(json.dumps(told)), who.name
        assert check(made, whole=True)["same"] is True


def test_r11_a_firm_signs_no_account_of_the_other_side(world: World) -> None:
    """What the seller may still export is another limit to the buyer, opened or not yet."""
    world.do(world.allocator, "stock.receive", id="s-1", supplier="nvidia", product="h200-sxm",
             quantity=987_654, received_on=str(NOW.date()))  # fmt: skip
    for stage in ("order", "allocation"):
        values = {"order": "o-1", "stage": stage}
        made = world.do(world.buyer, "determination.sign", **values)
        assert "987654" not in json.dumps(made.decision)
        assert "supplier-stock" not in json.dumps([leg["account"] for leg in made.decision["legs"]])
        seller = world.do(world.supplier, "determination.sign", **values)
        assert "987654" in json.dumps(seller.decision)
