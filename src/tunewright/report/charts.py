"""The pictures of reports, as SVG: they stay sharp on paper and can be pasted into anything."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

from tunewright.training.loss_picture import COLOURS

INK, FAINT = "#33302a", "#8a8478"
LABEL = 28
"""Characters of an axis's name in one line."""
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Series:
    """Points over some named values.

    Attributes:
        label: of the values' setting.
        values: their names, in order.
        points: over each, the figures of its trials.
        chance: one standard deviation of chance; 0 where it isn't known.
    """

    label: str
    values: Sequence[str]
    points: Sequence[Sequence[float]]
    chance: float = 0.0


def main_effects(
    series: Sequence[Series], figure_label: str, *, logarithmic: bool = False, shares: bool = False
) -> str:
    """For each setting a panel: every trial as a dot, the mean at each value as a line.

    Args:
        logarithmic: the figure, whose means are then geometric.
        shares: whether the figure is one, to be written as per cent.
    """
    figure, panels = _panels(len(series), figure_label)
    for axes, one, colour in zip(panels, series, COLOURS * len(series), strict=False):
        means = [_mean(points, logarithmic) for points in one.points]
        for at, points in enumerate(one.points):
            places = [at + _aside(number, len(points)) for number in range(len(points))]
            axes.plot(places, points, "o", color=colour, alpha=0.35, markersize=4, markeredgewidth=0)
        axes.plot(range(len(means)), means, color=colour, linewidth=2, marker="o", markersize=6)
        if one.chance and not logarithmic:
            axes.errorbar(len(means) - 0.65, means[-1], one.chance, color=FAINT, capsize=3, linewidth=1.2)
        axes.set_xticks(range(len(one.values)), one.values)
        axes.set_xlim(-0.5, len(one.values) - 0.5)
        axes.set_xlabel(fill(one.label, LABEL))
        if logarithmic:
            _logarithmic(axes, "y")
        if shares:
            axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    return _svg(figure)


