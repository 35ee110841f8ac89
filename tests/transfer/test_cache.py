"""Features on the disk: whole, checked, bounded, and shared by programs."""

import hashlib
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fire_course.files import FileError
from fire_course.transfer import FeatureCache

JOBS = Path(__file__).with_name("jobs.py")
KIND, OTHER = "a" * 32, "b" * 32


def some(count, *, seed=0, width=8):
    generator = np.random.default_rng(seed)
    return {
        generator.bytes(32): generator.random(width, np.float32) for _ in range(count)
    }


def same(found, expected):
    assert set(found) == set(expected)
    for key, row in expected.items():
        np.testing.assert_array_equal(found[key], row)


@settings(deadline=None, max_examples=30)
@given(
    rows=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.integers(1, 9)),
        elements=st.floats(width=32),
    ),
    data=st.data(),
)
def test_what_was_written_is_read(rows, data, tmp_path_factory):
    keys = data.draw(
        st.lists(
            st.binary(min_size=32, max_size=32),
            min_size=len(rows),
            max_size=len(rows),
            unique=True,
        )
    )
    cache = FeatureCache(tmp_path_factory.mktemp("cache"))
    cache.write(KIND, dict(zip(keys, rows, strict=True)))
    same(cache.read(KIND), dict(zip(keys, rows, strict=True)))
    assert cache.read(OTHER) == {}


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
        lambda content: content + b"more",
        lambda content: b"<html>",
    ],
    ids=["empty", "cut", "one bit", "longer", "another"],
)
def test_a_damaged_file_is_dropped_and_the_others_are_read(harm, tmp_path):
    cache = FeatureCache(tmp_path)
    good, bad = some(3, seed=1), some(3, seed=2)
    cache.write(KIND, bad)
    (path,) = (tmp_path / KIND).iterdir()
    path.write_bytes(harm(path.read_bytes()))
    cache.write(KIND, good)
    same(cache.read(KIND), good)
    assert not path.exists()
    cache.write(KIND, bad)
    same(cache.read(KIND), good | bad)


def test_a_pickle_under_the_right_name_is_not_opened(tmp_path):
    import io

    stream = io.BytesIO()
    np.savez(stream, keys=np.array([object()]), vectors=np.zeros((1, 2)))
    content = stream.getvalue()
    cache = FeatureCache(tmp_path)
    cache.write(KIND, some(1))
    path = tmp_path / KIND / f"{hashlib.sha256(content).hexdigest()}.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        cache.read(KIND)


def test_it_keeps_within_its_bytes_and_drops_what_was_not_used(tmp_path):
    cache = FeatureCache(tmp_path, max_bytes=100_000)
    first = some(100, seed=1, width=50)
    cache.write(KIND, first)
    size = cache.size()
    cache.write(OTHER, some(100, seed=2, width=50))
    later = time.time() + 5
    import os

    for path in (tmp_path / KIND).iterdir():
        os.utime(path, (later, later))  # used again
    for seed in range(3, 9):
        cache.write(OTHER, some(100, seed=seed, width=50))
        assert cache.size() <= 100_000
    assert size * 2 < cache.size()
    same(cache.read(KIND), first)


def test_clearing_removes_features_and_nothing_else(tmp_path):
    mine = tmp_path / "notes.txt"
    mine.write_text("mine")
    stranger = tmp_path / ("c" * 32) / "diary.npz"
    stranger.parent.mkdir()
    stranger.write_text("mine")
    cache = FeatureCache(tmp_path)
    cache.write(KIND, some(3))
    cache.write(OTHER, some(4))
    size = cache.size()
    assert size > 0
    assert cache.clear() == (2, size)
    assert cache.size() == 0 and cache.clear() == (0, 0)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == [
        "diary.npz",
        "notes.txt",
    ]
    assert not (tmp_path / KIND).exists()


def test_a_folder_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="not a folder"):
        FeatureCache(tmp_path / "file").write(KIND, some(1))
    assert FeatureCache(tmp_path / "none").read(KIND) == {}
    with pytest.raises(ValueError, match="above 0"):
        FeatureCache(tmp_path, max_bytes=0)


def test_a_kill_in_mid_write_leaves_nothing_half(tmp_path):
    for round_ in range(3):
        program = subprocess.Popen(
            [sys.executable, str(JOBS), "write", str(tmp_path), ""],
            stdout=subprocess.PIPE,
        )
        try:
            assert program.stdout.readline()
            folder = tmp_path / KIND
            have, end = len(FeatureCache._of(folder)), time.monotonic() + 60
            while len(FeatureCache._of(folder)) < have + 2 and time.monotonic() < end:
                time.sleep(0.005)
            time.sleep(0.003 * round_)
        finally:
            program.kill()
            program.wait()
            program.stdout.close()
        files = FeatureCache._of(folder)
        assert len(files) >= have + 2
        for path in files:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
        assert len(FeatureCache(tmp_path).read(KIND)) == 400 * len(files)


def test_threads_that_write_read_and_clear_do_not_hurt_each_other(tmp_path):
    wrong = []

    def work(seed):
        cache = FeatureCache(tmp_path, max_bytes=50_000)
        try:
            for i in range(15):
                mine = some(20, seed=100 * seed + i, width=30)
                cache.write(KIND, mine)
                found = cache.read(KIND)
                for key in set(mine) & set(found):
                    np.testing.assert_array_equal(found[key], mine[key])
                if i == 7:
                    cache.clear()
        except Exception as error:  # shown by the assertion below
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
