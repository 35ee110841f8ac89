"""What it costs to grade a class, on one core and on two, and against nbgrader.

60 notebooks of lesson 10 (NumPy) and 12 of lesson 11 (TensorFlow): the lessons' own
solutions, every third with one answer left out. nbgrader is no dependency: name a
virtual environment that has it, ``python benchmarks/grading.py --nbgrader VENV`` or
the variable NBGRADER, and its autograder runs the same notebooks in turn, with the
same packages, one after the other as it does.
"""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLASSES = {"10_honest_data": 60, "11_fire_cnn": 12}
STUB = 'raise NotImplementedError("write your answer here")'


def hand_in(folder: Path, lesson: str, count: int) -> None:
    exercise = json.loads((ROOT / "exercises" / f"{lesson}.ipynb").read_text())
    solved = json.loads((ROOT / "solutions" / f"{lesson}.ipynb").read_text())
    answers = {
        cell["id"]: cell["source"]
        for cell in solved["cells"]
        if cell["id"].endswith("-answer")
    }
    for learner in range(count):
        book = json.loads(json.dumps(exercise))
        names = list(answers)
        left_out = names[learner % len(names)] if learner % 3 == 2 else None
        for cell in book["cells"]:
            if cell["id"] in answers and cell["id"] != left_out:
                cell["source"] = answers[cell["id"]]
        own = folder / f"learner{learner:02}"
        own.mkdir(parents=True)
        (own / f"{lesson}.ipynb").write_text(json.dumps(book))


def ours(folder: Path, out: Path, lesson: str, jobs: int) -> tuple[float, list[float]]:
    """Grade with a fresh folder of results; return seconds and points."""
    command = [sys.executable, "-m", "fire_course", "grade", str(folder)]
    command += ["--out", str(out), "--lesson", lesson, "--jobs", str(jobs), "--json"]
    start = time.perf_counter()
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    return seconds, [row["points"] for row in json.loads(run.stdout)["grades"]]


def nbgraders(venv: Path, folder: Path, course: Path, lesson: str) -> tuple[float, int]:
    """Autograde with nbgrader; return seconds and how many it has graded."""
    source = course / "source" / lesson
    source.mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / f"{lesson}.ipynb", source)
    for own in folder.iterdir():
        shutil.copytree(own, course / "submitted" / own.name / lesson)
    kernel = course / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    own = os.pathsep.join((str(venv.absolute() / "bin"), os.environ["PATH"]))
    env = {**os.environ, "PATH": own, "JUPYTER_PATH": str(course / "jupyter")}
    program = str(venv.absolute() / "bin" / "nbgrader")

    def nbgrader(*words: str) -> None:
        run = subprocess.run(
            [program, *words], cwd=course, env=env, capture_output=True, text=True
        )
        if run.returncode:
            raise RuntimeError(run.stderr.strip().splitlines()[-1])

    nbgrader("generate_assignment", lesson)
    start = time.perf_counter()
    nbgrader("autograde", lesson)
    seconds = time.perf_counter() - start
    with sqlite3.connect(course / "gradebook.db") as book:
        (graded,) = book.execute("select count(*) from submitted_assignment").fetchone()
    return seconds, graded


FIGURES: list[dict] = []


def tell(figure: str, value: float, unit: str, **bar: float) -> None:
    FIGURES.append({"figure": figure, "value": value, "unit": unit, **bar})
    print(json.dumps(FIGURES[-1]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nbgrader", default=os.environ.get("NBGRADER"))
    parser.add_argument("--record", help="write the figures into this file too")
    options = parser.parse_args()
    venv = options.nbgrader
    for lesson, count in CLASSES.items():
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            hand_in(root / "class", lesson, count)
            one, points = ours(root / "class", root / "one", lesson, 1)
            two, again = ours(root / "class", root / "two", lesson, 2)
            assert points == again and len(points) == count
            what = f"{count} of {lesson}"
            tell(f"{what}, one core", one, "s")
            tell(f"{what}, two cores", two, "s")
            tell(f"{what}, parallel efficiency", one / (2 * two), "", at_least=0.85)
            if venv:
                course = root / "course"
                course.mkdir()
                theirs, graded = nbgraders(Path(venv), root / "class", course, lesson)
                assert graded == count
                tell(f"{what}, nbgrader's autograder", theirs, "s")
                tell(f"{what}, nbgrader / ours on two cores", theirs / two, "x")
    if options.record:
        Path(options.record).write_text(json.dumps(FIGURES, indent=2) + "\n")


if __name__ == "__main__":
    main()
