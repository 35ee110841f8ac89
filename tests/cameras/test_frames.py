"""Pictures are kept up to a number and a size, and nothing else is touched."""

import io

import numpy as np
import pytest
from PIL import Image

from fire_course.cameras.frames import Frames
from fire_course.cameras.listing import Camera
from fire_course.cameras.snapshot import Snapshot

HILL = Camera("hill/../../etc", "http://cam.example/now.jpg")


def snapshot(second, *, size=40, body=None, seed=0):
    rng = np.random.default_rng(seed + second)
    picture = rng.integers(0, 256, (size, size, 3), "uint8")
    return Snapshot(HILL, picture, 1e9 + second, 0.1, None, 9, body=body)


def encoded(kind, seed=0):
    stream = io.BytesIO()
    picture = np.random.default_rng(seed).integers(0, 256, (30, 30, 3), "uint8")
    Image.fromarray(picture).save(stream, kind)
    return stream.getvalue()


def test_the_newest_stay(tmp_path):
    frames = Frames(tmp_path / "frames", count=3)
    written = []
    for second in range(10):
        written.append(frames.keep(snapshot(second)))
        assert len(frames.paths()) <= 3
    assert frames.paths() == written[-3:]


def test_the_bytes_are_bounded_at_every_moment(tmp_path):
    limit = 12_000  # two and a half of them
    frames = Frames(tmp_path, count=100, max_bytes=limit)
    for second in range(12):
        frames.keep(snapshot(second))
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= limit
    assert len(frames.paths()) == 2


def test_one_picture_beyond_the_limit_is_left_out_and_removes_nothing(tmp_path):
    frames = Frames(tmp_path, count=5, max_bytes=6_000)
    first = frames.keep(snapshot(0))
    assert frames.keep(snapshot(1, size=200)) is None
    assert frames.paths() == [first]


@pytest.mark.parametrize(("kind", "ending"), [("JPEG", "jpg"), ("PNG", "png")])
def test_a_picture_is_kept_as_it_came(tmp_path, kind, ending):
    body = encoded(kind)
    path = Frames(tmp_path, count=1).keep(snapshot(0, body=body))
    assert path.read_bytes() == body
    assert path.suffix == f".{ending}"


@pytest.mark.parametrize("body", [None, b"<html>", encoded("BMP")])
def test_without_its_bytes_the_pixels_are_kept(tmp_path, body):
    shot = snapshot(0, body=body)
    path = Frames(tmp_path, count=1).keep(shot)
    assert np.array_equal(np.asarray(Image.open(path)), shot.picture)


def test_a_name_cannot_lead_elsewhere(tmp_path):
    path = Frames(tmp_path / "frames", count=1).keep(snapshot(0))
    assert path.parent == tmp_path / "frames"
    assert path.name == f"20010909T014640Z-{HILL.key}.png"


def test_files_of_others_are_never_removed(tmp_path):
    mine = tmp_path / "20010909-notes.txt"
    mine.write_text("x" * 100_000)
    frames = Frames(tmp_path, count=1, max_bytes=10_000)
    for second in range(3):
        frames.keep(snapshot(second))
    assert mine.exists()
    assert len(frames.paths()) == 1


@pytest.mark.parametrize("options", [{"count": 0}, {"count": 1, "max_bytes": 0}])
def test_limits_of_nothing_are_refused(tmp_path, options):
    with pytest.raises(ValueError, match="at least one"):
        Frames(tmp_path, **options)


def test_nothing_is_made_before_the_first_picture(tmp_path):
    assert Frames(tmp_path / "frames", count=1).paths() == []
    assert list(tmp_path.iterdir()) == []
