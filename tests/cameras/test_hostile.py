"""Each hostile camera of the simulated network gives the failure that it must."""

import json
import time

import numpy as np
import pytest

from fire_course import images
from fire_course.cameras import Failure, Kind, Memory, Snapshot
from fire_course.cameras.demo import FAULTS, Network

SIZE = 64
HOSTILE = [name for name, fault in FAULTS.items() if fault.kind is not None]
ODD = [name for name, fault in FAULTS.items() if fault.kind is None]


def net(*faults, **options):
    return Network(faults=faults, size=SIZE, **options)


def test_there_are_at_least_forty_hostile_cameras():
    assert len(HOSTILE) >= 40
    # Too soon is no camera's doing, and tested below.
    assert {FAULTS[name].kind for name in HOSTILE} == set(Kind) - {Kind.TOO_SOON}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_camera_gives_the_failure_that_it_must(name):
    kind = FAULTS[name].kind
    # A machine under load must not turn another failure into a timeout.
    deadline = 0.8 if kind is Kind.TIMEOUT else 30.0
    with net(name) as network:
        fetcher = network.fetcher(deadline=deadline)
        (camera,) = network.cameras
        memory = Memory()
        for step in range(FAULTS[name].rounds - 1):
            network.step = step
            assert isinstance(fetcher.snapshot(camera, memory), Snapshot)
        network.step = FAULTS[name].rounds - 1
        started = time.monotonic()
        answer = fetcher.snapshot(camera, memory)
        took = time.monotonic() - started
    assert isinstance(answer, Failure)
    assert answer.kind is kind, answer.reason
    assert answer.reason and "\n" not in answer.reason
    assert answer.seconds <= took + 0.01
    assert json.loads(json.dumps(answer.as_dict()))["failure"] == str(kind)
    if kind is Kind.TIMEOUT:
        assert 0.7 < answer.seconds < 0.8 + 1
    if kind is Kind.STATUS:
        assert answer.status == (int(name) if name.isdigit() else 500)
    if kind is Kind.STALE:
        assert answer.age == pytest.approx(2 * 86_400, abs=60)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_camera_gives_its_picture(name):
    with net(name) as network:
        fetcher = network.fetcher(deadline=30.0)
        answer = fetcher.snapshot(network.cameras[0])
        seen = network.scenes.view(0, step=0)
    assert isinstance(answer, Snapshot), answer.reason
    assert answer.picture.dtype == np.uint8
    assert answer.picture.shape == (SIZE, SIZE, 3)
    # The same hillside: grey, palettes and JPEG change levels, not places.
    grey = [images.to_grey(each).ravel() for each in (answer.picture, seen)]
    assert np.corrcoef(*grey)[0, 1] > 0.9
    assert answer.camera is network.cameras[0]
    assert answer.size > 500
    assert 0 < answer.seconds < 30
    assert abs(answer.time - time.time()) < 60
    json.dumps(answer.as_dict())


def test_all_together_each_gets_its_own_answer():
    names = [*HOSTILE, *ODD]
    with net(*names) as network:
        answers = network.fetcher(deadline=8.0).round(network.cameras)
        expected = network.expected
    found = {a.camera.name: getattr(a, "kind", None) for a in answers}
    assert found == expected
    assert list(found) == [camera.name for camera in network.cameras]
