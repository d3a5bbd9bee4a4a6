"""The lab against SimPy, Mesa and a hand-written loop of one small model, and at size."""

from __future__ import annotations

import math
import shutil
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
MODEL = "104 weeks x 1,000 order lines, first come"


def _played(compiled, runs: int, workers: int, seed: int = 1) -> tuple[Results, float]:
    begin = time.perf_counter()
    results = simulate_compiled(compiled, runs=runs, seed=seed, by=Threads(workers))
    return results, time.perf_counter() - begin


def _core_seconds(compiled, runs: int) -> float:
    """Seconds of the compiled step alone on one core for each run."""
    from interlock.lab.blocks import Block, play_block

    play_block(compiled.plan, 1, Block(0, 0, runs))
    begin = time.thread_time()
    play_block(compiled.plan, 1, Block(0, 0, runs))
    return (time.thread_time() - begin) / runs


def _against_peers(compiled, quick: bool) -> list[Row]:
    few = 20 if quick else 200
    rows = []
    results, _ = _played(compiled, 2_000, 2)
    by_run = results.by_run
    ours = by_run["delivered"].to_numpy(), by_run["wait_days"].to_numpy() / 7
    both = _core_seconds(compiled, 500) / 2
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
    return [*rows, _against_loop(compiled)]


def _against_loop(compiled) -> Row:
    runs = 500
    delivered, waited = np.zeros((runs, WEEKS, FIRMS), np.int64), np.zeros(runs, np.int64)
    numba_loop.play(1, 1, delivered, waited)
    begin = time.thread_time()
    numba_loop.play(1, runs, delivered, waited)
    loop = (time.thread_time() - begin) / runs
    ours = _core_seconds(compiled, runs)
    return Row(
        "lab", f"{MODEL}: the step, on one core", f"{ours * 1e6:,.0f} us a run",
        f"a loop in Numba for this model alone, {loop * 1e6:,.0f} us",
        f"{ours / loop:.1f} x its time",
        f"<= {BAR_LOOP} x", ours / loop <= BAR_LOOP,
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


def _on_ray(compiled, quick: bool) -> list[Row]:
    try:
        import ray

        from interlock.lab.cluster import Cluster
    except ImportError:
        return []
    runs = 2_000 if quick else 20_000
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    seconds = []
    try:
        for workers in (2, 1, 2):  # the first one warms the workers
            folder = tempfile.mkdtemp()
            begin = time.perf_counter()
            simulate_compiled(compiled, runs=runs, seed=1, by=Cluster(workers), out=folder)
            seconds.append(time.perf_counter() - begin)
            shutil.rmtree(folder)
    finally:
        ray.shutdown()
    good = seconds[1] / (2 * seconds[2])
    return [
        Row(
            "lab", f"{runs:,} runs of the small model on two Ray workers", f"{seconds[2]:.1f} s",
            f"one Ray worker, {seconds[1]:.1f} s", f"{good:.2f} efficient", f">= {BAR_RAY}",
            good >= BAR_RAY,
        )
    ]  # fmt: skip


def run(quick: bool) -> list[Row]:
    """Measure. `quick` plays fewer runs."""
    compiled = compile_scenario(load(HERE / "scenario.yaml"))
    _played(compiled, 4, 1)  # compile
    rows = _against_peers(compiled, quick) + _at_size(compiled, quick)
    return rows + _on_ray(compiled, quick)
