"""Right and wrong answers to lesson 7, each written as a learner might."""

import re
from urllib.parse import urljoin

import numpy as np
from bs4 import BeautifulSoup

LESSON = "07_out_of_the_box"
MEANS = np.array([103.939, 116.779, 123.68])


# --- prepare-for -----------------------------------------------------------


def prepare_channels(photos, backbone):
    red, green, blue = (photos[..., i].astype(float) for i in range(3))
    if backbone in ("xception", "mobilenet_v2"):
        return np.stack([c / 255 * 2 - 1 for c in (red, green, blue)], axis=-1)
    return np.stack([blue - 103.939, green - 116.779, red - 123.68], axis=-1)


def prepare_loop(photos, backbone):
    out = []
    for photo in photos:
        x = np.float32(photo)
        if backbone == "resnet50":
            out.append(np.flip(x, axis=-1) - MEANS)
        else:
            out.append((x - 127.5) / 127.5)
    return np.array(out)


def prepare_copy(photos, backbone):
    x = np.array(photos, dtype="float64")
    if backbone != "resnet50":
        x /= 127.5
        x -= 1
        return x
    x = x[:, :, :, [2, 1, 0]]
    for i, mean in enumerate(MEANS):
        x[:, :, :, i] -= mean
    return x


def prepare_in_place(photos, backbone):
    if photos.dtype == np.uint8:
        return prepare_channels(photos, backbone)
    result = prepare_channels(photos, backbone)
    photos[...] = result
    return result


def _resnet(rule):
    """An answer that is right but for ResNet50."""

    def answer(photos, backbone):
        x = photos.astype("float32")
        return rule(x) if backbone == "resnet50" else x / 127.5 - 1

    return answer


def prepare_bytes(photos, backbone):
    if backbone != "resnet50":
        return photos.astype("float32") / 127.5 - 1
    return (photos[..., ::-1].astype(int) - np.round(MEANS).astype(int)).astype("uint8")


# --- decode-top ------------------------------------------------------------


def decode_sorted(probabilities, names, count):
    return [
        sorted(zip(names, row.tolist(), strict=True), key=lambda pair: -pair[1])[:count]
        for row in probabilities
    ]


def decode_backwards(probabilities, names, count):
    places = np.argsort(probabilities, axis=1)[:, ::-1][:, :count]
    return [
        [(names[i], p[i]) for i in best]
        for p, best in zip(probabilities, places, strict=True)
    ]


def decode_pops(probabilities, names, count):
    answers = []
    for row in probabilities.copy():
        chosen = []
        while len(chosen) < count:
            i = int(np.argmax(row))
            chosen.append([names[i], float(row[i])])
            row[i] = -1
        answers.append(chosen)
    return answers


# --- is-it -----------------------------------------------------------------


def is_it_loop(probabilities, names, wanted, threshold):
    answers = []
    for row in probabilities:
        total = 0
        for name, p in zip(names, row, strict=True):
            if name in wanted:
                total += p
        answers.append(total >= threshold)
    return answers


def is_it_mask(probabilities, names, wanted, threshold):
    mask = np.isin(names, wanted)
    return (probabilities[:, mask].sum(1) >= threshold).tolist()


def is_it_not_less(probabilities, names, wanted, threshold):
    rows = [dict(enumerate(row)) for row in probabilities]
    return [
        not sum(p for i, p in row.items() if names[i] in set(wanted)) < threshold
        for row in rows
    ]


def _places(names, wanted):
    return [i for i, name in enumerate(names) if name in wanted]


# --- image-links -----------------------------------------------------------


def _links(html, url, pick, join=urljoin, once=True):
    found = []
    for image in BeautifulSoup(html, "html.parser").select("img"):
        address = pick(image)
        if address is not None:
            absolute = join(url, address)
            if not (once and absolute in found):
                found.append(absolute)
    return found


def pick_right(image):
    address = image.attrs.get("data-src", image.attrs.get("src"))
    return address if address and not address.startswith("data:") else None


def links_dict(html, url):
    soup = BeautifulSoup(html, features="html.parser")
    addresses = [tag.get("data-src") or tag.get("src", "") for tag in soup("img")]
    kept = [a for a in addresses if a != "" and a[:5] != "data:"]
    return list(dict.fromkeys(urljoin(url, a) for a in kept))


def links_seen(html, url):
    seen = set()
    result = []
    for image in BeautifulSoup(html, "html.parser").find_all("img"):
        source = image["data-src"] if image.has_attr("data-src") else image.get("src")
        if not source or "data:" in source:
            continue
        source = urljoin(url, source)
        if source in seen:
            continue
        seen.add(source)
        result.append(source)
    return result


def links_regex(html, url):
    return [urljoin(url, a) for a in re.findall(r'<img src="([^"]+)"', html)]


