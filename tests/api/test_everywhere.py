"""What holds at every address: sign-in, borders between firms and gates, rights, nothing leaks."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from book_kit import AUTHORITIES, FIRMS, actor
from django.core.cache import cache
from django.db import models, transaction
from everything_kit import Call, calls, everything, one_of_each, send, text

from interlock.book import rights
from interlock.book.lifecycles import lifecycles
from interlock.book.models import THINGS
from interlock.book.rows import raw_connection
from interlock.book.services.people import OF_GATES
from interlock.files.bundled import bundled
from interlock.law.terms import AccountTerms
from interlock.ledger import Grant, OpenAccount, Why
from interlock.store import LedgerSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api_kit import Api

    from interlock.book.rights import Actor

GOLDEN = Path(__file__).parents[2] / "docs" / "reference" / "rights.txt"
FIRM_ROLES = ("compliance_officer", "allocation_manager", "firm_reader")
GATE_ROLES = ("licensing_officer", "customs_officer", "authority_reader", "analyst")
READ_BY_ALL = {"product"}
_NOW = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+")  # an answer may tell its own moment

# Whose the things of `one_of_each` are, by path; and the gates they are at. Written by hand, so
# that the test does not ask the program what it should be.
BUYER, SELLER = {"bytedance"}, {"nvidia"}
OWN: dict[str, dict[str, set[str]]] = {
    "party": {"id": BUYER}, "screening": {}, "product": {}, "round": {}, "check": {}, "claim": {},
    "application": {"applicant": BUYER}, "licence": {"holders__party": BUYER},
    "condition": {"licence__holders__party": BUYER}, "statement": {"by": BUYER, "buyer": BUYER},
    "order": {"buyer": BUYER, "supplier": SELLER}, "run": {"supplier": SELLER},
    "allocation": {"order__buyer": BUYER, "order__supplier": SELLER},
    "shipment": {"order__buyer": BUYER, "order__supplier": SELLER},
    "certificate": {"shipment__order__buyer": BUYER, "shipment__order__supplier": SELLER},
    "stock": {"supplier": SELLER}, "domestic_shipment": {"exporter": SELLER},
    "entry": {"shipment__order__buyer": BUYER, "shipment__order__supplier": SELLER},
    "hold": {"entry__shipment__order__buyer": BUYER, "entry__shipment__order__supplier": SELLER},
    "purchase": {"buyer": BUYER}, "discrepancy": {"parties": BUYER},
    "determination": {"party": BUYER},
    "webhook": {"party": BUYER},
}  # fmt: skip
ALL = {"export", "import", "customs"}
GATES: dict[str, set[str]] = {
    "party": ALL, "screening": ALL, "product": ALL, "round": {"import"}, "application": {"import"},
    "licence": {"import"}, "condition": {"import"}, "statement": {"export", "import"},
    "order": ALL, "run": set(), "allocation": ALL, "shipment": ALL, "certificate": ALL,
    "stock": set(), "domestic_shipment": {"export"}, "entry": {"customs", "import"},
    "hold": {"customs"}, "purchase": {"import"}, "discrepancy": ALL, "check": {"import"},
    "claim": ALL, "determination": {"import"}, "webhook": set(),
}  # fmt: skip


@pytest.fixture
def ids(api: Api) -> Iterator[dict[str, str]]:
    """One thing of every kind."""
    cache.clear()
    for name in (api.world.buyer, api.world.rival, api.world.officer):
        api.token(name)
    yield one_of_each(api.world)
    cache.clear()


def golden() -> dict[str, dict[str, set[str]]]:
    """The committed table: right -> role -> relations."""
    found = {}
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if re.match(r"[a-z_]+\.[a-z_]+ ", line):
            right, *grants = line.split()
            pairs = [one.split("=") for one in grants if one != "-"]
            found[right] = {role: set(relations.split("|")) for role, relations in pairs}
    return found


def everybody() -> list[Actor]:
    """Every role, at every party where it can be held."""
    found = [actor(f"z-{role}-{firm}", firm, role) for role in FIRM_ROLES for firm in FIRMS]
    found += [
        actor(f"z-{role}-{one}", one, role)
        for role in GATE_ROLES
        for one, (_, _, gate) in AUTHORITIES.items()
        if gate in OF_GATES[role]
    ]
    found.append(actor("z-auditor", "us-bis", "auditor"))
    found.append(actor("z-admin", "us-bis", "administrator"))
    return found


def expected(who: Actor, kind: str, relations: set[str]) -> bool:
    """Whether the table's relations reach from somebody to the thing of a kind."""
    own = OWN[kind]
    for relation in relations:
        name, _, path = relation.partition(":")
        if name == "any" or (name == "gate" and who.gate in GATES[kind]):
            return True
        if name == "own" and who.party in (own[path] if path else set().union(*own.values())):
            return True
    return False


