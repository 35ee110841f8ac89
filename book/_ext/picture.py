"""Draw the README's picture: the detector at work on scenes it has never seen.

`make picture` runs it after the detector or the renderer has changed.
"""

from pathlib import Path

from fire_course import plots
from fire_course.data.render import scenes
from fire_course.detector import Detector

TARGET = Path(__file__).parents[1] / "_static" / "detector.jpg"
# Six with fire, six that look like it. The seeds are in order, not picked.
WANTED = [
    *(("fire", None) for _ in range(6)),
    ("nofire", "sunset"),
    ("nofire", "alpenglow"),
    ("nofire", "fog"),
    ("nofire", "autumn"),
    ("nofire", "lamps"),
    ("nofire", "plain"),
]


def main() -> None:
    """Draw, score, save."""
    shown = [
        scenes.render(4000 + number, kind=kind, category=category).image
        for number, (kind, category) in enumerate(WANTED)
    ]
    detector = Detector.load("default")
    scores = detector.score(shown)
    figure = plots.show_images(
        shown,
        [
            f"{category or kind} {score:.2f}"
            for score, (kind, category) in zip(scores, WANTED, strict=True)
        ],
        columns=4,
        colours=[
            "right" if (score >= detector.threshold) == (kind == "fire") else "wrong"
            for score, (kind, _) in zip(scores, WANTED, strict=True)
        ],
    )
    figure.savefig(TARGET, dpi=120, pil_kwargs={"quality": 85, "optimize": True})
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
