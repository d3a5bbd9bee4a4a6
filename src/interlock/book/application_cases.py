"""The facts of applications and of licences as the law reads them, from the rows of the book.

Where one of them names several products or consignees, only what holds for all of them is a fact;
the rest is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from interlock.book import law
from interlock.book.cases import Cases
from interlock.book.models import Party, Product, Statement
from interlock.book.row_facts import HOLDER_ROLE, Facts, merge, product_facts, statement_facts
from interlock.law.cases.reader import Case

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from interlock.book.models import Application


def facts_of(
    application: Application,
    at: dt.date,
    product: Product,
    consignee: Party | None,
    *,
    further: bool = True,
    officer: bool = True,
) -> Facts:
    """The case of an application for one product and one consignee.

    With `further` the facts that the firm declared are in it, and with `officer` those that an
    officer put on file, which count first.
    """
    gate, cases = application.gate, Cases(at)
    facts: Facts = {
        "id": application.pk or "application",
        "stage": "application",
        "product": product_facts(product),
        "transaction": {"kind": gate, "date": at},
        "application": {
            "id": application.pk,
            "quantity": application.quantity,
            "received_on": application.received_on,
            "round": application.round_id,
            "referred": application.state == "referred",
        },
        "order": {"destination": application.destination},
        "statement": _statements(application, at, consignee),
        HOLDER_ROLE[gate]: cases.party(application.applicant),
    }
    if consignee is not None:
        facts["consignee"] = cases.party(consignee)
        if gate == "export":
            facts["buyer"] = facts["consignee"]
    facts["application"] = {k: v for k, v in facts["application"].items() if v not in (None, "")}
    if officer:
        merge(facts, application.officer_facts)
    if further:
        merge(facts, application.facts)
    return facts


def _statements(application: Application, at: dt.date, consignee: Party | None) -> Facts:
    """Statements on file of the applicant, and of the consignee about itself."""
    by = [application.applicant_id]
    about = Q(buyer__isnull=True)
    if consignee is not None:
        by.append(consignee.pk)
        about |= Q(buyer=consignee)
    on_file = Statement.objects.filter(
        about, by__in=by, state__in=("filed", "accepted"), filed_on__lte=at
    )
    role = "buyer" if application.gate == "import" else "supplier"
    parties = {role: application.applicant_id}
    if consignee is not None and role == "supplier":
        parties["buyer"] = consignee.pk
    return statement_facts(on_file, parties)


def case_of(application: Application, at: dt.date, known: dt.date, *, officer: bool = True) -> Case:
    """The case of an application as the law of a day reads it; `officer`: with the officer's facts.

    Raises:
        BadInputError: facts on file that the law of the day does not know.
    """
    reader = law.reader_on(at, known)
    consignees: list[Party | None] = list(application.consignees.order_by("pk"))
    return common(
        [
            reader.read(facts_of(application, at, product, consignee, officer=officer), 1)
            for product in application.products.order_by("pk")
            for consignee in consignees or [None]
        ]
    )


def common(cases: Sequence[Case]) -> Case:
    """What all of several cases have in common."""
    first, *others = cases
    return Case(
        first.id,
        {n: v for n, v in first.facts.items() if all(_same(x.facts, n, v) for x in others)},
        {n: v for n, v in first.parties.items() if all(_same(x.parties, n, v) for x in others)},
        first.stage,
        first.at,
        first.known,
        first.sources,
    )


def _same(facts: dict[str, Any], name: str, value: Any) -> bool:
    return name in facts and facts[name] == value
