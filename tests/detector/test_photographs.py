"""Formats agree on real photographs, and chapter 16 tells by how much."""

import ast
import re
from pathlib import Path

import pytest

from fire_course.data import load
from fire_course.detector import Detector, compare_formats

CHAPTER = Path(__file__).parents[2] / "book" / "4_fire" / "16_shipping_it.md"


def test_formats_agree_on_photographs(real_data, tmp_path, monkeypatch, capsys):
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
    monkeypatch.setenv("FIRE_COURSE_DATA", str(real_data))
    # The chapter's own cell, so that what it prints is what a reader gets.
    text = CHAPTER.read_text(encoding="utf-8")
    (counting,) = re.findall(r"^```python\n(x, y = .*?)```", text, re.M | re.S)
    names = {"load": load, "compare_formats": compare_formats, "formats": formats}
    exec(counting, names)
    assert len(capsys.readouterr().out.splitlines()) == len(formats)

    rows = {row.name: row for row in compare_formats(formats, names["x"], names["y"])}
    for name in ("LiteRT", "ONNX"):
        assert rows[name].max_difference < 1e-5
        assert rows[name].flips == 0
        assert rows[name].f1_drop == 0
    int8 = rows["LiteRT, 8 bits"]
    assert int8.mean_difference < 0.01
    assert int8.max_difference < 0.1
    assert int8.flips <= 4
    assert abs(int8.f1_drop) < 0.015

    (written,) = re.findall(r"^photographs = (\{.*?\})$", text, re.M | re.S)
    told = ast.literal_eval(written)
    assert told["pictures"] == int8.pictures
    # Another version of the converter may turn a last digit.
    assert told["flips"] == pytest.approx(int8.flips, abs=1)
    assert told["mean"] == pytest.approx(int8.mean_difference, abs=0.001)
    assert told["most"] == pytest.approx(int8.max_difference, abs=0.01)
    assert told["f1"] == pytest.approx(rows["Keras"].f1, abs=0.001)
    assert told["f1_8"] == pytest.approx(int8.f1, abs=0.01)
