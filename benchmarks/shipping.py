"""One photograph, and a batch of 32, through each way to run the shipped detector.

Its own file, LiteRT in floats, in 8-bit integers and with 8-bit weights alone
("dynamic range"), and ONNX. All with as many threads as there are cores.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fire_course import quiet
from fire_course.data.render import scenes
from fire_course.detector import Detector, compare_formats
from fire_course.detector.exporting import integers, write_litert
from fire_course.detector.runtimes import LiteRTNetwork

keras, tf = quiet.import_keras(), quiet.import_tensorflow()


def milliseconds(calls: dict, rounds: int = 40) -> dict[str, float]:
    """Time calls in turns; the quickest of each, which other programs disturb least."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 3):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if number >= 3:
                times[name].append(time.perf_counter() - start)
    return {name: 1000 * min(each) for name, each in times.items()}


def report(figure: str, value: float, unit: str, **bar: float) -> None:
    print(json.dumps({"figure": figure, "value": value, "unit": unit, **bar}))


START = """
import sys, time
begin = time.process_time()
import numpy as np
from fire_course.detector import Detector
Detector.load(sys.argv[1]).score(np.zeros((1, 128, 128, 3), "uint8"))
assert "tensorflow" not in sys.modules
print(time.process_time() - begin)
"""


def depthwise(folder: Path) -> None:
    """Compare the two ways of rounding on a network of depthwise convolutions."""
    photos = np.stack([scenes.render(i, size=224).image for i in range(4)])
    inputs = keras.Input((224, 224, 3))
    base = keras.applications.MobileNetV2(
        weights=None,
        include_top=False,
        pooling="avg",
        input_tensor=keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs),
    )
    answer = keras.layers.Dense(1, activation="sigmoid")(base.output)
    detector = Detector(keras.Model(inputs, answer))
    ways = {
        "float": {},
        "dynamic range": {"optimizations": [tf.lite.Optimize.DEFAULT]},
        "int8": integers(list(photos.astype("float32"))),
    }
    calls = {}
    for name, options in ways.items():
        write_litert(detector, folder / "mobile.tflite", **options)
        content = (folder / "mobile.tflite").read_bytes()
        runner = LiteRTNetwork(content, name=name)
        calls[name] = lambda runner=runner: runner.predict_on_batch(photos[:1])
    found = milliseconds(calls, 20)
    for name, value in found.items():
        report(f"MobileNetV2, one photo: LiteRT {name}", value, "ms")
    ratio = found["int8"] / found["dynamic range"]
    report("MobileNetV2: int8 / dynamic range", ratio, "x", at_most=0.6)


def main() -> None:
    shipped = Detector.load("default")
    network = shipped.network
    size = shipped.image_size[0]
    photos = np.stack([scenes.render(i, size=size).image for i in range(64)])
    labels = np.array([scenes.render(i, size=64).metadata["label"] for i in range(64)])
    compiled = tf.function(lambda batch: network(batch, training=False))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        detectors = {
            "Keras": shipped,
            "LiteRT float": Detector.load(shipped.export(place / "float.tflite")),
            "LiteRT int8": Detector.load(
                shipped.export(place / "int8.tflite", quantize=True)
            ),
            "ONNX Runtime": Detector.load(shipped.export(place / "fire.onnx")),
        }
        write_litert(
            shipped,
            place / "dynamic.tflite",
            optimizations=[tf.lite.Optimize.DEFAULT],
        )
        weights_alone = Detector(
            LiteRTNetwork((place / "dynamic.tflite").read_bytes(), name="dynamic"),
            threshold=shipped.threshold,
        )
        detectors["LiteRT dynamic range"] = weights_alone
        for name in ("float.tflite", "dynamic.tflite", "int8.tflite", "fire.onnx"):
            bar = {"at_most": 300} if name == "int8.tflite" else {}
            report(f"size of {name}", (place / name).stat().st_size / 1000, "kB", **bar)
        for count in (1, 32):
            batch = photos[:count]
            floats = batch.astype("float32")
            tensor = tf.constant(floats)
            calls = {
                "model.predict": lambda b=floats: network.predict(b, verbose=0),
                "a compiled function": lambda t=tensor: compiled(t).numpy(),
            }
            for name, detector in list(detectors.items())[1:]:
                run = detector.network.predict_on_batch
                # Pictures are bytes: whoever wants floats has to make them.
                calls[name] = lambda run=run, b=batch: run(b)
            with quiet.silenced():
                found = milliseconds(calls)
            words = "one photo" if count == 1 else f"batch of {count}"
            for name, value in found.items():
                report(f"{words}: {name}", value, "ms")
            report(
                f"{words}: int8 is faster than predict",
                found["model.predict"] / found["LiteRT int8"],
                "x",
                **({"at_least": 5} if count == 1 else {}),
            )
        for row in compare_formats(detectors, photos, labels == "fire")[1:]:
            exact = row.name in ("LiteRT float", "ONNX Runtime")
            report(
                f"largest difference of a score: {row.name}",
                row.max_difference,
                "",
                at_most=1e-4 if exact else 0.15,
            )
            report(f"labels that change, of 64 scenes: {row.name}", row.flips, "")
        depthwise(place)
        starts = [
            subprocess.run(
                [sys.executable, "-c", START, str(place / "int8.tflite")],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for _ in range(3)
        ]
        report(
            "processor time to start and judge one photo, int8",
            min(map(float, starts)),
            "s",
            at_most=1.0,
        )


if __name__ == "__main__":
    main()
