"""The first page: what flows, what is stuck, and who holds the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from interlock.web.doors import page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from interlock.book.rights import Actor


@require_GET
@page
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - `page` gives it
    """Where everybody begins."""
    return render(request, "web/overview.html")
