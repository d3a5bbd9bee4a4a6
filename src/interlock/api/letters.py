"""Printed letters: a licence, and the decision on an application."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import Field

from interlock.api.schemas import WRONG
from interlock.api.things import actor_of
from interlock.book.models import Application, Licence
from interlock.book.rights import find
from interlock.letters.content import letter, newest_code
from interlock.letters.pdf import to_pdf

router = Router()
PDF = "application/pdf"
BINARY: dict[str, Any] = {
    "responses": {
        200: {
            "description": "Tagged PDF (PDF/UA-1) with a code that anybody can check at /check.",
            "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


class Language(Schema):
    """The words of the letter."""

    language: Literal["en", "zh-hans"] = Field("en", description="English or Simplified Chinese.")


@router.get(
    "/licences/{id}/letter",
    response={200: None, **WRONG},
    tags=["licence"],
    operation_id="licence_letter",
    openapi_extra=BINARY,
)
def licence_letter(request: HttpRequest, id: str, query: Query[Language]) -> HttpResponse:
    """The licence as a letter, as last recorded; printed again it has the same bytes."""
    return _printed(request, find(actor_of(request), Licence, id), query.language)


@router.get(
    "/applications/{id}/letter",
    response={200: None, **WRONG},
    tags=["application"],
    operation_id="application_letter",
    openapi_extra=BINARY,
)
def application_letter(request: HttpRequest, id: str, query: Query[Language]) -> HttpResponse:
    """The decision on an application as a letter to the applicant."""
    return _printed(request, find(actor_of(request), Application, id), query.language)


def _printed(request: HttpRequest, thing: Licence | Application, language: str) -> HttpResponse:
    made = letter(newest_code(thing), language)
    address = request.build_absolute_uri(reverse("letter_check"))
    answer = HttpResponse(to_pdf(made, address), content_type=PDF)
    answer["Content-Disposition"] = f'inline; filename="{thing.kind}-{thing.pk}.pdf"'
    return answer
