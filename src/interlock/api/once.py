"""An act of the caller's, made once for one idempotency key; for acts that are no single move."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from interlock.api.idempotency import Replayed, claim, keep
from interlock.api.things import actor_of, replay
from interlock.book.acting import Act, perform


def once(
    request: HttpRequest,
    work: Callable[[Act], Any],
    *,
    reason: str,
    status: int = 200,
    headers: Callable[[Any], dict[str, str]] | None = None,
) -> HttpResponse:
    """Run `work` in one act and answer with the JSON that it gives, and with headers made of it."""

    def run(act: Act) -> HttpResponse:
        slot = claim(act, request)
        found = work(act)
        body, more = json.dumps(found, ensure_ascii=False), headers(found) if headers else {}
        keep(slot, status, body, more)
        return HttpResponse(body, status=status, content_type="application/json", headers=more)

    try:
        return perform(actor_of(request), run, now=timezone.now(), reason=reason)
    except Replayed as replayed:
        return replay(replayed)
