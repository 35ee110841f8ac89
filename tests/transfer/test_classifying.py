"""A network out of the box: names, the best few, and "is it?"."""

import json
import socket

import numpy as np
import pytest

from fire_course import quiet, transfer

KERAS = quiet.import_keras()

NAMES = [f"thing_{i}" for i in range(1000)]
NAMES[3], NAMES[70], NAMES[134], NAMES[517] = "banana", "Persian_cat", "crane", "crane"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A KERAS_HOME with names and no weights."""
    folder = tmp_path_factory.mktemp("keras") / "models"
    folder.mkdir()
    index = {str(i): [f"n{i:08}", name] for i, name in enumerate(NAMES)}
    (folder / "imagenet_class_index.json").write_text(json.dumps(index))
    return folder.parent


@pytest.fixture(scope="module")
def classifier(home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_HOME", str(home))
        found = transfer.Classifier("mobilenet_v2", weights=None)
    # Random weights say the same of everything: let the last layer be decided.
    last = found.network.get_layer("mobilenet_v2").get_layer("predictions")
    kernel, bias = last.get_weights()
    bias = np.random.default_rng(0).normal(0, 2, 1000).astype("float32")
    last.set_weights([kernel, bias])
    return found


@pytest.fixture(scope="module")
def photos():
    generator = np.random.default_rng(1)
    return [
        generator.integers(0, 256, (*size, 3), dtype=np.uint8)
        for size in ((224, 224), (60, 90), (300, 200))
    ]


def test_the_best_are_the_best(classifier, photos):
    rows = classifier.predict_proba(photos)
    assert rows.shape == (3, 1000)
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-4)
    for row, top in zip(rows, classifier.top(photos, 4), strict=True):
        pairs = sorted(zip(row.tolist(), NAMES, strict=True), reverse=True)[:4]
        assert [name for name, _ in top] == [name for _, name in pairs]
        assert [p for _, p in top] == pytest.approx([p for p, _ in pairs])
    assert classifier.top([]) == []


def test_a_file_and_its_pixels_are_the_same_photograph(classifier, photos, tmp_path):
    from PIL import Image

    path = tmp_path / "photo.png"
    Image.fromarray(photos[1]).save(path)
    np.testing.assert_allclose(
        classifier.predict_proba([path]),
        classifier.predict_proba(photos[1:2]),
        atol=1e-6,
    )


def test_is_it_sums_over_what_was_asked(classifier, photos):
    row = classifier.predict_proba(photos[:1])[0]
    banana = classifier.is_it("Banana", photos[0])
    assert banana.probability == pytest.approx(float(row[3]))
    assert not banana and banana.classes == ("banana",)
    # Two classes of one name count both, and none counts twice.
    crane = classifier.is_it(["crane", "CRANE", "persian cat"], photos[0], threshold=0)
    assert crane and crane.classes == ("Persian_cat", "crane", "crane")
    assert crane.probability == pytest.approx(float(row[[70, 134, 517]].sum()))
    assert classifier.is_it(NAMES, photos[0], threshold=0.99)


@pytest.mark.parametrize(
    ("what", "said"),
    [("bananna", "did you mean banana"), ("cat", "persian_cat"), ("", "no class")],
)
def test_an_unknown_class_is_answered_with_near_ones(what, said, classifier, photos):
    with pytest.raises(transfer.TransferError, match=said):
        classifier.is_it(what, photos[0])


def test_what_is_no_photograph_is_refused(classifier, photos):
    with pytest.raises(transfer.TransferError, match=r"height, width, 3"):
        classifier.top([photos[0][..., 0]])
    with pytest.raises(transfer.TransferError, match="a list"):
        classifier.top("photo.png")
    with pytest.raises(transfer.TransferError, match="1 to 1000"):
        classifier.top(photos, 0)
    with pytest.raises(transfer.TransferError, match="0 to 1"):
        classifier.is_it("banana", photos[0], threshold=3)


def test_a_network_of_your_own_is_asked_in_the_same_way(photos):
    layers = KERAS.layers
    network = KERAS.Sequential(
        [
            KERAS.Input((20, 30, 3)),
            layers.GlobalAveragePooling2D(),
            layers.Rescaling(0.01),
            layers.Softmax(),
        ]
    )
    own = transfer.Classifier.of(network, ["red", "dark green", "blue"])
    green = np.zeros((20, 30, 3), np.uint8) + np.uint8([0, 200, 100])
    weights = np.exp([0, 2, 1])
    assert own.predict_proba([green])[0] == pytest.approx(weights / weights.sum())
    assert [name for name, _ in own.top([green], 2)[0]] == ["dark green", "blue"]
    assert own.is_it(["red", "Dark green"], green).classes == ("red", "dark green")
    assert own.predict_proba(photos).shape == (3, 3)
    with pytest.raises(transfer.TransferError, match="The network has no class .*red"):
        own.is_it("reed", green)
    with pytest.raises(transfer.TransferError, match="1 to 3"):
        own.top([green], 4)
    for names in (["one"], list("abcd")):
        with pytest.raises(transfer.TransferError, match="probabilities is wanted"):
            transfer.Classifier.of(network, names)


def test_missing_names_and_weights_are_named(home, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(home))
    with pytest.raises(transfer.WeightsError, match="1.0_224.h5"):
        transfer.Classifier(download=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(transfer.WeightsError, match="imagenet_class_index.json"):
        transfer.class_names(download=False)
    with socket.socket() as taken:  # a proxy that refuses: no network
        taken.bind(("127.0.0.1", 0))
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{taken.getsockname()[1]}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(transfer.WeightsError, match="could not be reached"):
            transfer.class_names()
    broken = tmp_path / "models" / "imagenet_class_index.json"
    broken.parent.mkdir(exist_ok=True)
    broken.write_text('{"0": ["n0", "tench"]}')
    with pytest.raises(transfer.WeightsError, match="damaged"):
        transfer.class_names()


def test_the_genuine_network_says_what_keras_says(genuine):
    from keras.applications import mobilenet_v2

    photo = np.asarray(
        np.random.default_rng(5).integers(0, 256, (1, 224, 224, 3)), np.float32
    )
    classifier = transfer.Classifier()
    assert "banana" in classifier.names
    bare = KERAS.applications.MobileNetV2()
    theirs = bare.predict_on_batch(mobilenet_v2.preprocess_input(photo.copy()))
    (decoded,) = mobilenet_v2.decode_predictions(theirs, top=3)
    (ours,) = classifier.top(photo, 3)
    assert [name for name, _ in ours] == [name for _, name, _ in decoded]
    assert [p for _, p in ours] == pytest.approx(
        [float(p) for *_, p in decoded], abs=1e-4
    )
