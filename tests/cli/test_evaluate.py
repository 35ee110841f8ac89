import shutil

import pytest
from scipy.stats import binomtest

KEYS = {
    "count", "accuracy", "precision", "recall", "f1", "false_alarm_rate", "confusion",
    "threshold", "intervals", "split", "source", "problems",
}  # fmt: skip


def test_figures_of_a_model_whose_mistakes_are_known(cli, model, photos):
    answer = cli("evaluate", model, photos, "--json")
    assert (answer.code, answer.err) == (0, "")
    found = answer.json
    assert found.keys() >= KEYS
    # It misses the dark fire and takes both sunsets for fire.
    assert found["confusion"] == [[4, 2], [1, 3]]
    assert found["count"] == 10
    assert found["accuracy"] == pytest.approx(0.7)
    assert found["precision"] == pytest.approx(3 / 5)
    assert found["recall"] == pytest.approx(3 / 4)
    assert found["f1"] == pytest.approx(2 / 3)
    assert found["false_alarm_rate"] == pytest.approx(2 / 6)
    assert found["threshold"] == 0.5
    for name, hits, of in (("accuracy", 7, 10), ("false_alarm_rate", 2, 6)):
        expected = binomtest(hits, of).proportion_ci(method="wilson")
        assert found["intervals"][name] == pytest.approx(list(expected))
    assert found["categories"]["sunset"]["count"] == 2
    assert found["categories"]["sunset"]["rate"] == 1
    assert found["categories"]["plain"]["rate"] == 0
    assert found["split"] == "test"
    assert found["source"] == str(photos)
    assert found["problems"] == []


def test_the_heading_is_one_line_however_long_the_path(cli, model, photos):
    answer = cli("evaluate", model, photos)
    assert f"{model} on {photos}: 10 pictures of test" in answer.out.splitlines()


def test_a_threshold_of_ones_own(cli, model, photos):
    found = cli("evaluate", model, photos, "--threshold", "1", "--json").json
    assert found["confusion"] == [[6, 0], [4, 0]]
    assert found["precision"] is None
    assert found["threshold"] == 1


def test_one_class_alone_has_the_figures_that_exist(cli, model, photos, tmp_path):
    shutil.copytree(photos / "test/nofire", tmp_path / "others/nofire")
    answer = cli("evaluate", model, "others", "--json")
    found = answer.json
    assert answer.code == 0
    assert found["confusion"] == [[4, 2], [0, 0]]
    assert found["false_alarm_rate"] == pytest.approx(1 / 3)
    assert found["recall"] is None
    assert found["f1"] is None
    assert "recall" not in found["intervals"]
    assert "categories" not in found
    text = cli("evaluate", model, "others")
    assert text.code == 0
    assert "2 false alarms on 6 pictures without fire" in text.out


def test_fires_alone_have_no_false_alarm_rate(cli, model, photos, tmp_path):
    shutil.copytree(photos / "test/fire", tmp_path / "fires/Fire")
    found = cli("evaluate", model, "fires", "--json").json
    assert found["confusion"] == [[0, 0], [1, 3]]
    assert found["false_alarm_rate"] is None
    assert found["recall"] == pytest.approx(0.75)


def test_a_missing_split_is_replaced_and_named(cli, model, photos, tmp_path):
    shutil.copytree(photos / "train", tmp_path / "set/train")
    answer = cli("evaluate", model, "set", "--json")
    assert answer.json["split"] == "train"
    assert answer.json["count"] == 24
    assert "no test split" in answer.err
    shutil.copytree(photos / "test", tmp_path / "set/valid")
    answer = cli("evaluate", model, "set", "--json")
    assert answer.json["split"] == "validation"
    assert answer.json["count"] == 10


def test_the_split_that_is_asked_for(cli, model, photos):
    found = cli("evaluate", model, photos, "--split", "train", "--json").json
    assert (found["split"], found["count"]) == ("train", 24)


