"""Programs that the tests start beside themselves."""

import sys
import time
from pathlib import Path

import numpy as np


def photographs():
    return np.random.default_rng(4).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)


def network():
    from fire_course import models

    return models.fire_net((32, 32, 3), width=0.25, seed=6)


def extract(folder: str, out: str) -> None:
    """Wait for the other program, then make the same features as it does."""
    from fire_course import transfer

    model = network()
    Path(out).with_suffix(".ready").touch()
    end = time.monotonic() + 120
    while len(list(Path(out).parent.glob("*.ready"))) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    np.save(out, transfer.features(model, photographs(), cache=folder))


def write(folder: str, _: str) -> None:
    """Write without end; the test kills this program."""
    from fire_course.transfer.cache import FeatureCache

    cache = FeatureCache(folder)
    generator = np.random.default_rng()
    print("writing", flush=True)
    for _ in range(100_000):
        rows = generator.random((400, 1280), np.float32)
        cache.write("a" * 32, {generator.bytes(32): row for row in rows})


if __name__ == "__main__":
    {"extract": extract, "write": write}[sys.argv[1]](*sys.argv[2:])
