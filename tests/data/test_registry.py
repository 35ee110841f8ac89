"""What the registry says of the sets, against the real folders where they are there."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from fire_course.data import folder, registry
from fire_course.images import hamming, open_image, perceptual_hash

CARDS = Path(__file__).parents[2] / "datasets"
REAL = [name for name, dataset in registry.SETS.items() if not dataset.embedded]


def test_the_sets_of_the_course():
    assert list(registry.SETS) == [
        "scenes",
        "shapes",
        "pets",
        "garments",
        "lands",
        "fire",
        "clothing",
        "mountain_forest",
        "cats_dogs",
        "cifar10",
        "sunsets",
    ]
    assert registry.get("fire").class_names == ("nofire", "fire")
    assert registry.get("cats_dogs").class_names == ("cats", "dogs")
    assert registry.get("mountain_forest").class_names == ("mountain", "forest")
    assert registry.get("sunsets").evaluation_only


@pytest.mark.parametrize("name", registry.SETS)
def test_a_set_says_what_it_is(name):
    dataset = registry.SETS[name]
    assert dataset.name == name
    assert dataset.terms and dataset.citation
    assert tuple(dataset.counts) == dataset.splits
    for table in dataset.counts.values():
        assert set(table) <= set(dataset.class_names)
        assert all(count > 0 for count in table.values())
    if not dataset.embedded:
        assert dataset.homepage.startswith("https://")
        assert dataset.url is not None and dataset.url.startswith("https://")
        assert 0 < dataset.max_bytes <= dataset.max_unpacked
    assert dataset.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", dataset.sha256)


@pytest.mark.parametrize("name", registry.SETS)
def test_a_set_has_a_card_that_agrees(name):
    text = (CARDS / f"{name}.md").read_text(encoding="utf-8")
    dataset = registry.SETS[name]
    words = re.sub(r"[\s>*_`]+", " ", text)
    for heading in (
        "What it is",
        "How it was made",
        "Classes and counts",
        "Terms",
        "Citation",
    ):
        assert f"## {heading}" in text, heading
    assert "## Known leaks and overlaps" in text
    for split, table in dataset.counts.items():
        assert split in text
        for class_name, count in table.items():
            assert class_name in text
            assert f"{count:,}" in words
    if dataset.homepage:
        assert dataset.homepage in text
    if dataset.sha256:
        assert dataset.sha256 in text


def test_the_leaks_of_fire():
    fire = registry.get("fire")
    assert len(set(fire.leaks)) == 43
    assert len(set(fire.more_leaks)) == 7
    assert not set(fire.leaks) & set(fire.more_leaks)
    assert len(set(registry.get("sunsets").looks)) == 36


def test_an_unknown_name_is_answered_with_what_is_near():
    with pytest.raises(KeyError, match="did you mean cats_dogs") as error:
        registry.get("cats-dogs")
    assert "\n" not in error.value.args[0]
    with pytest.raises(KeyError, match="there are scenes, shapes"):
        registry.get("zebra")
    with pytest.raises(KeyError, match="there is no data set called ''"):
        registry.get("")


def test_where_sets_are_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FIRE_COURSE_DATA", raising=False)
    assert registry.home() == Path("datasets")
    assert registry.locate("fire") is None
    (tmp_path / "datasets/fire/train").mkdir(parents=True)
    assert registry.locate("fire") == Path("datasets/fire")
    (tmp_path / "elsewhere/fire").mkdir(parents=True)
    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path / "elsewhere"))
    assert registry.home() == tmp_path / "elsewhere"
    assert registry.locate("fire") == Path("datasets/fire")  # the other is empty
    (tmp_path / "elsewhere/fire/train").mkdir()
    assert registry.locate("fire") == tmp_path / "elsewhere/fire"
    monkeypatch.setenv("FIRE_COURSE_DATA", "")
    assert registry.home() == Path("datasets")


def test_drawn_sets_stand_for_photographs():
    pairs = {name: registry.stand_in(name) for name in registry.SETS}
    assert {name: other for name, other in pairs.items() if other} == {
        "cifar10": "shapes",
        "cats_dogs": "pets",
        "clothing": "garments",
        "mountain_forest": "lands",
    }
    for name, other in pairs.items():
        if other:
            drawn, real = registry.get(other), registry.get(name)
            assert drawn.embedded and not real.embedded
            assert len(drawn.class_names) == len(real.class_names)


def test_drawn_sets_go_where_one_can_write(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path / "new" / "home"))
    assert registry.place() == tmp_path / "new" / "home"
    monkeypatch.setenv("FIRE_COURSE_DATA", "/proc/photographs")
    if Path("/proc").is_dir() and not os.access("/proc", os.W_OK):
        assert registry.place() == Path("datasets")


# --- the real folders ---------------------------------------------------------


@pytest.mark.parametrize("name", REAL)
def test_counts_are_those_of_the_real_folders(real_data, name):
    if not (real_data / name).is_dir():
        pytest.skip(f"no folder {name}")
    dataset = registry.get(name)
    listing = folder.scan(real_data / name)
    assert listing.class_names == dataset.class_names
    counts = {
        split: {key: count for key, count in table.items() if count}
        for split, table in listing.counts().items()
    }
    expected = dict(dataset.counts)
    if list(counts) == [folder.WHOLE]:
        counts = {dataset.splits[0]: counts[folder.WHOLE]}
    assert counts == expected


def test_listed_leaks_are_those_of_the_real_folder(real_data):
    lines = (real_data / "fire/leaky_test_images.txt").read_text("utf-8").split()
    assert set(registry.get("fire").leaks) == {
        line.removeprefix("fire/") for line in lines
    }
    for name in registry.get("fire").more_leaks:
        assert (real_data / "fire" / name).is_file()


def test_the_hashes_of_the_sunsets(real_data):
    found = [
        perceptual_hash(open_image(p)) for p in (real_data / "sunsets").rglob("*.jpg")
    ]
    known = np.array(registry.get("sunsets").looks, np.uint64)
    distance = hamming(np.array(found, np.uint64)[:, None], known[None])
    assert distance.min(1).max() == 0
    # Encoded anew they still differ least from themselves, by far.
    off = distance[~(distance == 0)]
    assert off.min() > 2 * 8
