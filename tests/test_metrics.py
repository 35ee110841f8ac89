"""Figures against scikit-learn, published values and brute force."""

import json
import math

import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fire_course import metrics

# How long one example takes says more about the machine's other work than about us.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


KEYS = [
    "count",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "false_alarm_rate",
    "confusion",
    "threshold",
    "intervals",
]

binary = st.integers(0, 1)
# Few different values, so that ties occur.
scored = st.lists(
    st.tuples(binary, st.integers(0, 12).map(lambda n: n / 12)), min_size=1, max_size=40
)


def split(rows):
    """Give labels and scores of a list of pairs."""
    labels, scores = zip(*rows, strict=True) if rows else ((), ())
    return np.array(labels, int), np.array(scores, float)


# --- confusion ---------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_confusion_equals_scikit_learn(rows):
    labels, predictions = zip(*rows, strict=True)
    table = metrics.confusion(labels, predictions, classes=4)
    expected = oracle.confusion_matrix(labels, predictions, labels=range(4))
    np.testing.assert_array_equal(table, expected)
    assert table.dtype == np.int64


def test_the_places_of_the_four_counts():
    assert metrics.confusion([0], [0]).tolist() == [[1, 0], [0, 0]]  # tn
    assert metrics.confusion([0], [1]).tolist() == [[0, 1], [0, 0]]  # fp
    assert metrics.confusion([1], [0]).tolist() == [[0, 0], [1, 0]]  # fn
    assert metrics.confusion([1], [1]).tolist() == [[0, 0], [0, 1]]  # tp
    assert metrics.confusion([], []).tolist() == [[0, 0], [0, 0]]


def test_labels_as_networks_and_data_sets_give_them():
    labels = np.float32([[0], [1], [1]])
    assert metrics.confusion(labels, np.array([False, True, True])).tolist() == [
        [1, 0],
        [0, 2],
    ]


@pytest.mark.parametrize(
    ("labels", "predictions", "error", "match"),
    [
        ([0, 1], [0], ValueError, "2 labels but 1 predictions"),
        ([0, 2], [0, 1], ValueError, "labels must lie from 0 to 1, but there is 2"),
        ([0, 1], [0, -1], ValueError, "predictions must lie .* there is -1"),
        ([0, 1], [0.2, 0.9], ValueError, "apply a threshold to scores first"),
        ([0, np.nan], [0, 1], ValueError, "labels must be whole class numbers"),
        (["fire"], [1], TypeError, "labels must be class numbers"),
        ([[0, 1]], [1], ValueError, r"labels must have shape \(n,\), not \(1, 2\)"),
    ],
)
def test_confusion_says_what_is_wrong(labels, predictions, error, match):
    with pytest.raises(error, match=match):
        metrics.confusion(labels, predictions)


# --- Wilson ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [
        # Newcombe (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_equals_published_values(successes, count, low, high):
    interval = metrics.wilson(successes, count)
    assert tuple(round(end, 4) for end in interval) == (low, high)
    mirrored = metrics.wilson(count - successes, count)
    np.testing.assert_allclose(mirrored, (1 - interval[1], 1 - interval[0]), atol=1e-12)


@given(st.integers(1, 2000), st.floats(0, 1), st.floats(0.5, 0.999))
def test_wilson_ends_are_where_the_score_test_rejects(count, share, level):
    # The definition: the proportions p0 with |p - p0| = z sqrt(p0 (1 - p0) / n),
    # found as the roots of a quadratic rather than by the closed formula.
    from scipy.stats import norm

    successes = round(share * count)
    p, z2 = successes / count, norm.ppf((1 + level) / 2) ** 2
    roots = np.roots([1 + z2 / count, -2 * p - z2 / count, p**2])
    np.testing.assert_allclose(
        metrics.wilson(successes, count, level), np.sort(roots.real), atol=1e-6
    )


@given(st.integers(0, 300), st.integers(0, 300))
def test_wilson_holds_the_proportion_and_stays_within_0_and_1(successes, failures):
    count = successes + failures
    low, high = metrics.wilson(successes, count)
    assert 0 <= low <= high <= 1
    if count:
        assert low <= successes / count <= high
        assert low < high
    else:
        assert (low, high) == (0, 1)
    json.dumps([low, high])


def test_wilson_takes_numpy_numbers_and_gives_python_ones():
    ends = metrics.wilson(np.int64(3), np.int32(9))
    assert all(type(end) is float for end in ends)


@pytest.mark.parametrize(
    ("successes", "count", "level", "match"),
    [(3, 2, 0.95, "3 of 2"), (-1, 2, 0.95, "-1 of 2"), (1, 2, 95, "level")],
)
def test_wilson_says_what_is_wrong(successes, count, level, match):
    with pytest.raises(ValueError, match=match):
        metrics.wilson(successes, count, level)


