"""The course's own records of transfer learning: whole, and true to their plans."""

import numpy as np
import pytest

from fire_course import metrics, records, transfer
from fire_course.records.store import FOLDER

NAMES = [name for name in records.TRANSFERS if (FOLDER / f"{name}.json").is_file()]


def kinds(record):
    return [record[kind] for kind in ("frozen", "tuned") if record[kind]]


@pytest.mark.parametrize("name", NAMES)
def test_the_command_of_a_record_still_does_what_it_did(name):
    record, plan = records.read(name), records.get(name)
    assert record["experiment"] == name
    assert record["settings"] == plan.settings()
    assert record["command"] == f"fire-course reproduce {name} --data DIR"
    assert record["source"] == [dict(row) for row in plan.source]
    assert record["origin"] == "MobileNetV2 with its ImageNet weights"
    for kind in kinds(record):
        seeds = [run["seed"] for run in kind["runs"]]
        assert seeds == list(plan.seeds[: len(seeds)])
    assert len(record["frozen"]["runs"]) == len(plan.seeds)
    assert [step["name"] for step in record["steps"]] == [s.name for s in plan.steps]


@pytest.mark.parametrize("name", NAMES)
def test_the_network_is_the_chosen_one(name):
    record = records.read(name)
    chosen = record["frozen"]["settings"]
    classes = len(record["data"]["class_names"])
    head = transfer.head(
        1280, classes=1 if classes == 2 else classes, inner=chosen["inner"]
    )
    # The backbone has 2,257,984 parameters, as Keras counts them.
    assert record["parameters"] == 2_257_984 + head.count_params()
    for step in record["steps"]:
        best = min(step["trials"], key=lambda trial: trial["loss"]["mean"])
        assert step["chosen"] == best["value"]
    # A later step may choose again.
    last = {step["setting"]: step["chosen"] for step in record["steps"]}
    assert last.items() <= chosen.items()


@pytest.mark.parametrize("name", NAMES)
def test_figures_follow_from_their_counts(name):
    record = records.read(name)
    runs = [run for kind in kinds(record) for run in kind["runs"]]
    for run in (record, *record["other_runs"], *runs):
        for part in ("validation", "test"):
            found = run[part]
            table = np.array(found["confusion"])
            assert table.sum() == found["count"] == record["data"][part]
            right = int(np.trace(table))
            assert found["accuracy"] == pytest.approx(right / found["count"])
            low, high = metrics.wilson(right, found["count"])
            assert found["intervals"]["accuracy"] == pytest.approx([low, high])
        losses = run["curve"]["val_loss"]
        assert losses[run["best_epoch"] - 1] == min(losses)
        if "sunsets" in run:
            sunsets = run["sunsets"]
            assert sunsets["rate"] == sunsets["flagged"] / sunsets["count"]


@pytest.mark.parametrize("name", NAMES)
def test_validation_decides_which_run_is_shown(name):
    record = records.read(name)
    least = min(
        min(run["curve"]["val_loss"]) for kind in kinds(record) for run in kind["runs"]
    )
    assert min(record["curve"]["val_loss"]) == least
    (shown,) = (
        run for run in record[record["shown"]]["runs"] if run["seed"] == record["seed"]
    )
    assert shown["test"]["accuracy"] == record["test"]["accuracy"]


@pytest.mark.skipif("fire-mobilenet" not in NAMES, reason="no record of it")
def test_fire_is_told_on_the_clean_test_photographs():
    record = records.read("fire-mobilenet")
    assert record["data"]["test"] == 337
    assert record["sunsets"]["count"] == 36
    assert record["test"]["accuracy"] > 0.98
