"""What a setting does to a figure, and whether that is more than chance.

Two values of a setting are compared over pairs of trials that differ in nothing else. Chance is how much trials differ
that differ in the seed alone: their variance, pooled over the variants. Where every variant was tried with one seed
only, it is what an additive model of all settings leaves unexplained (Box, Hunter & Hunter 2005, "Statistics for
Experimenters"): it holds the interactions too, and so errs towards finding nothing. A share of so many tunes can't be
known better than so many tosses tell, however much trials agree: its chance is at least that of the binomial.

Trials that share a training share its figures, which count once; so do trials whose composing differs in what a figure
doesn't depend on.

An effect is shown if its 95 % interval (Student's t; Bonferroni over all comparisons that are told of) leaves zero out,
and it is larger than one standard deviation of chance: what is within the spread of the seeds isn't told as an effect,
however often it was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tunewright.study.results import Ended, Study
from tunewright.study.space import Value, Values, is_decoding
from tunewright.wish import CONSTRAINED

LEVEL = 0.95
RATIOS = ("seconds", "seconds_per_iteration", "distance")
"""Figures that are compared by their ratio."""
COMPOSED = ("valid", "valid_free", "distance", "originality", "near_copies", "seconds_per_tune")
"""Figures of what is composed; all others are the training's own."""
FREE = ("valid_free",)
"""Figures of what is composed without the constraint, and so without what only that could hold to."""
SHARES = ("valid", "valid_free", "near_copies")
"""Figures that are shares of the tunes that were composed."""
NEGLIGIBLE = 1e-9
"""Chance below this share of a figure is the arithmetic's, not the trials'."""
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
        everywhere: whether no value of the other settings turns it round, chance aside.
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
    everywhere: bool = True

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
    """The trials that have a figure, with its value, or its logarithm where it is compared by its ratio; of trials that
    differ in nothing that the figure depends on, the first.
    """
    logarithmic = figure in RATIOS
    found: dict[tuple[object, ...], tuple[Ended, float]] = {}
    for one in study.done:
        value = one.results.get(figure)
        if value is not None and (value > 0 or not logarithmic):
            known = (*_relevant(one, figure).items(), one.trial.seed)
            found.setdefault(known, (one, math.log(value) if logarithmic else float(value)))
    return list(found.values())


def depends(figure: str, address: str) -> bool:
    """Whether a figure can depend on a setting."""
    if not is_decoding(address):
        return True
    constrained = address.partition(".")[2] in ("free", *CONSTRAINED)
    return figure in COMPOSED and not (figure in FREE and constrained)


def by_variant(study: Study, figure: str) -> list[list[float]]:
    """The values that :func:`figures_of` tells, those of one variant, which differ in the seed alone, together."""
    found: dict[tuple[object, ...], list[float]] = {}
    for one, value in figures_of(study, figure):
        found.setdefault(tuple(_relevant(one, figure).items()), []).append(value)
    return list(found.values())


def _relevant(one: Ended, figure: str) -> dict[str, Value]:
    """What of a trial's assignments a figure can depend on."""
    return {address: value for address, value in one.trial.assignments.items() if depends(figure, address)}


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
        chance = Chance(math.sqrt(squares / freedom), freedom, by_seeds=True)
    elif unexplained := _unexplained(study, figure):
        chance = unexplained
    else:
        return None
    deviation = max(chance.deviation, _least_deviation(study, figure))
    if deviation <= NEGLIGIBLE * max(abs(value) for own in cells for value in own):
        return None  # what is alike by construction says nothing of chance
    return replace(chance, deviation=deviation)


def effects(study: Study, figure: str, told: int = 0) -> list[Effect]:
    """The effects of all settings on a figure: of each value against the one before it, and of the last against the
    first.

    Args:
        told: how many comparisons are told of in all, where there are more than those of this figure.
    """
    chance, compared = chance_of(study, figure), comparisons(study, figure)
    found = (_effect(study, figure, *one, chance, max(told, len(compared))) for one in compared)
    return [one for one in found if one]


def comparisons(study: Study, figure: str) -> list[tuple[str, Value, Value]]:
    """The settings whose effect on a figure can be told, each with the values that are compared."""
    if not figures_of(study, figure):
        return []
    return [
        (one.address, before, after)
        for one in study.plan.space
        if isinstance(one, Values) and depends(figure, one.address)
        for before, after in _comparisons(levels(study, one.address))
    ]


@cache
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
    pairs = _pairs(study, figure, address, before, after)
    differences = [difference for own in pairs for difference in own]
    if not differences:
        return None
    size = math.fsum(differences) / len(differences)
    margin, everywhere = math.inf, True
    if chance:
        error = chance.deviation * math.sqrt(2 / len(differences))
        margin = error * student_quantile(1 - (1 - LEVEL) / 2 / comparisons, chance.freedom)
        least = [math.fsum(own) / len(own) * math.copysign(1, size) for own in pairs]
        everywhere = all(
            one > -chance.deviation * math.sqrt(2 / len(own)) for one, own in zip(least, pairs, strict=True)
        )
    return Effect(
        address, figure, before, after, size, size - margin, size + margin, len(differences), chance, everywhere
    )


def _pairs(study: Study, figure: str, address: str, before: Value, after: Value) -> list[list[float]]:
    """The differences of a figure between trials that differ in one setting alone, those together that differ in the
    seed alone.
    """
    sides: dict[Value, dict[tuple[tuple[object, ...], int], float]] = {before: {}, after: {}}
    for one, value in figures_of(study, figure):
        own = one.trial.assignments[address]
        if own in sides:
            rest = tuple((key, other) for key, other in _relevant(one, figure).items() if key != address)
            sides[own][rest, one.trial.seed] = value
    found: dict[tuple[object, ...], list[float]] = {}
    for (others, seed), value in sides[after].items():
        if (others, seed) in sides[before]:
            found.setdefault(others, []).append(value - sides[before][others, seed])
    return list(found.values())


def _least_deviation(study: Study, figure: str) -> float:
    """What a share of so many tunes varies at least: the binomial's deviation at the estimate of Agresti & Coull
    (1998), which isn't nothing where all tunes are right, or none.
    """
    if figure not in SHARES or not study.plan.tunes:
        return 0.0
    tunes, values = study.plan.tunes, [value for _, value in figures_of(study, figure)]
    share = (math.fsum(values) / len(values) * tunes + 2) / (tunes + 4)
    return math.sqrt(share * (1 - share) / tunes)


def _unexplained(study: Study, figure: str) -> Chance | None:
    """What an additive model of all settings leaves."""
    found = figures_of(study, figure)
    if not found:
        return None
    columns = [np.ones(len(found))]
    for one in (one for one in study.plan.space if depends(figure, one.address)):
        own = [ended.trial.assignments[one.address] for ended, _ in found]
        for value in list(dict.fromkeys(own))[1:]:
            columns.append(np.array([other == value for other in own], dtype=np.float64))
    design: Floats = np.stack(columns, axis=1)
    freedom = len(found) - int(np.linalg.matrix_rank(design))
    if freedom <= 0:
        return None
    values = np.array([value for _, value in found])
    left = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return Chance(math.sqrt(float(left @ left) / freedom), freedom, by_seeds=False)
