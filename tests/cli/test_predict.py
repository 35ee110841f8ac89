import json

import numpy as np
import pytest
from PIL import Image


def test_scores_and_labels_in_the_order_asked(cli, model, photos):
    fire, other = photos / "test/fire/0.png", photos / "test/nofire/4.png"
    answer = cli("predict", model, other, fire, "--json")
    assert (answer.code, answer.err) == (0, "")
    rows = answer.json
    assert [row["path"] for row in rows] == [str(other), str(fire)]
    assert [row["label"] for row in rows] == ["nofire", "fire"]
    # The network is 0.04 (red - green) - 1 through a sigmoid, of the mean colour.
    for row in rows:
        red, green, _ = np.asarray(Image.open(row["path"])).mean(axis=(0, 1))
        expected = 1 / (1 + np.exp(1 - 0.04 * (red - green)))
        assert row["score"] == pytest.approx(expected, abs=0.02)


def test_a_bad_file_fails_alone(cli, model, photos, tmp_path):
    good = (photos / "test/fire/0.png").read_bytes()
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "cut.png").write_bytes(good[: len(good) // 2])
    (tmp_path / "page.jpg").write_text("<html><body>503</body></html>")
    (tmp_path / "good.png").write_bytes(good)
    names = ["text.jpg", "cut.png", "missing.jpg", "good.png", "page.jpg"]
    answer = cli("predict", model, *names, "--json")
    assert answer.code == 1
    assert [row["path"] for row in answer.json] == names
    assert ["error" in row for row in answer.json] == [True, True, True, False, True]
    assert all(row.keys() == {"path", "error"} for row in answer.json if "error" in row)
    assert "4 of 5" in answer.err


def test_a_folder_stands_for_its_images(cli, model, photos):
    answer = cli("predict", model, photos / "test/fire", "--json")
    assert [row["path"][-5:] for row in answer.json] == [f"{i}.png" for i in range(4)]
    assert answer.code == 0


def test_an_empty_folder_is_an_error_of_its_own(cli, model, tmp_path):
    (tmp_path / "empty").mkdir()
    answer = cli("predict", model, "empty", "--json")
    assert answer.code == 1
    (row,) = answer.json
    assert row["path"] == "empty"
    assert row["error"]


def test_the_threshold_moves_the_label_and_not_the_score(cli, model, photos):
    path = photos / "test/nofire/8.png"  # orange
    (plain,) = cli("predict", model, path, "--json").json
    (strict,) = cli("predict", model, path, "--threshold", "1", "--json").json
    assert plain["score"] == strict["score"] < 1
    assert (plain["label"], strict["label"]) == ("fire", "nofire")


def test_people_get_a_table_with_bars(cli, model, photos):
    answer = cli("predict", model, photos / "test/fire/0.png", "missing.jpg")
    assert "████" in answer.out
    assert "fire" in answer.out
    assert answer.err.startswith("missing.jpg: ")


def test_a_hostile_file_name_cannot_colour_the_terminal(cli, model, photos, tmp_path):
    name = "[bold]\x1b[31mred\u202e.png"
    (tmp_path / name).write_bytes((photos / "test/fire/0.png").read_bytes())
    answer = cli("predict", model, name, f"missing{name}")
    assert "\x1b" not in answer.out + answer.err
    assert "\u202e" not in answer.out + answer.err
    assert r"[bold]\x1b[31mred" in answer.out
    (row,) = json.loads(cli("predict", model, name, "--json").out)
    assert row["path"] == name


def test_default_is_the_model_of_the_package(cli, photos):
    answer = cli("predict", "default", photos / "test/nofire/4.png", "--json")
    assert answer.code == 0
    (row,) = answer.json
    assert 0 <= row["score"] <= 1
    assert row["label"] == "nofire"
