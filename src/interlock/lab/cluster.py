"""Blocks of runs on a Ray cluster (`interlock[cluster]`): one engine, no workers of our own.

A task plays one block and writes its tables by renames, so a worker that dies leaves nothing half
done: Ray starts the task again elsewhere, and a command that was stopped goes on with the blocks
that are missing. The folder must be one that all nodes see.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import ray

from interlock.lab.blocks import LabError, write_block
from interlock.lab.keeping import program

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.lab.blocks import Block
    from interlock.lab.compiling.plan import Compiled, Plan

_plans: dict[str, Plan] = {}
AHEAD = 2
"""Tasks submitted for each worker: one runs, one waits its turn."""


class Cluster:
    """Plays blocks as Ray tasks.

    Args:
        workers: cores to use; on a cluster that runs already, tasks that may run at once.
        address: of a running cluster; None starts one here if there is none.
        retries: how often a block is started again after its worker died.
    """

    def __init__(self, workers: int, *, address: str | None = None, retries: int = 5) -> None:
        self.workers, self.address, self.retries = workers, address, retries

    def play(
        self, compiled: Compiled, folder: Path, seed: int, blocks: Iterable[Block]
    ) -> Iterable[Block]:
        """Play blocks and give each when its tables are written; errors as `write_block`."""
        begun = not ray.is_initialized()
        if begun:
            begin(self.address, self.workers)
        try:
            yield from self._play(compiled, folder.resolve(), seed, blocks)
        finally:
            if begun:
                ray.shutdown()

    def _play(
        self, compiled: Compiled, folder: Path, seed: int, blocks: Iterable[Block]
    ) -> Iterable[Block]:
        shared = ray.put(compiled.plan)
        task = ray.remote(max_retries=self.retries, num_cpus=1)(_task)
        todo, running = iter(blocks), dict[Any, Any]()
        while True:
            while len(running) < AHEAD * self.workers and (block := next(todo, None)) is not None:
                how = (compiled.digest, program(), str(folder), seed, block)
                running[task.remote(shared, *how)] = block
            if not running:
                return
            done, _ = ray.wait(list(running), num_returns=1)
            for reference in done:
                ray.get(reference)
                yield running.pop(reference)


def begin(address: str | None, workers: int) -> None:
    """Join the cluster at an address, or start one here with so many cores.

    A task is given one core, so what writes its tables must not take the others.
    """
    one_core = {"env_vars": {"POLARS_MAX_THREADS": "1"}}
    if address is not None:
        ray.init(address=address, log_to_driver=False, runtime_env=one_core)
        return
    ray.init(
        num_cpus=workers,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env=one_core,
        _node_ip_address="127.0.0.1",
        # A busy machine answers late; a node that is the driver's own machine is not dead by that.
        _system_config={"health_check_failure_threshold": 60, "health_check_timeout_ms": 60_000},
    )


def _task(plan: Plan, digest: str, by: str, folder: str, seed: int, block: Block) -> None:
    if program() != by:
        wrong = f"a node of the cluster plays by {program()}, and this is {by}"
        raise LabError(f"{wrong}; install the same version on all nodes")
    if digest not in _plans:
        _plans.clear()
        _plans[digest] = _own(plan)
    write_block(_plans[digest], Path(folder), seed, block)


def _own(plan: Plan) -> Plan:
    """The plan in arrays of this worker: Ray's own cannot be written, a type not compiled for."""
    return plan._replace(core=_copied(plan.core), world=_copied(plan.world))


def _copied(part: Any) -> Any:
    arrays = (np.array(one) if isinstance(one, np.ndarray) else one for one in part)
    return type(part)(*arrays)
