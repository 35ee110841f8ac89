"""Two networks that find fire: the source's, and this project's own."""

from __future__ import annotations

from typing import Any

from fire_course import quiet
from fire_course.models.building import Shape, Starts, checked, finish


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
    shape = checked("fire_cnn", input_shape, smallest=FIRE_CNN_SMALLEST)
    keras = quiet.import_keras()
    layers, start = keras.layers, Starts(seed)
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
    return finish("fire_cnn", inputs, x, classes, start, options)


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
    shape = checked("fire_net", input_shape, smallest=FIRE_NET_SMALLEST)
    if not width > 0:
        raise ValueError(f"fire_net's width is a factor above 0, not {width}.")
    keras = quiet.import_keras()
    layers, start = keras.layers, Starts(seed)

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
    return finish("fire_net", inputs, x, classes, start, options)
