"""What the frozen part makes of photographs: computed once, then trained on."""

from __future__ import annotations

import hashlib
import json
import os
import weakref
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fire_course import quiet
from fire_course.transfer.cache import FeatureCache, settings_of
from fire_course.transfer.weights import TransferError

__all__ = ["features", "stacked"]

Progress = Callable[[int, int], None]

_FORMAT = 1  # raised when the same photographs would give other features
# Photographs between two writes: what a kill can lose.
_BLOCK = 512

_EXTRACTORS: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
# Layers never change, and to describe a hundred takes as long as ten photographs.
_SETTINGS: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def features(
    network: Any,
    photos: NDArray[Any] | Sequence[NDArray[Any]],
    *,
    cache: FeatureCache | str | os.PathLike[str] | None = None,
    views: int = 0,
    augmentation: Any = None,
    seed: int = 0,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Run the frozen part of a network once over photographs.

    A head that is trained on the result learns what it would learn behind the
    frozen network, and in a fraction of the time: the backbone, nearly all of
    the work, is not run again in each epoch, for each rate.

    Parameters
    ----------
    network : keras.Model
        Of `transfer_model`, up to its layer "average"; or a `backbone`, whose
        maps are averaged.
    photos : array, shape (N, H, W, 3)
        uint8 or 0 to 255, of the network's size.
    cache : FeatureCache or folder, optional
        Where features are kept. Only photographs whose features are not there
        are run: they are told by their pixels, the network by its layers and
        weights and the libraries' versions.
    views : int
        How many augmented variants of each photograph to add.
    augmentation : keras layer or sequence of them
        For the views.
    seed : int
        Of the views: the same photograph gets the same ones, whatever others
        stand beside it.
    batch_size : int
        Photographs at a time.
    progress : callable, optional
        Called with (photographs done, in all).

    Returns
    -------
    ndarray of float32, shape (N, features) or (1 + views, N, features)
        With views, the first row is of the photographs themselves.

    Raises
    ------
    TransferError
        If photographs and network do not fit, or there are views and no
        augmentation.
    fire_course.files.FileError
        If the cache cannot be written.

    Examples
    --------
    >>> from fire_course import models
    >>> network = models.fire_net((32, 32, 3))
    >>> features(network, np.zeros((5, 32, 32, 3), "uint8")).shape
    (5, 64)
    """
    extractor = _extractor(network)
    photos = _checked(extractor, photos)
    if isinstance(views, bool) or not isinstance(views, int) or views < 0:
        raise TransferError(f"views is a whole number from 0, not {views!r}.")
    layers = _fresh(augmentation)
    if bool(views) != bool(layers):
        raise TransferError(
            "Views are made by augmentation: give both, or neither of them."
        )
    store = (
        cache
        if cache is None or isinstance(cache, FeatureCache)
        else FeatureCache(cache)
    )
    change = _digest([[settings_of(layer) for layer in layers], seed, views])
    keys = [_keys(photo, change, views) for photo in photos]
    kind = identity(extractor) if store is not None else ""
    known = store.read(kind) if store is not None else {}
    width = int(extractor.output_shape[-1])
    known = {key: row for key, row in known.items() if row.shape == (width,)}

    # The same photograph may be there twice: it is run once.
    wanted = {own[0]: i for i, own in enumerate(keys)}
    missing = [i for i in wanted.values() if any(key not in known for key in keys[i])]
    done = len(photos) - len(missing)
    if progress is not None:
        progress(done, len(photos))
    block = max(1, _BLOCK // (1 + views))
    for start in range(0, len(missing), block):
        chosen = missing[start : start + block]
        fresh: dict[bytes, NDArray[np.float32]] = {}
        names = [key for i in chosen for key in keys[i]]
        rows = _run(extractor, _inputs(photos, chosen, keys, layers, views), batch_size)
        fresh.update(zip(names, rows, strict=True))
        known |= fresh
        if store is not None:
            store.write(kind, {k: np.ascontiguousarray(v) for k, v in fresh.items()})
        done += len(chosen)
        if progress is not None:
            progress(done, len(photos))
    found = np.empty((1 + views, len(photos), width), np.float32)
    for i, own in enumerate(keys):
        for view, key in enumerate(own):
            found[view, i] = known[key]
    return found if views else found[0]


def stacked(
    vectors: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Lay the views of photographs behind one another, with their labels.

    Parameters
    ----------
    vectors : array, shape (N, features) or (views, N, features)
    labels : array, shape (N,)

    Returns
    -------
    (ndarray, ndarray)
        Of shapes (views * N, features) and (views * N,), to be trained on.

    Examples
    --------
    >>> x, y = stacked(np.zeros((3, 2, 5)), np.array([0, 1]))
    >>> x.shape, y.tolist()
    ((6, 5), [0, 1, 0, 1, 0, 1])
    """
    vectors, labels = np.asarray(vectors), np.asarray(labels)
    if vectors.ndim == 2:
        vectors = vectors[None]
    if vectors.ndim != 3 or vectors.shape[1] != len(labels):
        raise TransferError(
            f"Features of shape {vectors.shape} do not fit {len(labels)} labels."
        )
    count, _, width = vectors.shape
    return vectors.reshape(-1, width), np.tile(labels, count)


def identity(extractor: Any) -> str:
    """Return 32 digits that stand for a network: layers, weights and versions."""
    keras = quiet.import_keras()
    backend = keras.backend.backend()
    try:
        engine = version(backend)
    except PackageNotFoundError:  # installed under another name
        engine = ""
    if extractor not in _SETTINGS:
        _SETTINGS[extractor] = settings_of(extractor)
    weights = hashlib.sha256()
    for weight in extractor.get_weights():
        weights.update(f"{weight.shape} {weight.dtype} ".encode())
        weights.update(np.ascontiguousarray(weight).data)
    return _digest(
        [
            _FORMAT,
            _SETTINGS[extractor],
            weights.hexdigest(),
            list(extractor.input_shape[1:]),
            [keras.__version__, backend, engine],
        ]
    ).hex()[:32]


def _extractor(network: Any) -> Any:
    """Return the network up to its averaged features; once, as Keras compiles it."""
    found = _EXTRACTORS.get(network)
    if found is not None:
        return found[0]
    keras = quiet.import_keras()
    names = [layer.name for layer in network.layers]
    output = (
        network.get_layer("average").output
        if "average" in names
        else network.outputs[0]
    )
    photographs = len(network.inputs[0].shape) == 4
    if len(output.shape) == 4:
        output = keras.layers.GlobalAveragePooling2D(name="average")(output)
    if len(output.shape) != 2 or not photographs:
        raise TransferError(
            f"{network.name} gives no features of photographs: take a network of "
            "transfer_model, a backbone, or a trunk."
        )
    found = keras.Model(network.inputs, output, name="features")
    _EXTRACTORS[network] = [found]
    return found


def _checked(extractor: Any, photos: Any) -> NDArray[Any]:
    wanted = tuple(extractor.input_shape[1:])
    try:
        array = np.asarray(photos)
    except ValueError:  # photographs of several sizes
        array = np.empty(0, object)
    if (
        array.ndim != 4
        or array.dtype == object
        or any(n not in (None, m) for n, m in zip(wanted, array.shape[1:], strict=True))
    ):
        size = "x".join("?" if n is None else str(n) for n in wanted)
        raise TransferError(
            f"The network takes photographs of {size}: give one array of them, of shape "
            f"(count, height, width, 3), not {array.shape if array.size else 'none'}."
        )
    return array


def _fresh(augmentation: Any) -> list[Any]:
    """Copy the layers: their state of chance is about to be set."""
    from fire_course.transfer.building import _listed

    return [
        type(layer).from_config(layer.get_config()) for layer in _listed(augmentation)
    ]


def _digest(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True) if not isinstance(value, str) else value
    return hashlib.sha256(text.encode()).digest()


def _keys(photo: NDArray[Any], change: bytes, views: int) -> list[bytes]:
    """Return what stands for a photograph and for each of its views."""
    digest = hashlib.sha256(f"{photo.shape} {photo.dtype} ".encode())
    digest.update(np.ascontiguousarray(photo).data)
    own = digest.digest()
    more = [
        hashlib.sha256(own + change + bytes([v & 255, v >> 8])).digest()
        for v in range(views)
    ]
    return [own, *more]


def _inputs(
    photos: NDArray[Any],
    chosen: Sequence[int],
    keys: Sequence[Sequence[bytes]],
    layers: Sequence[Any],
    views: int,
) -> NDArray[Any]:
    if not views:
        return photos[chosen]
    parts = []
    for i in chosen:
        parts.append(photos[i][None].astype(np.float32))
        parts.append(_varied(photos[i], layers, views, keys[i][1]))
    return np.concatenate(parts)


def _varied(
    photo: NDArray[Any], layers: Sequence[Any], views: int, key: bytes
) -> NDArray[np.float32]:
    """Make the views of one photograph, from chance that its own key decides."""
    keras = quiet.import_keras()
    x: Any = np.repeat(photo[None].astype(np.float32), views, axis=0)
    for position, layer in enumerate(layers):
        for variable in layer.variables:
            if variable.name == "seed_generator_state":
                start = int.from_bytes(key[:4], "big") + position
                variable.assign(np.array([start % 2**32, 0], variable.dtype))
        x = layer(x, training=True)
    return np.asarray(keras.ops.convert_to_numpy(x), np.float32)


def _run(extractor: Any, inputs: NDArray[Any], batch_size: int) -> NDArray[np.float32]:
    rows = extractor.predict(inputs, batch_size=batch_size, verbose=0)
    return np.asarray(rows, np.float32)
