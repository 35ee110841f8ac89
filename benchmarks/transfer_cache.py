"""The learning-rate sweep of a transfer model: backbone every epoch, or once.

The usual recipe trains four heads for ten epochs each and runs the frozen backbone
over all photographs in every epoch. Ours runs it once and trains the heads on what it
gave. Same photographs, in memory for both, same backbone, which is built beforehand,
heads with the same first weights, same optimiser, same batches in the same order;
compiling counts for both.
What is noise between their accuracies is measured, too: by training ours again with
other seeds. Beside it: what `features` costs over the bare network's `predict`.

With MobileNetV2's ImageNet weights where KERAS_HOME has them, else with random ones,
as the figures say.
"""

import json
import sys
import tempfile
import time

import numpy as np

from fire_course import images, quiet, transfer
from fire_course.data.render import garments

# Whole batches: a part of one would be compiled anew for those who count seconds.
SIZE, TRAIN, VALIDATION, EPOCHS, SEED = 96, 640, 160, 10, 0
RATES = (0.0001, 0.001, 0.01, 0.1)


def draw():
    photos, labels = [], []
    for seed in range(TRAIN + VALIDATION):
        kind = garments.CLASS_NAMES[seed % len(garments.CLASS_NAMES)]
        photo, _ = garments.render(seed, kind=kind, size=SIZE)
        photos.append(images.resize(photo, (SIZE, SIZE)))
        labels.append(seed % len(garments.CLASS_NAMES))
    photos, labels = np.stack(photos).astype(np.uint8), np.array(labels)
    return (photos[:TRAIN], labels[:TRAIN]), (photos[TRAIN:], labels[TRAIN:])


def usual(keras, base, train, validation):
    """Train behind the frozen backbone for each rate, as the lesson does."""
    from fire_course import callbacks

    prepare = keras.applications.mobilenet_v2.preprocess_input
    (x, y), (vx, vy) = (
        (prepare(p.astype("float32")), labels) for p, labels in (train, validation)
    )
    first = transfer.head(base.output_shape[-1], classes=10, seed=SEED).get_weights()
    batches = callbacks.ShuffledArrays(x, y, seed=SEED)
    found = []
    for rate in RATES:
        inputs = keras.Input((SIZE, SIZE, 3))
        vectors = keras.layers.GlobalAveragePooling2D()(base(inputs, training=False))
        model = keras.Model(inputs, keras.layers.Dense(10)(vectors))
        model.compile(
            optimizer=keras.optimizers.Adam(rate),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        model.layers[-1].set_weights(first)
        history = model.fit(
            batches,
            epochs=EPOCHS,
            validation_data=(vx, vy),
            shuffle=False,
            callbacks=[batches.follow()],
            verbose=0,
        ).history
        found.append(history["val_accuracy"])
        print(f"rate {rate}: {found[-1][-1]:.3f}", file=sys.stderr)
    return found


def ours(network, train, validation):
    with tempfile.TemporaryDirectory() as cache:
        parts = [
            (transfer.features(network, photos, cache=cache), labels)
            for photos, labels in (train, validation)
        ]
    return finals(parts, SEED), parts


def finals(parts, seed):
    runs = transfer.sweep_heads(
        {"learning_rate": RATES}, *parts, epochs=EPOCHS, seed=seed
    )
    return [run.history["val_accuracy"] for run in runs]


def apart(some, others):
    """The difference of the last accuracies, rate by rate."""
    return [abs(a[-1] - b[-1]) for a, b in zip(some, others, strict=True)]


def rates_of_extraction(network, photos):
    """Images a second of `features` and of the bare network, in turns."""
    keras = quiet.import_keras()
    bare = keras.Model(network.input, network.get_layer("average").output)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(4):
            begin = time.perf_counter()
            transfer.features(network, photos, cache=f"{folder}/{turn}")
            middle = time.perf_counter()
            bare.predict(photos, verbose=0)
            end = time.perf_counter()
            found.append((len(photos) / (middle - begin), len(photos) / (end - middle)))
    return (max(each) for each in zip(*found[1:], strict=True))  # the first compiles


def main() -> None:
    keras = quiet.import_keras()
    keras.utils.set_random_seed(0)
    train, validation = draw()
    try:
        transfer.weights_file("mobilenet_v2", download=False)
        weights, said = "imagenet", "ImageNet weights"
    except transfer.WeightsError:
        weights, said = None, "random weights"

    network = transfer.transfer_model(
        "mobilenet_v2", classes=10, image_size=SIZE, weights=weights, seed=0
    )
    begin = time.perf_counter()
    accuracies, parts = ours(network, train, validation)
    quick = time.perf_counter() - begin
    print(f"ours: {quick:.1f} s", file=sys.stderr)

    begin = time.perf_counter()
    theirs = usual(keras, network.get_layer("mobilenet_v2"), train, validation)
    slow = time.perf_counter() - begin
    print(f"backbone in every epoch: {slow:.1f} s", file=sys.stderr)

    # One photograph more or less is noise anywhere.
    reseeded = [apart(accuracies, finals(parts, SEED + more)) for more in range(1, 6)]
    noise = np.maximum(np.max(reseeded, axis=0), 1 / VALIDATION)
    ratio = float(np.max(np.divide(apart(accuracies, theirs), noise)))
    cached, bare = rates_of_extraction(network, train[0])
    for figure, value, unit, bar in (
        (f"sweep of four rates, backbone every epoch / once ({said})", slow / quick, "x",
         {"at_least": 20}),
        ("largest difference of their final accuracies / what another seed makes",
         ratio, "x", {"at_most": 1}),
        ("the largest that another seed makes", float(noise.max()), "", {}),
        ("best accuracy, on drawn garments", max(map(max, accuracies)), "", {}),
        ("features with a cache / bare predict", cached / bare, "x", {"at_least": 0.9}),
        (f"features of MobileNetV2 at {SIZE} px", cached, "/s", {}),
    ):  # fmt: skip
        print(json.dumps({"figure": figure, "value": value, "unit": unit, **bar}))


if __name__ == "__main__":
    main()
