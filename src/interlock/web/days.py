"""The days of pages: the one they begin with, and those that an address or a form writes."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from ruamel.yaml import YAML

from interlock.book.selectors.alerts import FIRST_YEAR, LAST_YEAR
from interlock.files.bundled import bundled
from interlock.files.texts import day_of

if TYPE_CHECKING:
    from collections.abc import Mapping

EPISODE = "h200"


def first_day() -> dt.date:
    """What `at` and `known` are where an address says neither."""
    return min(episode_day(), today()) if settings.DEMO else today()


def today() -> dt.date:
    """The day on the wall."""
    return timezone.now().date()


@cache
def episode_day() -> dt.date:
    """As of when the episode that a demo shows is told."""
    text = (bundled("episodes") / EPISODE / "episode.yaml").read_text(encoding="utf-8")
    day = YAML(typ="safe", pure=True).load(text)["as_of"]
    assert isinstance(day, dt.date)  # noqa: S101 - a file that comes along
    return day


def day_in(asked: Mapping[str, str], name: str, errors: dict[str, str]) -> dt.date | None:
    """One day of an address or form, as YYYY-MM-DD alone.

    None: it is not there, or is no day; then `errors` says so under its name.
    """
    text = asked.get(name, "").strip()
    if not text:
        return None
    found = day_of(text)
    if found is None:
        errors[name] = _("Write a day, such as 2026-01-28.")
    elif not FIRST_YEAR <= found.year <= LAST_YEAR:
        errors[name] = _("No law at hand speaks of that day.")
        return None
    return found
