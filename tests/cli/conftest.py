"""A command line to call, photographs to call it on, a model whose scores are known."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

GREEN, RED, ORANGE, DARK = (30, 120, 40), (230, 40, 20), (220, 150, 40), (20, 30, 25)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def cli(capfd, monkeypatch, tmp_path):
    """Run ``fire-course`` in this process, in an empty folder, with all its output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FIRE_COURSE_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        from fire_course.cli import main

        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["fire-course", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            main()
        return Answer(leaving.value.code or 0, *capfd.readouterr())

    return run


def picture(path, colour, seed=0, size=(40, 36)):
    """Write one picture of a noisy colour."""
    rng = np.random.default_rng(seed)
    pixels = np.array(colour) + rng.integers(-20, 21, (*size, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(pixels, 0, 255).astype("uint8")).save(path)
    return path


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> Path:
    """A folder with train and test; in the test part two of six look like fire wrongly.

    The test part holds 4 fires, one of them dark, and 6 others, two of them orange.
    """
    root = tmp_path_factory.mktemp("photos")
    for i in range(12):
        picture(root / f"train/fire/{i:02}.png", RED, seed=i)
        picture(root / f"train/nofire/{i:02}.png", GREEN, seed=100 + i)
    rows = ["path,label,category"]
    test = [("fire", "front", RED)] * 3 + [("fire", "night", DARK)]
    test += [("nofire", "plain", GREEN)] * 4 + [("nofire", "sunset", ORANGE)] * 2
    for i, (label, category, colour) in enumerate(test):
        name = f"test/{label}/{i}.png"
        picture(root / name, colour, seed=200 + i)
        rows.append(f"{name},{label},{category}")
    (root / "metadata.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """A detector that looks at red minus green alone: RED and ORANGE are fire to it."""
    from fire_course import quiet
    from fire_course.detector import Detector

    keras = quiet.import_keras()
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.GlobalAveragePooling2D()(inputs)
    x = keras.layers.Dense(1, name="logit")(x)
    network = keras.Model(inputs, keras.layers.Activation("sigmoid", name="score")(x))
    network.get_layer("logit").set_weights(
        [np.array([[0.04], [-0.04], [0]], "float32"), np.array([-1.0], "float32")]
    )
    path = tmp_path_factory.mktemp("model") / "red.keras"
    Detector(network).save(path)
    return path
