"""The homework's training, and its six questions answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from fire_course.records import steps
from fire_course.records.fitting import built

if TYPE_CHECKING:
    from fire_course.detector import Detector
    from fire_course.records.photographs import Photographs
    from fire_course.records.plans import HomeworkPlan

_LOSS = "binary_crossentropy"


def trained(
    plan: HomeworkPlan,
    photographs: Photographs,
    *,
    seed: int,
    progress: steps.Progress | None = None,
) -> tuple[Detector, dict[str, Any]]:
    """Train as it is, then go on with augmentation, and answer the questions.

    Unlike in other runs the last weights stay, since nothing chooses an epoch, and
    the training figures are those that Keras prints: means over an epoch whose
    weights still change. The questions ask for these.

    Returns
    -------
    detector : Detector
    run : dict
        `seed`, `seconds`, `curve` (with `test_loss` and `test_accuracy`; the second
        half is with augmentation) and `answers`.
    """
    from fire_course import callbacks, quiet
    from fire_course.detector import Detector

    keras = quiet.import_keras()
    network = built(plan.model, photographs, seed=seed, options={})
    optimiser = keras.optimizers.SGD(plan.recipe.learning_rate, momentum=plan.momentum)
    inputs = keras.Input(network.input_shape[1:])
    x = inputs
    for layer in steps.layers(plan.recipe.augmentation, seed) or ():
        x = layer(x)
    train, test = photographs.train, photographs.test()
    epochs = plan.recipe.epochs
    curve: dict[str, list[float]] = {}
    start = time.perf_counter()
    for part, model in enumerate((network, keras.Model(inputs, network(x)))):
        # The same optimiser goes on, momentum included.
        model.compile(optimizer=optimiser, loss=_LOSS, metrics=["accuracy"])
        tick = steps.ticker(progress, part, 2)
        history = model.fit(
            train.x,
            train.y,
            epochs=epochs,
            batch_size=plan.recipe.batch_size,
            validation_data=(test.x, test.y),
            verbose=0,
            callbacks=[callbacks.EpochTimer()]
            + ([callbacks.Reporter(tick, epochs=epochs)] if tick else []),
        ).history
        for name, values in history.items():
            curve.setdefault(name.replace("val_", "test_"), []).extend(values)
    seconds = time.perf_counter() - start
    detector = Detector(network, class_names=photographs.class_names)
    return detector, {
        "seed": seed,
        "seconds": round(seconds, 1),
        "curve": steps.curve(curve),
        "best_epoch": None,
        "threshold": detector.threshold,
        "validation": None,
        "answers": answers(network, curve, epochs),
    }


def answers(network: Any, curve: dict[str, list[float]], epochs: int) -> dict[str, Any]:
    """Answer the six questions.

    Parameters
    ----------
    network : keras.Model
    curve : dict of lists
        `loss` and `accuracy` in training, `test_loss` and `test_accuracy`, for twice
        as many epochs as `epochs`.
    epochs : int
        Of each of the two parts.

    Returns
    -------
    dict
        `loss` (its name), `parameters` and those of the convolution, then of the
        first part the median training accuracy and the standard deviation of the
        training loss, and of the second, with augmentation, the mean test loss and
        the mean test accuracy of its last half: the epochs 6 to 10 of ten.
    """
    second = slice(epochs, 2 * epochs)
    last_half = slice(epochs + epochs // 2, 2 * epochs)
    return {
        "loss": _LOSS,
        "parameters": int(network.count_params()),
        "convolution_parameters": int(network.get_layer("conv1").count_params()),
        "median_train_accuracy": float(np.median(curve["accuracy"][:epochs])),
        "std_train_loss": float(np.std(curve["loss"][:epochs])),
        "mean_test_loss_augmented": float(np.mean(curve["test_loss"][second])),
        "mean_test_accuracy_last_half": float(
            np.mean(curve["test_accuracy"][last_half])
        ),
    }
