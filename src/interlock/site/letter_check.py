"""The public page that checks a letter's code (`/check`): what the book says, and whether it holds.

Anybody may ask, a few times a minute: whoever has the code has the letter.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from interlock.api.throttle import TooManyError, count_check
from interlock.book.errors import BookError
from interlock.book.models import THINGS
from interlock.letters.codes import Code, read_code
from interlock.letters.content import letter, newest_code
from interlock.letters.words import LANGUAGES, words

if TYPE_CHECKING:
    from django.http import HttpRequest

LONGEST = 200


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """The page: empty, or what there is to say of one code."""
    asked = request.GET.get("language", "")
    language = asked if asked in LANGUAGES else _preferred(request)
    text = request.GET.get("code", "").strip()
    given: dict[str, Any] = {"language": language, "say": words(language), "code": text[:LONGEST]}
    status = 200
    if text:
        try:
            count_check(request)
            given |= _said(read_code(text) if len(text) <= LONGEST else None, language)
            status = 200 if "letter" in given else 404
        except TooManyError as error:
            given["too_many"], status = True, 429
            given["wait"] = error.wait
    answer = render(request, "letters/check.html", given, status=status)
    answer["Cache-Control"] = "no-store"
    if "wait" in given:
        answer["Retry-After"] = str(given["wait"])
    return answer


def _said(code: Code | None, language: str) -> dict[str, Any]:
    if code is None:
        return {}
    try:
        found = letter(code, language)
    except BookError:
        return {}
    thing = THINGS[code.kind]._default_manager.get(pk=code.pk)
    now = words(language).get(f"{code.kind}_{thing.state}", thing.state)
    return {
        "letter": found,
        "recorded": f"{code.recorded:%Y-%m-%d %H:%M:%S} UTC",
        "unchanged": newest_code(thing) == code,
        "now": now,
    }


def _preferred(request: HttpRequest) -> str:
    wanted = request.headers.get("Accept-Language", "").lower()
    return "zh-hans" if wanted.startswith("zh") else settings.LANGUAGE_CODE


@require_safe
def style(_request: HttpRequest) -> HttpResponse:
    """The page's own style sheet."""
    text = files("interlock.letters").joinpath("check.css").read_text(encoding="utf-8")
    answer = HttpResponse(text, content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=3600"
    return answer
