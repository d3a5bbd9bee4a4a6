"""Whom one may be in a demo."""

from __future__ import annotations

from typing import Any

from django import template

from interlock.web.doors import demo_people as found

register = template.Library()


@register.simple_tag
def demo_people() -> list[dict[str, Any]]:
    """The demo's people, for the page that signs in; empty in any other book."""
    return found()
