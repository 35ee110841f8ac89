"""Whole runs of transfer learning, small: a narrow backbone on drawn pictures."""

import json

import numpy as np
import pytest

from fire_course import records, transfer
from fire_course.detector import Detector
from fire_course.records import TRANSFERS, TransferPlan, transferring, tuning
from fire_course.records.plans import Recipe
from fire_course.records.transfers import Step, Tuning

FLIP = ("RandomFlip", {"mode": "horizontal"})


@pytest.fixture
def plan(narrow_weights):
    return TransferPlan(
        title="tiny",
        data="fire",
        image_size=32,
        backbone={"alpha": 0.35, "weights": str(narrow_weights)},
        validation=0.25,
        recipe=Recipe(epochs=4),
        seeds=(0,),
        steps=(
            Step(
                name="rate",
                setting="learning_rate",
                values=(1e-9, 0.03, 0.01),
                epochs=3,
            ),
            Step(name="views", setting="views", values=(0, 1), epochs=3),
        ),
        augmentation=(FLIP,),
        tuning=Tuning(blocks=1, epochs=1, batch_size=8, learning_rate=1e-3),
        beside=("wrong_preparation",),
        source=({"network": "another", "what": "x", "validation": 0.5, "test": None},),
        sunsets=True,
    )


def test_a_run_chooses_tunes_and_tests(plan, home, tmp_path):
    record = transferring.repeat(
        "custom",
        plan,
        home,
        out=tmp_path / "r.json",
        save_model=tmp_path / "m.keras",
    )
    assert json.loads((tmp_path / "r.json").read_text()) == record
    assert records.read(tmp_path / "r.json") == record
    assert record["origin"] == "MobileNetV2 with the weights of narrow.weights.h5"
    assert record["weights"].keys() == {"file", "sha256"}

    # Each step keeps what was chosen before it, and takes the least loss.
    chosen = {"learning_rate": 1e-3, "inner": 0, "dropout": 0.0, "views": 0}
    chosen["image_size"] = 32
    for step, row in zip(plan.steps, record["steps"], strict=True):
        values = tuple(trial["value"] for trial in row["trials"])
        assert values == step.values
        for trial in row["trials"]:
            expected = {**chosen, step.setting: trial["value"], "epochs": 3}
            assert trial["settings"] == expected
            for figure in (trial["accuracy"], trial["loss"]):
                assert figure["low"] <= figure["mean"] <= figure["high"]
            losses = trial["curve"]["val_loss"]
            assert losses[trial["best_epoch"] - 1] == min(losses)
        best = min(row["trials"], key=lambda trial: trial["loss"]["mean"])
        assert row["chosen"] == best["value"]
        chosen[step.setting] = best["value"]
    assert chosen["learning_rate"] != 1e-9

    # The shown run is the one with the least validation loss of both kinds.
    found = {
        (kind, run["seed"]): min(run["curve"]["val_loss"])
        for kind in ("frozen", "tuned")
        for run in record[kind]["runs"]
    }
    assert len(found) == 2
    assert (record["shown"], record["seed"]) == min(found, key=found.__getitem__)
    assert record["frozen"]["settings"] == {**chosen, "epochs": 4}
    for run in record["frozen"]["runs"]:
        assert (
            run["test"]["count"] == record["data"]["test"] == 11
        )  # one leak is listed
        assert run["sunsets"]["count"] == 4
    (wrong,) = record["beside"].values()
    assert len(wrong["runs"]) == 1

    # The saved model answers for photographs as the record says.
    detector = Detector.load(tmp_path / "m.keras", sha256=record["saved"]["sha256"])
    photographs = transferring.Photographs(
        "fire", home, image_size=chosen["image_size"], validation=0.25
    )
    test = photographs.test(listed=True)
    right = int(((detector.score(test.x) >= 0.5) == (test.y == 1)).sum())
    assert right / 11 == pytest.approx(record["test"]["accuracy"])


