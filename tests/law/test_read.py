"""A regime file becomes a `Regime`: every key of the format, with exact values and places."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from interlock.evidence import load_claims
from interlock.files import BadInputError, Place
from interlock.law.model import (
    Account,
    ConditionParameter,
    Credit,
    Criterion,
    DatedValue,
    Draw,
    Expression,
    ListEntry,
    Name,
    Regime,
    Rests,
    Source,
    Spell,
    Timeline,
    Waiver,
)
from interlock.law.reading.regime import read_regime, read_regimes
from interlock.law.terms import AccountTerms, MayOwe, Period, Tolerance
from interlock.law.times import ALWAYS

FULL = Path(__file__).parent / "regimes" / "full.yaml"
VISIBLE = ("public", "officer:export")
D = dt.date


@pytest.fixture(scope="module")
def full() -> Regime:
    return read_regime(FULL, name="full.yaml")


def at(line: int, column: int) -> Place:
    return Place("full.yaml", line, column)


def line_of(text: str) -> int:
    """The first line of the file that holds `text`."""
    lines = FULL.read_text().splitlines()
    return next(n for n, line in enumerate(lines, start=1) if text in line)


def test_head(full: Regime) -> None:
    assert (full.id, full.title, full.authority) == ("full", "Every key of a regime file", "us-bis")
    assert (full.gate, full.timezone, full.visible_to) == ("export", "America/New_York", VISIBLE)
    assert full.claims_file == (FULL.parent / "full.claims.yaml").as_posix()
    line = line_of("applies:")
    assert full.applies == Expression("order.destination in country_group", at(line, 10))
    assert full.place == at(2, 1)


def test_sources_are_graded_a1_unless_the_file_says_otherwise(full: Regime) -> None:
    line = line_of("fr-2023:")
    assert full.sources == {
        "fr-2023": Source(
            "fr-2023", "88 FR 73458", "The rule of 2023", D(2023, 10, 25), "A1", "", at(line, 3)
        ),
        "fr-2026": Source(
            "fr-2026",
            "91 FR 1684",
            "",
            D(2026, 1, 15),
            "A2",
            "https://example.org/91",
            at(line + 1, 3),
        ),
        "fr-stay": Source("fr-stay", "90 FR 1", "", D(2025, 11, 12), "A1", "", at(line + 2, 3)),
    }


def test_r8_versions_have_effective_compliance_and_not_enforced_dates(full: Regime) -> None:
    rests = Rests(("fr-2023",))
    public = D(2023, 10, 25)
    assert full.versions["diffusion"].timeline == Timeline(
        (
            Spell("not_enforced", D(2025, 1, 13), D(2025, 5, 15), public, rests),
            Spell("in_force", D(2025, 5, 15), None, public, rests),
            Spell("not_enforced", D(2025, 5, 13), None, D(2025, 5, 13), rests),
        ),
        "diffusion",
    )
    both = Rests(("fr-2026", "fr-2023"))
    assert full.versions["v2026"].timeline == Timeline(
        (Spell("in_force", D(2026, 1, 15), D(2027, 1, 1), D(2026, 1, 13), both),), "v2026"
    )
    assumed, stay = Rests(assumption=True), Rests(("fr-stay",))
    assert full.versions["stayed"].timeline.spells == (
        Spell("in_force", D(2025, 1, 13), None, D(2025, 1, 13), assumed),
        Spell("withdrawn", D(2025, 12, 1), None, D(2025, 11, 12), stay),
    )
    claim = Rests(claims=("cap-75k",))
    assert full.versions["cap-2026-03"].timeline == Timeline(
        (Spell("proposed", D(2026, 3, 1), None, D(2026, 3, 1), claim),), "cap-2026-03"
    )


def test_names_of_the_regime(full: Regime) -> None:
    line = line_of("product.gwp:")
    assert full.names["product.gwp"] == Name(
        "product.gwp",
        "number",
        "kg",
        3,
        "closed",
        "supplier",
        "order",
        "global warming potential",
        (),
        at(line, 3),
    )
    colour = full.names["product.colour"]
    assert (colour.type, colour.unit, colour.places) == ("text", "", 0)
    assert (colour.world, colour.key, colour.stage) == ("open", "nobody", "application")
    assert colour.values == ("red", "blue")


def test_parameters_default_public_to_the_first_source(full: Regime) -> None:
    below = full.parameters["tpp_below"]
    line = line_of("value: 4800,")
    assert (below.unit, below.places, below.visible_to) == ("TPP", 1, VISIBLE)
    assert below.values == (
        DatedValue(4800, D(2023, 11, 17), None, D(2023, 10, 25), Rests(("fr-2023",)), at(line, 35)),
        DatedValue(
            Decimal("21000.50"),
            D(2026, 1, 15),
            D(2027, 1, 1),
            D(2026, 1, 13),
            Rests(("fr-2026",)),
            at(line + 1, 74),
        ),
    )
    (group,) = full.parameters["country_group"].values
    assert (group.value, group.rests) == (("CN", "MO"), Rests(assumption=True))
    assert group.public == D(2022, 10, 21)
    (by,) = full.parameters["available_by"].values
    assert (by.value, by.rests) == (D(2026, 1, 15), Rests(claims=("ratio-proposed",)))
    assert full.parameters["strict"].visible_to == ("public",)


def test_lists_and_party_facts(full: Regime) -> None:
    entries = full.lists["entity-list"].entries
    line = line_of("party: Example Co")
    assert full.lists["entity-list"].title == "Entity List"
    assert entries == (
        ListEntry(
            "Example Co",
            ("ESC", "Ex"),
            D(2020, 12, 18),
            None,
            D(2023, 10, 25),
            Rests(("fr-2023",)),
            at(line, 9),
        ),
        ListEntry(
            "Other Co",
            (),
            D(2020, 12, 18),
            D(2024, 1, 1),
            D(2020, 12, 22),
            Rests(),
            at(line + 1, 9),
        ),
    )
    listed, owned = full.party_facts["listed_party"], full.party_facts["affiliate"]
    assert (listed.kind, listed.of, listed.at_least) == ("listed", ("buyer", "end_user"), None)
    assert listed.timeline == ALWAYS
    assert (owned.of, owned.lists, owned.at_least) == (
        ("buyer",),
        ("entity-list",),
        Decimal("0.50"),
    )
    assert owned.timeline == Timeline(
        (
            Spell("in_force", D(2025, 9, 29), None, D(2023, 10, 25), Rests(("fr-2023",))),
            Spell(
                "suspended",
                D(2025, 11, 10),
                D(2026, 11, 10),
                D(2025, 11, 12),
                Rests(("fr-stay",)),
            ),
        )
    )


def test_facts_in_both_forms(full: Regime) -> None:
    eccn = full.facts["eccn"]
    assert (eccn.overridden_by, eccn.unit, eccn.places) == ("product.eccn", "", 0)
    first, last = eccn.cases
    assert (first.constant, first.timeline) == ("3A090.a", full.versions["v2026"].timeline)
    assert first.rests == Rests(("fr-2026", "fr-2023"))
    # A case without dates or grounds of its own takes those of the fact.
    assert (last.when, last.constant) == (None, "none")
    assert (last.timeline, last.rests) == (full.versions["v2023"].timeline, Rests(("fr-2026",)))
    rate = full.facts["duty_rate"]
    assert [case.constant for case in rate.cases] == [Decimal("0.25"), 0]
    assert rate.places == 2
    assert rate.cases[0].when is not None
    assert rate.cases[0].when.text == 'eccn == "3A090.a"'
    assert rate.cases[1].timeline is None
    usd = full.facts["duty_usd"]
    assert (usd.unit, usd.places, usd.cases[0].constant) == ("USD", 6, None)
    assert usd.cases[0].value is not None
    assert usd.cases[0].value.text == "duty_rate * order.value_usd"


def test_rules_and_exceptions(full: Regime) -> None:
    test = full.rules["third-party-test"]
    line = line_of("third-party-test:")
    assert (test.stages, test.opened_by, test.undisclosed) == (
        ("shipment", "entry"),
        "supplier",
        False,
    )
    assert test.waiver == Waiver(("us-bis",), ("us-defence",))
    assert (test.visible_to, test.place) == (("holder",), at(line, 3))
    assert test.when == Expression('eccn == "3A090.a"', at(line + 3, 11))
    # A block's text starts on the line below, at its own indent; its second line keeps its indent,
    # so that a fault in it is told with the column of the file.
    text = "shipment.test.on_file\n      && shipment.test.independent"
    assert test.require == Expression(text, at(line + 5, 7))
    assert test.timeline.spells == (
        Spell("in_force", D(2026, 1, 15), None, D(2026, 1, 15), Rests(("fr-2026",))),
    )
    criteria = full.rules["criteria"]
    assert (criteria.undisclosed, criteria.require, criteria.timeline) == (True, None, ALWAYS)
    lifted = full.exceptions["notified"]
    assert (lifted.lifts, lifted.visible_to) == (("third-party-test",), VISIBLE)
    # Behind the quote: the column of `!`.
    column = FULL.read_text().splitlines()[line_of("  notified:") - 1].index("!product") + 1
    assert lifted.when == Expression("!product.datacentre", at(line_of("  notified:"), column))


def test_an_item_without_grounds_rests_on_those_of_its_version(full: Regime) -> None:
    rule = full.rules["inherited"]
    assert rule.rests == Rests(("fr-2026", "fr-2023"))
    assert rule.timeline.version == "v2026"
    assert rule.require is not None
    assert rule.require.text == "true"
    assert full.accounts["part"].rests == Rests(claims=("cap-75k",))


def test_r4_a_condition_parameter_gives_the_places_of_its_account(full: Regime) -> None:
    ratio = full.conditions["domestic-ratio"]
    line = line_of("domestic_per_import: {")
    assert ratio.parameters == (
        ConditionParameter(
            "domestic_per_import",
            "decimal",
            "chip",
            2,
            Decimal(0),
            Decimal(10),
            Decimal("2.5"),
            at(line, 7),
        ),
        ConditionParameter("approved", "bool", "", 0, None, None, False, at(line + 1, 7)),
    )
    assert (ratio.stages, ratio.require) == ((), None)
    account = ratio.account
    assert account is not None
    assert (account.id, account.rests) == ("domestic-ratio", Rests(claims=("ratio-proposed",)))
    assert account.terms == AccountTerms(
        name="full/domestic-ratio",
        unit="domestic-chip",
        places=2,
        may_owe=MayOwe(Fraction(5000), dt.timedelta(days=180)),
        visible_to=VISIBLE,
        timezone="America/New_York",
    )
    necessity = full.conditions["necessity"]
    assert (necessity.stages, necessity.account) == (("order", "entry"), None)
    assert necessity.rests == Rests(assumption=True)


def test_r10_account_terms(full: Regime) -> None:
    quota = full.accounts["national-quota"]
    assert quota.terms == AccountTerms(
        name="full/national-quota",
        unit="chip",
        places=1,
        floor=-10,
        tolerance=Tolerance(Fraction(1, 10), "unshipped", "full/domestic-ratio"),
        period=Period("year", True),
        restored_by=("returned_to_exporter", "destroyed"),
        shuts="account",
        visible_to=VISIBLE,
        timezone="America/New_York",
    )
    line = line_of("on: licence.issued, amount")
    assert quota.credits == (
        Credit(
            "licence.issued",
            Expression("licence.quantity", at(line, 38)),
            Expression("licence.issued", at(line, 62)),
            at(line, 9),
        ),
        Credit("period.opened", Expression("100", at(line + 1, 37)), None, at(line + 1, 9)),
    )
    assert quota.waiver == Waiver(("us-bis",))
    part: Account = full.accounts["part"]
    assert part.per == ("exporter", "product", "product.colour")
    assert part.terms.window == dt.timedelta(days=28)
    assert (part.terms.parent, part.terms.parent_factor) == ("full/national-quota", Fraction(1, 2))
    draw = line_of("draw: {reserve: shipment")
    factor = Expression("2", at(draw, 55))
    assert part.draw == Draw("shipment", "shipment", factor, at(draw, 11))
    assert part.timeline == full.versions["cap-2026-03"].timeline


def test_rounds(full: Regime) -> None:
    batch = full.rounds["batch"]
    line = line_of("      need:")
    points = Expression("order.truly_needed ? 40 : 0", at(line, 44))
    assert batch.criteria == (
        Criterion("need", "Truly needed.", points, False, at(line, 7)),
        Criterion("secret", "", None, True, at(line + 1, 7)),
    )
    numbers = [e.text for e in (batch.floor, batch.places, batch.quota) if e is not None]
    assert numbers == ["60", "3", "400000"]
    assert batch.visible_to == ("officer:import",)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


HEAD = """\
regime: r
title: T
authority: a
gate: export
timezone: UTC
"""


def test_digest_changes_with_the_content_alone(tmp_path: Path) -> None:
    base = HEAD + "sources: {s: {cite: c, published: 2026-01-15}}\napplies: order.quantity > 1000\n"
    digest = read_regime(write(tmp_path, "a.yaml", base)).digest
    assert len(digest) == 64
    same = (
        "# a comment\n"
        + base.replace("gate: export\n", "").replace("timezone: UTC", 'timezone:  "UTC"')
        + "\n\ngate: export # moved\n"
    )
    assert read_regime(write(tmp_path, "b.yaml", same)).digest == digest
    for old, new in [("1000", "1001"), ("2026-01-15", "2026-01-16"), ("title: T", "title: t")]:
        other = read_regime(write(tmp_path, "c.yaml", base.replace(old, new))).digest
        assert other != digest


def test_digest_tells_a_text_from_a_number_and_a_date(tmp_path: Path) -> None:
    text = HEAD + "parameters: {p: {values: [{from: 2026-01-15, value: %s, assumption: true}]}}\n"
    digests = {
        read_regime(write(tmp_path, "a.yaml", text % value)).digest
        for value in ("5", '"5"', "2026-01-15", "'2026-01-15'", "true", "'true'")
    }
    assert len(digests) == 6
    written = (
        read_regime(write(tmp_path, "a.yaml", text % value)).digest for value in ("1000", "1_000")
    )
    assert len(set(written)) == 1


def test_r11_items_are_visible_to_the_readers_of_the_regime_else_to_its_own_gate(
    tmp_path: Path,
) -> None:
    rules = "rules: {x: {stage: order, require: true, assumption: true}}\n"
    silent = read_regime(write(tmp_path, "a.yaml", HEAD + rules))
    assert silent.rules["x"].visible_to == (f"officer:{silent.gate}",)
    public = read_regime(write(tmp_path, "b.yaml", HEAD + "visible_to: [public]\n" + rules))
    assert public.rules["x"].visible_to == ("public",)


def test_period_in_short(tmp_path: Path) -> None:
    text = """\
