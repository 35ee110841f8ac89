"""The exercises of lesson 7: a pretrained network out of the box."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import numpy as np

from fire_course.lessons.checks.exercise import Case, Exercise, Mistake

__all__ = ["EXERCISES"]

_LESSON = "07_out_of_the_box"
_NAMES = ("tabby", "espresso", "cup", "volcano", "tripod", "crane", "banana", "moped")


def _probabilities(rng: np.random.Generator, photos: int, classes: int) -> Any:
    """Rows of different probabilities that sum to 1 and are exact in binary."""
    rows = []
    for _ in range(photos):
        parts = rng.choice(np.arange(1, 40), classes, replace=False)
        parts[rng.integers(classes)] += 4096 - parts.sum()  # one is far ahead
        rows.append(parts / 4096)
    return np.array(rows)


def _names(rng: np.random.Generator, count: int) -> list[str]:
    return [str(name) for name in rng.permutation(_NAMES)[:count]]


# --- decode ----------------------------------------------------------------


def _decode_cases(rng: np.random.Generator) -> list[Case]:
    def case(photos: int, classes: int, count: int) -> Case:
        return {
            "probabilities": _probabilities(rng, photos, classes),
            "names": _names(rng, classes),
            "count": count,
        }

    return [case(1, 4, 1), case(1, 5, 3), case(3, 6, 2), case(2, 4, 4), case(4, 8, 5)]


def _decode(
    probabilities: Any, names: list[str], count: int, *, worst: bool = False
) -> list[list[Any]]:
    # By sorting pairs, without a place in the row anywhere.
    return [
        [
            [name, p]
            for p, name in sorted(zip(row, names, strict=True), reverse=not worst)
        ][:count]
        for row in probabilities.tolist()
    ]


def _turned(probabilities: Any, names: list[str], count: int) -> list[list[Any]]:
    return [row[::-1] for row in _decode(probabilities, names, count)]


_DECODE = Exercise(
    name="decode-top",
    lesson=_LESSON,
    function="decode_top",
    points=2,
    task="Name the most probable classes of each photograph.",
    hints=(
        "One photograph is one row: `for row in probabilities`.",
        "np.argsort(row) gives the places from the least to the most probable; "
        "np.argsort(-row) the other way round.",
        "Of the first `count` places take names[i] and row[i]: "
        "[(names[i], row[i]) for i in np.argsort(-row)[:count]].",
    ),
    cases=_decode_cases,
    expected=_decode,
    mistakes=(
        Mistake(
            "the least probable",
            "argsort sorts upwards, so the first places are the least probable: sort -row.",
            lambda probabilities, names, count: _decode(
                probabilities, names, count, worst=True
            ),
        ),
        Mistake(
            "best one last",
            "The right classes, but upwards: the most probable comes first.",
            _turned,
        ),
        Mistake(
            "one photograph only",
            "A network answers a batch: give a list for each of its rows.",
            lambda probabilities, names, count: _decode(
                probabilities[:1], names, count
            ),
        ),
        Mistake(
            "one photograph only",
            "Give a list of lists, one for each photograph, for a batch of one too.",
            lambda probabilities, names, count: _decode(probabilities, names, count)[0],
        ),
        Mistake(
            "names without probabilities",
            "Give pairs: the name and its probability.",
            lambda probabilities, names, count: [
                [name for name, _ in row]
                for row in _decode(probabilities, names, count)
            ],
        ),
        Mistake(
            "places in place of names",
            "Look the place up: names[i].",
            lambda probabilities, names, count: [
                [[names.index(name), p] for name, p in row]
                for row in _decode(probabilities, names, count)
            ],
        ),
        Mistake(
            "pairs the wrong way round",
            "First the name, then the probability.",
            lambda probabilities, names, count: [
                [pair[::-1] for pair in row]
                for row in _decode(probabilities, names, count)
            ],
        ),
        Mistake(
            "sorted probabilities with unsorted names",
            "Sorting the numbers alone tears them from their names: sort the places.",
            lambda probabilities, names, count: [
                [[n, p] for n, p in zip(names, sorted(row)[::-1], strict=True)][:count]
                for row in probabilities.tolist()
            ],
        ),
        Mistake(
            "the first classes in place of the best",
            "Sort first, then take the first `count`.",
            lambda probabilities, names, count: _decode(
                probabilities[:, :count], names[:count], count
            ),
        ),
    ),
    own=(
        "fire_course.transfer.Classifier",
        "keras.applications.imagenet_utils.decode_predictions",
        "keras.applications.xception.decode_predictions",
        "keras.applications.resnet50.decode_predictions",
        "keras.applications.mobilenet_v2.decode_predictions",
    ),
)


# --- preparation -----------------------------------------------------------

_MEANS = np.array([103.939, 116.779, 123.68])  # blue, green, red


def _prepare_cases(rng: np.random.Generator) -> list[Case]:
    def photos(*shape: int) -> Any:
        return rng.integers(0, 256, (*shape, 3), dtype=np.uint8)

    black_and_white = np.array([[[[0, 0, 0], [255, 255, 255]]]], np.uint8)
    return [
        {"photos": black_and_white, "backbone": "xception"},
        {"photos": photos(1, 2, 2), "backbone": "mobilenet_v2"},
        {"photos": black_and_white, "backbone": "resnet50"},
        {"photos": photos(1, 2, 2), "backbone": "resnet50"},
        {"photos": photos(3, 2, 4), "backbone": "resnet50"},
        {"photos": photos(2, 3, 2).astype("float32"), "backbone": "xception"},
        {"photos": photos(2, 3, 3).astype("float32"), "backbone": "resnet50"},
    ]


def _prepare(
    photos: Any,
    backbone: str,
    *,
    means: Any = _MEANS,
    turn: bool = True,
    divide: float = 1.0,
) -> Any:
    # As a matrix: out = photo @ (which colour goes where) - shift.
    values = np.asarray(photos, np.float64)
    if backbone != "resnet50":
        return values @ (np.eye(3) / 127.5) - 1
    order = np.fliplr(np.eye(3)) if turn else np.eye(3)
    return (values @ order - means) / divide


def _wrapped(photos: Any, backbone: str) -> Any:
    if backbone != "resnet50":
        return _prepare(photos, backbone)
    kind = np.asarray(photos).dtype
    return (_prepare(photos, backbone, means=np.round(_MEANS)) % 256).astype(kind)


_PREPARE = Exercise(
    name="prepare-for",
    lesson=_LESSON,
    function="prepare_for",
    points=2,
    task="Prepare photographs by hand, as each backbone was trained.",
    hints=(
        "x = photos.astype('float32') makes a copy with room for what is below zero.",
        "Xception and MobileNetV2: x / 127.5 - 1.",
        "ResNet50: x[..., ::-1] puts blue first; then subtract the three means, which "
        "NumPy lines up with the last axis by itself.",
    ),
    cases=_prepare_cases,
    expected=_prepare,
    tolerance=1e-5,
    digits=3,  # no right value lies near a half of the last: float32 will do
    mistakes=(
        Mistake(
            "divided by 255",
            "That gives 0 to 1; Xception and MobileNetV2 want -1 to 1: x / 127.5 - 1.",
            lambda photos, backbone: (
                np.asarray(photos) / 255
                if backbone != "resnet50"
                else _prepare(photos, backbone)
            ),
        ),
        Mistake(
            "divided by 255",
            "No backbone of this exercise wants 0 to 1: see the two rules.",
            lambda photos, backbone: np.asarray(photos) / 255,
        ),
        Mistake(
            "colours not exchanged",
            "ResNet50 wants blue first: x[..., ::-1], then the means of blue, green, red.",
            lambda photos, backbone: _prepare(photos, backbone, turn=False),
        ),
        Mistake(
            "means in the order red, green, blue",
            "After the exchange blue comes first, and so do the means.",
            lambda photos, backbone: _prepare(photos, backbone, means=_MEANS[::-1]),
        ),
        Mistake(
            "means of red, green, blue from colours as they were",
            "All differences are right but in the wrong order: ResNet50 wants blue first.",
            lambda photos, backbone: _prepare(
                photos, backbone, means=_MEANS[::-1], turn=False
            ),
        ),
        Mistake(
            "no means subtracted",
            "Exchanging the colours is half of it: subtract the means.",
            lambda photos, backbone: _prepare(photos, backbone, means=np.zeros(3)),
        ),
        Mistake(
            "scaled as well",
            "ResNet50 wants the differences as they are, not divided.",
            lambda photos, backbone: _prepare(photos, backbone, divide=255.0),
        ),
        Mistake(
            "scaled as well",
            "ResNet50 wants the differences as they are, not divided.",
            lambda photos, backbone: _prepare(photos, backbone, divide=127.5),
        ),
        Mistake(
            "one rule for all",
            "ResNet50 was trained on other numbers than the other two: means subtracted.",
            lambda photos, backbone: _prepare(photos, "xception"),
        ),
        Mistake(
            "one rule for all",
            "Xception and MobileNetV2 were trained on -1 to 1.",
            lambda photos, backbone: _prepare(photos, "resnet50"),
        ),
        Mistake(
            "left in 8 bits",
            "uint8 has nothing below 0 and wraps: astype('float32') first.",
            _wrapped,
        ),
    ),
    own=(
        "fire_course.transfer.preprocess",
        "keras.applications.imagenet_utils.preprocess_input",
        "keras.applications.xception.preprocess_input",
        "keras.applications.resnet50.preprocess_input",
        "keras.applications.resnet.preprocess_input",
        "keras.applications.mobilenet_v2.preprocess_input",
    ),
)


# --- links -----------------------------------------------------------------


def _links_cases(rng: np.random.Generator) -> list[Case]:
    host = f"http://{rng.choice(['shop', 'news', 'zoo'])}.example"
    page = f"{host}/{rng.choice(['list', 'wall', 'all'])}/index.html"
    a, b, c, d = (f"{word}.jpg" for word in rng.permutation(_NAMES)[:4])
    return [
        {"html": f'<p><img src="{host}/{a}"> <img src="{host}/{b}">', "url": page},
        {"html": f'<img src="{a}"><p>and</p><img src="/{b}">', "url": page},
        {"html": f'<img src="../{a}"><img src="//other.example/{b}">', "url": page},
        {
            "html": f'<img src="grey.gif" data-src="{a}"><img src="{b}">',
            "url": page,
        },
        {
            "html": f'<img src="{b}"><img src="{a}"><img src="/{c}"><img src="{b}">',
            "url": page,
        },
        {
            "html": f'<img src="data:image/gif;base64,R0lGOD"><img src="{a}">',
            "url": page,
        },
        {
            "html": f'<img alt="no address"><a href="{b}">b</a><img src="{d}"><img src="">',
            "url": page,
        },
        {
            "html": f"<IMG SRC={c}><!-- <img src={a}> --><img src='{page}?id=7&amp;w=9'>",
            "url": f"{host}/",
        },
        {"html": "<p>No pictures today.</p>", "url": page},
    ]


class _Reader(HTMLParser):
    """The standard library's parser, where learners take BeautifulSoup."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.rows = url, []  # type: tuple[str, list[dict[str, str]]]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in ("img", "a"):
            self.rows.append({"tag": tag, **{key: value or "" for key, value in attrs}})


