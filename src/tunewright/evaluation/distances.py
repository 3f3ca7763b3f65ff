"""How far a set of tunes is from a reference set, feature by feature, beside how far the reference is from itself.

The distance of two sets in a number, or in a profile over classes on a line, is the Wasserstein distance: by how much,
on average, the one has to be moved to become the other. On a line it is the area between the distribution functions
(Vallender 1974, Theory of Probability and its Applications 18), and has the unit of what is counted. Classes without
order, such as degrees of a scale, are compared by total variation: the share that has to change its class (Gibbs & Su
2002, "On choosing and bounding probability metrics", International Statistical Review 70).

Two samples of one population are never at distance 0, and the smaller they are the farther apart: chance alone makes
more of 40 tunes against 40 than of 500 against 80. So like is compared with like. Every distance is one of equally many
tunes on either side, half as many as the reference has, drawn at random from both; and what chance makes of it is the
distance of one random half of the reference from the other.

Over many draws the median is told, with the percentile interval (Efron & Tibshirani 1993, "An Introduction to the
Bootstrap", chapter 13). Tunes are drawn without replacement (Politis & Romano 1994, Annals of Statistics 22): drawing
with replacement counts the chance in the sets once more on top of that in the draws, so that near 0 a distance can lie
below all of its own interval. The interval tells how much a comparison of so few tunes may vary; for the median of a
large set it errs on the wide side. Two sets are compared with one another by the bootstrap with replacement, in
:func:`differences`, where that excess stands on both sides and falls out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tunewright.evaluation.statistics import FEATURES, Feature, Statistics

LEVEL = 0.95
"""Share of the draws that lies in an interval."""
Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A figure over many draws: its median, and between which values the middle :data:`LEVEL` of them lie."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Distance:
    """How far a set is from its reference in one feature, in the feature's unit.

    Attributes:
        size: tunes that were drawn from each side; at most half of those of the reference that have the feature.
        distance: of so many tunes of the set from so many of the reference.
        halves: of so many tunes of the reference from as many others of it.
    """

    size: int
    distance: Interval
    halves: Interval

    @property
    def ratio(self) -> float | None:
        """The distance in multiples of what chance makes: about 1 where the set might be of the reference; None where
        any half of the reference is just like the other.
        """
        return self.distance.median / self.halves.median if self.halves.median > 0 else None


def distances(own: Statistics, reference: Statistics, resamples: int = 1000, seed: int = 0) -> dict[str, Distance]:
    """The distance of a set from a reference in every feature, by name.

    Args:
        resamples: how often tunes are drawn.
        seed: the same seed draws the same tunes.

    Returns:
        A distance for each feature that at least one tune of the set and two of the reference have.
    """
    found = {}
    for number, feature in enumerate(FEATURES):
        rows, known = (one.values[feature.name] for one in (own, reference))
        size = min(len(rows), len(known) // 2)
        if size:
            chance = np.random.default_rng([seed, number])
            # The halves come first: with one seed they are the same whatever stands against the reference.
            halved = _draw(chance, len(known), size, resamples, halves=True)
            drawn = np.hstack([_draw(chance, len(rows), size, resamples), -_draw(chance, len(known), size, resamples)])
            found[feature.name] = Distance(
                size,
                _interval(_lengths(feature, np.concatenate([rows, known]), drawn)),
                _interval(_lengths(feature, known, halved)),
            )
    return found


def differences(
    one: Statistics, other: Statistics, reference: Statistics, resamples: int = 1000, seed: int = 0
) -> dict[str, Interval]:
    """By how much one set is farther from a reference than another is, in every feature; below 0 where it is closer.

    The bootstrap: the tunes of all three sets are drawn anew with replacement, as many as there are; of the larger of
    the two sets no more than the smaller has, so that chance adds equally much to both distances.

    Args:
        resamples: how often tunes are drawn.
        seed: the same seed draws the same tunes.

    Returns:
        The difference of the distances in the feature's unit, for each feature that all three sets have.
    """
    found = {}
    for number, feature in enumerate(FEATURES):
        *rows, known = (own.values[feature.name] for own in (one, other, reference))
        size = min(map(len, rows))
        if size and len(known):
            chance = np.random.default_rng([seed, number])
            anew = -_draw_anew(chance, _draw(chance, len(known), len(known), resamples), len(known))
            apart = [
                _lengths(
                    feature,
                    np.concatenate([own, known]),
                    np.hstack([_draw_anew(chance, _draw(chance, len(own), size, resamples), size), anew]),
                )
                for own in rows
            ]
            found[feature.name] = _interval(apart[0] - apart[1])
    return found


def _draw(chance: np.random.Generator, tunes: int, size: int, resamples: int, halves: bool = False) -> Floats:
    """The weight of each tune when ``size`` different ones are drawn, (resamples, tunes).

    Args:
        halves: as many others are drawn too, and weigh as much below 0.
    """
    weights = np.zeros(tunes)
    weights[:size] = 1 / size
    if halves:
        weights[size : 2 * size] = -1 / size
    return chance.permuted(np.tile(weights, (resamples, 1)), axis=1)


def _draw_anew(chance: np.random.Generator, weights: Floats, size: int) -> Floats:
    """Weights when ``size`` tunes are drawn with replacement, each as likely as it weighs."""
    return chance.multinomial(size, weights) / size


def _lengths(feature: Feature, values: Floats, weights: Floats) -> Floats:
    """How far the tunes that weigh more than 0 are from those that weigh less, for each row of weights.

    Args:
        values: of the feature, (tunes,) or (tunes, classes).
        weights: of each tune, above 0 on the one side and below 0 on the other, 0 in sum: (resamples, tunes).
    """
    if feature.is_number:
        order = np.argsort(values)
        shares, places = weights[:, order], values[order]
    else:
        shares, places = weights @ values, np.array(feature.places)
    if not len(places):
        return np.asarray(np.abs(shares).sum(axis=1) / 2)
    return np.asarray(np.abs(shares.cumsum(axis=1)[:, :-1]) @ np.diff(places))


def _interval(figures: Floats) -> Interval:
    return Interval(*(float(end) for end in np.quantile(figures, [0.5, (1 - LEVEL) / 2, (1 + LEVEL) / 2])))
