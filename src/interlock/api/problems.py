"""Errors as problem details (RFC 9457): what is wrong, where, and what to do next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import structlog
from django.http import HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import ValidationError as ValuesError

from interlock.api.idempotency import KeyReusedError
from interlock.book import errors
from interlock.book.selectors.accounts import lacks_shown
from interlock.files import BadInputError
from interlock.ledger import (
    ConflictError,
    InvalidChangeError,
    LedgerError,
    RefusedError,
    StaleError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ninja import NinjaAPI

log = structlog.get_logger("interlock.api")
TYPES = {
    "bad-input": (422, "Some values cannot be meant"),
    "not-found": (404, "There is no such thing"),
    "not-signed-in": (401, "Nobody is signed in"),
    "denied": (403, "You may not do this"),
    "wrong-state": (409, "Not from this state"),
    "second-person": (409, "A second person decides"),
    "gates-not-open": (409, "The gates are not open"),
    "no-headroom": (409, "An account does not give what is asked"),
    "stale-run": (409, "Headroom has fallen since the run"),
    "id-used": (409, "The id was used for something else"),
    "changed-since": (412, "It changed since you read it"),
    "key-reused": (422, "The idempotency key was used for another request"),
    "request": (400, "The request cannot be read"),
    "fault": (500, "A fault of the server"),
}


def problem(kind: str, detail: str, *, status: int = 0, **more: Any) -> HttpResponse:
    """One problem as an answer. `kind` is one of `TYPES`; the reference page lists them."""
    usual, title = TYPES[kind]
    body = {
        "type": f"/docs/problems#{kind}",
        "title": title,
        "status": status or usual,
        "detail": detail,
        **more,
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=status or usual,
        content_type="application/problem+json",
    )


def of_book(_request: HttpRequest, error: errors.BookError) -> HttpResponse:
    """What the book refused."""
    if isinstance(error, errors.NotFoundError):
        return problem("not-found", str(error))
    if isinstance(error, errors.DeniedError):
        return problem("denied", str(error), who=list(error.who))
    if isinstance(error, errors.SecondPersonError):
        return problem("second-person", str(error))
    if isinstance(error, errors.MoveError):
        return problem("wrong-state", str(error), can=list(error.can))
    if isinstance(error, errors.VersionError):
        return problem("changed-since", str(error), version=error.found)
    if isinstance(error, errors.GateError):
        return problem("gates-not-open", str(error), decision=error.decision)
    if isinstance(error, errors.InputError):
        return problem("bad-input", str(error), errors=_faults(error.faults.items()))
    raise error


def _faults(faults: Any) -> list[dict[str, str]]:
    return [{"pointer": "/" + str(name).replace(".", "/"), "detail": says} for name, says in faults]


def of_ledger(request: HttpRequest, error: LedgerError) -> HttpResponse:
    """What the ledger refused; an account that the caller may not see is not named."""
    actor = getattr(request, "auth", None)
    if isinstance(error, RefusedError | StaleError):
        lacks = lacks_shown(actor, error.lacks)
        kind = "stale-run" if isinstance(error, StaleError) else "no-headroom"
        return problem(kind, "; ".join(one["says"] for one in lacks), lacks=lacks)
    if isinstance(error, ConflictError):
        return problem("id-used", str(error))
    if isinstance(error, InvalidChangeError):
        return problem("bad-input", str(error), errors=_faults(("", x) for x in error.wrongs))
    raise error


def of_values(_request: HttpRequest, error: ValidationError | ValuesError) -> HttpResponse:
    """Values of the wrong shape, each with its place as a JSON pointer."""
    found = error.errors if isinstance(error, ValidationError) else error.errors()
    faults = []
    for one in found:
        place = [str(part) for part in one["loc"]]
        if place and place[0] in ("body", "query", "path", "header"):
            place = place[1:]
        if place and place[0] == "values":
            place = place[1:]
        faults.append((".".join(place), str(one["msg"])))
    detail = "; ".join(f"{name}: {says}" if name else says for name, says in faults)
    return problem("bad-input", detail, errors=_faults(faults))


def of_file(_request: HttpRequest, error: BadInputError) -> HttpResponse:
    """Faults of an uploaded file, each with its line and column."""
    faults = ((f"{x.place.line}.{x.place.column}", f"{x.wrong}; {x.mend}") for x in error.faults)
    return problem("bad-input", f"{len(error.faults)} faults", errors=_faults(faults))


def of_http(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework could not read."""
    return problem("request", str(error), status=error.status_code)


def of_sign_in(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    """Nobody is signed in."""
    return problem("not-signed-in", "send a bearer token, or sign in and hold an office")


def of_key(_request: HttpRequest, error: KeyReusedError) -> HttpResponse:
    """An idempotency key that came with another request."""
    return problem("key-reused", str(error))


def of_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    """Anything else is our fault; it is logged whole and told without its insides."""
    log.error("fault", path=request.path, exc_info=error)
    return problem("fault", "it was logged under the request's id; nothing was changed")


HANDLERS: tuple[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]], ...] = (
    (errors.BookError, of_book),
    (LedgerError, of_ledger),
    (ValidationError, of_values),
    (ValuesError, of_values),
    (BadInputError, of_file),
    (KeyReusedError, of_key),
    (AuthenticationError, of_sign_in),
    (HttpError, of_http),
    (Exception, of_fault),
)


def register(api: NinjaAPI) -> None:
    """Hand every error of the program to its problem."""
    for kind, handler in HANDLERS:
        api.add_exception_handler(kind, handler)
