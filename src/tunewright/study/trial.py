"""One trial, from its settings to its figures; what was done before goes on where it stood."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from torch import get_num_threads

from tunewright.errors import OutputError, TunewrightError
from tunewright.evaluate import evaluate
from tunewright.evaluation.statistics import statistics
from tunewright.executor import is_stopping
from tunewright.files import locked
from tunewright.quality import held_out, quality
from tunewright.run import Run, open_run
from tunewright.samples import heard_trackers
from tunewright.study.plan import Plan, Trial
from tunewright.train import train
from tunewright.training.trackers import METRICS, Record, Tracker, read_metrics

RUNS = "runs"


class Pruner(Protocol):
    """Tells when a training isn't worth its end."""

    def hopeless(self, curve: Sequence[tuple[float, float]]) -> bool:
        """Whether a training with these held-out figures so far, each with the share of it that was done, 0 to 1,
        should end here.
        """
        ...


@dataclass(frozen=True)
class Task:
    """What a worker needs to know.

    Attributes:
        folder: of the study.
        plan: of the study.
        trial: to be done.
        pruner: None where the training is brought to its end.
    """

    folder: Path
    plan: Plan
    trial: Trial
    pruner: Pruner | None = None


class Pruning(Tracker):
    """Asks a pruner after each measurement."""

    def __init__(self, pruner: Pruner | None, earlier: Sequence[Record], iterations: int) -> None:
        self.pruner, self.wanted = pruner, False
        self._records, self._iterations = list(earlier), iterations

    def track(self, record: Record) -> None:
        if self.pruner and "validation" in record:
            self._records.append(record)
            self.wanted = self.pruner.hopeless(share_curve(self._records, self._iterations))


def perform(task: Task) -> Record:
    """Does a trial: what the journal will say of it, but for its name.

    Whatever goes wrong fails the trial, not the study, but for a disk on which nothing can be written.

    Raises:
        OutputError: nothing can be written.
    """
    try:
        if is_stopping():
            return {"state": "stopped", "results": {}}
        run, state = _trained(task)
        if state == "done" and is_stopping():
            state = "stopped"  # what was learned is kept; the rest is done when the study goes on
        heard = _heard(run, task) if state == "done" else {}
        return {"state": state, "results": {**_learned(run), **heard}}
    except OutputError:
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, TunewrightError) else f"{type(error).__name__}: {error}"
        return {"state": "failed", "reason": reason, "results": {}}


def _trained(task: Task) -> tuple[Run, str]:
    """The run of a trial's training, and whether that is done, was stopped by the user, or pruned."""
    settings = task.plan.settings_of(task.trial)
    if settings is None:
        return open_run(task.plan.run), "done"
    folder = task.folder / RUNS / task.trial.training
    usual = heard_trackers(task.plan.trackers)
    pruning: list[Pruning] = []

    def trackers(run: Run, trainer: Any) -> list[Tracker]:
        pruning.append(Pruning(task.pruner, read_metrics(run.folder / METRICS), trainer.settings.iterations))
        return [*usual(run, trainer), pruning[0]]

    def stop() -> bool:
        return pruning[0].wanted or is_stopping()

    # Trials that differ in composing alone share a training; the second one waits for the first.
    with locked(folder):
        if not _is_trained(folder):
            begun = (folder / "run.json").exists()
            run = train(settings, folder, trackers, resume=begun, budget=task.plan.budget, stop=stop)
            if run.about["results"]["stopped"]:
                return run, "pruned" if pruning[0].wanted else "stopped"
    return open_run(folder), "done"


def _is_trained(folder: Path) -> bool:
    """Whether a training has come to its end."""
    with suppress(TunewrightError):
        return open_run(folder).about["results"].get("stopped") is False
    return False


def _learned(run: Run) -> dict[str, Any]:
    """What a training tells."""
    told, records = run.about["results"], read_metrics(run.folder / METRICS)
    best = told.get("best") or {}
    curve = [record["validation"] for record in records if "validation" in record]
    iterations = told.get("iterations", 0)
    seconds = next((record["seconds"] for record in reversed(records) if "seconds" in record), told.get("seconds"))
    return {
        "iterations": iterations,
        "planned_iterations": run.settings.training.iterations,
        "seconds": seconds,
        "seconds_per_iteration": seconds / iterations if seconds and iterations else None,
        "symbols": told.get("symbols"),
        "parameters": told.get("parameters"),
        "threads": get_num_threads(),
        "training_loss": told.get("final", {}).get("loss"),
        "best_iteration": best.get("iteration"),
        "validation": best.get("bits_per_unit"),
        "last_validation": curve[-1] if curve else None,
    }


def _heard(run: Run, task: Task) -> dict[str, Any]:
    """What a trained run gets on pieces that were held out, and what it composes."""
    told: dict[str, Any] = {"test": _test(run)}
    if not task.plan.tunes:
        return told
    wish = task.plan.wish_of(task.trial)
    reference = held_out(run)[1] if run.kind == "tune" else statistics([])
    composed = quality(run, wish, task.plan.tunes, reference)
    own = composed.to_dict()
    if run.kind == "tune":  # which can be right or wrong, and near to others or far
        free = composed if wish.free else quality(run, wish.freed(), task.plan.tunes, reference)
        told |= {"valid_free": free.valid, "valid": own["valid"], "distance": own["distance"]}
    return {
        **told,
        "originality": own["originality"],
        "near_copies": own["near_copies"] / max(1, own["attempts"]),
        "seconds_per_tune": own["seconds"] / max(1, own["attempts"]),
    }


def _test(run: Run) -> float | None:
    """Bits a unit on the test pieces; None where the run's corpus is too small to have any."""
    if not any(row["part"] == "test" for row in run.split):
        return None
    return float(evaluate(run)["bits_per_unit"])


def share_curve(records: Sequence[Record], iterations: int | None) -> list[tuple[float, float]]:
    """Held-out bits out of a run's metrics, each with the share of the training that was done, 0 to 1.

    Args:
        iterations: how many there were to be; None for as many as there were.
    """
    points = [(record["iteration"], record["validation"]) for record in records if "validation" in record]
    total = iterations or (points[-1][0] if points else 1)
    return [(iteration / total, bits) for iteration, bits in points]
