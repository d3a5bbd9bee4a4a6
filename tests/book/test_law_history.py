"""The book's own history under another law: exact on the H200 episode, and nothing is written."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from episode_kit import EPISODE, caller, script
from interlock.book import law
from interlock.book.errors import DeniedError
from interlock.book.loading.episode import load_episode, someone
from interlock.book.loading.people import enter_people
from interlock.book.models import Order
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.as_if import AsIfOpened
from interlock.book.selectors.as_of import Past
from interlock.book.selectors.decisions import LedgerStates
from interlock.book.selectors.law_history import Recorded, history_of
from interlock.book.selectors.law_replay import hidden_from, other_law, read_history
from interlock.book.selectors.replay import PastCases, decide_as_recorded
from interlock.episode.loader import load
from interlock.law.cases.reader import CaseReader
from interlock.law.deciding.decide import Decider
from interlock.law.library import Library, load_regimes
from interlock.replay.laws import Laws
from interlock.replay.opening import amounts_of
from interlock.replay.playing import Playing
from interlock.replay.report import HIDDEN, Report, replay
from interlock.replay.rules import compare
from interlock.replay.setting import with_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.replay.history import History

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
RATIO = "licence.import.condition.domestic-ratio.domestic_per_import"
CUSTOMER = "cn-chip-imports/customer-cap?buyer="
OWED = "cn-chip-imports/domestic-ratio?buyer="


@dataclass(frozen=True)
class Played:
    """The episode played on through the API, its history, and what was in the book then."""

    now: dt.datetime
    recorded: Recorded
    rows: dict[str, int]

    @property
    def history(self) -> History:
        return self.recorded.history


def rows_of_all_tables() -> dict[str, int]:
    found = {model._meta.label: model._default_manager.count() for model in apps.get_models()}
    book = ledger()
    return found | {"audit": len(book.entries()), "transfers": len(book.transfers())}


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[Played]:
    """One book for all tests here, which only read it; taken back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        started = timezone.now()
        load_episode(load(EPISODE), "group", now=started)
        tokens = enter_people(started)

        story = script("story")
        with override_settings(LATE_DAYS=3650):  # it plays what is past by now
            story.play(story.Story(caller(tokens), lambda _line: None))
        before, now = rows_of_all_tables(), timezone.now()
        recorded = history_of(now=now)
        assert rows_of_all_tables() == before
        yield Played(now, recorded, before)
        transaction.set_rollback(True)


def proposed_cap(folder: Path) -> Library:
    """The reported cap of 75,000 for each customer, in force from the day of the approvals."""
    text = (ROOT / "regimes/cn-chip-imports.yaml").read_text(encoding="utf-8")
    in_force = "    effective: 2026-01-28\n    public: 2026-01-28"
    text = text.replace("    proposed: 2026-03-03", in_force)
    text = text.replace("from: 2026-03-03", "from: 2026-01-28, public: 2026-01-28")
    return proposal(folder, "cn-chip-imports.yaml", text)


def proposal(folder: Path, name: str, text: str) -> Library:
    """The book's law with one file as proposed, beside the claims that it rests on."""
    (folder / "episodes/h200").mkdir(parents=True)
    (folder / "episodes/h200/claims.yaml").write_bytes((EPISODE / "claims.yaml").read_bytes())
    path = folder / "proposed" / name
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return other_law(load_regimes(path))


def under(played: Played, other: Library | None = None, **facts: Any) -> Report:
    """The history by the book's law, and by another or with other facts; accounts too."""
    own = law.library()
    put = with_facts(played.history, facts, law.law_on(played.now.date(), played.now.date()))
    laws = (Laws(own), Laws(other or own))
    return replay((played.history, put), laws, accounts=True, now=played.now)


def test_a_history_tells_every_decision_that_was_made(played: Played) -> None:
    frame = played.history.decisions
    assert played.recorded.unread == ()
    assert dict(frame.group_by("move").len().iter_rows()) == {
        "order.place": 267, "order.confirm": 139, "run.propose": 278, "allocation.reserve": 240,
        "shipment.dispatch": 1, "entry.release": 1, "order.stands": 267,
    }  # fmt: skip
    units = {move: int(part["units"].sum()) for (move,), part in frame.group_by("move")}
    assert units["allocation.reserve"] == 430_000
    assert units["shipment.dispatch"] == units["entry.release"] == 476
    wrote = Counter(
        (row["move"], row["recorded"])
        for row in frame.iter_rows(named=True)
        if row["recorded"] is not None
    )
    assert wrote["allocation.reserve", "unknown"] == 139  # provisional: conditions were drafts
    assert wrote["allocation.reserve", "open"] == 101
    assert wrote["shipment.dispatch", "open"] == wrote["entry.release", "open"] == 1


