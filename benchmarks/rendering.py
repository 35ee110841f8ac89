"""How many scenes a second are drawn and written, on two cores."""

import json
import tempfile
import time
from pathlib import Path

from fire_course.data.render import scenes

COUNTS = {"train": 200, "validation": 0, "test": 0}

with tempfile.TemporaryDirectory() as folder:
    # four batches: so that both processes have imported what they draw with
    scenes.make(Path(folder, "warm"), jobs=2, counts={"train": 16})
    start = time.perf_counter()
    scenes.make(Path(folder, "scenes"), jobs=2, counts=COUNTS)
    rate = 2 * COUNTS["train"] / (time.perf_counter() - start)
print(
    json.dumps({"figure": "scenes drawn", "value": rate, "unit": "/s", "at_least": 40})
)
