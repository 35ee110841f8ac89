"""The records beside those of fire's own networks name their photographs, each one."""

import pytest

from fire_course import records
from fire_course.records.photographs import Photographs
from fire_course.records.store import FOLDER

NAMES = [
    name
    for name in (*records.PLANS, *records.TRANSFERS)
    if (FOLDER / f"{name}.json").is_file()
]


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_reproduced_on_the_photographs_that_it_names(name, real_data):
    """The same files, the same of them held out, the same left out of the test."""
    plan, recorded = records.get(name), records.read(name)["data"]
    if not (real_data / plan.data).is_dir():
        pytest.skip(f"has no folder named {plan.data}")
    photographs = Photographs(
        plan.data,
        real_data,
        image_size=32,
        validation=plan.validation,
        split_seed=plan.split_seed,
    )
    photographs.test(listed=plan.data == "fire")
    assert photographs.facts == recorded
