"""How the kernel's functions are compiled: cached on disk, and letting other threads run.

Functions that make no arrays are compiled without reference counts: the kernel passes many tables
from function to function, and counting references to each would cost more than the work.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from interlock.lab.kernel.inlining import copy_functions_whole
from interlock.sharing.caching import njit

copy_functions_whole()
_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
_BARE: dict[str, Any] = _OPTIONS | {"_nrt": False}  # not among the options that numba documents
bare: Any = njit(**_BARE)
"""Makes no arrays."""
inlined: Any = njit(**_BARE, inline="always")
"""Makes no arrays, and is put where it is called."""
making: Any = njit(**(_OPTIONS | {"_nrt": True}))
"""Makes arrays of its own."""
inlined_making: Any = njit(**(_OPTIONS | {"_nrt": True}), inline="always")
"""Makes arrays of its own, and is put where it is called."""


@inlined
def at(table, k):  # type: ignore[no-untyped-def]
    """`table[k]` of a k that is not negative: no code for counting from the end is made.

    A row is a view of it, so that columns of one row are found from one address.
    """
    return table[np.uintp(k)]


@inlined
def row_of(table, k):  # type: ignore[no-untyped-def]
    """Row k, not negative, of a table whose width its type says (see `state.rows`)."""
    return table[np.uintp(k)].c