def test_without_sign_in_every_address_is_401(api: Api, ids: dict[str, str]) -> None:
    before = everything()
    wrong = {one.operation: send(api, one, None).status_code for one in calls(ids)}
    assert {name: status for name, status in wrong.items() if status != 401} == {}
    assert len(wrong) > 80
    assert everything() == before


def test_a_rival_firm_finds_nothing_and_changes_nothing(api: Api, ids: dict[str, str]) -> None:
    rival = actor("ruth", "tencent", *FIRM_ROLES)
    api.token(rival)
    before = everything()
    faults = [fault for one in calls(ids) if (fault := _crosses(api, one, rival, ids))]
    assert faults == []
    assert everything() == before


def _crosses(api: Api, call: Call, who: Actor, ids: dict[str, str]) -> str:
    """What is wrong with the answer to somebody who may know nothing of the thing."""
    answer = send(api, call, who)
    told = f"{call.method} {call.where} -> {answer.status_code}"
    if "{id}" in call.path and not call.kind:
        return "" if answer.status_code == 404 else told
    if "{id}" in call.path and call.kind not in READ_BY_ALL:
        good = answer.status_code == 404 and f"'{ids[call.kind]}'" in answer.json()["detail"]
        return "" if good else told
    if call.method == "GET" and call.kind not in READ_BY_ALL:
        leaks = [pk for kind, pk in ids.items() if kind not in READ_BY_ALL
                 and f'"{pk}"' in answer.content.decode()]  # fmt: skip
        return f"{told} names {leaks}" if leaks else ""
    if call.method == "POST" and call.kind:
        return "" if answer.status_code in (403, 404, 409, 415, 422) else told
    return "" if answer.status_code < 500 else told


def test_an_officer_of_another_gate_finds_nothing_of_one_gates_own(
    api: Api, ids: dict[str, str]
) -> None:
    own = {"round", "application", "licence", "condition"}
    api.token(api.world.officer)
    before = everything()
    for one in calls(ids):
        if one.kind in own and "{id}" in one.path:
            assert send(api, one, api.world.officer).status_code == 404, one.where
        elif one.kind in own and one.method == "GET":
            assert f'"{ids[one.kind]}"' not in send(api, one, api.world.officer).content.decode()
    assert everything() == before


def test_every_right_is_as_the_table_says_for_every_role(api: Api, ids: dict[str, str]) -> None:
    table = golden()
    people = everybody()
    wrong = []
    for kind, model in THINGS.items():
        thing = model._default_manager.get(pk=ids[kind])
        for name in ("read", *lifecycles()[kind].moves):
            grants = table[f"{kind}.{name}"]
            for who in people:
                may = expected(who, kind, grants.get(next(iter(who.roles)), set()))
                if rights.allows(who, f"{kind}.{name}", thing) != may:
                    wrong.append((who.name, f"{kind}.{name}", may))
                if (
                    name == "read"
                    and rights.visible(who, model).filter(pk=thing.pk).exists() != may
                ):
                    wrong.append((who.name, f"list of {kind}", may))
    assert wrong == []


