"""What the runs beside fire read: parts that share no photograph."""

import shutil

import numpy as np
import pytest
from PIL import Image

from fire_course.records import fingerprint
from fire_course.records.photographs import Photographs

OPTIONS = {"image_size": 50, "validation": 0.25}


def test_three_parts_and_what_they_are(pets):
    photographs = Photographs("cats_dogs", pets, **OPTIONS)
    train, held, test = photographs.train, photographs.validation, photographs.test()
    assert (len(train.x), len(held.x), len(test.x)) == (18, 6, 8)
    assert train.x.shape[1:] == (50, 50, 3)
    assert photographs.class_names == ("cats", "dogs")
    names = [*train.names, *held.names, *test.names]
    assert len(set(names)) == len(names) == 32
    for part in (train, held, test):
        dogs = [name.split("/")[1] == "dogs" for name in part.names]
        assert part.y.tolist() == [float(dog) for dog in dogs]
    facts = photographs.facts
    assert (facts["train"], facts["validation"], facts["test"]) == (18, 6, 8)
    assert facts["validation_fingerprint"] == fingerprint(held.names, held.digests)
    assert facts["audit"]["leaks"] == []
    assert facts["audit"]["crops_searched"] is True
    assert len({facts["fingerprint"], facts["test_fingerprint"]}) == 2


def test_copies_stay_on_one_side_of_the_cut(pets):
    """Each training photograph comes twice, the second time a little larger."""
    folder = pets / "cats_dogs" / "train"
    for path in list(folder.glob("*/*.png")):
        with Image.open(path) as image:
            image.resize((60, 60)).save(path.with_name(f"copy-{path.name}"))
    photographs = Photographs("cats_dogs", pets, **OPTIONS)

    def originals(part):
        return {name.replace("copy-", "") for name in part.names}

    train, held = originals(photographs.train), originals(photographs.validation)
    assert len(train) + len(held) == 24
    assert not train & held


def test_a_test_photograph_seen_in_training_is_left_out_and_named(pets):
    root = pets / "cats_dogs"
    before = Photographs("cats_dogs", pets, **OPTIONS).test()
    with Image.open(next((root / "train" / "dogs").iterdir())) as image:
        mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        mirrored.save(root / "test" / "dogs" / "seen.png")
    photographs = Photographs("cats_dogs", pets, **OPTIONS)
    test = photographs.test()
    assert photographs.facts["audit"]["leaks"] == ["test/dogs/seen.png"]
    assert photographs.facts["audit"]["findings"] == {"leak": 1}
    assert list(test.names) == list(before.names)
    assert np.array_equal(test.x, before.x)
    assert test.fingerprint() == before.fingerprint()


def test_without_a_part_to_choose_by(pets):
    photographs = Photographs("cats_dogs", pets, image_size=50, validation=0.0)
    assert photographs.validation is None
    assert len(photographs.train.x) == photographs.facts["train"] == 24
    assert photographs.facts["validation_fingerprint"] is None


def test_the_folder_of_the_set_itself_serves_too(pets):
    home = Photographs("cats_dogs", pets, **OPTIONS)
    itself = Photographs("cats_dogs", pets / "cats_dogs", **OPTIONS)
    assert itself.facts == home.facts


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(ValueError, match="data get cats_dogs"):
        Photographs("cats_dogs", tmp_path, **OPTIONS)
    with pytest.raises(ValueError, match="is not a folder"):
        Photographs("cats_dogs", tmp_path / "nowhere", **OPTIONS)


def test_no_drawn_pictures_stand_in(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="the data home"):
        Photographs("cats_dogs", **OPTIONS)
    assert not (tmp_path / "pets").exists()


def test_the_fingerprint_follows_the_content(pets):
    before = Photographs("cats_dogs", pets, **OPTIONS).facts["fingerprint"]
    shutil.copy(
        pets / "cats_dogs/train/cats/0.png", pets / "cats_dogs/train/cats/99.png"
    )
    assert Photographs("cats_dogs", pets, **OPTIONS).facts["fingerprint"] != before
