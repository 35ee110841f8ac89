"""Every network of the course, by name.

A network takes photographs as they are, uint8 or 0 to 255, and scales them in
its first layer: preprocessing that travels with the network cannot be
forgotten when it is used. The networks are returned uncompiled.
"""

from __future__ import annotations

import difflib
import inspect
import weakref
from collections.abc import Callable
from typing import Any

from fire_course import quiet

Shape = tuple[int, int, int]

# How each network in memory was built, so that a detector can write its
# weights alone and build the same network again. Kept beside the networks,
# not on them: Keras wraps attributes, and copies some of them.
_RECIPES: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()


def fire_cnn(
    input_shape: Shape = (250, 250, 3), *, dropout: float = 0.2, classes: int = 1
) -> Any:
    """Build the fire network from scratch: four convolutions, one dense layer.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width and channels of a photograph.
    dropout : float
        Share of the flattened features dropped in training.
    classes : int
        1 for a probability of fire; more for one probability a class.

    Returns
    -------
    keras.Model
        123,393 parameters at the default size; output layer "score".

    Raises
    ------
    ValueError
        If a photograph is too small for four rounds of convolution and
        pooling.

    References
    ----------
    The custom network of Andreas-Stefopoulos/Deep-Learning.

    Examples
    --------
    >>> fire_cnn().count_params()
    123393
    """
    shape = _checked("fire_cnn", input_shape, smallest=FIRE_CNN_SMALLEST)
    keras = quiet.import_keras()
    layers = keras.layers
    inputs = keras.Input(shape, name="photo")
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    for i in range(1, 5):
        x = layers.Conv2D(64, 3, activation="relu", name=f"conv{i}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{i}")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    return _finish("fire_cnn", inputs, x, classes, dropout=dropout)


# Undone from the back, a 1x1 map needs 2 before its pooling and 4 before its
# 3x3 convolution; four rounds of n -> 2n + 2 from 1 give 46.
FIRE_CNN_SMALLEST = 46

# (output channels, expansion, stride) of fire_net's blocks at width 1. At 128
# pixels the maps are 64, 32, 16 and 8 pixels wide: most of the work is done
# where flames of a few pixels can still be told from lamps.
_FIRE_NET_BLOCKS = (
    (16, 1, 1),
    (24, 4, 2),
    (24, 3, 1),
    (40, 4, 2),
    (40, 3, 1),
    (40, 3, 1),
    (72, 4, 2),
    (72, 3, 1),
)
FIRE_NET_SMALLEST = 32  # 1/16 of it is the last map: less leaves nothing to look at


def fire_net(
    input_shape: Shape = (128, 128, 3),
    *,
    width: float = 1.0,
    dropout: float = 0.2,
    classes: int = 1,
) -> Any:
    """Build this project's own small fire detector.

    Inverted residual blocks (expand, filter each channel on its own, project)
    with batch normalisation, averaged over the picture at the end: under a
    tenth of the multiply-adds of `fire_cnn`, and room for more layers.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width and channels of a photograph.
    width : float
        Factor on the number of channels of every layer.
    dropout : float
        Share of the averaged features dropped in training.
    classes : int
        1 for a probability of fire; more for one probability a class.

    Returns
    -------
    keras.Model
        Output layer "score", before it "logit".

    Raises
    ------
    ValueError
        If a photograph is smaller than 32 pixels, or the width not positive.

    References
    ----------
    Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    2018 (the block).

    Examples
    --------
    >>> fire_net().count_params() < 240_000
    True
    """
    shape = _checked("fire_net", input_shape, smallest=FIRE_NET_SMALLEST)
    if not width > 0:
        raise ValueError(f"fire_net's width is a factor above 0, not {width}.")
    keras = quiet.import_keras()
    layers = keras.layers

    def channels(count: int) -> int:
        # Multiples of 8 suit the vector units of every engine.
        return max(8, int(count * width / 8 + 0.5) * 8)

    def normalised(x: Any, name: str, *, active: bool = True) -> Any:
        # A momentum of .9 follows the few hundred steps of a small data set;
        # Keras's .99 would still remember the start after the last epoch.
        x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
        return layers.Activation("relu6", name=f"{name}_relu")(x) if active else x

    inputs = keras.Input(shape, name="photo")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(inputs)
    x = layers.Conv2D(
        channels(16), 3, strides=2, padding="same", use_bias=False, name="stem"
    )(x)
    x = normalised(x, "stem")
    for i, (count, expansion, stride) in enumerate(_FIRE_NET_BLOCKS, start=1):
        name, before = f"block{i}", x
        incoming, outgoing = x.shape[-1], channels(count)
        if expansion > 1:
            x = layers.Conv2D(
                incoming * expansion, 1, use_bias=False, name=f"{name}_expand"
            )(x)
            x = normalised(x, f"{name}_expand")
        x = layers.DepthwiseConv2D(
            3, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise"
        )(x)
        x = normalised(x, f"{name}_depthwise")
        x = layers.Conv2D(outgoing, 1, use_bias=False, name=f"{name}_project")(x)
        x = normalised(x, f"{name}_project", active=False)
        if stride == 1 and incoming == outgoing:
            x = layers.Add(name=f"{name}_add")([before, x])
    x = layers.Conv2D(channels(192), 1, use_bias=False, name="head")(x)
    x = normalised(x, "head")
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return _finish("fire_net", inputs, x, classes, width=width, dropout=dropout)


