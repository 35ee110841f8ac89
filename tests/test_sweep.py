"""Sweeps: keys, the table, processes of their own, kills, a real Dask cluster."""

import functools
import importlib.util
import itertools
import json
import math
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course import files
from fire_course import sweep as sweeps
from fire_course.sweep import SweepError, sweep
from fire_course.sweep.settings import checked, fingerprint, grid, identity, key
from fire_course.sweep.table import Row, better, rank

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)  # children take it over, and find the trials there
_spec = importlib.util.find_spec("sweep_jobs")
sweep_jobs = importlib.util.module_from_spec(_spec)
sys.modules["sweep_jobs"] = sweep_jobs
_spec.loader.exec_module(sweep_jobs)


def lines(folder):
    return [json.loads(line) for line in (folder / "trials.jsonl").open()]


# --- settings and keys -------------------------------------------------------


@given(
    st.dictionaries(
        st.sampled_from("abcd"), st.lists(st.integers(), min_size=1, max_size=3)
    )
)
def test_a_grid_is_the_product_of_its_choices(choices):
    expected = [
        dict(zip(choices, values, strict=True))
        for values in itertools.product(*choices.values())
    ]
    assert grid(**choices) == expected


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"conv": 3}, "conv needs a list of values, not 3"),
        ({"optimizer": "adam"}, "needs a list of values"),
        ({"conv": []}, "conv has no values"),
    ],
)
def test_choices_that_are_none(wrong, words):
    with pytest.raises(SweepError, match=words):
        grid(**wrong)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([], "no settings to try"),
        ([{"a": 1}, {"a": 1}], "Settings 1 and 2 of the sweep are the same"),
        ([3], "are a dict with names, not 3"),
        ([{1: 2}], "are a dict with names"),
        (
            [{"a": object()}],
            "setting a is a number, a text or a list of them, not a ob",
        ),
    ],
)
def test_settings_that_are_none(wrong, words):
    with pytest.raises(SweepError, match=words):
        checked(wrong)


def test_numpy_numbers_are_numbers():
    assert checked([{"rate": np.float32(0.5), "n": np.int64(3)}]) == [
        {"rate": 0.5, "n": 3}
    ]


def test_the_key_follows_settings_data_trial_and_version():
    base = {"trial": "t", "data": "d", "version": "1"}
    first = key({"a": 1, "b": [2]}, **base)
    assert first == key({"b": [2], "a": 1}, **base)
    others = [key({"a": 1, "b": [3]}, **base)]
    others += [key({"a": 1, "b": [2]}, **{**base, part: "x"}) for part in base]
    assert len({first, *others}) == 5


@settings(deadline=None)
@given(st.integers(0, 11), st.integers(1, 255))
def test_one_changed_pixel_changes_the_fingerprint(place, by):
    photos = np.arange(12, dtype=np.uint8).reshape(3, 4)
    other = photos.copy()
    other.flat[place] ^= np.uint8(by)
    assert fingerprint({"x": photos}) == fingerprint({"x": photos.copy()})
    assert fingerprint({"x": photos}) != fingerprint({"x": other})


def test_fingerprints_tell_kinds_apart():
    kinds = [1, 1.5, "1", True, None, b"1", [1], {"1": 1}, np.array([1]), [[1]]]
    kinds += [np.array([1], np.uint8), np.array([[1]])]
    assert len({fingerprint(each) for each in kinds}) == len(kinds)
    with pytest.raises(SweepError, match="not a object"):
        fingerprint([object()])


def test_an_edited_function_is_another_trial():
    def made(text):
        scope = {}
        exec(textwrap.dedent(text), scope)
        return scope["trial"]

    source = "def trial(s):\n    return {'loss': s['x'] + 1}"
    moved = "\n\n" + source  # further down, with a comment
    assert identity(made(source)) == identity(made(moved + "  # one"))
    assert identity(made(source)) != identity(made(source.replace("+ 1", "+ 2")))
    assert identity(made(source)) != identity(made(source.replace("+ 1", "- 1")))
    assert identity(functools.partial(sweep_jobs.bowl, y=1)) != identity(
        functools.partial(sweep_jobs.bowl, y=2)
    )

    # What a function closes over belongs to it.
    def closed(held):
        return lambda settings: {"loss": held}

    assert identity(closed(2)) == identity(closed(2))
    assert identity(closed(2)) != identity(closed(3))


# --- ranking -----------------------------------------------------------------