def test_bad_files_are_named_and_not_counted(cli, model, photos, tmp_path):
    shutil.copytree(photos, tmp_path / "copy")
    bad = tmp_path / "copy/test/nofire/zz.jpg"
    bad.write_text("<html>gone</html>")
    answer = cli("evaluate", model, "copy", "--json")
    assert answer.code == 0
    assert answer.json["count"] == 10
    assert [row["path"].rsplit("/", 1)[1] for row in answer.json["problems"]] == [
        "zz.jpg"
    ]
    assert "zz.jpg" in answer.err
    assert "Warning" not in answer.err


def test_classes_that_are_not_the_models_own(cli, model, photos, tmp_path):
    shutil.copytree(photos / "test/fire", tmp_path / "pets/cats")
    shutil.copytree(photos / "test/nofire", tmp_path / "pets/dogs")
    answer = cli("evaluate", model, "pets")
    assert answer.code == 1
    assert "cats, dogs" in answer.err


def test_classes_in_the_order_of_the_model(cli, photos, tmp_path):
    """Folders sort a before b; the model speaks of a."""
    from fire_course import models
    from fire_course.detector import Detector

    network = models.fire_net((32, 32, 3), width=0.25)
    Detector(network, class_names=("b", "a")).save(tmp_path / "ba.keras")
    Detector(network, class_names=("a", "b")).save(tmp_path / "ab.keras")
    shutil.copytree(photos / "test/fire", tmp_path / "letters/a")
    shutil.copytree(photos / "test/nofire", tmp_path / "letters/b")
    ba = cli("evaluate", "ba.keras", "letters", "--json").json["confusion"]
    ab = cli("evaluate", "ab.keras", "letters", "--json").json["confusion"]
    assert sum(ba[1]) == 4  # in row 1: the pictures of a
    assert sum(ab[1]) == 6
    assert [row[1] for row in ba] == [ab[1][1], ab[0][1]]


def test_more_than_two_classes(cli, photos, tmp_path):
    from fire_course import models
    from fire_course.detector import Detector

    network = models.fire_net((32, 32, 3), width=0.25, classes=3)
    Detector(network, class_names=("a", "b", "c")).save(tmp_path / "abc.keras")
    for name in ("a", "b", "c"):
        shutil.copytree(photos / "test/fire", tmp_path / "letters" / name)
    answer = cli("evaluate", "abc.keras", "letters", "--json")
    assert answer.code == 0
    found = answer.json
    # The classes hold the same pictures, so one in three is right.
    assert [sum(row) for row in found["confusion"]] == [4, 4, 4]
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["false_alarm_rate"] is None
    assert "accuracy" in cli("evaluate", "abc.keras", "letters").out


def test_people_get_a_table(cli, model, photos):
    answer = cli("evaluate", model, photos)
    assert answer.code == 0
    assert "70.0 %" in answer.out
    assert "3 of 4 fires found" in answer.out
    assert "sunset" in answer.out


def test_real_photographs_and_sunsets(cli, model, real_data):
    """The clean test photographs are 337: those that the set names as leaks are out."""
    answer = cli("evaluate", model, real_data / "fire", "--json")
    assert answer.code == 0
    assert answer.json["count"] == 337
    sunsets = cli("evaluate", model, real_data / "sunsets", "--json").json
    assert sunsets["count"] == 36
    assert sunsets["recall"] is None
    assert sunsets["false_alarm_rate"] is not None


def test_scenes_by_name_with_the_default_model(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("FIRE_COURSE_DATA", str(tmp_path / "home"))
    assert cli("data", "make", "scenes", "--count", "30").code == 0
    answer = cli("evaluate", "default", "scenes", "--json")
    assert answer.code == 0
    found = answer.json
    assert found["source"] == "embedded"
    assert found["count"] == 24
    assert found["categories"]["plain"]["count"] == 1
    assert found["accuracy"] > 0.7  # trained on such pictures, not on these
