"""A watcher in a process of its own, to be killed: scripted scores, a round at a time.

``python watch_job.py FOLDER ROUNDS`` goes on at the step that the last one reached.
"""

import sys
from pathlib import Path

import numpy as np

from fire_course.cameras.listing import Camera
from fire_course.cameras.rules import Rule
from fire_course.cameras.snapshot import Snapshot
from fire_course.cameras.watch import Watcher

CAMERAS, PERIOD, FIRE = 8, 40, 20


def burns(number, step):
    """Tell whether a camera sees a fire: for 20 of 40 steps, each at another time."""
    since = step - 5 * number
    return since >= 0 and since % PERIOD >= PERIOD - FIRE


def main(folder, rounds):
    steps = folder / "steps"  # the world's time: a byte a step, which no kill undoes

    def step():
        return steps.stat().st_size if steps.exists() else 0

    def fetch(cameras, memories):
        now = step()
        with steps.open("ab") as stream:
            stream.write(b".")
        return [
            Snapshot(
                camera,
                np.full((1, 1, 3), 230 if burns(number, now) else 20, "uint8"),
                60.0 * now,
                0.0,
                None,
                3,
            )
            for number, camera in enumerate(cameras)
        ]

    watcher = Watcher(
        [Camera(f"hill {i}", f"http://cam{i}.example/") for i in range(CAMERAS)],
        fetch=fetch,
        score=lambda pictures: [each[0, 0, 0] / 255 for each in pictures],
        rule=Rule(votes=3, of=5, cooldown=0),
        folder=folder / "watch",
        interval=0,
        clock=lambda: 60.0 * step(),
    )
    print("ready", flush=True)
    while step() < rounds:
        watcher.round()
    watcher.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
