"""What a setting does to a figure, and whether that is more than chance.

Two values of a setting are compared over pairs of trials that differ in nothing else. Chance is how much trials differ
that differ in the seed alone: their variance, pooled over the variants. Where every variant was tried with one seed
only, it is what an additive model of all settings leaves unexplained (Box, Hunter & Hunter 2005, "Statistics for
Experimenters"): it holds the interactions too, and so errs towards finding nothing.

An effect is shown if its 95 % interval (Student's t; Bonferroni over all comparisons of the figure) leaves zero out,
and it is larger than one standard deviation of chance: what is within the spread of the seeds isn't told as an effect,
however often it was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tunewright.study.results import Ended, Study
from tunewright.study.space import Value, Values

LEVEL = 0.95
RATIOS = ("seconds", "seconds_per_iteration", "distance")
"""Figures that are compared by their ratio."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chance:
    """How much a figure varies by itself.

    Attributes:
        deviation: standard deviation; of logarithms where a figure is compared by its ratio.
        freedom: degrees of freedom it was estimated with.
        by_seeds: whether from trials that differ in the seed alone.
    """

    deviation: float
    freedom: int
    by_seeds: bool


@dataclass(frozen=True)
class Effect:
    """What another value of a setting does to a figure.

    Attributes:
        address: of the setting.
        figure: name of the figure.
        before, after: the two values.
        size: mean difference of the figure over the pairs; of its logarithm where it is compared by its ratio.
        low, high: 95 % interval of that.
        pairs: of trials that were compared.
        chance: what it was compared with; None where that can't be told from the trials.
    """

    address: str
    figure: str
    before: Value
    after: Value
    size: float
    low: float
    high: float
    pairs: int
    chance: Chance | None

    @property
    def is_shown(self) -> bool:
        """Whether it is more than chance."""
        return self.chance is not None and (self.low > 0 or self.high < 0) and abs(self.size) > self.chance.deviation

    @property
    def factor(self) -> float | None:
        """By which a number was multiplied; None for what is no number above zero."""
        ends = (self.before, self.after)
        if any(isinstance(end, bool | str) or end <= 0 for end in ends):
            return None
        return float(self.after) / float(self.before)


def figures_of(study: Study, figure: str) -> list[tuple[Ended, float]]:
    """The trials that have a figure, with its value, or its logarithm where it is compared by its ratio."""
    logarithmic = figure in RATIOS
    found = []
    for one in study.done:
        value = one.results.get(figure)
        if value is not None and (value > 0 or not logarithmic):
            found.append((one, math.log(value) if logarithmic else float(value)))
    return found


def by_variant(study: Study, figure: str) -> list[list[float]]:
    """The values that :func:`figures_of` tells, those of one variant, which differ in the seed alone, together."""
    found: dict[str, list[float]] = {}
    for one, value in figures_of(study, figure):
        found.setdefault(one.trial.variant, []).append(value)
    return list(found.values())


def levels(study: Study, address: str) -> list[Value]:
    """The values that a setting took in trials that were done: numbers from the least, others as they were given."""
    found = list(dict.fromkeys(one.trial.assignments[address] for one in study.done))
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in found)
    return sorted(found) if numbers else found


def chance_of(study: Study, figure: str) -> Chance | None:
    """How much a figure varies by itself; None where the trials can't tell."""
    cells = by_variant(study, figure)
    freedom = sum(len(values) - 1 for values in cells)
    if freedom:
        squares = math.fsum((value - math.fsum(own) / len(own)) ** 2 for own in cells for value in own)
        return Chance(math.sqrt(squares / freedom), freedom, by_seeds=True)
    return _unexplained(study, figure)


def effects(study: Study, figure: str) -> list[Effect]:
    """The effects of all settings on a figure: of each value against the one before it, and of the last against the
    first.
    """
    compared = [
        (one.address, before, after)
        for one in study.plan.space
        if isinstance(one, Values)
        for before, after in _comparisons(levels(study, one.address))
    ]
    chance = chance_of(study, figure)
    found = (_effect(study, figure, *one, chance, len(compared)) for one in compared)
    return [one for one in found if one]


def student_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t distribution, by integration: with t = sqrt(freedom) tan(angle) its density is
    proportional to cos(angle) ** (freedom - 1).
    """
    angles = np.linspace(-math.pi / 2, math.pi / 2, 200_001)
    density = np.clip(np.cos(angles), 0, None) ** (freedom - 1)
    shares = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return math.sqrt(freedom) * math.tan(float(np.interp(probability, shares / shares[-1], angles)))


def _comparisons(values: Sequence[Value]) -> list[tuple[Value, Value]]:
    ends = [(values[0], values[-1])] if len(values) > 2 else []
    return [*pairwise(values), *ends]


def _effect(
    study: Study, figure: str, address: str, before: Value, after: Value, chance: Chance | None, comparisons: int
) -> Effect | None:
    """One comparison; None where no two trials can be compared."""
    sides: dict[Value, dict[tuple[object, ...], float]] = {before: {}, after: {}}
    for one, value in figures_of(study, figure):
        own = one.trial.assignments[address]
        if own in sides:
            rest = tuple((key, other) for key, other in one.trial.assignments.items() if key != address)
            sides[own][(*rest, one.trial.seed)] = value
    shared = sides[before].keys() & sides[after].keys()
    if not shared:
        return None
    size = math.fsum(sides[after][key] - sides[before][key] for key in shared) / len(shared)
    margin = math.inf
    if chance:
        error = chance.deviation * math.sqrt(2 / len(shared))
        margin = error * student_quantile(1 - (1 - LEVEL) / 2 / comparisons, chance.freedom)
    return Effect(address, figure, before, after, size, size - margin, size + margin, len(shared), chance)


def _unexplained(study: Study, figure: str) -> Chance | None:
    """What an additive model of all settings leaves."""
    found = figures_of(study, figure)
    columns = [np.ones(len(found))]
    for one in study.plan.space:
        own = [ended.trial.assignments[one.address] for ended, _ in found]
        for value in list(dict.fromkeys(own))[1:]:
            columns.append(np.array([other == value for other in own], dtype=np.float64))
    design: Floats = np.stack(columns, axis=1)
    freedom = len(found) - int(np.linalg.matrix_rank(design)) if found else 0
    if freedom <= 0:
        return None
    values = np.array([value for _, value in found])
    left = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return Chance(math.sqrt(float(left @ left) / freedom), freedom, by_seeds=False)