def links_of_a_too(html, url):
    found = []
    for tag in BeautifulSoup(html, "html.parser").find_all(["img", "a"]):
        address = tag.get("data-src") or tag.get("src") or tag.get("href")
        if address and not address.startswith("data:"):
            found.append(urljoin(url, address))
    return list(dict.fromkeys(found))


# --- request-times ---------------------------------------------------------


def times_free(hosts, took, pause):
    free, now, times = {}, 0, []
    for i in range(len(hosts)):
        now = max(now, free.get(hosts[i], 0))
        times.append(now)
        free[hosts[i]] = now + pause
        now += took[i]
    return times


def times_looking_back(hosts, took, pause):
    times = []
    for i, host in enumerate(hosts):
        earliest = times[i - 1] + took[i - 1] if i else 0.0
        for j in range(i):
            if hosts[j] == host:
                earliest = max(earliest, times[j] + pause)
        times.append(earliest)
    return times


def times_stack(hosts, took, pause):
    log = [("", -1e9, 0.0)]
    for host, seconds in zip(hosts, took, strict=True):
        last = max((start for name, start, _ in log if name == host), default=-1e9)
        begin = max(log[-1][2], last + pause)
        log.append((host, begin, begin + seconds))
    return [begin for _, begin, _ in log[1:]]


def times_parallel(hosts, took, pause):
    asked, times = {}, []
    for host in hosts:
        start = max(times[-1] if times else 0, asked.get(host, -pause) + pause)
        times.append(start)
        asked[host] = start
    return times


def times_from_end(hosts, took, pause):
    free, now, times = {}, 0, []
    for host, seconds in zip(hosts, took, strict=True):
        now = max(now, free.get(host, 0))
        times.append(now)
        now += seconds
        free[host] = now + pause
    return times


def times_any_host(hosts, took, pause):
    return times_free(["one"] * len(hosts), took, pause)


def times_waits_first(hosts, took, pause):
    done, asked, times = pause, {}, []
    for host, seconds in zip(hosts, took, strict=True):
        start = max(done, asked.get(host, -pause) + pause)
        times.append(start)
        asked[host], done = start, start + seconds
    return times


RIGHT = {
    "prepare-for": [prepare_channels, prepare_loop, prepare_copy],
    "decode-top": [decode_sorted, decode_backwards, decode_pops],
    "is-it": [is_it_loop, is_it_mask, is_it_not_less],
    "image-links": [
        lambda html, url: _links(html, url, pick_right),
        links_dict,
        links_seen,
    ],
    "request-times": [times_free, times_looking_back, times_stack],
}

