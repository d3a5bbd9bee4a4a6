"""Papers on a shipment that may lapse."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from interlock.book.acting import Act
from interlock.book.errors import InputError, MoveError
from interlock.book.models import Certificate, Shipment
from interlock.book.services.inputs import Document, Id, Name, NewId
from interlock.book.services.registry import service
from interlock.files.phrases import phrase

Kind = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$"),
    Field(description="test_report, title, delivery_receipt, ...; a statement's name where one."),
]


@service("certificate.file")
def certificate_file(
    act: Act,
    *,
    id: NewId = "",
    shipment: Id,
    certificate_kind: Kind,
    number: Annotated[str, StringConstraints(min_length=1, max_length=80)],
    issuer: Name,
    issued_on: dt.date,
    valid_until: Annotated[
        dt.date | None, Field(description="The first day on which it holds no more.")
    ] = None,
    document: Document = {},
) -> Certificate:
    """Put a certificate on file; it counts from its day of issue until the day it lapses."""
    found = act.find(Shipment, shipment, lock=False)
    if found.state in ("cancelled", "returned"):
        raise MoveError(
            "shipment", shipment, "file", phrase("it is {state}", state=found.state), act.can(found)
        )
    faults = {}
    if issued_on > act.now.date():
        faults["issued_on"] = phrase("{day} has not come yet", day=issued_on)
    if valid_until is not None and valid_until <= issued_on:
        faults["valid_until"] = phrase(
            "{valid_until} is not after {issued_on}, its day of issue",
            valid_until=valid_until,
            issued_on=issued_on,
        )
    same = Certificate.objects.filter(
        shipment=shipment, certificate_kind=certificate_kind, number=number, state="on_file"
    )
    if same.exists():
        faults["number"] = phrase(
            "{certificate_kind} {number} is on file for this shipment already",
            certificate_kind=certificate_kind,
            number=number,
        )
    if faults:
        raise InputError(faults)
    return act.make(
        Certificate(
            id=id,
            shipment=found,
            certificate_kind=certificate_kind,
            issuer=issuer,
            number=number,
            issued_on=issued_on,
            valid_until=valid_until,
            document=document,
        ),
        "file",
    )


@service("certificate.lapse")
def certificate_lapse(act: Act, thing: Certificate) -> Certificate:
    """Its day has come; it held no more since then in any case."""
    return act.move(thing, "lapse")


@service("certificate.withdraw")
def certificate_withdraw(act: Act, thing: Certificate) -> Certificate:
    """It does not hold, and did not: whoever filed it takes it back."""
    return act.move(thing, "withdraw")
