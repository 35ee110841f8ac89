"""Exported files: the answers of Keras, no TensorFlow, and no trust in files."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

from fire_course.detector import Detector, DetectorError

pytest.importorskip("ai_edge_litert", reason="LiteRT files run on ai-edge-litert")


@pytest.fixture(scope="session", params=["litert", "integers", "onnx"])
def exported(request):
    if request.param == "onnx":
        pytest.importorskip("onnxruntime", reason="ONNX files run on onnxruntime")
    return request.getfixturevalue(request.param)


@pytest.fixture
def copy(exported, tmp_path):
    """A copy to spoil: the file and the one beside it."""
    for name in (exported.name, exported.name + ".json"):
        shutil.copy(exported.with_name(name), tmp_path)
    return tmp_path / exported.name


def side(path):
    return path.with_name(path.name + ".json")


# --- answers -------------------------------------------------------------------


def test_floats_give_the_answers_of_keras(small, litert, photos):
    loaded = Detector.load(litert)
    np.testing.assert_allclose(loaded.score(photos), small.score(photos), atol=1e-5)
    assert loaded.format == "litert"


def test_onnx_gives_the_answers_of_keras(small, onnx, photos):
    pytest.importorskip("onnxruntime", reason="ONNX files run on onnxruntime")
    loaded = Detector.load(onnx)
    np.testing.assert_allclose(loaded.score(photos), small.score(photos), atol=1e-5)
    assert loaded.format == "onnx"


def test_integers_give_nearly_the_answers_of_keras(small, integers, photos):
    scores = Detector.load(integers).score(photos)
    assert np.abs(scores - small.score(photos)).max() < 0.04
    steps = scores * 256  # what a byte between 0 and 1 can say
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)
    assert len(set(scores)) > 5


def test_facts_travel_with_the_file(small, exported):
    loaded = Detector.load(exported)
    assert loaded.class_names == small.class_names
    assert loaded.image_size == small.image_size
    assert loaded.threshold == small.threshold
    assert loaded.network.name == small.network.name


def test_a_photograph_alone_scores_as_among_others(exported, photos):
    loaded = Detector.load(exported)
    scores = loaded.score(photos)
    for count in (1, 3, 33):
        np.testing.assert_allclose(
            loaded.score(photos[:count]), scores[:count], atol=1e-6
        )
    assert loaded.score([]).shape == (0,)


def test_photographs_of_any_size_and_floats_are_welcome(small, exported, photos):
    loaded = Detector.load(exported)
    mixed = [photos[0], np.repeat(photos[1], 2, axis=1), photos[2][:50]]
    np.testing.assert_allclose(loaded.score(mixed), small.score(mixed), atol=0.04)
    np.testing.assert_allclose(
        loaded.score(photos[:3].astype("float32")), loaded.score(photos[:3]), atol=1e-6
    )


def test_one_detector_serves_many_threads(exported, photos):
    loaded = Detector.load(exported)
    scores = loaded.score(photos)
    found = [None] * 8

    def work(i):
        found[i] = loaded.score(photos[i :: len(found)])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(found))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for i, part in enumerate(found):
        np.testing.assert_allclose(part, scores[i :: len(found)], atol=1e-6)


def test_a_litert_file_starts_without_tensorflow_in_under_a_second(
    integers, small, photos, tmp_path
):
    program = f"""
