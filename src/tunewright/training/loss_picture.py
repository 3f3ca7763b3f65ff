"""The picture of a training: loss on the training windows, and bits on held-out pieces with their turning point."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tunewright.files import replacing

COLOURS = ("#1b6ca8", "#c8553d", "#2f7d4f", "#8f5aa5", "#a17c1e", "#4d4d4d")


def draw_losses(runs: Mapping[str, Sequence[dict[str, Any]]], path: Path, unit: str = "character") -> Path:
    """Draws the losses of one or several runs over their iterations, both in bits.

    Args:
        runs: records (see ``trackers``) under each run's name.
        path: of the PNG.
        unit: what the held-out bits are divided by.
    """
    # The Figure class alone: pyplot would open a window system and leak figures.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for (name, records), colour in zip(runs.items(), COLOURS * len(runs), strict=False):
        _draw_run(axes, name, records, colour, alone=len(runs) == 1)
    axes.set_xlabel("iteration")
    axes.set_ylabel(f"bits per {unit}")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    with replacing(path) as beside:
        figure.savefig(beside, dpi=144)
    return path


def _draw_run(axes: Any, name: str, records: Sequence[dict[str, Any]], colour: str, alone: bool) -> None:
    steps = [(record["iteration"], record["loss"] / math.log(2)) for record in records if "loss" in record]
    held_out = [(record["iteration"], record["validation"]) for record in records if "validation" in record]
    if steps:
        iterations, losses = zip(*steps, strict=True)
        if alone:
            axes.plot(iterations, losses, color=colour, alpha=0.15, linewidth=0.7)
        label = f"{name}, training" if held_out else name
        axes.plot(iterations, smoothed(losses), color=colour, alpha=0.55, linewidth=1.3, label=label)
        # The first steps fall from log2(size); the story is further down.
        axes.set_ylim(0, max(3.2, 1.1 * losses[-1]))
    if held_out:
        iterations, bits = zip(*held_out, strict=True)
        axes.plot(iterations, bits, color=colour, linewidth=2.2, label=f"{name}, held out")
        best = min(range(len(bits)), key=bits.__getitem__)
        axes.plot(iterations[best], bits[best], "o", color=colour, markersize=7)
        axes.annotate(
            f"best {bits[best]:.3f} at {iterations[best]:,}",
            (iterations[best], bits[best]), xytext=(0, 10), textcoords="offset points", ha="center", color=colour,
        )  # fmt: skip


def smoothed(values: Sequence[float], window: int = 50) -> list[float]:
    """Running mean over the last ``window`` values."""
    means, total = [], 0.0
    for index, value in enumerate(values):
        total += value - (values[index - window] if index >= window else 0.0)
        means.append(total / min(index + 1, window))
    return means
