"""How far the trainings of runs have come, and what runs are called beside one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tunewright.contracts import Piece
from tunewright.errors import RunError
from tunewright.music.outline import is_outline
from tunewright.run import Run
from tunewright.training.loss_picture import smoothed
from tunewright.training.trackers import METRICS, OF_VALIDATION, Record, read_metrics

Points = Sequence[tuple[float, float]]
MEASURED = 500
"""Tunes by which it is measured how much text a symbol stands for."""


@dataclass(frozen=True)
class Outcome:
    """How far a training has come.

    Attributes:
        ended: whether it came to its end; else it was stopped, killed, or is under way.
        iterations: done.
        seconds: of training; None where that isn't known.
        parameters: of the model; None where that isn't known.
        best: iteration and bits a unit of the best weights on validation; None if they were never measured.
        trained: loss on what is learned from, smoothed, in bits a unit, by iteration.
        held_out: bits a unit on validation, by iteration.
        annealed: the last learning rate as a share of the greatest; 1 where nothing was noted.
        foretold: accuracy, smoothed, of what is learned from, and that on validation, by iteration; empty where it
            wasn't noted.
    """

    ended: bool
    iterations: int
    seconds: float | None
    parameters: int | None
    best: tuple[int, float] | None
    trained: Points
    held_out: Points
    annealed: float
    foretold: tuple[Points, Points] = ((), ())


def outcome_of(run: Run) -> Outcome:
    """How far the training of a run has come: by what it told at its end, and before that by its metrics."""
    results, records = run.about.get("results") or {}, read_metrics(run.folder / METRICS)
    steps = [record for record in records if "loss" in record]
    held_out = _curve(records, "validation")
    least = min(held_out, key=lambda one: one[1], default=None)
    best = results.get("best")
    found = (best["iteration"], best["bits_per_unit"]) if best else least
    rates = [record["learning_rate"] for record in steps if "learning_rate" in record]
    return Outcome(
        ended=results.get("stopped") is False,
        iterations=results.get("iterations") or (steps[-1]["iteration"] if steps else 0),
        seconds=results.get("seconds", steps[-1].get("seconds") if steps else None),
        parameters=results.get("parameters"),
        best=found,
        trained=_per_unit(run, _curve(records, "loss")),
        held_out=held_out,
        annealed=rates[-1] / max(rates) if rates else 1.0,
        foretold=(_smooth(_curve(records, "accuracy")), _curve(records, f"{OF_VALIDATION}accuracy")),
    )


def _curve(records: Sequence[Record], name: str) -> list[tuple[int, float]]:
    return [(record["iteration"], record[name]) for record in records if name in record]


def _smooth(points: Points) -> Points:
    return list(zip([at for at, _ in points], smoothed([value for _, value in points]), strict=True))


def _per_unit(run: Run, losses: Points) -> Points:
    """Losses in nats a symbol, smoothed, in bits a unit; none where what a symbol stands for can't be told."""
    units = (units_per_symbol(run) if run.kind == "tune" else units_measured(run)) if losses else None
    if units is None:
        return []
    return [(at, nats / math.log(2) / units) for at, nats in _smooth(losses)]


def units_per_symbol(run: Run) -> float | None:
    """Units of text that a symbol stands for in the tunes that a run has learned from, and in the boundaries between
    them, which are foretold too. None where the run keeps none of the tunes as it was written.
    """
    known = [one for one in run.index.known if not is_outline(one.text)]
    pieces = [Piece(one.title, one.text, one.origin) for one in known[:: max(1, len(known) // MEASURED)]]
    symbols = sum(len(run.codec.encode(piece)) + len(run.codec.boundary) for piece in pieces)
    return sum(map(run.codec.units, pieces)) / symbols if symbols else None


def units_measured(run: Run) -> float | None:
    """Units that a symbol stands for in held-out pieces, which were measured both ways; None where none were."""
    for record in read_metrics(run.folder / METRICS):
        if record.get("validation") and "validation_loss" in record:
            return float(record["validation_loss"] / math.log(2) / record["validation"])
    return None


def named_apart(runs: Sequence[Run]) -> dict[str, Run]:
    """Runs by their names, each once; those of one name with as many of the folders above them as tell them apart."""
    once = list({run.folder.resolve(): run for run in runs}.items())
    return {_name(path, [other for other, _ in once if other != path], run.name): run for path, run in once}


def _name(path: Path, others: Sequence[Path], name: str) -> str:
    depth = 1
    while any(other.parts[-depth:] == path.parts[-depth:] for other in others):
        depth += 1
    return "/".join(path.parts[-depth:]) if depth > 1 else name


def require_weights(run: Run) -> None:
    """Refuses a run that has saved nothing yet.

    Raises:
        RunError: says how to go on.
    """
    if not any((run.folder / f"{name}.safetensors").exists() for name in ("best", "last")):
        raise RunError(
            f"run {run.folder} has no weights yet, so there is nothing to report; go on with: "
            f"tunewright train --resume --out {run.folder}"
        )
