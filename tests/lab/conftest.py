"""Fixtures of the lab's tests, and the kits of the book."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))
