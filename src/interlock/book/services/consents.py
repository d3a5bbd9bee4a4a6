"""What parties said to a condition, and the guards that ask for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.errors import InputError, input_error
from interlock.book.guards import guard
from interlock.book.models import Condition, Consent
from interlock.book.models.base import Thing
from interlock.book.row_facts import holds
from interlock.book.services.condition_law import kind_of
from interlock.book.services.inputs import Text
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase, phrases

DONE = ("revoked", "surrendered", "expired", "dropped")
"""States of a licence that has ended."""
To = Literal["agree", "enforce", "change", "waive", "withdraw"]


@service("condition.consent")
def condition_consent(
    act: Act,
    thing: Condition,
    *,
    to: Annotated[To, Field(description="What you agree or object to.")],
    agrees: bool,
    text_version: Annotated[int, Field(ge=1, description="The version that you read.")],
    says: Text = "",
) -> Condition:
    """Agree or object to the version that stands; of your party the newest word counts."""
    if text_version != thing.text_version:
        wrong = phrase(
            "version {stands} stands, not {read}; read it first",
            stands=thing.text_version,
            read=text_version,
        )
        raise InputError({"text_version": wrong})
    party = act.actor.party
    if party not in _concerned(act, thing):
        wrong = phrase(
            "{party} neither holds the licence nor asked for it, nor does the law ask its consent",
            party=party,
        )
        raise InputError({"to": wrong})
    if to == "waive" and thing.state != "waiver_proposed":
        raise input_error("to", "nobody has proposed to waive it")
    record(act, thing, to, agrees=agrees, says=says)
    note = {"to": to, "agrees": agrees, "text_version": text_version, "says": says}
    return act.move(thing, "consent", note=note)


def record(act: Act, condition: Condition, to: str, *, agrees: bool, says: str = "") -> None:
    """Keep the word of the actor's party."""
    Consent.objects.create(
        condition=condition,
        number=condition.text_version,
        to=to,
        agrees=agrees,
        party_id=act.actor.party,
        user=act.actor.name,
        says=says,
        at=act.now,
    )


def own_word(act: Act, condition: Condition, to: To) -> None:
    """Who asked for a condition, and acts on it, agrees by acting; that is recorded too.

    The guard of the move then asks for this word.
    """
    act.planned[condition.pk] = to
    if act.actor.party == condition.asked_by_id:
        record(act, condition, to, agrees=True, says=act.reason)


def word_of(condition: Condition, party: str, to: str) -> bool | None:
    """What a party said last to the version, or the waiver, that stands; None: nothing."""
    said = Consent.objects.filter(
        condition=condition, party=party, to=to, number=condition.text_version
    )
    if to == "waive":
        said = said.filter(at__gte=condition.waiver_proposed_at)
    newest = said.order_by("-pk").first()
    return None if newest is None else newest.agrees


def _holders(act: Act, condition: Condition) -> list[str]:
    return [x.party_id for x in condition.licence.holders.all() if holds(x, act.today)]


def _concerned(act: Act, condition: Condition) -> set[str]:
    kind = kind_of(act, condition)
    waiver = kind.waiver if kind is not None else None
    asked = waiver.consent_of if waiver is not None else ()
    return {condition.asked_by_id, *_holders(act, condition), *asked}


def _missing(condition: Condition, parties: list[str], to: str) -> Phrase | None:
    """Whose consent is not on record, or nothing."""
    wrongs = []
    for party in parties:
        values = {"party": party, "version": condition.text_version, "to": to}
        agrees = word_of(condition, party, to)
        if agrees is None:
            wrongs.append(
                phrase("{party} has not said anything to version {version} ({to})", **values)
            )
        elif not agrees:
            wrongs.append(phrase("{party} objects to version {version} ({to})", **values))
    return phrases(wrongs, "; ") if wrongs else None


def _as_condition(thing: Thing) -> Condition:
    assert isinstance(thing, Condition)  # noqa: S101 - guards of conditions alone
    return thing


