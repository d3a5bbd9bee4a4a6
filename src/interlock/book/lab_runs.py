"""Runs of the lab that were asked for on a page: played one after another beside the book's jobs.

A run is no thing of the book: it changes nothing that anybody may do. It is played in a thread of
its own, so that no other job waits for it, into a folder in which a run that was cut off goes on.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from interlock.book.models import LabRun
from interlock.files import BadInputError, Fault, InterlockError, parse_yaml
from interlock.files.bundled import bundled
from interlock.lab.compiling.compile import compile_scenario
from interlock.lab.reading.scenario import read_scenario, varied
from interlock.lab.running import Threads, simulate_compiled
from interlock.lab.summary import write_outputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from interlock.files import Node
    from interlock.lab.compiling.plan import Compiled

log = structlog.get_logger("interlock.lab")
SILENT = timedelta(minutes=2)
"""A run of which nothing was heard for so long has lost its process: another takes it up."""
NAME = "scenario.yaml"
_at_work = threading.Lock()


def compiled(text: str, variant: str = "") -> Compiled:
    """A scenario's text read and compiled; it may name the law files that come along, no others.

    Raises:
        BadInputError: every fault, each with its line and column.
    """
    root = parse_yaml(text.encode(), NAME)
    folder = bundled("scenarios")
    faults = list(_outside(root, folder))
    if faults:
        raise BadInputError(faults)
    return compile_scenario(read_scenario(varied(root, variant), folder / NAME))


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
                    wrong = f"'{item.value}' is none of the law files that come along"
                    yield Fault(item.place, wrong, "name one as ../regimes/<file>.yaml")
        else:
            yield from _outside(inner, folder)


def is_waiting(now: datetime) -> bool:
    """Whether a run is asked for, or lost its process, and none is played here."""
    return bool(settings.LAB_RESULTS) and not _at_work.locked() and _free(now).exists()


def play_waiting(now: datetime) -> int:
    """Take the oldest run that waits and play it in a thread; how many were begun."""
    pk = take(now)
    if pk is None:
        return 0
    threading.Thread(target=_aside, args=(pk,), name="interlock-lab", daemon=True).start()
    return 1


def take(now: datetime) -> int | None:
    """The oldest run that waits, taken in one statement; None: there is none, or it went."""
    found = _free(now).order_by("pk").values_list("pk", flat=True).first()
    if found is None:
        return None
    taken = _free(now).filter(pk=found).update(state="running", started_at=now, heard_at=now)
    return found if taken else None


def _free(now: datetime):  # type: ignore[no-untyped-def]
    lost = Q(state="running", heard_at__lt=now - SILENT)
    return LabRun.objects.filter(Q(state="waiting") | lost)


def _aside(pk: int) -> None:
    with _at_work:
        try:
            play(pk, timezone.now)
        finally:
            connection.close()


def play(pk: int, clock: Callable[[], datetime]) -> None:
    """Play a run that was taken, telling how far it is; what goes wrong stands in its row."""
    row = LabRun.objects.get(pk=pk)
    mine = LabRun.objects.filter(pk=pk)
    folder = Path(settings.LAB_RESULTS) / row.name

    def told(done: int, _all: int) -> None:
        mine.update(done=done, heard_at=clock())

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NAME).write_text(row.text, encoding="utf-8")
        results = simulate_compiled(
            compiled(row.text, row.variant), runs=row.runs, seed=row.seed, by=Threads(1),
            out=folder, progress=told,
        )  # fmt: skip
        write_outputs(results, folder)
    except (InterlockError, OSError) as error:
        mine.update(state="failed", ended_at=clock(), wrong=str(error)[:2000])
    except Exception as error:
        log.exception("a run of the lab failed")
        mine.update(state="failed", ended_at=clock(), wrong=type(error).__name__)
    else:
        mine.update(state="done", done=row.runs, ended_at=clock())