def test_facts_are_those_that_the_book_had_then(played: Played) -> None:
    """By the other way to the past: asked of the log for each moment by itself."""
    entries = {one.change: one for one in ledger().entries()}
    looked = Counter[str]()
    for row in played.history.decisions.iter_rows(named=True):
        if row["move"] not in ("run.propose", "allocation.reserve") or looked[row["change"]] > 2:
            continue
        looked[row["change"]] += 1
        past = Past(entries[row["change"]].recorded)
        order = past.thing(Order, row["order"])
        assert order is not None
        facts = PastCases(row["at"], past).order(order, row["stage"])
        case = law.reader_on(row["at"], row["known"]).read(facts, 1)
        kept = played.history.case(row)
        assert kept.facts == case.facts
        assert {k: v for k, v in case.parties.items() if v} == kept.parties
    assert sum(looked.values()) > 100


def test_the_verdict_that_the_book_wrote_down_is_found_again(played: Played) -> None:
    """Where no account stops it, rules alone say what the book said."""
    laws = Laws(law.library())
    for row in played.history.decisions.iter_rows(named=True):
        if row["move"] in ("shipment.dispatch", "entry.release"):
            found = laws.law(row["at"], row["known"])
            case = played.history.case(row)
            assert Decider(found).decide(case, stage=row["stage"]).verdict == row["recorded"]


def test_the_same_law_changes_nothing_and_gives_the_same_accounts(played: Played) -> None:
    laws = Laws(law.library())
    found = compare((played.history, played.history), (laws, laws))
    assert (found.decisions, found.changed.height) == (1193, 0)
    playing = Playing(laws)
    playing.play(played.history.steps)
    moved = [one for one in playing.told if one.done is not None]
    assert all((one.done, one.refused, one.missed) == (one.asked, 0, 0) for one in moved)
    assert sum(one.asked for one in moved) == 430_000 + 476 + 476
    mine, book = amounts_of(playing.opening, played.now), ledger()
    assert set(mine) == {one.id for one in book.accounts()}
    for account in book.accounts():
        counters = book.counters(account.id, now=played.now)
        assert mine[account.id] == {
            "unit": account.terms.unit,
            "credited": Fraction(counters.credits_posted, account.scale),
            "reserved": Fraction(counters.debits_pending, account.scale),
            "posted": Fraction(counters.debits_posted, account.scale),
            "headroom": Fraction(counters.headroom, account.scale),
        }
    assert playing.ledger.verify() is None


def test_decisions_with_accounts_are_those_that_were_made(played: Played) -> None:
    """What the replay by the own law says of each line, the book said when it was asked."""
    playing = Playing(Laws(law.library()))
    playing.play(played.history.steps)
    entries = {one.change: one for one in ledger().entries()}
    looked = 0
    for one in playing.told:
        if one.move != "run.propose" or looked > 25:
            continue
        looked += 1
        row = entries[one.decision.partition("#")[0]]
        before = row.recorded - dt.timedelta(microseconds=1)
        then = decide_as_recorded(
            one.order, "allocation", at=dt.date.fromisoformat(one.at), recorded=before
        )
        assert (one.verdict, one.most) == (then.verdict, then.max_quantity)
    assert looked > 20


