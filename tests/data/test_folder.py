"""Folders of images to arrays and datasets, with everything that is wrong in them."""

import functools
import importlib
import os
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fire_course.data import folder, registry, similar
from fire_course.data.folder import DataError, load, scan, split_by_group
from fire_course.images import open_image

pytestmark = pytest.mark.filterwarnings("ignore:left out")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path_factory.mktemp("cache")))


def photo(path, seed, size=40):
    """Write noise, which is like nothing else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (size, size, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def make(root, layout, size=40):
    """Write photographs by a layout like {"train/fire": 3}; each is different."""
    seed = 0
    for where, count in layout.items():
        (root / where).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            seed += 1
            photo(root / where / f"{i:03}.png", seed, size)
    return root


TWO = {"train/fire": 10, "train/nofire": 10, "test/fire": 4, "test/nofire": 5}


# --- scan ---------------------------------------------------------------------


def test_scan_lists_every_split_and_class(tmp_path):
    listing = scan(make(tmp_path, TWO))
    assert listing.class_names == ("nofire", "fire")
    assert listing.counts() == {
        "train": {"nofire": 10, "fire": 10},
        "test": {"nofire": 4 + 1, "fire": 4},
    }
    assert listing.order == "fire"
    items = listing.splits["train"]
    assert {item.label for item in items if "nofire" in item.path.parts} == {0}
    assert [item.path for item in items] == sorted(item.path for item in items)


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        (("fire", "nofire"), ("nofire", "fire")),
        (("Fire", "No_Fire"), ("nofire", "fire")),
        (("FIRE", "non_fire"), ("nofire", "fire")),
        (("non-fire", "fire"), ("nofire", "fire")),
        (("no fire", "fire"), ("nofire", "fire")),
        (("nofire",), ("nofire", "fire")),
        (("cats", "dogs"), ("cats", "dogs")),
        (("forest", "mountain"), ("mountain", "forest")),
        (("zebra", "Ant", "bee"), ("Ant", "bee", "zebra")),
    ],
)
def test_the_order_of_the_classes(tmp_path, folders, names):
    listing = scan(make(tmp_path, dict.fromkeys(folders, 1)))
    assert listing.class_names == names
    assert list(listing.splits) == [folder.WHOLE]


def test_given_classes_decide_and_others_are_passed_over(tmp_path):
    make(tmp_path, {"smoke": 1, "Fire": 2, "nofire": 3})
    listing = scan(tmp_path, classes=("fire", "nofire"))
    assert listing.class_names == ("fire", "nofire")
    assert listing.counts() == {folder.WHOLE: {"fire": 2, "nofire": 3}}


@pytest.mark.parametrize("name", ["Train", "TRAINING", "train"])
def test_names_of_splits(tmp_path, name):
    make(tmp_path, {f"{name}/a": 1, f"{name}/b": 1, "Val/a": 1, "unused/x": 1})
    assert list(scan(tmp_path).splits) == ["train", "validation"]


def test_what_is_no_class_is_passed_over(tmp_path):
    make(
        tmp_path,
        {"a": 1, "b": 1, "masks": 1, ".hidden": 1, "__MACOSX": 1, "deep/er": 1},
    )
    (tmp_path / "a" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "a" / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "a" / "._000.png").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    listing = scan(tmp_path)
    assert listing.class_names == ("a", "b")
    assert listing.counts() == {folder.WHOLE: {"a": 1, "b": 1}}
    assert listing.strangers == ()


def test_every_format_is_listed_whatever_the_case_of_its_ending(tmp_path):
    names = ["a.jpg", "b.JPEG", "c.png", "d.WebP", "e.bmp", "f.gif", "g.tif", "h.tiff"]
    for i, name in enumerate(names):
        photo(tmp_path / "x" / name, i)
    (tmp_path / "x" / "movie.mp4").write_bytes(b"0")
    make(tmp_path, {"y": 1})
    listing = scan(tmp_path)
    assert [i.path.name for i in listing.splits[folder.WHOLE][:8]] == names
    assert [path.name for path in listing.strangers] == ["movie.mp4"]


def test_categories_come_from_the_table(tmp_path):
    make(tmp_path, TWO)
    table = "path,label,category\ntest/nofire/000.png,nofire,sunset\ntest/fire\\001.png,fire,x\n"
    (tmp_path / "metadata.csv").write_text(table, encoding="utf-8")
    items = scan(tmp_path).splits["test"]
    assert {i.path.name + str(i.label): i.category for i in items if i.category} == {
        "000.png0": "sunset",
        "001.png1": "x",
    }
    (tmp_path / "metadata.csv").write_text("something,else\n1,2\n", encoding="utf-8")
    assert not any(item.category for item in scan(tmp_path).splits["test"])


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ({}, "has no class folders with images"),
        ({"train/deep/er": 2}, "has no class folders"),
        ({"fire": 3, "nofire": 0}, r"nofire has no images: put some there"),
        (
            {"train/fire": 3, "train/nofire": 3, "test/fire": 0},
            "test/fire has no images",
        ),
        ({"fire": 1, "Fire": 1}, "are two folders for one class"),
        ({"nofire": 1, "no_fire": 1}, "are two folders for one class"),
        ({"train/a": 1, "Training/a": 1}, "two folders for the split train"),
    ],
)
def test_folders_that_cannot_serve(tmp_path, layout, words):
    make(tmp_path, layout)
    with pytest.raises(DataError, match=words) as error:
        scan(tmp_path)
    assert "\n" not in str(error.value)


def test_photographs_without_class_folders(tmp_path):
    photo(tmp_path / "a.jpg", 1)
    with pytest.raises(DataError, match="one folder a class"):
        scan(tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        scan(tmp_path / "nowhere")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="is a file, not a folder"):
        scan(tmp_path / "file")


# --- split_by_group -----------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=80),
    st.floats(0.05, 0.95),
    st.integers(0, 5),
)
@settings(max_examples=200, deadline=None)
def test_no_group_is_split_and_nothing_is_lost(items, fraction, seed):
    groups, labels = zip(*items, strict=True)
    rest, cut = split_by_group(groups, fraction, labels=labels, seed=seed)
    assert sorted([*rest, *cut]) == list(range(len(items)))
    assert not {groups[i] for i in rest} & {groups[i] for i in cut}
    assert len(rest) > 0
    again = split_by_group(groups, fraction, labels=labels, seed=seed)
    assert [list(part) for part in again] == [list(rest), list(cut)]


@given(st.integers(2, 60), st.floats(0.1, 0.9), st.integers(0, 3))
@settings(deadline=None)
def test_single_items_are_cut_exactly(count, fraction, seed):
    labels = [0] * count + [1] * count
    _, cut = split_by_group(range(2 * count), fraction, labels=labels, seed=seed)
    want = min(round(fraction * count), count - 1)
    assert Counter(labels[i] for i in cut) == Counter({0: want, 1: want})


def test_the_cut_comes_near_with_large_groups():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(200), rng.integers(1, 8, 200))
    rest, cut = split_by_group(groups.tolist(), 0.2, seed=3)
    assert abs(len(cut) / len(groups) - 0.2) < 0.01
    other = split_by_group(groups.tolist(), 0.2, seed=4)[1]
    assert set(cut) != set(other)
    assert len(rest) + len(cut) == len(groups)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_part_is_between_0_and_1(fraction):
    with pytest.raises(ValueError, match="between 0 and 1"):
        split_by_group([1, 2], fraction)


def test_groups_and_labels_go_together():
    with pytest.raises(ValueError, match="2 groups but 1 labels"):
        split_by_group([1, 2], 0.5, labels=[0])


# --- load: arrays -------------------------------------------------------------


def test_arrays_hold_what_open_image_reads(tmp_path):
    make(tmp_path, TWO)
    splits = load(tmp_path, image_size=16, arrays=True, validation=0.2)
    assert splits.class_names == ("nofire", "fire")
    assert splits.source == str(tmp_path)
    for name, count in (("train", 16), ("validation", 4), ("test", 9)):
        x, y = getattr(splits, name)
        assert x.shape == (count, 16, 16, 3)
        assert x.dtype == np.uint8
        assert y.dtype == np.float32
        items = splits.listing.splits[name]
        assert [item.label for item in items] == y.tolist()
        for image, item in zip(x, items, strict=True):
            np.testing.assert_array_equal(image, open_image(item.path, size=16))
    assert Counter(splits.validation[1].tolist()) == {0.0: 2, 1.0: 2}
    assert splits.problems == []


def test_more_than_two_classes_have_integer_labels(tmp_path):
    splits = load(make(tmp_path, dict.fromkeys("abc", 5)), image_size=8, arrays=True)
    assert splits.train[1].dtype == np.int32
    assert set(splits.train[1].tolist()) == {0, 1, 2}
    assert any("alphabetical" in note for note in splits.notes)


def test_a_set_with_its_own_validation_is_not_cut(tmp_path):
    make(tmp_path, {**TWO, "val/fire": 2, "val/nofire": 2})
    splits = load(tmp_path, image_size=8, arrays=True)
    assert len(splits.train[0]) == 20
    assert len(splits.validation[0]) == 4


def test_nothing_is_cut_if_nothing_is_asked_for(tmp_path):
    splits = load(make(tmp_path, TWO), image_size=8, arrays=True, validation=0)
    assert splits.validation is None
    assert len(splits.train[0]) == 20


def test_a_folder_without_splits_is_training_or_all_test(tmp_path):
    make(tmp_path, {"fire": 10, "nofire": 10})
    splits = load(tmp_path, image_size=8, arrays=True)
    assert splits.test is None
    assert (len(splits.train[0]), len(splits.validation[0])) == (16, 4)
    measured = load(tmp_path, image_size=8, arrays=True, allow_one_class=True)
    assert measured.train is None and measured.validation is None
    assert len(measured.test[0]) == 20


def test_only_the_wanted_splits_are_read(tmp_path):
    make(tmp_path, TWO)
    (tmp_path / "train/fire/bad.jpg").write_text("no image", encoding="utf-8")
    splits = load(tmp_path, image_size=8, arrays=True, only="test")
    assert splits.train is None and splits.validation is None
    assert splits.problems == []
    splits = load(tmp_path, image_size=8, arrays=True, only=("validation",))
    assert splits.train is None and len(splits.validation[0]) == 4
    with pytest.raises(DataError, match="has no validation split, only train, test"):
        load(tmp_path, only=("validation",), validation=0)
    with pytest.raises(ValueError, match="name one or more of train, validation, test"):
        load(tmp_path, only=("trian",))


def test_the_seed_decides_and_decides_alone(tmp_path):
    make(tmp_path, TWO)

    def held(**options):
        splits = load(tmp_path, arrays=True, **{"image_size": 8, **options})
        return [item.path.name for item in splits.listing.splits["validation"]]

    assert held(seed=1) == held(seed=1)
    assert held(seed=1) == held(seed=1, image_size=16, only=("validation",))
    assert len({tuple(held(seed=seed)) for seed in range(5)}) > 1


def test_a_limit_is_for_each_class_and_split(tmp_path):
    make(tmp_path, TWO)
    splits = load(tmp_path, image_size=8, arrays=True, limit=3)
    counts = splits.listing.counts()
    assert counts["test"] == {"nofire": 3, "fire": 3}
    assert counts["train"] == {"nofire": 3, "fire": 3}
    assert counts["validation"] == {"nofire": 1, "fire": 1}
    same = load(tmp_path, image_size=8, arrays=True, limit=3)
    assert same.listing.splits == splits.listing.splits
    with pytest.raises(ValueError, match="limit is 0"):
        load(tmp_path, limit=0)


def test_progress_is_told_and_ends(tmp_path):
    seen = []
    load(
        make(tmp_path, TWO),
        image_size=8,
        arrays=True,
        progress=lambda *p: seen.append(p),
    )
    assert all(0 <= done <= total for done, total in seen)
    assert seen[-1][0] == seen[-1][1] == 29


def test_listed_leaks_are_left_out_and_said(tmp_path):
    make(tmp_path, TWO)
    (tmp_path / "leaky_test_images.txt").write_text(
        f"# a comment\n{tmp_path.name}/test/fire/000.png\ntest/nofire/001.png\n\n",
        encoding="utf-8",
    )
    splits = load(tmp_path, image_size=8, arrays=True, only="test")
    names = {f"{i.label}{i.path.name}" for i in splits.listing.splits["test"]}
    assert len(names) == 7
    assert not names & {"1000.png", "0001.png"}
    assert "left out 2 test images" in splits.notes[-1]
    assert len(load(tmp_path, image_size=8, arrays=True, leaks="keep").test[0]) == 9
    with pytest.raises(ValueError, match="leaks is 'no'"):
        load(tmp_path, leaks="no")


def test_copies_stay_on_one_side(tmp_path):
    """Ten photographs, five times each in other sizes and encodings."""
    for label in ("fire", "nofire"):
        for i in range(10):
            rng = np.random.default_rng([i, label == "fire"])
            small = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8))
            for k, (size, ending) in enumerate(
                [(90, "png"), (120, "jpg"), (70, "webp"), (100, "bmp"), (90, "jpg")]
            ):
                path = tmp_path / label / f"{i}_{k}.{ending}"
                path.parent.mkdir(exist_ok=True)
                small.resize((size, size), Image.Resampling.BICUBIC).save(path)
    for seed in range(3):
        splits = load(tmp_path, image_size=8, arrays=True, seed=seed)
        sides = [
            {(item.label, item.path.name[0]) for item in splits.listing.splits[split]}
            for split in ("train", "validation")
        ]
        assert not sides[0] & sides[1]
        assert len(sides[1]) == 4


# --- load: what is wrong ------------------------------------------------------


@pytest.fixture
def troubled(tmp_path):
    """A good folder with one of everything that is no image."""
    make(tmp_path, TWO)
    train = tmp_path / "train/fire"
    (train / "page.jpg").write_text("<html>404</html>", encoding="utf-8")
    (train / "empty.png").write_bytes(b"")
    whole = photo(tmp_path / "whole.jpg", 999, 200).read_bytes()
    (train / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (train / "film.mp4").write_bytes(b"....ftypmp42")
    (tmp_path / "whole.jpg").unlink()
    photo(train / "good.webp", 1000)
    (tmp_path / "test/nofire/page.jpg").write_text("hello", encoding="utf-8")
    return tmp_path


BAD = ["page.jpg", "empty.png", "cut.jpg", "film.mp4", "page.jpg"]


@pytest.mark.parametrize("options", [{"arrays": True}, {}], ids=["arrays", "datasets"])
def test_bad_files_are_left_out_by_name(troubled, options):
    with pytest.warns(UserWarning, match="left out .*and 4 more files"):
        splits = load(troubled, image_size=8, **options)
    assert sorted(path.name for path, _ in splits.problems) == sorted(BAD)
    reasons = {path.name: reason for path, reason in splits.problems}
    assert "truncated" in reasons["cut.jpg"]
    assert "empty" in reasons["empty.png"]
    assert sum(map(len, splits.listing.splits.values())) == 20 + 9 + 1
    names = {i.path.name for split in splits.listing.splits.values() for i in split}
    assert "good.webp" in names
    assert not names & set(BAD)


def test_a_bad_file_does_not_end_an_epoch_without_a_cache(troubled):
    splits = load(troubled, image_size=8, cache=False, validation=0)
    with pytest.warns(UserWarning, match="left out"):
        seen = sum(len(x) for x, _ in splits.train)
    assert seen == 21
    assert sum(len(x) for x, _ in splits.train) == 21
    assert sum(len(x) for x, _ in splits.test) == 9
    assert sorted(path.name for path, _ in splits.problems) == sorted(BAD)


def test_a_file_that_goes_away_does_not_end_an_epoch(tmp_path):
    make(tmp_path, TWO)
    splits = load(tmp_path, image_size=8, cache=False)
    (tmp_path / "test/fire/000.png").unlink()
    with pytest.warns(UserWarning, match=r"left out .*000\.png"):
        assert sum(len(x) for x, _ in splits.test) == 8


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="needs a user who can be refused",
)
def test_a_file_that_may_not_be_read(tmp_path):
    make(tmp_path, TWO)
    (tmp_path / "train/fire/000.png").chmod(0)
    splits = load(tmp_path, image_size=8, arrays=True)
    assert [path.name for path, _ in splits.problems] == ["000.png"]


@pytest.mark.parametrize("layout", [{"fire": 5}, {"train/fire": 5, "test/nofire": 3}])
def test_one_class_only(tmp_path, layout):
    make(tmp_path, layout)
    with pytest.raises(DataError, match="have one class only, 'fire'"):
        load(tmp_path, image_size=8, arrays=True)
    splits = load(
        tmp_path, image_size=8, arrays=True, allow_one_class=True, only="test"
    )
    assert len(splits.test[0]) in (3, 5)


def test_a_class_without_a_readable_image(tmp_path):
    make(tmp_path, {"a": 5, "b": 5, "c": 0})
    (tmp_path / "c/x.jpg").write_text("text", encoding="utf-8")
    with pytest.raises(DataError, match="no readable image of the class 'c'"):
        load(tmp_path, image_size=8, arrays=True)


def test_no_readable_image_at_all(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.jpg").write_text("text", encoding="utf-8")
    with pytest.raises(DataError, match="has no readable image"):
        load(tmp_path, image_size=8, arrays=True, allow_one_class=True)


def test_only_a_test_split(tmp_path):
    make(tmp_path, {"test/fire": 2, "test/nofire": 2})
    splits = load(tmp_path, image_size=8, arrays=True)
    assert splits.train is None and splits.validation is None
    assert len(splits.test[0]) == 4


def test_what_does_not_fit_into_memory(tmp_path, monkeypatch):
    make(tmp_path, TWO)
    monkeypatch.setattr(folder, "_memory", lambda: 10_000)
    with pytest.raises(DataError, match="use a smaller image_size, a limit"):
        load(tmp_path, image_size=64, arrays=True)
    splits = load(tmp_path, image_size=64)
    assert any("not cached" in note for note in splits.notes)
    assert sum(len(x) for x, _ in splits.test) == 9


# --- load: by name ------------------------------------------------------------


def test_names_of_sets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path / "home"))
    with pytest.raises(
        DataError, match=r"neither a folder nor a known set.*did you mean fire"
    ):
        load("fires")
    with pytest.raises(DataError, match="run `fire-course data get fire`"):
        load("fire")
    with pytest.raises(DataError, match="does not exist"):
        load(tmp_path / "fire")
    make(tmp_path / "home" / "fire", TWO)
    assert len(load("fire", image_size=8, arrays=True).test[0]) == 9


def test_an_evaluation_set_is_never_training_data(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path))
    make(tmp_path / "sunsets", {"nofire": 4})
    for source in ("sunsets", tmp_path / "sunsets"):
        splits = load(source, image_size=8, arrays=True)
        assert splits.train is None and splits.validation is None
        assert splits.test[1].tolist() == [0, 0, 0, 0]
        assert splits.class_names == ("nofire", "fire")
        assert any("evaluation only" in note for note in splits.notes)
        with pytest.raises(DataError, match="has no train split"):
            load(source, image_size=8, only="train")


def test_an_embedded_set_is_drawn_when_it_is_not_there(tmp_path, monkeypatch):
    from fire_course.data.render import scenes

    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("FIRE_COURSE_DATA", str(home))
    # The real renderer, told to draw a small set.
    counts = {"train": 4, "validation": 2, "test": 3}
    small = functools.partial(scenes.make, counts=counts, size=64, jobs=1)
    monkeypatch.setattr(scenes, "make", small)
    splits = load("scenes", image_size=32, arrays=True)
    assert splits.source == "embedded"
    assert [
        len(part[0]) for part in (splits.train, splits.validation, splits.test)
    ] == [8, 4, 6]
    assert all(item.category for item in splits.listing.splits["test"])
    assert registry.locate("scenes") == home / "scenes"
    assert load("scenes", image_size=32, arrays=True, only="test").source == "embedded"
    by_path = load(home / "scenes", image_size=32, arrays=True, only="test")
    assert by_path.source == str(home / "scenes")
    assert not any("another version" in note for note in splits.notes)
    for file in (home / "scenes").glob("*.json"):
        file.unlink()  # as if drawn before versions were written down
    old = load("scenes", image_size=32, arrays=True, only="test")
    assert any("another version" in note for note in old.notes)


@pytest.mark.parametrize(
    ("real", "drawn"),
    [
        ("cifar10", "shapes"),
        ("cats_dogs", "pets"),
        ("clothing", "garments"),
        ("mountain_forest", "lands"),
    ],
)
def test_a_drawn_set_stands_for_photographs_that_are_missing(
    real, drawn, tmp_path, monkeypatch
):
    renderer = importlib.import_module(f"fire_course.data.render.{drawn}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FIRE_COURSE_DATA", raising=False)
    counts = {"train": 2, "validation": 1, "test": 1}
    small = functools.partial(renderer.make, counts=counts, size=64, jobs=1)
    monkeypatch.setattr(renderer, "make", small)
    splits = load(real, image_size=32, arrays=True)
    assert splits.source == "embedded"
    assert splits.class_names == registry.get(drawn).class_names
    assert [note for note in splits.notes if drawn in note and real in note]
    assert (tmp_path / "datasets" / drawn).is_dir()
    by_name = load(drawn, image_size=32, arrays=True)
    assert by_name.source == "embedded"
    assert by_name.notes == []
    np.testing.assert_array_equal(by_name.train[0], splits.train[0])

    # Photographs that are there come first; the drawn set keeps its own name.
    classes = registry.get(real).class_names
    layout = {f"{part}/{name}": 2 for part in ("train", "test") for name in classes}
    make(tmp_path / "photos" / real, layout)
    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path / "photos"))
    splits = load(real, image_size=8, arrays=True, validation=0)
    assert splits.source == str(tmp_path / "photos" / real)
    assert splits.class_names == classes
    assert not any("drawn" in note for note in splits.notes)
    assert load(drawn, image_size=8, arrays=True).source == "embedded"


# --- load: datasets -----------------------------------------------------------


@pytest.mark.parametrize("cache", [True, False])
def test_datasets_hold_the_same_images_in_another_order(tmp_path, cache):
    make(tmp_path, TWO)
    arrays = load(tmp_path, image_size=8, arrays=True, seed=4)
    splits = load(tmp_path, image_size=8, seed=4, cache=cache, batch_size=5)

    def read(dataset):
        x, y = zip(*((x.numpy(), y.numpy()) for x, y in dataset), strict=True)
        assert [len(part) for part in x[:-1]] == [5] * (len(x) - 1)
        return np.concatenate(x), np.concatenate(y)

    for name in ("validation", "test"):
        x, y = read(getattr(splits, name))
        np.testing.assert_array_equal(x, getattr(arrays, name)[0])
        np.testing.assert_array_equal(y, getattr(arrays, name)[1])
    first, second = read(splits.train), read(splits.train)
    assert first[0].dtype == np.uint8
    assert first[1].dtype == np.float32

    def as_bag(x, y):
        return Counter(
            (image.tobytes(), float(label)) for image, label in zip(x, y, strict=True)
        )

    assert as_bag(*first) == as_bag(*second) == as_bag(*arrays.train)
    assert not np.array_equal(first[0], second[0])  # shuffled anew
    again = load(tmp_path, image_size=8, seed=4, cache=cache, batch_size=5)
    np.testing.assert_array_equal(read(again.train)[0], first[0])


def test_a_network_trains_on_a_dataset(tmp_path):
    from fire_course import quiet

    keras = quiet.import_keras()
    splits = load(make(tmp_path, TWO), image_size=8)
    assert int(splits.train.cardinality()) == 1
    network = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    network.compile("adam", "binary_crossentropy")
    history = network.fit(splits.train, validation_data=splits.validation, verbose=0)
    assert np.isfinite(history.history["val_loss"][0])


@pytest.mark.parametrize("what", ["import", "arrays"])
def test_arrays_need_no_tensorflow(tmp_path, what):
    make(tmp_path, TWO)
    lines = [
        "import sys",
        "from fire_course.data import folder, audit, registry, similar",
    ]
    if what == "arrays":
        lines.append("folder.load(sys.argv[1], image_size=8, arrays=True)")
    lines.append(
        "print(sorted(m for m in ('tensorflow', 'keras', 'matplotlib') if m in sys.modules))"
    )
    if what == "import":
        lines.append(
            "print(sorted(m for m in ('scipy', 'skimage', 'requests') if m in sys.modules))"
        )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split("\n")) == {"[]", ""}


# --- real photographs ---------------------------------------------------------


def test_real_photographs_of_fire(real_data):
    splits = load(real_data / "fire", image_size=32, arrays=True, only="test")
    assert len(splits.test[0]) == 337
    every = load(
        real_data / "fire", image_size=32, arrays=True, only="test", leaks="keep"
    )
    assert len(every.test[0]) == 380
    most = load(
        real_data / "fire", image_size=32, arrays=True, only="test", leaks="drop-all"
    )
    assert len(most.test[0]) == 330
    assert splits.problems == []


def test_real_validation_shares_no_copy_with_training(real_data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        splits = load(
            real_data / "fire", image_size=8, arrays=True, crops=False, limit=300
        )
    train, held = (splits.listing.splits[name] for name in ("train", "validation"))
    found = similar.search([item.path for item in (*train, *held)], crops=False)
    assert not [p for p in found.pairs if p.first < len(train) <= p.second]
    assert abs(len(held) / (len(held) + len(train)) - 0.2) < 0.01
    assert isinstance(train[0].path, Path)
