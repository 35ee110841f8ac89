"""The small networks that the course's sources train, layer for layer."""

from __future__ import annotations

from typing import Any

from fire_course import quiet
from fire_course.models.building import Shape, Starts, checked, finish

# Pixels that leave one value at the end, undone from the back: a 3x3
# convolution needs 2 more, a pooling twice as many.
CIFAR10_CNN_SMALLEST = 18  # 1 -> 3 -> 6 -> 8 -> 16 -> 18
HOMEWORK_CNN_SMALLEST = 4  # 1 -> 2 -> 4

# What the eye sees of red, green and blue, as `images.to_grey` has it.
_LUMINANCE = (0.2125, 0.7154, 0.0721)


def cifar10_cnn(
    input_shape: Shape = (32, 32, 3),
    *,
    classes: int = 10,
    seed: int | None = None,
) -> Any:
    """Build the first network: three convolutions for ten kinds of small picture.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width and channels of a picture.
    classes : int
        One probability a class; 1 for a probability of the second of two.
    seed : int, optional
        Seed of the first weights; drawn by chance when omitted, or by
        `keras.utils.set_random_seed`.

    Returns
    -------
    keras.Model
        122,570 parameters at the default size.

    Raises
    ------
    ValueError
        If a picture is smaller than 18 pixels.

    References
    ----------
    The CIFAR-10 network of skhabiri/ML-DeepLearning (and of TensorFlow's first
    tutorial on convolution).

    Examples
    --------
    >>> cifar10_cnn().count_params()
    122570
    """
    shape = checked("cifar10_cnn", input_shape, smallest=CIFAR10_CNN_SMALLEST)
    stack = _Stack(shape, seed)
    stack.convolve(32)
    stack.pool()
    stack.convolve(64)
    stack.pool()
    stack.convolve(64)
    stack.flatten()
    stack.dense(64)
    return stack.finish("cifar10_cnn", classes, {})


