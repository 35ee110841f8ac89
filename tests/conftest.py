"""What every test relies on: a quiet machine, no network, real photographs by name."""

import contextlib
import os
import signal
import socket
from pathlib import Path

import pytest

# The folder of real photographs under another name: no test and no program that a
# test starts sees FIRE_COURSE_DATA by accident and writes there. Environment
# variables, because the processes of pytest-xdist inherit nothing else.
REAL = "FIRE_COURSE_TEST_REAL_DATA"
if "FIRE_COURSE_DATA" in os.environ:
    os.environ[REAL] = str(Path(os.environ.pop("FIRE_COURSE_DATA")).resolve())

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")
# The tests run on the processor: test processes side by side would each take the
# whole memory of a GPU, and seeds repeat only on one kind of device.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# A shell tells what it runs in the background to ignore Ctrl-C, and programs that a test
# starts would take that over.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.default_int_handler)

# Files whose tests take longest, longest first. Worker processes take files one after
# the other: begun late, one of these would keep one busy while all others are done.
LONGEST = (
    "lessons/test_grade_lessons.py",
    "lessons/test_hostile.py",
    "data/render/test_drawn_sets.py",
    "cli/test_contract.py",
    "test_sweep.py",
    "transfer/test_classifying.py",
    "cli/test_train.py",
    "lessons/test_checks.py",
    "lessons/test_grade.py",
    "cli/test_watching.py",
    "test_training_runs.py",
    "records/test_repeating.py",
    "records/test_transferring.py",
    "cli/test_lessons.py",
    "cameras/test_watch.py",
    "detector/test_exporting.py",
    "cli/test_camera_demo.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, for `--no-loadscope-reorder`."""
    folder = Path(__file__).parent
    rank = {folder / name: place for place, name in enumerate(LONGEST)}
    missing = [path for path in rank if not path.is_file()]
    assert not missing, f"name in LONGEST without a file: {missing}"
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real photographs (`fire`, `sunsets`, ...), or skip.

    The variable FIRE_COURSE_DATA itself is unset during the tests: give functions
    the folder (``real_data / "fire"``), or set the variable by ``monkeypatch``.
    """
    folder = os.environ.get(REAL)
    if not folder:
        pytest.skip("needs real photographs: set FIRE_COURSE_DATA to their folder")
    path = Path(folder)
    if not (path / "fire").is_dir():
        pytest.skip(f"FIRE_COURSE_DATA={path} has no folder named fire")
    return path


@pytest.fixture(scope="session")
def narrow_weights(tmp_path_factory) -> Path:
    """Return weights of a narrow MobileNetV2 at 32 pixels whose features differ.

    Random weights alone let the features of a frozen network vanish: its normalisation
    does not know yet what to divide by. So its means are set by one pass.
    """
    import numpy as np

    from fire_course import quiet

    keras = quiet.import_keras()
    keras.utils.set_random_seed(11)
    network = keras.applications.MobileNetV2(
        alpha=0.35, weights=None, include_top=False, input_shape=(32, 32, 3)
    )
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    values = np.random.default_rng(1).uniform(-1, 1, (64, 32, 32, 3)).astype("float32")
    network(values, training=True)
    path = tmp_path_factory.mktemp("weights") / "narrow.weights.h5"
    network.save_weights(path)
    return path


@pytest.fixture
def in_second_process():
    """Give a function that calls another one in a process of its own.

    What that returns or raises comes back here. The process ends with the test.
    """
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        yield lambda function, *arguments: pool.apply_async(function, arguments).get(60)


def _refuse_unless_local(address: object) -> None:
    if isinstance(address, tuple) and address:
        host = str(address[0])
        if host not in {"localhost", "::1", "0.0.0.0", "::", ""} and not (
            host.startswith("127.")
        ):
            raise AssertionError(f"A test tried to reach {host}; tests stay local.")


class _LocalSocket(socket.socket):
    def connect(self, address):
        _refuse_unless_local(address)
        return super().connect(address)

    def connect_ex(self, address):
        _refuse_unless_local(address)
        return super().connect_ex(address)


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """Let tests connect to this machine only."""
    whole, lookup = socket.socket, socket.getaddrinfo

    def local_lookup(host, *arguments, **options):
        if isinstance(host, bytes):
            host = host.decode()
        if host is not None:
            _refuse_unless_local((host,))
        return lookup(host, *arguments, **options)

    socket.socket, socket.getaddrinfo = _LocalSocket, local_lookup
    yield
    socket.socket, socket.getaddrinfo = whole, lookup
