"""Detectors: the same answers from memory and from files, and no trust in files."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from importlib import resources
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fire_course import files, images, models, quiet
from fire_course.detector import Detector, DetectorError, Prediction

SIZE = 48


@pytest.fixture(scope="module")
def detector():
    network = models.fire_net((SIZE, SIZE, 3), width=0.25, seed=3)
    # As if trained: a fresh network says .5 to everything.
    generator = np.random.default_rng(1)
    network.set_weights(
        [w + generator.normal(0, 0.1, w.shape) ** 2 for w in network.get_weights()]
    )
    network.get_layer("logit").bias.assign([-1.0])
    return Detector(network, threshold=0.25)


@pytest.fixture(scope="module")
def photos():
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (70, 6, 6, 3), dtype=np.uint8)
    return noise.repeat(SIZE // 6, axis=1).repeat(SIZE // 6, axis=2)


@pytest.fixture(scope="module")
def saved(detector, tmp_path_factory):
    return detector.save(tmp_path_factory.mktemp("saved") / "model.keras")


@pytest.fixture(scope="module")
def saved_weights(detector, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    return detector.save_weights(folder / "model.weights.h5")


# --- scores ----------------------------------------------------------------


def test_scores_are_the_networks(detector, photos):
    network = detector.network(photos.astype(np.float32), training=False)
    scores = detector.score(photos)
    assert scores.shape == (70,)
    assert scores.dtype == np.float64
    assert scores.std() > 0.01
    np.testing.assert_allclose(scores, np.asarray(network)[:, 0], atol=1e-6)


def test_a_photograph_alone_scores_as_among_others(detector, photos):
    scores = detector.score(photos)
    for count in (1, 2, 3, 5, 31, 33):
        np.testing.assert_allclose(
            detector.score(photos[:count]), scores[:count], atol=1e-6
        )


def test_photographs_of_mixed_sizes_follow_the_one_rule_of_resizing(detector):
    generator = np.random.default_rng(2)
    mixed = [
        generator.integers(0, 256, (*shape, 3), dtype=np.uint8)
        for shape in ((48, 48), (200, 300), (31, 17))
    ]
    resized = [images.resize(p, (SIZE, SIZE), method="bilinear") for p in mixed]
    np.testing.assert_allclose(
        detector.score(mixed), detector.score(np.stack(resized)), atol=1e-6
    )


def test_floats_of_0_to_255_score_as_bytes(detector, photos):
    floats = photos[:3].astype(np.float32)
    np.testing.assert_allclose(
        detector.score(floats), detector.score(photos[:3]), atol=1e-6
    )


def test_no_photograph_has_no_score(detector):
    assert detector.score([]).shape == (0,)
    assert detector.predict_proba(np.zeros((0, SIZE, SIZE, 3))).shape == (0, 2)


def test_probabilities_of_both_classes_sum_to_one(detector, photos):
    rows = detector.predict_proba(photos[:4])
    assert rows.shape == (4, 2)
    np.testing.assert_allclose(rows.sum(1), 1)
    np.testing.assert_array_equal(rows[:, 1], detector.score(photos[:4]))


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (np.zeros((SIZE, SIZE, 3)), r"pass photo\[None\]"),
        ([np.zeros((SIZE, SIZE))], "has the shape"),
        (np.zeros((2, SIZE, SIZE, 4)), r"not \(48, 48, 4\)"),
    ],
)
def test_what_is_no_photograph_is_refused(detector, bad, sentence):
    with pytest.raises(DetectorError, match=sentence):
        detector.score(bad)


def test_threads_get_the_scores_of_one(detector, photos):
    expected = detector.score(photos)
    fresh = Detector(detector.network)
    found = {}

    def work(i):
        found[i] = fresh.score(photos[i : i + 9])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(0, 60, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, scores in found.items():
        np.testing.assert_allclose(scores, expected[i : i + 9], atol=1e-6)


def test_more_classes_have_probabilities_and_no_one_score(photos):
    network = models.fire_net((SIZE, SIZE, 3), width=0.25, classes=3)
    detector = Detector(network, class_names=("rain", "snow", "sun"))
    rows = detector.predict_proba(photos[:3])
    assert rows.shape == (3, 3)
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-5)
    with pytest.raises(DetectorError, match="ask predict_proba"):
        detector.score(photos[:3])


def test_two_softmax_outputs_tell_by_the_larger(tmp_path, photos):
    network = models.fire_net((SIZE, SIZE, 3), width=0.25, classes=2)
    detector = Detector(network, threshold=0.9)
    images.save_image(tmp_path / "a.png", photos[0])
    (answer,) = detector.predict_files([tmp_path / "a.png"])
    row = detector.predict_proba(photos[:1])[0]
    assert answer.label == detector.class_names[row.argmax()]
    assert answer.score == pytest.approx(row.max(), abs=1e-6)


# --- files of photographs --------------------------------------------------


def test_every_file_gets_its_own_answer(detector, photos, tmp_path):
    good = []
    for i in range(5):
        images.save_image(tmp_path / f"{i}.png", photos[i])
        good.append(tmp_path / f"{i}.png")
    images.save_image(tmp_path / "cut.jpg", photos[0])
    whole = (tmp_path / "cut.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "page.jpg").write_text("<html>404</html>")
    paths = [*good[:2], tmp_path / "page.jpg", tmp_path / "missing.png", *good[2:]]
    paths += [tmp_path / "cut.jpg", tmp_path]
    calls = []
    answers = detector.predict_files(
        paths, batch_size=3, progress=lambda *call: calls.append(call)
    )
    assert [answer.path for answer in answers] == [os.fspath(path) for path in paths]
    scores = detector.score(photos[:5])
    found = [answer for answer in answers if answer.error is None]
    np.testing.assert_allclose([a.score for a in found], scores, atol=1e-6)
    assert [a.label for a in found] == [
        "fire" if score >= 0.25 else "nofire" for score in scores
    ]
    errors = [answer for answer in answers if answer.error is not None]
    assert [Path(error.path).name for error in errors] == [
        "page.jpg",
        "missing.png",
        "cut.jpg",
        tmp_path.name,
    ]
    assert all(e.score is None and e.label is None for e in errors)
    assert "<html>" in errors[0].error
    assert "truncated" in errors[2].error
    assert calls == [(3, 9), (6, 9), (9, 9)]


def test_files_that_are_all_bad_or_none(detector, tmp_path):
    (answer,) = detector.predict_files([tmp_path / "no.png"])
    assert answer == Prediction(
        str(tmp_path / "no.png"), error=f"{tmp_path / 'no.png'}: does not exist"
    )
    assert detector.predict_files([]) == []
    assert json.loads(json.dumps(answer.as_dict()))["score"] is None


def test_a_score_at_the_threshold_is_fire(detector, photos, tmp_path):
    images.save_image(tmp_path / "a.png", photos[0])
    score = float(detector.score(photos[:1])[0])
    for threshold, label in ((score, "fire"), (np.nextafter(score, 1), "nofire")):
        judge = Detector(detector.network, threshold=threshold)
        assert judge.predict_files([tmp_path / "a.png"])[0].label == label


# --- what a detector may be ------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"threshold": 1.5}, "between 0 and 1, not 1.5"),
        ({"threshold": float("nan")}, "between 0 and 1"),
        ({"class_names": ("a",)}, "tells 2 classes apart, and 1 class names"),
        ({"class_names": ("a", "b", "c")}, "3 class names were given: a, b, c"),
        ({"image_size": 50}, "48x48 pixels, not 50x50"),
        ({"image_size": (48, 50)}, "48x48 pixels, not 48x50"),
        ({"image_size": 0}, "number of pixels or"),
        ({"image_size": (1, 2, 3)}, "number of pixels or"),
    ],
)
def test_what_does_not_fit_the_network_is_refused(detector, options, sentence):
    with pytest.raises(DetectorError, match=sentence):
        Detector(detector.network, **options)


def test_networks_that_are_no_detectors_are_refused():
    keras = quiet.import_keras()
    row = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)], name="row")
    with pytest.raises(DetectorError, match="row takes"):
        Detector(row)
    inputs = keras.Input((SIZE, SIZE, 3))
    maps = keras.Model(inputs, keras.layers.Conv2D(1, 3)(inputs), name="maps")
    with pytest.raises(DetectorError, match="maps gives"):
        Detector(maps)


def test_a_network_for_any_size_needs_one(photos):
    keras = quiet.import_keras()
    inputs = keras.Input((None, None, 3))
    x = keras.layers.GlobalAveragePooling2D()(inputs)
    network = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(x), name="free")
    with pytest.raises(DetectorError, match="say which image_size"):
        Detector(network)
    assert Detector(network, image_size=(20, 30)).score(photos).shape == (70,)


# --- saved and loaded ------------------------------------------------------


@pytest.mark.parametrize("kind", ["saved", "saved_weights"])
def test_a_loaded_detector_is_the_saved_one(kind, detector, photos, request):
    loaded = Detector.load(request.getfixturevalue(kind))
    np.testing.assert_array_equal(loaded.score(photos), detector.score(photos))
    assert loaded.class_names == ("nofire", "fire")
    assert loaded.image_size == (SIZE, SIZE)
    assert loaded.threshold == 0.25
    assert loaded.network.name == "fire_net"


def test_a_loaded_detector_can_be_saved_both_ways_again(saved, photos, tmp_path):
    first = Detector.load(saved)
    second = Detector.load(first.save_weights(tmp_path / "a.weights.h5"))
    third = Detector.load(second.save(tmp_path / "b.keras"))
    np.testing.assert_array_equal(third.score(photos), first.score(photos))


def test_plain_keras_opens_the_file(saved, detector, photos):
    keras = quiet.import_keras()
    network = keras.saving.load_model(saved)
    np.testing.assert_allclose(
        network.predict_on_batch(photos)[:, 0], detector.score(photos), atol=1e-6
    )


def test_plain_keras_reads_the_weights(saved_weights, detector):
    network = models.build(**_arguments(detector.recipe))
    network.load_weights(saved_weights)
    for one, other in zip(
        network.get_weights(), detector.network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def _arguments(recipe):
    return {
        "name": recipe["name"],
        "input_shape": recipe["input_shape"],
        **recipe["options"],
    }


def test_a_trained_network_is_saved_without_its_optimizer(saved, photos, tmp_path):
    network = Detector.load(saved).network
    network.compile("adam", "binary_crossentropy")
    network.fit(photos[:8], np.arange(8) % 2, verbose=0)
    trained = Detector(network)
    path = trained.save(tmp_path / "trained.keras")
    assert path.stat().st_size < 1.2 * saved.stat().st_size
    np.testing.assert_array_equal(
        Detector.load(path).score(photos), trained.score(photos)
    )
    assert not Detector.load(path).network.compiled


def test_a_network_from_elsewhere_is_saved_whole_but_not_as_weights(photos, tmp_path):
    keras = quiet.import_keras()
    network = keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), keras.layers.Rescaling(1 / 255)]
        + [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, "sigmoid")],
        name="own",
    )
    detector = Detector(network, class_names=("cat", "dog"))
    loaded = Detector.load(detector.save(tmp_path / "own.keras"))
    np.testing.assert_allclose(loaded.score(photos), detector.score(photos), atol=1e-6)
    with pytest.raises(DetectorError, match=r"save the whole detector as \.keras"):
        detector.save_weights(tmp_path / "own.weights.h5")
    assert [item.name for item in tmp_path.iterdir()] == ["own.keras"]


def test_the_endings_are_keras_own(detector, tmp_path):
    with pytest.raises(DetectorError, match=r"ends in \.keras"):
        detector.save(tmp_path / "model.h5")
    with pytest.raises(DetectorError, match=r"ends in \.weights\.h5"):
        detector.save_weights(tmp_path / "model.h5")
    assert list(tmp_path.iterdir()) == []


# --- the disk --------------------------------------------------------------


@pytest.mark.parametrize("method", ["save", "save_weights"])
def test_a_folder_that_is_none(detector, tmp_path, method):
    name = "m.keras" if method == "save" else "m.weights.h5"
    with pytest.raises(files.FileError, match="does not exist, make it first"):
        getattr(detector, method)(tmp_path / "missing" / name)


@pytest.mark.skipif(sys.platform == "win32", reason="limits file sizes by POSIX")
@pytest.mark.parametrize("method", ["save", "save_weights"])
def test_a_disk_that_fills_up_in_mid_save_keeps_the_old_file(tmp_path, method):
    """A process that may write 64 kB a file meets a full disk within the file."""
    name = "m.keras" if method == "save" else "m.weights.h5"
    (tmp_path / name).write_bytes(b"the old file")
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            f"""
from fire_course import detector, files, models
import resource, signal
network = models.fire_net((48, 48, 3))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    detector.Detector(network).{method}({str(tmp_path / name)!r})
except files.FileError as error:
    print(error)
