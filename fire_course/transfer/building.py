"""Put a head on a pretrained network, and let its top learn as a second step."""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fire_course import quiet
from fire_course.models.building import RECIPES, Starts, finish
from fire_course.transfer.backbones import (
    Size,
    bare_backbone,
    entry,
    preprocess,
)
from fire_course.transfer.weights import TransferError

__all__ = ["Origin", "origin", "transfer_model", "trunk", "unfreeze"]


@dataclass(frozen=True)
class Origin:
    """Which backbone a network has, and which weights it began with.

    Attributes
    ----------
    backbone : str
        Its name.
    weights : str or None
        "imagenet", the name of a file, "own" for a network that was given, or
        None if it had learned nothing.
    """

    backbone: str
    weights: str | None

    def __str__(self) -> str:
        if self.weights == "own":
            return f"{self.backbone} as it was trained before"
        name = entry(self.backbone).keras
        if self.weights is None:
            return f"{name} with random weights, which has learned nothing before"
        if self.weights == "imagenet":
            return f"{name} with its ImageNet weights"
        return f"{name} with the weights of {self.weights}"


_ORIGINS: weakref.WeakKeyDictionary[Any, Origin] = weakref.WeakKeyDictionary()


def transfer_model(
    name: Any = "mobilenet_v2",
    *,
    classes: int = 1,
    inner: int = 0,
    dropout: float = 0.0,
    augmentation: Any = None,
    image_size: Size | None = None,
    weights: str | os.PathLike[str] | None = "imagenet",
    nested: bool = True,
    alpha: float = 1.0,
    seed: int | None = None,
) -> Any:
    """Build a frozen pretrained network with a new head.

    Photographs go in as they are, uint8 or 0 to 255 in RGB: the preparation
    that the backbone expects lies in the network. Behind the backbone, global
    average pooling makes one number of each feature map.

    Parameters
    ----------
    name : str or keras.Model
        One of `BACKBONES`; or a network of your own, from photographs of 0 to
        255 to feature maps or vectors, such as a `trunk`. Of what follows,
        `image_size`, `weights` and `alpha` are then its own.
    classes : int
        1 for a probability; more for one probability a class.
    inner : int
        Units of a layer between features and answer; 0 for none.
    dropout : float
        Share dropped before the answer, in training.
    augmentation : keras layer or sequence of them, optional
        Changes photographs in training only, and is saved with the network.
        `training.fit` takes one too, which is not.
    image_size : int or (height, width), optional
        The size that the backbone learned from when omitted.
    weights : "imagenet", path or None
        Keras's weights, a file of weights, or None for a backbone that has
        learned nothing yet.
    nested : bool
        The backbone as one layer, named as it is. If not, its layers stand
        among the others, which some explanations and exporters need.
    alpha : float
        Factor on the width of a MobileNet; there are ImageNet weights for 1.
    seed : int, optional
        Of the head's first weights and of dropout, and of the backbone's with
        weights=None.

    Returns
    -------
    keras.Model
        Uncompiled; ends in the layers "logit" and "score", as all networks of
        the course. The backbone is frozen and its normalisation stays in
        inference, so that only the head learns.

    Raises
    ------
    WeightsError
        If the weights are not here and cannot be fetched: never are others
        taken in silence.
    TransferError
        If no backbone has this name, or inner or dropout are no such numbers.
    ValueError
        If the photographs are too small for it.

    Examples
    --------
    >>> network = transfer_model("mobilenet_v2", classes=2, image_size=32, weights=None)
    >>> network.count_params()
    2260546
    >>> sum(weight.numpy().size for weight in network.trainable_weights)
    2562
    """
    keras = quiet.import_keras()
    _check_head(inner, dropout)
    start = Starts(seed)
    first = start.number()  # drawn in any case: a head alone begins with the second
    given = not isinstance(name, str)
    if given:
        base, shape, title = name, _own_shape(name), f"{name.name}_transfer"
        base.trainable = False
    else:
        title = entry(name).name
        base, shape = bare_backbone(
            title, image_size, weights=weights, alpha=alpha, seed=first
        )
    inputs = keras.Input(shape, name="photo")
    x = inputs
    for layer in _listed(augmentation):
        x = layer(x)
    if not given:
        x = preprocess(title, x)
    # training=False keeps batch normalisation at the means that the weights were
    # learned with, also when the backbone is no longer frozen. base.call runs
    # through its layers one by one, which makes them layers of this network.
    x = base(x, training=False) if nested else base.call(x, training=False)
    maps = len(x.shape) == 4
    pool = keras.layers.GlobalAveragePooling2D if maps else keras.layers.Identity
    x = pool(name="average")(x)
    network = end(title, inputs, x, classes, inner, dropout, start)
    if given:
        del RECIPES[network]  # nobody could build it again
        _ORIGINS[network] = Origin(base.name, "own")
        return network
    RECIPES[network]["options"] |= {
        "weights": None,  # a network that is built again gets those of its file
        "nested": nested,
        "alpha": alpha,
    }
    kept = None if weights is None else Path(weights).name
    _ORIGINS[network] = Origin(title, kept)
    return network


