"""The day that pages begin with: today, or in a demo the day of its episode."""

from __future__ import annotations

import datetime as dt
from functools import cache

from django.conf import settings
from django.utils import timezone
from ruamel.yaml import YAML

from interlock.files.bundled import bundled

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