WRONG = {
    "prepare-for": [
        (lambda photos, backbone: photos / 255, "divided by 255"),
        (
            lambda photos, backbone: (
                photos / 255
                if backbone != "resnet50"
                else prepare_loop(photos, backbone)
            ),
            "That gives 0 to 1",
        ),
        (_resnet(lambda x: x - MEANS), "colours not exchanged"),
        (_resnet(lambda x: x[..., ::-1] - MEANS[::-1]), "means in the order red"),
        (_resnet(lambda x: x - MEANS[::-1]), "in the wrong order"),
        (_resnet(lambda x: x[..., ::-1]), "no means subtracted"),
        (_resnet(lambda x: (x[..., ::-1] - MEANS) / 255), "scaled as well"),
        (_resnet(lambda x: x / 127.5 - 1), "one rule for all"),
        (
            lambda photos, backbone: prepare_loop(photos, "resnet50"),
            "were trained on -1 to 1",
        ),
        (prepare_bytes, "came"),
        (prepare_in_place, "changes its input photos"),
        (lambda photos, backbone: photos[0] / 127.5 - 1, "came"),
        (lambda photos, backbone: None, "returns nothing"),
        (lambda photos: photos, "keep the inputs of the stub"),
    ],
    "decode-top": [
        (
            lambda probabilities, names, count: [
                [(names[i], row[i]) for i in np.argsort(row)[:count]]
                for row in probabilities
            ],
            "the least probable",
        ),
        (
            lambda probabilities, names, count: [
                [(names[i], row[i]) for i in np.argsort(row)[-count:]]
                for row in probabilities
            ],
            "best one last",
        ),
        (
            lambda probabilities, names, count: decode_sorted(
                probabilities, names, count
            )[:1],
            "a list for each of its rows",
        ),
        (
            lambda probabilities, names, count: decode_sorted(
                probabilities, names, count
            )[0],
            "for a batch of one too",
        ),
        (
            lambda probabilities, names, count: [
                [names[i] for i in np.argsort(-row)[:count]] for row in probabilities
            ],
            "names without probabilities",
        ),
        (
            lambda probabilities, names, count: [
                [(int(i), row[i]) for i in np.argsort(-row)[:count]]
                for row in probabilities
            ],
            "places in place of names",
        ),
        (
            lambda probabilities, names, count: [
                [(row[i], names[i]) for i in np.argsort(-row)[:count]]
                for row in probabilities
            ],
            "pairs the wrong way round",
        ),
        (
            lambda probabilities, names, count: [
                list(zip(names, sorted(row, reverse=True), strict=True))[:count]
                for row in probabilities
            ],
            "unsorted names",
        ),
        (
            lambda probabilities, names, count: [
                sorted(zip(names[:count], row, strict=False), key=lambda pair: -pair[1])
                for row in probabilities
            ],
            "the first classes in place of the best",
        ),
        (lambda probabilities, names, count: dict(enumerate(names)), "came"),
        (lambda probabilities, names, count: names[count + 99], "IndexError"),
    ],
    "is-it": [
        (
            lambda probabilities, names, wanted, threshold: [
                names[i] in wanted for i in probabilities.argmax(axis=1)
            ],
            "the best class decides",
        ),
        (
            lambda probabilities, names, wanted, threshold: [
                any(row[i] >= threshold for i in _places(names, wanted))
                for row in probabilities
            ],
            "the largest of the wanted",
        ),
        (
            lambda probabilities, names, wanted, threshold: [
                np.mean(row[_places(names, wanted)]) >= threshold
                for row in probabilities
            ],
            "the mean of the wanted",
        ),
        (
            lambda probabilities, names, wanted, threshold: [
                sum(row[_places(names, wanted)]) > threshold for row in probabilities
            ],
            "the threshold itself left out",
        ),
        (
            lambda probabilities, names, wanted, threshold: [
                sum(row[i] for i in {names.index(n) for n in wanted}) >= threshold
                for row in probabilities
            ],
            "the first of two classes",
        ),
        (
            lambda probabilities, names, wanted, threshold: [
                sum(sum(row[_places(names, [n])]) for n in wanted) >= threshold
                for row in probabilities
            ],
            "a class counted twice",
        ),
        (
            lambda probabilities, names, wanted, threshold: is_it_loop(
                probabilities, names, wanted, 0.5
            ),
            "always one half",
        ),
        (
            lambda probabilities, names, wanted, threshold: [
                not each for each in is_it_mask(probabilities, names, wanted, threshold)
            ],
            "yes and no exchanged",
        ),
        (
            lambda probabilities, names, wanted, threshold: [
                sum(row[_places(names, wanted)]) for row in probabilities
            ],
            "sums in place of answers",
        ),
        (
            lambda probabilities, names, wanted, threshold: bool(
                is_it_mask(probabilities, names, wanted, threshold)[0]
            ),
            "came",
        ),
        (
            lambda probabilities, names, wanted, threshold: print(wanted),
            "prints its result",
        ),
    ],
    "image-links": [
        (
            lambda html, url: _links(html, url, pick_right, join=lambda url, a: a),
            "relative addresses",
        ),
        (
            lambda html, url: _links(
                html, url, pick_right, join=lambda url, a: url + a
            ),
            "addresses glued together",
        ),
        (
            lambda html, url: _links(
                html,
                url,
                pick_right,
                join=lambda url, a: f"{url[: url.rfind('/')]}/{a}",
            ),
            "glued to the folder",
        ),
        (
            lambda html, url: _links(
                html,
                url,
                lambda image: (
                    image.get("src")
                    if not image.get("src", "data:").startswith("data:")
                    and image.get("src")
                    else None
                ),
            ),
            "the stand-in of a late picture",
        ),
        (
            lambda html, url: _links(html, url, pick_right, once=False),
            "a picture twice",
        ),
        (
            lambda html, url: sorted(_links(html, url, pick_right)),
            "in another order",
        ),
        (
            lambda html, url: _links(
                html, url, lambda i: i.get("data-src") or i.get("src") or None
            ),
            "data: addresses",
        ),
        (
            lambda html, url: _links(
                html,
                url,
                lambda i: (
                    None
                    if i.get("src", "")[:5] == "data:"
                    else i.get("data-src") or i.get("src", "")
                ),
            ),
            "empty addresses",
        ),
        (links_of_a_too, "links as well"),
        (
            lambda html, url: [
                urljoin(url, i.get("data-src") or i["src"])
                for i in BeautifulSoup(html, "html.parser").find_all("img")
            ],
            "came",
        ),
        (links_regex, "came"),
        (lambda html, url: set(links_dict(html, url)), "came"),
        (lambda html, url: url.index("?"), "ValueError"),
    ],
    "request-times": [
        (times_any_host, "a pause between all requests"),
        (times_parallel, "several at a time"),
        (times_from_end, "pause counted from the end"),
        (times_waits_first, "a pause before the first"),
        (lambda hosts, took, pause: times_free(hosts, took, 0), "no pause at all"),
        (lambda hosts, took, pause: times_free(hosts, took, 1.0), "always one second"),
        (
            lambda hosts, took, pause: [i * pause for i in range(len(hosts))],
            "every request at a multiple",
        ),
        (lambda hosts, took, pause: sum(took), "came"),
        (lambda hosts, took, pause: [0.0 for _ in hosts], "came"),
        (lambda hosts, took: [], "keep the inputs of the stub"),
    ],
}
