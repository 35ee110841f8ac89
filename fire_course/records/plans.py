"""The settings of the recorded runs that repeat what sources trained beside fire."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fire_course.records.steps import Layer


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    epochs, batch_size : int
    learning_rate : float
        Of Adam; of AdamW if `weight_decay` is above 0.
    schedule : str
        "constant", or "cosine": from `learning_rate` down to 0 over all epochs,
        after `warmup` epochs of rising.
    warmup : float
    weight_decay : float
    augmentation : tuple of (str, dict)
        Layers of `keras.layers` by name, with their arguments, applied to training
        pictures in this order.
    monitor : str
        Figure by which the epoch is chosen.
    """

    epochs: int
    batch_size: int = 32
    learning_rate: float = 1e-3
    schedule: str = "constant"
    warmup: float = 0.0
    weight_decay: float = 0.0
    augmentation: tuple[Layer, ...] = ()
    monitor: str = "val_loss"

    def __post_init__(self) -> None:
        if self.schedule not in ("constant", "cosine"):
            raise ValueError(f"schedule is {self.schedule!r}: it is constant or cosine")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What all of these runs have in common.

    Attributes
    ----------
    title : str
    data : str
        Name of the set of photographs.
    model : str
        A name of `fire_course.models`.
    image_size : int
        Pixels in height and width that the network sees.
    recipe : Recipe
        The training whose test figures the record shows.
    validation : float
        Share of the training photographs held out to choose by; 0 if nothing is
        chosen.
    split_seed : int
        Decides which; the same for every seed of the training.
    seeds : tuple of int
        One training each.
    notes : str
        What was tried before: whatever a look at test pictures may have changed is
        said here, for those who judge the figures.
    """

    title: str
    data: str
    model: str
    image_size: int
    recipe: Recipe
    validation: float = 0.2
    split_seed: int = 0
    seeds: tuple[int, ...] = (0, 1, 2)
    notes: str = ""

    @property
    def epochs(self) -> int:
        """Epochs of the training that is shown."""
        return self.recipe.epochs

    def settings(self) -> dict[str, Any]:
        """Return all settings but title and notes, ready for JSON."""
        rows = plain(dataclasses.asdict(self))
        # The record names the seeds that were run.
        return {k: v for k, v in rows.items() if k not in ("title", "notes", "seeds")}

    def shortened(self, epochs: int) -> Plan:
        """Return the same plan with other epochs."""
        recipe = dataclasses.replace(self.recipe, epochs=epochs)
        return dataclasses.replace(self, recipe=recipe)


@dataclass(frozen=True, kw_only=True)
class TrainingPlan(Plan):
    """One network, trained with several seeds."""


@dataclass(frozen=True, kw_only=True)
class SweepPlan(Plan):
    """Many networks, of which validation chooses one, which is then trained longer.

    Attributes
    ----------
    choices : mapping
        Options of the network and the values to try: every combination.
    sweep : Recipe
        How each of them is trained. Of a recipe a sweep knows epochs, batch size
        and learning rate.
    mirrored : bool
        In the sweep each training photograph comes with its mirror image.
    repeats : tuple of int
        Seeds with which the chosen network repeats its training in the sweep, to
        see how much of its rank is luck. The sweep itself has seed 0.
    """

    choices: Mapping[str, tuple[Any, ...]]
    sweep: Recipe
    mirrored: bool = True
    repeats: tuple[int, ...] = ()

    def shortened(self, epochs: int) -> Plan:
        """Return the same plan with other epochs, in the sweep no more than before."""
        sweep = dataclasses.replace(self.sweep, epochs=min(epochs, self.sweep.epochs))
        recipe = dataclasses.replace(self.recipe, epochs=epochs)
        return dataclasses.replace(self, sweep=sweep, recipe=recipe)


@dataclass(frozen=True, kw_only=True)
class HomeworkPlan(Plan):
    """A network trained by momentum, first as it is and then with augmentation.

    The recipe's epochs are those of each of the two parts, and its augmentation is
    the second's. The test photographs are looked at after each epoch, as the
    questions ask, but nothing is chosen by them.

    Attributes
    ----------
    momentum : float
        Of stochastic gradient descent.
    """

    momentum: float = 0.8


def plain(value: Any) -> Any:
    """Make lists of tuples, so that settings are what a JSON file gives back."""
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


_FLIP: Layer = ("RandomFlip", {"mode": "horizontal"})
_CROPS: tuple[Layer, ...] = (
    _FLIP,
    # Zooming in only: a photograph has nothing to show outside its frame.
    (
        "RandomZoom",
        {"height_factor": [-0.25, 0.0], "width_factor": [-0.25, 0.0]},
    ),
    ("RandomTranslation", {"height_factor": 0.1, "width_factor": 0.1}),
    ("RandomContrast", {"factor": 0.2, "value_range": [0, 255]}),
)

#: Every such run by name.
PLANS: Mapping[str, Plan] = {
    # The source trained 8 epochs on 50,000 pictures. On a fifth of them the network
    # begins to learn them by heart after some ten.
    "cifar10-cnn": TrainingPlan(
        title="cifar10_cnn on a fifth of CIFAR-10",
        data="cifar10",
        model="cifar10_cnn",
        image_size=32,
        validation=0.1,
        recipe=Recipe(epochs=15),
        notes="Run once.",
    ),
    "cats-dogs-sweep": SweepPlan(
        title="27 networks on cats and dogs, and the best of them trained longer",
        data="cats_dogs",
        model="cats_dogs_cnn",
        image_size=50,
        choices={"conv": (1, 2, 3), "size": (32, 64, 128), "dense": (0, 1, 2)},
        sweep=Recipe(epochs=6),
        repeats=(1, 2),
        recipe=Recipe(
            epochs=20,
            learning_rate=2e-3,
            schedule="cosine",
            warmup=1,
            weight_decay=1e-3,
            augmentation=_CROPS,
        ),
        notes=(
            "The 27 were trained once, and so were their repeats and the longer training. "
            "The machine did other work beside it, so the seconds of a trial say little: "
            "compare multiply_adds."
        ),
    ),
    # What the 27 leave on the table: colour, size, batch normalisation, patience.
    "cats-dogs-fire-net": TrainingPlan(
        title="fire_net on cats and dogs, in colour, larger and for longer",
        data="cats_dogs",
        model="fire_net",
        image_size=128,
        recipe=Recipe(
            epochs=100,
            learning_rate=2e-3,
            schedule="cosine",
            warmup=3,
            weight_decay=1e-3,
            augmentation=(
                *_CROPS,
                ("RandomRotation", {"factor": 15 / 360, "fill_mode": "nearest"}),
            ),
        ),
        seeds=(0,),
        notes="Run once.",
    ),
    # Homework 8 of Machine Learning Zoomcamp, on other photographs than its own.
    "homework-cnn": HomeworkPlan(
        title="homework_cnn on cats and dogs, and its six questions",
        data="cats_dogs",
        model="homework_cnn",
        image_size=150,
        validation=0.0,
        seeds=(0,),
        recipe=Recipe(
            epochs=10,
            batch_size=20,
            learning_rate=0.002,
            monitor="loss",
            augmentation=(
                ("RandomRotation", {"factor": 50 / 360, "fill_mode": "nearest"}),
                (
                    "RandomTranslation",
                    {
                        "height_factor": 0.1,
                        "width_factor": 0.1,
                        "fill_mode": "nearest",
                    },
                ),
                (
                    "RandomZoom",
                    {
                        "height_factor": [-0.1, 0.1],
                        "width_factor": [-0.1, 0.1],
                        "fill_mode": "nearest",
                    },
                ),
                _FLIP,
            ),
        ),
        notes="Run once.",
    ),
}
