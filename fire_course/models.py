"""Every network of the course, by name.

A network takes photographs as they are, uint8 or 0 to 255, and scales them in
its first layer: preprocessing that travels with the network cannot be
forgotten when it is used. The networks are returned uncompiled.
"""

from __future__ import annotations

import difflib
import inspect
import random
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
    input_shape: Shape = (250, 250, 3),
    *,
    dropout: float = 0.2,
    classes: int = 1,
    seed: int | None = None,
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
    seed : int, optional
        Seed of the first weights and of the dropout; drawn by chance when
        omitted, or by `keras.utils.set_random_seed`.

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
    layers, start = keras.layers, _Starts(seed)
    inputs = keras.Input(shape, name="photo")
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    for i in range(1, 5):
        x = layers.Conv2D(
            64, 3, activation="relu", kernel_initializer=start.kernel(), name=f"conv{i}"
        )(x)
        x = layers.MaxPooling2D(2, name=f"pool{i}")(x)
    x = layers.Dropout(dropout, seed=start.number(), name="dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    options = {"dropout": dropout, "seed": start.seed}
    return _finish("fire_cnn", inputs, x, classes, start, options)


# Undone from the back, a 1x1 map needs 2 before its pooling and 4 before its
# 3x3 convolution; four rounds of n -> 2n + 2 from 1 give 46.
FIRE_CNN_SMALLEST = 46

# (channels, residual blocks) of fire_net's stages at width 1; each stage halves
# the map, so that at 128 pixels it is 64, 32, 16 and 8 pixels wide. Plain 3x3
# convolutions, not the separable ones of networks for phones: on a processor
# those train at half the speed with half the multiply-adds, because they move
# more memory than they compute.
_FIRE_NET_STAGES = ((16, 0), (32, 1), (48, 2), (64, 1))
FIRE_NET_SMALLEST = 32  # 1/16 of it is the last map: less leaves nothing to look at


def fire_net(
    input_shape: Shape = (128, 128, 3),
    *,
    width: float = 1.0,
    dropout: float = 0.2,
    classes: int = 1,
    seed: int | None = None,
) -> Any:
    """Build this project's own small fire detector.

    Residual blocks with batch normalisation, averaged over the picture at the
    end: under a tenth of the multiply-adds of `fire_cnn`, and three times as
    many layers.

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
    seed : int, optional
        Seed of the first weights and of the dropout; drawn by chance when
        omitted, or by `keras.utils.set_random_seed`.

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
    He et al., "Deep Residual Learning for Image Recognition", 2015 (the block).

    Examples
    --------
    >>> fire_net().count_params() < 240_000
    True
    """
    shape = _checked("fire_net", input_shape, smallest=FIRE_NET_SMALLEST)
    if not width > 0:
        raise ValueError(f"fire_net's width is a factor above 0, not {width}.")
    keras = quiet.import_keras()
    layers, start = keras.layers, _Starts(seed)

    def convolution(
        x: Any, count: int, name: str, *, stride: int = 1, relu: bool = True
    ) -> Any:
        x = layers.Conv2D(
            count,
            3,
            strides=stride,
            padding="same",
            use_bias=False,  # the normalisation behind it has one
            kernel_initializer=start.kernel(),
            name=name,
        )(x)
        # A momentum of .9 follows the few hundred steps of a small data set;
        # Keras's .99 would still remember the start after the last epoch.
        x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
        return layers.Activation("relu", name=f"{name}_relu")(x) if relu else x

    inputs = keras.Input(shape, name="photo")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(inputs)
    for i, (channels, blocks) in enumerate(_FIRE_NET_STAGES, start=1):
        # Multiples of 4 suit the vector units of every engine.
        count = max(4, int(channels * width / 4 + 0.5) * 4)
        x = convolution(x, count, f"stage{i}", stride=2)
        for j in range(1, blocks + 1):
            name = f"stage{i}_block{j}"
            y = convolution(x, count, f"{name}_a")
            y = convolution(y, count, f"{name}_b", relu=False)
            x = layers.Add(name=f"{name}_add")([x, y])
            x = layers.Activation("relu", name=f"{name}_relu")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(dropout, seed=start.number(), name="dropout")(x)
    options = {"width": width, "dropout": dropout, "seed": start.seed}
    return _finish("fire_net", inputs, x, classes, start, options)


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
    >>> build("vgg")
    Traceback (most recent call last):
    ValueError: No network is called 'vgg'. There are: fire_cnn, fire_net.
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
                f"{canonical(name)} has no option {option!r}; "
                f"it has: {', '.join(known)}."
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


class _Starts:
    """Hand out the seeds of one network's random parts.

    Each part has its own, drawn from the network's: the same seed gives the
    same network, without touching any global random state.
    """

    def __init__(self, seed: int | None) -> None:
        # Python's own generator is where Keras, too, takes seeds from.
        self.seed = random.randrange(2**31) if seed is None else seed
        self._generator = random.Random(self.seed)

    def number(self) -> int:
        return self._generator.randrange(2**31)

    def kernel(self) -> Any:
        return quiet.import_keras().initializers.GlorotUniform(seed=self.number())


def _finish(
    name: str,
    inputs: Any,
    features: Any,
    classes: int,
    start: _Starts,
    options: dict[str, Any],
) -> Any:
    if not isinstance(classes, int) or classes < 1:
        raise ValueError(
            f"classes is 1 for fire or not, or the number of classes, not {classes}."
        )
    keras = quiet.import_keras()
    # The logit has a layer of its own: explanations need the number before
    # the sigmoid flattens it.
    dense = keras.layers.Dense(classes, kernel_initializer=start.kernel(), name="logit")
    activation = "sigmoid" if classes == 1 else "softmax"
    score = keras.layers.Activation(activation, name="score")(dense(features))
    network = keras.Model(inputs, score, name=name)
    _RECIPES[network] = {
        "name": name,
        "input_shape": list(inputs.shape[1:]),
        "options": {**options, "classes": classes},
    }
    return network
