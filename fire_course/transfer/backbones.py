"""The pretrained networks, each with the preparation that its weights expect."""

from __future__ import annotations

import difflib
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fire_course import quiet
from fire_course.models.building import checked
from fire_course.transfer import weights as _weights
from fire_course.transfer.weights import TransferError

__all__ = ["BACKBONES", "Backbone", "backbone", "preprocess"]

Size = int | tuple[int, int]


@dataclass(frozen=True)
class Backbone:
    """What is known of a pretrained network.

    Attributes
    ----------
    name : str
        Of this course.
    keras : str
        Of `keras.applications`.
    preparation : {"-1..1", "bgr", "imagenet", "inside"}
        What it does to values of 0 to 255: scales them to -1 to 1; reverses
        the channels and subtracts their means; scales them to 0 to 1, then by
        mean and deviation; or nothing, as its first layers do it.
    size : int
        Pixels of the photographs that it learned from.
    smallest : int
        Pixels that it needs.
    file, top_file : str
        Weights without and with the top, below Keras's address.
    md5 : str or None
        Of `file`, where Keras publishes one.
    """

    name: str
    keras: str
    preparation: str
    size: int
    smallest: int
    file: str
    top_file: str
    md5: str | None


def _known(
    name: str,
    keras: str,
    preparation: str,
    stem: str,
    md5: str | None,
    *,
    size: int = 224,
    smallest: int = 32,
    no_top: str = "_notop",
) -> Backbone:
    file, top = f"{stem}{no_top}.h5", f"{stem}.h5"
    return Backbone(name, keras, preparation, size, smallest, file, top, md5)


_TF = "_weights_tf_dim_ordering_tf_kernels"
_V3 = "mobilenet_v3/weights_mobilenet_v3"
_ROWS = (
    _known(
        "xception",
        "Xception",
        "-1..1",
        f"xception/xception{_TF}",
        "b0042744bf5b25fce3cb969f33bebb97",
        size=299,
        smallest=71,
    ),
    _known(
        "resnet50",
        "ResNet50",
        "bgr",
        f"resnet/resnet50{_TF}",
        "4d473c1dd8becc155b73f8504c6f6626",
    ),
    # One file for every size: the weights of 224 pixels serve smaller photographs
    # too, and two machines with other files at hand would give other figures.
    _known(
        "mobilenet_v2",
        "MobileNetV2",
        "-1..1",
        f"mobilenet_v2/mobilenet_v2{_TF}_1.0_224",
        None,
        no_top="_no_top",
    ),
    _known(
        "resnet101",
        "ResNet101",
        "bgr",
        f"resnet/resnet101{_TF}",
        "88cf7a10940856eca736dc7b7e228a21",
    ),
    _known(
        "resnet152",
        "ResNet152",
        "bgr",
        f"resnet/resnet152{_TF}",
        "ee4c566cf9a93f14d82f913c2dc6dd0c",
    ),
    _known(
        "resnet50_v2",
        "ResNet50V2",
        "-1..1",
        f"resnet/resnet50v2{_TF}",
        "fac2f116257151a9d068a22e544a4917",
    ),
    _known(
        "resnet101_v2",
        "ResNet101V2",
        "-1..1",
        f"resnet/resnet101v2{_TF}",
        "c0ed64b8031c3730f411d2eb4eea35b5",
    ),
    _known(
        "vgg16",
        "VGG16",
        "bgr",
        f"vgg16/vgg16{_TF}",
        "6d6bbae143d832006294945121d1f1fc",
    ),
    _known(
        "vgg19",
        "VGG19",
        "bgr",
        f"vgg19/vgg19{_TF}",
        "253f8cb515780f3b799900260a226db6",
    ),
    _known(
        "inception_v3",
        "InceptionV3",
        "-1..1",
        f"inception_v3/inception_v3{_TF}",
        "bcbd6486424b2319ff4ef7d526e38f63",
        size=299,
        smallest=75,
    ),
    _known(
        "inception_resnet_v2",
        "InceptionResNetV2",
        "-1..1",
        f"inception_resnet_v2/inception_resnet_v2{_TF}",
        "d19885ff4a710c122648d3b5c3b684e4",
        size=299,
        smallest=75,
    ),
    _known(
        "densenet121",
        "DenseNet121",
        "imagenet",
        f"densenet/densenet121{_TF}",
        "30ee3e1110167f948a6b9946edeeb738",
    ),
    _known(
        "mobilenet",
        "MobileNet",
        "-1..1",
        "mobilenet/mobilenet_1_0_224_tf",
        None,
        no_top="_no_top",
    ),
    _known(
        "mobilenet_v3_small",
        "MobileNetV3Small",
        "inside",
        f"{_V3}_small_224_1.0_float",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
        no_top="_no_top_v2",
    ),
    _known(
        "mobilenet_v3_large",
        "MobileNetV3Large",
        "inside",
        f"{_V3}_large_224_1.0_float",
        "07fb09a5933dd0c8eaafa16978110389",
        no_top="_no_top_v2",
    ),
    # Not EfficientNet of the first version: without weights="imagenet" Keras leaves
    # out a scaling layer that those weights expect.
    _known(
        "efficientnet_v2_b0",
        "EfficientNetV2B0",
        "inside",
        "efficientnet_v2/efficientnetv2-b0",
        "893217f2bb855e2983157299931e43ff",
    ),
    _known(
        "efficientnet_v2_s",
        "EfficientNetV2S",
        "inside",
        "efficientnet_v2/efficientnetv2-s",
        "af0682fb74e8c54910f2d4393339c070",
        size=384,
    ),
)