""",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "larger than this system or account may write" in run.stdout, run.stderr
    assert run.stdout.count("\n") == 1
    assert [item.name for item in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"the old file"


# --- files that are not what they seem -------------------------------------


def refused(path, sentence, **options):
    with pytest.raises(DetectorError, match=sentence) as caught:
        Detector.load(path, **options)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def rewritten(source, target, **members):
    """Copy a .keras file with some members replaced, added or (None) left out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in {*old.namelist(), *members}:
            content = members.get(name, b"")
            if name not in members:
                content = old.read(name)
            if content is not None:
                new.writestr(name, content)
    return target


def changed_facts(source, target, **changes):
    with zipfile.ZipFile(source) as archive:
        facts = json.loads(archive.read("fire_course.json"))
    return rewritten(
        source, target, **{"fire_course.json": json.dumps({**facts, **changes})}
    )


def test_the_hash_is_checked_when_given(saved):
    digest = hashlib.sha256(saved.read_bytes()).hexdigest()
    Detector.load(saved, sha256=digest.upper() + "\n")
    refused(saved, "is not the file that was expected", sha256="0" * 64)


def test_paths_that_lead_to_no_file(tmp_path):
    refused(tmp_path / "no.keras", "does not exist")
    refused(tmp_path, "is a folder: name the file in it")
    (tmp_path / "empty.keras").touch()
    refused(tmp_path / "empty.keras", "is empty")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"dear diary,\ntoday\n", "holds text .'dear diary,'"),
        (b"<!DOCTYPE html><html>", "holds text"),
        (b"\x80\x04\x95pickle\x00", "starts with the bytes 80 04"),
        (b"PK\x03\x04 and nothing more", "cut off or damaged"),
        (b"\x89HDF\r\n\x1a\n and nothing more", r"ends in \.weights\.h5"),
    ],
)
def test_files_of_another_kind_named_keras(tmp_path, content, sentence):
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    refused(path, sentence)