def cats_dogs_cnn(
    input_shape: Shape = (50, 50, 1),
    *,
    conv: int = 3,
    size: int = 64,
    dense: int = 0,
    grey: bool = True,
    classes: int = 1,
    seed: int | None = None,
) -> Any:
    """Build one of the 27 networks that tell cats from dogs.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width and channels: 1 for grey photographs, 3 for colour.
    conv : int
        Rounds of a 3x3 convolution and a pooling.
    size : int
        Filters of every convolution, and units of every dense layer.
    dense : int
        Dense layers behind them, before the last.
    grey : bool
        Turn colour photographs to grey inside the network, so that it is the
        same for both.
    classes : int
        1 for a probability of the second class; more for one a class.
    seed : int, optional
        Seed of the first weights; drawn by chance when omitted, or by
        `keras.utils.set_random_seed`.

    Returns
    -------
    keras.Model
        75,521 parameters at the default size; 45,313 with two convolutions.

    Raises
    ------
    ValueError
        If a photograph is too small for so many convolutions, or an option is
        no whole number.

    References
    ----------
    jackyccl/Image-Classifier-using-CNNs, which trains conv 1 to 3, size 32, 64
    and 128, dense 0 to 2.

    Examples
    --------
    >>> cats_dogs_cnn(conv=3, size=64, dense=0).count_params()
    75521
    >>> cats_dogs_cnn((50, 50, 3), conv=2).count_params()
    45313
    """
    for name, value, least in (
        ("conv", conv, 1),
        ("size", size, 1),
        ("dense", dense, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(
                f"{name} of cats_dogs_cnn is a whole number from {least}, "
                f"not {value!r}."
            )
    smallest = 3 * 2**conv - 2  # conv rounds of n -> 2n + 2, from 1
    shape = checked("cats_dogs_cnn", input_shape, smallest=smallest)
    if shape[2] == 1 and not grey:
        raise ValueError("cats_dogs_cnn sees colour only in photographs of 3 channels.")
    stack = _Stack(shape, seed, grey=grey and shape[2] == 3)
    for _ in range(conv):
        stack.convolve(size)
        stack.pool()
    stack.flatten()
    for _ in range(dense):
        stack.dense(size)
    options = {"conv": conv, "size": size, "dense": dense, "grey": grey}
    return stack.finish("cats_dogs_cnn", classes, options)


def homework_cnn(
    input_shape: Shape = (150, 150, 3), *, classes: int = 1, seed: int | None = None
) -> Any:
    """Build the homework's network: one convolution, and parameters in plenty.

    All but 961 of them stand in one dense layer behind the flattened map.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width and channels of a photograph.
    classes : int
        1 for a probability of the second class; more for one a class.
    seed : int, optional
        Seed of the first weights; drawn by chance when omitted, or by
        `keras.utils.set_random_seed`.

    Returns
    -------
    keras.Model
        11,215,873 parameters at the default size, 20,073,473 at 200x200.

    Raises
    ------
    ValueError
        If a photograph is smaller than 4 pixels.

    References
    ----------
    Homework 8 of the course Machine Learning Zoomcamp, which trains it by SGD
    with a learning rate of .002 and a momentum of .8, 20 photographs a step.

    Examples
    --------
    >>> homework_cnn().count_params()
    11215873
    """
    shape = checked("homework_cnn", input_shape, smallest=HOMEWORK_CNN_SMALLEST)
    stack = _Stack(shape, seed)
    stack.convolve(32)
    stack.pool()
    stack.flatten()
    stack.dense(64)
    return stack.finish("homework_cnn", classes, {})


def mountain_cnn(
    input_shape: Shape = (224, 224, 3),
    *,
    dropout: float = 0.2,
    classes: int = 1,
    seed: int | None = None,
) -> Any:
    """Build the network from scratch that tells mountains from forests.

    Parameters
    ----------
    input_shape : tuple of int
        Height, width and channels of a photograph.
    dropout : float
        Share of the dense layer's units dropped in training.
    classes : int
        1 for a probability of the second class; more for one a class.
    seed : int, optional
        Seed of the first weights and of the dropout; drawn by chance when
        omitted, or by `keras.utils.set_random_seed`.

    Returns
    -------
    keras.Model
        11,104,353 parameters at the default size.

    Raises
    ------
    ValueError
        If a photograph is smaller than 18 pixels.

    References
    ----------
    The custom network of skhabiri/ML-DeepLearning, trained there by nadam.

    Examples
    --------
    >>> mountain_cnn().count_params()
    11104353
    """
    shape = checked("mountain_cnn", input_shape, smallest=CIFAR10_CNN_SMALLEST)
    stack = _Stack(shape, seed)
    stack.convolve(32)
    stack.pool()
    stack.convolve(32)
    stack.pool()
    stack.convolve(64)
    stack.flatten()
    stack.dense(64)
    stack.drop(dropout)
    return stack.finish("mountain_cnn", classes, {"dropout": dropout})


class _Stack:
    """One layer upon the other, numbered by kind: conv1, pool1, conv2, ..."""

    def __init__(self, shape: Shape, seed: int | None, *, grey: bool = False) -> None:
        keras = quiet.import_keras()
        self._layers, self._start = keras.layers, Starts(seed)
        self._counts: dict[str, int] = {}
        self._inputs = keras.Input(shape, name="photo")
        scale = [share / 255 for share in _LUMINANCE] if grey else 1 / 255
        self._x = self._layers.Rescaling(scale, name="rescaling")(self._inputs)
        if grey:
            self._x = keras.ops.sum(self._x, axis=-1, keepdims=True)

    def convolve(self, filters: int) -> None:
        self._add(
            self._layers.Conv2D(
                filters,
                3,
                activation="relu",
                kernel_initializer=self._start.kernel(),
                name=self._name("conv"),
            )
        )

    def pool(self) -> None:
        self._add(self._layers.MaxPooling2D(2, name=self._name("pool")))

    def flatten(self) -> None:
        self._add(self._layers.Flatten(name="flatten"))

    def dense(self, units: int) -> None:
        self._add(
            self._layers.Dense(
                units,
                activation="relu",
                kernel_initializer=self._start.kernel(),
                name=self._name("dense"),
            )
        )

    def drop(self, rate: float) -> None:
        seed = self._start.number()
        self._add(self._layers.Dropout(rate, seed=seed, name="dropout"))

    def finish(self, name: str, classes: int, options: dict[str, Any]) -> Any:
        options = {**options, "seed": self._start.seed}
        return finish(name, self._inputs, self._x, classes, self._start, options)

    def _add(self, layer: Any) -> None:
        self._x = layer(self._x)

    def _name(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}{self._counts[kind]}"
