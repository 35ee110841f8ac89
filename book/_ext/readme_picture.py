"""Draw the picture of the README: the shipped detector on scenes it has not seen.

Run by ``make picture``. The seeds are chosen so that each scene shows what its name
says; the scores are what the detector makes of them.
"""

from pathlib import Path

from PIL import Image

from fire_course import plots
from fire_course.data.render import scenes
from fire_course.detector import Detector

TARGET = Path(__file__).parent.parent / "_static" / "detector.jpg"
SCENES = {
    "crown": 103,
    "torch": 102,
    "aerial": 102,
    "line": 102,
    "distant": 100,
    "front": 103,
    "sunset": 103,
    "alpenglow": 206,
    "autumn": 123,
    "lamps": 101,
    "fog": 103,
    "red_roofs": 101,
}


def main() -> None:
    """Score twelve scenes, write the picture."""
    drawn = [scenes.render(seed, category=name) for name, seed in SCENES.items()]
    detector = Detector.load("default")
    scores = detector.score([scene.image for scene in drawn])
    truth = [scene.metadata["label"] == "fire" for scene in drawn]
    figure = plots.show_images(
        [scene.image for scene in drawn],
        [
            f"{name.replace('_', ' ')} {score:.2f}"
            for name, score in zip(SCENES, scores, strict=True)
        ],
        columns=4,
        colours=[
            "right" if (score >= detector.threshold) == fire else "wrong"
            for score, fire in zip(scores, truth, strict=True)
        ],
    )
    plain = TARGET.with_suffix(".png")
    figure.savefig(plain, dpi=170)
    with Image.open(plain) as picture:
        picture.convert("RGB").save(TARGET, quality=85, optimize=True)
    plain.unlink()
    print(f"{TARGET.name}: threshold {detector.threshold}")


if __name__ == "__main__":
    main()
