"""A regime file as read: pure data with places, before names and types are checked.

`read` fills these from YAML; `check` gives every expression its type; `compile` picks what binds
on a date. Formats: docs/reference/regime-file.md.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from interlock.law.chinese import Chinese

if TYPE_CHECKING:
    from interlock.files import Place
    from interlock.law.terms import AccountTerms

Stage = Literal["application", "order", "allocation", "shipment", "entry", "use"]
STAGES: tuple[Stage, ...] = ("application", "order", "allocation", "shipment", "entry", "use")
Status = Literal["proposed", "in_force", "suspended", "withdrawn", "not_enforced"]
ConditionStatus = Literal["drafted", "proposed", "agreed", "in_force", "waived", "withdrawn"]
Constant = str | bool | int | Decimal | dt.date


@dataclass(frozen=True)
class Expression:
    """CEL text and the place where it starts."""

    text: str
    place: Place


@dataclass(frozen=True)
class Source:
    """A law text. Law is graded A1 unless the file says otherwise."""

    id: str
    cite: str
    title: str
    published: dt.date
    grade: str
    url: str
    place: Place


@dataclass(frozen=True)
class Rests:
    """What an item rests on: ids of law sources, ids of claims, or our own assumption (F6)."""

    sources: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    assumption: bool = False


@dataclass(frozen=True)
class Spell:
    """One dated statement about an item: it has `status` from `start` to before `end`.

    `public` is the day from which everybody could know this. Dates are in the regime's timezone.
    """

    status: Status
    start: dt.date
    end: dt.date | None
    public: dt.date
    rests: Rests


@dataclass(frozen=True)
class Timeline:
    """All dated statements about one item. Later published ones override earlier ones.

    `version` is the id of the version of the regime that they come from, if any: a proposed version
    is switched on by it.
    """

    spells: tuple[Spell, ...]
    version: str = ""


@dataclass(frozen=True)
class Version:
    """A named version of the regime; items refer to it in place of dates of their own."""

    id: str
    title: str
    timeline: Timeline
    place: Place


@dataclass(frozen=True)
class DatedValue:
    """One value of a parameter from `start` to before `end`."""

    value: Constant | tuple[Constant, ...]
    start: dt.date
    end: dt.date | None
    public: dt.date
    rests: Rests
    place: Place


@dataclass(frozen=True)
class Parameter:
    """A value that the law sets and changes by date."""

    id: str
    unit: str
    places: int
    says: str
    values: tuple[DatedValue, ...]
    place: Place
    visible_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Name:
    """A vocabulary entry that this regime adds for its own goods."""

    id: str
    type: Literal["bool", "text", "texts", "number", "date"]
    unit: str
    places: int
    world: Literal["open", "closed"]
    key: str
    stage: Stage
    meaning: str
    values: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class FactCase:
    """One line of a derived fact: when `when` holds (None: always), the fact is `value`.

    Exactly one of `constant` and `value` is set.
    """

    when: Expression | None
    constant: Constant | None
    value: Expression | None
    timeline: Timeline | None
    rests: Rests
    place: Place


@dataclass(frozen=True)
class Fact:
    """A derived fact: the first case that holds gives it."""

    id: str
    says: str
    unit: str
    places: int
    overridden_by: str
    cases: tuple[FactCase, ...]
    place: Place
    visible_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waiver:
    """Who may waive a rule, and whose recorded consent it takes."""

    by: tuple[str, ...]
    consent_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A predicate that everybody in scope must meet at its stages."""

    id: str
    says: str
    stages: tuple[Stage, ...]
    when: Expression | None
    require: Expression | None
    undisclosed: bool
    opened_by: str
    waiver: Waiver | None
    visible_to: tuple[str, ...]
    timeline: Timeline
    rests: Rests
    place: Place


