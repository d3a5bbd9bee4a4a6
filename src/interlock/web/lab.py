"""The lab's place: the scenarios that come along, and what was played of them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_GET

from interlock.book.rights import require_some
from interlock.files import BadInputError
from interlock.files.bundled import bundled
from interlock.lab import load
from interlock.web.doors import page
from interlock.web.names import people_of
from interlock.web.progress import lab_runs

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor

MOST = 50
LARGEST = 2 * 2**20
SHOWN = ("asked", "allocated", "shipped", "delivered", "waiting", "unused", "domestic",
         "compute", "wait_days")  # fmt: skip
"""The measures of a summary that are shown; the rest is in its files."""


@require_GET
@page
def lab_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Scenarios, and the results that lie in the lab's folder."""
    require_some(actor, "claim.read", "the lab")
    asked = [one for one in lab_runs() if one["state"] != "done"]
    context = {
        "scenarios": scenarios(),
        "results": results(),
        "folder": bool(settings.LAB_RESULTS),
        "asked": asked,
        "names": people_of(actor, {one["by"] for one in asked}),
    }
    return render(request, "web/lab.html", context)


def scenarios() -> list[dict[str, Any]]:
    """The scenarios that come along: name, title, says, start, end, runs, seed; or its faults."""
    return [
        _scenario(path, path.stat().st_mtime_ns)
        for path in sorted(bundled("scenarios").glob("*.yaml"))
    ]


@lru_cache(maxsize=64)
def _scenario(path: Path, _stamp: int) -> dict[str, Any]:
    try:
        found = load(path)
    except BadInputError as error:
        return {"name": path.name, "faults": error.faults[:5]}
    return {
        "name": path.name, "title": found.title, "start": found.start, "end": found.end,
        "runs": found.runs, "seed": found.seed, "firms": len(found.firms),
    }  # fmt: skip


def results() -> list[dict[str, Any]]:
    """What was played into folders of `INTERLOCK_LAB_RESULTS`, the newest first."""
    if not settings.LAB_RESULTS:
        return []
    paths = sorted(
        Path(settings.LAB_RESULTS).glob("*/summary.json"),
        key=lambda path: (-path.stat().st_mtime_ns, path.parent.name),
    )
    return [found for path in paths[:MOST] if (found := _result(path)) is not None]


def _result(path: Path) -> dict[str, Any] | None:
    """A summary in short; None: the file is none."""
    found = summary_of(path)
    if found is None:
        return None
    overall = found["overall"]
    return {
        "name": path.parent.name, "title": found["title"], "runs": found["runs"],
        "seed": found["seed"], "start": found["start"], "end": found["end"],
        "compute_unit": found.get("compute_unit", ""),
        "bands": [(name, overall[name]) for name in SHOWN if overall[name]["p50"] is not None],
    }  # fmt: skip


def summary_of(path: Path) -> dict[str, Any] | None:
    """The summary that a run wrote; None: there is none, or the file is something else."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        good = all(name in found for name in ("title", "runs", "seed", "start", "end"))
        bands = {name: found["overall"][name]["p50"] for name in SHOWN}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if good and bands else None
