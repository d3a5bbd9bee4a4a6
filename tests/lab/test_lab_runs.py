"""Runs over workers: the same bytes by whoever plays them, kept when stopped, gone on with."""

from __future__ import annotations

import fcntl
import hashlib
import json
import threading
from importlib.metadata import version

import psutil
import pytest
from lab_kit import HEAD, PLAIN_LAW, STOCK, write

from interlock.lab import load, simulate
from interlock.lab.blocks import Block, LabError, play_block
from interlock.lab.compiling.compile import compile_scenario
from interlock.lab.keeping import program, put_whole
from interlock.lab.running import Threads, begin_anew, simulate_compiled

TEXT = (
    HEAD
    + """
demand:
  north: {firm: north, product: chip, per_year: 200, assumption: true,
    size: {lognormal: {median: 40, sigma: 0.5}}}
  south: {firm: south, product: chip, lines: 60, until: 2026-06-01, size: 55, assumption: true}
supply:
  more: {event: stock.received, product: chip, every: P7D, assumption: true,
    quantity: {uniform: {from: 100, to: 300}}}
behaviour: {orders: 0.8, lead_days: {uniform: {from: 0, to: 9}}, assumption: true}
sharing: {rule: first-come, assumption: true}
"""
)


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return write(folder, TEXT, PLAIN_LAW + STOCK)


def digests(folder) -> dict[str, str]:
    return {
        one.name: hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted((folder / "blocks").glob("*.parquet"))
    }


def small_blocks(monkeypatch) -> None:
    monkeypatch.setattr("interlock.lab.running.block_size", lambda plan, runs: 7)


def test_the_same_seed_gives_the_same_bytes_with_one_worker_and_with_two(
    path, tmp_path, monkeypatch
) -> None:
    small_blocks(monkeypatch)
    simulate(path, runs=30, seed=5, out=tmp_path / "one")
    simulate(path, runs=30, seed=5, workers=2, out=tmp_path / "two")
    simulate(path, runs=30, seed=6, out=tmp_path / "other")
    assert len(digests(tmp_path / "one")) == 5 * 7
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert digests(tmp_path / "one") != digests(tmp_path / "other")


def test_while_another_process_compiles_the_step_a_run_waits_to_load_it(
    path, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("interlock.lab.blocks._compiled", set())
    monkeypatch.setattr("interlock.lab.blocks.LOCK", tmp_path / "lock")
    compiled, done = compile_scenario(load(path)), threading.Event()

    def play() -> None:
        play_block(compiled.plan, 1, Block(0, 0, 2))
        done.set()

    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=play)
        thread.start()
        assert not done.wait(0.5)
    thread.join()
    assert done.is_set()


def test_a_run_does_not_depend_on_how_many_there_are(path) -> None:
    few, many = simulate(path, runs=3).by_run, simulate(path, runs=40).by_run
    assert few.equals(many.head(3))


def test_an_interrupt_keeps_finished_blocks_and_the_rest_is_played_later(
    path, tmp_path, monkeypatch
) -> None:
    small_blocks(monkeypatch)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    simulate(path, runs=30, out=whole)

    def stop(done: int, _: int) -> None:
        if done >= 14:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(path, runs=30, out=broken, progress=stop)
    kept = digests(broken)
    assert 0 < len(kept) < len(digests(whole))
    assert kept.items() <= digests(whole).items()
    told: list[int] = []
    results = simulate(path, runs=30, out=broken, progress=lambda done, _: told.append(done))
    assert told[0] >= 14
    assert digests(broken) == digests(whole)
    assert results.by_run.height == 30


def test_a_folder_with_another_run_is_refused_and_left_as_it_is(path, tmp_path) -> None:
    simulate(path, runs=4, seed=1, out=tmp_path / "out")
    before = digests(tmp_path / "out")
    with pytest.raises(LabError, match=r"holds another run \(seed 1, not 2\)"):
        simulate(path, runs=4, seed=2, out=tmp_path / "out")
    assert digests(tmp_path / "out") == before
    assert json.loads((tmp_path / "out" / "run.json").read_text())["seed"] == 1


def test_blocks_of_another_version_are_not_mixed_with_those_of_this_one(
    path, tmp_path, monkeypatch
) -> None:
    out = tmp_path / "out"
    simulate(path, runs=4, out=out)
    before, said = digests(out), json.loads((out / "run.json").read_text())
    assert said["program"] == program()
    assert program().startswith(f"interlock {version('interlock')}, step ")
    simulate(path, runs=4, out=out)  # the same goes on
    for block in (out / "blocks").glob("totals-*"):
        block.unlink()
    kept = digests(out)
    assert kept != before
    monkeypatch.setattr("interlock.lab.running.program", lambda: "interlock 9.9.9, step 0")
    told = rf"{out} was begun by {program()}; this is interlock 9.9.9.*; go on with that one, give "
    with pytest.raises(LabError, match=told):
        simulate(path, runs=4, out=out)
    assert digests(out) == kept
    del said["program"]  # as before it was written there
    (out / "run.json").write_text(json.dumps(said))
    with pytest.raises(LabError, match="begun by a version that left no name"):
        simulate(path, runs=4, out=out)
    assert digests(out) == kept


