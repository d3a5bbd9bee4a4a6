"""Where a product's figure comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from interlock.evidence import Grade

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """The origin of one figure.

    Attributes:
        id: short name in `data/sources.csv`; `given` = stated with the case; `computed` = worked
            out by us from the figures named in `computed_from`.
        title: what the source is called.
        url: where to read it; for a row of the catalogue, its data sheet.
        grade: Admiralty grade; None if nobody graded it.
        note: what one should know of this figure (a disagreement, an assumption).
        assumption: whether the figure is assumed rather than sourced.
        computed_from: names of the figures it was computed from.
    """

    id: str
    title: str = ""
    url: str = ""
    grade: Grade | None = None
    note: str = ""
    assumption: bool = False
    computed_from: tuple[str, ...] = ()

    def __str__(self) -> str:
        title = self.title or self.id
        if self.computed_from:
            title = f"{title} from {', '.join(self.computed_from)}"
        return f"{title} ({self.grade})" if self.grade else title


@dataclass(frozen=True)
class Fact(Generic[T]):
    """A value with its source, or None with the reason why it is unknown. Never zero for unknown.

    A value comes with a source; no value comes with a reason.
    """

    value: T | None
    source: Source | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        complete = self.source is not None if self.value is not None else bool(self.reason)
        if not complete:
            msg = "a fact has a value with a source, or a reason why it is unknown"
            raise ValueError(msg)
