"""Shapes, pets, garments and lands: the same everywhere, and no puzzle of pixels.

The networks here are trained on a part of each set and for a few epochs; what they
reach on the whole sets stands in the chapters.
"""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from fire_course.data import folder, registry
from fire_course.data.render import garments, lands, pets, shapes
from fire_course.images import open_image

SETS = {"shapes": shapes, "pets": pets, "garments": garments, "lands": lands}
each = pytest.mark.parametrize("name", SETS)
FEW = {"train": 3, "validation": 1, "test": 2}
SMALL = {"shapes": 32, "pets": 128, "garments": 96, "lands": 96}


def draw(name: str, seed: int, kind: str | None = None) -> np.ndarray:
    return SETS[name].render(seed, kind=kind, size=SMALL[name])[0]


@each
def test_the_same_seed_draws_the_same_picture_and_another_another(name):
    a, b, c = (draw(name, seed, SETS[name].CLASS_NAMES[0]) for seed in (5, 5, 6))
    np.testing.assert_array_equal(a, b)
    assert a.dtype == np.uint8
    assert a.shape != c.shape or np.abs(a.astype(int) - c).mean() > 3


@each
def test_every_class_is_drawn_and_the_seed_decides_where_nothing_is_asked(name):
    kinds = SETS[name].CLASS_NAMES
    pictures = [draw(name, 3, kind) for kind in kinds]
    assert len({picture.tobytes() for picture in pictures}) == len(kinds)
    drawn = {SETS[name].render(seed, size=48)[1] for seed in range(30)}
    assert drawn <= set(kinds)
    assert len(drawn) > len(kinds) / 3


@each
def test_what_is_not_drawn_is_refused_in_words(name):
    with pytest.raises(ValueError, match="'unicorn'.*choose one of"):
        SETS[name].render(0, kind="unicorn")
    with pytest.raises(ValueError, match="too small"):
        SETS[name].render(0, kind=SETS[name].CLASS_NAMES[0], size=8)


def test_another_processor_draws_them_within_one_grey_level(tmp_path):
    """NumPy's plain code instead of the vector units', as far as there are any."""
    program = (
        "import sys, numpy\n"
        "from importlib import import_module\n"
        "pictures = []\n"
        "for name in ('shapes', 'pets', 'garments'):\n"
        "    renderer = import_module(f'fire_course.data.render.{name}')\n"
        "    for seed in range(12):\n"
        "        kind = renderer.CLASS_NAMES[seed % len(renderer.CLASS_NAMES)]\n"
        "        pictures.append(renderer.render(seed, kind=kind, size=96)[0])\n"
        "numpy.savez(sys.argv[1], *pictures)\n"
    )
    known = subprocess.run(
        [sys.executable, "-c", "import numpy; numpy.show_config()"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    features = (
        "SSE3 SSSE3 SSE41 POPCNT SSE42 AVX F16C FMA3 AVX2 AVX512F AVX512CD AVX512_SKX "
        "AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V3 X86_V4"
    )
    off = " ".join(feature for feature in features.split() if feature in known)
    found = []
    for number, disabled in enumerate(("", off)):
        out = tmp_path / f"{number}.npz"
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, str(out)],
            env=os.environ | {"NPY_DISABLE_CPU_FEATURES": disabled},
            check=True,
        )
        with np.load(out) as pictures:
            found.append([pictures[f"arr_{i}"] for i in range(36)])
    for here, there in zip(*found, strict=True):
        assert here.shape == there.shape
        assert np.abs(here.astype(int) - there).max() <= 1


def test_pets_are_of_many_sizes_upright_and_across():
    sides = [pets.render(seed)[0].shape[:2] for seed in range(24)]
    assert all(min(each) >= 76 and max(each) <= 256 for each in sides)
    assert max(max(each) for each in sides) > 200
    assert {h > w for h, w in sides} == {True, False}


def test_garments_have_the_classes_of_the_clothing_set():
    assert registry.get("clothing").class_names == garments.CLASS_NAMES
    assert registry.get("mountain_forest").class_names == lands.CLASS_NAMES


@each
def test_the_registry_says_what_is_drawn(name):
    entry, recipe = registry.get(name), SETS[name].RECIPE
    assert entry.embedded
    assert recipe.name == name
    assert entry.class_names == recipe.class_names
    assert entry.splits == tuple(recipe.counts)
    for split, count in recipe.counts.items():
        assert entry.counts[split] == dict.fromkeys(recipe.class_names, count)


