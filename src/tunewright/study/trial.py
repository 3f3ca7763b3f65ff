"""One trial, from its settings to its figures; what was done before goes on where it stood."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from tunewright.errors import DecodingError, InputError, RunError, SettingsError, TrainingError, TunewrightError
from tunewright.evaluate import evaluate
from tunewright.files import locked
from tunewright.quality import held_out, quality
from tunewright.run import Run, open_run
from tunewright.study.plan import Plan, Trial
from tunewright.train import train
from tunewright.training.trackers import METRICS, Record, Tracker, make_trackers, read_metrics, watched

RUNS = "runs"
FAULTS = (DecodingError, InputError, RunError, SettingsError, TrainingError)
"""Of a trial, which would fail again."""


class Pruner(Protocol):
    """Tells when a training isn't worth its end."""

    def hopeless(self, curve: Sequence[tuple[int, float]]) -> bool:
        """Whether a training with these held-out figures so far, each with its iteration, should end here."""
        ...


@dataclass(frozen=True)
class Task:
    """What a worker needs to know.

    Attributes:
        folder: of the study.
        plan: of the study.
        trial: to be done.
        pruner: None where every training is brought to its end.
        trackers: names of those that watch each training, beside the usual ones.
    """

    folder: Path
    plan: Plan
    trial: Trial
    pruner: Pruner | None = None
    trackers: tuple[str, ...] = ()


class Pruning(Tracker):
    """Asks a pruner after each measurement."""

    def __init__(self, pruner: Pruner | None, earlier: Sequence[Record]) -> None:
        self.pruner, self.wanted = pruner, False
        self._curve = held_out_curve(earlier)

    def track(self, record: Record) -> None:
        if self.pruner and "validation" in record:
            self._curve.append((record["iteration"], record["validation"]))
            self.wanted = self.pruner.hopeless(self._curve)


def perform(task: Task) -> Record:
    """Does a trial: what the journal will say of it, but for its name.

    A mistake in the settings, or a training that comes to nothing, fails the trial, not the study; what isn't the
    trial's fault, such as a full disk, is raised, since another try may do better.
    """
    try:
        run, state = _trained(task)
        if state != "done":
            return {"state": state, "results": _learned(run)}
        return {"state": "done", "results": {**_learned(run), **_heard(run, task)}}
    except FAULTS as error:
        return {"state": "failed", "reason": str(error), "results": {}}


def _trained(task: Task) -> tuple[Run, str]:
    """The run of a trial's training, and whether that is done, was stopped by the user, or pruned."""
    settings = task.plan.settings_of(task.trial)
    if settings is None:
        return open_run(task.plan.run), "done"
    folder = task.folder / RUNS / task.trial.training
    pruning: list[Pruning] = []

    def trackers(run: Run, trainer: Any) -> list[Tracker]:
        usual = make_trackers(task.trackers, watched(run, trainer))
        pruning.append(Pruning(task.pruner, read_metrics(run.folder / METRICS)))
        return [*usual, pruning[0]]

    def wants_pruning() -> bool:
        return pruning[0].wanted

    # Trials that differ in composing alone share a training; the second one waits for the first.
    with locked(folder):
        if not _is_trained(folder):
            begun = (folder / "run.json").exists()
            run = train(settings, folder, trackers, resume=begun, budget=task.plan.budget, stop=wants_pruning)
            if run.about["results"]["stopped"]:
                return run, "pruned" if wants_pruning() else "stopped"
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
    curve = held_out_curve(records)
    iterations = told.get("iterations", 0)
    seconds = next((record["seconds"] for record in reversed(records) if "seconds" in record), told.get("seconds"))
    return {
        "iterations": iterations,
        "seconds": seconds,
        "seconds_per_iteration": seconds / iterations if seconds and iterations else None,
        "symbols": told.get("symbols"),
        "parameters": told.get("parameters"),
        "threads": int(os.environ.get("OMP_NUM_THREADS", 0)) or None,
        "training_loss": told.get("final", {}).get("loss"),
        "best_iteration": best.get("iteration"),
        "validation": best.get("bits_per_unit"),
        "last_validation": curve[-1][1] if curve else None,
    }


def _heard(run: Run, task: Task) -> dict[str, Any]:
    """What a trained run gets on tunes that were held out, and what it composes."""
    told: dict[str, Any] = {"test": _test(run)}
    if not task.plan.tunes:
        return told
    wish = task.plan.wish_of(task.trial)
    _, reference = held_out(run)
    composed = quality(run, wish, task.plan.tunes, reference)
    free = composed if wish.free else quality(run, replace(wish, free=True), task.plan.tunes, reference)
    own = composed.to_dict()
    return {
        **told,
        "valid_free": free.valid,
        "valid": own["valid"],
        "distance": own["distance"],
        "originality": own["originality"],
        "near_copies": own["near_copies"] / max(1, own["attempts"]),
        "seconds_per_tune": own["seconds"] / max(1, own["attempts"]),
    }


def _test(run: Run) -> float | None:
    """Bits a unit on the test pieces; None where the run's corpus is too small to have any."""
    if not any(row["part"] == "test" for row in run.split):
        return None
    return float(evaluate(run)["bits_per_unit"])


def held_out_curve(records: Sequence[Record]) -> list[tuple[int, float]]:
    """Iterations and held-out bits out of a run's metrics."""
    return [(record["iteration"], record["validation"]) for record in records if "validation" in record]
