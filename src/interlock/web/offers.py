"""What may be meant in a field of a form: ids of things with their names, words of the law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import pgettext

from interlock.book import law
from interlock.book.models import THINGS
from interlock.book.rights import visible
from interlock.book.round_law import rules_at
from interlock.book.selectors.decisions import viewer_of
from interlock.evidence.grade import CREDIBILITY, RELIABILITY
from interlock.law.compiling.compiled import GATES
from interlock.law.deciding.audience import sees
from interlock.law.vocabulary import vocabulary
from interlock.web.days import today
from interlock.web.form_words import CERTIFICATES, STATEMENT
from interlock.web.inwords import meaning
from interlock.web.law_tongue import chinese, sentence
from interlock.web.words import word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interlock.book.rights import Actor
    from interlock.web.values import Field

OFFERED = 200
Pairs = list[tuple[str, str]]


def offers(actor: Actor, fields: list[Field]) -> dict[str, Pairs]:
    """For each field that refers to something, what may be meant: what is written and its name."""
    wanted = sorted({one.refers for one in _all(fields) if one.refers})
    return {name: OF_LAW[name](actor) if name in OF_LAW else _things(actor, name)
            for name in wanted}  # fmt: skip


def _all(fields: list[Field]) -> list[Field]:
    return [*fields, *(cell for one in fields for row in one.rows for cell in row)]


def _things(actor: Actor, kind: str) -> Pairs:
    model: Any = THINGS[kind]
    named = any(one.name == "name" for one in model._meta.concrete_fields)
    rows = visible(actor, model).order_by("pk")
    pairs = rows.values_list("pk", "name") if named else rows.values_list("pk", "state")
    return [(pk, name if named else word(f"state {kind}", name)) for pk, name in pairs[:OFFERED]]


def _statements(_actor: Actor) -> Pairs:
    """The papers that the law asks for by name."""
    entries = vocabulary().entries
    return [
        (name.removeprefix(STATEMENT), meaning(entries[name]))
        for name in entries
        if name.startswith(STATEMENT) and entries[name].type == "bool"
    ]


def _certificates(actor: Actor) -> Pairs:
    return [(one, word("choice", one)) for one in CERTIFICATES] + _statements(actor)


def _facts(_actor: Actor) -> Pairs:
    """The names of facts, but of those that the book itself keeps on licences."""
    entries = vocabulary().entries.values()
    return [(one.name, meaning(one)) for one in entries if not one.name.startswith("licence.")]


def _kinds(actor: Actor) -> Iterator[tuple[str, Any]]:
    """The kinds of condition of today's law that an actor may see."""
    day = today()
    for gate in GATES:
        for name, kind in law.law_on(day, day).conditions_of(gate).items():
            if sees(viewer_of(actor), kind.visible_to, gate):
                yield name, kind


def _condition_kinds(actor: Actor) -> Pairs:
    return [(name, sentence(kind.says).words) for name, kind in _kinds(actor)]


def _parameters(actor: Actor) -> Pairs:
    told = chinese()
    return [(value.id, (told.name(name) if told is not None else "") or name)
            for name, kind in _kinds(actor) for value in kind.parameters]  # fmt: skip


def _round_rules(_actor: Actor) -> Pairs:
    day = today()
    return [(name, sentence(rule.round.says).words) for gate in GATES
            for name, rule in rules_at(gate, day, day).items()]  # fmt: skip


def _reliability(_actor: Actor) -> Pairs:
    return [(mark, pgettext("grade", says)) for mark, says in RELIABILITY.items()]


def _credibility(_actor: Actor) -> Pairs:
    return [(mark, pgettext("grade", says)) for mark, says in CREDIBILITY.items()]


OF_LAW: dict[str, Callable[[Actor], Pairs]] = {
    "statement_kind": _statements, "certificate_kind": _certificates, "fact": _facts,
    "condition_kind": _condition_kinds, "parameter": _parameters, "round_rule": _round_rules,
    "reliability": _reliability, "credibility": _credibility,
}  # fmt: skip
"""Fields that take a word of the law, by what `Field.refers` calls it."""
