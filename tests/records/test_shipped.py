"""The course's own records: what `reproduce` would do today, and what was shipped."""

import json
from importlib import resources

import pytest

from fire_course import records
from fire_course.data import load
from fire_course.detector import Detector
from fire_course.records.store import FOLDER

NAMES = sorted(set(records.EXPERIMENTS) & {path.stem for path in FOLDER.glob("*.json")})


def test_there_are_records():
    assert "fire-net-scenes" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_command_of_a_record_still_does_what_it_did(name):
    record = records.read(name)
    assert record["experiment"] == name
    assert record["settings"] == records.get(name).settings()
    assert record["command"].startswith(f"fire-course reproduce {name} ")
    assert 1 <= record["best_epoch"] <= len(record["curve"]["loss"])
    assert len(record["curve"]["loss"]) == record["settings"]["epochs"]


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_its_false_alarms_beside_it(name):
    record = records.read(name)
    assert record["test"]["count"] == 337
    assert len(record["test"]["intervals"]["accuracy"]) == 2
    assert record["sunsets"]["count"] == 36
    assert len(record["sunsets"]["interval"]) == 2


def test_the_default_model_is_the_one_of_the_record():
    card = resources.files("fire_course") / "weights" / "default.json"
    saved = records.read("fire-net-scenes")["saved"]
    assert json.loads(card.read_text("utf-8"))["sha256"] == saved["sha256"]
    assert saved["bytes"] <= 1_500_000
    # The run that is shown is the one that ships: the first seed, not the best.
    assert saved["seed"] == records.read("fire-net-scenes")["seed"]


def test_the_default_model_scores_as_recorded(real_data):
    record = records.read("fire-net-scenes")
    detector = Detector.load("default")
    assert detector.threshold == record["threshold"]

    def mistakes(name):
        size = record["settings"]["image_size"]
        options = {"only": ("test",), "allow_one_class": True, "arrays": True}
        x, y = load(real_data / name, image_size=size, **options).test
        return int(((detector.score(x) >= detector.threshold) != (y == 1)).sum())

    # A photograph may lie so near the threshold that another machine's rounding
    # decides it.
    (_, alarms), (missed, _) = record["test"]["confusion"]
    assert mistakes("fire") == pytest.approx(alarms + missed, abs=1)
    assert mistakes("sunsets") == pytest.approx(record["sunsets"]["flagged"], abs=1)
