"""Reading a request's body: how large, of which type, and nothing in it that no book can hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from ninja.parser import Parser

from interlock.book.errors import InputError
from interlock.book.services.inputs import unfit
from interlock.files import InterlockError

if TYPE_CHECKING:
    from django.http import HttpRequest

JSON_TYPES = ("application/json", "")
_LONGEST_NUMBER = 300


class RequestError(InterlockError):
    """The request cannot be read; `kind` is that of the problem."""

    def __init__(self, kind: str, says: str) -> None:
        self.kind = kind
        super().__init__(says)


class StrictJson(Parser):
    """JSON as RFC 8259 has it: UTF-8, no NaN, no name twice in one object."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body as values.

        Raises:
            RequestError: too large, of another type, no JSON.
            InputError: something in it that no book can hold.
        """
        limit = settings.BODY_LIMIT_KB * 1024
        if len(request.body) > limit:
            says = f"the body has {len(request.body)} bytes; at most {limit} are read here"
            raise RequestError("too-large", says)
        if (request.content_type or "") not in JSON_TYPES:
            says = f"the body is {request.content_type}; send application/json"
            raise RequestError("wrong-type", says)
        try:
            values = json.loads(
                request.body.decode("utf-8"),
                parse_constant=_no_constant,
                parse_int=_number,
                object_pairs_hook=_once,
            )
        except (ValueError, RecursionError) as error:
            says = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
            raise RequestError("request", f"the body is no JSON: {says}") from None
        faults = dict(unfit(values))
        if faults:
            raise InputError(faults)
        return values


def _no_constant(name: str) -> Any:
    msg = f"{name} is no JSON"
    raise ValueError(msg)


def _number(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        msg = f"a number has {len(digits)} digits"
        raise ValueError(msg)
    return int(digits)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"the name {twice!r} stands twice in one object"
        raise ValueError(msg)
    return found
