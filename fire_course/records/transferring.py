"""Choose a head on a frozen backbone step by step, tune its top, write the record."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fire_course import files
from fire_course.records import about, fitting, steps
from fire_course.records.figures import figures, of_scores
from fire_course.records.over_seeds import summary
from fire_course.records.photographs import Part, Photographs
from fire_course.records.plans import plain
from fire_course.records.transfers import FIRST, TransferPlan

if TYPE_CHECKING:
    from fire_course.detector import Detector
    from fire_course.transfer import FeatureCache, HeadRun

Settings = dict[str, Any]
_OF_HEAD = ("learning_rate", "inner", "dropout")


def repeat(
    name: str,
    plan: TransferPlan,
    data: str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    seeds: Sequence[int] | None = None,
    epochs: int | None = None,
    save_model: str | os.PathLike[str] | None = None,
    jobs: int = 1,
    progress: steps.Progress | None = None,
) -> dict[str, Any]:
    """Train and test by a plan and write its record.

    See `fire_course.records.reproduce`. Features are kept in a folder beside the
    record: photographs whose features are there are not run again. All runs in one
    process, whatever `jobs` says.
    """
    from fire_course.transfer import FeatureCache

    seeds = plan.seeds if seeds is None else seeds
    steps.check_seeds(seeds)
    record_path = Path(out)
    steps.check_files(record_path, None if save_model is None else Path(save_model))
    ran = plan if epochs is None else plan.shortened(epochs)
    cache = FeatureCache(record_path.with_suffix(".features"))
    bench = Bench(ran, data, cache=cache, progress=progress)
    chosen, rows = climbed(ran, bench, seeds)
    kinds = [("frozen", *_frozen(ran, bench, chosen, seeds))]
    if ran.tuning is not None:
        from fire_course.records import tuning

        kinds.append(("tuned", *tuning.tuned(ran, bench, chosen, kinds[0][1], seeds)))
    # Validation decides between them, too; each is scored on the test photographs.
    shown_kind, detectors, runs, _ = min(kinds, key=lambda kind: _least(kind[2]))
    shown = min(runs, key=lambda run: _least([run]))
    detector = detectors[shown["seed"]]()
    header = about.header(
        name,
        plan,
        detector.network,
        settings=ran.settings(),
        epochs=ran.epochs,
        seeds=seeds,
    )
    saved = None
    if save_model is not None:
        saved = steps.save(detector, Path(save_model), shown["seed"])
    # Once more from the photographs themselves, through the whole network.
    shown = shown | {"test": figures(detector, bench.test(chosen["image_size"]))}
    record = {
        **header,
        "origin": bench.origin,
        "weights": bench.weights,
        "source": [dict(each) for each in plan.source],
        "data": bench.facts(),
        "steps": rows,
        **{
            kind: {
                "settings": about_it,
                "runs": list(each),
                "over_seeds": summary(each),
            }
            for kind, _, each, about_it in kinds
        },
        **({} if ran.tuning else {"tuned": None}),
        "beside": _beside(ran, bench, chosen, seeds),
        "shown": shown_kind,
        **shown,
        "saved": saved,
        "other_runs": [run for run in runs if run["seed"] != shown["seed"]],
        "over_seeds": summary(runs),
    }
    files.write_json(out, record)
    return record


def _least(runs: Iterable[Mapping[str, Any]]) -> float:
    """Return the least validation loss, which chooses among heads and networks."""
    return min(min(run["curve"]["val_loss"]) for run in runs)


class Bench:
    """The photographs of a plan and their features, at every size that is asked for.

    Parameters
    ----------
    plan : TransferPlan
    data : path, optional
        See `fire_course.records.reproduce`.
    cache : FeatureCache
    progress : callable, optional

    Attributes
    ----------
    origin : str
        Which weights the backbone has, in words.
    weights : dict or None
        Their `file` and its `sha256`.
    """

    def __init__(
        self,
        plan: TransferPlan,
        data: str | os.PathLike[str] | None,
        *,
        cache: FeatureCache,
        progress: steps.Progress | None = None,
    ) -> None:
        from fire_course import transfer

        self._plan, self._data, self._cache = plan, data, cache
        self._progress = progress
        # Before minutes of reading: missing weights are said at once.
        self._network: Any = None
        self._size = plan.image_size
        self._photographs: Photographs | None = None
        first = self.network(plan.image_size)
        self.origin = str(transfer.origin(first))
        self.weights = _weights(plan)
        self._found: dict[tuple[Any, ...], NDArray[np.float32]] = {}
        self._labels: dict[str, NDArray[Any]] = {}

    def network(self, size: int, **options: Any) -> Any:
        """Build the backbone for a size, with a head of these options."""
        from fire_course import transfer
        from fire_course.data import registry

        if not options and self._network is not None and self._size == size:
            return self._network
        classes = len(registry.get(self._plan.data).class_names)
        network = transfer.transfer_model(
            self._plan.model,
            classes=1 if classes == 2 else classes,
            image_size=size,
            **{**self._plan.backbone, **options},
        )
        if not options:
            self._network, self._size = network, size
        return network

    def photographs(self, size: int) -> Photographs:
        """Read the photographs at a size; those of the size before are forgotten."""
        kept = self._photographs
        if kept is None or kept.train.x.shape[1] != size:
            self._photographs = None
            kept = self._photographs = Photographs(
                self._plan.data,
                self._data,
                image_size=size,
                validation=self._plan.validation,
                split_seed=self._plan.split_seed,
                progress=self._progress,
            )
        return kept

    def test(self, size: int) -> Part:
        """Read what only finished runs are scored on."""
        # Of the photographs of fire the leaks are known, and all records leave out
        # the same.
        listed = self._plan.data == "fire"
        return self.photographs(size).test(self._progress, listed=listed)

    def sunsets(self, size: int) -> Part:
        """Read the sunsets."""
        return Photographs.only("sunsets", self._data, image_size=size)

    def facts(self) -> dict[str, Any]:
        """Return what the record says about the data."""
        assert self._photographs is not None
        return self._photographs.facts

    def features(
        self, part: str, size: int, views: int = 0, *, wrong: bool = False
    ) -> tuple[NDArray[np.float32], NDArray[Any]]:
        """Return the features of a part, and its labels.

        Parameters
        ----------
        part : str
            "train", "validation", "test" or "sunsets".
        size : int
        views : int
            Augmented variants to add.
        wrong : bool
            As a backbone that expects -1 to 1 sees photographs of 0 to 1.
        """
        from fire_course import transfer

        key = (part, size, views, wrong)
        if key not in self._found:
            read = self._part(part, size)
            self._labels[part] = read.y
            pixels = read.x
            if wrong:
                # What the network's own preparation turns into 0 to 1.
                pixels = ((pixels.astype(np.float32) / 255) + 1) * 127.5
            self._found[key] = transfer.features(
                self.network(size),
                pixels,
                cache=self._cache,
                views=views,
                augmentation=steps.layers(self._plan.augmentation, 0)
                if views
                else None,
                progress=self._progress,
            )
        return self._found[key], self._labels[part]

    def _part(self, part: str, size: int) -> Part:
        if part == "test":
            return self.test(size)
        if part == "sunsets":
            return self.sunsets(size)
        found = getattr(self.photographs(size), part)
        assert found is not None
        return found


def _weights(plan: TransferPlan) -> dict[str, str] | None:
    from fire_course import transfer

    chosen = plan.backbone.get("weights", "imagenet")
    if chosen is None:
        return None
    path = (
        transfer.weights_file(plan.model, download=False)
        if chosen == "imagenet"
        else Path(chosen)
    )
    return {"file": path.name, "sha256": files.sha256_file(path)}


# --- choosing --------------------------------------------------------------


def climbed(
    plan: TransferPlan, bench: Bench, seeds: Sequence[int]
) -> tuple[Settings, list[dict[str, Any]]]:
    """Take the steps of a plan.

    Returns
    -------
    chosen : dict
        The settings after the last step.
    rows : list of dict
        Each step with its trials.
    """
    chosen: Settings = {**FIRST, "image_size": plan.image_size}
    rows = []
    for step in plan.steps:
        trials = [
            _trial(bench, {**chosen, step.setting: value}, value, step.epochs, seeds)
            for value in step.values
        ]
        best = min(trials, key=lambda row: float(row["loss"]["mean"]))
        chosen[step.setting] = best["value"]
        rows.append(
            {
                "name": step.name,
                "setting": step.setting,
                "trials": trials,
                "chosen": best["value"],
            }
        )
    return chosen, rows


def _trial(
    bench: Bench, settings: Settings, value: Any, epochs: int, seeds: Sequence[int]
) -> dict[str, Any]:
    runs = heads(bench, settings, epochs, seeds)
    best = [run.best for run in runs]
    return {
        "value": value,
        "settings": {**settings, "epochs": epochs},
        "accuracy": _spread([each["val_accuracy"] for each in best]),
        "loss": _spread([each["val_loss"] for each in best]),
        "curve": steps.curve(runs[0].history),
        "best_epoch": runs[0].best_epoch,
        "seconds": round(sum(run.seconds for run in runs) / len(runs), 2),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Return mean and range."""
    return {
        "mean": float(np.mean(values)),
        "low": float(min(values)),
        "high": float(max(values)),
    }


