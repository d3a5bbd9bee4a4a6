"""Errors as problem details (RFC 9457): what is wrong, where, and what to do next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import ValidationError as ValuesError

from interlock.api.auth import MfaNeededError
from interlock.api.idempotency import KeyReusedError
from interlock.api.reading import RequestError
from interlock.api.throttle import TooManyError
from interlock.book import errors
from interlock.book.selectors.accounts import lacks_shown
from interlock.book.sending import AddressError
from interlock.files import BadInputError
from interlock.ledger import (
    ConflictError,
    InvalidChangeError,
    LedgerError,
    RefusedError,
    StaleError,
)
from interlock.letters.pdf import PrintingError

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
    "too-large": (413, "The request is too large"),
    "wrong-type": (415, "The body is of a type that is not read here"),
    "no-such-address": (404, "There is no such address"),
    "not-allowed": (405, "The address does not take this method"),
    "not-secure": (403, "The API answers over HTTPS alone"),
    "csrf": (403, "The session's own token did not come along"),
    "mfa-needed": (403, "The office needs a second factor"),
    "too-many": (429, "Too much was asked in this minute"),
    "cannot-print": (503, "This server cannot lay out letters"),
    "fault": (500, "A fault of the server"),
}
TOLD = ("not-signed-in", "denied", "second-person", "csrf", "mfa-needed", "too-many", "not-secure")
"""Refusals that an operator should see in the log."""
MISSING = "is required and was not given; send it in the body as a JSON value"
MENDS = {
    "bad-input": "`errors` names each fault with a JSON pointer. Correct all, send it again.",
    "not-found": "Nothing with this id exists for you. Whether it does for others is not told.",
    "not-signed-in": "Send `Authorization: Bearer ilk_...` with a token that has neither ended nor "
    "expired, or sign in; and hold an office.",
    "denied": "`who` names the roles that may. A token may also be limited by its scopes.",
    "wrong-state": "`can` names the moves that you could make on it as it stands.",
    "second-person": "Another person than the one who proposed it decides; four eyes.",
    "gates-not-open": "`decision` is the decision as you may see it, with what would open it.",
    "no-headroom": "`lacks` names each account, its headroom and what was needed; an account that "
    "you may not see has no name and no numbers.",
    "stale-run": "Headroom has fallen since the run was made. Propose a run anew.",
    "id-used": "The same id came with other content before. Choose another id.",
    "changed-since": "Read it again (`version` is the version now), then change it with its ETag.",
    "key-reused": "One `Idempotency-Key` stands for one request. Choose a new key.",
    "request": "The body is no JSON, or a header cannot be meant; `detail` says which.",
    "too-large": "Send less at once, or use the bulk addresses. See `INTERLOCK_BODY_LIMIT_KB` and "
    "`INTERLOCK_UPLOAD_LIMIT_MB` in the settings.",
    "wrong-type": "Send the type that the OpenAPI description names, mostly `application/json`.",
    "no-such-address": "The OpenAPI description (`/api/v1/openapi.json`) has every address.",
    "not-allowed": "The header `Allow` names the methods.",
    "not-secure": "Whoever listened has your token now: end it, make another, use https.",
    "csrf": "A session sends `X-CSRFToken` with each change; a bearer token needs none.",
    "mfa-needed": "Set up a second factor at `/accounts/2fa/`, then ask again.",
    "too-many": "Wait as long as the header `Retry-After` says, in seconds.",
    "cannot-print": "Whoever runs the server installs what `detail` names.",
    "fault": "It was logged whole, under the id in the header `X-Request-ID`. Nothing was changed.",
}
"""What each problem means for the caller and what to do next; by the same names."""


def problem(kind: str, detail: str, *, status: int = 0, **more: Any) -> HttpResponse:
    """One problem as an answer. `kind` is one of `TYPES`; the reference page lists them."""
    usual, title = TYPES[kind]
    if kind in TOLD:
        log.warning("refused", problem=kind, detail=detail)
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


def of_address(_request: HttpRequest, error: AddressError) -> HttpResponse:
    """An address to which no webhook is sent."""
    return problem("bad-input", str(error), errors=_faults([("url", str(error))]))


def of_ledger(request: HttpRequest, error: LedgerError) -> HttpResponse:
    """What the ledger refused; an account that the caller may not see is not named."""
    actor = getattr(request, "auth", None)
    if isinstance(error, RefusedError | StaleError):
        lacks = lacks_shown(actor, error.lacks, stale=isinstance(error, StaleError))
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
        says = MISSING if one["type"] == "missing" else str(one["msg"])
        faults.append((".".join(place), says))
    detail = "; ".join(f"{name}: {says}" if name else says for name, says in faults)
    return problem("bad-input", detail, errors=_faults(faults))


def of_file(_request: HttpRequest, error: BadInputError) -> HttpResponse:
    """Faults of an uploaded file, each with its line and column."""
    faults = ((f"{x.place.line}.{x.place.column}", f"{x.wrong}; {x.mend}") for x in error.faults)
    number = len(error.faults)
    detail = f"{number} fault{'s' if number > 1 else ''}; nothing was taken"
    return problem("bad-input", detail, errors=_faults(faults))


def of_reading(error: Exception | None) -> HttpResponse | None:
    """What our own reading of a body refused; None if it was something else."""
    if isinstance(error, RequestError):
        return problem(error.kind, str(error))
    if isinstance(error, errors.InputError):
        return problem("bad-input", str(error), errors=_faults(error.faults.items()))
    return None


def of_http(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework could not read; behind it may stand our own reading of the body."""
    found = of_reading(error.__cause__ if isinstance(error.__cause__, Exception) else None)
    if found is not None:
        return found
    if error.status_code == 403:
        return problem("csrf", "send the session's X-CSRFToken with each change")
    return problem("request", str(error), status=error.status_code)


