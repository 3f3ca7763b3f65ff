"""The picture of a training: loss on the training windows, and bits on held-out pieces with their turning point."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tunewright.files import replacing

COLOURS = ("#1b6ca8", "#c8553d", "#2f7d4f", "#8f5aa5", "#a17c1e", "#4d4d4d")
Records = Sequence[Mapping[str, Any]]
Points = list[tuple[float, float]]


def draw_losses(
    runs: Mapping[str, Sequence[Records]],
    path: Path,
    unit: str = "character",
    along: Literal["iteration", "share"] = "iteration",
) -> Path:
    """Draws the losses of trainings, in bits.

    Args:
        runs: under each name the records (see ``trackers``) of one training, or of several with other seeds: then
            their mean is drawn, and shaded from least to greatest.
        path: of the PNG.
        unit: what the held-out bits are divided by.
        along: ``"share"`` of the training lets trainings of equal time but unequal iterations stand side by side.
    """
    # The Figure class alone: pyplot would open a window system and leak figures.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for (name, seeds), colour in zip(runs.items(), COLOURS * len(runs), strict=False):
        _draw_training(axes, name, [_points(records, "loss", 1 / math.log(2), along) for records in seeds], colour)
        _draw_held_out(axes, name, [_points(records, "validation", 1.0, along) for records in seeds], colour)
    axes.set_xlabel("iteration" if along == "iteration" else "share of the training")
    axes.set_ylabel(f"bits per {unit}")
    # The first steps fall from log2(size); the story is further down.
    axes.set_ylim(0, 3.2)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.has_data():
        axes.legend(frameon=False, loc="lower left")
    with replacing(path) as beside:
        figure.savefig(beside, dpi=144)
    return path


def _points(records: Records, what: str, scale: float, along: str) -> Points:
    last = max((record["iteration"] for record in records), default=1)
    divisor = last if along == "share" else 1
    return [(record["iteration"] / divisor, record[what] * scale) for record in records if what in record]


def _draw_training(axes: Any, name: str, seeds: Sequence[Points], colour: str) -> None:
    smooth = [list(zip([x for x, _ in points], smoothed([y for _, y in points]), strict=True)) for points in seeds]
    places, mean, least, greatest = _over_seeds(smooth)
    if places:
        axes.plot(
            places, mean, color=colour, alpha=0.6, linewidth=1.2, linestyle=(0, (4, 2)), label=f"{name}: training"
        )
        axes.fill_between(places, least, greatest, color=colour, alpha=0.15, linewidth=0)


def _draw_held_out(axes: Any, name: str, seeds: Sequence[Points], colour: str) -> None:
    places, mean, least, greatest = _over_seeds(seeds)
    if not places:
        return
    axes.plot(places, mean, color=colour, linewidth=2.2, label=f"{name}: held out")
    axes.fill_between(places, least, greatest, color=colour, alpha=0.2, linewidth=0)
    best = min(range(len(mean)), key=mean.__getitem__)
    axes.plot(places[best], mean[best], "o", color=colour, markersize=7)
    where = f"{places[best]:,.0f}" if places[best] > 1 else f"{places[best]:.0%}"
    axes.annotate(
        f"best {mean[best]:.3f} at {where}",
        (places[best], mean[best]), xytext=(0, 9), textcoords="offset points", color=colour,
        ha="right" if best == len(mean) - 1 else "center",
    )  # fmt: skip


def _over_seeds(seeds: Sequence[Points]) -> tuple[list[float], list[float], list[float], list[float]]:
    """Places, mean, least and greatest of several curves measured at the same places, as far as all of them go."""
    rows = list(zip(*seeds, strict=False))
    values = [[value for _, value in row] for row in rows]
    means = [math.fsum(own) / len(own) for own in values]
    return [row[0][0] for row in rows], means, [min(own) for own in values], [max(own) for own in values]


def smoothed(values: Sequence[float], window: int = 50) -> list[float]:
    """Running mean over the last ``window`` values."""
    means, total = [], 0.0
    for index, value in enumerate(values):
        total += value - (values[index - window] if index >= window else 0.0)
        means.append(total / min(index + 1, window))
    return means
