"""Weights that are missing, damaged, served, slow: one sentence, never random ones."""

import hashlib
import http.server
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from fire_course import transfer
from fire_course.transfer import backbones, weights

NAME = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


@pytest.fixture
def refusing(monkeypatch):
    """A proxy that refuses every connection: a machine without a network."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield


def test_offline_and_absent_is_one_sentence_that_names_the_file(home, refusing):
    begin = time.monotonic()
    with pytest.raises(transfer.WeightsError) as missing:
        transfer.transfer_model("mobilenet_v2")
    assert time.monotonic() - begin < 30
    text = str(missing.value)
    assert NAME in text and str(home / "models") in text
    assert "KERAS_HOME" in text and "weights=None" in text
    assert "\n" not in text and text.count(". ") == 0
    assert "could not be reached" in text
    # Nothing is left that a later call would take for weights.
    assert [each for each in home.rglob("*") if each.is_file()] == []


@pytest.mark.parametrize("name", backbones.BACKBONES)
def test_every_backbone_says_which_file_is_missing(name, home):
    what = backbones.BACKBONES[name]
    for top, source in ((False, what.file), (True, what.top_file)):
        with pytest.raises(transfer.WeightsError, match="download=False") as missing:
            transfer.weights_file(name, top=top, download=False)
        assert source in str(missing.value)


def test_a_program_without_a_network_fails_in_time(home):
    """As a learner meets it: a process of its own, one line, no random weights."""
    code = (
        "from fire_course.transfer import transfer_model, WeightsError\n"
        "try:\n    transfer_model('resnet50')\n"
        "except WeightsError as error:\n    print(error)"
    )
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{taken.getsockname()[1]}"
        environment = {
            "KERAS_HOME": str(home),
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "PATH": "/usr/bin:/bin",
        }
        run = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=120,
            env=environment,
        )
    assert run.returncode == 0, run.stderr
    assert "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5" in run.stdout
    assert len(run.stdout.splitlines()) == 1
    assert run.stderr == ""


def test_weights_of_a_path_are_read(tmp_path):
    first = transfer.backbone("mobilenet_v2", 32, weights=None, seed=1)
    path = tmp_path / "mine.weights.h5"
    first.get_layer("mobilenet_v2").save_weights(path)
    second = transfer.backbone("mobilenet_v2", 64, weights=path)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model = transfer.transfer_model(weights=path, image_size=32)
    assert str(transfer.origin(model)).endswith("with the weights of mine.weights.h5")


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x89HDF\r\n"])
def test_a_damaged_file_is_named_and_nothing_random_is_returned(content, home):
    path = home / "models" / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(transfer.WeightsError, match="remove it") as damaged:
        transfer.transfer_model("mobilenet_v2", image_size=32)
    assert str(path) in str(damaged.value)


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(transfer.WeightsError, match=re.escape("gone.h5")):
        transfer.backbone("mobilenet_v2", 32, weights=tmp_path / "gone.h5")


class _Server(http.server.BaseHTTPRequestHandler):
    body, pause = b"", 0.0

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        for byte in range(0, len(self.body), max(1, len(self.body) // 50)):
            self.wfile.write(self.body[byte : byte + max(1, len(self.body) // 50)])
            self.wfile.flush()
            time.sleep(self.pause)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """Serve weights on this machine from where Keras's would come."""

    class Handler(_Server):
        pass

    http_server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http_server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{http_server.server_port}/"
    monkeypatch.setattr(weights, "_SERVER", address)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield Handler
    http_server.shutdown()
    http_server.server_close()


def test_missing_weights_are_fetched_to_where_keras_looks(home, server):
    server.body = b"pretended weights" * 100
    seen = []
    path = transfer.weights_file(
        "mobilenet_v2", progress=lambda done, total: seen.append((done, total))
    )
    assert path == home / "models" / NAME
    assert path.read_bytes() == server.body
    assert seen[-1] == (1700, 1700)
    assert [each.name for each in path.parent.iterdir()] == [NAME]
    server.body = b"other"
    assert transfer.weights_file("mobilenet_v2").read_bytes() != b"other"


def test_a_file_of_another_hash_is_not_kept(home, server, monkeypatch):
    server.body = b"not these"
    with pytest.raises(transfer.WeightsError, match="not the file that Keras expects"):
        transfer.weights_file("resnet50")
    assert [each for each in home.rglob("*") if each.is_file()] == []
    right = replace(
        backbones.BACKBONES["resnet50"],
        md5=hashlib.md5(server.body, usedforsecurity=False).hexdigest(),
    )
    monkeypatch.setitem(backbones.BACKBONES, "resnet50", right)
    assert transfer.weights_file("resnet50").read_bytes() == server.body


def test_a_trickling_server_meets_the_deadline(home, server):
    server.body, server.pause = b"x" * 50, 0.2
    begin = time.monotonic()
    with pytest.raises(transfer.WeightsError, match="took longer than it may"):
        transfer.weights_file("mobilenet_v2", deadline=1.0)
    assert time.monotonic() - begin < 8
    assert [each for each in home.rglob("*") if each.is_file()] == []


def test_genuine_weights_know_what_they_see(genuine):
    """Not random: Keras's network with the same file gives the same features."""
    from fire_course import quiet

    keras = quiet.import_keras()
    network = transfer.backbone("mobilenet_v2", 96)
    bare = keras.applications.MobileNetV2(
        weights=str(genuine / "models" / NAME),
        include_top=False,
        input_shape=(96, 96, 3),
    )
    photo = np.random.default_rng(0).integers(0, 256, (1, 96, 96, 3)).astype("float32")
    np.testing.assert_allclose(
        network.predict_on_batch(photo),
        bare.predict_on_batch(photo / 127.5 - 1),
        atol=1e-4,
    )
    assert np.ptp(network.predict_on_batch(photo)) > 0.5
