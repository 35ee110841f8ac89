"""A list of cameras is read whole, or refused with the line that is wrong."""

import csv
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.cameras import Camera, ListError, read_list, shipped
from fire_course.cameras.shipped_list import TEXT

ROOT = Path(__file__).parents[2]
SECRET = "hunter2"


def write(folder, text, name="list.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_shipped_list_is_that_of_the_sources():
    cameras = shipped()
    assert len(cameras) == 10
    hosts = {camera.url.split("/")[2] for camera in cameras}
    assert {"meteo.camera", "livecamera.gr", "livecameras.gr", "kopaida.gr"} <= hosts
    for camera in cameras:
        assert "2021, not verified" in camera.terms
        assert camera.credit and camera.operator and camera.place
        assert camera.minimum_interval >= 60


def test_the_file_in_datasets_is_the_one_in_the_package():
    assert (ROOT / "datasets/cameras.csv").read_text("utf-8") == TEXT
    assert read_list(ROOT / "datasets/cameras.csv") == shipped()


def test_csv_and_yaml_of_one_list_are_read_alike(tmp_path):
    with (ROOT / "datasets/cameras.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    text = yaml.safe_dump({"cameras": rows}, allow_unicode=True)
    assert read_list(write(tmp_path, text, "list.yaml")) == shipped()
    assert read_list(write(tmp_path, yaml.safe_dump(rows), "list.yml")) == shipped()


def test_a_plain_list_needs_two_columns_only(tmp_path):
    (camera,) = read_list(write(tmp_path, "name,url\nhill,http://a.example/x.jpg\n"))
    assert camera == Camera("hill", "http://a.example/x.jpg")
    assert camera.minimum_interval == 60


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffName,URL,Minimum interval\r\nhill,http://a.example/,5\r\n",
        "name;url;minimum-interval\nhill;http://a.example/;5\n",
        '\n\nname,url,minimum_interval\n\n" hill ","http://a.example/",5\n\n',
    ],
    ids=["excel", "semicolons", "spaces"],
)
def test_lists_of_spreadsheets_are_read(tmp_path, text):
    (camera,) = read_list(write(tmp_path, text))
    assert camera == Camera("hill", "http://a.example/", minimum_interval=5)


HEAD = "name,url,place,minimum_interval\n"
GOOD = "hill,http://a.example/x.jpg,,\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, "empty"),
        (HEAD, 0, "no camera"),
        (HEAD + GOOD + ",http://b.example/,,\n", 3, "no name"),
        (HEAD + GOOD + "b,,,\n", 3, "no url"),
        (HEAD + GOOD + "b,ftp://b.example/,,\n", 3, "http"),
        (HEAD + GOOD + "b,http:///x,,\n", 3, "no host"),
        (HEAD + GOOD + "b,http://b.example:99999/,,\n", 3, "port"),
        (HEAD + GOOD + "b,http://[::1/,,\n", 3, "host"),
        (HEAD + GOOD + "b,http://b.example/a b,,\n", 3, "space"),
        (HEAD + GOOD + "b,http://b.example\\@c.example/,,\n", 3, "backslash"),
        (HEAD + GOOD + f"b,http://b.example/{'a' * 3000},,\n", 3, "longer"),
        (HEAD + GOOD + "b,http://b.example/,,often\n", 3, "minimum_interval"),
        (HEAD + GOOD + "b,http://b.example/,,-1\n", 3, "minimum_interval"),
        (HEAD + GOOD + "b,http://b.example/,,nan\n", 3, "minimum_interval"),
        (HEAD + GOOD + "b,http://b.example/,Xanthi, Greece,\n", 3, "quotation"),
        (HEAD + GOOD + "b,http://b.example/\n", 3, "2 values for 4"),
        (HEAD + GOOD + GOOD, 3, "name of line 2"),
        (HEAD + GOOD + "HILL,http://b.example/,,\n", 3, "name of line 2"),
        (HEAD + GOOD + "b,http://A.example:80/x.jpg#now,,\n", 3, "address of line 2"),
        (HEAD + GOOD + "b,http://me:pw@a.example/x.jpg,,\n", 3, "address of line 2"),
        (HEAD + '"two\nlines",http://b.example/,,\n', 2, "printable"),
        (HEAD + '"two",http://b.example/,"a\nb",\nc,,,\n', 4, "no url"),
        (HEAD + GOOD + 'b,http://b.example/,"open,\n', 3, "quotation mark"),
        ("name,url,plaec\n" + GOOD, 1, "'plaec' is no column"),
        ("name,url,name\n" + GOOD, 1, "twice"),
        ("http://me:hunter2@a.example/,url\n", 1, "an address is no column"),
        (HEAD + GOOD + "b\0,http://b.example/,,\n", 3, "zero byte"),
        (HEAD.encode() + b"b\xe9,http://b.example/,,\n", 2, "UTF-8"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, text, line, words):
    with pytest.raises(ListError) as caught:
        read_list(write(tmp_path, text))
    (problem, *_) = caught.value.problems
    assert problem[0] == line
    assert words in problem[1]
    assert str(caught.value).startswith(str(tmp_path / "list.csv"))
    assert f"line {line}: " in str(caught.value) or line == 0


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, "no list"),
        ("cameras: none\n", 0, "no list"),
        ("- just text\n", 1, "no entry"),
        ("- name: a\n  url: http://a.example/\n- name: b\n", 3, "no url"),
        ("- name: a\n  url: [1, 2]\n", 2, "one value"),
        ("- name: a\n  adress: http://a.example/\n", 2, "'adress' is no column"),
        ("- name: a\n  url: http://a.example/\n  url: x\n", 3, "twice"),
        ("- name: a\n  url: 'http://a.example/\n", 3, "no valid YAML"),
        ("- !!python/object:os.system {}\n", 1, "no name"),
        ("[" * 5000, 1, ""),
    ],
)
def test_a_wrong_line_of_yaml_is_named(tmp_path, text, line, words):
    with pytest.raises(ListError) as caught:
        read_list(write(tmp_path, text, "list.yaml"))
    (problem, *_) = caught.value.problems
    assert words in problem[1]
    assert problem[0] == line or text.startswith("[")


