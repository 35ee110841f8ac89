"""A data home with a few drawn pictures instead of photographs."""

import numpy as np
import pytest
from PIL import Image


def _picture(path, colour, seed):
    """Draw smooth blots, different enough that no two count as one photograph."""
    rng = np.random.default_rng(seed)
    blots = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    pixels = np.asarray(blots.resize((48, 48), Image.Resampling.BICUBIC), float)
    mixed = 0.4 * pixels + 0.6 * np.array(colour)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mixed.astype("uint8")).save(path)


@pytest.fixture
def home(tmp_path):
    """Give `fire` (32 to train, 12 to test, one a listed leak) and `sunsets`."""
    root, seed = tmp_path / "data", 0
    for split, count in (("train", 16), ("test", 6)):
        for name, colour in (("fire", (230, 90, 20)), ("nofire", (40, 110, 60))):
            for i in range(count):
                _picture(
                    root / f"fire/{split}/{name}/{i}.png", colour, seed := seed + 1
                )
    (root / "fire/leaky_test_images.txt").write_text("fire/test/fire/0.png\n")
    for i in range(4):
        _picture(root / f"sunsets/nofire/{i}.png", (220, 120, 60), 1000 + i)
    return root


@pytest.fixture
def pets(tmp_path):
    """Give `cats_dogs`: 24 to train, 8 to test."""
    root, seed = tmp_path / "pets", 5000
    for split, count in (("train", 12), ("test", 4)):
        for name, colour in (("cats", (230, 90, 20)), ("dogs", (40, 110, 60))):
            for i in range(count):
                path = root / f"cats_dogs/{split}/{name}/{i}.png"
                _picture(path, colour, seed := seed + 1)
    return root
