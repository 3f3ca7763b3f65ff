from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunewright.evaluation.distances import Distance, differences, distances
from tunewright.evaluation.statistics import FEATURES, Statistics

CATEGORICAL = next(feature for feature in FEATURES if feature.labels and not feature.places)
ORDERED = next(feature for feature in FEATURES if feature.places)
NUMBER = next(feature for feature in FEATURES if feature.is_number)


def made(**values: Any) -> Statistics:
    """A set in which no tune has any feature but those given: a number for each tune, or the class that it is in."""
    filled = {}
    for feature in FEATURES:
        own = values.get(feature.name.replace(" ", "_"), [])
        filled[feature.name] = (
            np.array(own, dtype=np.float64) if feature.is_number else np.eye(len(feature.labels))[np.array(own, int)]
        )
    return Statistics(max(map(len, values.values()), default=0), filled)


def of_numbers(*numbers: float) -> Statistics:
    return made(**{NUMBER.name: numbers})


def drawn(seed: int, tunes: int, shift: float = 0) -> Statistics:
    """Tunes out of one population, in a number and two profiles, or out of one that is shifted."""
    chance = np.random.default_rng(seed)
    return made(
        **{
            NUMBER.name: chance.normal(shift, size=tunes),
            ORDERED.name: np.clip(chance.normal(12 + 3 * shift, 3, size=tunes), 0, 24).astype(int),
            CATEGORICAL.name.replace(" ", "_"): (chance.geometric(0.5, size=tunes) + int(4 * shift)) % 12,
        }
    )


def test_sets_that_differ_by_so_much_are_so_far_apart() -> None:
    one = made(**{NUMBER.name: [7.5] * 9, ORDERED.name: [3] * 9, CATEGORICAL.name.replace(" ", "_"): [1] * 9})
    other = made(**{NUMBER.name: [5] * 8, ORDERED.name: [7] * 8, CATEGORICAL.name.replace(" ", "_"): [4] * 8})
    found = distances(one, other, 10)
    apart = ORDERED.places[7] - ORDERED.places[3]
    for feature, expected in ((NUMBER, 2.5), (ORDERED, apart), (CATEGORICAL, 1)):
        own = found[feature.name]
        assert own.distance == pytest.approx((expected,) * 3)
        assert (own.size, own.halves, own.ratio) == (4, (0, 0, 0), None)


def test_order_matters_only_where_there_is_one() -> None:
    reference = made(**{ORDERED.name: [0] * 4, CATEGORICAL.name.replace(" ", "_"): [0] * 4})
    near, far = (
        distances(made(**{ORDERED.name: [at] * 4, CATEGORICAL.name.replace(" ", "_"): [at] * 4}), reference, 5)
        for at in (1, 9)
    )
    assert far[ORDERED.name].distance.median == pytest.approx(9 * near[ORDERED.name].distance.median)
    assert far[CATEGORICAL.name].distance == near[CATEGORICAL.name].distance == (1, 1, 1)


NUMBERS = st.lists(st.floats(-10, 10, allow_nan=False).map(lambda value: round(value, 3)), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(NUMBERS, NUMBERS)
def test_wasserstein_between_equally_many_numbers_is_the_mean_gap_in_order(
    one: list[float], other: list[float]
) -> None:
    """Every draw of two out of four is taken, so the ends of the draws are those of all draws there are."""

    def gap(first: Any, second: Any) -> float:
        return float(np.abs(np.sort(first) - np.sort(second)).mean())

    pairs = list(combinations(range(4), 2))
    across = [gap(np.array(one)[list(mine)], np.array(other)[list(its)]) for mine in pairs for its in pairs]
    within = [gap(np.array(other)[list(its)], np.delete(other, its)) for its in pairs]
    found = distances(of_numbers(*one), of_numbers(*other), 2000)[NUMBER.name]
    assert found.size == 2
    for told, every in ((found.distance, across), (found.halves, within)):
        assert min(every) - 1e-9 <= told.low <= told.median <= told.high <= max(every) + 1e-9
        assert any(
            abs(told.median - value) < 1e-9 for value in [*every, *(sum(two) / 2 for two in combinations(every, 2))]
        )


@pytest.mark.parametrize("tunes", [40, 300])
def test_a_set_of_any_size_out_of_the_same_population_is_as_far_as_chance_makes_it(tunes: int) -> None:
    ratios = [
        own.ratio or 0
        for seed in range(20)
        for own in distances(drawn(seed, tunes), drawn(1000 + seed, 80), 200).values()
    ]
    assert np.median(ratios) == pytest.approx(1, abs=0.1)
    assert np.quantile(ratios, 0.95) < 2


def test_another_population_is_farther() -> None:
    found = distances(drawn(1, 300, shift=1), drawn(2, 80), 200)
    assert len(found) == 3
    for own in found.values():
        assert own.ratio is not None
        assert own.ratio > 2
        assert own.distance.low > own.halves.median


def test_an_interval_is_wider_where_there_are_fewer_tunes() -> None:
    def width(found: dict[str, Distance]) -> float:
        return found[NUMBER.name].distance.high - found[NUMBER.name].distance.low

    assert width(distances(drawn(1, 20), drawn(2, 20))) > 1.5 * width(distances(drawn(1, 200), drawn(2, 200)))


def test_no_more_tunes_are_drawn_than_half_of_the_reference_or_the_smaller_set_has() -> None:
    assert distances(drawn(1, 300), drawn(2, 81), 5)[NUMBER.name].size == 40
    assert distances(drawn(1, 7), drawn(2, 81), 5)[NUMBER.name].size == 7


def test_features_that_too_few_tunes_have_are_left_out() -> None:
    assert distances(of_numbers(1), of_numbers(1), 5) == {}
    assert distances(of_numbers(), of_numbers(1, 2), 5) == {}
    assert list(distances(of_numbers(1), of_numbers(1, 2), 5)) == [NUMBER.name]
    assert differences(of_numbers(1), of_numbers(), of_numbers(1), 5) == {}


def test_the_same_seed_draws_the_same_tunes_and_the_same_halves_for_every_set() -> None:
    one, reference = drawn(1, 50), drawn(2, 80)
    assert distances(one, reference, 50, seed=3) == distances(one, reference, 50, seed=3)
    assert distances(one, reference, 50, seed=3) != distances(one, reference, 50, seed=4)
    other = distances(drawn(5, 300, shift=1), reference, 50, seed=3)
    assert {own.halves for own in other.values()} == {own.halves for own in distances(one, reference, 50, 3).values()}
    assert differences(one, drawn(3, 60), reference, 50, 1) == differences(one, drawn(3, 60), reference, 50, 1)


def test_which_of_two_sets_is_closer() -> None:
    near, far, reference = drawn(1, 200), drawn(2, 300, shift=1), drawn(3, 80)
    for own in differences(near, far, reference, 300).values():
        assert own.low < own.median < own.high < 0
    for own in differences(far, near, reference, 300).values():
        assert 0 < own.low < own.median < own.high


def test_two_sets_of_unequal_size_out_of_one_population_are_rarely_told_apart() -> None:
    told = [
        own.low > 0 or own.high < 0
        for seed in range(15)
        for own in differences(drawn(seed, 60), drawn(100 + seed, 400), drawn(200 + seed, 80), 200).values()
    ]
    assert sum(told) <= len(told) // 10
