"""The folders that come with Interlock: law and episodes."""

from __future__ import annotations

from pathlib import Path


def bundled(name: str) -> Path:
    """A folder of law or episodes that comes with Interlock: in a wheel, or in a clone."""
    packed = Path(__file__).parents[1] / "bundled" / name
    return packed if packed.is_dir() else Path(__file__).parents[3] / name
