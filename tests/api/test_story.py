"""The episode played on through the API, role by role: each answer is the one that is expected."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from interlock.book.loading.episode import load_episode
from interlock.book.loading.people import enter_people
from interlock.book.models import Allocation, Entry, Order
from interlock.book.selectors.accounts import ledger
from interlock.episode.loader import load

EPISODE = Path(__file__).parents[2] / "episodes" / "h200"


def story_module() -> Any:
    spec = importlib.util.spec_from_file_location("story", EPISODE / "story.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_whole_episode_through_the_api(db: None, settings: Any) -> None:
    cache.clear()
    now = timezone.now()
    load_episode(load(EPISODE), "group", now=now)
    tokens = enter_people(now)
    client = Client()
    told: list[str] = []

    def call(who: str, method: str, path: str, body: Any) -> tuple[int, Any]:
        answer = client.generic(
            method, f"/api/v1{path}", json.dumps(body) if body is not None else "",
            content_type="application/json", headers={"Authorization": f"Bearer {tokens[who]}"},
        )  # fmt: skip
        return answer.status_code, answer.json()

    story = story_module()
    story.play(story.Story(call, told.append))
    text = "\n".join(told)
    assert "bytedance: 157,500" in text  # as things stood: a third of a provisional 400,000
    assert "bytedance: 25,000" in text  # 20,000 domestic chips proved, 5,000 may be owed
    assert "alibaba: 5,000" in text
    order = Order.objects.get(pk="order-001")
    assert order.shipped == order.entered == Entry.objects.get(pk="E-2026-0001").quantity
    provisional = Allocation.objects.filter(state="provisional")
    assert not provisional.exists()
    assert ledger().verify() is None
