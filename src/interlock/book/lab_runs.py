"""Runs of the lab that were asked for on a page: played one after another beside the book's jobs.

A run is no thing of the book: it changes nothing that anybody may do. It is played in a thread of
its own (`long_work`), into a folder in which a run that was cut off goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from interlock.book.long_work import Queue
from interlock.book.models import LabRun
from interlock.files import BadInputError, Fault, Faults, parse_yaml
from interlock.files.bundled import bundled
from interlock.files.phrases import phrase
from interlock.lab.compiling.compile import compile_read
from interlock.lab.reading.scenario import read_scenario
from interlock.lab.running import Threads, begin_anew, simulate_compiled
from interlock.lab.summary import write_outputs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from interlock.book.long_work import Telling
    from interlock.files import Node
    from interlock.lab.compiling.plan import Compiled

NAME = "scenario.yaml"


def compiled(text: str, variant: str = "") -> Compiled:
    """A scenario's text read and compiled; it may name the law files that come along, no others.

    Raises:
        BadInputError: every fault, each with its line and column.
    """
    faults = Faults()
    root = parse_yaml(text.encode(), NAME, faults)
    folder = bundled("scenarios")
    outside = list(_outside(root, folder))
    if outside:
        raise BadInputError([*faults.found, *outside])
    return compile_read(lambda: read_scenario(root, folder / NAME, faults, variant=variant))


def _outside(node: Node, folder: Path) -> Iterator[Fault]:
    """Files that are named and do not lie in the folders that come along."""
    allowed = [folder.resolve(), bundled("regimes").resolve()]
    if isinstance(node.value, list):
        for item in node.value:
            yield from _outside(item, folder)
    if not isinstance(node.value, dict):
        return
    for name, inner in node.value.items():
        if name == "regimes" and isinstance(inner.value, list):
            for item in inner.value:
                where = (folder / str(item.value)).resolve()
                if not any(where.is_relative_to(one) for one in allowed):
                    wrong = phrase(
                        "'{value}' is none of the law files that come along", value=item.value
                    )
                    yield Fault(item.place, wrong, phrase("name one as ../regimes/<file>.yaml"))
        else:
            yield from _outside(inner, folder)


def _played(row: LabRun, telling: Telling[LabRun]) -> dict[str, Any]:
    """Play a run that was taken into its folder."""
    folder = Path(settings.LAB_RESULTS) / row.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text(row.text, encoding="utf-8")
    begin_anew(folder)  # a server may be stopped for a new version with a run at work
    results = simulate_compiled(
        compiled(row.text, row.variant), runs=row.runs, seed=row.seed, by=Threads(1),
        out=folder, progress=lambda done, _all: telling.how_far(done),
    )  # fmt: skip
    write_outputs(results, folder)
    return {"done": row.runs}


QUEUE = Queue(LabRun, "lab", _played)


def is_waiting(now: datetime) -> bool:
    """Whether a run is asked for, there is a folder for it, and none is played here."""
    return bool(settings.LAB_RESULTS) and QUEUE.is_waiting(now)
