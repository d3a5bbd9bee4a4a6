"""The lab against SimPy, Mesa and a hand-written loop of one small model, and at size."""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from benchmarks.peers import FIRMS, WEEKS, mesa_model, numba_loop, simpy_model
from benchmarks.row import Row
from interlock.lab import load
from interlock.lab.compiling.compile import compile_scenario
from interlock.lab.running import Threads, simulate_compiled
from interlock.lab.summary import FILES, summary

if TYPE_CHECKING:
    from interlock.lab.results import Results

HERE = Path(__file__).parent / "peers"
BAR_PEERS, BAR_LOOP, BAR_SECONDS, BAR_MEMORY, BAR_RAY = 500.0, 1.5, 15.0, 2.0, 0.85
TURNS = 7
MODEL = "104 weeks x 1,000 order lines, first come"


def _played(compiled, runs: int, workers: int, seed: int = 1) -> tuple[Results, float]:
    begin = time.perf_counter()
    results = simulate_compiled(compiled, runs=runs, seed=seed, by=Threads(workers))
    return results, time.perf_counter() - begin


def _core_seconds(compiled, runs: int, turns: int = 1) -> float:
    """Seconds of the compiled step alone on one core for each run, the fastest of some turns."""
    from interlock.lab.blocks import Block, play_block

    play_block(compiled.plan, 1, Block(0, 0, runs))
    best = math.inf
    for _ in range(turns):
        begin = time.thread_time()
        play_block(compiled.plan, 1, Block(0, 0, runs))
        best = min(best, time.thread_time() - begin)
    return best / runs


def _load() -> Row:
    """How busy the machine is with other things: ratios are taken in turns because of it."""
    one, five, _ = os.getloadavg()
    return Row("lab", "load of the machine when this part began, one and five minutes",
               f"{one:.1f}, {five:.1f}", "", "", "", None)  # fmt: skip


