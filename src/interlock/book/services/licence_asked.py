"""What applications ask for and rounds placed, and what of it is in licences already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from interlock.book.errors import InputError
from interlock.book.models import Application, Licence
from interlock.book.services.licence_inputs import HolderIn
from interlock.files.phrases import Phrase, phrase

if TYPE_CHECKING:
    from django.db.models import QuerySet


def of_applications(applications: list[Application]) -> dict[str, Any]:
    """What applications say of the licence to be written for them all."""
    destinations = {one.destination for one in applications}
    return {
        "holders": [HolderIn(party=pk) for pk in sorted({x.applicant_id for x in applications})],
        "consignees": [x.pk for one in applications for x in one.consignees.all()],
        "products": [x.pk for one in applications for x in one.products.all()],
        "destination": destinations.pop() if len(destinations) == 1 else "",
        "quantity": sum(one.place.get("quantity") or one.quantity for one in applications),
    }


def check_asked(
    quantity: int | None, application: str | None, round: str | None, but: str = ""
) -> None:
    """Refuse more than an application asks for, or a round placed, over all licences of it.

    Raises:
        InputError: with what is left; the licence `but` is not counted.
    """
    if over := more_than_asked(quantity, application, round, but):
        raise InputError({"quantity": over})


def more_than_asked(
    quantity: int | None, application: str | None, round: str | None, but: str = ""
) -> Phrase | None:
    """How much is left of what was asked, where a quantity is more than that; else nothing."""
    if quantity is None:
        return None
    others = Licence.objects.exclude(state="dropped").exclude(pk=but)
    if application is not None:
        asked = Application.objects.values_list("quantity", flat=True).get(pk=application)
        says = phrase("{application} asks for", application=application)
        if over := _over(others.filter(application=application), quantity, asked, says):
            return over
    if round is None:
        return None  # a licence of the round may have taken what an application asks for
    approved = Application.objects.filter(round=round, state="approved")
    placed = of_applications(list(approved))["quantity"]
    return _over(
        others.filter(round=round), quantity, placed, phrase("{round} placed", round=round)
    )


def _over(others: QuerySet[Licence], quantity: int, asked: int, says: Phrase) -> Phrase | None:
    had = others.aggregate(total=Sum("quantity"))["total"] or 0
    if had + quantity <= asked:
        return None
    return phrase(
        "{says} {asked}, and {had} of them are in licences already; grant {most} at most",
        says=says,
        asked=asked,
        had=had,
        most=max(0, asked - had),
    )
