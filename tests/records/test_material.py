"""What experiments read, and the fingerprints of it."""

import subprocess

import numpy as np
import pytest

from fire_course.data.render import scenes
from fire_course.images import open_image
from fire_course.records import EXPERIMENTS, Experiment, find, fingerprint
from fire_course.records.material import SCENE_SEEDS, Material, render

SMALL = {"image_size": 32, "render_size": 64, "jobs": 1}


def experiment(**changes):
    settings = {
        "title": "t",
        "model": "fire_net",
        "trained_on": "photos",
        "image_size": 32,
        "epochs": 1,
        "render_size": 64,
        "test_scenes": 0,
    }
    return Experiment(**(settings | changes))


def test_the_shell_computes_the_same_fingerprint(tmp_path):
    from fire_course.files import sha256_file

    names = ["b.jpg", "a/z.jpg", "a/é.jpg", "A.jpg", "a b.jpg"]
    for i, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes([i]) * 100)
    shell = (
        "find . -type f | cut -c3- | LC_ALL=C sort | tr '\\n' '\\0'"
        " | xargs -0 sha256sum | sha256sum"
    )
    done = subprocess.run(
        shell, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    digests = [sha256_file(tmp_path / name) for name in names]
    assert fingerprint(names, digests) == done.stdout.split()[0]


def test_scenes_are_reduced_as_photographs_are():
    part = render("train", 3, **SMALL)
    for i, kind in enumerate(("nofire", "fire", "nofire")):
        data, _, about = scenes.draw(SCENE_SEEDS["train"] + i, kind=kind, size=64)
        assert np.array_equal(part.x[i], open_image(data, size=32))
        assert part.categories[i] == about["category"]
    assert part.y.tolist() == [0, 1, 0]


def test_scenes_are_the_same_in_any_number_of_processes():
    alone, together = (
        render("validation", 4, image_size=32, render_size=64, jobs=jobs)
        for jobs in (1, 2)
    )
    assert np.array_equal(alone.x, together.x)
    assert alone.digests == together.digests


def test_the_parts_share_no_scene():
    parts = [render(split, 2, **SMALL) for split in SCENE_SEEDS]
    names = [name for part in parts for name in part.names]
    digests = [digest for part in parts for digest in part.digests]
    assert len(set(names)) == len(set(digests)) == 2 * len(SCENE_SEEDS)
    first = sorted(SCENE_SEEDS.values())
    assert min(np.diff(first)) >= 1_000_000


def test_every_category_comes_equally_often_in_the_test_part():
    count = 2 * len(scenes.CATEGORIES)
    part = render("test", count, **SMALL)
    others = [c for c, y in zip(part.categories, part.y, strict=True) if y == 0]
    assert sorted(others) == sorted(scenes.CATEGORIES)


def test_hard_negatives_alone():
    part = render("train", 4, with_fire=False, **SMALL)
    assert part.y.tolist() == [0, 0, 0, 0]


def test_hard_negatives_of_the_categories_that_were_asked_for():
    counts = {"sunset": 2, "autumn": 1}
    material = Material(
        experiment(
            trained_on="scenes",
            validate_on="scenes",
            scenes=2,
            validation_scenes=2,
            hard_negatives=counts,
        ),
        jobs=1,
    )
    x, y = material.train
    assert y.tolist() == [0, 1, 0, 0, 0]
    facts = material.facts["scenes"]
    assert (facts["train"], facts["hard"]) == (2, 3)
    first, after = facts["hard_seeds"]
    assert after - first == 3
    wanted = [name for name, count in counts.items() for _ in range(count)]
    for i, category in enumerate(wanted):
        data, _, about = scenes.draw(
            first + i, kind="nofire", category=category, size=64
        )
        assert about["category"] == category
        assert np.array_equal(x[2 + i], open_image(data, size=32))


def test_evenings_are_the_photographs_without_fire_once_more(home):
    plain = Material(experiment(), home)
    evenings = Material(experiment(evenings=2), home)
    x, y = evenings.train
    count, without = len(plain.train[0]), int((plain.train[1] == 0).sum())
    assert len(x) == count + 2 * without
    assert np.array_equal(x[:count], plain.train[0])
    assert not y[count:].any()
    first, second = x[count : count + without], x[count + without :]
    assert not np.array_equal(first, second)
    held = int((plain.validation[1] == 0).sum())
    assert len(evenings.validation[0]) == len(plain.validation[0]) + held
    assert evenings.facts == plain.facts  # the same files, and so the same record


def test_photographs_are_cut_without_sharing_and_counted(home):
    material = Material(experiment(validation=0.25), home)
    (x, y), (held_x, held_y) = material.train, material.validation
    assert len(x) + len(held_x) == 32
    assert len(held_x) == 8
    assert set(y.tolist()) == set(held_y.tolist()) == {0, 1}
    rows = {image.tobytes() for image in x} & {image.tobytes() for image in held_x}
    assert not rows
    facts = material.facts["photos"]
    assert (facts["train"], facts["validation"]) == (24, 8)
    assert len(facts["fingerprint"]) == 64


def test_listed_leaks_stay_out_of_the_test(home):
    photographs, sunsets, rendered = Material(experiment(), home).tests()
    assert len(photographs.x) == 11  # of 12
    assert "test/fire/0.png" not in photographs.names
    assert len(sunsets.x) == 4
    assert set(sunsets.y.tolist()) == {0}
    assert rendered is None


def test_a_folder_of_photographs_finds_the_sunsets_beside_it(home):
    material = Material(experiment(), home / "fire")
    assert material.sunsets.resolve() == (home / "sunsets").resolve()


def test_the_fingerprint_follows_the_content(home):
    before = Material(experiment(), home)
    again = Material(experiment(), home)
    assert before.fingerprint() == again.fingerprint()
    path = next((home / "fire/train/fire").iterdir())
    path.write_bytes(path.read_bytes() + b"\0")  # the same picture, another file
    assert Material(experiment(), home).fingerprint() != before.fingerprint()


def test_both_kinds_with_photographs_repeated(home):
    material = Material(
        experiment(
            trained_on="both",
            validate_on="both",
            photo_repeats=3,
            scenes=6,
            validation_scenes=4,
            scenes_with_fire=False,
        ),
        home,
        jobs=1,
    )
    photographs = material.facts["photos"]
    assert len(material.train[0]) == 3 * photographs["train"] + 6
    assert len(material.validation[0]) == photographs["validation"] + 4
    assert material.train[1][-6:].tolist() == [0] * 6  # hard negatives only
    assert material.validation[1][-4:].tolist() == [0, 1, 0, 1]
    assert material.facts["scenes"]["train_seeds"] == [10_000_000, 10_000_006]


def test_scenes_alone_need_no_photographs(tmp_path):
    settings = {"trained_on": "scenes", "validate_on": "scenes"}
    material = Material(
        experiment(scenes=4, validation_scenes=2, **settings), tmp_path, jobs=1
    )
    assert material.facts["photos"] is None
    assert material.tests() == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({}, "fire"), ({"trained_on": "scenes", "validate_on": "scenes"}, "to train on")],
)
def test_what_is_missing_is_said(tmp_path, changes, words):
    with pytest.raises(ValueError, match=words):
        Material(experiment(**changes), tmp_path)


def test_the_real_set_as_the_records_read_it(real_data):
    material = Material(experiment(), real_data)
    facts = material.facts["photos"]
    assert facts["train"] + facts["validation"] == 1520
    assert facts["validation"] == pytest.approx(304, abs=5)
    photographs, sunsets, _ = material.tests()
    assert len(photographs.x) == 337
    assert len(sunsets.x) == 36


def test_a_record_is_reproduced_on_the_photographs_that_it_names(real_data):
    """The same files, and the same of them held out to choose the epoch."""
    cuts = {}
    for name, settings in EXPERIMENTS.items():
        if not settings.needs_photos:
            continue
        cut = {"validation": settings.validation, "split_seed": settings.split_seed}
        key = tuple(cut.values())
        if key not in cuts:
            cuts[key] = Material(experiment(**cut), real_data).facts["photos"]
        recorded = find(name)["data"]["photos"]
        assert recorded["fingerprint"] == cuts[key]["fingerprint"], name
        held = recorded["validation_fingerprint"]
        assert held == cuts[key]["validation_fingerprint"], name