def test_a_cap_of_75000_for_each_customer_refuses_what_passes_it(
    played: Played, tmp_path: Path
) -> None:
    found = under(played, proposed_cap(tmp_path)).to_json()
    accounts = found["accounts"]
    (reserved,) = (one for one in accounts["moves"] if one["move"] == "allocation.reserve")
    assert reserved["asked"] == reserved["before"]["done"] == 430_000
    assert reserved["after"] == {"done": 255_000, "refused": 175_000, "missed": 0}
    by_buyer = {
        one["buyer"]: (one["asked"], one["after"]["done"])
        for one in accounts["buyers"]
        if one["move"] == "allocation.reserve"
    }
    assert by_buyer == {
        "bytedance": (182_500, 100_000),  # 75,000 of 157,500; given up; then 25,000 again
        "alibaba": (147_500, 80_000),
        "tencent": (100_000, 75_000),
    }
    assert accounts["refused_by"] == [
        {"by": f"{CUSTOMER}bytedance", "move": "allocation.reserve", "units": 82_500},
        {"by": f"{CUSTOMER}alibaba", "move": "allocation.reserve", "units": 67_500},
        {"by": f"{CUSTOMER}tencent", "move": "allocation.reserve", "units": 25_000},
    ]
    assert accounts["own_law_refuses"] == 0
    left = {one["account"]: one["after"]["headroom"] for one in accounts["balances"]}
    assert left[f"{CUSTOMER}bytedance"] == 50_000
    assert left["cn-chip-imports/china-wide-cap"] == 970_000
    assert found["changed"] == {"decisions": 0, "units": 0, "at_a_gate": 0}  # it is no rule


def test_half_the_ratio_leaves_twice_the_room(played: Played) -> None:
    found = under(played, **{RATIO: 0.5})
    accounts = found.to_json()["accounts"]
    assert all(one["before"] == one["after"] for one in accounts["moves"])
    assert [one["account"] for one in accounts["balances"]] == [
        f"{OWED}alibaba",
        f"{OWED}bytedance",
    ]
    ours = {one["account"]: one for one in accounts["balances"]}[f"{OWED}bytedance"]
    assert ours["before"] == {"credited": 20_000, "reserved": 24_524, "posted": 476, "headroom": 0}
    assert ours["after"] == {
        "credited": 20_000, "reserved": 12_262, "posted": 238, "headroom": 12_500,
    }  # fmt: skip


def test_twice_the_ratio_refuses_half_of_the_second_sharing(played: Played) -> None:
    accounts = under(played, **{RATIO: 2}).to_json()["accounts"]
    assert accounts["refused_by"] == [
        {"by": f"{OWED}bytedance", "move": "allocation.reserve", "units": 12_500},
        {"by": f"{OWED}alibaba", "move": "allocation.reserve", "units": 2_500},
    ]


def test_what_was_not_promised_is_not_sent_and_does_not_enter(played: Played) -> None:
    """Without the promise of the line that entered, its units are missed at each later step."""
    steps = played.history.steps
    (group,) = {one["group"] for one in steps if one["do"] == "enter"}
    playing = Playing(Laws(law.library()))
    playing.play(one for one in steps if one["do"] != "reserve" or one["group"] != group)
    ends = {
        one.move: (one.asked, one.done, one.refused, one.missed)
        for one in playing.told
        if one.move in ("shipment.dispatch", "entry.release") and one.done is not None
    }
    assert ends == {
        "shipment.dispatch": (476, 0, 0, 476), "entry.release": (476, 0, 0, 476),
    }  # fmt: skip


def test_a_rule_that_is_met_less_often_shuts_what_was_open(played: Played, tmp_path: Path) -> None:
    """The test report must come from Taiwan: the one shipment would not have left."""
    text = (ROOT / "regimes/us-advanced-computing.yaml").read_text(encoding="utf-8")
    asked = 'shipment.test.lab_country == "US"'
    assert asked in text
    taiwan = text.replace(asked, 'shipment.test.lab_country == "TW"')
    found = under(played, proposal(tmp_path, "us-advanced-computing.yaml", taiwan))
    told = found.to_json()
    ways = {(x["move"], x["before"], x["after"], x["decisions"], x["units"]) for x in told["ways"]}
    assert ways == {
        ("shipment.dispatch", "open", "shut", 1, 476), ("entry.release", "open", "shut", 1, 476),
    }  # fmt: skip
    test = "us-advanced-computing/third-party-test"
    assert {x["rule"] for x in told["rules"]} == {test}
    moved = {one["move"]: one["after"] for one in told["accounts"]["moves"]}
    assert moved["shipment.dispatch"] == {"done": 0, "refused": 476, "missed": 0}
    assert moved["entry.release"] == {"done": 0, "refused": 0, "missed": 476}
    (row,) = (
        found.told_changes().filter(found.changed.changed["move"] == "entry.release").to_dicts()
    )
    assert (row["before"], row["after"], row["gate.export.after"]) == ("open", "shut", "shut")
    assert row["rules"] == [{"rule": test, "before": "pass", "after": "fail"}]


