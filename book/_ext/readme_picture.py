"""Draw the picture of the README: the shipped detector on scenes it has not seen.

Run by ``make picture``. Nothing is picked: two rows of fires and two of everything
that looks like one, drawn with seeds counted up from the year of the release.
"""

from pathlib import Path

from PIL import Image

from fire_course import plots
from fire_course.data.render import scenes
from fire_course.detector import Detector

TARGET = Path(__file__).parent.parent / "_static" / "detector.jpg"
FIRES = ("front", "crown", "torch", "line", "aerial", "wall")
OTHERS = ("sunset", "fog", "autumn", "lamps", "alpenglow", "red_roofs")


def main() -> None:
    """Score twelve scenes, write the picture."""
    drawn = [
        scenes.render(2026 + i, category=name) for i, name in enumerate(FIRES + OTHERS)
    ]
    detector = Detector.load("default")
    scores = detector.score([scene.image for scene in drawn])
    truth = [scene.metadata["label"] == "fire" for scene in drawn]
    figure = plots.show_images(
        [scene.image for scene in drawn],
        [
            f"{name.replace('_', ' ')}: {score:.2f}"
            for name, score in zip(FIRES + OTHERS, scores, strict=True)
        ],
        columns=6,
        colours=[
            "right" if (score >= detector.threshold) == fire else "wrong"
            for score, fire in zip(scores, truth, strict=True)
        ],
    )
    plain = TARGET.with_suffix(".png")
    figure.savefig(plain, dpi=110)
    with Image.open(plain) as picture:
        picture.convert("RGB").save(TARGET, quality=85, optimize=True)
    plain.unlink()
    print(f"{TARGET.name}: threshold {detector.threshold}")


if __name__ == "__main__":
    main()
