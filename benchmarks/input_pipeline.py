"""How fast photographs reach a network: our loader against Keras's old generator.

`ImageDataGenerator` decodes every file anew in each epoch; `load` decodes once. So
the first epoch is given beside the later ones, of which a training has many.
"""

import json
import shutil
import tempfile
import time
from pathlib import Path

from fire_course import quiet
from fire_course.data import load
from fire_course.data.render import scenes

SIZE, BATCH = 128, 32
DRAWN, COPIES = 40, 12  # copies of a file cost as much to decode as others do


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


def rate(batches) -> float:
    """Images a second over one epoch."""
    start, count = time.perf_counter(), 0
    for images, _ in batches:
        count += len(images)
    assert count == DRAWN * COPIES
    return count / (time.perf_counter() - start)


def main() -> None:
    tf = quiet.import_tensorflow()
    generator = tf.keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        old = generator.flow_from_directory(
            Path(folder, "train"), target_size=(SIZE, SIZE), batch_size=BATCH
        )
        for _ in load(folder, image_size=SIZE, validation=0, limit=1).train:
            pass  # the engine starts once a process, not once an epoch
        start = time.perf_counter()
        ours = load(folder, image_size=SIZE, batch_size=BATCH, validation=0).train
        first = rate(ours)
        reading = DRAWN * COPIES / (time.perf_counter() - start)
        # In turns, so that whatever else the machine does meets both alike.
        pairs = [(rate(ours), rate(old[i] for i in range(len(old)))) for _ in range(3)]
    cached, uncached = (max(rates) for rates in zip(*pairs, strict=True))
    for figure, value, unit in (
        ("a later epoch, ours / ImageDataGenerator", cached / uncached, "x"),
        ("the first epoch, ours / ImageDataGenerator", reading / uncached, "x"),
        ("photographs of 250 px at 128 px, later epochs", max(cached, first), "/s"),
    ):
        bar = {"at_least": 3} if "later epoch, ours" in figure else {}
        print(json.dumps({"figure": figure, "value": value, "unit": unit, **bar}))


if __name__ == "__main__":
    main()
