"""The simulated network: same seed same pictures, fires when they are due, clean ends."""

import threading
import time
import urllib.request

import numpy as np
import pytest

from fire_course.cameras import Memory, Snapshot
from fire_course.cameras.demo import FAULTS, Network, Scenes


def get(camera):
    with urllib.request.urlopen(camera.url, timeout=20) as response:
        return response.read()


def test_same_seed_same_pictures():
    a, b, c = (Scenes(seed=seed, size=64) for seed in (1, 1, 2))
    for camera in range(3):
        for step in range(3):
            one = a.view(camera, step=step)
            np.testing.assert_array_equal(one, b.view(camera, step=step))
            assert (one != c.view(camera, step=step)).any()


def test_cameras_see_different_things_and_these_change():
    scenes = Scenes(size=64)
    views = [scenes.view(camera, step=0) for camera in range(50)]
    for i, view in enumerate(views):
        assert all((view != other).mean() > 0.5 for other in views[:i])
    assert (scenes.view(0, step=0) != scenes.view(0, step=1)).mean() > 0.5


def test_a_camera_catches_fire_when_it_is_due():
    with Network(3, fires={1: (2, 4)}, size=64) as network:
        seen = []
        for step in range(5):
            network.step = step
            seen.append([network.burning(number) for number in range(3)])
            got = [get(camera) for camera in network.cameras]
            for number, data in enumerate(got):
                burning = network.burning(number)
                assert data == network.scenes.jpeg(number, step=step, burning=burning)
    assert seen == [[False, step in (2, 3), False] for step in range(5)]


def test_flames_are_what_a_fire_adds():
    """Red light, on a part of the picture, and nothing darker."""
    scenes = Scenes(size=96)
    for camera in range(12):
        calm = scenes.view(camera, step=0).astype(int)
        fire = scenes.view(camera, step=0, burning=True).astype(int)
        brighter = fire - calm
        assert 0.002 < (brighter[..., 0] > 40).mean() < 0.6
        assert brighter[..., 0].sum() > brighter[..., 2].sum()


def test_other_programs_than_ours_get_the_pictures_too():
    with Network(2, size=64) as network:
        for number, camera in enumerate(network.cameras):
            assert get(camera) == network.scenes.jpeg(number, step=0)


def test_latency_is_waited_for_and_comes_from_the_seed():
    with Network(1, size=64, latency=(0.3, 0.4)) as network:
        started = time.monotonic()
        get(network.cameras[0])
        assert time.monotonic() - started >= 0.3


def test_faults_can_change_while_it_runs():
    with Network(1, size=64) as network:
        fetcher = network.fetcher(deadline=20)
        (camera,) = network.cameras
        network.faults[0] = "404"
        assert str(fetcher.snapshot(camera).kind) == "http status"
        network.faults[0] = "ok"
        assert isinstance(fetcher.snapshot(camera), Snapshot)


def test_nothing_is_left_when_it_closes():
    before = set(threading.enumerate())
    with Network(faults=["hang", "trickle", "ok", "video"], size=64) as network:
        network.fetcher(deadline=0.3).round(network.cameras)
        port = int(network.cameras[2].url.split(":")[2].split("/")[0])
    ours = [
        thread for thread in set(threading.enumerate()) - before if thread.is_alive()
    ]
    assert [thread.name for thread in ours if thread.name != "lookup"] == []
    with pytest.raises(OSError, match="refused"):
        get(network.cameras[2])
    with Network(1, size=64) as again:  # and another can be opened
        assert get(again.cameras[0])
    assert port


def test_wrong_uses_are_told():
    with pytest.raises(ValueError, match="no fault 'hnag'; there are ok,"):
        Network(faults=["hnag"])
    with pytest.raises(ValueError, match="no camera 7"):
        Network(3, fires={7: (0, None)})


def test_what_is_expected_holds_at_each_step():
    with Network(faults=["freeze", "404", "ok"], size=64) as network:
        fetcher, memories = network.fetcher(deadline=20), {}
        for step in range(4):
            network.step = step
            found = {
                answer.camera.name: getattr(answer, "kind", None)
                for answer in fetcher.round(network.cameras, memories)
            }
            assert found == network.expected
    assert all(isinstance(memory, Memory) for memory in memories.values())


def test_every_fault_says_what_it_is():
    assert all(fault.about for fault in FAULTS.values())
    assert len({fault.about for fault in FAULTS.values()}) == len(FAULTS)