def test_a_foreign_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "doc.keras", "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    refused(tmp_path / "doc.keras", "is a zip archive, but no Keras model")


def test_a_keras_model_without_labels(detector, tmp_path):
    detector.network.save(tmp_path / "plain.keras")
    refused(tmp_path / "plain.keras", "give it to Detector")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off(saved, tmp_path, share):
    whole = saved.read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: int(share * len(whole))])
    refused(tmp_path / "cut.keras", "cut off or damaged")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_weights_that_were_cut_off(saved_weights, tmp_path, share):
    whole = saved_weights.read_bytes()
    (tmp_path / "cut.weights.h5").write_bytes(whole[: int(share * len(whole))])
    refused(tmp_path / "cut.weights.h5", "cut off")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_one_altered_byte_is_noticed_or_changes_nothing(
    saved, detector, photos, tmp_path, place, flip
):
    content = bytearray(saved.read_bytes())
    content[int(place * len(content))] ^= flip
    path = tmp_path / "flipped.keras"
    path.write_bytes(content)
    try:
        loaded = Detector.load(path)
    except DetectorError as error:
        assert str(path) in str(error)
    else:
        np.testing.assert_array_equal(
            loaded.score(photos[:2]), detector.score(photos[:2])
        )
        assert loaded.threshold == detector.threshold


