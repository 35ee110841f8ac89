"""What chapter 7 shows as a recorded run is what the genuine network says."""

import json

import numpy as np
import pytest
from skimage import data

from fire_course import transfer
from fire_course.data.render import scenes
from fire_course.records.store import FOLDER

RECORDED = json.loads((FOLDER / "out-of-the-box.json").read_text("utf-8"))


def test_the_record_is_whole():
    ways = [name for name in RECORDED if name.startswith("way: ")]
    assert len(RECORDED["photos"]) == 6 and len(RECORDED["scenes"]) == 24
    assert len(ways) == 5
    assert RECORDED["way: as it was trained"] == RECORDED["photos"][:3]
    for name, rows in RECORDED.items():
        if name == "about":
            continue
        for row in rows:
            chances = [p for _, p in row]
            assert len(row) == 5 and chances == sorted(chances, reverse=True)
            assert chances[-1] >= 0 and sum(chances) <= 1.001


def test_it_is_what_the_genuine_network_says(genuine):
    classifier = transfer.Classifier(download=False)
    photos = [data.coffee(), data.cat(), np.stack([data.camera()] * 3, axis=-1)]
    for photo, number in zip(photos, (0, 1, 4), strict=True):
        ((name, chance), *_), recorded = (
            classifier.top([photo], 1)[0],
            RECORDED["photos"][number][0],
        )
        assert name == recorded[0]
        assert chance == pytest.approx(recorded[1], abs=0.02)
    burning = scenes.render(40, kind="fire").image
    assert classifier.top([burning], 1)[0][0][0] == RECORDED["scenes"][0][0][0]
