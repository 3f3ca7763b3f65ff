"""What scores come to, where neither the listeners nor the tunes are all there are.

Of several listeners one is stricter than another, and each hears tunes that not everyone has heard. So every score is
taken as the sum of how good its tune is and how lenient its listener is, by least squares (the additive two-way layout:
Scheffé 1959, The Analysis of Variance, chapter 4): listeners who heard other tunes, or fewer, favour no source.

A mean is then as sure as its tunes agree and as its listeners agree. Its variance is taken as that of the means of its
tunes over their number plus that of its listeners' leanings over theirs, its degrees of freedom after Satterthwaite
1946, and its interval is Student's t. What a single answer varies by is in both terms: the interval is too wide rather
than too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunewright.study.effects import student_quantile

LEVEL = 0.95
FEWEST_TUNES = 5
FEWEST_LISTENERS = 3
"""With fewer there is no interval: what a handful varies by says nothing of others."""
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """A figure and how sure it is.

    Attributes:
        interval: 95 %, for other listeners and other tunes of the kind; None where there are too few of either, or no
            two scores differ.
    """

    value: float
    interval: tuple[float, float] | None


class Scores:
    """Scores of several listeners.

    Args:
        scores: (listeners, tunes); not a number where a tune has no score. At least one of each listener's is one.
    """

    def __init__(self, scores: Floats) -> None:
        self.scores = scores
        self.given: Bools = ~np.isnan(scores)
        self.tunes = _goodness(scores, self.given)

    def mean(self, own: Bools) -> Estimate:
        """The mean over some tunes for the listeners on average.

        Args:
            own: which tunes, (tunes,); at least one of them has a score.
        """
        tunes, leanings = self.tunes[self._heard(own)], self._leanings(own)
        return _estimate(float(tunes.mean()), [tunes, leanings[~np.isnan(leanings)]])

    def difference(self, own: Bools, other: Bools) -> Estimate:
        """By how much the mean over some tunes lies above that over others. Leniency is no part of it.

        Args:
            own, other: which tunes, (tunes,); at least one of each has a score.
        """
        tunes, others = self.tunes[self._heard(own)], self.tunes[self._heard(other)]
        leanings = self._leanings(own) - self._leanings(other)
        return _estimate(float(tunes.mean() - others.mean()), [tunes, others, leanings[~np.isnan(leanings)]])

    def _heard(self, own: Bools) -> Bools:
        """Those of some tunes that have a score."""
        return own & self.given.any(axis=0)

    def _leanings(self, own: Bools) -> Floats:
        """How much higher than the tunes are good each listener scores some of them, (listeners,); not a number for
        those who scored none.
        """
        given = self.given & own
        above = np.where(given, self.scores - self.tunes, 0).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(above / given.sum(axis=1))


def _goodness(scores: Floats, given: Bools) -> Floats:
    """What the average listener would give each tune, (tunes,); without meaning where a tune has no score."""
    grand = float(scores[given].mean())
    values, weights = np.where(given, scores - grand, 0), given.astype(np.float64)
    each = weights.sum(axis=1)
    # The listeners' equations are solved by hand, for there may be a great many of them. Where listeners share no tune
    # the tunes of each are as good as those of the others: nothing tells better tunes from more lenience.
    left = np.diag(weights.sum(axis=0)) - weights.T @ (weights / each[:, None])
    right = values.sum(axis=0) - weights.T @ (values.sum(axis=1) / each)
    tunes = np.linalg.lstsq(left, right, rcond=1e-9)[0]
    lenience = (values.sum(axis=1) - weights @ tunes) / each
    return np.asarray(grand + tunes + lenience.mean())


def _estimate(value: float, samples: Sequence[Floats]) -> Estimate:
    """A figure to whose variance each sample, the last one of listeners, adds that of its mean."""
    *tunes, listeners = samples
    if min(map(len, tunes)) < FEWEST_TUNES or len(listeners) < FEWEST_LISTENERS:
        return Estimate(value, None)
    parts = [(float(own.var(ddof=1)) / len(own), len(own) - 1) for own in samples]
    variance = math.fsum(part for part, _ in parts)
    if variance < 1e-12:
        return Estimate(value, None)
    freedom = variance**2 / math.fsum(part**2 / own for part, own in parts)
    margin = student_quantile((1 + LEVEL) / 2, max(1, int(freedom))) * math.sqrt(variance)
    return Estimate(value, (value - margin, value + margin))