def trunk(network: Any) -> Any:
    """Return a trained network without its head, to be the backbone of another.

    It shares its layers with the network, and `transfer_model` freezes them.

    Parameters
    ----------
    network : keras.Model
        With a layer "average" (`fire_net`, or of `transfer_model`) or
        "flatten" (`fire_cnn` and others of `fire_course.models`).

    Returns
    -------
    keras.Model
        From photographs to what goes into that layer.

    Raises
    ------
    TransferError
        If it has neither.

    Examples
    --------
    >>> from fire_course import models
    >>> trained = models.fire_net((64, 64, 3))
    >>> trunk(trained).output_shape
    (None, 4, 4, 64)
    >>> transfer_model(trunk(trained), classes=3).output_shape
    (None, 3)
    """
    keras = quiet.import_keras()
    for layer in network.layers:
        if layer.name in ("average", "flatten"):
            # Not .inputs: of a list Keras warns when it is given a lone array.
            return keras.Model(network.input, layer.input, name=f"{network.name}_trunk")
    raise TransferError(
        f"{network.name} has no layer called 'average' or 'flatten': cut it yourself "
        "with keras.Model(network.input, layer.output)."
    )


def _own_shape(base: Any) -> tuple[int, ...]:
    shape = getattr(base, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:]:
        raise TransferError(
            "A backbone is a name or a network for photographs of one size, not "
            f"{getattr(base, 'name', base)!r}."
        )
    if not isinstance(base.output_shape, tuple) or len(base.output_shape) not in (2, 4):
        raise TransferError(f"{base.name} gives no feature maps and no vectors.")
    return shape[1:]


def end(
    name: str,
    inputs: Any,
    x: Any,
    classes: int,
    inner: int,
    dropout: float,
    start: Starts,
) -> Any:
    """End a network in its inner layer, its dropout, its logit and its score."""
    keras = quiet.import_keras()
    if inner:
        x = keras.layers.Dense(
            inner, activation="relu", kernel_initializer=start.kernel(), name="inner"
        )(x)
    if dropout:
        x = keras.layers.Dropout(dropout, seed=start.number(), name="dropout")(x)
    options = {"inner": inner, "dropout": dropout, "seed": start.seed}
    return finish(name, inputs, x, classes, start, options)


def origin(network: Any) -> Origin:
    """Return which weights a network of this module began with.

    Raises
    ------
    TransferError
        If it was not built by `transfer_model` in this process: a file does
        not say.

    Examples
    --------
    >>> print(origin(transfer_model(image_size=32, weights=None)))
    MobileNetV2 with random weights, which has learned nothing before
    """
    found = _ORIGINS.get(network)
    if found is None:
        raise TransferError(
            f"{network.name} was not built by transfer_model in this program, so nothing "
            "is known of the weights that it began with."
        )
    return found


