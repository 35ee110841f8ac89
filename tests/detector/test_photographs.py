"""Formats agree on real photographs, and chapter 16 tells by how much."""

import json

import pytest

from fire_course.data import load
from fire_course.detector import Detector, compare_formats
from fire_course.records.store import FOLDER


@pytest.fixture(scope="module")
def recorded() -> dict:
    return json.loads((FOLDER / "default-int8.json").read_text("utf-8"))


def test_the_record_is_of_the_shipped_detector(recorded):
    shipped = Detector.load("default")
    assert recorded["threshold"] == shipped.threshold
    assert tuple(recorded["image_size"]) == shipped.image_size
    assert recorded["quantized"] is True
    floats, integers = recorded["check"]
    assert floats["name"] == "default" and floats["flips"] == 0
    assert floats["pictures"] == integers["pictures"]
    # As its card says, on the same photographs.
    run = json.loads((FOLDER / "fire-net-scenes.json").read_text("utf-8"))
    assert floats["pictures"] == run["test"]["count"]
    assert floats["f1"] == pytest.approx(run["test"]["f1"], abs=1e-6)


def test_formats_agree_on_photographs(real_data, tmp_path, recorded):
    for package in ("ai_edge_litert", "tf2onnx", "onnxruntime"):
        pytest.importorskip(package, reason="it belongs to fire-course[export]")
    shipped = Detector.load("default")
    formats = {
        "Keras": shipped,
        "LiteRT": Detector.load(shipped.export(tmp_path / "f.tflite")),
        "LiteRT, 8 bits": Detector.load(
            shipped.export(tmp_path / "f8.tflite", quantize=True)
        ),
        "ONNX": Detector.load(shipped.export(tmp_path / "f.onnx")),
    }
    photos, labels = load(
        real_data / "fire", image_size=128, only=("test",), arrays=True
    ).test

    rows = {row.name: row for row in compare_formats(formats, photos, labels)}
    for name in ("LiteRT", "ONNX"):
        assert rows[name].max_difference < 1e-5
        assert rows[name].flips == 0
        assert rows[name].f1_drop == 0
    int8 = rows["LiteRT, 8 bits"]
    assert int8.mean_difference < 0.01
    assert int8.max_difference < 0.1
    assert int8.flips <= 4
    assert abs(int8.f1_drop) < 0.015

    floats, integers = recorded["check"]
    assert integers["pictures"] == int8.pictures
    # Another version of the converter may turn a last digit.
    assert integers["flips"] == pytest.approx(int8.flips, abs=1)
    assert integers["mean_difference"] == pytest.approx(int8.mean_difference, abs=0.001)
    assert integers["max_difference"] == pytest.approx(int8.max_difference, abs=0.01)
    assert floats["f1"] == pytest.approx(rows["Keras"].f1, abs=0.001)
    assert integers["f1"] == pytest.approx(int8.f1, abs=0.01)
