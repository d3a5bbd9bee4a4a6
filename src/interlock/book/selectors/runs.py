"""Sharing runs as an actor may see them: their lines, two side by side, and one line's proof.

A run holds accounts of others, so nobody but an auditor gets it whole. The supplier sees what each
of its orders got, and the accounts that count for itself; a buyer its own line and nothing of
another's (R11, R12).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Sum

from interlock.book.errors import NotFoundError
from interlock.book.models import AllocationRun, Order, RunLine
from interlock.book.rights import find, visible
from interlock.book.selectors.accounts import ledger, may_see
from interlock.files.phrases import phrase
from interlock.sharing import HIDDEN, SAYS, ReplayError, replay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.book.rights import Actor
    from interlock.sharing import Run

FULL = "full"
DEPENDS_ON_OTHERS = ("cel", "talmud", "optimum")
"""Rules whose level counts from another line's ask: a buyer is not told it (R11)."""


def replay_run(run: AllocationRun) -> Run:
    """Play a stored run again and compare every byte of it.

    Raises:
        ReplayError, RunError: it is not what was stored.
    """
    text: str = run.result["run"]
    if hashlib.sha256(text.encode()).hexdigest() != run.digest:
        raise ReplayError(("digest",))
    return replay(text)


class Seen:
    """Which accounts an actor may see; each is looked up once."""

    def __init__(self, actor: Actor) -> None:
        self.actor, self.store = actor, ledger()
        self._found: dict[str, bool] = {}

    def __call__(self, name: str) -> bool:
        """Whether the actor may see an account."""
        if name not in self._found:
            account = self.store.account(name)
            self._found[name] = account is not None and may_see(self.actor, account)
        return self._found[name]

    def name(self, bound_by: str) -> str:
        """The account that binds a line, or that it is not disclosed."""
        return bound_by if not bound_by or bound_by == FULL or self(bound_by) else HIDDEN

    def refusal(self, line: RunLine) -> str:
        """Why a line fell, without the name or number of an account that is not seen."""
        legs = [leg["account"] for leg in line.legs]
        named = [name for name in legs if name in line.refused]
        if all(self(name) for name in named):
            return str(line.refused)
        return phrase("{limit} does not give it", limit=HIDDEN)


def lines(actor: Actor, run: AllocationRun) -> list[dict[str, Any]]:
    """Every line of a run, by order."""
    seen = Seen(actor)
    rows = run.lines.select_related("order").order_by("order_id")
    return [_line(line, seen) for line in rows]


TENTHS = 10


def lines_page(
    actor: Actor, run: AllocationRun, *, after: str, most: int
) -> tuple[list[dict[str, Any]], str]:
    """One page of a run's lines by order, and the order after which the next one begins."""
    seen = Seen(actor)
    rows = run.lines.filter(order_id__gt=after).select_related("order").order_by("order_id")
    found = list(rows[: most + 1])
    last = found[most - 1].order_id if len(found) > most else ""
    return [_line(one, seen) for one in found[:most]], last


def spread(run: AllocationRun) -> dict[str, Any]:
    """A run's totals, by buyer, and how its lines lie between nothing and all that they asked.

    Returns:
        `asked`, `awarded`, `lines`, `full`, `none`; `buyers`: {buyer, asked, awarded, lines}, the
        greatest first; `tenths`: how many lines got 0 to under 10 %, ... 90 to under 100 %, all.
    """
    grouped = run.lines.values_list("order__buyer").annotate(
        all_asked=Sum("asked"), all_awarded=Sum("awarded"), number=Count("pk")
    )
    buyers = [
        dict(zip(("buyer", "asked", "awarded", "lines"), one, strict=True))
        for one in grouped.order_by("-all_awarded", "order__buyer")
    ]
    tenths = [0] * (TENTHS + 1)
    shares = run.lines.filter(asked__gt=0).annotate(tenth=F("awarded") * TENTHS / F("asked"))
    for one in shares.values("tenth").annotate(Count("pk")).order_by("tenth"):
        tenths[min(int(one["tenth"]), TENTHS)] += one["pk__count"]
    return {
        "asked": sum(one["asked"] for one in buyers),
        "awarded": sum(one["awarded"] for one in buyers),
        "lines": sum(one["lines"] for one in buyers),
        "full": tenths[TENTHS],
        "none": run.lines.filter(awarded=0).count(),
        "buyers": buyers,
        "tenths": tenths,
    }


def accounts_of(actor: Actor, run: AllocationRun) -> list[dict[str, Any]]:
    """The accounts of a run that an actor may see, in account units, and whether there are others.

    {account, unit, available, used, left, shadow_price}; those not seen are one row, `HIDDEN`.
    """
    seen, table = Seen(actor), _table(run)
    found = [{"account": name, **row} for name, row in sorted(table.items()) if seen(name)]
    return found if len(found) == len(table) else [*found, {"account": HIDDEN}]


