"""Statements: papers on file. One that is not on file counts as not made (R7)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from interlock.book import law
from interlock.book.acting import Act
from interlock.book.errors import input_error
from interlock.book.models import Party, Statement
from interlock.book.naming import check_there
from interlock.book.services.inputs import Id, Name, NewId
from interlock.book.services.registry import service
from interlock.files import nearest


class DocumentIn(BaseModel):
    """A document: its name and the SHA-256 of its bytes in hex. The file stays with its owner."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


@service("statement.file")
def statement_file(
    act: Act,
    *,
    id: NewId = "",
    statement_kind: Annotated[
        str, Field(max_length=80, description="The name behind `statement.` in the vocabulary.")
    ],
    by: Annotated[Id, Field(description="Who states it.")],
    buyer: Annotated[Id | None, Field(description="For this buyer alone; default for all.")] = None,
    text: Annotated[str, Field(max_length=8000)] = "",
    evidence: Annotated[list[DocumentIn], Field(max_length=100)] = [],
    valid_until: Annotated[
        dt.date | None, Field(description="The first day on which it holds no more.")
    ] = None,
    basis: dict[str, Any] = {},
) -> Statement:
    """Put a statement on file, with the documents that bear it out."""
    check_there(act.actor, Party, by=by, buyer=buyer)
    _check_kind(act, statement_kind, valid_until)
    return act.make(
        Statement(
            id=id,
            statement_kind=statement_kind,
            by_id=by,
            buyer_id=buyer,
            text=text,
            evidence=[x.model_dump() for x in evidence],
            filed_on=act.today,
            valid_until=valid_until,
            basis=basis,
        ),
        "file",
    )


def _check_kind(act: Act, kind: str, valid_until: dt.date | None) -> None:
    words = law.reader_on(act.today, act.now.date()).words
    names = {
        name[10:]: entry for name, entry in words.entries.items() if name.startswith("statement.")
    }
    papers = [name for name, entry in names.items() if entry.type == "bool"]
    if kind not in papers:
        mend = nearest(kind, papers)
        raise input_error(
            "statement_kind", "'{kind}' is no statement of the law; {mend}", kind=kind, mend=mend
        )
    if valid_until is None:
        return
    if f"{kind}_valid_until" not in names:
        raise input_error(
            "valid_until", "'{kind}' has no last day in the law; leave it out", kind=kind
        )
    if valid_until <= act.today:
        raise input_error("valid_until", "{day} is over; give a later day", day=valid_until)


@service("statement.accept")
def statement_accept(act: Act, thing: Statement) -> Statement:
    """An officer has reviewed a statement and its evidence."""
    return act.move(thing, "accept", _reviewed(act))


@service("statement.reject")
def statement_reject(act: Act, thing: Statement) -> Statement:
    """An officer does not accept a statement; from now on it is not on file."""
    return act.move(thing, "reject", _reviewed(act))


def _reviewed(act: Act) -> dict[str, Any]:
    return {"reviewed_by": act.actor.name, "reviewed_at": act.now, "reason": act.reason}


@service("statement.withdraw")
def statement_withdraw(act: Act, thing: Statement) -> Statement:
    """Whoever filed a statement takes it back."""
    return act.move(thing, "withdraw", {"reason": act.reason})
