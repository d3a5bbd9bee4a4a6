"""The scripts that lie with the H200 episode, and the API as they call it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

EPISODE = Path(__file__).parents[1] / "episodes" / "h200"


def script(name: str) -> ModuleType:
    """A script of the episode's folder as a module."""
    spec = importlib.util.spec_from_file_location(name, EPISODE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def caller(tokens: Mapping[str, str]) -> Callable[[str, str, str, Any], tuple[int, Any]]:
    """What the story calls the API by: a client that sends each person's own token."""
    client = Client()

    def call(who: str, method: str, path: str, body: Any) -> tuple[int, Any]:
        answer = client.generic(
            method, f"/api/v1{path}", json.dumps(body) if body is not None else "",
            content_type="application/json", headers={"Authorization": f"Bearer {tokens[who]}"},
        )  # fmt: skip
        return answer.status_code, answer.json()

    return call
