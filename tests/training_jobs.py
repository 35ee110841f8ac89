"""Small trainings for the tests, and trainings that kill their own process.

SIGKILL leaves no time to clean up, unlike an exception: the process is gone in
the middle of a write.
"""

import os
import signal
import sys
import zipfile
from pathlib import Path

import numpy as np

from fire_course import quiet, training

EPOCHS = 4


def data():
    """Photographs whose red tells their label, with some noise in the labels."""
    generator = np.random.default_rng(0)
    labels = np.arange(50) % 2
    photos = generator.integers(0, 200, (50, 16, 16, 3), dtype=np.uint8)
    photos[labels == 1, :, :, 0] += 55
    labels[::7] = 1 - labels[::7]
    return (photos[:36], labels[:36]), (photos[36:], labels[36:])


def network():
    keras = quiet.import_keras()
    keras.utils.set_random_seed(1)
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Conv2D(4, 3, strides=3)(x)
    x = keras.layers.BatchNormalization(momentum=0.5)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.3)(x)
    x = keras.layers.Dense(1, activation="sigmoid")(x)
    return keras.Model(inputs, x, name="tiny")


def plain(classes=1, activation="sigmoid"):
    """A network that is quick to build: means of colours, one dense layer."""
    keras = quiet.import_keras()
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    init = keras.initializers.RandomNormal(seed=3)
    x = keras.layers.Dense(classes, activation=activation, kernel_initializer=init)(x)
    return keras.Model(inputs, x, name="plain")


def train(out, **options):
    """Train as the uninterrupted run does: dropout, augmentation, Adam, validation."""
    trained, validated = data()
    keras = quiet.import_keras()
    net = network()
    result = training.fit(
        net,
        trained,
        validated,
        epochs=EPOCHS,
        out=out,
        learning_rate=0.03,
        batch_size=8,
        seed=5,
        augmentation=[keras.layers.RandomFlip("horizontal")],
        tensorboard=False,
        **options,
    )
    return net, result


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def in_mid_epoch(out):
    """In the third of five batches of the second epoch."""
    train(out, progress=lambda done, _: die() if done == 8 else None)


def in_mid_write(out):
    """When half of the third epoch's state lies on the disk."""
    savez, calls = np.savez, []

    def half(path, **arrays):
        calls.append(path)
        savez(path, **arrays)
        if "epoch-000003" in str(path):
            whole = Path(path).read_bytes()
            Path(path).write_bytes(whole[: len(whole) // 2])
            die()

    np.savez = half
    train(out)


def before_the_old_state_goes(out):
    """When the new state has its name, and the old one still lies beside it."""
    remove = training.shutil.rmtree

    def deadly(path, **options):
        if Path(path).name == "epoch-000002":
            die()
        remove(path, **options)

    training.shutil.rmtree = deadly
    train(out)


def in_the_model(out):
    """At the end, in the middle of model.keras."""
    zipfile.ZipFile.writestr = lambda *_, **__: die()
    train(out)


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2])