def _line(line: RunLine, seen: Seen) -> dict[str, Any]:
    return {
        "order": line.order_id,
        "buyer": line.order.buyer_id,
        "tier": line.order.tier,
        "asked": line.asked,
        "awarded": line.awarded,
        "level": json.loads(line.level) if line.level else None,
        "bound_by": seen.name(line.bound_by) or None,
        "provisional": line.provisional,
        "legs": [leg for leg in line.legs if seen(leg["account"])],
        "reserved": bool(line.group),
        "refused": seen.refusal(line) or None,
    }


def summary(run: AllocationRun, rows: Iterable[RunLine]) -> dict[str, Any]:
    """A run in short: its rule, its totals, and how far the optimum is proven."""
    listed = list(rows)
    result = json.loads(run.result["run"])["result"]
    return {
        "id": run.pk,
        "state": run.state,
        "rule": run.rule,
        "says": SAYS[run.rule],
        "whole": run.whole,
        "seed": run.seed,
        "agreed": run.agreed,
        "at": run.at.isoformat(),
        "asked": sum(one.asked for one in listed),
        "awarded": sum(one.awarded for one in listed),
        "full": sum(one.bound_by == FULL for one in listed),
        "left_out": sum(bool(one.refused) and not one.awarded for one in listed),
        "objective": result["objective"],
        "dual_gap": result["dual_gap"],
        "digest": run.digest,
        "proof": "checked",
    }


def compare(actor: Actor, run_a: str, run_b: str) -> dict[str, Any]:
    """Two runs side by side: who gains and who loses from the first to the second.

    Raises:
        NotFoundError: one of them is not there for this actor.
    """
    first, second = (find(actor, AllocationRun, pk) for pk in (run_a, run_b))
    seen = Seen(actor)
    rows_a, rows_b = (
        {one.order_id: one for one in run.lines.select_related("order")} for run in (first, second)
    )
    found: list[dict[str, Any]] = []
    for order in sorted({*rows_a, *rows_b}):
        a, b = (_line(rows[order], seen) if order in rows else None for rows in (rows_a, rows_b))
        more = (b["awarded"] if b else 0) - (a["awarded"] if a else 0)
        found.append({"order": order, "difference": more, "a": a, "b": b})
    return {
        "runs": [summary(first, rows_a.values()), summary(second, rows_b.values())],
        "gains": [one["order"] for one in found if one["difference"] > 0],
        "loses": [one["order"] for one in found if one["difference"] < 0],
        "lines": found,
        "accounts": _accounts(first, second, seen),
    }


def _accounts(first: AllocationRun, second: AllocationRun, seen: Seen) -> list[dict[str, Any]]:
    """The accounts of both runs that are seen: what there was, what is used, what one more brings.

    Amounts are in account units; a shadow price is the value of one more unit, `optimum` only.
    """
    tables = [_table(run) for run in (first, second)]
    found = []
    for name in sorted({*tables[0], *tables[1]}):
        if seen(name):
            a, b = (table.get(name) for table in tables)
            found.append({"account": name, "a": a, "b": b})
    if any(not seen(name) for table in tables for name in table):
        found.append({"account": HIDDEN, "a": None, "b": None})
    return found


def _table(run: AllocationRun) -> dict[str, dict[str, Any]]:
    if "run" not in run.result:
        return {}  # it was taken over from elsewhere by its lines alone
    stored = json.loads(run.result["run"])
    accounts, result = stored["inputs"]["accounts"], stored["result"]
    prices = result["shadow_price"] or [None] * len(accounts["account"])
    store, found = ledger(), {}
    for name, available, used, price in zip(
        accounts["account"], accounts["available"], result["used"], prices, strict=True
    ):
        account = store.account(name)
        scale = account.scale if account is not None else 1
        found[name] = {
            "unit": account.terms.unit if account is not None else "",
            "available": available / scale,
            "used": used / scale,
            "left": (available - used) / scale,
            "shadow_price": None if price is None else price * scale,
        }
    return found


def proof(actor: Actor, order: Order) -> dict[str, Any]:
    """What an order got in the last run that counts for its reader, and why no more.

    Whoever may read the run sees the last one; a buyer the last that was approved.

    Raises:
        NotFoundError: it was in none.
    """
    rows = RunLine.objects.filter(order=order).select_related("run")
    mine = visible(actor, AllocationRun)
    line = (
        rows.filter(run__in=mine).order_by("-run__made_at", "-run_id").first()
        or rows.filter(run__state="approved").order_by("-run__changed_at", "-run_id").first()
    )
    if line is None:
        raise NotFoundError("proof of order", order.pk)
    run, seen = line.run, Seen(actor)
    open_level = line.level and run.rule not in DEPENDS_ON_OTHERS
    return {
        "order": order.pk,
        "run": run.pk,
        "state": run.state,
        "at": run.at.isoformat(),
        "rule": run.rule,
        "says": SAYS[run.rule],
        "whole": run.whole,
        "seed": run.seed,
        "asked": line.asked,
        "awarded": line.awarded,
        "level": json.loads(line.level) if open_level else None,
        "bound_by": seen.name(line.bound_by) or None,
        "provisional": line.provisional,
        "reserved": bool(line.group),
        "refused": seen.refusal(line) or None,
    }
