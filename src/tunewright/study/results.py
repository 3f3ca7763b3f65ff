"""What a study has found so far, as tidy tables: a row for each trial, and a row for each point of each curve."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunewright.files import write_whole
from tunewright.run import Run, open_run
from tunewright.study import journal
from tunewright.study.plan import Plan, Trial, read_plan
from tunewright.study.trial import RUNS
from tunewright.training.trackers import METRICS, Record, read_metrics

JOURNAL = "journal.jsonl"
TRIALS, CURVES = "trials.csv", "curves.csv"


@dataclass(frozen=True)
class Ended:
    """A trial and how it ended.

    Attributes:
        state: ``"done"``, ``"pruned"`` or ``"failed"``; ``"begun"`` of one that hasn't.
        results: figures by name; of a trial that failed, none.
        reason: why it failed; empty if it didn't.
        attempts: how often it was begun.
    """

    trial: Trial
    state: str
    results: dict[str, Any]
    reason: str = ""
    attempts: int = 1


@dataclass(frozen=True)
class Study:
    """A study folder, opened.

    Attributes:
        trials: those that have ended, each once, in the order of the plan, or as they ended where it is a search;
            among them those that failed.
        unended: those that were begun and have not ended: under way, or cut off.
    """

    folder: Path
    plan: Plan
    trials: tuple[Ended, ...]
    unended: tuple[Ended, ...] = ()

    @property
    def done(self) -> list[Ended]:
        """The trials that were brought to their end."""
        return [one for one in self.trials if one.state == "done"]

    @property
    def failed(self) -> list[Ended]:
        """The trials that failed at their last attempt."""
        return [one for one in self.trials if one.state == "failed"]

    @property
    def planned(self) -> int:
        """How many trials there are to be."""
        return self.plan.variants * self.plan.seeds

    @property
    def left(self) -> int:
        """How many are still to be done; the other seeds of a variant that was given up are not."""
        met = {one.trial.name for one in self.trials}
        pruned = [one.trial for one in self.trials if one.state == "pruned"]
        skipped = sum(one.name not in met for trial in pruned for one in self.plan.trials_of(trial.assignments))
        return self.planned - len(self.trials) - skipped

    def run_of(self, trial: Trial) -> Run:
        """The run that a trial composes with.

        Raises:
            RunError: it isn't there.
        """
        return open_run(self.folder / RUNS / trial.training if self.plan.settings else self.plan.run)

    def curve(self, trial: Trial) -> list[Record]:
        """The metrics of a trial's training."""
        return read_metrics(self.folder / RUNS / trial.training / METRICS)


def open_study(folder: Path) -> Study:
    """Opens a study folder, whatever has become of it.

    Raises:
        RunError: there is no study in it, or its plan is damaged.
    """
    plan = read_plan(folder)
    begun = journal.begun(folder / JOURNAL)
    found = {name: _ended(record, len(begun.get(name, ()))) for name, record in journal.ended(folder / JOURNAL).items()}
    order = list(found) if plan.trials else [trial.name for trial in plan.grid()]
    unended = tuple(_ended(records[0], len(records)) for name, records in begun.items() if name not in found)
    return Study(folder, plan, tuple(found[name] for name in order if name in found), unended)


def _ended(record: Record, attempts: int) -> Ended:
    results, reason = record.get("results", {}), record.get("reason", "")
    return Ended(Trial.from_dict(record), record["state"], results, reason, attempts)


def write_tables(study: Study) -> None:
    """Writes ``trials.csv`` and ``curves.csv`` into the study's folder."""
    write_trials(study)
    trainings = {one.trial.training: one.trial for one in study.trials}
    points = [{"training": name, **point} for name, trial in trainings.items() for point in study.curve(trial)]
    columns = ["training", "iteration", "symbols", "seconds", "learning_rate", "loss", "validation"]
    _write_csv(study.folder / CURVES, columns, points)


def write_trials(study: Study) -> None:
    """Writes ``trials.csv``."""
    varied = [one.address for one in study.plan.space]
    figures = list(dict.fromkeys(name for one in study.trials for name in one.results))
    rows = [
        {"trial": one.trial.name, **one.trial.assignments, "seed": one.trial.seed, "state": one.state, **one.results}
        | {"reason": one.reason}
        for one in study.trials
    ]
    _write_csv(study.folder / TRIALS, ["trial", *varied, "seed", "state", *figures, "reason"], rows)


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue())