def _links(
    html: str,
    url: str,
    *,
    tags: tuple[str, ...] = ("img",),
    late: bool = True,
    join: Any = urljoin,
    once: bool = True,
    inside: bool = False,
    empty: bool = False,
) -> list[str]:
    reader = _Reader(url)
    reader.feed(html)
    found = []
    for row in reader.rows:
        if row["tag"] not in tags:
            continue
        own = row.get("src", row.get("href", ""))
        text = (row.get("data-src") if late else None) or own
        if (text or empty) and (inside or not text.startswith("data:")):
            found.append(join(url, text))
    return list(dict.fromkeys(found)) if once else found


_LINKS = Exercise(
    name="image-links",
    lesson=_LESSON,
    function="image_links",
    points=3,
    task="Find the addresses of all pictures of a page.",
    hints=(
        "soup = BeautifulSoup(html, 'html.parser'); soup.find_all('img') are the pictures, "
        "and image.get('src') is an address or None.",
        "address = image.get('data-src') or image.get('src') takes the late one first. "
        "Skip it if it is empty or begins with 'data:'.",
        "urljoin(url, address) makes it absolute. Append it if it is not in the list yet.",
    ),
    cases=_links_cases,
    expected=_links,
    mistakes=(
        Mistake(
            "relative addresses",
            "Nobody can ask for 'cup.jpg' alone: urljoin(url, address).",
            lambda html, url: _links(html, url, join=lambda url, text: text),
        ),
        Mistake(
            "addresses glued together",
            "A relative address does not follow the page's name: urljoin knows the rules.",
            lambda html, url: _links(html, url, join=lambda url, text: url + text),
        ),
        Mistake(
            "glued to the folder",
            "An address may begin with / or // or http: urljoin knows the rules.",
            lambda html, url: _links(
                html,
                url,
                join=lambda url, text: url.rpartition("/")[0] + "/" + text,
            ),
        ),
        Mistake(
            "the stand-in of a late picture",
            "Where there is a data-src, src is only a grey pixel: take data-src.",
            lambda html, url: _links(html, url, late=False),
        ),
        Mistake(
            "a picture twice",
            "Each address once: ask whether it is in the list already.",
            lambda html, url: _links(html, url, once=False),
        ),
        Mistake(
            "in another order",
            "Keep the order of the page: a set has none, and sorting makes another.",
            lambda html, url: sorted(_links(html, url)),
        ),
        Mistake(
            "data: addresses",
            "What begins with data: is the picture itself and no address: leave it out.",
            lambda html, url: _links(html, url, inside=True),
        ),
        Mistake(
            "empty addresses",
            "A picture without an address leads to the page itself: leave it out.",
            lambda html, url: _links(html, url, empty=True),
        ),
        Mistake(
            "links as well",
            "<a> leads to another page; only <img> shows a picture.",
            lambda html, url: _links(html, url, tags=("img", "a")),
        ),
    ),
    own=("fire_course.transfer.image_links", "fire_course.transfer.links.image_links"),
)