# --- F1 ----------------------------------------------------------------------


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_f1_is_the_harmonic_mean(tp, fp, fn):
    f1 = metrics.f1_from_counts(tp, fp, fn)
    if tp + fn == 0:
        assert f1 is None
    elif tp == 0:
        assert f1 == 0
    else:
        precision, recall = tp / (tp + fp), tp / (tp + fn)
        assert math.isclose(f1, 2 / (1 / precision + 1 / recall))


def test_f1_of_negative_counts():
    with pytest.raises(ValueError, match="cannot be negative"):
        metrics.f1_from_counts(1, -1, 0)


# --- report ------------------------------------------------------------------


@given(scored, st.integers(0, 13).map(lambda n: n / 12))
def test_report_equals_scikit_learn(rows, threshold):
    labels, scores = split(rows)
    result = metrics.report(labels, scores, threshold=threshold)
    called = scores >= threshold
    assert result.count == len(rows)
    assert result.threshold == threshold
    assert result.accuracy == pytest.approx(oracle.accuracy_score(labels, called))
    table = oracle.confusion_matrix(labels, called, labels=[0, 1])
    assert result.confusion == table.tolist()
    for name, value, function in [
        ("precision", result.precision, oracle.precision_score),
        ("recall", result.recall, oracle.recall_score),
    ]:
        expected = function(labels, called, zero_division=np.nan)
        assert value is None if np.isnan(expected) else value == pytest.approx(expected)
        assert (name in result.intervals) == (value is not None)
    if labels.any():
        expected = oracle.f1_score(labels, called)
        assert result.f1 == pytest.approx(expected)
    else:
        assert result.f1 is None
    if labels.all():
        assert result.false_alarm_rate is None
    else:
        assert result.false_alarm_rate == pytest.approx(called[labels == 0].mean())


@given(scored)
def test_report_is_ready_for_json_and_back(rows):
    labels, scores = split(rows)
    names = [f"group {score:.1f}" for score in scores]
    for categories, keys in [(None, KEYS), (names, [*KEYS, "categories"])]:
        result = metrics.report(labels, scores, categories=categories)
        text = json.dumps(result.as_dict(), allow_nan=False)
        assert list(json.loads(text)) == keys
        assert metrics.Report.from_dict(json.loads(text)).as_dict() == result.as_dict()


@given(scored)
def test_every_interval_holds_its_figure(rows):
    result = metrics.report(*split(rows))
    for name, (low, high) in result.intervals.items():
        assert 0 <= low <= getattr(result, name) + 1e-12
        assert getattr(result, name) - 1e-12 <= high <= 1
    figures = {"accuracy", "precision", "recall", "f1", "false_alarm_rate"}
    defined = {name for name in figures if getattr(result, name) is not None}
    assert set(result.intervals) == defined


def test_a_set_of_one_class_gives_the_figures_that_exist():
    result = metrics.report(np.zeros(4), [0.1, 0.2, 0.6, 0.3])
    assert result.as_dict() | {"intervals": None} == {
        "count": 4,
        "accuracy": 0.75,
        "precision": 0.0,
        "recall": None,
        "f1": None,
        "false_alarm_rate": 0.25,
        "confusion": [[3, 1], [0, 0]],
        "threshold": 0.5,
        "intervals": None,
    }
    quiet = metrics.report([0, 0], [0.1, 0.2])
    assert quiet.precision is None
    fires = metrics.report([1, 1], [0.1, 0.9])
    assert (fires.false_alarm_rate, fires.recall, fires.precision) == (None, 0.5, 1.0)


def test_missed_fires_alone():
    result = metrics.report([1, 0], [0.1, 0.2])
    assert (result.precision, result.recall, result.f1) == (None, 0.0, 0.0)


def test_nothing_at_all():
    result = metrics.report([], [])
    assert result.count == 0
    assert result.accuracy is None
    assert result.intervals == {}
    assert result.confusion == [[0, 0], [0, 0]]


def test_the_threshold_itself_is_an_alarm():
    assert metrics.report([1], [0.5]).recall == 1
    assert metrics.report([1], [np.nextafter(0.5, 0)]).recall == 0
    assert metrics.report([1], [0.6], threshold=0.61).recall == 0


def test_intervals_of_rates_are_wilson_intervals():
    labels = [1] * 10 + [0] * 20
    scores = [0.9] * 8 + [0.1] * 2 + [0.8] * 3 + [0.2] * 17
    intervals = metrics.report(labels, scores).intervals
    assert intervals["recall"] == metrics.wilson(8, 10)
    assert intervals["precision"] == metrics.wilson(8, 11)
    assert intervals["false_alarm_rate"] == metrics.wilson(3, 20)
    assert intervals["accuracy"] == metrics.wilson(25, 30)


