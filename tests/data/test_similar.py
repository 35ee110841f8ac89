"""Copies and crops, of pictures with known kinship and of real photographs."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from fire_course.data import crops, similar


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))


def landscape(seed, size=(360, 300)):
    """Draw something with texture at many scales, as a photograph has: no two alike."""
    rng = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0], 3))
    for scale in (4, 9, 20, 45, 90, 180):
        small = rng.normal(size=(scale, scale, 3)) + rng.normal(size=(scale, scale, 1))
        for channel in range(3):
            layer = Image.fromarray(small[..., channel].astype(np.float32))
            total[..., channel] += np.asarray(layer.resize(size, 3)) / scale**0.35
    total -= total.min()
    return Image.fromarray((255 * total / total.max()).astype(np.uint8))


def kinds(pairs):
    return {(pair.first, pair.second): pair.kind for pair in pairs}


# --- copies -------------------------------------------------------------------


def test_copies_in_every_guise(tmp_path):
    picture = landscape(0)
    variants = {
        "a.png": picture,
        "b.jpg": picture,
        "c.webp": picture.resize((180, 150)),
        "d.jpg": ImageEnhance.Brightness(picture).enhance(1.15),
        "e.jpg": picture.convert("L"),
        "f.jpg": picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    }
    for name, image in variants.items():
        image.save(tmp_path / name)
    (tmp_path / "g.png").write_bytes((tmp_path / "a.png").read_bytes())
    for seed in range(1, 9):
        landscape(seed).save(tmp_path / f"other{seed}.jpg")
    paths = sorted(tmp_path.glob("*.*"))
    found = similar.search(paths, crops=False)
    family = range(7)
    by_pair = kinds(found.pairs)
    assert set(by_pair) >= {(0, i) for i in range(1, 6)}
    assert by_pair[0, 6] == "exact"
    assert all(set(pair) <= set(family) for pair in by_pair)
    assert len(set(found.group[:7])) == 1
    assert len(set(found.group[6:])) == 9
    mirrored = next(pair for pair in found.pairs if (pair.first, pair.second) == (0, 5))
    assert mirrored.detail.startswith("mirrored")


def test_a_copy_of_a_copy_is_kin_to_all_its_kin(tmp_path):
    picture = landscape(1)
    picture.save(tmp_path / "a.png")
    picture.resize((200, 170)).save(tmp_path / "b.jpg")
    (tmp_path / "c.jpg").write_bytes((tmp_path / "b.jpg").read_bytes())
    found = similar.search(sorted(tmp_path.glob("*.*")), crops=False)
    assert kinds(found.pairs) == {(0, 1): "near", (0, 2): "near", (1, 2): "exact"}


def test_plain_pictures_are_not_kin(tmp_path):
    for i, colour in enumerate(["red", "orange", "black", "white"]):
        Image.new("RGB", (100, 100), colour).save(tmp_path / f"{i}.png")
    assert similar.search(sorted(tmp_path.glob("*.png"))).pairs == []


def test_unreadable_files_are_named_and_stand_alone(tmp_path):
    landscape(0).save(tmp_path / "a.jpg")
    landscape(0).save(tmp_path / "b.png")
    (tmp_path / "c.jpg").write_text("<html>", encoding="utf-8")
    (tmp_path / "d.jpg").write_text("<html>", encoding="utf-8")
    for _ in range(2):  # searched, then remembered
        found = similar.search(sorted(tmp_path.glob("*.*")))
        assert [path.name for path, _ in found.problems] == ["c.jpg", "d.jpg"]
        assert "is not an image" in found.problems[0][1]
        assert found.group[0] == found.group[1]
        assert len(set(found.group)) == 3


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(tmp_path, count):
    for i in range(count):
        landscape(i).save(tmp_path / f"{i}.jpg")
    found = similar.search(sorted(tmp_path.glob("*.jpg")))
    assert found.pairs == []
    assert len(found.group) == count


def test_results_are_remembered_by_content(tmp_path, monkeypatch):
    for i in range(3):
        landscape(i % 2).save(tmp_path / f"{i}.jpg")
    paths = sorted(tmp_path.glob("*.jpg"))
    first = similar.search(paths)
    assert len(list(similar.cache_folder().iterdir())) == 1
    seen = []
    again = similar.search(paths, progress=lambda *p: seen.append(p))
    assert again.pairs == first.pairs == [(0, 2, "exact", "the same bytes")]
    assert seen[-1][0] == seen[-1][1]
    landscape(5).save(tmp_path / "2.jpg")
    assert similar.search(paths).pairs == []
    for file in similar.cache_folder().iterdir():
        file.write_text('{"pairs": [[0, "x"]]}', encoding="utf-8")
    assert similar.search(paths).pairs == []
    monkeypatch.setenv("XDG_CACHE_HOME", str(paths[0]))  # a file: cannot be written
    monkeypatch.setenv("LOCALAPPDATA", str(paths[0]))
    assert similar.search(paths).pairs == []


def test_progress_never_goes_back(tmp_path):
    for i in range(5):
        landscape(i).save(tmp_path / f"{i}.jpg")
    seen = []
    similar.search(sorted(tmp_path.glob("*.jpg")), progress=lambda *p: seen.append(p))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len({total for _, total in seen}) == 1
    assert seen[-1][0] == seen[-1][1]


# --- crops --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # left, top, right, bottom of the two parts of a picture of 360 x 300
        ((0, 0, 260, 300), (100, 0, 360, 300)),
        ((0, 0, 200, 200), (100, 80, 300, 280)),
        ((0, 0, 360, 300), (120, 90, 280, 230)),
        ((0, 0, 250, 250), (30, 20, 280, 270)),
    ],
)
def test_crops_are_found_and_placed(one, other):
    picture = landscape(7)
    parts = [picture.crop(box) for box in (one, other)]
    images = [crops.reduced(np.asarray(part)) for part in parts]
    images += [crops.reduced(np.asarray(landscape(seed))) for seed in range(20, 26)]
    found = crops.find(images)
    assert [(crop.first, crop.second) for crop in found] == [(0, 1)]
    crop = found[0]
    assert crop.score > 0.95
    # Where the parts were cut out says where one lies in the other.
    scales = [images[i].shape[1] / parts[i].width for i in (0, 1)]
    ratio = scales[1] / scales[0]
    assert crop.placement.scale_x == pytest.approx(ratio, rel=0.02)
    assert crop.placement.shift_x == pytest.approx(
        (one[0] - other[0]) * scales[1], abs=2
    )
    assert crop.placement.shift_y == pytest.approx(
        (one[1] - other[1]) * scales[1], abs=2
    )
    shared = [min(one[k + 2], other[k + 2]) - max(one[k], other[k]) for k in (0, 1)]
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    assert crop.share == pytest.approx(shared[0] * shared[1] / min(areas), abs=0.04)


def test_squashed_scaled_and_encoded_crops_are_found(tmp_path):
    picture = landscape(3, (500, 400))
    picture.crop((0, 0, 400, 400)).resize((250, 250)).save(
        tmp_path / "a.jpg", quality=80
    )
    picture.crop((150, 50, 500, 400)).resize((250, 220)).save(
        tmp_path / "b.webp", quality=80
    )
    ImageEnhance.Color(picture.crop((60, 40, 420, 360))).enhance(0.5).save(
        tmp_path / "c.png"
    )
    landscape(4).save(tmp_path / "d.jpg")
    found = similar.search(sorted(tmp_path.glob("*.*")))
    assert {(p.first, p.second) for p in found.pairs} == {(0, 1), (0, 2), (1, 2)}
    assert {pair.kind for pair in found.pairs} == {"crop"}
    assert len(set(found.group)) == 2


@pytest.mark.parametrize("vertical", [False, True])
def test_a_narrow_strip_in_common_is_found_by_the_margins(vertical):
    picture = landscape(11, (480, 250))
    left, right = picture.crop((0, 0, 250, 250)), picture.crop((230, 0, 480, 250))
    parts = [np.asarray(part) for part in (left, right)]
    if vertical:
        parts = [part.transpose(1, 0, 2).copy() for part in parts]
    others = [np.asarray(landscape(seed, (250, 250))) for seed in range(30, 36)]
    found = crops.find([*parts, *others])
    assert [(crop.first, crop.second) for crop in found] == [(0, 1)]
    swapped = crops.find([*others, *reversed(parts)])
    assert [(crop.first, crop.second) for crop in swapped] == [(6, 7)]


def test_different_pictures_are_not_crops():
    images = [crops.reduced(np.asarray(landscape(seed))) for seed in range(40)]
    assert crops.find(images) == []


@pytest.mark.parametrize("side", [1, 8, 63])
def test_small_pictures_are_passed_over(side):
    images = [np.asarray(landscape(seed, (side, 80))) for seed in (0, 0, 1)]
    assert crops.find(images) == []


def test_flat_pictures_have_nothing_to_compare():
    flat = np.full((100, 100, 3), 90, np.uint8)
    ramp = np.repeat(np.arange(100, dtype=np.uint8)[None, :, None], 100, 0).repeat(3, 2)
    assert crops.find([flat, flat.copy(), ramp, ramp[:, 10:], ramp[:, ::-1]]) == []
