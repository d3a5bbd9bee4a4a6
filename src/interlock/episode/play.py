"""The whole job on an episode: load, decide, share, reserve; everything a report needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from interlock.episode.book import Desk, Shared
from interlock.episode.loader import load
from interlock.law.deciding.decision import to_json
from interlock.law.library import load_regimes
from interlock.store import SqliteLedger

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from pathlib import Path

    from interlock.episode.model import Episode
    from interlock.law.compiling.compile import Law
    from interlock.law.deciding.decision import Decision
    from interlock.law.deciding.legs import AccountState


@dataclass(frozen=True)
class Reading:
    """One reading of what the reports leave open, played through.

    Attributes:
        credits: how many credits were posted.
        undisclosed: accounts that exist and whose amount nobody has disclosed.
        states: accounts before sharing.
        now: the sharing run among the lines that no gate shuts, reserved provisionally.
        agreed: the run that would be, if pending conditions were agreed as drafted.
        after: accounts after the reservations.
        transfers: transfers in the book at the end.
        verified: whether the recount of the book agrees.
    """

    variant: str
    title: str
    says: str
    credits: int
    undisclosed: tuple[str, ...]
    states: dict[str, AccountState]
    decisions: list[Decision]
    now: Shared | None
    agreed: Shared | None
    after: dict[str, AccountState]
    transfers: int
    verified: bool


@dataclass(frozen=True)
class Report:
    """The episode in all its readings."""

    episode: Episode
    law: Law
    book: Path
    readings: tuple[Reading, ...]
    sums: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The stable JSON form of the demo."""
        return {
            "episode": self.episode.title,
            "at": str(self.law.at),
            "book": str(self.book),
            "regimes": {one.id: one.digest for one in self.law.regimes},
            "readings": [_reading_json(reading) for reading in self.readings],
        }


def play(
    folder: Path,
    regimes: Iterable[Path],
    book: Path,
    *,
    at: dt.date | None = None,
    assumed: frozenset[str] = frozenset(),
) -> Report:
    """Play an episode in each of its readings.

    The first reading's book stays at `book`; the others are played in files beside it that are
    removed again.

    Args:
        folder: of the episode.
        regimes: folders or files of regimes.
        book: the SQLite file to write; one that is there is replaced.
        at: the day; default the episode's own.
        assumed: ids of proposed versions and items to switch on for a what-if.

    Raises:
        BadInputError: faults of the episode or of the regimes; no book is touched.
        UnknownAssumptionError: nothing of the law is called so; no book is touched.
    """
    episode = load(folder)
    library = load_regimes(list(regimes))
    library.check_assumed(assumed)
    at = at or episode.as_of
    law = library.law(at, assumed=assumed)
    readings = []
    for number, variant in enumerate(episode.variants):
        path = book if number == 0 else book.with_name(f"{book.stem}.{variant}{book.suffix}")
        _fresh(path)
        with SqliteLedger(path) as store:
            desk = Desk(episode, library, store, variant, at, assumed=assumed)
            readings.append(_reading(desk))
        if number:
            _fresh(path)
    sums = {
        variant: [
            (one.id, int(one.quantity.amount))
            for one in episode.sums_in(variant)
            if one.quantity.amount is not None
        ]
        for variant in episode.variants
    }
    return Report(episode, law, book, tuple(readings), sums)


def _fresh(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _reading(desk: Desk) -> Reading:
    variant = desk.episode.variants[desk.variant]
    credited = desk.load()
    states = desk.states()
    decisions = desk.decide()
    agreed = desk.share(decisions, agreed=True)
    now = desk.share(decisions, post=True)
    return Reading(
        variant=desk.variant,
        title=variant.title,
        says=variant.says,
        credits=credited,
        undisclosed=tuple(sorted(desk.undisclosed)),
        states=states,
        decisions=decisions,
        now=now,
        agreed=agreed,
        after=desk.states(),
        transfers=len(desk.book.transfers()),
        verified=desk.book.verify() is None,
    )


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {
        "reading": reading.variant,
        "title": reading.title,
        "verdicts": dict(Counter(d.verdict for d in reading.decisions)),
        "if_agreed": dict(Counter(d.if_agreed for d in reading.decisions)),
        "undisclosed": list(reading.undisclosed),
        "reserved": _awards(reading.now),
        "reserved_if_agreed": _awards(reading.agreed),
        "transfers": reading.transfers,
        "verified": reading.verified,
        "decisions": [to_json(decision) for decision in reading.decisions],
    }


def _awards(shared: Shared | None) -> dict[str, int]:
    if shared is None:
        return {}
    result = shared.result
    pairs = zip(result.problem.orders, result.awarded.tolist(), strict=True)
    return {order: int(awarded) for order, awarded in pairs}
