"""Conditions of licences: written, put before the holders, agreed, in force, waived, taken back.

Whoever asked for a condition is heard before it is changed, waived or withdrawn, and what they said
stays on record; none is dropped silently. What was reserved or posted under earlier parameters
keeps its factor (R4).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.models import Condition, ConditionText, Licence, Party
from interlock.book.naming import check_there
from interlock.book.row_facts import ENDED
from interlock.book.services.condition_law import check_kind
from interlock.book.services.consents import DONE, own_word, stood_in_force
from interlock.book.services.inputs import Id, NewId, given
from interlock.book.services.registry import service
from interlock.files.phrases import phrase

LongText = Annotated[str, Field(max_length=4000)]
Parameters = Annotated[
    dict[str, Any], Field(description="By the names that the law gives this kind's parameters.")
]


@service("condition.draft")
def condition_draft(
    act: Act,
    *,
    id: NewId = "",
    licence: Id,
    condition_kind: Annotated[str, Field(max_length=80, description="A kind that the law knows.")],
    text: LongText = "",
    parameters: Parameters = {},
    asked_by: Annotated[Id | None, Field(description="Who asked for it; default you.")] = None,
    basis: dict[str, Any] = {},
) -> Condition:
    """Write a condition on a licence; of each kind one lives on a licence."""
    on = act.find(Licence, licence)
    asker = asked_by or act.actor.party
    check_there(act.actor, Party, asked_by=asker)
    check_kind(act, on.gate, condition_kind, parameters)
    if on.state in DONE:
        raise input_error(
            "licence",
            "{licence} is {state}; it takes no more conditions",
            licence=licence,
            state=on.state,
        )
    living = on.conditions.filter(condition_kind=condition_kind).exclude(state__in=ENDED).first()
    if living is not None:
        wrong = phrase("{condition} is of this kind already; change that one", condition=living.pk)
        raise InputError({"condition_kind": wrong})
    made = act.make(
        Condition(
            id=id,
            licence=on,
            condition_kind=condition_kind,
            text=text,
            parameters=parameters,
            asked_by_id=asker,
            basis=basis,
        ),
        "draft",
    )
    _keep_text(act, made)
    return made


def _keep_text(act: Act, condition: Condition) -> None:
    ConditionText.objects.create(
        condition=condition,
        number=condition.text_version,
        text=condition.text,
        parameters=condition.parameters,
        by_party_id=act.actor.party,
        by_user=act.actor.name,
        at=act.now,
    )


@service("condition.change")
def condition_change(
    act: Act,
    thing: Condition,
    *,
    text: LongText | None = None,
    parameters: Parameters | None = None,
) -> Condition:
    """Another text or other parameters: a new version, proposed anew; earlier ones are kept."""
    changes = given(text=text, parameters=parameters)
    if not changes:
        raise input_error("text", "nothing is to change; give a text or parameters")
    if parameters is not None:
        check_kind(act, thing.licence.gate, thing.condition_kind, parameters)
    own_word(act, thing, "change")
    changes |= {"text_version": thing.text_version + 1, "proposed_by": act.actor.name}
    changed = act.move(thing, "change", changes)
    _keep_text(act, changed)
    return changed


@service("condition.propose")
def condition_propose(act: Act, thing: Condition) -> Condition:
    """Put a condition before the holders."""
    return act.move(thing, "propose", {"proposed_by": act.actor.name})


@service("condition.agree")
def condition_agree(act: Act, thing: Condition) -> Condition:
    """All holders have agreed to the version that stands: it binds."""
    return act.move(thing, "agree")


@service("condition.enforce")
def condition_enforce(act: Act, thing: Condition) -> Condition:
    """Put a condition in force, agreed or not, as whoever asked for it wants it."""
    own_word(act, thing, "enforce")
    return act.move(thing, "enforce")


@service("condition.propose_waiver")
def condition_propose_waiver(act: Act, thing: Condition) -> Condition:
    """Propose to waive a condition; it binds until a second person has waived it."""
    changes = {"proposed_by": act.actor.name, "waiver_proposed_at": act.now}
    return act.move(thing, "propose_waiver", changes)


@service("condition.keep")
def condition_keep(act: Act, thing: Condition) -> Condition:
    """A condition is not waived; it stays in force, or agreed."""
    back = "in_force" if stood_in_force(act, thing) else "agreed"
    return act.move(thing, "keep", {"proposed_by": ""}, state=back)


@service("condition.waive")
def condition_waive(act: Act, thing: Condition) -> Condition:
    """Waive a condition with every consent that the law asks, and of whoever asked for it."""
    own_word(act, thing, "waive")
    return act.move(thing, "waive", {"basis": thing.basis | {"waived_by": act.actor.party}})


@service("condition.withdraw")
def condition_withdraw(act: Act, thing: Condition) -> Condition:
    """Whoever asked for a condition takes it back."""
    own_word(act, thing, "withdraw")
    return act.move(thing, "withdraw")
