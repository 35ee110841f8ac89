"""What it costs to import the package and to ask the command line for help."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("fire-course")
ROUNDS = 15


def seconds(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def imported(module: str) -> float:
    return seconds(sys.executable, "-c", f"import {module}")


# In turns, so that whatever else the machine does meets both alike; the first round
# only fills the disk cache.
rounds = [(imported("numpy"), imported("fire_course")) for _ in range(ROUNDS + 1)][1:]
numpy, ours = (statistics.median(times) for times in zip(*rounds, strict=True))
help_time = statistics.median(seconds(str(PROGRAM), "--help") for _ in range(ROUNDS))

for figure, value, unit, bar in (
    ("import fire_course / import numpy", ours / numpy, "x", 1.3),
    ("fire-course --help", help_time, "s", 0.5),
):
    print(json.dumps({"figure": figure, "value": value, "unit": unit, "at_most": bar}))
