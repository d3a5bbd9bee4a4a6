"""Playing a scenario: blocks of runs over workers, kept when finished, gone on with later."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from interlock.lab.blocks import Block, LabError, block_size, blocks_of, is_done, write_block
from interlock.lab.compiling.compile import compile_read, compile_scenario
from interlock.lab.keeping import program, put_whole
from interlock.lab.reading.scenario import load
from interlock.lab.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from interlock.lab.compiling.plan import Compiled
    from interlock.lab.model import Scenario

MANIFEST = "run.json"
FORMAT = "interlock-lab-run-1"


class Workers(Protocol):
    """Whoever plays blocks: threads here, or a cluster."""

    def play(
        self, compiled: Compiled, folder: Path, seed: int, blocks: Iterable[Block]
    ) -> Iterable[Block]:
        """Play blocks and give each when its tables are written."""
        ...


class Threads:
    """Workers in this process: the compiled step lets other threads run."""

    def __init__(self, count: int) -> None:
        self.count = count

    def play(
        self, compiled: Compiled, folder: Path, seed: int, blocks: Iterable[Block]
    ) -> Iterable[Block]:
        """Play blocks, a few ahead of what was taken; an interrupt waits for those begun."""
        todo = iter(blocks)
        with ThreadPoolExecutor(self.count) as pool:
            running: dict[Any, Block] = {}
            try:
                while True:
                    while len(running) < self.count and (block := next(todo, None)) is not None:
                        task = pool.submit(write_block, compiled.plan, folder, seed, block)
                        running[task] = block
                    if not running:
                        return
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for task in done:
                        block = running.pop(task)
                        task.result()
                        yield block
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def simulate(
    scenario: Scenario | str | Path,
    *,
    runs: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    overrides: Mapping[str, Any] | None = None,
    variant: str = "",
    out: str | Path | None = None,
    by: Workers | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Play a scenario forward, many times.

    Args:
        scenario: one that was loaded, or the path of its file.
        runs: how many; default the scenario's.
        seed: default the scenario's; the same seed gives the same bytes with any workers.
        workers: threads that play at once.
        overrides: path of a value in the file -> another value (see `load`).
        variant: one of the scenario's variants.
        out: a folder to keep results in and to go on from; default one that goes with the results.
        by: other workers, e.g. a cluster.
        progress: told (runs done, runs in all) after each block.

    Raises:
        BadInputError: faults of the scenario or of its regimes.
        LabError: the folder holds another run, or it cannot be played.
    """
    if isinstance(scenario, str | Path) or overrides or variant:
        path = scenario if isinstance(scenario, str | Path) else scenario.path
        compiled = compile_read(lambda: load(path, variant=variant, overrides=overrides))
        scenario = compiled.scenario
    else:
        compiled = compile_scenario(scenario)
    return simulate_compiled(
        compiled,
        runs=scenario.runs if runs is None else runs,
        seed=scenario.seed if seed is None else seed,
        out=out,
        by=by or Threads(workers),
        progress=progress,
    )


def simulate_compiled(
    compiled: Compiled,
    *,
    runs: int,
    seed: int,
    by: Workers,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Play what was compiled; arguments and errors are those of `simulate`."""
    if runs < 1 or not 0 <= seed < 2**63:
        wrong = "runs are 1 or more, and a seed is from 0 to 2^63 - 1"
        raise LabError(wrong)
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="interlock-lab-"))
    results = Results(compiled, folder, runs, seed)
    if out is None:
        weakref.finalize(results, shutil.rmtree, folder, ignore_errors=True)
    size = block_size(compiled.plan, runs)
    _begin(folder, compiled, runs, seed, size)
    blocks = blocks_of(runs, size)
    results.blocks = len(blocks)
    done = sum(block.runs for block in blocks if is_done(folder, block))
    todo = [block for block in blocks if not is_done(folder, block)]
    if progress is not None:
        progress(done, runs)
    for block in by.play(compiled, folder, seed, todo):
        done += block.runs
        if progress is not None:
            progress(done, runs)
    return results


def begin_anew(folder: Path) -> None:
    """Take away what another version of the program began in a folder, if anything."""
    path = folder / MANIFEST
    try:
        begun = json.loads(path.read_text(encoding="utf-8")).get("program")
    except (OSError, ValueError, AttributeError):
        return  # nothing, or nothing that is a run
    if begun != program():
        shutil.rmtree(folder / "blocks", ignore_errors=True)
        path.unlink()


def _begin(folder: Path, compiled: Compiled, runs: int, seed: int, size: int) -> None:
    """Say in the folder what is played there; refuse a folder in which something else is."""
    try:
        (folder / "blocks").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        wrong = f"{folder} is no folder to write into ({error.strerror}); give another"
        raise LabError(wrong) from error
    wanted = {
        "format": FORMAT, "scenario": compiled.scenario.id, "plan": compiled.digest,
        "runs": runs, "seed": seed, "block": size, "program": program(),
    }  # fmt: skip
    path = folder / MANIFEST
    if path.is_file():
        try:
            found = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            wrong = f"{path} says no run ({error}); give another folder, or empty this one"
            raise LabError(wrong) from error
        differs = [key for key in wanted if found.get(key) != wanted[key]]
        if differs == ["program"]:
            begun = found.get("program", "a version that left no name")
            wrong = f"{folder} was begun by {begun}; this is {program()}, whose blocks may differ"
            raise LabError(f"{wrong}; go on with that one, give another folder, or empty this one")
        if "runs" in differs and "block" in differs:  # the one follows from the other
            differs.remove("block")
        if differs:
            words = ", ".join(f"{key} {found.get(key)}, not {wanted[key]}" for key in differs)
            wrong = f"{folder} holds another run ({words}); give another folder, or empty it"
            raise LabError(wrong)
        return
    with put_whole(path) as half:
        half.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