# --- a threshold on a sum --------------------------------------------------


def _is_it_cases(rng: np.random.Generator) -> list[Case]:
    names = _names(rng, 5)
    one, two, three = names[1], names[2], names[4]
    few = {"probabilities": _probabilities(rng, 4, 5), "names": names}
    split = np.array(
        [
            [0.25, 0.25, 0.375, 0.0625, 0.0625],
            [0.625, 0.125, 0.125, 0.0625, 0.0625],
            [0.0, 0.3125, 0.25, 0.125, 0.3125],
            [0.125, 0.125, 0.375, 0.25, 0.125],
        ]
    )
    spread = {"probabilities": split, "names": names}
    twice = [*names[:3], "crane", "crane"]
    birds = np.array([[0.25, 0.125, 0.125, 0.25, 0.25], [0.5, 0.0, 0.0, 0.5, 0.0]])
    cranes = {"probabilities": birds[:, [0, 1, 2, 3, 4]], "names": twice}
    wider = {
        "probabilities": np.array([[0.25, 0.125, 0.125, 0.125, 0.375]]),
        "names": twice,
    }
    return [
        {**few, "wanted": [one], "threshold": 0.5},
        {**spread, "wanted": [one, two], "threshold": 0.5},
        {**spread, "wanted": [two, three, one], "threshold": 0.75},
        {**spread, "wanted": [one, three], "threshold": 0.25},
        {**cranes, "wanted": ["crane"], "threshold": 0.5},
        {**wider, "wanted": ["crane"], "threshold": 0.5},
        {**spread, "wanted": [one, one], "threshold": 0.375},
    ]