@pytest.mark.parametrize("count", [30, 100, 337])
@pytest.mark.parametrize("skill", [0.7, 0.97])
def test_the_interval_of_f1_holds_the_truth_as_often_as_it_says(count, skill):
    rng = np.random.default_rng(count)
    # tn, fp, fn, tp of a detector that is right with this probability.
    cells = np.array([skill, 1 - skill, 1 - skill, skill]) / 2
    truth = 2 * cells[3] / (2 * cells[3] + cells[1] + cells[2])
    held = 0
    for tn, fp, fn, tp in rng.multinomial(count, cells, 1000):
        labels = [0] * (tn + fp) + [1] * (fn + tp)
        calls = [0] * tn + [1] * fp + [0] * fn + [1] * tp
        low, high = metrics.report(labels, calls).intervals["f1"]
        held += low <= truth <= high
    assert 0.92 <= held / 1000 <= 0.99


def test_a_perfect_f1_is_not_certain():
    low, high = metrics.report([0, 1] * 10, [0, 1] * 10).intervals["f1"]
    assert low < 0.95
    assert high == 1


def test_categories():
    labels = [0, 0, 0, 1, 1, 0]
    scores = [0.9, 0.1, 0.6, 0.8, 0.2, 0.9]
    names = ["sunset", "sunset", "fog", "plain", "plain", None]
    result = metrics.report(labels, scores, categories=names)
    assert result.categories == {
        "fog": {
            "count": 1,
            "positives": 0,
            "flagged": 1,
            "rate": 1.0,
            "interval": metrics.wilson(1, 1),
        },
        "plain": {
            "count": 2,
            "positives": 2,
            "flagged": 1,
            "rate": 0.5,
            "interval": metrics.wilson(1, 2),
        },
        "sunset": {
            "count": 2,
            "positives": 0,
            "flagged": 1,
            "rate": 0.5,
            "interval": metrics.wilson(1, 2),
        },
    }
    assert result.count == 6
    assert metrics.report(labels, scores, categories=[""] * 6).categories == {}


@pytest.mark.parametrize(
    ("labels", "scores", "options", "match"),
    [
        ([0, 1], [0.5], {}, "2 labels but 1 scores"),
        ([0, 1], [0.5, np.nan], {}, "1 of 2 scores are not finite"),
        ([0, 1], [0.5, 0.6], {"categories": ["a"]}, "2 labels but 1 categories"),
        ([0, 3], [0.5, 0.6], {}, "there is 3"),
        ([0, 1], [[0.5, 0.5], [0.1, 0.9]], {}, r"pass scores\[:, 1\]"),
        ([0, 1], [[0.5] * 3] * 2, {"categories": ["a"] * 2}, "need two classes"),
        ([0, 1], [[[0.5]]], {}, "must have shape"),
    ],
)
def test_report_says_what_is_wrong(labels, scores, options, match):
    with pytest.raises(ValueError, match=match):
        metrics.report(labels, scores, **options)


# --- more than two classes ---------------------------------------------------


@given(st.integers(0, 10**6), st.integers(3, 6), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_many_classes_equal_scikit_learn(seed, classes, count):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    scores = rng.random((count, classes))
    scores[np.arange(count), labels] += rng.random(count)
    result = metrics.report(labels, scores)
    called = scores.argmax(axis=1)
    expected = oracle.precision_recall_fscore_support(
        labels, called, labels=np.unique(labels), average="macro", zero_division=0
    )
    np.testing.assert_allclose(
        (result.precision, result.recall, result.f1), expected[:3], atol=1e-12
    )
    assert result.accuracy == pytest.approx(oracle.accuracy_score(labels, called))
    assert result.false_alarm_rate is None
    assert result.threshold is None
    assert list(result.as_dict()) == KEYS
    json.dumps(result.as_dict(), allow_nan=False)


def test_intervals_of_many_classes_repeat_by_seed():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 300)
    scores = rng.random((300, 3)) + 0.5 * np.eye(3)[labels]
    one = metrics.report(labels, scores, seed=1)
    assert one == metrics.report(labels, scores, seed=1)
    other = metrics.report(labels, scores, seed=2)
    assert one.intervals["f1"] != other.intervals["f1"]
    np.testing.assert_allclose(one.intervals["f1"], other.intervals["f1"], atol=0.01)
    low, high = one.intervals["f1"]
    assert low < one.f1 < high
    # With equal classes and errors recall is a rate: its Wilson interval is near.
    np.testing.assert_allclose(
        one.intervals["recall"], one.intervals["accuracy"], atol=0.02
    )


def test_no_pictures_of_many_classes():
    result = metrics.report([], np.zeros((0, 3)))
    assert (result.count, result.accuracy, result.f1) == (0, None, None)


# --- calibration -------------------------------------------------------------


