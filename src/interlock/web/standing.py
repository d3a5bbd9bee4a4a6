"""How the open orders stand at the gates: summed in groups, each decided on its oldest order.

Orders of one buyer for one product at one destination meet the same rules and draw on the same
accounts, so one decision speaks for them; a page says that it does. Sums and decisions are kept
until anything in the book changes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Sum

from interlock.book.cases import Cases
from interlock.book.models import Event, Order
from interlock.book.rights import visible
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import LedgerStates, decide, shown

if TYPE_CHECKING:
    from interlock.book.rights import Actor
    from interlock.law.model import Stage

OPEN = ("placed", "confirmed")
MOST = 40
"""Groups that are decided; smaller ones are counted and not decided, and the page says so."""
GATES = ("export", "import", "supply", "customs")
STAGE: Stage = "allocation"


@dataclass(frozen=True)
class Asked:
    """Which orders, as of when."""

    at: dt.date
    known: dt.date
    buyer: str = ""
    product: str = ""


@dataclass(frozen=True)
class Blocker:
    """A rule, condition or account of a gate that keeps a group from passing.

    `keys` are who can change it.
    """

    gate: str
    rule: str
    outcome: str
    says: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Orders that are decided together; quantities in items of the product.

    Attributes:
        verdicts: gate -> open, shut or unknown; empty: not decided.
        blockers: what keeps them from passing, of each gate.
    """

    buyer: str
    supplier: str
    product: str
    destination: str
    orders: int
    asked: int
    allocated: int
    shipped: int
    entered: int
    oldest: str
    since: dt.date
    verdicts: dict[str, str]
    verdict: str
    blockers: tuple[Blocker, ...]


def newest_event() -> int:
    """The newest change of the book: what is kept from before it is not shown again."""
    found = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    return found or 0


def standing(actor: Actor, asked: Asked, now: dt.datetime) -> tuple[Group, ...]:
    """The groups that an actor may see, the largest first."""
    return _standing(_Viewer(actor), asked, newest_event(), now.date())


class _Viewer:
    """An actor as what is kept for them is found again: by party, gate and roles."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.key = (actor.party, actor.gate, actor.roles, actor.itself)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Viewer) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=256)
def _standing(viewer: _Viewer, asked: Asked, _event: int, today: dt.date) -> tuple[Group, ...]:
    actor = viewer.actor
    rows = visible(actor, Order).filter(state__in=OPEN)
    if asked.buyer:
        rows = rows.filter(buyer=asked.buyer)
    if asked.product:
        rows = rows.filter(product=asked.product)
    found = (
        rows.order_by()
        .values("buyer", "supplier", "product", "destination")
        .annotate(
            orders=Count("pk"), total=Sum("quantity"), allocated=Sum("allocated"),
            shipped=Sum("shipped"), entered=Sum("entered"), oldest=Min("pk"),
            since=Min("placed_on"),
        )
        .order_by("-total", "oldest")
    )  # fmt: skip
    decider = _Decider(actor, asked, today)
    groups = []
    rows_found: list[dict[str, Any]] = [dict(row) for row in found[: 10 * MOST]]
    for number, row in enumerate(rows_found):
        told = decider.of(row["oldest"]) if number < MOST else None
        groups.append(Group(asked=row.pop("total"), **row, **_read(told)))
    return tuple(groups)


class _Decider:
    """Decides one order after another over the same accounts."""

    def __init__(self, actor: Actor, asked: Asked, today: dt.date) -> None:
        self.actor, self.asked = actor, asked
        self.now = dt.datetime.now(dt.UTC) if asked.at == today else _end(today)
        past = (asked.at, asked.known) != (today, today)
        self.past = (_end(min(asked.at, today)), _end(min(asked.known, today))) if past else None
        self.cases = Cases(asked.at)
        self.states = LedgerStates(ledger(), self.now, past=self.past)

    def of(self, pk: str) -> dict[str, Any]:
        decision = decide(
            ledger(), Order.objects.get(pk=pk), STAGE, at=self.asked.at, known=self.asked.known,
            now=self.now, cases=self.cases, past=self.past, states=self.states,
        )  # fmt: skip
        return shown(decision, self.actor)


def _end(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.max, tzinfo=dt.UTC)


def _read(told: dict[str, Any] | None) -> dict[str, Any]:
    if told is None:
        return {"verdicts": {}, "verdict": "", "blockers": ()}
    verdicts = {one["gate"]: one["verdict"] for one in told["gates"]}
    keys: dict[tuple[str, str], list[str]] = {}
    for way in told["open_with"]:
        for change in way["changes"]:
            keys.setdefault((way["gate"], change["rule"]), []).append(change["key"])
    blockers = [
        Blocker(
            one["gate"],
            f"{one['regime']}/{one['rule']}",
            one["outcome"],
            one["says"] or one["rule"],
            tuple(sorted(set(keys.get((one["gate"], f"{one['regime']}/{one['rule']}"), ())))),
        )
        for one in told["findings"]
        if one["outcome"] in ("fail", "unknown") and verdicts.get(one["gate"]) != "open"
    ]
    blockers.sort(key=lambda one: one.outcome != "fail")
    return {"verdicts": verdicts, "verdict": told["verdict"], "blockers": tuple(blockers)}


# -- what a page shows of them ------------------------------------------------------------------


def totals(groups: tuple[Group, ...]) -> list[dict[str, Any]]:
    """For each gate the items asked for by verdict, and what stops most of them."""
    found = []
    for gate in GATES:
        row: dict[str, Any] = {"gate": gate, "open": 0, "unknown": 0, "shut": 0}
        for group in groups:
            verdict = group.verdicts.get(gate)
            if verdict:
                row[verdict] += group.asked
        row["blockers"] = blocked(groups, gate)[:3]
        if row["open"] or row["unknown"] or row["shut"]:
            found.append(row)
    return found


def blocked(groups: tuple[Group, ...], gate: str = "") -> list[dict[str, Any]]:
    """What stops how many items, the most first: each group by the worst finding of each gate."""
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for group in groups:
        seen = set()
        for one in group.blockers:
            if (gate and one.gate != gate) or one.gate in seen:
                continue
            seen.add(one.gate)
            row = sums.setdefault(
                (one.gate, one.rule),
                {"gate": one.gate, "rule": one.rule, "outcome": one.outcome, "says": one.says,
                 "keys": set(), "items": 0, "orders": 0},
            )  # fmt: skip
            row["items"] += group.asked
            row["orders"] += group.orders
            row["keys"] |= set(one.keys)
    rows = sorted(sums.values(), key=lambda row: (-row["items"], row["gate"], row["rule"]))
    return [row | {"keys": sorted(row["keys"])} for row in rows]


def flow(groups: tuple[Group, ...], gates: list[str]) -> list[tuple[str, str, int]]:
    """Items from one (gate, verdict) to the next, as `gate:verdict` names: the flow picture.

    It begins at `asked` and ends at `passes`; what a gate shuts goes no further.
    """
    links: dict[tuple[str, str], int] = {}
    for group in groups:
        if not group.verdicts:
            continue
        at = "asked"
        for gate in gates:
            verdict = group.verdicts.get(gate, "open")
            to = f"{gate}:{verdict}"
            links[at, to] = links.get((at, to), 0) + group.asked
            at = to
            if verdict == "shut":
                break
        else:
            end = "passes" if group.verdict == "open" else "waits"
            links[at, end] = links.get((at, end), 0) + group.asked
    return [(a, b, items) for (a, b), items in links.items()]