def _is_it(
    probabilities: Any, names: list[str], wanted: list[str], threshold: float
) -> list[bool]:
    # A row of ones and noughts, multiplied.
    asked = np.array([name in wanted for name in names], np.float64)
    return [bool(total >= threshold) for total in probabilities @ asked]


def _chosen(probabilities: Any, names: list[str], wanted: list[str]) -> Any:
    return probabilities[:, [i for i, name in enumerate(names) if name in wanted]]


_SUM = Exercise(
    name="is-it",
    lesson=_LESSON,
    function="is_it",
    points=2,
    task="Say of each photograph whether it shows one of several classes.",
    hints=(
        "Find the places of the wanted classes: [i for i, name in enumerate(names) if "
        "name in wanted].",
        "probabilities[:, places].sum(axis=1) adds them up for each photograph.",
        "Compare the sums with the threshold: `>=`.",
    ),
    cases=_is_it_cases,
    expected=_is_it,
    mistakes=(
        Mistake(
            "the best class decides",
            "Several classes together may be probable where none is the best: add up.",
            lambda probabilities, names, wanted, threshold: [
                names[int(row.argmax())] in wanted for row in probabilities
            ],
        ),
        Mistake(
            "the largest of the wanted classes",
            "Two breeds with .4 each make a cat of .8: add up, do not take the largest.",
            lambda probabilities, names, wanted, threshold: [
                bool(row.max() >= threshold)
                for row in _chosen(probabilities, names, wanted)
            ],
        ),
        Mistake(
            "the mean of the wanted classes",
            "The classes exclude one another, so probabilities add up.",
            lambda probabilities, names, wanted, threshold: [
                bool(row.mean() >= threshold)
                for row in _chosen(probabilities, names, wanted)
            ],
        ),
        Mistake(
            "the threshold itself left out",
            "A sum that reaches the threshold is a yes: `>=`, not `>`.",
            lambda probabilities, names, wanted, threshold: [
                bool(row.sum() > threshold)
                for row in _chosen(probabilities, names, wanted)
            ],
        ),
        Mistake(
            "the first of two classes of one name",
            "names.index finds the first of them only. ImageNet has two cranes, a bird and "
            "a machine: go through all names.",
            lambda probabilities, names, wanted, threshold: [
                bool(sum(row[names.index(name)] for name in set(wanted)) >= threshold)
                for row in probabilities
            ],
        ),
        Mistake(
            "a class counted twice",
            "Who asks for the same name twice wants it once: go through `names` and ask "
            "`name in wanted`.",
            lambda probabilities, names, wanted, threshold: [
                bool(
                    sum(
                        p
                        for name in wanted
                        for n, p in zip(names, row, strict=True)
                        if n == name
                    )
                    >= threshold
                )
                for row in probabilities
            ],
        ),
        Mistake(
            "always one half",
            "The threshold is an input of the function.",
            lambda probabilities, names, wanted, threshold: _is_it(
                probabilities, names, wanted, 0.5
            ),
        ),
        Mistake(
            "yes and no exchanged",
            "A large sum means yes.",
            lambda probabilities, names, wanted, threshold: [
                not each for each in _is_it(probabilities, names, wanted, threshold)
            ],
        ),
        Mistake(
            "sums in place of answers",
            "Compare the sums with the threshold: True or False is wanted.",
            lambda probabilities, names, wanted, threshold: [
                float(row.sum()) for row in _chosen(probabilities, names, wanted)
            ],
        ),
    ),
    own=("fire_course.transfer.Classifier",),
)