@given(scored, st.integers(1, 12))
def test_bins_by_brute_force(rows, bins):
    labels, scores = split(rows)
    table = metrics.calibration(labels, scores, bins)
    assert len(table) == bins
    assert sum(row.count for row in table) == len(rows)
    assert (table[0].low, table[-1].high) == (0, 1)
    error = 0.0
    for row in table:
        inside = [
            (label, score)
            for label, score in rows
            if row.low <= score < row.high or (row.high == 1 and score == 1)
        ]
        assert row.count == len(inside)
        if not inside:
            assert (row.mean_score, row.rate, row.interval) == (None, None, None)
            continue
        fires = sum(label for label, _ in inside)
        mean = sum(score for _, score in inside) / len(inside)
        assert row.rate == fires / len(inside)
        assert row.mean_score == pytest.approx(mean)
        assert row.interval == metrics.wilson(fires, len(inside))
        error += len(inside) * abs(mean - row.rate)
    assert metrics.expected_calibration_error(labels, scores, bins) == pytest.approx(
        error / len(rows), abs=1e-12
    )


def test_bins_equal_scikit_learn():
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(0)
    scores = rng.random(2000)
    labels = (rng.random(2000) < scores**2).astype(int)
    rate, mean = calibration_curve(labels, scores, n_bins=8)
    table = metrics.calibration(labels, scores, bins=8)
    np.testing.assert_allclose([row.rate for row in table], rate)
    np.testing.assert_allclose([row.mean_score for row in table], mean)


def test_calibration_error_of_known_detectors():
    rng = np.random.default_rng(0)
    scores = rng.random(100_000)
    honest = (rng.random(100_000) < scores).astype(int)
    assert metrics.expected_calibration_error(honest, scores) < 0.01
    certain = (scores > 0.5).astype(float)
    # It says 0 or 1 and is right in three of four cases.
    assert metrics.expected_calibration_error(honest, certain) == pytest.approx(
        0.25, abs=0.01
    )
    assert metrics.expected_calibration_error([], []) is None


@pytest.mark.parametrize(
    ("scores", "bins", "match"),
    [([1.5], 10, "not logits"), ([-0.1], 10, "not logits"), ([0.5], 0, "bins")],
)
def test_calibration_says_what_is_wrong(scores, bins, match):
    with pytest.raises(ValueError, match=match):
        metrics.calibration([1], scores, bins)


# --- thresholds --------------------------------------------------------------


@given(scored, st.floats(0, 1))
def test_the_threshold_keeps_the_budget_and_is_the_best(rows, budget):
    labels, scores = split(rows)
    assume(not labels.all())
    threshold = metrics.threshold_for(labels, scores, max_false_alarm_rate=budget)
    best = metrics.report(labels, scores, threshold=threshold)
    assert best.false_alarm_rate <= budget + 1e-9
    # Brute force over every threshold that makes a difference.
    for other in [*scores, np.inf]:
        found = metrics.report(labels, scores, threshold=other)
        if found.false_alarm_rate <= budget and labels.any():
            assert found.recall <= best.recall


@pytest.mark.parametrize("percent", range(0, 101))
def test_budgets_that_floats_cannot_hold(percent):
    # .29 * 100 is 28.999999999999996: still 29 false alarms.
    scores = np.arange(100) / 100
    threshold = metrics.threshold_for(
        np.zeros(100), scores, max_false_alarm_rate=percent / 100
    )
    assert (scores >= threshold).sum() == percent


def test_a_threshold_between_neighbouring_floats():
    scores = [0.5, np.nextafter(0.5, 1)]
    threshold = metrics.threshold_for([0, 1], scores, max_false_alarm_rate=0)
    assert threshold == scores[1]
    saturated = metrics.threshold_for([0, 1], [1.0, 1.0], max_false_alarm_rate=0)
    assert saturated > 1


@pytest.mark.parametrize(
    ("labels", "budget", "match"),
    [([1, 1], 0.1, "needs pictures without fire"), ([0, 1], 5, "from 0 to 1, not 5")],
)
def test_threshold_says_what_is_wrong(labels, budget, match):
    with pytest.raises(ValueError, match=match):
        metrics.threshold_for(labels, [0.1, 0.2], max_false_alarm_rate=budget)


# --- ROC ---------------------------------------------------------------------


@given(scored)
def test_auc_equals_scikit_learn(rows):
    labels, scores = split(rows)
    auc = metrics.roc_auc(labels, scores)
    if len(set(labels.tolist())) < 2:
        assert auc is None
    else:
        assert auc == pytest.approx(oracle.roc_auc_score(labels, scores), abs=1e-12)


def test_auc_of_large_sets():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200_000)
    scores = rng.normal(labels)
    assert metrics.roc_auc(labels, scores) == pytest.approx(
        oracle.roc_auc_score(labels, scores), abs=1e-12
    )
