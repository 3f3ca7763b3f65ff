"""Held-out bits per character of trained runs, by group: mean and spread over seeds, the interval that resampling the
test tunes gives (95 %), and ratios to the first group, tune for tune.

python benchmarks/held_out.py lab=runs/lab-0,runs/lab-1,runs/lab-2 irish=runs/irish-0,runs/irish-1,runs/irish-2
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from results import tell
from tunewright.errors import InputError, RunError
from tunewright.evaluate import evaluate
from tunewright.evaluation.bootstrap import Floats, interval, rate, ratio
from tunewright.run import USUAL, Run, open_run
from tunewright.training.loss_picture import draw_losses
from tunewright.training.trackers import read_metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="NAME=RUN,RUN...", default=[f"built-in={USUAL}"])
    parser.add_argument("--picture", type=Path, help="draw the losses of all groups")
    parser.add_argument("--along", choices=("iteration", "share"), default="iteration")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="score one run of each group only")
    parser.add_argument("--keep", action="store_true", help="add the result to RESULTS.md")
    options = parser.parse_args()
    groups = open_groups(options.groups, options.quick)
    measured = {name: measure(runs) for name, runs in groups.items()}
    first = next(iter(measured))
    if options.picture:
        curves = {name: [read_metrics(run.folder / "metrics.jsonl") for run in runs] for name, runs in groups.items()}
        draw_losses(curves, options.picture, along=options.along)
    rows = [row(name, runs, measured[name], first, measured[first]) for name, runs in groups.items()]
    ratios = {
        f"{name} / {first}, test bits": statistics.mean(one.seeds) / statistics.mean(measured[first].seeds)
        for name, one in measured.items()
        if name != first
    }
    tell("held_out", rows, ratios, options.json, options.keep)


@dataclass(frozen=True)
class Measured:
    """A group's runs on their test tunes.

    Attributes:
        seeds: bits per unit of each run.
        bits: of each tune, the mean over the runs, (tunes,).
        units: of each tune, (tunes,).
        origins: of the tunes.
    """

    seeds: list[float]
    bits: Floats
    units: Floats
    origins: list[str]


def measure(runs: Sequence[Run]) -> Measured:
    """Scores the runs of a group.

    Raises:
        RunError: they were split differently.
    """
    results = [evaluate(run, part="test") for run in runs]
    tunes = results[0]["tunes"]
    origins = [tune["origin"] for tune in tunes]
    for run, result in zip(runs, results, strict=True):
        if [tune["origin"] for tune in result["tunes"]] != origins or result["form"] != results[0]["form"]:
            raise RunError(f"{run.folder} holds out other text than {runs[0].folder}: they are no seeds of one recipe")
    nats = np.array([[tune["nats"] for tune in result["tunes"]] for result in results])
    units = np.array([tune["units"] for tune in tunes], dtype=np.float64)
    return Measured([one["bits_per_unit"] for one in results], nats.mean(axis=0) / math.log(2), units, origins)


def row(name: str, runs: Sequence[Run], own: Measured, first_name: str, first: Measured) -> dict[str, Any]:
    """One line of the table."""
    results = [run.about["results"] for run in runs]
    kept = [run for run in runs if (run.folder / "last.safetensors").exists()]
    shown = {
        "runs": name,
        "seeds": len(runs),
        "training loss, last 100 (nats)": spread([result["final"]["loss"] for result in results], 3),
        "best iteration": ", ".join(str(result["best"]["iteration"]) for result in results),
        "validation bits": spread([result["best"]["bits_per_unit"] for result in results], 3),
        "test bits": spread(own.seeds, 3),
        "test bits, interval over tunes": figure_with_interval(rate, own.bits, own.units),
        "test bits, last weights": spread(
            [evaluate(run, part="test", weights="last")["bits_per_unit"] for run in kept], 3
        ),
    }
    same = own.origins == first.origins
    compared = figure_with_interval(ratio, own.bits, own.units, first.bits, first.units) if same else "other tunes"
    return {**shown, f"test bits over {first_name}'s": compared}


def open_groups(groups: Sequence[str], quick: bool) -> dict[str, list[Run]]:
    """The runs of each ``NAME=RUN,RUN...``, by name; with ``quick`` only the first of each.

    Raises:
        InputError: a group without ``=``.
        RunError: a folder that is no run.
    """
    opened = {}
    for group in groups:
        name, equals, folders = group.partition("=")
        if not equals:
            raise InputError(f"{group}: expected NAME=RUN,RUN...")
        opened[name] = [open_run(folder) for folder in folders.split(",")[: 1 if quick else None]]
    return opened


def spread(values: list[float], digits: int) -> str:
    """Mean, least and greatest."""
    if not values:
        return "not kept"
    mean = statistics.mean(values)
    return f"{mean:.{digits}f}" + (
        f" ({min(values):.{digits}f} to {max(values):.{digits}f})" if len(values) > 1 else ""
    )


def figure_with_interval(statistic: Callable[..., Any], *values: Floats) -> str:
    """A figure over tunes, and in brackets its interval; see :func:`tunewright.evaluation.bootstrap.interval`."""
    low, high = interval(statistic, *values)
    return f"{statistic(*values):.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