def test_all_wrong_lines_are_told_and_not_only_the_first(tmp_path, in_second_process):
    text = HEAD + "".join(f"c{i},nowhere{i},,\n" for i in range(8))
    with pytest.raises(ListError) as caught:
        read_list(write(tmp_path, text))
    assert [line for line, _ in caught.value.problems] == list(range(2, 10))
    assert "line 6" in str(caught.value)
    assert str(caught.value).endswith("and 3 more")
    with pytest.raises(ListError) as again:
        in_second_process(read_list, write(tmp_path, text))
    assert str(again.value) == str(caught.value)
    assert again.value.problems == caught.value.problems


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(ListError, match="cannot be read"):
            read_list(path)


def test_what_is_no_list_at_all_is_not_read_into_memory(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.truncate(10**10)
    with pytest.raises(ListError, match="larger than 5 MB"):
        read_list(path)


URLS = [
    f"http://admin:{SECRET}@cam.example/x.jpg",
    f"http://{SECRET}@cam.example/x.jpg",
    f"http://cam.example/snapshot.cgi?user=admin&pwd={SECRET}&size=2",
    f"http://cam.example/x.jpg?access_token={SECRET}",
    f"http://cam.example/x.jpg?api-key={SECRET}",
    f"http://cam.example/x.jpg;sessionid={SECRET}",
    f"http://cam.example/x.jpg?loginpas={SECRET}",
]


@pytest.mark.parametrize("url", URLS)
def test_credentials_are_not_shown(tmp_path, url):
    camera = Camera("hill", url, place="Xanthi")
    shown_ = f"{camera} {camera!r} {camera.address} {camera.key} {camera.as_dict()}"
    assert SECRET not in shown_
    assert "cam.example" in shown_
    assert camera.url == url
    for name, text in (
        ("list.csv", f"name,url,minimum_interval\nhill,{url},x\n{url},{url}\n"),
        ("list.yaml", f"- name: hill\n  url: {url}\n  {url}: 1\n- url: '{url}\n"),
        ("two.yaml", f"- name: hill\n  {url}: 1\n"),
    ):
        with pytest.raises(ListError) as caught:
            read_list(write(tmp_path, text, name))
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "field", [{"name": ""}, {"url": "x"}, {"minimum_interval": -1}]
)
def test_a_camera_made_by_hand_is_checked_too(field):
    with pytest.raises(ValueError, match="cannot be used"):
        Camera(**({"name": "hill", "url": "http://a.example/"} | field))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300))
def test_any_text_is_a_list_or_a_list_error(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("any", numbered=True)
    for name in ("a.csv", "a.yaml"):
        path = folder / name
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            assert read_list(path)
        except ListError as error:
            assert error.problems


WORDS = st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=20)


@settings(deadline=None, max_examples=50)
@given(st.lists(WORDS, min_size=1, max_size=6, unique_by=str.casefold))
def test_what_csv_writes_is_read_back(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("back", numbered=True) / "a.csv"
    rows = [(name, f"http://a.example/{i}", name) for i, name in enumerate(names)]
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("name", "url", "place"), *rows])
    found = read_list(path)
    assert [(c.name, c.url, c.place) for c in found] == rows
