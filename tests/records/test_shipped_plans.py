"""The course's own records of runs beside fire: whole, and true to their plans."""

import itertools

import numpy as np
import pytest

from fire_course import metrics, models, records, shapes
from fire_course.records.store import FOLDER

NAMES = [name for name in records.PLANS if (FOLDER / f"{name}.json").is_file()]


def test_the_sweep_is_recorded():
    assert "cats-dogs-sweep" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_command_of_a_record_still_does_what_it_did(name):
    record, plan = records.read(name), records.get(name)
    assert record["experiment"] == name
    assert record["settings"] == plan.settings()
    assert record["command"] == f"fire-course reproduce {name} --data DIR"
    assert sorted(record["over_seeds"]["seeds"]) == sorted(plan.seeds)
    size = (plan.image_size, plan.image_size, 3)
    classes = len(record["data"]["class_names"])
    network = models.build(
        plan.model,
        size,
        classes=1 if classes == 2 else classes,
        **(record["sweep"]["chosen"] if "sweep" in record else {}),
    )
    assert record["parameters"] == network.count_params()
    assert record["multiply_adds"] == shapes.total_multiply_adds(network)


@pytest.mark.parametrize("name", NAMES)
def test_figures_follow_from_their_counts(name):
    record = records.read(name)
    for run in (record, *record["other_runs"]):
        for part in ("validation", "test"):
            found = run[part]
            if found is None:
                assert record["settings"]["validation"] == 0
                continue
            table = np.array(found["confusion"])
            assert table.sum() == found["count"] == record["data"][part]
            right = int(np.trace(table))
            assert found["accuracy"] == pytest.approx(right / found["count"])
            low, high = metrics.wilson(right, found["count"])
            assert found["intervals"]["accuracy"] == pytest.approx([low, high])


@pytest.mark.parametrize("name", [n for n in NAMES if n != "homework-cnn"])
def test_epochs_and_seeds_are_chosen_by_validation(name):
    record = records.read(name)
    runs = [record, *record["other_runs"]]
    for run in runs:
        losses = run["curve"]["val_loss"]
        assert len(losses) == record["settings"]["recipe"]["epochs"]
        assert run["best_epoch"] == int(np.argmin(losses)) + 1
    assert min(record["curve"]["val_loss"]) == min(
        min(run["curve"]["val_loss"]) for run in runs
    )


def test_27_rows_ranked_by_validation_loss():
    sweep = records.read("cats-dogs-sweep")["sweep"]
    rows = sweep["trials"]
    assert [row["rank"] for row in rows] == list(range(1, 28))
    wanted = set(itertools.product((1, 2, 3), (32, 64, 128), (0, 1, 2)))
    assert {(r["conv"], r["size"], r["dense"]) for r in rows} == wanted
    losses = [row["val_loss"] for row in rows]
    assert losses == sorted(losses)
    assert sweep["chosen"] == {k: rows[0][k] for k in ("conv", "size", "dense")}
    for row in rows:
        assert row["status"] == "done"
        assert row["val_loss"] == pytest.approx(min(row["curve"]["val_loss"]), rel=1e-4)
        assert row["best_epoch"] == int(np.argmin(row["curve"]["val_loss"])) + 1
        network = models.cats_dogs_cnn(
            (50, 50, 1), conv=row["conv"], size=row["size"], dense=row["dense"]
        )
        assert row["parameters"] == network.count_params()
    for row in sweep["repeats"]:
        assert sweep["chosen"].items() <= row.items()
        assert row["seed"] != 0


@pytest.mark.skipif("homework-cnn" not in NAMES, reason="no record of the homework")
def test_the_six_answers_follow_from_the_curve():
    record = records.read("homework-cnn")
    curve, found = record["curve"], record["answers"]
    assert {len(values) for values in curve.values()} == {20}
    assert found["loss"] == "binary_crossentropy"
    assert found["parameters"] == record["parameters"] == 11_215_873
    assert found["convolution_parameters"] == 896
    close = {"rel": 1e-4}
    median = sum(sorted(curve["accuracy"][:10])[4:6]) / 2
    assert found["median_train_accuracy"] == pytest.approx(median, **close)
    losses = curve["loss"][:10]
    mean = sum(losses) / 10
    spread = (sum((loss - mean) ** 2 for loss in losses) / 10) ** 0.5
    assert found["std_train_loss"] == pytest.approx(spread, rel=1e-3)
    assert found["mean_test_loss_augmented"] == pytest.approx(
        sum(curve["test_loss"][10:]) / 10, **close
    )
    assert found["mean_test_accuracy_last_half"] == pytest.approx(
        sum(curve["test_accuracy"][15:]) / 5, **close
    )