# --- a polite rate ---------------------------------------------------------


def _times_cases(rng: np.random.Generator) -> list[Case]:
    def took(count: int, low: int = 1, high: int = 8) -> list[float]:
        return [float(q) / 8 for q in rng.integers(low, high, count)]

    a, b, c = (f"{word}.example" for word in rng.permutation(_NAMES)[:3])
    return [
        {"hosts": [a, a, a], "took": [0.25, 0.25, 0.25], "pause": 1.0},
        {"hosts": [a, a, a], "took": took(3), "pause": 2.0},
        {"hosts": [a, b, c], "took": took(3), "pause": 1.0},
        {"hosts": [a, b, a, b], "took": took(4, 1, 4), "pause": 2.0},
        {"hosts": [a, a, b, a], "took": [3.0, 0.5, 0.25, 0.5], "pause": 1.0},
        {"hosts": [b, a, c, b, a, b], "took": took(6), "pause": 1.5},
        {"hosts": [a], "took": [0.5], "pause": 1.0},
        {"hosts": [], "took": [], "pause": 1.0},
        {"hosts": [a, a, a], "took": took(3), "pause": 0.0},
    ]


def _times(
    hosts: list[str],
    took: list[float],
    pause: float,
    *,
    per_host: bool = True,
    wait: bool = True,
    from_end: bool = False,
    first: bool = False,
    both: bool = False,
) -> list[float]:
    # By stepping a clock through eighths of a second, and looking whether one may.
    now, free, begun = 0, 0, []  # type: int, int, list[int]
    each = round(pause * 8)
    for number, host in enumerate(hosts):
        before = [
            start + (round(took[i] * 8) if from_end else 0)
            for i, start in enumerate(begun)
            if hosts[i] == host or not per_host
        ]
        while (wait and now < free) or any(now < start + each for start in before):
            now += 1
        if (first and number == 0) or (both and before and now < free + each):
            now += each
        begun.append(now)
        free = now + round(took[number] * 8)
    return [start / 8 for start in begun]


