"""The light of a sunset on photographs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.data.render import scenes
from fire_course.images import open_image
from fire_course.records.evening import evening


def photographs():
    drawn = [scenes.draw(seed, kind="nofire", size=64)[0] for seed in range(6)]
    return np.stack([open_image(data, size=64) for data in drawn])


def test_light_turns_warm_and_the_picture_remains():
    before = photographs()
    after = evening(before, seed=0)
    assert after.shape == before.shape
    assert after.dtype == np.uint8

    def warmth(x):
        return (x[..., 0].astype(float) - x[..., 2]).mean(axis=(1, 2))

    assert (warmth(after) > warmth(before)).all()
    # What stands in the photograph stands there still.
    row = slice(0, 10)  # above every horizon
    for one, other in zip(before, after, strict=True):
        seen, kept = one[row].mean(axis=-1).ravel(), other[row].mean(axis=-1).ravel()
        assert np.corrcoef(seen, kept)[0, 1] > 0.5


def test_the_seed_decides_alone():
    before = photographs()
    kept = before.copy()
    assert np.array_equal(evening(before, seed=1), evening(before, seed=1))
    assert not np.array_equal(evening(before, seed=1), evening(before, seed=2))
    assert np.array_equal(before, kept)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)),
    grey=st.integers(0, 255),
)
def test_any_photograph_will_do(seed, shape, grey):
    after = evening(np.full((*shape, 3), grey, np.uint8), seed=seed)
    red, _, blue = after.reshape(-1, 3).T.astype(int)
    assert (red >= blue).all()