def heads(
    bench: Bench,
    settings: Settings,
    epochs: int,
    seeds: Sequence[int],
    *,
    wrong: bool = False,
) -> list[HeadRun]:
    """Train the head of these settings, once a seed, on features."""
    from fire_course import transfer

    size = settings["image_size"]
    train = bench.features("train", size, settings["views"], wrong=wrong)
    held = bench.features("validation", size, wrong=wrong)
    of_head = {name: settings[name] for name in _OF_HEAD}
    return [
        transfer.sweep_heads([of_head], train, held, epochs=epochs, seed=seed)[0]
        for seed in seeds
    ]


# --- the frozen backbone ---------------------------------------------------


def _frozen(
    plan: TransferPlan,
    bench: Bench,
    chosen: Settings,
    seeds: Sequence[int],
    *,
    wrong: bool = False,
) -> tuple[dict[int, Any], list[dict[str, Any]], Settings]:
    """Train the chosen head for the epochs of the recipe, and score it.

    Returns
    -------
    detectors : dict
        From each seed to what builds its detector.
    runs : list of dict
    settings : dict
    """
    trained = heads(bench, chosen, plan.epochs, seeds, wrong=wrong)
    size = chosen["image_size"]
    runs, detectors = [], {}
    for seed, head in zip(seeds, trained, strict=True):
        network = head.head()
        found: dict[str, Any] = {
            "seed": seed,
            "seconds": round(head.seconds, 2),
            "curve": steps.curve(head.history),
            "best_epoch": head.best_epoch,
            "threshold": 0.5,
        }
        for part in ("validation", "test"):
            vectors, labels = bench.features(part, size, wrong=wrong)
            found[part] = of_scores(
                probabilities(network, vectors),
                labels,
                class_names=bench.photographs(size).class_names,
            )
        if plan.sunsets:
            vectors, _ = bench.features("sunsets", size)
            found["sunsets"] = false_alarms(probabilities(network, vectors)[:, 1])
        runs.append(found)
        detectors[seed] = _Builder(bench, chosen, head)
    return detectors, runs, {**chosen, "epochs": plan.epochs}


