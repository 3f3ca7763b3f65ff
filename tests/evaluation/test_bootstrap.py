from __future__ import annotations

import math

import numpy as np
import pytest

from tunewright.evaluation.bootstrap import Floats, interval, rate, ratio


def mean(values: Floats) -> Floats:
    found: Floats = values.mean(axis=-1)
    return found


def test_the_interval_of_a_mean_is_what_theory_says() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    low, high = interval(mean, values, resamples=4000)
    half = 1.96 * values.std() / math.sqrt(400)
    assert low == pytest.approx(values.mean() - half, abs=half / 10)
    assert high == pytest.approx(values.mean() + half, abs=half / 10)


def test_it_holds_the_truth_as_often_as_it_says() -> None:
    chance = np.random.default_rng(1)
    ends = [interval(mean, chance.normal(0, 1, 60), resamples=400, seed=n) for n in range(300)]
    assert 0.90 < np.mean([low < 0 < high for low, high in ends]) < 0.98


def test_a_wider_level_has_a_wider_interval() -> None:
    values = np.random.default_rng(2).normal(size=30)
    narrow, wide = (interval(mean, values, level=level) for level in (0.5, 0.99))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_cases_are_weighed_by_their_units() -> None:
    # Bits per unit are 1 in each long case and 100 in the only short one, which hardly counts.
    units = np.array([1000.0] * 20 + [1.0])
    bits = np.array([1000.0] * 20 + [100.0])
    assert rate(bits, units) == pytest.approx(20100 / 20001)
    low, high = interval(rate, bits, units)
    assert 1 <= low < high < 1.05


def test_what_is_measured_on_the_same_cases_is_compared_in_pairs() -> None:
    chance = np.random.default_rng(3)
    bits, units = chance.uniform(10, 500, 40), chance.uniform(50, 300, 40)
    assert interval(ratio, 0.8 * bits, units, bits, units) == pytest.approx((0.8, 0.8))


def test_the_seed_decides_the_draws() -> None:
    values = np.random.default_rng(4).normal(size=25)
    assert interval(mean, values, seed=5) == interval(mean, values, seed=5) != interval(mean, values, seed=6)


def test_cases_may_be_of_many_values() -> None:
    counts = np.random.default_rng(5).poisson(3, (4, 50))

    def commonest(drawn: Floats) -> Floats:
        found: Floats = drawn.sum(axis=-1).max(axis=0) / drawn.sum(axis=(0, -1))
        return found

    low, high = interval(commonest, counts)
    assert 0.25 < low < high < 0.5


def test_draws_without_a_figure_are_left_out() -> None:
    bits, units = np.array([3.0, 0, 0]), np.array([1.0, 0, 0])
    assert interval(rate, bits, units) == (3.0, 3.0)
    assert np.isnan(interval(rate, np.zeros(0), np.zeros(0))).all()