@each
def test_a_set_holds_what_its_table_says(name, tmp_path):
    root = SETS[name].make(tmp_path / name, counts=FEW, size=SMALL[name], jobs=1)
    kinds = SETS[name].CLASS_NAMES
    assert folder.scan(root).counts() == {
        split: dict.fromkeys(kinds, count) for split, count in FEW.items()
    }
    with (root / "metadata.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["seed"] for row in rows}) == len(kinds) * sum(FEW.values())
    for row in rows[::7]:
        kind, seed = row["label"], int(row["seed"])
        assert Path(row["path"]).parent.name == kind
        np.testing.assert_array_equal(
            open_image(root / row["path"]), draw(name, seed, kind)
        )
    assert SETS[name].is_current(root)
    info = json.loads((root / f"{name}.json").read_text("utf-8"))
    (root / f"{name}.json").write_text(json.dumps(info | {"version": 0}), "utf-8")
    assert not SETS[name].is_current(root)


def test_a_set_replaces_only_itself(tmp_path):
    shapes.make(tmp_path / "mine", counts={"train": 1}, jobs=1)
    with pytest.raises(ValueError, match="holds files that are no garments"):
        garments.make(tmp_path / "mine", counts={"train": 1}, jobs=1)
    shapes.make(tmp_path / "mine", counts={"train": 2}, jobs=1)
    assert len(list((tmp_path / "mine/train/star").iterdir())) == 2


@each
def test_ctrl_c_in_the_middle_leaves_nothing(name, tmp_path):
    def stop(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SETS[name].make(
            tmp_path / name, counts=FEW, size=SMALL[name], jobs=1, progress=stop
        )
    assert list(tmp_path.iterdir()) == []


def test_a_kill_in_the_middle_leaves_no_set_and_the_next_run_makes_one(tmp_path):
    target = tmp_path / "shapes"
    program = (
        "import sys\n"
        "from fire_course.data.render import shapes\n"
        "shapes.make(sys.argv[1], jobs=1)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(target)])
    try:
        end = time.monotonic() + 60
        while not list(tmp_path.rglob("*.png")) and time.monotonic() < end:
            assert child.poll() is None
            time.sleep(0.02)
    finally:
        child.kill()
        child.wait()
    assert list(tmp_path.rglob("*.png"))
    assert not target.exists()
    shapes.make(target, counts=FEW, jobs=1)
    assert len(list(target.rglob("*.png"))) == 10 * sum(FEW.values())
    # what was killed may be at work still, for all anybody knows: not an hour later
    left = [path for path in tmp_path.iterdir() if path != target]
    assert len(left) == 1
    for path in (left[0], *left[0].rglob("*")):
        os.utime(path, (1e9, 1e9))
    shapes.make(target, counts=FEW, jobs=1)
    assert list(tmp_path.iterdir()) == [target]


def test_two_processes_draw_one_set_at_once(tmp_path):
    """Each waits for the other to begin; one of them gives the set, once."""
    target = tmp_path / "shapes"
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from fire_course.data.render import shapes\n"
        "target = Path(sys.argv[1])\n"
        "def wait(done, total):\n"
        "    end = time.monotonic() + 60\n"
        "    while len(list(target.parent.glob('.shapes.*'))) < 2 and done == 1:\n"
        "        if time.monotonic() > end:\n"
        "            sys.exit('the other did not come')\n"
        "        time.sleep(0.01)\n"
        "counts = {'train': 3, 'test': 2}\n"
        "made = shapes.make(target, counts=counts, jobs=1, progress=wait)\n"
        "print(made.stat().st_ino, len(list(made.rglob('*.png'))))\n"
    )
    command = [sys.executable, "-c", program, str(target)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        answers = [child.communicate(timeout=90)[0] for child in both]
    finally:
        for child in both:
            child.kill()
            child.wait()
    assert [child.returncode for child in both] == [0, 0]
    assert answers == [f"{target.stat().st_ino} 50\n"] * 2
    assert list(tmp_path.iterdir()) == [target]


def test_of_two_settings_at_once_the_last_to_end_stays(tmp_path):
    """And a folder that somebody filled meanwhile is left as it is."""
    target = tmp_path / "shapes"

    def other(done, total):
        if done == 1:
            shapes.make(target, counts={"train": 2}, jobs=1)

    shapes.make(target, counts={"train": 1}, jobs=1, progress=other)
    assert len(list(target.rglob("*.png"))) == 10
    assert list(tmp_path.iterdir()) == [target]

    def notes(done, total):
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine/notes.txt").write_text("mine")

    with pytest.raises(FileExistsError, match="holds other files"):
        shapes.make(tmp_path / "mine", counts={"train": 1}, jobs=1, progress=notes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "shapes"]
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


# --- what a model can learn from them -----------------------------------------


class Part(NamedTuple):
    """Pictures as a network gets them, and their labels."""

    x: np.ndarray
    y: np.ndarray


def prepared(root: Path, name: str, counts: dict[str, int]) -> tuple[Part, Part]:
    SETS[name].make(root / name, counts=counts, jobs=2)
    size = {"shapes": 32, "pets": 50, "garments": 64, "lands": 32}[name]
    splits = folder.load(root / name, image_size=size, arrays=True, validation=0)
    parts = [Part(*splits.train), Part(*splits.test)]
    if name == "pets":
        weights = np.array([0.299, 0.587, 0.114])
        parts = [Part((x @ weights)[..., None], y) for x, y in parts]
    return parts[0], parts[1]


def linear(train: Part, test: Part) -> float:
    """Accuracy of a linear model on pixels, at the best of three strengths."""
    from sklearn.linear_model import LogisticRegression

    skip = 1 if train.x.shape[1] <= 50 else 2  # else it takes a minute
    x, x_test = (
        part.x[:, ::skip, ::skip].reshape(len(part.x), -1) / 255 - 0.5
        for part in (train, test)
    )
    models = (LogisticRegression(C=c, max_iter=40) for c in (1e-4, 1e-3, 1e-2))
    reached = max(model.fit(x, train.y).score(x_test, test.y) for model in models)
    print(f"the linear model reaches {reached:.3f}")
    return reached


def garments_cnn() -> Any:
    """Four convolutions for pictures of 64 pixels; 86,458 parameters."""
    from fire_course.quiet import import_keras

    keras = import_keras()
    layers = keras.layers
    model = keras.Sequential([layers.Rescaling(1 / 127.5, offset=-1)])
    for count in (16, 32, 64, 96):
        model.add(layers.Conv2D(count, 3, use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
        model.add(layers.MaxPool2D())
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def network(train: Part, test: Part, build: Callable[[], Any], epochs: int) -> float:
    """Accuracy of a network on the test pictures; it sees half of all mirrored."""
    from fire_course.quiet import import_keras

    keras = import_keras()
    keras.utils.set_random_seed(0)
    mirror = keras.layers.RandomFlip("horizontal")
    model = keras.Sequential([keras.Input(train.x.shape[1:]), mirror, build()])
    # fast first, then ever slower: the last epoch is about the best
    steps = epochs * -(-len(train.x) // 32)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    two = model.output_shape[1] == 1
    loss = "binary_crossentropy" if two else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(rate), loss)
    model.fit(train.x, train.y, epochs=epochs, batch_size=32, verbose=0)
    scores = model.predict(test.x, verbose=0)
    guess = scores[:, 0] > 0.5 if two else scores.argmax(axis=1)
    reached = float((guess == test.y).mean())
    print(f"the network reaches {reached:.3f}")
    return reached


def test_shapes_need_a_network(tmp_path):
    from fire_course.models import cifar10_cnn

    train, test = prepared(tmp_path, "shapes", {"train": 250, "test": 40})
    assert linear(train, test) < 0.3
    assert network(train, test, cifar10_cnn, 8) > 0.6


def test_pets_need_a_network(tmp_path):
    from fire_course.models import cats_dogs_cnn

    train, test = prepared(tmp_path, "pets", {"train": 400, "test": 150})
    assert linear(train, test) < 0.65
    assert network(train, test, cats_dogs_cnn, 10) > 0.68


def test_garments_need_a_network(tmp_path):
    train, test = prepared(tmp_path, "garments", {"train": 160, "test": 30})
    assert linear(train, test) < 0.4
    assert network(train, test, garments_cnn, 8) > 0.7


def test_mountains_and_forests_can_be_learnt(tmp_path):
    """By a linear model too: see the card."""
    from fire_course.models import cifar10_cnn

    train, test = prepared(tmp_path, "lands", {"train": 60, "test": 30})
    assert linear(train, test) > 0.7
    assert network(train, test, cifar10_cnn, 40) > 0.75


def test_a_picture_on_the_disk_is_a_common_one(tmp_path):
    pets.make(tmp_path / "pets", counts={"train": 2}, jobs=1)
    for path in (tmp_path / "pets").rglob("*.jpg"):
        with Image.open(path) as picture:
            assert (picture.format, picture.mode) == ("JPEG", "RGB")
