"""A request id and one log line for every request; headers that keep pages to themselves."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.middleware.locale import LocaleMiddleware

from interlock.api.problems import TYPES, problem
from interlock.book.services.inputs import unfit

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    Handler = Callable[[HttpRequest], HttpResponse]

log = structlog.get_logger("interlock.request")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
_LINK = re.compile(r"(/accounts/password/)[0-9A-Za-z]+-.*")  # it lets somebody in, once
_LONGEST_SESSION = 12 * 3600  # seconds
_SEEN_EVERY = 60  # seconds; a session is written no more often for having been used
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class RequestLog:
    """Binds a request id (the caller's, if it is a decent one) to every log line of a request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _GIVEN_ID.match(given) else uuid.uuid4().hex
        start = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            log.info(
                "request",
                method=request.method,
                path=_LINK.sub(r"\1...", request.path),
                status=response.status_code,
                actor=getattr(getattr(request, "auth", None), "name", None),
                milliseconds=round((time.perf_counter() - start) * 1000, 1),
            )
        response["X-Request-ID"] = request_id
        return response


KINDS = {400: "request", 403: "denied", 404: "no-such-address", 405: "not-allowed"}


class ApiProblems:
    """What never reached the API (no such address, no such method) is a problem there all the same.

    `type` of a problem leads to the page of problems.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if settings.HTTPS and request.path.startswith("/api/") and not request.is_secure():
            # No redirect: it would hide that a token went over the wire in clear.
            return problem("not-secure", "end the token that you sent, and use https")
        faults = dict(unfit({"": request.path, **dict(request.GET.lists())}))
        if request.path.startswith("/api/") and faults:
            errors = [{"pointer": f"/{name}", "detail": says} for name, says in faults.items()]
            return problem("bad-input", "; ".join(faults.values()), errors=errors)
        response = self.get_response(request)
        kind = KINDS.get(response.status_code, "")
        html = response.get("Content-Type", "").startswith("text/html")
        if not kind or not html or not request.path.startswith("/api/"):
            return response
        told = problem(kind, f"{request.method} {request.path}: {TYPES[kind][1].lower()}")
        if "Allow" in response:
            told["Allow"] = response["Allow"]
        return told


class SessionEnds:
    """Ends a session that nobody used for a while, and any session in the end."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._look(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        now = int(time.time())
        since = request.session.setdefault("since", now)
        seen = request.session.get("seen", now)
        if now - seen > settings.SESSION_IDLE_MINUTES * 60 or now - since > _LONGEST_SESSION:
            logout(request)
        elif now - seen > _SEEN_EVERY or "seen" not in request.session:
            request.session["seen"] = now


class PageLanguage(LocaleMiddleware):
    """The reader's language for pages; the API speaks one, whatever a browser sends."""

    def process_request(self, request: HttpRequest) -> None:
        """Choose it by the cookie, else by the browser."""
        if not request.path.startswith("/api/"):
            super().process_request(request)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Say which it is."""
        if request.path.startswith("/api/"):
            return response
        return super().process_response(request, response)


class SecurityHeaders:
    """A strict Content-Security-Policy, no caching of what a firm may see, no device rights."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if getattr(request, "went", False):
            response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return response
