"""The audit log: search, how far it is sealed, the proof that a row is in it, and files of it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.book import sealing
from interlock.book.errors import InputError, NotFoundError
from interlock.book.models import THINGS
from interlock.book.selectors.audit import AuditFilter, audit_page, audit_row, require_reader
from interlock.files import BadInputError
from interlock.files.texts import day_of
from interlock.sealing import ProofError, check_paper
from interlock.web.doors import page
from interlock.web.files import MOST_EXPORTED, as_file, files_of, form_of
from interlock.web.names import people_of
from interlock.web.phrasing import translated
from interlock.web.regimes import status_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

A_PAGE = 50
TEXTS = ("kind", "actor", "cause")
MOMENTS = ("since", "until")
COLUMNS = ("seq", "recorded", "effective", "kind", "cause", "actor", "reason", "change", "leaf")
"""Of a file of rows; what each holds is in the export as NDJSON."""


@require_GET
@page
def audit_log(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who did what, when and why; the newest first."""
    require_reader(actor)
    given = {name: request.GET.get(name, "").strip()[:200] for name in (*TEXTS, *MOMENTS)}
    errors: dict[str, str] = {}
    since, until = (_moment(name, given[name], errors) for name in MOMENTS)
    asked = AuditFilter(given["kind"], given["actor"], given["cause"], since, until)
    before = request.GET.get("before", "")
    after = int(before) if before.isdecimal() and len(before) < 19 else 0
    rows = []
    try:
        if (form := form_of(request)) and not errors:
            most = MOST_EXPORTED + 1
            rows = audit_page(actor, asked, limit=most, newest=True, content=False)
            return as_file(rows, COLUMNS, form, "audit")
        if not errors:
            rows = audit_page(
                actor, asked, after=after, limit=A_PAGE + 1, newest=True, content=False
            )
    except InputError as error:
        errors |= {name: translated(says) for name, says in error.faults.items()}
    filters = {name: value for name, value in given.items() if value}
    export = filters | {
        name: moment.isoformat() for name in MOMENTS if (moment := getattr(asked, name)) is not None
    }
    rows, more = rows[:A_PAGE], len(rows) > A_PAGE
    context = {
        "given": given,
        "errors": errors,
        "rows": [one | {"thing": _thing(one["cause"])} for one in rows],
        "names": people_of(actor, {one["actor"] for one in rows}),
        "next": f"?{urlencode(filters | {'before': rows[-1]['seq']})}" if more else "",
        "first": f"?{urlencode(filters)}" if after else "",
        "narrowed": bool(filters),
        "files": files_of(request),
        "export": f"/api/v1/audit/export?{urlencode(export)}",
        "seal": sealing.status(),
    }
    return render(request, "web/audit.html", context, status=status_of(errors))


def _moment(name: str, text: str, errors: dict[str, str]) -> dt.datetime | None:
    """A day or a minute in UTC, as an address writes it."""
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text) if day_of(text[:10]) else None
    except ValueError:
        found = None
    if found is None:
        errors[name] = _("Write a day, such as 2026-01-28.")
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _thing(cause: str) -> dict[str, str] | None:
    """The thing that a row is about, if it has a page."""
    kind, _slash, pk = cause.partition("/")
    return {"kind": kind, "pk": pk} if kind in THINGS and pk and "/" not in pk else None


@require_GET
@page
def audit_proof(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One row of the log (`change`), and the proof that it is in the sealed record."""
    require_reader(actor)
    change = request.GET.get("change", "")[:250]
    row = audit_row(actor, change)
    proof, wrong, checked = None, "", False
    try:
        proof = sealing.proof_of(change)
        check_paper(json.dumps(proof), sealing.own_public_key())
        checked = True
    except NotFoundError:
        wrong = "unsealed"
    except ProofError as error:
        wrong = str(error)
    except BadInputError as error:  # the key is gone; where it lay is of whoever runs the book
        wrong = translated(error.faults[0].wrong)
    context: dict[str, Any] = {
        "row": row | {"thing": _thing(row["cause"])},
        "names": people_of(actor, [row["actor"]]),
        "content": json.dumps(row["content"], ensure_ascii=False, indent=2, sort_keys=True),
        "proof": proof,
        "wrong": wrong,
        "checked": checked,
    }
    return render(request, "web/audit_proof.html", context)
