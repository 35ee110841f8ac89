"""Agreement of formats, counted on answers that are known."""

import numpy as np
import pytest

from fire_course.detector import Detector, DetectorError, compare_formats
from fire_course.detector.comparing import milliseconds


class Told:
    """A network whose score is the first pixel's red, over 250, plus a fault."""

    name = "told"
    format = "told"
    input_shape = (None, 4, 4, 3)
    output_shape = (None, 1)

    def __init__(self, fault=0.0):
        self.fault = fault
        self.calls = 0

    def predict_on_batch(self, batch):
        self.calls += 1
        return batch[:, 0, 0, :1] / 250 + self.fault


def pictures(*scores):
    photos = np.zeros((len(scores), 4, 4, 3))
    photos[:, 0, 0, 0] = np.array(scores) * 250
    return photos


def test_differences_flips_and_f1_are_counted():
    photos = pictures(0.1, 0.45, 0.52, 0.9)
    pair = {
        "first": Detector(Told()),
        "lower": Detector(Told(-0.04)),
        "higher": Detector(Told(0.06)),
    }
    first, lower, higher = compare_formats(pair, photos, [0, 0, 1, 1])
    assert (first.max_difference, first.flips, first.f1_drop) == (0, 0, 0)
    assert first.f1 == 1
    assert lower.mean_difference == pytest.approx(0.04)
    assert lower.max_difference == pytest.approx(0.04)
    # .52 - .04 lies below the threshold: precision 1, recall 1/2.
    assert lower.flips == 1
    assert lower.f1 == pytest.approx(2 / 3)
    assert lower.f1_drop == pytest.approx(1 / 3)
    # .45 + .06 lies above it: precision 2/3, recall 1.
    assert higher.flips == 1
    assert higher.f1 == pytest.approx(0.8)
    assert [row.name for row in (first, lower, higher)] == list(pair)
    assert all(row.pictures == 4 for row in (first, lower, higher))


def test_each_detector_keeps_its_threshold():
    photos = pictures(0.1, 0.45, 0.52, 0.9)
    pair = {"a": Detector(Told()), "b": Detector(Told(), threshold=0.8)}
    _, other = compare_formats(pair, photos, [0, 0, 1, 1])
    assert other.max_difference == 0
    assert other.flips == 1


def test_without_fires_f1_means_nothing():
    _, other = compare_formats(
        {"a": Detector(Told()), "b": Detector(Told(0.01))}, pictures(0.1, 0.2), [0, 0]
    )
    assert other.f1 is None
    assert other.f1_drop is None
    assert other.as_dict()["flips"] == 0


def test_what_cannot_be_compared():
    one = Detector(Told())
    other = Detector(Told(), class_names=("cat", "dog"))
    with pytest.raises(DetectorError, match="at least one"):
        compare_formats({}, pictures(0.1), [0])
    with pytest.raises(DetectorError, match="there are 1 and 2"):
        compare_formats({"a": one}, pictures(0.1), [0, 1])
    with pytest.raises(DetectorError, match="different classes"):
        compare_formats({"a": one, "b": other}, pictures(0.1), [0])


def test_time_is_of_so_many_calls():
    network = Told()
    assert milliseconds(Detector(network), pictures(0.1), rounds=4) > 0
    assert network.calls == 6
