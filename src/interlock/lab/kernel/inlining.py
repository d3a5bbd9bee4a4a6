"""Makes Numba copy a function whole when it puts the function where it is called.

By itself it copies block by block, and with each block the scope, with every variable of the
function in it: half of the time that the kernel takes to compile, a minute or more at a first run.
`InlineWorker.inline_ir` copies all blocks before it changes any, so they may share what they share.
The code that comes out is the same.
"""

from __future__ import annotations

import copy
from functools import wraps
from typing import Any

from numba.core import inline_closurecall, ir

WORKER: Any = inline_closurecall.InlineWorker
BLOCK: Any = ir.Block


def copy_functions_whole() -> None:
    """Do so from now on, in this process; more than once is the same as once."""
    plain = WORKER.inline_ir
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def inline_ir(self: Any, *args: Any, **options: Any) -> Any:
        copied: dict[int, Any] = {}

        def copy_of(block: Any, memo: dict[int, Any]) -> Any:
            made = memo[id(block)] = BLOCK.__new__(BLOCK)
            made.__dict__.update(copy.deepcopy(block.__dict__, copied))
            return made

        BLOCK.__deepcopy__ = copy_of
        try:
            return plain(self, *args, **options)
        finally:
            del BLOCK.__deepcopy__

    WORKER.inline_ir = inline_ir