def test_a_law_without_a_condition_reads_what_it_has_a_name_for(
    played: Played, tmp_path: Path
) -> None:
    """Without the ratio the second sharing is bound by nothing that it counted."""
    library = law.library()
    (cn,) = (one for one in library.checked if one.regime.id == "cn-chip-imports")
    text = (ROOT / "regimes/cn-chip-imports.yaml").read_text(encoding="utf-8")
    text = text.partition("\nchinese:")[0]  # its names go with the condition
    start, end = text.index("  domestic-ratio:"), text.index("  necessity:")
    other = proposal(tmp_path, "cn-chip-imports.yaml", text[:start] + text[end:])
    found = under(played, other).to_json()["accounts"]
    assert found["left_out"] == ["licence.import.conditions.kind"]
    assert {x["account"] for x in found["balances"]} == {
        f"{OWED}alibaba", f"{OWED}bytedance", f"{OWED}tencent",
    }  # fmt: skip
    assert all(one["after"] is None for one in found["balances"])
    assert cn.regime.conditions.keys() == {"domestic-ratio", "necessity", "data-centre-use"}


def test_a_new_account_counts_a_licence_of_several_holders_once(
    played: Played, tmp_path: Path
) -> None:
    """As it would be opened, and as the replay opens it: 400,000, not that for each holder too."""
    text = (ROOT / "regimes/cn-chip-imports.yaml").read_text(encoding="utf-8")
    start, end = text.index("  group-quota:"), text.index("  customer-cap:")
    second = text[start:end].replace("  group-quota:", "  second-quota:")
    other = proposal(tmp_path, "cn-chip-imports.yaml", text[:start] + second + text[start:])
    day = played.now.date()
    compiled = other.law(day, day)
    name = "cn-chip-imports/second-quota?licence=cn-import-group"
    reader = CaseReader(other.checked, compiled.vocabulary)
    live = LedgerStates(ledger(), played.now)
    states = AsIfOpened(live, compiled, reader, day).of(reader.read({"id": "x"}, 1))
    assert states[name].headroom == 400_000
    balances = under(played, other).to_json()["accounts"]["balances"]
    (ours,) = (one for one in balances if one["account"] == name)
    assert ours["after"]["credited"] == 400_000


def test_r11_a_firm_replays_its_own_orders_and_no_accounts(played: Played) -> None:
    firm = someone("tencent", "compliance_officer")
    with pytest.raises(DeniedError):
        read_history(firm, now=played.now, accounts=True)
    found = read_history(firm, now=played.now, accounts=False).history
    assert set(found.decisions["buyer"]) == {"tencent"}
    whole = played.history.decisions.filter(played.history.decisions["buyer"] == "tencent")
    assert found.decisions["decision"].to_list() == whole["decision"].to_list()
    assert found.steps == []
    outsider = someone("cn-customs", "administrator")
    with pytest.raises(DeniedError):
        read_history(outsider, now=played.now, accounts=False)


def test_r11_an_officer_is_not_told_the_names_of_another_gates_rules(
    played: Played, tmp_path: Path
) -> None:
    analyst = someone("us-bis", "analyst")
    assert read_history(analyst, now=played.now, accounts=False).history.decisions.height == 1193
    text = (ROOT / "regimes/cn-customs.yaml").read_text(encoding="utf-8")
    hidden = text.replace("visible_to: [public]", "visible_to: ['officer:customs']")
    hidden = hidden.replace('require: "!entry.held"', 'require: "entry.held"')
    assert hidden.count("entry.held") == text.count("entry.held")
    assert "!entry.held" not in hidden
    other = proposal(tmp_path, "cn-customs.yaml", hidden)
    names = hidden_from(analyst, law.library(), other)
    found = compare((played.history, played.history), (Laws(law.library()), Laws(other)))
    assert found.changed.height > 0
    report = Report(found, None, ({}, {}), hidden=names)
    told = {one["rule"] for one in report.to_json()["rules"]}
    assert told == {HIDDEN}
    assert hidden_from(someone("us-bis", "auditor"), other) == frozenset()


def test_nothing_is_written_to_the_book(played: Played, tmp_path: Path) -> None:
    under(played, proposed_cap(tmp_path))
    read_history(None, now=played.now, accounts=True)
    assert rows_of_all_tables() == played.rows
    assert ledger().verify() is None
