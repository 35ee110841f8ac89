"""Lessons: exercises that check themselves, and what builds and grades them.

A notebook needs ``from fire_course.lessons import check, hint``; the rest is for
authors and teachers.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "asking",
        "build",
        "canonical",
        "checks",
        "grade",
        "recover",
        "regions",
        "sandbox",
        "source",
    ],
    submod_attrs={"checks": ["check", "hint"]},
)