def _against_peers(compiled, quick: bool) -> list[Row]:
    few = 20 if quick else 200
    rows = []
    results, _ = _played(compiled, 2_000, 2)
    by_run = results.by_run
    ours = by_run["delivered"].to_numpy(), by_run["wait_days"].to_numpy() / 7
    both = _core_seconds(compiled, 500, TURNS) / 2
    for name, model, count in (
        ("SimPy", simpy_model, few), ("Mesa", mesa_model, max(few // 4, 5))
    ):  # fmt: skip
        begin = time.thread_time()
        played = np.array([model.play(seed) for seed in range(count)])
        each = (time.thread_time() - begin) / count
        rows.append(
            Row(
                "lab", f"{MODEL}: the step, processor time over two cores",
                f"{both * 1e6:,.0f} us a run",
                f"{name}, {each * 1e3:.1f} ms a run", f"{each / both:,.0f} x",
                f">= {BAR_PEERS:.0f} x", each / both >= BAR_PEERS,
            )
        )  # fmt: skip
        for what, mine, theirs in (
            ("units delivered", ours[0], played[:, 0]), ("weeks waited", ours[1], played[:, 1])
        ):  # fmt: skip
            apart = abs(mine.mean() - theirs.mean())
            error = math.sqrt(mine.var() / len(mine) + theirs.var() / len(theirs))
            rows.append(
                Row(
                    "lab", f"the same model: mean {what}", f"{mine.mean():.2f}",
                    f"{name}, {theirs.mean():.2f}", f"{apart / error:.1f} standard errors",
                    "<= 4", apart <= 4 * error,
                )
            )  # fmt: skip
    weights = {f"firms.{firm}.weight": 2 + k for k, firm in enumerate("bcde")}
    apart = compile_scenario(load(HERE / "scenario.yaml", overrides=weights))
    return [
        *rows,
        _against_loop(compiled, MODEL, BAR_LOOP),
        _against_loop(apart, f"{MODEL}, each demand in a queue of its own", None),
    ]


def _against_loop(compiled, what: str, bar: float | None) -> Row:
    runs = 500
    delivered, waited = np.zeros((runs, WEEKS, FIRMS), np.int64), np.zeros(runs, np.int64)
    numba_loop.play(1, 1, delivered, waited)
    loop = ours = math.inf
    for _ in range(TURNS):  # in turns, the fastest of each: whatever else runs slows both
        begin = time.thread_time()
        numba_loop.play(1, runs, delivered, waited)
        loop = min(loop, (time.thread_time() - begin) / runs)
        ours = min(ours, _core_seconds(compiled, runs))
    return Row(
        "lab", f"{what}: the step, on one core", f"{ours * 1e6:,.0f} us a run",
        f"a loop in Numba for this model alone, {loop * 1e6:,.0f} us",
        f"{ours / loop:.2f} x its time",
        f"<= {bar} x" if bar else "", ours / loop <= bar if bar else None,
    )  # fmt: skip


def _at_size(compiled, quick: bool) -> list[Row]:
    runs = 1_000 if quick else 10_000
    begin = time.perf_counter()
    results, played = _played(compiled, runs, 2)
    for name in FILES[:-1]:
        getattr(results, name)
    summary(results)
    whole = time.perf_counter() - begin
    memory = psutil.Process().memory_info().rss / 2**30
    what = f"{runs:,} runs x {MODEL}, two workers"
    return [
        Row(
            "lab", f"{what}, all tables and bands", f"{whole:.1f} s",
            f"{played:.1f} s for the runs", "", f"<= {BAR_SECONDS:.0f} s" if not quick else "",
            whole <= BAR_SECONDS if not quick else None,
        ),
        Row(
            "lab", f"{what}: memory of the process", f"{memory:.2f} GiB", "", "",
            f"<= {BAR_MEMORY:.0f} GiB", memory <= BAR_MEMORY,
        ),
    ]  # fmt: skip


def _digest(folder: str) -> str:
    """One digest of every table of every block."""
    state = hashlib.sha256()
    for path in sorted((Path(folder) / "blocks").glob("*.parquet")):
        state.update(path.name.encode() + path.read_bytes())
    return state.hexdigest()


def _ray_seconds(compiled, runs: int, workers: int) -> tuple[float, float, str]:
    """Seconds of workers that are up already, seconds to get them up, digest of what they wrote.

    Ray is started with as many cores as workers, so that one worker is one; what it takes to start
    the processes and to load the compiled step is paid by a run before, and told apart.
    """
    import ray

    from interlock.lab.cluster import Cluster, begin

    started = time.perf_counter()
    begin(None, workers)
    with tempfile.TemporaryDirectory() as warm, tempfile.TemporaryDirectory() as folder:
        try:
            cluster = Cluster(workers)
            simulate_compiled(compiled, runs=1_000 * workers, seed=2, by=cluster, out=warm)
            ready = time.perf_counter()
            simulate_compiled(compiled, runs=runs, seed=1, by=cluster, out=folder)
            return time.perf_counter() - ready, ready - started, _digest(folder)
        finally:
            ray.shutdown()


def _threads_seconds(compiled, runs: int, workers: int) -> tuple[float, str]:
    """Seconds by threads of this process, and the digest of what they wrote: what cores give."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        simulate_compiled(compiled, runs=runs, seed=1, by=Threads(workers), out=folder)
        return time.perf_counter() - begin, _digest(folder)


def _on_ray(compiled, quick: bool) -> list[Row]:
    """Two Ray workers against one, in turns; a turn's ratio, and of the turns the median.

    Each starts processes of its own, which load the step and play some blocks before time is
    taken. Two threads against one tell what two cores give for the same work on this machine now.
    """
    try:
        import ray  # noqa: F401 - without it these rows are left out
    except ImportError:
        return []
    runs, count = (5_000, 1) if quick else (40_000, 5)
    by_ray, by_threads, digests, ups = [], [], set(), []
    for _ in range(count):
        two, one = (_ray_seconds(compiled, runs, workers) for workers in (2, 1))
        both, alone = (_threads_seconds(compiled, runs, workers) for workers in (2, 1))
        by_ray.append((one[0] / (2 * two[0]), two[0], one[0]))
        by_threads.append(alone[0] / (2 * both[0]))
        digests |= {two[2], one[2], both[1], alone[1]}
        ups.append(two[1])
    good, two_seconds, one_seconds = np.median(np.array(by_ray), axis=0)
    what = f"{runs:,} runs of the small model, tables written"
    return [
        Row(
            "lab", f"{what}, by two Ray workers; median of {count}", f"{two_seconds:.1f} s",
            f"one Ray worker, {one_seconds:.1f} s", f"{good:.2f} efficient", f">= {BAR_RAY}",
            bool(good >= BAR_RAY),
        ),
        Row("lab", f"{what}, by two threads against one; median of {count}", "", "",
            f"{np.median(by_threads):.2f} efficient", "", None),
        Row("lab", "starting two Ray workers, not counted above", f"{np.median(ups):.1f} s",
            "", "", "", None),
        Row(
            "lab", f"{what}: bytes by one thread and two, by one Ray worker and two",
            "equal" if len(digests) == 1 else "differ", "", "", "equal", len(digests) == 1,
        ),
    ]  # fmt: skip


def run(quick: bool) -> list[Row]:
    """Measure. `quick` plays fewer runs."""
    rows = [_load()]
    compiled = compile_scenario(load(HERE / "scenario.yaml"))
    _played(compiled, 4, 1)  # compile
    rows += _against_peers(compiled, quick) + _at_size(compiled, quick)
    return rows + _on_ray(compiled, quick)