# How Keras names the layers of a block: conv5_block3_out, block_16_project,
# block14_sepconv2, block5_conv1, block6h_add, expanded_conv_10_add; and fire_net's.
_BLOCK = re.compile(
    r"(conv\d+_block\d+|block_?\d+[a-z]?|expanded_conv_\d+|stage\d+)(?=_|$)"
)


def unfreeze(network: Any, blocks: int | str = 1) -> list[str]:
    """Let the top of the backbone learn too: the second step, at a low rate.

    Train the head first: gradients of a random head would spoil what the
    backbone knows. Then call this, and train again with a tenth or less of
    the rate, `fit(..., learning_rate=1e-5)`.

    Parameters
    ----------
    network : keras.Model
        Of `transfer_model`, nested or flat, or such a one loaded from a file.
    blocks : int or str
        How many of the last blocks; or the beginning of the name of the layer
        from which on all learn. 0 freezes the whole backbone again.

    Returns
    -------
    list of str
        The layers that now learn, in their order. Batch normalisation is not
        among them: it stays in inference.

    Raises
    ------
    TransferError
        If the network has no backbone, or not so many blocks, or no such
        layer.

    Examples
    --------
    >>> network = transfer_model("mobilenet_v2", image_size=32, weights=None)
    >>> unfreeze(network, 1)
    ['block_16_expand', 'block_16_depthwise', 'block_16_project', 'Conv_1']
    """
    keras = quiet.import_keras()
    holder, layers = _backbone_layers(network)
    first = _first(network, layers, blocks)
    if holder is not None:
        holder.trainable = True  # it would overrule its layers
    learn = []
    for i, layer in enumerate(layers):
        layer.trainable = i >= first and not isinstance(
            layer, keras.layers.BatchNormalization
        )
        if layer.trainable and layer.weights:
            learn.append(layer.name)
    if holder is not None and not learn:
        holder.trainable = False
    return learn


def _backbone_layers(network: Any) -> tuple[Any, list[Any]]:
    """Return the layer that holds the backbone, if one does, and its layers."""
    for layer in network.layers:
        # Not an augmentation, which may be a network too.
        if len(getattr(layer, "layers", ())) > 1 and layer.weights:
            return layer, list(layer.layers)
    names = [layer.name for layer in network.layers]
    if "average" not in names or len(names) < 10:
        raise TransferError(
            f"{network.name} has no backbone: take a network of transfer_model."
        )
    return None, network.layers[: names.index("average")]


def _first(network: Any, layers: Sequence[Any], blocks: int | str) -> int:
    if isinstance(blocks, str):
        for i, layer in enumerate(layers):
            if layer.name.startswith(blocks):
                return i
        raise TransferError(
            f"{network.name} has no layer whose name begins with {blocks!r}; the last "
            f"are: {', '.join(layer.name for layer in layers[-4:])}."
        )
    if isinstance(blocks, bool) or blocks < 0:
        raise TransferError(f"blocks is a whole number from 0, not {blocks!r}.")
    starts: dict[str, int] = {}
    for i, layer in enumerate(layers):
        found = _BLOCK.match(layer.name)
        if found:
            starts.setdefault(found[1], i)
    if blocks > len(starts):
        raise TransferError(
            f"{network.name} has {len(starts)} blocks, not {blocks}: say fewer, or name "
            "the layer from which on all learn."
        )
    return sorted(starts.values())[-blocks] if blocks else len(layers)


def _check_head(inner: int, dropout: float) -> None:
    if isinstance(inner, bool) or not isinstance(inner, int) or inner < 0:
        raise TransferError(
            f"inner is a number of units, or 0 for none, not {inner!r}."
        )
    if not 0 <= dropout < 1:
        raise TransferError(f"dropout is a share from 0 to below 1, not {dropout}.")


def _listed(augmentation: Any) -> list[Any]:
    if augmentation is None:
        return []
    if isinstance(augmentation, Sequence):
        return list(augmentation)
    return [augmentation]