def test_what_the_table_denies_is_denied_at_every_address_and_changes_nothing(
    api: Api, ids: dict[str, str]
) -> None:
    table = golden()
    people = everybody()
    for who in people:
        api.token(who)
    before = everything()
    wrong, denied, let_in = [], 0, 0
    for call in calls(ids):
        right = _right_of(call)
        if not right or right not in table:
            continue
        for who in people:
            relations = table[right].get(next(iter(who.roles)), set())
            makes = "{id}" not in call.path
            may = bool(relations) if makes else expected(who, call.kind, relations)
            if may and makes:
                continue
            sees = expected(who, call.kind, table[f"{call.kind}.read"].get(
                next(iter(who.roles)), set()))  # fmt: skip
            with transaction.atomic():
                status = send(api, call, who).status_code
                transaction.set_rollback(may)
            want = (403,) if makes or sees else (404,)
            if may:
                let_in += 1
                good = status not in (401, 403, 404) and status < 500
            else:
                denied += 1
                good = status in want
            if not good:
                wrong.append((who.name, call.where, status, "may" if may else want))
    assert not wrong, "\n".join(str(one) for one in wrong)
    assert everything() == before
    assert denied > 200
    assert let_in > 50


def _right_of(call: Call) -> str:
    """The right behind an address of a thing's own move; empty for any other."""
    if not call.kind or call.method != "POST" or call.raw:
        return ""
    name = call.operation.removeprefix(f"{call.kind}_")
    return f"{call.kind}.{name}" if name in lifecycles()[call.kind].moves else ""


def test_r11_a_hidden_field_changes_no_byte_that_a_firm_sees(api: Api, ids: dict[str, str]) -> None:
    viewers = _firms(api)
    before = _seen(api, ids, viewers)
    assert sum(status == 200 for status, _ in before.values()) > 60
    for kind, model in THINGS.items():
        hidden = {name: _other(model._meta.get_field(name)) for name in model.kept_from_firms}
        if hidden:
            assert model._default_manager.filter(pk=ids[kind]).update(**hidden) == 1
    after = _seen(api, ids, viewers)
    # What is frozen in a determination cannot change: that it did is what a check is there to tell.
    told = [name for name in before if before[name] != after[name]]
    checked = f"/determinations/{ids['determination']}/check"
    assert {where for _, where in told} == {checked}, told
    assert b'"content": true' in before[api.world.buyer.name, checked][1]
    assert b'"content": false' in after[api.world.buyer.name, checked][1]
    officer = api.get(f"/applications/{ids['application']}", api.world.cn_officer).content.decode()
    assert "leaked" in officer, "the change is there to be seen by who may"


def test_r11_a_hidden_item_of_the_law_changes_no_byte_that_a_firm_sees(
    api: Api, ids: dict[str, str], settings: Any, tmp_path: Path
) -> None:
    """Both laws have it, with other words, numbers and a rule that now fails; officers see it."""
    firms, officers = _firms(api), [api.world.cn_officer]
    hidden, changed = SECRETS
    seen = []
    for name, secret in (("one", hidden), ("other", changed)):
        folder = tmp_path / name
        _with_secrets(folder, secret)
        settings.REGIMES = folder / "regimes"
        seen.append([_seen(api, ids, who) for who in (firms, officers)])
    (firms_before, officers_before), (firms_after, officers_after) = seen
    told = [name for name in firms_before if firms_before[name] != firms_after[name]]
    assert not told, "\n".join(f"{x}: {firms_before[x]} / {firms_after[x]}" for x in told)
    asked = api.world.cn_officer.name, f"/orders/{ids['order']}/decision"
    assert officers_before[asked][0] == 200
    assert officers_before[asked] != officers_after[asked], (
        "the change is there to be seen by who may"
    )