def test_what_is_tuned_is_the_network_and_what_is_below_it_is_not(narrow_weights, plan):
    options = {"image_size": 32, "alpha": 0.35, "weights": narrow_weights}
    network = transfer.transfer_model("mobilenet_v2", classes=1, **options)
    photos = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
    lower, upper = tuning.parts(network, 1)
    between = tuning.maps(lower, photos, plan, 0)
    assert between.dtype == np.float16
    np.testing.assert_allclose(
        upper.predict_on_batch(between), network.predict_on_batch(photos), atol=5e-3
    )
    assert not lower.trainable_weights
    names = {weight.path.split("/")[-2] for weight in upper.trainable_weights}
    assert names == {
        "block_16_expand",
        "block_16_depthwise",
        "block_16_project",
        "Conv_1",
        "logit",
    }
    # Training the upper part trains the network.
    before = network.predict_on_batch(photos)
    upper.compile(optimizer="sgd", loss="binary_crossentropy")
    upper.train_on_batch(between.astype("float32"), np.array([0.0, 1, 0, 1, 0, 1]))
    assert not np.allclose(network.predict_on_batch(photos), before, atol=1e-6)
    twice = tuning.maps(lower, photos, plan, 2)
    assert len(twice) == 18
    np.testing.assert_array_equal(twice[:6], between)


@pytest.mark.parametrize("name", list(TRANSFERS))
def test_the_plans_are_json_and_name_their_sources(name):
    plan = TRANSFERS[name]
    settings = plan.settings()
    assert json.loads(json.dumps(settings)) == settings
    assert not settings.keys() & {"title", "notes", "seeds", "source"}
    assert len(plan.seeds) >= 3
    assert plan.validation > 0
    assert any(row["validation"] for row in plan.source)
    short = plan.shortened(1)
    assert {step.epochs for step in short.steps} == {short.epochs} == {1}


def test_a_bench_reads_the_same_photographs_at_every_size(plan, home, tmp_path):
    cache = transfer.FeatureCache(tmp_path)
    bench = transferring.Bench(plan, home, cache=cache)
    small, large = bench.photographs(32), bench.photographs(40)
    assert bench.photographs(40) is large
    assert large.facts == small.facts
    assert small.train.x.shape[1:] == (32, 32, 3)
    assert large.train.x.shape[1:] == (40, 40, 3)
    x, y = bench.features("sunsets", 32)
    assert x.shape == (4, 1280)
    assert not y.any()
    # As if 0 to 1 came where -1 to 1 is expected.
    wrong, _ = bench.features("sunsets", 32, wrong=True)
    base = bench.network(32).get_layer("mobilenet_v2")
    seen = bench.sunsets(32).x.astype("float32") / 255
    expected = base.predict_on_batch(seen).mean(axis=(1, 2))
    np.testing.assert_allclose(wrong, expected, atol=1e-3)
    assert not np.allclose(wrong, x, atol=0.1)


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValueError, match="no setting 'rate'"):
        Step(name="rate", setting="rate", values=(1,), epochs=1)


def test_missing_weights_are_said_before_anything_is_read(home, tmp_path, monkeypatch):
    from fire_course.transfer import weights as module

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    # A port on this machine that nothing listens on.
    monkeypatch.setattr(module, "_SERVER", "http://127.0.0.1:9/")
    with pytest.raises(transfer.WeightsError, match="_no_top.h5"):
        records.reproduce("fire-mobilenet", tmp_path / "nowhere", out=tmp_path / "r")


def test_a_set_without_a_test_part_is_tested_on_its_validation_part(pets):
    """Then the part to choose by is cut out of the training photographs."""
    root = pets / "cats_dogs"
    (root / "test").rename(root / "validation")
    options = {"image_size": 32, "validation": 0.25}
    photographs = transferring.Photographs("cats_dogs", pets, **options)
    train, held, test = photographs.train, photographs.validation, photographs.test()
    assert {name.split("/")[0] for name in (*train.names, *held.names)} == {"train"}
    assert {name.split("/")[0] for name in test.names} == {"validation"}
    assert (len(train.x), len(held.x), len(test.x)) == (18, 6, 8)
    assert not set(train.names) & set(held.names)
    facts = photographs.facts
    assert (facts["train"], facts["validation"], facts["test"]) == (18, 6, 8)
