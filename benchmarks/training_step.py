"""How fast a network trains: fed by our loader, by the sources' recipe, from memory.

The sources feed `ImageDataGenerator.flow_from_directory` to `fit`: each photograph is
decoded anew in each epoch, on the thread that trains. Arrays in memory are the limit:
no loader can be faster than the step itself.
"""

import json
import shutil
import tempfile
import time
from pathlib import Path

from fire_course import models, quiet
from fire_course.data import load
from fire_course.data.render import scenes

SIZE, BATCH = 64, 32
DRAWN, COPIES = 24, 16  # copies of a file cost as much to decode as others do
COUNT = DRAWN * COPIES


def write(root: Path) -> None:
    for kind in scenes.CLASS_NAMES:
        folder = root / "train" / kind
        folder.mkdir(parents=True)
        for seed in range(DRAWN // 2):
            data, *_ = scenes.draw(seed, kind=kind)
            first = folder / f"{seed}-0.jpg"
            first.write_bytes(data)
            for copy in range(1, COPIES):
                shutil.copyfile(first, folder / f"{seed}-{copy}.jpg")


def trainer():
    """Return a function that trains one epoch and gives photographs a second."""
    network = models.cifar10_cnn((SIZE, SIZE, 3), classes=1, seed=0)
    network.compile("adam", "binary_crossentropy")

    def epoch(*data, **options) -> float:
        start = time.perf_counter()
        network.fit(*data, epochs=1, verbose=0, **options)
        return COUNT / (time.perf_counter() - start)

    return epoch


def main() -> None:
    tf = quiet.import_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        # The network scales by itself, so the generator need not.
        old = tf.keras.preprocessing.image.ImageDataGenerator().flow_from_directory(
            Path(folder, "train"),
            target_size=(SIZE, SIZE),
            batch_size=BATCH,
            class_mode="binary",
        )
        options = {"image_size": SIZE, "validation": 0}
        ours = load(folder, batch_size=BATCH, **options).train
        photos, labels = load(folder, arrays=True, **options).train
        feeds = {
            "ours": ((ours,), {}),
            "old": ((old,), {}),
            "memory": ((photos, labels), {"batch_size": BATCH}),
        }
        rates: dict[str, list[float]] = {name: [] for name in feeds}
        epochs = {name: trainer() for name in feeds}
        # In turns, so that whatever else the machine does meets all alike; the first
        # round compiles the step and fills our cache.
        for round_ in range(4):
            for name, (data, how) in feeds.items():
                rate = epochs[name](*data, **how)
                if round_:
                    rates[name].append(rate)
    best = {name: max(found) for name, found in rates.items()}
    for figure, value, unit, bar in (
        (
            "training, our loader / the sources' recipe",
            best["ours"] / best["old"],
            "x",
            # More than memory / recipe cannot be had: the rest is the step itself.
            {"at_least": 1},
        ),
        (
            "training, our loader / from memory",
            best["ours"] / best["memory"],
            "x",
            {"at_least": 0.8},
        ),
        ("training, the recipe / from memory", best["old"] / best["memory"], "x", {}),
        (f"photographs of 250 px at {SIZE} px, trained", best["ours"], "/s", {}),
    ):
        print(json.dumps({"figure": figure, "value": value, "unit": unit, **bar}))


if __name__ == "__main__":
    main()
