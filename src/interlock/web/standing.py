"""How the open orders stand at the gates: counted in groups that the law sees alike, each decided.

Orders of a group differ in their quantity alone, so a group is decided once where the law of the
day does not read it, and else at each of its quantities. All groups of the book are decided once
for all who look, and kept until the counts change; each viewer is shown what they may see (R11).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from interlock.book import law
from interlock.book.cases import Cases
from interlock.book.counts import Counts, Likes, counts
from interlock.book.errors import NotFoundError
from interlock.book.models import Order
from interlock.book.selectors.accounts import ledger
from interlock.book.selectors.decisions import LedgerStates, decide, shown
from interlock.book.selectors.present import is_firm
from interlock.book.selectors.replay import AsRecorded, end_of, when_recorded
from interlock.law.compiling.compiled import GATES
from interlock.law.vocabulary import vocabulary

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from interlock.book.rights import Actor
    from interlock.law.deciding.decision import Decision
    from interlock.law.model import Stage

STAGE: Stage = "allocation"
QUANTITIES = ("order.quantity", "order.value_usd")


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
    """Orders that meet the same decision; quantities in items of the product.

    Attributes:
        verdicts: gate -> open, shut or unknown; empty: not in the book by then, so not decided.
        blockers: what keeps them from passing, of each gate.
    """

    likes: Likes
    orders: int
    asked: int
    oldest: str
    verdicts: dict[str, str]
    verdict: str
    blockers: tuple[Blocker, ...]

    @property
    def buyer(self) -> str:
        """Who buys."""
        return self.likes.buyer

    @property
    def product(self) -> str:
        """What."""
        return self.likes.product

    @property
    def since(self) -> dt.date:
        """The first day on which one of them was placed."""
        return self.likes.since


@dataclass(frozen=True)
class Standing:
    """The groups that an actor may see, the largest first, and the sums behind them.

    `at` is when a job counted them; None: just now.
    """

    groups: tuple[Group, ...]
    likes: tuple[Likes, ...]
    at: dt.datetime | None

    def total(self, name: str) -> int:
        """The sum of a figure over all orders."""
        return sum(getattr(one, name) for one in self.likes)


@dataclass(frozen=True)
class _Part:
    """Orders of a group between two quantities, with the decision on them."""

    likes: Likes
    orders: int
    asked: int
    oldest: str
    decision: Decision | None


def standing(actor: Actor, asked: Asked, now: dt.datetime) -> Standing:
    """How the orders stand that an actor may see."""
    found = counts()
    parts = _decided(_Counted(found, now), law.stamp(), asked.at, asked.known, now.date())
    mine = [one for one in parts if _is_asked(actor, one.likes, asked)]
    groups = tuple(_group(_Viewer(actor), one) for one in map(_Same, mine))
    likes = tuple(one for one in found.groups if _is_asked(actor, one, asked))
    return Standing(tuple(sorted(groups, key=lambda one: -one.asked)), likes, found.at)


def _is_asked(actor: Actor, one: Likes, asked: Asked) -> bool:
    own = not is_firm(actor) or actor.party in (one.buyer, one.supplier)
    return own and asked.buyer in ("", one.buyer) and asked.product in ("", one.product)


class _Counted:
    """Counts as what is kept for them is found again: by the change that they are of.

    `now` is the clock of whoever decides them first that day.
    """

    def __init__(self, counts: Counts, now: dt.datetime) -> None:
        self.counts, self.now = counts, now

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Counted) and self.counts.event == other.counts.event

    def __hash__(self) -> int:
        return hash(self.counts.event)


@lru_cache(maxsize=16)
def _decided(
    counted: _Counted, _law: law.Stamp, at: dt.date, known: dt.date, _today: dt.date
) -> tuple[_Part, ...]:
    """Every group, cut where its quantities meet other decisions."""
    decider = _Decider(at, known, counted.now)
    return tuple(part for one in counted.counts.groups for part in _parts(decider, one))


def _parts(decider: _Decider, likes: Likes) -> Iterator[_Part]:
    """A group as one part, or cut where its quantities, from the least on, meet other decisions."""
    if not decider.reads_quantity:
        yield _part(likes, likes.sizes, decider.of(likes.oldest)[0])
        return
    decided = ((size, *decider.of(size[2])) for size in likes.sizes)
    for _, same in groupby(decided, key=itemgetter(2)):
        found = list(same)
        yield _part(likes, [size for size, *_ in found], found[0][1])


def _part(likes: Likes, sizes: Sequence[tuple[int, int, str]], decision: Decision | None) -> _Part:
    return _Part(
        likes,
        sum(number for _size, number, _first in sizes),
        sum(size * number for size, number, _first in sizes),
        min(first for _size, _number, first in sizes),
        decision,
    )


class _Decider:
    """Decides one order after another over the same accounts."""

    def __init__(self, at: dt.date, known: dt.date, now: dt.datetime) -> None:
        self.at, self.known, self.now = at, known, now
        today = now.date()
        self.recorded = when_recorded(known, None, self.now) if known < today else None
        self.then = AsRecorded(at, known, self.recorded) if self.recorded else None
        self.past = None if at == today else (end_of(at, self.now), self.now)
        self.cases = Cases(at)
        self.states = LedgerStates(ledger(), self.now, past=self.past)
        self.reads_quantity = not law.law_on(at, known).reads.isdisjoint(QUANTITIES)

    def of(self, pk: str) -> tuple[Decision | None, Any]:
        """The decision on an order, and what of it tells one group from another."""
        try:
            found = self._as_recorded(pk) if self.then else self._now(pk)
        except NotFoundError:
            return None, None
        return found, (
            tuple((one.gate, one.verdict) for one in found.gates),
            tuple((x.gate, x.regime, x.item, x.outcome) for x in found.findings),
        )

    def _now(self, pk: str) -> Decision:
        order = Order.objects.select_related("product").get(pk=pk)
        return decide(
            ledger(), order, STAGE, at=self.at, known=self.known, now=self.now,
            cases=self.cases, past=self.past, states=self.states,
        )  # fmt: skip

    def _as_recorded(self, pk: str) -> Decision:
        assert self.then is not None  # noqa: S101 - asked of it alone
        case = law.reader_on(self.at, self.known).read(self.then.facts(pk, STAGE), 1)
        states = self.then.states.of(case)
        return law.decider_on(self.at, self.known).decide(case, stage=STAGE, accounts=states)


class _Viewer:
    """An actor as what is kept for them is found again: by party, gate and roles."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.key = (actor.party, actor.gate, actor.roles, actor.itself)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Viewer) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class _Same:
    """A part as what is shown of it is found again: it is the same part."""

    def __init__(self, part: _Part) -> None:
        self.part = part

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.part is other.part

    def __hash__(self) -> int:
        return id(self.part)


@lru_cache(maxsize=8192)
def _group(viewer: _Viewer, same: _Same) -> Group:
    """A part as an actor may see it."""
    part = same.part
    told = shown(part.decision, viewer.actor) if part.decision is not None else None
    return Group(part.likes, part.orders, part.asked, part.oldest, **_read(told))


def _read(told: dict[str, Any] | None) -> dict[str, Any]:
    if told is None:
        return {"verdicts": {}, "verdict": "", "blockers": ()}
    verdicts = {one["gate"]: one["verdict"] for one in told["gates"]}
    holders: dict[bool, dict[tuple[str, str], set[str]]] = {True: {}, False: {}}
    for way in told["open_with"]:
        same = vocabulary().keeps_deal(change["fact"] for change in way["changes"])
        for change in way["changes"]:
            holders[same].setdefault((way["gate"], change["rule"]), set()).add(change["key"])
    keys = holders[False] | holders[True]  # another deal is asked for where nothing else helps
    blockers = [
        Blocker(
            one["gate"],
            f"{one['regime']}/{one['rule']}",
            one["outcome"],
            one["says"] or one["rule"],
            tuple(sorted(keys.get((one["gate"], f"{one['regime']}/{one['rule']}"), ()))),
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