@given(st.lists(st.one_of(st.none(), st.floats(-9, 9), st.just("failed")), min_size=1))
def test_ranking_sorts_and_leaves_the_undefined_last(values):
    rows = [
        Row(str(i), {"i": i}, "failed", "no")
        if value == "failed"
        else Row(str(i), {"i": i}, "done", figures={"loss": value})
        for i, value in enumerate(values)
    ]
    for mode in ("min", "max"):
        order = [row.figures.get("loss", "failed") for row in rank(rows, "loss", mode)]
        numbers = [v for v in values if isinstance(v, float)]
        assert order[: len(numbers)] == sorted(numbers, reverse=mode == "max")
        rest = order[len(numbers) :]
        assert rest == sorted(rest, key=lambda v: v == "failed")
    ties = rank([Row("a", {}, "done", figures={"f": 1}) for _ in range(3)], "f")
    assert len(ties) == 3


def test_which_figure_wants_less():
    less = ("loss", "val_loss", "error_rate", "seconds", "parameters")
    assert {better(name) for name in less} == {"min"}
    assert {better(name) for name in ("val_accuracy", "f1", "recall")} == {"max"}
    assert better("val_loss", "max") == "max"
    with pytest.raises(SweepError, match="mode is 'auto', 'min' or 'max'"):
        better("loss", "less")
    with pytest.raises(
        SweepError, match="no figure|No trial gave a figure called 'f1'"
    ):
        rank([Row("a", {}, "done", figures={"loss": 1.0})], "f1")


# --- running -----------------------------------------------------------------


def test_here_in_one_process_and_in_two_the_ranking_is_that_of_the_function(tmp_path):
    chosen = grid(x=[0, 2, 3, 5], y=[0, 1])
    expected = sorted(chosen, key=lambda s: sweep_jobs.bowl(s)["val_loss"])
    for jobs, fresh in ((1, False), (2, False), (2, True)):
        seen = []
        result = sweep(
            chosen,
            sweep_jobs.bowl,
            out=tmp_path / f"{jobs}{fresh}",
            jobs=jobs,
            fresh=fresh,
            progress=lambda done, total, seen=seen: seen.append((done, total)),
        )
        assert [row.settings for row in result] == chosen
        assert [row.settings for row in result.ranked()] == expected
        assert [row.settings for row in result.ranked("val_accuracy")] == expected
        assert result.best.settings == {"x": 3, "y": 1}
        assert seen == [(i, 8) for i in range(9)]
        table = result.table()
        assert [row["rank"] for row in table] == list(range(1, 9))
        assert {tuple(row) for row in table} == {tuple(table[0])}  # columns are stable
        stored = [Row(**row) for row in lines(result.out)]
        assert stored == result.rows


def test_each_trial_has_a_process_of_its_own_and_one_thread(tmp_path):
    result = sweep(
        {"x": [1, 2, 3]},
        sweep_jobs.where,
        out=tmp_path / "fresh",
        jobs=2,
        rank_by="pid",
    )
    figures = [row.figures for row in result]
    assert len({each["pid"] for each in figures}) == 3
    assert os.getpid() not in [each["pid"] for each in figures]
    assert {each["parent"] for each in figures} == {os.getpid()}  # spawned by us
    assert {(each["threads"], each["wanted"]) for each in figures} == {(1, "1")}
    shared = sweep({"x": [1, 2]}, sweep_jobs.where, out=tmp_path / "warm", fresh=False)
    assert len({row.figures["pid"] for row in shared}) == 1
    for row in [*result, *shared]:
        with pytest.raises(ProcessLookupError):
            os.kill(row.figures["pid"], 0)  # none outlives the sweep


def test_functions_of_a_notebook_and_their_data(tmp_path):
    factor = 3
    data = {"x": np.arange(5), "y": [1.5]}

    def trial(settings, data):
        print("what a trial prints goes nowhere")
        return {"loss": factor * settings["a"] + float(data["x"].sum() + data["y"][0])}

    result = sweep([{"a": 2}], trial, out=tmp_path, data=data, rank_by="loss")
    assert result.best.figures == {"loss": 6 + 11.5}


def test_a_second_run_runs_only_what_is_missing(tmp_path):
    marks = str(tmp_path / "marks")
    run = functools.partial(sweep, trial=sweep_jobs.noted, out=tmp_path / "out")
    first = run([{"x": x, "marks": marks} for x in (1, 2)], fresh=False)
    again = run([{"x": x, "marks": marks} for x in (2, 3)], fresh=False)
    assert [x for x, _ in sweep_jobs.starts(marks)] == [1, 2, 3]
    assert (first.skipped, again.skipped) == (0, 1)
    assert again.rows[0] == first.rows[1]
    # Rows of settings that this call did not ask for stay in the folder.
    assert [row["settings"]["x"] for row in lines(tmp_path / "out")] == [2, 3, 1]
    other = run([{"x": 2, "marks": marks}], data=None, trial=sweep_jobs.bowl)
    assert other.skipped == 0  # another trial


