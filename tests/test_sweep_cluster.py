"""Sweeps on a real Dask cluster: a scheduler and two workers on this machine."""

import contextlib
import importlib.util
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from fire_course.sweep import SweepError, grid, sweep

distributed = pytest.importorskip("distributed")

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)
_spec = importlib.util.find_spec("sweep_jobs")
sweep_jobs = importlib.util.module_from_spec(_spec)
sys.modules["sweep_jobs"] = sweep_jobs
_spec.loader.exec_module(sweep_jobs)


def two_workers():
    return distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=":0",
        silence_logs=60,
    )


@pytest.fixture(scope="module")
def cluster():
    with two_workers() as running:
        yield running


@pytest.fixture
def mortal():
    """A cluster for a test that kills its workers."""
    with two_workers() as running:
        yield running


def wait_for(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def parent(pid):
    """Return the process id of the parent, None once the process is gone."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/stat").read_text()
        return int(text.rpartition(")")[2].split()[1])
    return None


def test_the_ranking_is_that_of_this_machine(cluster, tmp_path):
    chosen = grid(x=[0, 2, 3, 5], y=[0, 1])
    here = sweep(chosen, sweep_jobs.bowl, out=tmp_path / "here", fresh=False)
    there = sweep(
        chosen,
        sweep_jobs.bowl,
        out=tmp_path / "there",
        cluster=cluster.scheduler_address,
    )
    assert [row.settings for row in there.ranked()] == [
        row.settings for row in here.ranked()
    ]
    assert [row.figures for row in there] == [row.figures for row in here]
    # The same trials: what one machine has done, a cluster need not do again.
    again = sweep(
        chosen,
        sweep_jobs.bowl,
        out=tmp_path / "here",
        cluster=cluster.scheduler_address,
    )
    assert again.skipped == 8


def test_each_trial_has_a_process_of_its_own_under_a_worker(cluster, tmp_path):
    result = sweep(
        grid(x=[1, 2, 3, 4]),
        sweep_jobs.where,
        out=tmp_path,
        cluster=cluster.scheduler_address,
        rank_by="pid",
    )
    figures = [row.figures for row in result]
    assert len({each["pid"] for each in figures}) == 4
    workers = {nanny.pid for nanny in cluster.workers.values()}
    assert {each["parent"] for each in figures} <= workers
    assert {each["threads"] for each in figures} == {1}


def test_data_reach_the_workers_and_errors_come_back(cluster, tmp_path):
    data = np.arange(10)

    def trial(settings, data):
        if settings["x"] == 1:
            raise KeyError("lost")
        return {"val_loss": int(data.sum())}

    # A client of one's own serves as well as an address, and stays open.
    with distributed.Client(cluster, set_as_default=False) as client:
        result = sweep({"x": [0, 1]}, trial, out=tmp_path, data=data, cluster=client)
        assert client.status == "running"
    assert result.rows[0].figures == {"val_loss": 45}
    assert result.rows[1].error == "KeyError: 'lost'"


def test_a_trial_whose_worker_is_killed_runs_elsewhere(mortal, tmp_path):
    marks = tmp_path / "marks"
    workers = {nanny.pid for nanny in mortal.workers.values()}
    killed = []

    def kill():
        wait_for(lambda: len(sweep_jobs.starts(marks)) == 2)
        child = sweep_jobs.starts(marks)[0][1]
        killed.extend([child, parent(child)])
        os.kill(killed[1], signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    result = sweep(
        [{"x": x, "marks": str(marks), "sleep": 2} for x in range(4)],
        sweep_jobs.noted,
        out=tmp_path / "out",
        cluster=mortal.scheduler_address,
    )
    killer.join(5)
    assert killed[1] in workers
    assert [row.status for row in result] == ["done"] * 4
    assert result.best.settings["x"] == 3
    starts = [x for x, _ in sweep_jobs.starts(marks)]
    assert sorted(starts) == sorted([*range(4), starts[0]])  # that one began twice
    wait_for(lambda: parent(killed[0]) is None)  # its first process ended


def test_a_trial_that_kills_every_worker_becomes_a_failed_row(mortal, tmp_path):
    def trial(settings):
        if settings["x"] == 1:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(30)
        return {"val_loss": settings["x"]}

    result = sweep({"x": [0, 1]}, trial, out=tmp_path, cluster=mortal.scheduler_address)
    assert [row.status for row in result] == ["done", "failed"]
    assert "the workers that ran this trial died" in result.rows[1].error


def test_an_interrupted_sweep_ends_its_trials(cluster, tmp_path):
    marks = tmp_path / "marks"

    def interrupt(done, total):
        if done == 1:
            wait_for(lambda: len(sweep_jobs.starts(marks)) >= 3)
            raise KeyboardInterrupt

    chosen = [{"x": x, "marks": str(marks), "sleep": 60 * (x > 0)} for x in range(4)]
    with pytest.raises(KeyboardInterrupt):
        sweep(
            chosen,
            sweep_jobs.noted,
            out=tmp_path / "out",
            cluster=cluster.scheduler_address,
            progress=interrupt,
        )
    children = [pid for _, pid in sweep_jobs.starts(marks)]
    wait_for(lambda: all(parent(pid) is None for pid in children), 20)
    time.sleep(1)
    assert len(sweep_jobs.starts(marks)) == len(children)  # no other has begun
    assert len((tmp_path / "out" / "trials.jsonl").read_text().splitlines()) == 1


def test_where_no_cluster_answers(tmp_path):
    with pytest.raises(SweepError, match="No cluster answers at tcp://127.0.0.1:1"):
        sweep({"x": [1]}, sweep_jobs.bowl, out=tmp_path, cluster="tcp://127.0.0.1:1")
