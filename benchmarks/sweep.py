"""How much sooner a sweep ends on two processes than on one.

Each trial has one thread. Both sweeps train the same networks in processes that are
used again, so that the import of TensorFlow, paid once each, does not hide the ratio.
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from fire_course.sweep import NetworkTrial, grid, sweep


def photographs(count: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(count)
    labels = np.arange(count) % 2
    photos = generator.integers(0, 156, (count, 50, 50, 1), dtype=np.uint8)
    photos[labels == 1, 10:30, 10:30] += 100
    return photos, labels


def main() -> None:
    data = {"train": photographs(600), "validation": photographs(100)}
    trial = NetworkTrial("cats_dogs_cnn", epochs=3)
    chosen = grid(conv=[3], size=[32], seed=range(6))
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        for jobs in (1, 2):
            start = time.perf_counter()
            result = sweep(
                chosen,
                trial,
                out=Path(folder, str(jobs)),
                data=data,
                jobs=jobs,
                fresh=False,
            )
            seconds[jobs] = time.perf_counter() - start
            assert not result.failed
    rows = [
        {
            "figure": "sweep of 6 networks, one process / two",
            "value": seconds[1] / seconds[2],
            "unit": "x",
            "at_least": 1.5,
        },
        {
            "figure": "sweep of 6 networks, two processes",
            "value": seconds[2],
            "unit": "s",
        },
    ]
    for row in rows:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