def of_size(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    """More than the server reads at all."""
    return problem("too-large", f"at most {settings.UPLOAD_LIMIT_MB} MB are read at once")


def of_nothing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    """No such address."""
    return problem("no-such-address", "there is no such address")


def of_mfa(_request: HttpRequest, error: MfaNeededError) -> HttpResponse:
    """An office without its second factor."""
    return problem("mfa-needed", str(error))


def of_too_many(_request: HttpRequest, error: TooManyError) -> HttpResponse:
    """Too much in this minute."""
    answer = problem("too-many", str(error))
    answer["Retry-After"] = str(error.wait)
    return answer


def of_printing(_request: HttpRequest, error: PrintingError) -> HttpResponse:
    """What draws text is not on the server's machine."""
    return problem("cannot-print", str(error))


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
    (AddressError, of_address),
    (LedgerError, of_ledger),
    (ValidationError, of_values),
    (ValuesError, of_values),
    (BadInputError, of_file),
    (KeyReusedError, of_key),
    (PrintingError, of_printing),
    (AuthenticationError, of_sign_in),
    (MfaNeededError, of_mfa),
    (TooManyError, of_too_many),
    (RequestDataTooBig, of_size),
    (Http404, of_nothing),
    (HttpError, of_http),
    (Exception, of_fault),
)


def register(api: NinjaAPI) -> None:
    """Hand every error of the program to its problem."""
    for kind, handler in HANDLERS:
        api.add_exception_handler(kind, handler)


def problems_page() -> str:
    """The reference page of all problems: status, title, what to do."""
    lines = [
        "# Problems",
        "",
        "An answer that is an error is a problem (RFC 9457), `application/problem+json`: `type`,",
        "`title`, `status`, `detail` in words, and what else stands below. Whatever the problem,",
        "nothing has changed. A server gives this page at `/docs/problems`, so that each `type`",
        "leads to its line. It is made from `src/interlock/api/problems.py` by `make schemas`.",
    ]
    for kind, (status, title) in TYPES.items():
        lines += ["", f"## {kind}", f"{status}. {title}. {MENDS[kind]}"]
    return "\n".join(lines) + "\n"