def test_what_another_version_began_is_begun_anew_only_where_that_is_asked_for(
    path, tmp_path
) -> None:
    out = tmp_path / "out"
    begin_anew(out)  # there is nothing yet
    simulate(path, runs=4, out=out)
    whole, said = digests(out), (out / "run.json").read_text()
    begin_anew(out)
    assert digests(out) == whole
    (out / "run.json").write_text(said.replace(program(), "interlock 0.0.1, step 0"))
    begin_anew(out)
    assert not digests(out)
    simulate(path, runs=4, out=out)
    assert (digests(out), (out / "run.json").read_text()) == (whole, said)


def test_a_node_of_another_version_plays_no_block(path, tmp_path) -> None:
    cluster = pytest.importorskip("interlock.lab.cluster")
    plan = compile_scenario(load(path)).plan
    task = (plan, "digest", "interlock 9.9.9, step 0", str(tmp_path), 1, Block(0, 0, 2))
    with pytest.raises(LabError, match="install the same version on all nodes"):
        cluster._task(*task)
    assert not list(tmp_path.glob("**/*.parquet"))


def test_two_that_write_the_same_file_never_share_a_half_of_it(tmp_path) -> None:
    """Not by the number of a process either: two machines may see one folder."""
    path = tmp_path / "one.parquet"
    with put_whole(path) as one, put_whole(path) as other:
        assert one != other
        one.write_text("whole")
        other.write_text("whole")
    assert [x.name for x in tmp_path.iterdir()] == ["one.parquet"]

    def torn() -> None:
        with put_whole(path) as half:
            half.write_text("ha")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        torn()
    assert path.read_text() == "whole"
    assert [x.name for x in tmp_path.iterdir()] == ["one.parquet"]


def test_what_a_machine_that_went_down_left_of_a_block_is_played_again(
    path, tmp_path, monkeypatch
) -> None:
    small_blocks(monkeypatch)
    simulate(path, runs=30, out=tmp_path / "out")
    whole = digests(tmp_path / "out")
    torn = tmp_path / "out/blocks" / "steps-000002.parquet"
    for left in (b"", torn.read_bytes()[:-9]):
        torn.write_bytes(left)
        assert digests(tmp_path / "out") != whole
        simulate(path, runs=30, out=tmp_path / "out")
        assert digests(tmp_path / "out") == whole
    (tmp_path / "out/run.json").write_text("")
    with pytest.raises(LabError, match=r"says no run .*; give another folder, or empty this one"):
        simulate(path, runs=30, out=tmp_path / "out")
    assert digests(tmp_path / "out") == whole


def test_a_changed_value_leaves_all_other_draws_as_they_were(path) -> None:
    """Common random numbers: streams are named, so more of one thing moves nothing else."""
    base = simulate(path, runs=20).firms
    more = simulate(path, runs=20, overrides={"demand.south.size": 56}).firms
    asked = {
        name: frame.filter(frame["firm"] == "north")["asked"].to_list()
        for name, frame in (("base", base), ("more", more))
    }
    assert asked["base"] == asked["more"]
    south = [f.filter(f["firm"] == "south")["asked"].to_list() for f in (base, more)]
    assert south == [[3300] * 20, [3360] * 20]


def test_ray_gives_the_same_bytes_although_a_worker_is_killed(path, tmp_path, monkeypatch) -> None:
    cluster = pytest.importorskip("interlock.lab.cluster")
    small_blocks(monkeypatch)
    simulate(path, runs=70, out=tmp_path / "threads")
    killed: list[int] = []

    def kill_one(done: int, _: int) -> None:
        if done >= 7 and not killed:
            mine = psutil.Process().children(recursive=True)
            # Ray's agents are `ray::` processes, too, and a node dies with them.
            own = ("ray::_task", "ray::IDLE")
            workers = [one for one in mine if "".join(one.cmdline()[:1]).startswith(own)]
            for worker in workers[:1]:
                worker.kill()
                killed.append(worker.pid)

    compiled = compile_scenario(load(path))
    simulate_compiled(
        compiled, runs=70, seed=1, by=cluster.Cluster(2), out=tmp_path / "ray", progress=kill_one
    )
    assert killed
    assert digests(tmp_path / "ray") == digests(tmp_path / "threads")


def test_threads_play_no_further_than_they_are_asked(path, tmp_path) -> None:
    compiled = compile_scenario(load(path))
    results = simulate_compiled(compiled, runs=2, seed=1, by=Threads(2), out=tmp_path / "out")
    assert results.by_run["run"].to_list() == [0, 1]