def test_exchanged_weights_are_noticed(saved, tmp_path):
    other = models.fire_net((SIZE, SIZE, 3), width=0.25, seed=9)
    Detector(other).save(tmp_path / "other.keras")
    with zipfile.ZipFile(tmp_path / "other.keras") as archive:
        weights = archive.read("model.weights.h5")
    path = rewritten(saved, tmp_path / "mixed.keras", **{"model.weights.h5": weights})
    refused(path, "not those that were saved")


def test_altered_weights_in_h5_are_noticed(saved_weights, tmp_path):
    path = tmp_path / "altered.weights.h5"
    path.write_bytes(saved_weights.read_bytes())
    with h5py.File(path, "a") as store:
        found = []
        store.visititems(
            lambda _, item: (
                found.append(item) if isinstance(item, h5py.Dataset) else None
            )
        )
        found[0][...] = found[0][...] + 1
    refused(path, "not those that were saved")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"class_names": ["fire"]}, "contradicts itself"),
        ({"class_names": [1, 2]}, "damaged or was written by hand"),
        ({"image_size": [50, 50]}, "contradicts itself.*48x48 pixels, not 50x50"),
        ({"image_size": None}, "damaged or was written by hand"),
        ({"threshold": "high"}, "damaged or was written by hand"),
        ({"threshold": 7}, "contradicts itself"),
        ({"format": 99}, "written by another version of fire-course .format 99"),
    ],
)
def test_facts_that_were_altered(saved, tmp_path, changes, sentence):
    refused(changed_facts(saved, tmp_path / "altered.keras", **changes), sentence)


def test_facts_that_are_no_facts(saved, tmp_path):
    for i, content in enumerate((b"", b"[]", b"{", b"\xff\xfe", b'"text"')):
        path = rewritten(
            saved, tmp_path / f"{i}.keras", **{"fire_course.json": content}
        )
        refused(path, "damaged or was written by hand")
    bomb = b" " * 2_000_000
    path = rewritten(saved, tmp_path / "bomb.keras", **{"fire_course.json": bomb})
    refused(path, "too large")


