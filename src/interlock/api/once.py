"""An act of the caller's, made once for one idempotency key; for acts that are no single move."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from interlock.api.idempotency import Replayed, claim, keep
from interlock.api.things import actor_of
from interlock.book.acting import Act, perform


def once(
    request: HttpRequest, work: Callable[[Act], Any], *, reason: str, status: int = 200
) -> HttpResponse:
    """Run `work` in one act and answer with the JSON that it gives."""

    def run(act: Act) -> HttpResponse:
        slot = claim(act, request)
        body = json.dumps(work(act), ensure_ascii=False)
        keep(slot, status, body, {})
        return HttpResponse(body, status=status, content_type="application/json")

    try:
        return perform(actor_of(request), run, now=timezone.now(), reason=reason)
    except Replayed as replay:
        kept = replay.kept
        response = HttpResponse(kept.body, status=kept.status, content_type="application/json")
        response["Idempotency-Replayed"] = "true"
        return response
