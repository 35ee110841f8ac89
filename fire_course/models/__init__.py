"""Every network of the course, by name.

A network takes photographs as they are, uint8 or 0 to 255, and scales them in
its first layer: preprocessing that travels with the network cannot be
forgotten when it is used. The networks are returned uncompiled. All end in a
layer "logit" and a layer "score", which turns it into probabilities.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable
from typing import Any

from fire_course import quiet
from fire_course.models.building import RECIPES, Shape
from fire_course.models.fire import (
    FIRE_CNN_SMALLEST,
    FIRE_NET_SMALLEST,
    fire_cnn,
    fire_net,
)
from fire_course.models.sources import (
    cats_dogs_cnn,
    cifar10_cnn,
    homework_cnn,
    mountain_cnn,
)

__all__ = [
    "FIRE_CNN_SMALLEST",
    "FIRE_NET_SMALLEST",
    "NAMES",
    "Shape",
    "build",
    "canonical",
    "cats_dogs_cnn",
    "cifar10_cnn",
    "default_shape",
    "fire_cnn",
    "fire_net",
    "homework_cnn",
    "logits",
    "mountain_cnn",
    "recipe",
]

_BUILDERS: dict[str, Callable[..., Any]] = {
    builder.__name__: builder
    for builder in (
        fire_cnn,
        fire_net,
        cifar10_cnn,
        cats_dogs_cnn,
        homework_cnn,
        mountain_cnn,
    )
}
NAMES: tuple[str, ...] = tuple(_BUILDERS)


def build(name: str, input_shape: Shape | None = None, **options: Any) -> Any:
    """Build a network of the course by its name.

    Parameters
    ----------
    name : str
        One of `NAMES`, or a backbone of `fire_course.transfer`, which gets a new
        head; a hyphen does for an underscore.
    input_shape : tuple of int, optional
        Height, width and channels; the network's own default when omitted.
    **options
        What the network's function takes besides.

    Returns
    -------
    keras.Model
        Uncompiled.

    Raises
    ------
    ValueError
        If no network has this name, or it has no such option.

    Examples
    --------
    >>> build("fire-cnn", (64, 64, 3)).name
    'fire_cnn'
    >>> build("vgg")
    Traceback (most recent call last):
    ValueError: No network is called 'vgg'. There are: fire_cnn, fire_net, ...
    """
    builder = _BUILDERS.get(canonical(name)) or _pretrained(canonical(name))
    if builder is None:
        near = difflib.get_close_matches(canonical(name), NAMES)
        guess = f"; did you mean {' or '.join(near)}?" if near else "."
        raise ValueError(
            f"No network is called {name!r}{guess} There are: {', '.join(NAMES)}, and "
            "the pretrained mobilenet_v2, xception, resnet50 and others of transfer."
        )
    known = [
        key for key in inspect.signature(builder).parameters if key != "input_shape"
    ]
    for option in options:
        if option not in known:
            raise ValueError(
                f"{canonical(name)} has no option {option!r}; "
                f"it has: {', '.join(known)}."
            )
    if input_shape is None:
        return builder(**options)
    return builder(input_shape=tuple(input_shape), **options)


def _pretrained(name: str) -> Callable[..., Any] | None:
    """Return what builds a network on a pretrained backbone of this name."""
    from fire_course.transfer.backbones import BACKBONES
    from fire_course.transfer.building import transfer_model

    if name not in BACKBONES:
        return None
    size = BACKBONES[name].size

    @functools.wraps(transfer_model)
    def build(input_shape: Shape = (size, size, 3), **options: Any) -> Any:
        height, width, _ = input_shape
        return transfer_model(name, image_size=(height, width), **options)

    signature = inspect.signature(transfer_model)
    own = [
        each
        for each in signature.parameters.values()
        if each.name not in ("name", "image_size")
    ]
    first = inspect.signature(build, follow_wrapped=False).parameters["input_shape"]
    build.__signature__ = signature.replace(parameters=[first, *own])  # type: ignore[attr-defined]
    return build


def __getattr__(name: str) -> Any:
    found = None if name.startswith("_") else _pretrained(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found


def canonical(name: str) -> str:
    """Return a network's name as `NAMES` spells it.

    Examples
    --------
    >>> canonical("Fire-CNN")
    'fire_cnn'
    """
    return str(name).strip().lower().replace("-", "_")


def default_shape(name: str) -> Shape:
    """Return the photograph shape that a network is made for.

    Raises
    ------
    ValueError
        If no network has this name.

    Examples
    --------
    >>> default_shape("fire_cnn")
    (250, 250, 3)
    """
    builder = _BUILDERS.get(canonical(name)) or _pretrained(canonical(name))
    if builder is None:
        return build(name)  # raises the sentence that names what there is
    shape: Shape = inspect.signature(builder).parameters["input_shape"].default
    return shape


def recipe(network: Any) -> dict[str, Any] | None:
    """Return how a network in memory was built, or None if not by this module.

    Returns
    -------
    dict or None
        Keys `name`, `input_shape` and `options`: arguments for `build`.

    Examples
    --------
    >>> recipe(fire_cnn((64, 64, 3)))["input_shape"]
    [64, 64, 3]
    """
    found = RECIPES.get(network)
    return dict(found) if found else None


def logits(network: Any) -> Any:
    """Return a network of this module up to its logits, without sigmoid or softmax.

    It shares its layers with the network: train this one with a loss
    `from_logits=True`, which is safe for large logits, and use the other, whose
    answers are probabilities.

    Raises
    ------
    ValueError
        If the network has no layer called "logit".

    Examples
    --------
    >>> network = cifar10_cnn()
    >>> logits(network).output_shape, logits(network).name
    ((None, 10), 'cifar10_cnn_logits')
    """
    keras = quiet.import_keras()
    if "logit" not in [layer.name for layer in network.layers]:
        raise ValueError(
            f"{network.name} has no layer called 'logit': take a network of "
            "fire_course.models, or name its layer before the softmax so."
        )
    output = network.get_layer("logit").output
    return keras.Model(network.input, output, name=f"{network.name}_logits")