def pairs(cells: Sequence[Sequence[float | None]], rows: Series, columns: Series, label: str, digits: int = 3) -> str:
    """Means by two settings at once, written into a coloured grid; small is dark."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.6 + 1.1 * len(columns.values), 1.2 + 0.6 * len(rows.values)), layout="constrained")
    axes = figure.add_subplot()
    known = [value for row in cells for value in row if value is not None]
    low, high = min(known), max(known)
    table = [[float("nan") if value is None else value for value in row] for row in cells]
    axes.imshow(table, cmap=colormaps["YlGnBu_r"], aspect="auto", vmin=low - 0.15 * (high - low or 1), vmax=high)
    for y, row in enumerate(cells):
        for x, value in enumerate(row):
            if value is not None:
                dark = value < low + 0.45 * (high - low)
                axes.text(x, y, f"{value:.{digits}f}", ha="center", va="center", color="white" if dark else INK)
    axes.set_xticks(range(len(columns.values)), columns.values)
    axes.set_yticks(range(len(rows.values)), rows.values)
    axes.set_xlabel(columns.label)
    axes.set_ylabel(rows.label)
    axes.set_title(label, fontsize=10, loc="left")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return _svg(figure)


def curves(groups: Mapping[str, Sequence[Points]], labels: tuple[str, str]) -> str:
    """Lines, those of one group in one colour; the lowest point of each is marked."""
    figure, axes = _one_panel(7.5, 4, labels)
    for (name, lines), colour in zip(groups.items(), COLOURS * len(groups), strict=False):
        for number, points in enumerate(line for line in lines if line):
            xs, ys = zip(*points, strict=True)
            axes.plot(xs, ys, color=colour, linewidth=1.4, alpha=0.8, label=name if number == 0 else None)
            axes.plot(*min(points, key=lambda point: point[1]), "o", color=colour, markersize=4)
    values = sorted(y for lines in groups.values() for points in lines for _, y in points)
    if values:
        # What stands far above belongs to the first steps.
        axes.set_ylim(values[0] - 0.05, min(values[-1], values[0] + 1.6) + 0.05)
        axes.legend(frameon=False)
    return _svg(figure)


def losses(groups: Mapping[str, tuple[Points, Points]], labels: tuple[str, str]) -> str:
    """Trainings: what is learned from dashed, what is held out solid, its best place marked.

    Args:
        groups: under each name both lines.
    """
    figure, axes = _one_panel(7.5, 4, labels)
    for (name, (trained, held_out)), colour in zip(groups.items(), COLOURS * len(groups), strict=False):
        if trained:
            axes.plot(*zip(*trained, strict=True), color=colour, alpha=0.6, linewidth=1.2, linestyle=(0, (4, 2)))
        if held_out:
            best = min(held_out, key=lambda point: point[1])
            axes.plot(*zip(*held_out, strict=True), color=colour, linewidth=2.2, label=name)
            axes.plot(*best, "o", color=colour, markersize=7)
            axes.axvline(best[0], color=colour, linewidth=0.8, alpha=0.5, linestyle=":")
    axes.set_ylim(0, 3.2)  # the first steps fall from log2 of the number of symbols; the story is further down
    axes.legend(frameon=False)
    return _svg(figure)


def scatter(
    groups: Mapping[str, Points], labels: tuple[str, str], *, front: bool = False, logarithmic: bool = False
) -> str:
    """Dots, those of one group in one colour.

    Args:
        front: joins those that no other beats in both.
        logarithmic: the first axis.
    """
    figure, axes = _one_panel(6, 4, labels)
    for (name, points), colour in zip(groups.items(), COLOURS * len(groups), strict=False):
        if points:
            axes.plot(*zip(*points, strict=True), "o", color=colour, label=name or None, alpha=0.8, markersize=6)
    if front:
        best = unbeaten([point for points in groups.values() for point in points])
        if best:
            axes.plot(*zip(*best, strict=True), color=FAINT, linewidth=1, zorder=0, drawstyle="steps-post")
    if logarithmic:
        _logarithmic(axes, "x")
    if any(groups):
        axes.legend(frameon=False)
    return _svg(figure)


def unbeaten(points: Points) -> list[tuple[float, float]]:
    """The points that no other is below in one coordinate and not above in the other, from the left."""
    found: list[tuple[float, float]] = []
    for point in sorted(set(points)):
        if not found or point[1] < found[-1][1]:
            found.append(point)
    return found


def _one_panel(width: float, height: float, labels: tuple[str, str]) -> tuple[Any, Any]:
    """A figure and its axes, named."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = _plain(figure.add_subplot())
    axes.set_xlabel(labels[0])
    axes.set_ylabel(fill(labels[1], LABEL))
    return figure, axes


def _panels(count: int, label: str) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(3.2, 2.6 * count), 3), layout="constrained")
    panels = list(figure.subplots(1, count, squeeze=False, sharey=True).flat)
    for axes in panels:
        _plain(axes)
    panels[0].set_ylabel(fill(label, LABEL))
    return figure, panels


def _plain(axes: Any) -> Any:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _logarithmic(axes: Any, which: str) -> None:
    """A logarithmic axis whose numbers are written out."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

    getattr(axes, f"set_{which}scale")("log")
    axis = getattr(axes, f"{which}axis")
    low, high = sorted(getattr(axes, f"get_{which}lim")())
    axis.set_major_locator(MaxNLocator(5) if high < 10 * low else LogLocator(subs=(1, 2, 5)))
    formatter = ScalarFormatter()
    formatter.set_scientific(False)
    axis.set_major_formatter(formatter)
    axis.set_minor_formatter(NullFormatter())


def _aside(number: int, count: int) -> float:
    """How far beside its place a dot is drawn, so that dots of one value stand side by side."""
    return 0.0 if count < 2 else 0.3 * (number / (count - 1) - 0.5)


def _mean(values: Sequence[float], logarithmic: bool) -> float:
    import statistics

    return statistics.geometric_mean(values) if logarithmic else statistics.fmean(values)


def _svg(figure: Any) -> str:
    import matplotlib

    file = io.StringIO()
    # Neither a date nor chance: the same report is the same file.
    with matplotlib.rc_context({"svg.hashsalt": "tunewright", "font.size": 9.5, "axes.labelcolor": INK}):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return file.getvalue()