_BUILDERS: dict[str, Callable[..., Any]] = {"fire_cnn": fire_cnn, "fire_net": fire_net}
NAMES: tuple[str, ...] = tuple(_BUILDERS)


def build(name: str, input_shape: Shape | None = None, **options: Any) -> Any:
    """Build a network of the course by its name.

    Parameters
    ----------
    name : str
        One of `NAMES`; a hyphen does for an underscore.
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
    >>> build("fire_cmm")
    Traceback (most recent call last):
    ValueError: No network is called 'fire_cmm'; did you mean fire_cnn? There are: fire_cnn, fire_net.
    """
    builder = _BUILDERS.get(canonical(name))
    if builder is None:
        near = difflib.get_close_matches(canonical(name), NAMES)
        guess = f"; did you mean {' or '.join(near)}?" if near else "."
        raise ValueError(
            f"No network is called {name!r}{guess} There are: {', '.join(NAMES)}."
        )
    known = [
        key for key in inspect.signature(builder).parameters if key != "input_shape"
    ]
    for option in options:
        if option not in known:
            raise ValueError(
                f"{canonical(name)} has no option {option!r}; it has: {', '.join(known)}."
            )
    return (
        builder(**options)
        if input_shape is None
        else builder(tuple(input_shape), **options)
    )


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
    if canonical(name) not in _BUILDERS:
        build(name)  # raises the sentence that names what there is
    shape: Shape = (
        inspect.signature(_BUILDERS[canonical(name)]).parameters["input_shape"].default
    )
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
    found = _RECIPES.get(network)
    return dict(found) if found else None


def _checked(name: str, input_shape: Any, *, smallest: int) -> Shape:
    # Checked before any layer is built: given too small a map, the engine does
    # not raise but, in some versions, ends the whole Python process.
    shape = tuple(input_shape)
    if len(shape) != 3 or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ValueError(
            f"{name} takes an input shape (height, width, channels) of whole numbers, "
            f"not {input_shape!r}."
        )
    if min(shape[:2]) < smallest:
        raise ValueError(
            f"{name} needs photographs of at least {smallest}x{smallest} pixels, "
            f"not {shape[0]}x{shape[1]}."
        )
    return shape[0], shape[1], shape[2]


def _finish(name: str, inputs: Any, features: Any, classes: int, **options: Any) -> Any:
    if not isinstance(classes, int) or classes < 1:
        raise ValueError(
            f"classes is 1 for fire or not, or the number of classes, not {classes}."
        )
    keras = quiet.import_keras()
    # The logit has a layer of its own: explanations need the number before
    # the sigmoid flattens it.
    logit = keras.layers.Dense(classes, name="logit")(features)
    activation = "sigmoid" if classes == 1 else "softmax"
    score = keras.layers.Activation(activation, name="score")(logit)
    network = keras.Model(inputs, score, name=name)
    _RECIPES[network] = {
        "name": name,
        "input_shape": list(inputs.shape[1:]),
        "options": {**options, "classes": classes},
    }
    return network
