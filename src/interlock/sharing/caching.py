"""Compiled functions kept on disk as long as all that is compiled into them is the same.

Numba keeps a function as long as its own file does not change. But what a function calls is
compiled into it, from whatever file: after a change there the old code would go on being played,
and nothing would say so. Here all are kept as long as no source of any changes. Modules with such
functions take `njit` from here, so that none is made before.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import CacheImpl

__all__ = ["KERNELS", "njit", "stamp"]

HOME = Path(__file__).resolve().parents[1]
KERNELS = (HOME / "sharing", HOME / "lab" / "kernel")
"""The folders of all compiled functions, and of the numbers that are compiled into them."""


_LOCATORS: list[Any] = CacheImpl._locator_classes


@cache
def stamp() -> str:
    """The hash of all sources of compiled functions, as they were when it was first asked for."""
    found = hashlib.sha256()
    for folder in KERNELS:
        for path in sorted(folder.glob("*.py")):
            found.update(f"{folder.name}/{path.name}\n".encode() + path.read_bytes())
    return found.hexdigest()


class Together:
    """Where Numba itself would keep a function of `KERNELS`, fresh as long as all of them are."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        """The place of one function; None for one of others, which Numba keeps as it does."""
        if Path(py_file).resolve().parent not in KERNELS:
            return None
        others = (one for one in _LOCATORS if one is not cls)
        found = next(filter(None, (one.from_function(py_func, py_file) for one in others)), None)
        if found is not None:
            found.get_source_stamp = stamp
        return found


_LOCATORS.insert(0, Together)
