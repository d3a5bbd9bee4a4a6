"""The page of problems (`/docs/problems`): where the `type` of each problem leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from interlock.api.problems import MENDS, TYPES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def problems(request: HttpRequest) -> HttpResponse:
    """Every problem with its status and what to do next; anybody may read it."""
    rows = [
        {"kind": kind, "status": status, "title": title, "mend": MENDS[kind]}
        for kind, (status, title) in TYPES.items()
    ]
    return render(request, "problems.html", {"problems": rows})
