"""Keras comes in quietly, and what matters is still heard."""

import os
import subprocess
import sys
import threading

import pytest

from fire_course import quiet


def python(code, *, shell_tail="", **environment):
    """Run code in a new Python, whose descriptors are its own."""
    command = [sys.executable, "-c", code]
    if shell_tail:
        command = ["sh", "-c", f'exec "$@" {shell_tail}', "sh", *command]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def test_importing_computing_and_training_say_nothing(tmp_path):
    run = python(
        f"""
import numpy as np
from fire_course import models, quiet, training
tf = quiet.import_tensorflow()
photos = np.random.default_rng(0).integers(0, 255, (12, 32, 32, 3), dtype="uint8")
labels = np.float32([0, 1] * 6)
data = tf.data.Dataset.from_tensor_slices((photos, labels)).batch(4).cache().prefetch(1)
for width in (.25, .5):
    network = models.fire_net((32, 32, 3), width=width)
    training.fit(network, data, data, epochs=2, out={str(tmp_path)!r} + f"/{{width}}")
    for count in range(1, 7):
        network.predict_on_batch(photos[:count])
"""
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert run.stderr == ""


def test_light_modules_import_no_engine():
    run = python(
        "import sys; from fire_course import detector, models, quiet, shapes, training;"
        "print([m for m in ('keras', 'tensorflow', 'jax', 'h5py') if m in sys.modules])"
    )
    assert run.stdout.strip() == "[]", run.stderr


def test_a_closed_standard_error_is_no_obstacle(tmp_path):
    path = tmp_path / "next.txt"
    run = python(
        f"""
import os
from fire_course import quiet
keras = quiet.import_keras()
with open({str(path)!r}, "w") as stream:
    # Log lines go to descriptor 2: no file of the user may get that number.
    assert stream.fileno() != 2
    os.write(2, b"a log line of the engine")
    stream.write(str(float(keras.ops.sum(keras.ops.ones(3)))))
print("done")
""",
        shell_tail="2>&-",
    )
    assert run.stdout.strip() == "done"
    assert path.read_text() == "3.0"


def test_an_unknown_backend_is_still_an_error():
    run = python(
        "from fire_course import quiet; quiet.import_keras()", KERAS_BACKEND="abacus"
    )
    assert run.returncode == 1
    assert "abacus" in run.stderr


def test_what_was_swallowed_comes_out_when_something_fails():
    run = python(
        """
import os
from fire_course import quiet
with quiet.silenced():
    os.write(2, b"never seen\\n")
try:
    with quiet.silenced():
        os.write(2, b"the disk is on fire\\n")
        raise OSError("cannot load")
except OSError as error:
    print(error)
os.write(2, b"heard again\\n")
"""
    )
    assert run.stdout.strip() == "cannot load"
    assert run.stderr == "the disk is on fire\nheard again\n"


def test_silence_without_a_folder_for_temporary_files(monkeypatch, capfd):
    def refused(*_, **__):
        raise OSError("no temporary folder")

    monkeypatch.setattr(quiet.tempfile, "TemporaryFile", refused)
    with quiet.silenced():
        os.write(2, b"hidden")
    os.write(2, b"shown")
    assert capfd.readouterr().err == "shown"


def next_descriptor():
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


def test_descriptors_do_not_leak():
    before = next_descriptor()
    for _ in range(20):
        with quiet.silenced():
            pass
        with pytest.raises(KeyError), quiet.silenced():
            raise KeyError
    assert next_descriptor() == before


def test_threads_get_the_same_module():
    modules = []
    threads = [
        threading.Thread(target=lambda: modules.append(quiet.import_keras()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(modules) == 8
    assert len(set(map(id, modules))) == 1


def test_silence_inside_silence(capfd):
    with quiet.silenced():
        with quiet.silenced():
            os.write(2, b"inner")
        os.write(2, b"outer")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
