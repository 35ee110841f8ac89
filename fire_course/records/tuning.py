"""Let the top blocks of a backbone learn, and run what lies below them once."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fire_course.records import steps
from fire_course.records.figures import figures
from fire_course.records.learning import learned
from fire_course.records.plans import plain

if TYPE_CHECKING:
    from fire_course.records.transferring import Bench
    from fire_course.records.transfers import TransferPlan


def tuned(
    plan: TransferPlan,
    bench: Bench,
    chosen: Mapping[str, Any],
    frozen: Mapping[int, Callable[[], Any]],
    seeds: Sequence[int],
) -> tuple[dict[int, Callable[[], Any]], list[dict[str, Any]], dict[str, Any]]:
    """Go on from trained heads, with the blocks that the plan names.

    All photographs and their views are run through the frozen part once, and what
    comes out of it is kept in memory: only the top is run again in each epoch.

    Parameters
    ----------
    plan : TransferPlan
    bench : Bench
    chosen : mapping
        Settings of the heads.
    frozen : mapping
        From each seed to what builds the detector with its head.
    seeds : sequence of int

    Returns
    -------
    detectors : dict
        From each seed to what gives its tuned detector.
    runs : list of dict
    settings : dict
    """
    from fire_course import transfer
    from fire_course.detector import Detector

    recipe = plan.tuning
    assert recipe is not None
    size = chosen["image_size"]
    photographs = bench.photographs(size)
    train, held = photographs.train, photographs.validation
    assert held is not None
    lower = parts(bench.network(size), recipe.blocks)[0]
    x = maps(lower, train.x, plan, recipe.views)
    y = np.tile(train.y, 1 + recipe.views)
    vx = maps(lower, held.x, plan, 0)
    runs: list[dict[str, Any]] = []
    detectors: dict[int, Callable[[], Any]] = {}
    learn = 0
    for seed in seeds[: recipe.runs]:
        network = bench.network(
            size, inner=chosen["inner"], dropout=recipe.dropout, seed=seed
        )
        transfer.with_head(network, frozen[seed]().network)
        _, upper = parts(network, recipe.blocks)
        learn = sum(int(np.prod(each.shape)) for each in upper.trainable_weights)
        names = photographs.class_names
        found = learned(
            upper, recipe, (x, y), (vx, held.y), seed=seed, class_names=names
        )
        detector = Detector(network, class_names=names)
        detectors[seed] = functools.partial(_given, detector)
        found |= {
            "threshold": detector.threshold,
            "validation": figures(detector, held),
            "test": figures(detector, bench.test(size)),
        }
        if plan.sunsets:
            from fire_course.records.transferring import false_alarms

            found["sunsets"] = false_alarms(
                detector.predict_proba(bench.sunsets(size).x)[:, 1]
            )
        runs.append(found)
    settings = {**plain(dataclasses.asdict(recipe)), "image_size": size}
    settings["trainable"] = learn
    return detectors, runs, settings


def _given(detector: Any) -> Any:
    return detector


def parts(network: Any, blocks: int) -> tuple[Any, Any]:
    """Cut a network below its last blocks, and let what is above learn.

    Parameters
    ----------
    network : keras.Model
        Of `transfer_model`, with its backbone as one layer.
    blocks : int

    Returns
    -------
    lower, upper : keras.Model
        From photographs to maps, and from maps to the answer. They share their
        layers with the network.

    Examples
    --------
    >>> from fire_course import transfer
    >>> network = transfer.transfer_model(image_size=32, weights=None)
    >>> lower, upper = parts(network, 1)
    >>> lower.output_shape == upper.input_shape == (None, 1, 1, 160)
    True
    """
    from fire_course import quiet, transfer

    keras = quiet.import_keras()
    base = network.get_layer(network.name)
    between = base.get_layer(transfer.unfreeze(network, blocks)[0]).input
    below = keras.Model(base.inputs, between, name="below")
    above = keras.Model(between, base.outputs[0], name="above")

    photo = keras.Input(network.input_shape[1:])
    prepared = transfer.preprocess(network.name, photo)
    lower = keras.Model(photo, below(prepared, training=False), name="lower")

    there = keras.Input(between.shape[1:])
    x = above(there, training=False)
    after = [layer.name for layer in network.layers].index(base.name) + 1
    for layer in network.layers[after:]:
        x = layer(x)
    return lower, keras.Model(there, x, name="upper")


def maps(lower: Any, photos: NDArray[Any], plan: Any, views: int) -> NDArray[Any]:
    """Run photographs, and views of them, through the frozen part.

    In half precision: a hundredth of a per cent matters less than the memory.
    """
    from fire_course import quiet

    ops = quiet.import_keras().ops
    rounds = [lower.predict(photos, batch_size=32, verbose=0).astype(np.float16)]
    for view in range(views):
        layers = steps.layers(plan.augmentation, 1 + view) or []
        found = []
        for start in range(0, len(photos), 128):
            x: Any = photos[start : start + 128].astype(np.float32)
            for layer in layers:
                x = layer(x, training=True)
            x = ops.convert_to_numpy(x)
            found.append(lower.predict(x, batch_size=32, verbose=0).astype(np.float16))
        rounds.append(np.concatenate(found))
    return np.concatenate(rounds)