accounts:
  q:
    per: []
    unit: chip
    credit: {on: regime.in_force, amount: 5}
    draw: {reserve: allocation, post: entry, factor: 1}
    period: quarter
    assumption: true
"""
    regime = read_regime(write(tmp_path, "a.yaml", HEAD + text))
    assert regime.accounts["q"].terms.period == Period("quarter", False)


def test_a_directory_holds_regimes_beside_their_tests_and_claims(tmp_path: Path) -> None:
    write(tmp_path, "b.yaml", HEAD.replace("regime: r", "regime: b"))
    write(tmp_path, "a.yaml", HEAD.replace("regime: r", "regime: a"))
    for other in ("a.test.yaml", "a.claims.yaml", "claims.yaml", "notes.txt"):
        write(tmp_path, other, "no: regime\n")
    assert [regime.id for regime in read_regimes(tmp_path)] == ["a", "b"]
    assert [regime.id for regime in read_regimes([tmp_path / "b.yaml"])] == ["b"]


def test_the_faults_of_all_files_come_in_one_pass(tmp_path: Path) -> None:
    a = write(tmp_path, "a.yaml", HEAD.replace("gate: export\n", ""))
    b = write(tmp_path, "b.yaml", HEAD + "rulez: {}\n")
    with pytest.raises(BadInputError) as caught:
        read_regimes(tmp_path)
    assert [fault.place for fault in caught.value.faults] == [
        Place(str(a), 1, 1),
        Place(str(b), 6, 1),
    ]


def test_one_id_in_two_files_is_refused(tmp_path: Path) -> None:
    a, b = write(tmp_path, "a.yaml", HEAD), write(tmp_path, "b.yaml", HEAD)
    with pytest.raises(BadInputError) as caught:
        read_regimes([a, b])
    (fault,) = caught.value.faults
    assert fault.wrong == f"'r' is the regime of {a} too"
    assert fault.place.file == str(b)


def test_a_directory_without_a_regime_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is a directory without a regime file"):
        read_regimes(tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_regimes(tmp_path / "none.yaml")


def test_the_regimes_of_this_repository_read_as_one() -> None:
    folder = Path(__file__).parents[2] / "regimes"
    regimes = read_regimes(folder)
    files = {path.stem for path in folder.glob("*.yaml") if "." not in path.stem}
    assert {regime.id for regime in regimes} == files
    assert len({regime.digest for regime in regimes}) == len(regimes)


def test_r13_claims_come_with_their_grades() -> None:
    claims = load_claims(FULL.with_name("full.claims.yaml")).claims
    assert {one.id: str(one.grade) for one in claims} == {"ratio-proposed": "E3", "cap-75k": "C3"}


def test_digest_covers_the_claims_that_a_regime_rests_on(tmp_path: Path) -> None:
    text = FULL.with_name("full.claims.yaml").read_text(encoding="utf-8")
    regime = HEAD + "claims: told.yaml\n"
    digests = []
    for claims in (text, f"# a comment\n{text}", text.replace("credibility: 3", "credibility: 4")):
        write(tmp_path, "told.yaml", claims)
        digests.append(read_regime(write(tmp_path, "a.yaml", regime)).digest)
    assert digests[0] == digests[1] != digests[2]
    assert digests[0] != read_regime(write(tmp_path, "b.yaml", HEAD)).digest


def test_faults_of_the_claims_file_are_reported_too(tmp_path: Path) -> None:
    claims = write(tmp_path, "claims.yaml", "title: T\nclaims: 5\n")
    with pytest.raises(BadInputError) as caught:
        read_regime(write(tmp_path, "r.yaml", HEAD + "claims: claims.yaml\nrulez: {}\n"))
    assert [fault.place.file for fault in caught.value.faults] == [
        str(claims),
        str(tmp_path / "r.yaml"),
    ]
