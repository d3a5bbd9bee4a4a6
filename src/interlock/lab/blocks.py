"""One block of runs: played, made into frames, written whole or not at all.

A block's bytes depend on the plan, the seed and its runs alone, not on who plays it or when.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from interlock.files import InterlockError
from interlock.lab.keeping import put_whole
from interlock.lab.kernel import columns as c
from interlock.lab.kernel.state import MEASURES, new_out, new_run
from interlock.lab.kernel.step import play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.lab.compiling.plan import Plan
    from interlock.lab.kernel.state import Out

TABLES = ("totals", "steps", "home", "accounts", "licences", "paths", "waits")
MAGIC = b"PAR1"
"""At the beginning and the end of every Parquet file."""
TOTALS = ("wait_unit_days", "returned", "cancelled", "reluctant", "shut_unit_steps", "held")
FULL, TOO_MANY_LINES = 1, 2
NOTHING = np.zeros((0, 0, 4), np.int64)
_here = threading.local()
_compiled: set[bool] = set()
"""Which of its two compilations this process has: see `kernel.step.play`."""
LOCK = Path(tempfile.gettempdir()) / f"interlock-lab-{os.getuid()}.lock"


class LabError(InterlockError):
    """A run cannot be played; `reason` says why and what to do."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Block:
    """The runs `first` to before `first + runs`."""

    number: int
    first: int
    runs: int


def blocks_of(runs: int, size: int) -> list[Block]:
    """All runs cut into blocks of one size, the last one smaller."""
    return [
        Block(number, first, min(size, runs - first))
        for number, first in enumerate(range(0, runs, size))
    ]


def block_size(plan: Plan, runs: int) -> int:
    """Runs in a block: small enough that a block takes little memory and a second or so."""
    group = plan.core.group
    series = int(group[:, c.G_SERIES].max()) + 1
    cells = int(plan.core.ways[c.STEPS]) * (5 * series + len(plan.world.want))
    lines = max(int(group[:, c.G_MOST].sum()), 1)
    most = min(8_000_000 // max(cells, 1), 2_000_000 // lines)
    return int(max(1, min(runs, 500, most)))


def play_block(plan: Plan, seed: int, block: Block) -> Out:
    """Play a block; its arrays are used again by the next block of this thread.

    Raises:
        LabError: more order lines came than room is kept for, ten deviations above the mean.
    """
    key = (id(plan), block.runs)
    if getattr(_here, "key", None) != key:
        _here.key, _here.room = key, 4 * int(plan.core.group[:, c.G_MOST].sum()) + 64
        _here.run, _here.out = new_run(plan, _here.room), new_out(plan, block.runs)
        _here.plan = plan
    while True:
        run, side = _here.run
        with _one_compiles(plan):
            state = play(plan.core, plan.world, run, side, _here.out, seed, block.first, NOTHING)
        if state == 0:
            return _here.out  # type: ignore[no-any-return]
        if state == TOO_MANY_LINES:
            raise LabError("more order lines came than expected; lower 'per_year' or report it")
        _here.room *= 2
        _here.run = new_run(plan, _here.room)


@contextmanager
def _one_compiles(plan: Plan) -> Iterator[None]:
    """Of processes that begin together the first compiles the step, and the others load it."""
    ways = plan.core.ways
    kind = bool(ways[c.HOME] or ways[c.RULE])
    if kind in _compiled:
        yield
        return
    # In a folder that others write, too: what they put there in its place is not followed.
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # goes with the process, however it ends
        yield
    finally:
        os.close(lock)
    _compiled.add(kind)


def frames_of(block: Block, out: Out) -> dict[str, pl.DataFrame]:
    """The results of a block as frames, keyed by numbers; names are joined when it is read."""
    runs, steps, series = out.steps.shape[:3]
    run = np.arange(block.first, block.first + runs, dtype=np.int32)
    firms, accounts = out.home.shape[2], out.accounts.shape[1]
    by_series = {"run": np.repeat(run, series), "series": _tiled(series, runs)}
    totals = {name: out.totals[:, :, k].ravel() for k, name in enumerate(TOTALS)}
    sums = out.steps.sum(axis=1)
    totals |= {name: sums[:, :, k].ravel() for k, name in enumerate(MEASURES[:4])}
    totals["waiting"] = out.steps[:, -1, :, 4].ravel()
    return {
        "totals": pl.DataFrame(by_series | totals | {"worth": out.worth.ravel()}),
        "steps": pl.DataFrame(
            {
                "run": np.repeat(run, steps * series),
                "step": np.tile(np.repeat(np.arange(steps, dtype=np.int16), series), runs),
                "series": _tiled(series, runs * steps),
            }
            | {name: out.steps[:, :, :, k].ravel() for k, name in enumerate(MEASURES)}
        ),
        "home": pl.DataFrame(
            {
                "run": np.repeat(run, steps * firms),
                "step": np.tile(np.repeat(np.arange(steps, dtype=np.int16), firms), runs),
                "firm": _tiled(firms, runs * steps),
                "bought": out.home.ravel(),
            }
        ),
        "accounts": pl.DataFrame(
            {"run": np.repeat(run, accounts), "account": _tiled(accounts, runs)}
            | {
                name: out.accounts[:, :, k].ravel()
                for k, name in enumerate(("credited", "used", "left", "blocked_unit_steps"))
            }
        ),
        "licences": pl.DataFrame(
            {
                "run": np.repeat(run, out.licences.shape[1]),
                "licence": _tiled(out.licences.shape[1], runs),
                "granted": out.licences.ravel(),
            }
        ),
        "paths": pl.DataFrame(
            {
                "run": np.repeat(run, steps),
                "step": np.tile(np.arange(steps, dtype=np.int16), runs),
                "state": out.path.ravel(),
            }
        ),
        "waits": pl.DataFrame(
            {
                "series": np.repeat(np.arange(series, dtype=np.int16), steps + 1),
                "steps": np.tile(np.arange(steps + 1, dtype=np.int16), series),
                "units": out.waits.ravel(),
            }
        ),
    }


def _tiled(count: int, times: int) -> Any:
    return np.tile(np.arange(count, dtype=np.int16), times)


def block_path(folder: Path, table: str, block: Block) -> Path:
    """Where a table of a block stands."""
    return folder / "blocks" / f"{table}-{block.number:06d}.parquet"


def is_done(folder: Path, block: Block) -> bool:
    """Whether a block stands there whole: its last table is written last.

    A machine that went down may leave a file by its name and not its end; such a block is no more.
    """
    return all(is_whole(block_path(folder, table, block)) for table in reversed(TABLES))


def is_whole(path: Path) -> bool:
    """Whether a Parquet file is there from its beginning to its end."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(MAGIC)) == MAGIC
            return begins and file.seek(-len(MAGIC), os.SEEK_END) > 0 and file.read() == MAGIC
    except OSError:
        return False


def write_block(plan: Plan, folder: Path, seed: int, block: Block) -> None:
    """Play a block and write its tables, each by one rename."""
    frames = frames_of(block, play_block(plan, seed, block))
    for table in TABLES:
        # Another worker may write the same block: the same bytes under another name until done.
        with put_whole(block_path(folder, table, block)) as half:
            frames[table].write_parquet(half, compression="zstd", compression_level=1)