def test_other_data_run_anew(tmp_path):
    def trial(settings, data):
        return {"loss": float(data.sum())}

    run = functools.partial(sweep, [{"a": 1}], trial, out=tmp_path, rank_by="loss")
    assert run(data=np.ones(2)).best.figures["loss"] == 2
    assert run(data=np.ones(3)).best.figures["loss"] == 3
    assert run(data=np.ones(3)).skipped == 1


def test_a_failed_trial_is_a_row_and_runs_again_next_time(tmp_path):
    broken = tmp_path / "broken"
    broken.touch()

    def trial(settings, broken=str(broken)):
        if settings["x"] == 1 and Path(broken).exists():
            raise ZeroDivisionError("no number\nfor this")
        return {"val_loss": settings["x"]}

    result = sweep({"x": [0, 1, 2]}, trial, out=tmp_path / "out", fresh=False)
    assert [row.status for row in result] == ["done", "failed", "done"]
    failed = result.rows[1]
    assert failed.error == "ZeroDivisionError: no number for this"
    assert failed.attempts == 1  # it would only fail again
    assert result.ranked()[-1] == failed == result.failed[0]
    broken.unlink()
    again = sweep({"x": [0, 1, 2]}, trial, out=tmp_path / "out", fresh=False)
    assert again.skipped == 2
    assert not again.failed


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (3, "returns a dict of figures, not a int"),
        ({"loss": [1, 2]}, "a figure is a number or a text, not a list"),
        ({"x": 2}, "must not be called x"),
        ({"seconds": 2}, "must not be called seconds"),
    ],
)
def test_what_is_no_figure_is_a_failed_row(tmp_path, returned, words):
    result = sweep({"x": [1]}, lambda s, r=returned: r, out=tmp_path, tensorboard=False)
    assert words in result.rows[0].error
    with pytest.raises(SweepError, match="No trial gave val_loss"):
        _ = result.best


def test_undefined_figures_and_histories_are_kept(tmp_path):
    def trial(settings):
        import numpy as np

        return {
            "loss": np.float32(0.5),
            "f1": math.nan,
            "name": "a",
            "history": {"loss": [np.float64(1), math.inf]},
        }

    row = sweep({"x": [1]}, trial, out=tmp_path, rank_by="loss").best
    assert row.figures == {"loss": 0.5, "f1": None, "name": "a"}
    assert row.history == {"loss": [1.0, None]}
    assert sweeps.read(tmp_path) == [row]


def test_a_process_that_dies_is_tried_again(tmp_path):
    marks = str(tmp_path / "marks")
    once = {"x": 1, "marks": marks, "die": "once"}
    row = sweep([once], sweep_jobs.noted, out=tmp_path / "a").rows[0]
    assert (row.status, row.attempts) == ("done", 2)
    assert len(sweep_jobs.starts(marks)) == 2


def test_a_process_that_dies_always_is_a_failed_row_and_the_others_go_on(tmp_path):
    marks = [str(tmp_path / f"marks{i}") for i in range(3)]
    chosen = [{"x": i, "marks": mark} for i, mark in enumerate(marks)]
    chosen[1]["die"] = "always"
    result = sweep(chosen, sweep_jobs.noted, out=tmp_path / "a", jobs=2, retries=1)
    assert [row.status for row in result] == ["done", "failed", "done"]
    assert result.rows[1].attempts == len(sweep_jobs.starts(marks[1])) == 2
    assert "the process of the trial ended (signal 9)" in result.rows[1].error


