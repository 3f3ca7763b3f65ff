"""Held-out bits per character of trained runs, by group: mean and spread over seeds, and ratios to the first group.

python benchmarks/held_out.py lab=runs/lab-0,runs/lab-1,runs/lab-2 irish=runs/irish-0,runs/irish-1,runs/irish-2
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

from results import tell
from tunewright.errors import InputError
from tunewright.evaluate import evaluate
from tunewright.run import BUILTIN, Run, open_run
from tunewright.training.loss_picture import draw_losses
from tunewright.training.trackers import read_metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="NAME=RUN,RUN...", default=[f"built-in={BUILTIN}"])
    parser.add_argument("--picture", type=Path, help="draw the losses of all groups")
    parser.add_argument("--along", choices=("iteration", "share"), default="iteration")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="score one run of each group only")
    parser.add_argument("--keep", action="store_true", help="add the result to RESULTS.md")
    options = parser.parse_args()
    rows, means, curves = [], {}, {}
    for name, runs in open_groups(options.groups, options.quick).items():
        curves[name] = [read_metrics(run.folder / "metrics.jsonl") for run in runs]
        results = [run.about["results"] for run in runs]
        test = [evaluate(run, part="test")["bits_per_unit"] for run in runs]
        validation = [result["best"]["bits_per_unit"] for result in results]
        means[name] = statistics.mean(test)
        rows.append(
            {
                "runs": name,
                "seeds": len(runs),
                "training loss, last 100 (nats)": spread([result["final"]["loss"] for result in results], 3),
                "best iteration": ", ".join(str(result["best"]["iteration"]) for result in results),
                "validation bits": spread(validation, 3),
                "test bits": spread(test, 3),
                "test bits, last weights": spread(
                    [
                        evaluate(run, part="test", weights="last")["bits_per_unit"]
                        for run in runs
                        if (run.folder / "last.safetensors").exists()
                    ],
                    3,
                ),
            }
        )
    first = next(iter(means))
    ratios = {f"{name} / {first}, test bits": mean / means[first] for name, mean in means.items() if name != first}
    if options.picture:
        draw_losses(curves, options.picture, along=options.along)
    tell("held_out", rows, ratios, options.json, options.keep)


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


if __name__ == "__main__":
    main()
