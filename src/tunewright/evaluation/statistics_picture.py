"""The picture of a comparison: for every feature the reference as a shape, and each set as a line over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunewright.evaluation.statistics import FEATURES, Feature, Statistics
from tunewright.files import replacing

COLUMNS = 4
MOST_BINS = 24
LINE = 110
"""Characters that fit side by side over the picture."""
_DEGREES = "1 2 3 4 5 6 7"
TICKS = {
    "pitch classes": _DEGREES,
    "intervals": "≤-12 -7 -3 0 +3 +7 ≥12",
    "motion": "same step skip leap",
    "note lengths": "1/16 1/8 1/4 1/2 1",
    "final note": _DEGREES,
    "part endings": _DEGREES,
    "bars per part": "1 4 8 12 16",
}
"""The classes that are named under a profile: as many as can be read."""
EXPLANATION = (
    "Upwards the share of the tunes, or of their notes, endings and parts.\n"
    "× distance from the reference, in multiples of the distance of one random half of the reference from the other."
)
GROUND, INK = "#d9d4c7", "#4d4d4d"
Floats = NDArray[np.float64]
COLOURS = ("#c8553d", "#1b6ca8", "#2f7d4f", "#8f5aa5", "#a17c1e")
"""Of the sets, in their order."""


def draw_statistics(
    reference: tuple[str, Statistics],
    sets: Mapping[str, Statistics],
    path: Path,
    ratios: Mapping[str, Mapping[str, float | None]] | None = None,
) -> Path:
    """Draws what was counted, one small picture a feature: shares of tunes, or of what is counted in them.

    Args:
        reference: its name and statistics.
        sets: by name; at most as many as there are :data:`COLOURS`.
        path: of the PNG.
        ratios: by set and feature, the distance in multiples of what chance makes; written over each small picture.
    """
    # The Figure class alone: pyplot would open a window system and leak figures.
    from matplotlib.figure import Figure

    rows = -(-len(FEATURES) // COLUMNS)
    figure = Figure(figsize=(10, 2.1 * rows + 0.8), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False).flat
    for axes, feature in zip(panels, FEATURES, strict=False):
        _draw_feature(axes, feature, reference[1], list(sets.values()))
        told = [(ratios or {}).get(name, {}).get(feature.name) for name in sets]
        _write_ratios(axes, told)
    figure.supxlabel(EXPLANATION, fontsize=9, color=INK)
    handles = [_patch(facecolor=GROUND, label=f"{reference[0]} ({reference[1].tunes} tunes)")]
    for (name, own), colour in zip(sets.items(), COLOURS, strict=False):
        handles.append(_patch(facecolor="none", edgecolor=colour, label=f"{name} ({own.tunes})"))
    columns = max(1, LINE // (max(len(handle.get_label()) for handle in handles) + 6))
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, frameon=False, fontsize=11)
    with replacing(path) as beside:
        figure.savefig(beside, dpi=120)
    return path


def _patch(**look: Any) -> Any:
    from matplotlib.patches import Patch

    return Patch(**look)


def _draw_feature(axes: Any, feature: Feature, reference: Statistics, sets: Sequence[Statistics]) -> None:
    values = [own.values[feature.name] for own in (reference, *sets)]
    classes = np.arange(len(feature.labels) + 1, dtype=np.float64)
    edges = _bins(np.concatenate(values)) if feature.is_number else np.asarray(classes - 0.5)
    shares = [_shares(own, edges) for own in values]
    if shares[0] is not None:
        axes.stairs(shares[0], edges, fill=True, color=GROUND)
    for own, colour in zip(shares[1:], COLOURS, strict=False):
        if own is not None:
            axes.stairs(own, edges, color=colour, linewidth=1.4)
    axes.set_title(feature.name, fontsize=10, loc="left", color=INK, pad=5 if len(sets) < 3 else 18)
    if feature.is_number:
        axes.set_xlabel(feature.unit, fontsize=9, labelpad=1)
        axes.xaxis.set_major_locator(_locator(5, whole=bool(edges[0] % 1 == 0.5)))
    else:
        named = TICKS[feature.name].split()
        axes.set_xticks([feature.labels.index(label) for label in named], named)
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.yaxis.set_major_locator(_locator(3))
    axes.tick_params(labelsize=9, length=2, pad=2)
    axes.spines[["top", "right"]].set_visible(False)


def _locator(ticks: int, whole: bool = False) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(ticks, steps=[1, 2, 5, 10], integer=whole)


def _write_ratios(axes: Any, ratios: Sequence[float | None]) -> None:
    """What each set's distance is in multiples of chance, in its colour, from the right."""
    told = [
        (f"×{ratio:.{1 if ratio < 10 else 0}f}", colour)
        for ratio, colour in zip(ratios, COLOURS, strict=False)
        if ratio is not None
    ]
    taken = 0.0
    for text, colour in reversed(told):
        axes.annotate(
            text, (1, 1), (-taken, 5), xycoords="axes fraction", textcoords="offset points",
            ha="right", va="baseline", color=colour, fontsize=9, annotation_clip=False,
        )  # fmt: skip
        taken += 6 * len(text) + 2


def _bins(values: Floats) -> Floats:
    """Edges of bins of equal width for some numbers, the few farthest out left to the outer bins.

    Whole numbers stand in the middle of their bins, as many in each.
    """
    if not len(values):
        return np.array([0.0, 1.0])
    low, high = np.quantile(values, [0.01, 0.99])
    if np.all(values == np.round(values)):
        width = 1 + (high - low) // MOST_BINS
        return np.arange(np.floor(low), high + width, width) - 0.5
    return np.asarray(np.linspace(low, high if high > low else low + 1, MOST_BINS + 1), dtype=np.float64)


def _shares(values: Floats, edges: Floats) -> Floats | None:
    """Share of each bin or class over the tunes; None where there is no tune."""
    if not len(values):
        return None
    if values.ndim > 1:
        return np.asarray(values.mean(axis=0))
    inside = np.clip(values, edges[0], np.nextafter(edges[-1], edges[0]))
    return np.histogram(inside, edges)[0] / len(values)