SCRIPT = """
import sys
sys.path.insert(0, {here!r})
import sweep_jobs
from fire_course.sweep import sweep
print("begun", flush=True)
try:
    sweep([dict(x=i, marks={marks!r}, sleep=0 if i < 2 else 60) for i in range(4)],
          sweep_jobs.noted, out={out!r})
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def begun(tmp_path):
    """Start a sweep whose third trial takes a minute; return it in the midst of that."""
    marks = tmp_path / "marks"
    script = SCRIPT.format(
        here=HERE,
        marks=str(marks),
        out=str(tmp_path / "out"),
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background has been told to ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_for(lambda: len(sweep_jobs.starts(marks)) == 3)
    return process, sweep_jobs.starts(marks)


def wait_for(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stop_in_mid_trial_keeps_the_finished_rows_and_ends_the_children(
    tmp_path, how
):
    process, started = begun(tmp_path)
    os.kill(process.pid, how)
    out, errors = process.communicate(timeout=20)
    wait_for(lambda: all(gone(pid) for _, pid in started), 10)
    assert [row["settings"]["x"] for row in lines(tmp_path / "out")] == [0, 1]
    if how == signal.SIGINT:
        assert out.split() == ["begun", "interrupted"]
        assert errors == ""
        assert process.returncode == 0


def test_two_sweeps_do_not_write_into_one_folder(tmp_path):
    with (
        files.hold_folder(tmp_path, ValueError()),
        pytest.raises(SweepError, match="Another sweep writes into"),
    ):
        sweep({"x": [1]}, sweep_jobs.bowl, out=tmp_path)


def test_a_damaged_table_is_said(tmp_path):
    (tmp_path / "trials.jsonl").write_text('{"key": 1}\n')
    with pytest.raises(SweepError, match="is damaged: repair or remove it"):
        sweep({"x": [1]}, sweep_jobs.bowl, out=tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"jobs": 0}, "jobs is a whole number from 1, or -1, not 0"),
        ({"retries": -1}, "retries is a whole number from 0"),
        ({"mode": "best"}, "mode is"),
        ({"progress": 3}, "progress is 'bar', a function or None"),
        ({"data": object()}, "data of a sweep are arrays"),
    ],
)
def test_options_are_checked_before_anything_runs(tmp_path, options, words):
    with pytest.raises(SweepError, match=words):
        sweep({"x": [1]}, sweep_jobs.bowl, out=tmp_path / "out", **options)
    assert not (tmp_path / "out" / "trials.jsonl").exists()


# --- TensorBoard ---------------------------------------------------------------


def test_tensorboard_reads_the_logs(tmp_path):
    """TensorBoard's own reader finds settings, status, figures and curves."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2

    def trial(settings):
        if settings["conv"] == 2:
            raise ValueError("no")
        return {"val_loss": 0.25, "history": {"loss": [3.0, 2.0]}}

    result = sweep({"conv": [1, 2], "name": ["a"], "flip": [True]}, trial, out=tmp_path)
    for row, status in zip(result, (1, 2), strict=True):  # SUCCESS, FAILURE
        board = EventAccumulator(str(tmp_path / "logs" / row.key)).Reload()
        content = board.summary_metadata
        start = metadata.parse_session_start_info_plugin_data(
            content[metadata.SESSION_START_INFO_TAG].plugin_data.content
        )
        assert isinstance(start, plugin_data_pb2.SessionStartInfo)
        values = {name: v.WhichOneof("kind") for name, v in start.hparams.items()}
        assert values == {
            "conv": "number_value",
            "name": "string_value",
            "flip": "bool_value",
        }
        assert start.hparams["conv"].number_value == row.settings["conv"]
        end = metadata.parse_session_end_info_plugin_data(
            content[metadata.SESSION_END_INFO_TAG].plugin_data.content
        )
        assert end.status == status
    board = EventAccumulator(str(tmp_path / "logs" / result.rows[0].key)).Reload()
    assert [event.value for event in board.Scalars("val_loss")] == [0.25]
    curve = [(event.step, event.value) for event in board.Scalars("epoch/loss")]
    assert curve == [(1, 3.0), (2, 2.0)]


def test_without_tensorboard_there_are_no_logs(tmp_path):
    sweep({"x": [1]}, sweep_jobs.bowl, out=tmp_path, tensorboard=False)
    assert {path.name for path in tmp_path.iterdir()} == {"lock", "trials.jsonl"}


# --- networks ------------------------------------------------------------------


def photographs(count=60):
    generator = np.random.default_rng(1)
    labels = np.arange(count) % 2
    photos = generator.integers(0, 150, (count, 24, 24, 1), dtype=np.uint8)
    photos[labels == 1, 6:18, 6:18] += 60
    return photos, labels


def test_networks_rank_alike_in_one_process_and_in_two(tmp_path):
    from fire_course import models

    data = {"train": photographs(), "validation": photographs(20)}
    trial = sweeps.NetworkTrial("cats_dogs_cnn", epochs=2)
    chosen = grid(conv=[1, 2], size=[2])
    serial = sweep(chosen, trial, out=tmp_path / "1", data=data, fresh=False)
    double = sweep(chosen, trial, out=tmp_path / "2", data=data, jobs=2, fresh=False)
    assert [r.settings for r in serial.ranked()] == [
        r.settings for r in double.ranked()
    ]
    for row, other in zip(serial, double, strict=True):
        assert row.figures["val_loss"] == pytest.approx(other.figures["val_loss"])
        network = models.cats_dogs_cnn((24, 24, 1), **row.settings)
        assert row.figures["parameters"] == network.count_params()
        losses = row.history["val_loss"]
        assert row.figures["val_loss"] == min(losses)
        assert row.figures["best_epoch"] == losses.index(min(losses)) + 1
        assert len(losses) == 2


def test_settings_of_a_network_are_checked_at_once(tmp_path):
    trial = sweeps.NetworkTrial("cats_dogs_cnn")
    with pytest.raises(SweepError, match="cats_dogs_cnn has no setting 'convs'"):
        sweep({"convs": [1]}, trial, out=tmp_path)
    with pytest.raises(ValueError, match="No network is called"):
        sweep({"conv": [1]}, sweeps.NetworkTrial("vgg"), out=tmp_path)
    trial.check({"conv": 1, "learning_rate": 0.1})