def probabilities(network: Any, vectors: NDArray[Any]) -> NDArray[np.float64]:
    """Return the probability of each class, of two as of more."""
    scores = np.asarray(network.predict_on_batch(vectors), np.float64)
    if scores.shape[1] == 1:
        scores = np.concatenate([1 - scores, scores], axis=1)
    return scores


def false_alarms(scores: NDArray[Any]) -> dict[str, Any]:
    """Count the pictures without fire that are called fire."""
    from fire_course import metrics

    flagged = int((scores >= 0.5).sum())
    return {
        "count": len(scores),
        "flagged": flagged,
        "rate": flagged / len(scores),
        "interval": list(metrics.wilson(flagged, len(scores))),
    }


@dataclasses.dataclass(frozen=True)
class _Builder:
    """Puts a trained head behind the backbone, when somebody wants it."""

    bench: Bench
    settings: Settings
    head: HeadRun

    def __call__(self) -> Detector:
        from fire_course import transfer
        from fire_course.detector import Detector

        size = self.settings["image_size"]
        options = {name: self.settings[name] for name in ("inner", "dropout")}
        network = self.bench.network(size, **options)
        transfer.with_head(network, self.head)
        return Detector(network, class_names=self.bench.photographs(size).class_names)


# --- beside it -------------------------------------------------------------


def _beside(
    plan: TransferPlan, bench: Bench, chosen: Settings, seeds: Sequence[int]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for what in plan.beside:
        if what == "wrong_preparation":
            _, runs, settings = _frozen(plan, bench, chosen, seeds, wrong=True)
            found[what] = {
                "what": "the same head on photographs scaled to 0 to 1, where the "
                "backbone expects -1 to 1",
                "settings": settings,
            }
        else:
            assert plan.scratch is not None
            photographs = bench.photographs(chosen["image_size"])
            runs = []
            for seed in seeds[:3]:
                begin = time.perf_counter()
                detector, run = fitting.fitted(
                    what, plan.scratch, photographs, seed=seed, options={}
                )
                run["seconds"] = round(time.perf_counter() - begin, 1)
                run["test"] = figures(detector, bench.test(chosen["image_size"]))
                runs.append(run)
            found[what] = {
                "what": f"{what} from scratch, on the same photographs",
                "parameters": int(detector.network.count_params()),
                "settings": plain(dataclasses.asdict(plan.scratch)),
            }
        found[what] |= {"runs": runs, "over_seeds": summary(runs)}
    return found
