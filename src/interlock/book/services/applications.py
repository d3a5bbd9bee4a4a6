"""Applications as a firm writes, hands in, answers, takes back and appeals them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from interlock.book.acting import Act
from interlock.book.application_cases import facts_of
from interlock.book.guards import guard
from interlock.book.models import Application, Party, Product, Round
from interlock.book.models.base import Thing
from interlock.book.naming import check_in_use
from interlock.book.services import facts as checked_facts
from interlock.book.services.desk_clock import go, stop
from interlock.book.services.inputs import Country, Id, NewId, Text, Units, given
from interlock.book.services.registry import service
from interlock.files.phrases import Phrase, phrase

Ids = Annotated[list[Id], Field(max_length=100)]
Facts = Annotated[
    dict[str, Any],
    Field(description="Further facts by their names in the vocabulary, each nested by its thing."),
]
Gate = Literal["export", "import"]


@service("application.draft")
def application_draft(
    act: Act,
    *,
    id: NewId = "",
    gate: Annotated[Gate, Field(description="Whose licence is asked for.")],
    applicant: Id,
    consignees: Ids = [],
    products: Annotated[list[Id], Field(min_length=1, max_length=100)],
    quantity: Units,
    destination: Country,
    end_use: Text = "",
    facts: Facts = {},
) -> Application:
    """Write an application; nobody at the authority need look at it before it is handed in."""
    check_in_use(act.actor, Party, applicant=applicant)
    _check_all(act, Party, "consignees", consignees)
    _check_all(act, Product, "products", products)
    application = Application(
        id=id,
        gate=gate,
        applicant_id=applicant,
        quantity=quantity,
        destination=destination,
        end_use=end_use,
        facts=facts,
    )
    check_facts(act, application, products, consignees)
    many = {"consignees": sorted(set(consignees)), "products": sorted(set(products))}
    return act.make(application, "draft", many=many)


@service("application.change")
def application_change(
    act: Act,
    thing: Application,
    *,
    consignees: Ids | None = None,
    products: Annotated[list[Id] | None, Field(min_length=1, max_length=100)] = None,
    quantity: Units | None = None,
    destination: Country | None = None,
    end_use: Text | None = None,
    facts: Facts | None = None,
) -> Application:
    """Change an application before it is handed in, or while the authority asks about it."""
    changes = given(quantity=quantity, destination=destination, end_use=end_use, facts=facts)
    many = given(consignees=consignees, products=products)
    _check_all(act, Party, "consignees", consignees or [])
    _check_all(act, Product, "products", products or [])
    after = Application(
        **{x.attname: getattr(thing, x.attname) for x in thing._meta.concrete_fields}
    )
    for name, value in changes.items():
        setattr(after, name, value)
    check_facts(
        act,
        after,
        products or [x.pk for x in thing.products.all()],
        [x.pk for x in thing.consignees.all()] if consignees is None else consignees,
    )
    return act.move(thing, "change", changes, many={k: sorted(set(v)) for k, v in many.items()})


@service("application.submit")
def application_submit(act: Act, thing: Application) -> Application:
    """Hand an application in; the authority's clock starts."""
    return act.move(thing, "submit", {"received_on": act.today, "clock_from": act.today})


@service("application.answer")
def application_answer(
    act: Act,
    thing: Application,
    *,
    answer: Annotated[str, Field(min_length=1, max_length=2000, description="In words.")],
) -> Application:
    """Answer the authority's question; the clock goes on.

    An application that was asked about in a round goes back there, unless the round has gone on.
    """
    back = thing.round is not None and thing.round.state in ("open", "closed")
    changes = go(act, thing) | {"answer": answer, "waiting_since": None}
    if not back:
        changes["round"] = None
    return act.move(thing, "answer", changes, state="in_round" if back else "")


@service("application.withdraw")
def application_withdraw(act: Act, thing: Application) -> Application:
    """The applicant takes the application back."""
    return act.move(thing, "withdraw", stop(act, thing) | {"reason": act.reason})


@service("application.appeal")
def application_appeal(act: Act, thing: Application) -> Application:
    """The applicant appeals against a refusal, with reasons."""
    return act.move(thing, "appeal", {"reason": act.reason})


def _check_all(act: Act, model: type[Thing], field: str, ids: Sequence[str]) -> None:
    check_in_use(act.actor, model, **{f"{field}.{number}": pk for number, pk in enumerate(ids)})


def check_facts(
    act: Act,
    application: Application,
    products: Sequence[str],
    consignees: Sequence[str],
    *,
    officer: dict[str, Any] | None = None,
) -> None:
    """Refuse facts that cannot be meant, of the firm or (with `officer`) of an officer.

    An officer may say anything that the vocabulary has, over what the firm declared; of what the
    book says itself nobody says otherwise.

    Raises:
        InputError: every fault with its field, and so for a product that is not in the catalogue.
    """
    product = Product.objects.get(pk=products[0])
    consignee = Party.objects.get(pk=consignees[0]) if consignees else None
    own = facts_of(application, act.today, product, consignee, further=False, officer=False)
    if officer is not None:
        checked_facts.check(act, own, officer, keys=None)
        return
    checked_facts.check(act, own, application.facts)


@guard
def round_open(_act: Act, thing: Thing) -> Phrase | None:
    """The round that it is put into lets applications in, at the same gate."""
    found: Round | None = thing.round  # type: ignore[attr-defined]
    if found is None:
        return phrase("no round was named")
    if found.gate != thing.gate:  # type: ignore[attr-defined]
        return phrase("round {round} is at the gate {gate}", round=found.pk, gate=found.gate)
    if found.state == "open":
        return None
    return phrase("round {round} is {state}", round=found.pk, state=found.state)