SECRET_LAW = """\
regime: cn-secrets
title: What the office keeps to itself
authority: cn-authorities
gate: import
timezone: Asia/Shanghai
visible_to: [officer:import]
sources:
  memo: {cite: Memo 1, published: 2025-12-01, title: Internal memorandum}
applies: order.destination == "CN"
"""
SECRET_ITEMS = """\
parameters:
  most:
    unit: chip
    values: [{from: 2025-12-01, value: %(most)s, source: memo}]
rules:
  quiet-line:
    says: At most %(line)s units in a line.
    stage: order
    in_force: {from: 2025-12-01}
    source: memo
    require: order.quantity <= %(line)s
  quiet-sum:
    says: So many units.
    stage: order
    in_force: {from: 2025-12-01}
    source: memo
    require: order.quantity <= most
conditions:
  quiet-word:
    says: The holder keeps to %(word)s units.
    stage: order
    in_force: {from: 2025-12-01}
    source: memo
    require: order.quantity <= %(word)s
accounts:
  quiet-cap:
    says: The office lets no more through in all.
    per: [buyer]
    unit: chip
    in_force: {from: 2025-12-01}
    source: memo
    credit: {on: regime.in_force, amount: %(cap)s}
    draw: {reserve: allocation, post: entry, factor: 1}
"""
SECRETS = (
    SECRET_ITEMS % {"most": 5000, "line": 5000, "word": 5000, "cap": 4},
    SECRET_ITEMS % {"most": 6000, "line": 7000, "word": 7, "cap": 6},
)
"""A rule, a parameter, a kind of condition and an account for officers: as they were, and are."""


def _with_secrets(folder: Path, text: str) -> None:
    """The law that comes along, and one regime of secrets."""
    shutil.copytree(bundled("regimes"), folder / "regimes")
    shutil.copytree(bundled("episodes"), folder / "episodes")
    (folder / "regimes" / "cn-secrets.yaml").write_text(SECRET_LAW + text, encoding="utf-8")


def _firms(api: Api) -> list[Actor]:
    return [api.world.buyer, api.world.rival, api.world.supplier,
            actor("rita", "bytedance", *FIRM_ROLES)]  # fmt: skip


def _seen(api: Api, ids: dict[str, str], viewers: list[Actor]) -> dict[tuple[str, str], Any]:
    """What each viewer gets at every address that reads, to the byte; nowhere a fault."""
    found = {}
    for call in calls(ids):
        for who in viewers:
            if call.method == "GET":
                answer = send(api, call, who)
                assert answer.status_code < 500, f"{who.name} at {call.where}: {text(answer)}"
                found[who.name, call.where] = answer.status_code, _NOW.sub(b"now", answer.content)
    return found


def _other(field: Any) -> Any:
    """Another value than any that stands there, of the shape that the field has."""
    if field.name == "listed_as":
        return [{"list": "leaked", "entry": "leaked", "name": "leaked"}]
    if isinstance(field, models.JSONField):
        return ["leaked"] if field.default is list else {"leaked": 1}
    if isinstance(field, models.ForeignKey):
        return "tencent"
    if isinstance(field, models.DateField):
        return "2001-01-01"
    if isinstance(field, models.BooleanField):
        return True
    if isinstance(field, models.IntegerField | models.DecimalField):
        return 77
    return "leaked"


def test_r11_a_hidden_account_changes_no_byte_that_a_firm_sees(
    api: Api, ids: dict[str, str]
) -> None:
    world, account = api.world, "cn-chip-imports/hidden?buyer=bytedance"
    terms = AccountTerms("cn-chip-imports/hidden", "chip", visible_to=("officer:import",))
    why = Why("x", "x", "x", world.now)
    _post(OpenAccount("a-1", why, account, terms, holder="bytedance"), world.now)
    _post(Grant("g-1", why, account, 100), world.now)
    viewers = [world.buyer, world.rival, world.supplier]
    places = ids | {"account": account}
    before, of_officer = _seen(api, places, viewers), _seen(api, places, [world.cn_officer])
    assert api.get("/accounts", world.buyer).json() == {"items": [], "next": None}
    _post(Grant("g-2", why, account, 7), world.now)
    assert _seen(api, places, viewers) == before
    assert _seen(api, places, [world.cn_officer]) != of_officer


def _post(change: Any, now: Any) -> None:
    with transaction.atomic():
        LedgerSession(*raw_connection()).apply(change, now=now)