BACKBONES: dict[str, Backbone] = {each.name: each for each in _ROWS}
"""The pretrained networks by name."""


def entry(name: str) -> Backbone:
    """Return what is known of a backbone, under this course's or Keras's name.

    Raises
    ------
    TransferError
        If no backbone has this name.

    Examples
    --------
    >>> entry("ResNet50").preparation
    'bgr'
    >>> entry("resnet5O")
    Traceback (most recent call last):
    fire_course.transfer.weights.TransferError: No backbone is called 'resnet5O'; ...
    """

    def bare(text: str) -> str:
        return str(text).lower().replace("_", "").replace("-", "").strip()

    for each in BACKBONES.values():
        if bare(name) in (bare(each.name), bare(each.keras)):
            return each
    near = difflib.get_close_matches(str(name).lower(), BACKBONES)
    guess = f"; did you mean {' or '.join(near)}?" if near else "."
    raise TransferError(
        f"No backbone is called {name!r}{guess} There are: {', '.join(BACKBONES)}."
    )


def preprocess(name: str, x: Any) -> Any:
    """Prepare photographs of 0 to 255 as a backbone expects them, by plain layers.

    Parameters
    ----------
    name : str
        The backbone.
    x : array or tensor, shape (N, H, W, 3)
        RGB. Inside a network's definition, a symbolic tensor.

    Returns
    -------
    tensor
        What Keras's own `preprocess_input` of this backbone gives.

    Examples
    --------
    >>> import numpy as np
    >>> white = np.full((1, 1, 1, 3), 255.0, "float32")
    >>> np.asarray(preprocess("xception", white)).ravel().tolist()
    [1.0, 1.0, 1.0]
    """
    keras = quiet.import_keras()
    scale = keras.layers.Rescaling
    how = entry(name).preparation
    if how == "-1..1":
        return scale(1 / 127.5, offset=-1.0, name="preprocessing")(x)
    if how == "bgr":
        # The means of red, green and blue in ImageNet; then blue comes first.
        means = [-123.68, -116.779, -103.939]
        x = scale([1.0, 1.0, 1.0], offset=means, name="preprocessing")(x)
        return keras.ops.flip(x, axis=-1)
    if how == "imagenet":
        # Means and deviations of red, green and blue, where white is 1.
        pairs = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)]
        return scale(
            [1 / 255 / deviation for _, deviation in pairs],
            offset=[-mean / deviation for mean, deviation in pairs],
            name="preprocessing",
        )(x)
    return x


def bare_backbone(
    name: str,
    image_size: Size | None,
    *,
    weights: str | os.PathLike[str] | None,
    alpha: float = 1.0,
    seed: int | None = None,
) -> tuple[Any, tuple[int, int, int]]:
    """Build Keras's network without its top, its preparation and its gradients."""
    keras = quiet.import_keras()
    what = entry(name)
    size = what.size if image_size is None else image_size
    pair = (size, size) if isinstance(size, int) else tuple(size)
    shape = checked(what.name, (*pair, 3), smallest=what.smallest)
    path: str | os.PathLike[str] | None = weights
    options = {}
    if alpha != 1:
        if not what.name.startswith("mobilenet") or not alpha > 0:
            raise TransferError(f"{what.name} cannot be built with alpha={alpha}.")
        if weights == "imagenet":
            raise TransferError(
                f"ImageNet weights of {what.name} are known for alpha=1: name a file of "
                f"weights for {alpha}, or ask for weights=None."
            )
        options["alpha"] = alpha
    if weights == "imagenet":
        path = _weights.weights_file(what.name)  # before seconds of building
    with _chance_from(seed):
        network = getattr(keras.applications, what.keras)(
            weights=None,
            include_top=False,
            input_shape=shape,
            name=what.name,
            **options,
        )
    if path is not None:
        _weights.load_into(network, path)
    network.trainable = False
    return network, shape


def backbone(
    name: str,
    image_size: Size | None = None,
    *,
    weights: str | os.PathLike[str] | None = "imagenet",
    alpha: float = 1.0,
    seed: int | None = None,
) -> Any:
    """Build a pretrained network without its top, for photographs as they are.

    Parameters
    ----------
    name : str
        One of `BACKBONES`.
    image_size : int or (height, width), optional
        The size that the network learned from when omitted.
    weights : "imagenet", path or None
        Keras's weights, a file of weights, or None for a network that has
        learned nothing yet.
    alpha : float
        Factor on the width of a MobileNet; there are ImageNet weights for 1.
    seed : int, optional
        Of the first weights, with weights=None.

    Returns
    -------
    keras.Model
        Frozen; from RGB photographs of 0 to 255 to its last feature maps.

    Raises
    ------
    WeightsError
        If the weights are not here and cannot be fetched.
    TransferError
        If no backbone has this name.
    ValueError
        If the photographs are too small for it.

    Examples
    --------
    >>> network = backbone("mobilenet_v2", 96, weights=None)
    >>> network.output_shape, network.count_params()
    ((None, 3, 3, 1280), 2257984)
    """
    keras = quiet.import_keras()
    base, shape = bare_backbone(
        name, image_size, weights=weights, alpha=alpha, seed=seed
    )
    inputs = keras.Input(shape, name="photo")
    outputs = base(preprocess(name, inputs), training=False)
    return keras.Model(inputs, outputs, name=f"{base.name}_features")


@contextmanager
def _chance_from(seed: int | None) -> Iterator[None]:
    """Let Keras draw the first weights by a seed, and leave no trace of it."""
    if seed is None:
        yield
        return
    state = random.getstate()  # where Keras takes the seed of an initializer from
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
