"""How sure a figure is: percentile intervals by resampling what was measured.

After Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13: the cases (tunes, say) are drawn anew with
replacement, as many as there were, the figure is taken of each draw, and the middle 95 % of these figures are told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def interval(
    statistic: Callable[..., Any],
    *values: NDArray[Any],
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """The percentile interval of a figure over cases.

    Args:
        statistic: from arrays like ``values`` to the figure; it reduces their last axis and leaves axes before it
            alone, such as ``rate``.
        values: what is known of the cases, which stand along the last axis, (..., cases). All arrays are drawn from
            alike, so what is measured twice on the same cases is compared in pairs.
        level: share of the figures that lies within.
        seed: the same seed draws the same cases, whatever the values.

    Returns:
        The lower and the upper end. A draw for which the figure is not defined (not a number) is left out; both are
        not a number where there is no case at all, and equal where there is but one.
    """
    cases = values[0].shape[-1]
    if not cases:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(cases, size=(resamples, cases))
    with np.errstate(invalid="ignore", divide="ignore"):
        figures = statistic(*(one[..., drawn] for one in values))
    low, high = np.nanquantile(figures, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def rate(amounts: Floats, units: NDArray[Any]) -> Any:
    """Total amount over total units, (..., cases) twice -> (...)."""
    return amounts.sum(axis=-1) / units.sum(axis=-1)


def ratio(amounts: Floats, units: NDArray[Any], other_amounts: Floats, other_units: NDArray[Any]) -> Any:
    """One rate over another one of the same cases, (..., cases) each -> (...)."""
    return rate(amounts, units) / rate(other_amounts, other_units)
