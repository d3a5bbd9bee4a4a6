"""A result as a JSON document: the stable form that `interlock share --format json` prints."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from interlock.sharing.kernel import FULL
from interlock.sharing.paths import SAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.sharing.result import Result


def order_rows(result: Result) -> Iterator[dict[str, Any]]:
    """One document for each line; `level` is [lo, hi], hi null where the line is full."""
    p = result.problem
    columns = zip(
        *(p.orders, p.ask.tolist(), result.awarded.tolist()),
        *(result.level_lo.tolist(), result.level_hi.tolist(), result.bound.tolist()),
        *(p.tier.tolist(), result.dropped.tolist()),
        strict=True,
    )
    for name, asked, awarded, lo, hi, bound, tier, dropped in columns:
        yield {
            "order": name,
            "asked": asked,
            "awarded": awarded,
            "level": None if math.isnan(lo) else [lo, hi if math.isfinite(hi) else None],
            "bound_by": "full" if bound == FULL else p.accounts[bound],
            "tier": tier,
            "below_min": dropped,
        }


def order_columns(result: Result) -> dict[str, Any]:
    """The same by column; `level_hi` is infinite for a full line, both are NaN under `optimum`."""
    p = result.problem
    names = np.array([*p.accounts, "full"], dtype=object)
    return {
        "order": p.orders,
        "asked": p.ask,
        "awarded": result.awarded,
        "level_lo": result.level_lo,
        "level_hi": result.level_hi,
        "bound_by": names[result.bound].tolist(),
        "tier": p.tier,
        "below_min": result.dropped,
    }


def account_rows(result: Result) -> Iterator[dict[str, Any]]:
    """One document for each account."""
    p, price = result.problem, result.shadow_price
    binding = set(result.bound.tolist())
    if price is not None:  # a line names its dearest account only; each with a price binds
        binding |= set((price > 0).nonzero()[0].tolist())
    for a, name in enumerate(p.accounts):
        yield {
            "account": name,
            "available": int(p.available[a]),
            "used": _plain(result.used[a].item()),
            "left": _plain(result.left[a].item()),
            "shadow_price": None if price is None else price[a].item(),
            "binding": a in binding,
        }


def summary(result: Result) -> dict[str, Any]:
    """Everything but the rows."""
    p = result.problem
    total = result.awarded.sum().item() if result.whole else math.fsum(result.awarded.tolist())
    return {
        "rule": result.rule,
        "says": SAYS[result.rule],
        "whole": result.whole,
        "seed": result.seed,
        "asked": sum(p.ask.tolist()),
        "awarded": total,
        "full": int((result.bound == FULL).sum()),
        "objective": result.objective,
        "dual_gap": result.dual_gap,
        "digest": p.digest,
        "notes": list(result.notes),
        "proof": "checked",
    }


def to_json(result: Result) -> Iterator[str]:
    """The document in pieces, one line for each order and account; joined they are one JSON."""
    head = json.dumps(summary(result), ensure_ascii=False, allow_nan=False)
    yield head[:-1] + ', "orders": ['
    yield from _joined(order_rows(result))
    yield '\n], "accounts": ['
    yield from _joined(account_rows(result))
    yield "\n]}\n"


def _joined(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    for k, row in enumerate(rows):
        yield (",\n" if k else "\n") + encode(row)


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number
