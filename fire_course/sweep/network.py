"""The trial that trains a network of the course."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fire_course.sweep.settings import Settings, SweepError

# What of a trial's settings goes to the training; all else goes to the network.
TRAINING = (
    "epochs",
    "batch_size",
    "learning_rate",
    "optimizer",
    "patience",
    "seed",
)


@dataclass(frozen=True)
class NetworkTrial:
    """Train one network and give the figures of its best epoch.

    The data are ``{"train": (photographs, labels), "validation": (...)}``. The
    settings are options of the network (`conv`, `size`, `dense`, `width`, ...)
    and of the training (`epochs`, `batch_size`, `learning_rate`, `optimizer`,
    `patience`, `seed`).

    Parameters
    ----------
    model : str
        A name of `fire_course.models`.
    epochs : int
        Where the settings do not say.
    monitor : str
        The figure that chooses the best epoch.
    seed : int
        Of the first weights, dropout and the order of the photographs.
    fixed : mapping
        Settings that all trials share; those of a trial come before them.

    Examples
    --------
    >>> trial = NetworkTrial("cats_dogs_cnn", epochs=3)
    >>> trial.check({"conv": 2, "learning_rate": 0.01})
    >>> trial.check({"convs": 2})
    Traceback (most recent call last):
    fire_course.sweep.settings.SweepError: cats_dogs_cnn has no setting 'convs'; ...
    """

    model: str
    epochs: int = 3
    monitor: str = "val_loss"
    seed: int = 0
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def identity(self) -> str:
        """Return what tells this trial from others."""
        text = json.dumps(dataclasses.asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def check(self, settings: Mapping[str, Any]) -> None:
        """Refuse settings that no network or training has."""
        from fire_course import models

        models.default_shape(self.model)  # is there such a network?
        builder = getattr(models, models.canonical(self.model))
        own = [
            name
            for name in inspect.signature(builder).parameters
            if name not in ("input_shape", "classes", "seed")
        ]
        for name in {**self.fixed, **settings}:
            if name not in own and name not in TRAINING:
                raise SweepError(
                    f"{models.canonical(self.model)} has no setting {name!r}; there "
                    f"are: {', '.join([*own, *TRAINING])}."
                )

    def prepare(self) -> None:
        """Import Keras, before the clock of the trial starts."""
        from fire_course import quiet

        quiet.import_keras()

    def __call__(self, settings: Settings, data: Mapping[str, Any]) -> dict[str, Any]:
        """Train, and return parameters, epochs, best epoch and its figures."""
        import numpy as np

        from fire_course import models, quiet, training

        keras = quiet.import_keras()
        keras.backend.clear_session()  # of the trial before, if there was one
        chosen = {
            "epochs": self.epochs,
            "seed": self.seed,
            **self.fixed,
            **settings,
        }
        keras.utils.set_random_seed(chosen["seed"])
        options = {name: chosen[name] for name in chosen if name not in TRAINING}
        how = {name: chosen[name] for name in chosen if name in TRAINING}
        photos, labels = data["train"]
        classes = int(np.max(labels)) + 1
        network = models.build(
            self.model,
            np.shape(photos)[1:],
            classes=1 if classes <= 2 else classes,
            seed=how["seed"],
            **options,
        )
        result = training.fit(
            network,
            (photos, labels),
            data.get("validation"),
            monitor=self.monitor,
            **how,
        )
        at = (result.best_epoch or result.epochs) - 1
        figures = {name: values[at] for name, values in result.history.items()}
        epoch_seconds = figures.pop("seconds", None)
        return {
            "parameters": network.count_params(),
            "best_epoch": result.best_epoch,
            **figures,
            "epoch_seconds": epoch_seconds,
            "history": result.history,
        }