@guard
def holders_consent(act: Act, thing: Thing) -> Phrase | None:
    """Every holder has agreed to the version that stands."""
    condition = _as_condition(thing)
    return _missing(condition, _holders(act, condition), "agree")


@guard
def asker_consents(act: Act, thing: Thing) -> Phrase | None:
    """Whoever asked for it wants it put in force, or takes it back."""
    condition = _as_condition(thing)
    to = act.planned.get(str(thing.pk), "")
    return _missing(condition, [condition.asked_by_id], to)


def _entry(act: Act, condition: Condition, move: str) -> int:
    """The number of the newest audit row of a move of it; 0: it was never made."""
    found = act.ledger.newest_entry(f"condition/{condition.pk}", f"condition.{move}")
    return 0 if found is None else found.seq


def stood_in_force(act: Act, condition: Condition) -> bool:
    """Whether it was put in force after it was last agreed, if ever: where `keep` leads back to."""
    return _entry(act, condition, "enforce") > _entry(act, condition, "agree")


def _has_bound(act: Act, condition: Condition) -> bool:
    """Whether it was in force on an issued licence, in this version or an earlier one."""
    return condition.licence.issued_on is not None and _entry(act, condition, "enforce") > 0


@guard
def its_licence_lives(_act: Act, thing: Thing) -> Phrase | None:
    """Nothing is settled any more on a licence that has ended."""
    licence = _as_condition(thing).licence
    if licence.state not in DONE:
        return None
    return phrase("{licence} is {state}; its conditions stay as they are",
                  licence=licence.pk, state=licence.state)  # fmt: skip


@guard
def never_in_force(act: Act, thing: Thing) -> Phrase | None:
    """What bound an issued licence is waived as the law says, and not withdrawn after a change."""
    if not _has_bound(act, _as_condition(thing)):
        return None
    return phrase("it was in force; it ends by a waiver alone, by whom the law allows")


@guard
def a_second_person_again(act: Act, thing: Thing) -> Phrase | None:
    """What has bound an issued licence and was changed is put in force by another person."""
    condition = _as_condition(thing)
    changed = condition.state == "proposed" and _has_bound(act, condition)
    if not changed or not act.actor.is_same_person(condition.proposed_by):
        return None
    return phrase("it was in force, and you changed it; a second person puts it in force again")


@guard
def asker_heard(act: Act, thing: Thing) -> Phrase | None:
    """Once it is agreed or in force, whoever asked for it has consented to a change or objected.

    What is in force is changed by whoever asked for it and by the authority: all holders wait while
    it is settled anew.
    """
    condition = _as_condition(thing)
    if condition.state not in ("agreed", "in_force"):
        return None
    own = act.actor.party == condition.asked_by_id or bool(act.actor.gate)
    if condition.state == "in_force" and not own:
        return phrase("it is in force; {asked_by} or the authority may change it",
                      asked_by=condition.asked_by_id)  # fmt: skip
    if word_of(condition, condition.asked_by_id, "change") is not None:
        return None
    return phrase(
        "{asked_by} asked for it, and has neither consented to a change nor objected",
        asked_by=condition.asked_by_id,
    )


@guard
def law_allows_waiver(act: Act, thing: Thing) -> Phrase | None:
    """The law lets the actor's authority waive this kind."""
    condition = _as_condition(thing)
    kind = kind_of(act, condition)
    if kind is None or kind.waiver is None:
        return phrase(
            "the law lets nobody waive {condition_kind}", condition_kind=condition.condition_kind
        )
    if act.actor.party not in kind.waiver.by:
        return phrase(
            "the law lets {by} waive it, not {party}",
            by=phrases(kind.waiver.by, " or "),
            party=act.actor.party,
        )
    return None


@guard
def asker_consents_to_waiver(act: Act, thing: Thing) -> Phrase | None:
    """Whoever asked for it has consented, and everybody whose consent the law asks."""
    condition = _as_condition(thing)
    kind = kind_of(act, condition)
    asked = kind.waiver.consent_of if kind is not None and kind.waiver is not None else ()
    parties = sorted({condition.asked_by_id, *asked})
    return law_allows_waiver(act, thing) or _missing(condition, parties, "waive")
