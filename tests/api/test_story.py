"""The episode played on through the API, role by role: each answer is the one that is expected."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.utils import timezone

from episode_kit import EPISODE, caller, script
from interlock.book.loading.episode import load_episode
from interlock.book.loading.people import enter_people
from interlock.book.models import Allocation, Entry, Order
from interlock.book.selectors.accounts import ledger
from interlock.episode.loader import load


def test_the_whole_episode_through_the_api(db: None, settings: Any) -> None:
    cache.clear()
    settings.LATE_DAYS = 3650
    now = timezone.now()
    load_episode(load(EPISODE), "group", now=now)
    tokens = enter_people(now)
    told: list[str] = []

    story = script("story")
    story.play(story.Story(caller(tokens), told.append))
    text = "\n".join(told)
    assert "bytedance: 157,500" in text  # as things stood: a third of a provisional 400,000
    assert "bytedance: 25,000" in text  # 20,000 domestic chips proved, 5,000 may be owed
    assert "alibaba: 5,000" in text
    order = Order.objects.get(pk="order-001")
    assert order.shipped == order.entered == Entry.objects.get(pk="E-2026-0001").quantity
    provisional = Allocation.objects.filter(state="provisional")
    assert not provisional.exists()
    assert ledger().verify() is None