@dataclass(frozen=True)
class ExceptionRule:
    """Lifts rules for a class of cases."""

    id: str
    says: str
    lifts: tuple[str, ...]
    when: Expression
    timeline: Timeline
    rests: Rests
    place: Place
    visible_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Credit:
    """What fills an account: an event, and how many account units it gives."""

    on: str
    amount: Expression
    when: Expression | None
    place: Place


@dataclass(frozen=True)
class Draw:
    """What an order line draws: when it is reserved and posted, and how much for each unit."""

    reserve: Stage
    post: Stage
    factor: Expression
    place: Place


@dataclass(frozen=True)
class Account:
    """A count of units that limits how much may pass."""

    id: str
    says: str
    per: tuple[str, ...]
    when: Expression | None
    credits: tuple[Credit, ...]
    draw: Draw
    terms: AccountTerms
    waiver: Waiver | None
    timeline: Timeline
    rests: Rests
    place: Place


@dataclass(frozen=True)
class ConditionParameter:
    """A typed parameter that each licence sets for itself."""

    id: str
    type: Literal["decimal", "integer", "text", "date", "bool"]
    unit: str
    places: int
    minimum: Decimal | None
    maximum: Decimal | None
    default: Constant | None
    place: Place


@dataclass(frozen=True)
class ConditionKind:
    """A kind of condition that a licence may carry: a rule or an account with parameters."""

    id: str
    says: str
    parameters: tuple[ConditionParameter, ...]
    stages: tuple[Stage, ...]
    when: Expression | None
    require: Expression | None
    account: Account | None
    waiver: Waiver | None
    visible_to: tuple[str, ...]
    timeline: Timeline
    rests: Rests
    place: Place


@dataclass(frozen=True)
class Criterion:
    """One criterion of a round: points, public or secret."""

    id: str
    says: str
    points: Expression | None
    undisclosed: bool
    place: Place


@dataclass(frozen=True)
class RoundRule:
    """How the applications of a round are scored and placed."""

    id: str
    says: str
    criteria: tuple[Criterion, ...]
    floor: Expression | None
    places: Expression | None
    quota: Expression | None
    visible_to: tuple[str, ...]
    timeline: Timeline
    rests: Rests
    place: Place


@dataclass(frozen=True)
class ListEntry:
    """A party on a list from `start` to before `end`; matched by id, name or alias."""

    party: str
    aliases: tuple[str, ...]
    start: dt.date
    end: dt.date | None
    public: dt.date
    rests: Rests
    place: Place


@dataclass(frozen=True)
class PartyList:
    """A dated list of parties."""

    id: str
    title: str
    entries: tuple[ListEntry, ...]
    place: Place


@dataclass(frozen=True)
class PartyFact:
    """A fact about the parties of a transaction, from lists and ownership.

    `kind` listed gives true or false. `kind` owned gives `no`, `owned` (the shares held by listed
    or owned parties add up to `at_least` or more, cascaded to a fixed point, never multiplied) or
    `unknown_share` (a listed or owned holder whose share is not known, where the known ones do not
    suffice).
    """

    id: str
    says: str
    kind: Literal["listed", "owned"]
    of: tuple[str, ...]
    lists: tuple[str, ...]
    at_least: Decimal | None
    timeline: Timeline
    rests: Rests
    place: Place
    visible_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Regime:
    """One regime file, read and free of faults of form."""

    id: str
    title: str
    authority: str
    gate: str
    timezone: str
    visible_to: tuple[str, ...]
    applies: Expression | None
    place: Place
    digest: str
    sources: dict[str, Source] = field(default_factory=dict)
    claims_file: str = ""
    versions: dict[str, Version] = field(default_factory=dict)
    names: dict[str, Name] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()
    parameters: dict[str, Parameter] = field(default_factory=dict)
    lists: dict[str, PartyList] = field(default_factory=dict)
    party_facts: dict[str, PartyFact] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    exceptions: dict[str, ExceptionRule] = field(default_factory=dict)
    conditions: dict[str, ConditionKind] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    rounds: dict[str, RoundRule] = field(default_factory=dict)
    chinese: Chinese = field(default_factory=Chinese)