_TIMES = Exercise(
    name="request-times",
    lesson=_LESSON,
    function="request_times",
    points=3,
    task="Say when each request may begin: one at a time, with a pause for each host.",
    hints=(
        "Go through the requests in order and remember two things: when the last one was "
        "done, and for each host (in a dict) when it was last asked.",
        "A request begins at the later of both: max(done, asked[host] + pause), or at done "
        "if the host was not asked before.",
        "The pause counts from the beginning of a request: asked[host] = start; then "
        "done = start + took[i].",
    ),
    cases=_times_cases,
    expected=_times,
    mistakes=(
        Mistake(
            "a pause between all requests",
            "The pause is for a host; another host may be asked at once.",
            lambda hosts, took, pause: _times(hosts, took, pause, per_host=False),
        ),
        Mistake(
            "several at a time",
            "One request at a time: wait until the one before is done.",
            lambda hosts, took, pause: _times(hosts, took, pause, wait=False),
        ),
        Mistake(
            "pause counted from the end",
            "The pause counts from one beginning to the next, not from the end.",
            lambda hosts, took, pause: _times(hosts, took, pause, from_end=True),
        ),
        Mistake(
            "a pause before the first",
            "Nobody was asked before the first request: it begins at 0.",
            lambda hosts, took, pause: _times(hosts, took, pause, first=True),
        ),
        Mistake(
            "no pause at all",
            "That is one request after the other: a host wants its pause as well.",
            lambda hosts, took, pause: _times(hosts, took, 0.0),
        ),
        Mistake(
            "always one second",
            "The pause is an input of the function.",
            lambda hosts, took, pause: _times(hosts, took, 1.0),
        ),
        Mistake(
            "every request at a multiple of the pause",
            "That leaves out how long requests take, and which host they go to.",
            lambda hosts, took, pause: [i * pause for i in range(len(hosts))],
        ),
    ),
)


EXERCISES = (_PREPARE, _DECODE, _SUM, _LINKS, _TIMES)
