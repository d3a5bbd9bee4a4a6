"""How far long work is: jobs, the lab's runs and replays, as a page and as a stream of events.

A stream ends after some seconds and the browser asks anew, so that no thread of the server is held
for long; when many ask at once, each gets how things are and is told to ask again.
"""

from __future__ import annotations

import json
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from django.db import close_old_connections
from django.http import StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.book import replays
from interlock.book.errors import DeniedError
from interlock.book.jobs import periodic
from interlock.book.models import Job, LabRun
from interlock.book.selectors.present import is_firm
from interlock.web.doors import page
from interlock.web.names import people_of
from interlock.web.plain import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

SECONDS = 6.0
EVERY = 1.0
AT_ONCE = 3
NEWEST = 20
FAULT = re.compile(r"\S+:\d+:\d+: ")
"""How a fault of a file begins: `file:line:column: `."""
OUTSIDE = re.compile(r"(\w+Error: )?\[Errno \d+\]")
_streams = threading.Semaphore(AT_ONCE)


@require_GET
@page
def progress_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The jobs that run by themselves and the lab's runs, kept up to date by the stream."""
    _refuse_firms(actor)
    runs, played = lab_runs(), replay_rows(actor, NEWEST)[0]
    names = people_of(actor, {one["by"] for one in (*runs, *played)})
    context = {"jobs": jobs(), "runs": runs, "replays": played, "names": names}
    return render(request, "web/progress.html", context)


@require_GET
@page
def stream(_request: HttpRequest, actor: Actor) -> HttpResponse | StreamingHttpResponse:
    """The same as server-sent events: one whenever anything changes."""
    _refuse_firms(actor)
    answer = StreamingHttpResponse(
        _events(actor, get_language() or "en"), content_type="text/event-stream; charset=utf-8"
    )
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


def _refuse_firms(actor: Actor) -> None:
    if is_firm(actor):
        raise DeniedError(actor.name, "job.read", "jobs", ("licensing_officer", "auditor"))


def _events(actor: Actor, language: str) -> Iterator[str]:
    long = _streams.acquire(blocking=False)
    try:
        yield f"retry: {1000 if long else 5000}\n\n"
        end, last = time.monotonic() + SECONDS, ""
        while True:
            with override(language):
                rows = [*jobs(), *lab_runs(), *replay_rows(actor, NEWEST)[0]]
                text = json.dumps({"rows": rows}, ensure_ascii=False)
            if text != last:
                yield f"event: progress\ndata: {text}\n\n"
                last = text
            if not long or time.monotonic() >= end:
                return
            time.sleep(EVERY)
    finally:
        if long:
            _streams.release()
        close_old_connections()


def jobs() -> list[dict[str, Any]]:
    """Each job: what it does, whether it runs now, how much it did last, what went wrong."""
    rows = {one.name: one for one in Job.objects.all()}
    now = timezone.now()
    found = []
    for job in periodic():
        row = rows.get(job.name)
        runs = row is not None and bool(row.held_by) and row.held_until > now
        begun = row is not None and row.ended_at is not None
        state = "running" if runs else "done" if begun else "waiting"
        if row is not None and row.last_error and not runs:
            state = "failed"
        found.append({
            "key": f"job-{job.name}", "name": job.name, "says": pgettext("job", job.says),
            "state": state, "word": word_of(state), "done": row.done if row else 0, "of": None,
            "when": moment(row.ended_at) if row and row.ended_at else "",
            "wrong": row.last_error if row else "", "cause": cause(row.last_error if row else ""),
        })  # fmt: skip
    return found


def lab_runs() -> list[dict[str, Any]]:
    """The newest runs of the lab that were asked for on a page."""
    return [
        {
            "key": f"lab-{one.pk}", "name": one.name, "by": one.by, "state": one.state,
            "word": word_of(one.state), "done": one.done, "of": one.runs,
            "when": moment(one.ended_at or one.asked_at), "wrong": one.wrong,
            "cause": cause(one.wrong),
            "href": reverse("lab_result", args=[one.name]) if one.state == "done" else "",
        }
        for one in LabRun.objects.order_by("-pk")[:NEWEST]
    ]  # fmt: skip


def cause(wrong: str) -> str:
    """What a job or a run was stopped by, in words; the technical text of it stays English."""
    if not wrong:
        return ""
    name = wrong.partition(":")[0]
    if name in ("OperationalError", "IntegrityError", "InterfaceError", "DatabaseError"):
        return _("The database did not carry it out.")
    if name == "BadInputError" or FAULT.match(wrong):
        return _("A file that it reads has faults.")
    if OUTSIDE.match(wrong):
        return _("A file could not be read or written.")
    return _("An error stopped it.")


def replay_rows(
    actor: Actor, most: int, cursor: str = "", only: str = ""
) -> tuple[list[dict[str, Any]], str]:
    """The newest replays that an actor may read (R11), and where the next page begins.

    Args:
        actor: who reads.
        most: rows of a page.
        cursor: where the page begins; empty: at the newest.
        only: this one alone.
    """
    found = replays.visible(actor).defer("result", "texts").order_by("-name")
    if cursor:
        found = found.filter(name__lt=cursor)
    if only:
        found = found.filter(name=only)
    some = list(found[: most + 1])
    rows = [
        {
            "key": f"replay-{one.pk}", "name": one.name, "by": one.by, "state": one.state,
            "word": word_of(one.state), "done": one.done, "of": one.of,
            "when": moment(one.ended_at or one.asked_at), "wrong": one.wrong,
            "cause": cause(one.wrong), "href": reverse("replay", args=[one.name]),
        }
        for one in some[:most]
    ]  # fmt: skip
    return rows, some[most - 1].name if len(some) > most else ""


def word_of(state: str) -> str:
    """How far something is, in a word."""
    return {"waiting": _("waits"), "running": _("runs"), "done": _("done"),
            "failed": _("failed")}[state]  # fmt: skip
