"""Writing exported files: the shipped detector's size, refusals, nothing by halves."""

import hashlib
import json
import logging
import subprocess
import sys

import numpy as np
import pytest

from fire_course import files, quiet
from fire_course.detector import Detector, DetectorError


def test_the_shipped_detector_fits_into_300_kilobytes(tmp_path, capfd, caplog):
    caplog.set_level(logging.INFO, "tensorflow")  # as it is in a notebook
    shipped = Detector.load("default")
    path = shipped.export(tmp_path / "fire.tflite", quantize=True)
    assert path.stat().st_size <= 300_000
    facts = json.loads((tmp_path / "fire.tflite.json").read_text())
    assert facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert facts["bytes"] == path.stat().st_size
    assert facts["quantized"] is True
    assert facts["calibrated_with"] == 100
    assert sorted(item.name for item in tmp_path.iterdir()) == [
        "fire.tflite",
        "fire.tflite.json",
    ]
    assert capfd.readouterr() == ("", "")  # TensorFlow keeps quiet
    assert not [each for each in caplog.records if each.name == "tensorflow"]

    pytest.importorskip("ai_edge_litert", reason="LiteRT files run on ai-edge-litert")
    from fire_course.data.render import scenes

    drawn = [scenes.render(5000 + i, size=128).image for i in range(16)]
    loaded = Detector.load(path)
    assert np.abs(loaded.score(drawn) - shipped.score(drawn)).max() < 0.1


def test_every_number_inside_is_a_whole_one(integers):
    """A layer left in floats would want another kernel, and its weights four bytes."""
    litert = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="LiteRT files run on ai-edge-litert"
    )
    with quiet.silenced():
        runner = litert.Interpreter(
            model_content=integers.read_bytes(),
            experimental_op_resolver_type=(
                litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            ),
        )
        runner.allocate_tensors()
    kinds = {np.dtype(one["dtype"]).kind for one in runner.get_tensor_details()}
    assert kinds <= {"i", "u"}
    (entry,) = runner.get_input_details()
    assert entry["dtype"] is np.uint8
    assert entry["quantization"] == (1.0, 0)  # a pixel is its own number


def test_photographs_show_which_values_occur(small, photos, tmp_path):
    """Calibrated in the dark, a network cannot tell one bright picture from another."""
    pytest.importorskip("ai_edge_litert", reason="LiteRT files run on ai-edge-litert")
    dark = small.export(
        tmp_path / "dark.tflite", quantize=True, calibration=photos[:4] // 64
    )
    exact = small.score(photos)
    error = np.abs(Detector.load(dark).score(photos) - exact).max()
    assert error > 0.05


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("m.keras", {}, r"ends in \.tflite or \.onnx"),
        (".tflite", {}, r"ends in \.tflite"),
        ("m.onnx", {"quantize": True}, "Only LiteRT files"),
        ("m.tflite", {"calibration": np.zeros((1, 64, 64, 3))}, "quantize=True too"),
        ("m.tflite", {"quantize": True, "calibration": []}, "none came"),
        (
            "m.tflite",
            {"quantize": True, "calibration": np.zeros((1, 64, 64))},
            "four|shape",
        ),
    ],
)
def test_what_cannot_be_written(small, tmp_path, name, options, sentence):
    with pytest.raises(DetectorError, match=sentence):
        small.export(tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_scenes_calibrate_fire_detectors_only(small, tmp_path):
    other = Detector(small.network, class_names=("cat", "dog"))
    with pytest.raises(DetectorError, match="cat, dog are told apart"):
        other.export(tmp_path / "m.tflite", quantize=True)


def test_a_folder_that_is_none(small, tmp_path):
    with pytest.raises(files.FileError, match="does not exist, make it first"):
        small.export(tmp_path / "missing" / "m.tflite")


def test_an_operation_that_litert_lacks_leaves_the_old_file(tmp_path, capfd):
    keras = quiet.import_keras()

    @keras.saving.register_keras_serializable("tests")
    class Spectrum(keras.layers.Layer):
        def call(self, x):
            real, _ = keras.ops.fft2((x, keras.ops.zeros_like(x)))
            return real

    inputs = keras.Input((32, 32, 3))
    x = keras.layers.GlobalAveragePooling2D()(Spectrum()(inputs))
    detector = Detector(keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(x)))
    (tmp_path / "m.tflite").write_bytes(b"the old file")
    with pytest.raises(DetectorError, match="cannot be written as LiteRT") as caught:
        detector.export(tmp_path / "m.tflite")
    assert "\n" not in str(caught.value)
    assert [item.name for item in tmp_path.iterdir()] == ["m.tflite"]
    assert (tmp_path / "m.tflite").read_bytes() == b"the old file"
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="limits file sizes by POSIX")
def test_a_disk_that_fills_up_leaves_nothing_by_halves(small, tmp_path):
    source = small.save(tmp_path / "source.keras")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "m.tflite").write_bytes(b"the old file")
    program = f"""
import resource, signal
from fire_course import detector, files
loaded = detector.Detector.load({str(source)!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
try:
    loaded.export({str(folder / "m.tflite")!r})
except (files.FileError, detector.DetectorError) as error:
    print(error)
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=200
    )
    assert run.stdout.count("\n") == 1, run.stderr
    assert [item.name for item in folder.iterdir()] == ["m.tflite"]
    assert (folder / "m.tflite").read_bytes() == b"the old file"


def test_an_uncalled_sequential_and_several_classes(tmp_path, photos):
    pytest.importorskip("tf2onnx", reason="ONNX is written with tf2onnx")
    pytest.importorskip("onnxruntime", reason="ONNX files run on onnxruntime")
    pytest.importorskip("ai_edge_litert", reason="LiteRT files run on ai-edge-litert")
    keras = quiet.import_keras()
    network = keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, "softmax"),
        ]
    )
    detector = Detector(network, class_names=("a", "b", "c"))
    exact = detector.predict_proba(photos)
    for name, options, error in (
        ("m.onnx", {}, 1e-5),
        ("m.tflite", {}, 1e-5),
        ("m8.tflite", {"quantize": True, "calibration": photos}, 0.02),
    ):
        loaded = Detector.load(detector.export(tmp_path / name, **options))
        rows = loaded.predict_proba(photos)
        np.testing.assert_allclose(rows, exact, atol=error)
        np.testing.assert_allclose(rows.sum(1), 1, atol=1e-6)
