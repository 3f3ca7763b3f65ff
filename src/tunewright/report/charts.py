"""The pictures of reports, as SVG: they stay sharp on paper and can be pasted into anything.

What has a colour of its own has a mark of its own too, or a way of being drawn: colours are not all that tells.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib import colormaps
from matplotlib.figure import Figure

from tunewright.messages import Messages
from tunewright.report.axes import (
    LABEL,
    LEGEND,
    Points,
    limit,
    literal,
    look_of,
    name_lines,
    number_axis,
    one_panel,
    panels_of,
    readable_on,
    svg_of,
)
from tunewright.training.loss_picture import COLOURS

FAINT = "#8a8478"
LINES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Levels:
    """A setting and its values, in order, as they are called.

    Attributes:
        label: of the setting.
        values: their names.
    """

    label: str
    values: Sequence[str]


@dataclass(frozen=True)
class Series:
    """Points over some named values.

    Attributes:
        levels: what they stand over.
        points: over each value, the figures of its trials.
        chance: one standard deviation of chance, of logarithms where the figure is logarithmic; 0 if it isn't known.
    """

    levels: Levels
    points: Sequence[Sequence[float]]
    chance: float = 0.0


def main_effects(
    series: Sequence[Series], label: str, messages: Messages, *, logarithmic: bool = False, shares: bool = False
) -> str:
    """For each setting a panel: every trial as a dot, the mean at each value as a line.

    Args:
        logarithmic: the figure, whose means are then geometric.
        shares: whether the figure is one, to be written as per cent.
    """
    figure, panels = panels_of(len(series), label)
    for number, (axes, one) in enumerate(zip(panels, series, strict=True)):
        colour, means = COLOURS[number % len(COLOURS)], [mean(points, logarithmic) for points in one.points]
        for at, points in enumerate(one.points):
            places = [at + _aside(number, len(points)) for number in range(len(points))]
            axes.plot(places, points, "o", color=colour, alpha=0.35, markersize=4, markeredgewidth=0)
        axes.plot(range(len(means)), means, color=colour, linewidth=2, marker="o", markersize=6)
        if one.chance:
            last = means[-1]
            low, high = (last * math.exp(end) if logarithmic else last + end for end in (-one.chance, one.chance))
            axes.errorbar(len(means) - 0.65, last, [[last - low], [high - last]], color=FAINT, capsize=3, linewidth=1.2)
        axes.set_xticks(range(len(one.levels.values)), [literal(value, LABEL) for value in one.levels.values])
        axes.set_xlim(-0.5, len(one.levels.values) - 0.5)
        axes.set_xlabel(literal(one.levels.label, LABEL))
        number_axis(axes, "y", messages, logarithmic=logarithmic, shares=shares)
    return svg_of(figure)


def pairs(
    cells: Sequence[Sequence[float | None]], rows: Levels, columns: Levels, label: str, messages: Messages
) -> str:
    """Means by two settings at once, written into a coloured grid; small is dark. Where no mean is known there is
    nothing.
    """
    figure = Figure(figsize=(1.6 + 1.1 * len(columns.values), 1.2 + 0.6 * len(rows.values)), layout="constrained")
    axes = figure.add_subplot()
    known = [value for row in cells for value in row if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    table = [[float("nan") if value is None else value for value in row] for row in cells]
    colours = colormaps["YlGnBu_r"]
    axes.imshow(table, cmap=colours, aspect="auto", vmin=low, vmax=high)
    for y, row in enumerate(cells):
        for x, value in enumerate(row):
            if value is not None:
                ink = readable_on(colours((value - low) / (high - low or 1)))
                axes.text(x, y, messages.number(value), ha="center", va="center", color=ink)
    axes.set_xticks(range(len(columns.values)), [literal(value, LABEL) for value in columns.values])
    axes.set_yticks(range(len(rows.values)), [literal(value, LABEL) for value in rows.values])
    axes.set_xlabel(literal(columns.label, LABEL))
    axes.set_ylabel(literal(rows.label, LABEL))
    axes.set_title(literal(label, LEGEND), fontsize=10, loc="left")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return svg_of(figure)


def curves(groups: Mapping[str, Sequence[Points]], labels: tuple[str, str], messages: Messages) -> str:
    """Lines, those of one group alike; the lowest point of each is marked."""
    figure, axes = one_panel(7.5, 4, labels, messages)
    handles = {}
    for number, (name, lines) in enumerate(groups.items()):
        look = {**look_of(number), "linestyle": LINES[number % len(LINES)], "linewidth": 1.4, "alpha": 0.8}
        for points in filter(None, lines):
            lowest = min(range(len(points)), key=lambda at: points[at][1])
            (handles[name],) = axes.plot(*zip(*points, strict=True), markersize=4, markevery=[lowest], **look)
    limit(axes, [points for lines in groups.values() for points in lines])
    name_lines(figure, handles)
    return svg_of(figure)


def losses(
    groups: Mapping[str, tuple[Points, Points]], labels: tuple[str, str], messages: Messages, *, shares: bool = False
) -> str:
    """Trainings: what is learned from thin and dashed, what is held out thick, its best place marked.

    Args:
        groups: under each name both lines.
        shares: whether they are shares, to be written as per cent, of which the greatest is the best.
    """
    figure, axes = one_panel(7.5, 4, labels, messages)
    if shares:
        number_axis(axes, "y", messages, shares=True)
    choose = max if shares else min
    handles = {}
    for number, (name, (trained, held_out)) in enumerate(groups.items()):
        look = {**look_of(number), "markevery": 0.1, "markersize": 3.5}
        if trained:
            (handles[name],) = axes.plot(
                *zip(*trained, strict=True),
                **look,
                alpha=0.6,
                linewidth=1,
                linestyle=(0, (4, 2)),
                gid=f"trained-{number}",
            )
        if held_out:
            best = choose(held_out, key=lambda point: point[1])
            (handles[name],) = axes.plot(*zip(*held_out, strict=True), **look, linewidth=2.2, gid=f"held-out-{number}")
            axes.plot(*best, **{**look, "markersize": 8})
            axes.axvline(best[0], color=look["color"], linewidth=0.8, alpha=0.5, linestyle=":")
    limit(axes, [points for both in groups.values() for points in both])
    name_lines(figure, handles)
    return svg_of(figure)


def scatter(
    groups: Mapping[str, Points],
    labels: tuple[str, str],
    messages: Messages,
    *,
    front: bool = False,
    logarithmic: bool = False,
    shares: bool = False,
) -> str:
    """Dots, those of one group alike.

    Args:
        front: joins those that no other beats in both.
        logarithmic: the first axis.
        shares: whether the second figure is one, to be written as per cent.
    """
    figure, axes = one_panel(6, 4, labels, messages)
    handles = {}
    for number, (name, points) in enumerate(groups.items()):
        if points:
            look = look_of(number)
            (handles[name],) = axes.plot(*zip(*points, strict=True), linestyle="", alpha=0.8, markersize=6, **look)
    if front:
        best = unbeaten([point for points in groups.values() for point in points])
        if best:
            axes.plot(*zip(*best, strict=True), color=FAINT, linewidth=1, zorder=0, drawstyle="steps-post")
    number_axis(axes, "x", messages, logarithmic=logarithmic)
    number_axis(axes, "y", messages, shares=shares)
    name_lines(figure, handles)
    return svg_of(figure)


def unbeaten(points: Points) -> list[tuple[float, float]]:
    """The points that no other is below in one coordinate and not above in the other, from the left."""
    found: list[tuple[float, float]] = []
    for point in sorted(set(points)):
        if not found or point[1] < found[-1][1]:
            found.append(point)
    return found


def mean(values: Sequence[float], logarithmic: bool) -> float:
    """The mean of a figure; the geometric one where it is compared by its ratio."""
    return statistics.geometric_mean(values) if logarithmic else statistics.fmean(values)


def _aside(number: int, count: int) -> float:
    """How far beside its place a dot is drawn, so that dots of one value stand side by side."""
    return 0.0 if count < 2 else 0.3 * (number / (count - 1) - 0.5)