def test_a_configuration_of_nonsense(saved, tmp_path):
    for i, content in enumerate((b"{}", b"[1, 2]", b'{"class_name": "NoSuchLayer"}')):
        path = rewritten(saved, tmp_path / f"{i}.keras", **{"config.json": content})
        refused(path, "not a network that Keras can read")


@pytest.fixture(params=["safe mode on", "safe mode turned off by the program"])
def mode(request):
    """What keras.config.enable_unsafe_deserialization does, but undone at the end."""
    from keras.src.saving.serialization_lib import SafeModeScope

    with SafeModeScope(None if request.param == "safe mode on" else False):
        yield


def with_layer(keras, layer, path):
    inputs = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.GlobalAveragePooling2D()(layer(inputs))
    network = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(x))
    Detector(network).save(path)


def test_code_in_a_file_is_never_run(mode, tmp_path):
    keras = quiet.import_keras()
    witness = tmp_path / "ran"
    source = f"lambda x: (__import__('pathlib').Path({str(witness)!r}).touch(), x)[1]"
    with_layer(keras, keras.layers.Lambda(eval(source)), tmp_path / "hostile.keras")
    witness.unlink(missing_ok=True)
    refused(tmp_path / "hostile.keras", "holds program code")
    assert not witness.exists()


def test_a_class_from_any_module_is_not_imported(mode, saved, tmp_path, monkeypatch):
    (tmp_path / "evil_module.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with zipfile.ZipFile(saved) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][1] |= {"module": "evil_module", "class_name": "Evil"}
    path = rewritten(
        saved, tmp_path / "evil.keras", **{"config.json": json.dumps(config)}
    )
    refused(path, "holds program code")
    assert "evil_module" not in sys.modules


def test_a_layer_that_the_program_registered_is_welcome(tmp_path, photos):
    keras = quiet.import_keras()

    @keras.saving.register_keras_serializable("tests")
    class Darker(keras.layers.Layer):
        def call(self, x):
            return x / 2

    with_layer(keras, Darker(), tmp_path / "own.keras")
    assert Detector.load(tmp_path / "own.keras").score(photos).shape == (70,)


def test_weights_for_no_network_or_an_unknown_one(saved_weights, tmp_path):
    def altered(name, value):
        path = tmp_path / f"{name}.weights.h5"
        path.write_bytes(saved_weights.read_bytes())
        with h5py.File(path, "a") as store:
            if value is None:
                del store.attrs["fire_course.json"]
            else:
                facts = json.loads(store.attrs["fire_course.json"])
                store.attrs["fire_course.json"] = json.dumps({**facts, **value})
        return path

    refused(altered("nothing", None), "does not say which network")
    refused(altered("none", {"recipe": None}), "not a network that Keras can read")
    for i, recipe in enumerate(
        (
            {"name": "os.system", "input_shape": [SIZE, SIZE, 3], "options": {}},
            {"name": "fire_net", "input_shape": [1, 1, 3], "options": {}},
            {"name": "fire_net", "input_shape": [SIZE, SIZE, 3], "options": {"x": 1}},
            {"name": "fire_net", "input_shape": [SIZE, SIZE, 3], "options": {}},
        )
    ):
        refused(altered(f"recipe{i}", {"recipe": recipe}), "cut off, damaged or not")


def test_weights_under_a_name_that_keras_does_not_open(saved_weights, tmp_path):
    (tmp_path / "model.h5").write_bytes(saved_weights.read_bytes())
    refused(tmp_path / "model.h5", r"ends in \.weights\.h5")


def test_a_keras_file_under_another_name(saved, tmp_path):
    (tmp_path / "model.zip").write_bytes(saved.read_bytes())
    refused(tmp_path / "model.zip", r"in \.keras")


# --- the detector of the package -------------------------------------------


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Stand in for the installed package: a folder with a folder weights."""
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    return tmp_path / "weights"


def test_default_is_the_file_of_the_package(package, saved, detector, photos):
    content = saved.read_bytes()
    (package / "default.keras").write_bytes(content)
    card = {"sha256": hashlib.sha256(content).hexdigest()}
    (package / "default.json").write_text(json.dumps(card))
    loaded = Detector.load("default")
    np.testing.assert_array_equal(loaded.score(photos), detector.score(photos))


def test_default_is_not_trusted_when_its_hash_is_wrong(package, saved):
    (package / "default.keras").write_bytes(saved.read_bytes())
    (package / "default.json").write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(DetectorError, match="not the file that was expected"):
        Detector.load("default")


def test_a_package_without_its_default(package):
    with pytest.raises(DetectorError, match="missing from this installation"):
        Detector.load("default")
