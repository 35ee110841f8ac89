"""Install the built wheel into an empty environment and use it away from here.

Not a test of the suite, as it installs everything anew (about a minute, 2 GB):
`make wheel-check` runs it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
# An engineer who wants the helpers gets none of these.
NOT_WANTED = ("jupyter-book", "sphinx", "ipykernel", "pytest", "ruff", "playwright")

# It runs inside the new environment: one picture drawn by the wheel's own renderer.
DRAW = """
from PIL import Image
from fire_course.data.render import scenes
Image.fromarray(scenes.render(1, kind="fire").image).save("a photo.png")
"""


def constraints() -> str:
    """Return the locked versions without their hashes, which a wheel here has not."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    lines = (re.split(r"\s+--hash=|# ", line)[0].strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source, away = folder / "source", folder / "away"
        source.mkdir()
        away.mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "fire_course", source / "fire_course", ignore=skip)

        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "FIRE_COURSE", "VIRTUAL_ENV"))
        }

        def run(*command: str | Path, where: Path = away) -> str:
            print("$", *(Path(part).name for part in map(str, command)), flush=True)
            done = subprocess.run(
                [str(part) for part in command],
                cwd=where,
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            if done.returncode:
                sys.exit(f"It ended with status {done.returncode}.\n{done.stdout}")
            return done.stdout

        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", where=source)
        (wheel,) = (source / "dist").glob("*.whl")
        venv.create(folder / "venv", with_pip=True)
        scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        python, program = scripts / "python", scripts / "fire-course"
        (folder / "constraints.txt").write_text(constraints())
        pip = (python, "-m", "pip", "--disable-pip-version-check")
        run(*pip, "install", "--quiet", "-c", folder / "constraints.txt", wheel)
        run(*pip, "check")

        installed = json.loads(run(*pip, "list", "--format=json"))
        found = {each["name"].lower() for each in installed} & set(NOT_WANTED)
        assert not found, f"A plain install brings {found}."

        where = run(python, "-c", "import fire_course; print(fire_course.__file__)")
        assert str(folder) in where, f"It found another fire_course: {where}"

        assert "predict" in run(program, "--help")
        run(program, "doctor")
        run(program, "data", "make", "scenes", "--count", "4", "--out", "few scenes")
        assert len(list(away.glob("few scenes/train/fire/*.jpg"))) == 4

        run(python, "-c", DRAW)
        (answer,) = json.loads(
            run(program, "predict", "default", "a photo.png", "--json")
        )
        assert 0 <= answer["score"] <= 1 and answer["label"] in ("fire", "nofire")
        print(
            f"The wheel works by itself: a rendered fire scores {answer['score']:.2f}"
        )


if __name__ == "__main__":
    main()