import sys
import numpy as np
from fire_course.detector import Detector
loaded = Detector.load({str(integers)!r})
score = loaded.score(np.load({str(tmp_path / "photo.npy")!r}))
print(*score, *({{"tensorflow", "keras", "jax", "torch"}} & set(sys.modules)))
"""
    np.save(tmp_path / "photo.npy", photos[:1])
    times = []
    for _ in range(3):
        # Processor time, which other programs disturb less than a clock's.
        before = os.times()
        run = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        after = os.times()
        times.append(
            after.children_user
            - before.children_user
            + after.children_system
            - before.children_system
        )
        (answer,) = run.stdout.split()  # the score and no module
        assert abs(float(answer) - small.score(photos[:1])[0]) < 0.04
        assert run.stderr == ""
    assert min(times) < 1


# --- files that are not what they seem ------------------------------------------


def refused(path, sentence, **options):
    with pytest.raises(DetectorError, match=sentence) as caught:
        Detector.load(path, **options)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_hash_is_checked_when_given(exported):
    digest = hashlib.sha256(exported.read_bytes()).hexdigest()
    Detector.load(exported, sha256=digest)
    refused(exported, "not the file that was expected", sha256="0" * 64)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_file_that_was_cut_off(copy, share):
    whole = copy.read_bytes()
    copy.write_bytes(whole[: int(share * len(whole))])
    refused(copy, "cut off, altered or exchanged")


@pytest.mark.parametrize("place", [0.3, 0.7, 0.999])
def test_one_altered_byte(copy, place):
    content = bytearray(copy.read_bytes())
    content[int(place * len(content))] ^= 1
    copy.write_bytes(content)
    refused(copy, "cut off, altered or exchanged")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>", "holds text"),
        (b"\x80\x04\x95pickle\x00", "starts with the bytes 80 04"),
    ],
)
def test_files_of_another_kind(copy, content, sentence):
    copy.write_bytes(content)
    refused(copy, sentence)


def test_a_file_alone(copy):
    side(copy).unlink()
    refused(copy, "stands without .*json, which holds its labels")


def altered(path, **changes):
    facts = json.loads(side(path).read_text())
    side(path).write_text(json.dumps(facts | changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sha256": "0" * 64}, "not the file that"),
        ({"kind": "keras"}, "not the file that"),
        ({"image_size": [50, 50]}, "do not agree: .*64x64 pixels, not 50x50"),
        ({"class_names": ["fire"]}, "do not agree"),
        ({"class_names": [1, 2]}, "damaged or was written by hand"),
        ({"threshold": "high"}, "damaged or was written by hand"),
        ({"threshold": 7}, "do not agree"),
        ({"format": 99}, "another version of fire-course"),
    ],
)
def test_facts_that_were_altered(copy, changes, sentence):
    altered(copy, **changes)
    refused(copy, sentence)


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff\xfe", b'"text"'])
def test_facts_that_are_no_facts(copy, text):
    side(copy).write_bytes(text)
    refused(copy, "damaged or was written by hand")


def test_facts_without_end(copy):
    side(copy).write_bytes(b" " * 2_000_000)
    refused(copy, "too large")


def test_rubbish_that_its_facts_vouch_for(copy):
    """The hash fits, so that the library itself has to refuse it."""
    start = copy.read_bytes()[:40]
    copy.write_bytes(start + b"\xff" * 400)
    altered(copy, sha256=hashlib.sha256(copy.read_bytes()).hexdigest())
    refused(copy, "not a network that (litert|onnx) can read")


def test_a_litert_file_under_another_name(litert, tmp_path):
    shutil.copy(litert, tmp_path / "model.bin")
    refused(tmp_path / "model.bin", r"its name, which ends in \.tflite")


def test_a_runtime_that_is_missing_is_named(exported, monkeypatch):
    for module in ("ai_edge_litert.interpreter", "onnxruntime"):
        monkeypatch.setitem(sys.modules, module, None)  # as if not installed
    with pytest.raises(DetectorError, match=r"pip install 'fire-course\[export\]'"):
        Detector.load(exported)


def test_an_exported_file_is_no_source(exported, tmp_path):
    loaded = Detector.load(exported)
    for write, name in (
        (loaded.save, "m.keras"),
        (loaded.save_weights, "m.weights.h5"),
        (loaded.export, "m.tflite"),
    ):
        with pytest.raises(DetectorError, match=r"use the \.keras file"):
            write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
