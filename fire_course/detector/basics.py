"""What every part of a detector shares: its error, its answer, its names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEFAULT = "default"
"""The name of the detector that is installed with the package."""

MEMBER = "fire_course.json"
"""Where in a file of Keras's a detector's own facts stand."""

FORMAT = 1  # raised when a file of today could not be read by yesterday's code
# Keras's own members are checked by Keras; ours holds a few names and numbers.
FACTS_LIMIT = 1_000_000
WEIGHTS = ".weights.h5"

Path_ = str | os.PathLike[str]
Photos = NDArray[np.generic] | Sequence[NDArray[np.generic]]


class DetectorError(ValueError):
    """A detector that cannot be made, written or read, in one sentence."""


@dataclass(frozen=True)
class Prediction:
    """What a detector says about one photograph.

    Attributes
    ----------
    path : str
        The photograph.
    score : float or None
        Probability of fire; with more than two classes, of `label`.
    label : str or None
        Name of the class.
    error : str or None
        Why there is no answer; then score and label are None.
    """

    path: str
    score: float | None = None
    label: str | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary, ready for JSON."""
        return asdict(self)


def outputs_of(network: Any) -> int:
    """Return how many probabilities a network gives for a photograph."""
    shape = network.output_shape
    if not isinstance(shape, tuple) or len(shape) != 2 or not shape[1]:
        raise DetectorError(
            f"{network.name} gives {shape}: a detector needs a network with one row of "
            "probabilities for a photograph."
        )
    return int(shape[1])


def named_file(path: Path_, ending: str) -> Path:
    """Return a path to write to; refuse a name without the ending."""
    path = Path(path)
    if not path.name.endswith(ending) or path.name == ending:
        raise DetectorError(f"{path}: give the file a name that ends in {ending}.")
    return path
