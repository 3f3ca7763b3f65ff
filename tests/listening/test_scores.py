"""How sure means of scores are, tried on listeners and tunes drawn from a world where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tunewright.listening.scores import FEWEST_LISTENERS, FEWEST_TUNES, Scores

Floats = NDArray[np.float64]
BETTER = 0.5
"""By which composed tunes are truly better than real ones."""


def drawn(
    chance: np.random.Generator, listeners: int, tunes: int, lenience: float = 0.8
) -> tuple[Floats, NDArray[np.bool_]]:
    """Scores of as many composed as real tunes, (listeners, 2 * tunes), and which are composed. Listeners differ in
    lenience and in what they like of either, tunes in how good they are; the truth is 3 for the real ones.
    """
    composed = np.arange(2 * tunes) < tunes
    liking = chance.normal(0, 0.3, (listeners, 2))[:, composed.astype(int)]
    strict = chance.normal(0, lenience, (listeners, 1))
    goodness = 3 + BETTER * composed + chance.normal(0, 0.5, 2 * tunes)
    return goodness + strict + liking + chance.normal(0, 0.7, liking.shape), composed


@pytest.mark.parametrize(("listeners", "tunes"), [(3, 6), (5, 10), (12, 6)])
def test_intervals_hold_the_truth_95_times_of_100(listeners: int, tunes: int) -> None:
    chance = np.random.default_rng(listeners)
    held = np.zeros(2)
    for _ in range(600):
        table, composed = drawn(chance, listeners, tunes)
        scores = Scores(table)
        for at, (found, truth) in enumerate(
            [(scores.mean(~composed), 3.0), (scores.difference(composed, ~composed), BETTER)]
        ):
            assert found.interval is not None
            held[at] += found.interval[0] <= truth <= found.interval[1]
    assert (held / 600 > 0.92).all()
    assert (held / 600 < 0.99).all()


def test_who_heard_what_favours_nobody() -> None:
    """Strict listeners hear all composed tunes and few real ones, lenient ones the other way round."""
    chance = np.random.default_rng(0)
    found, plain = [], []
    for _ in range(200):
        table, composed = drawn(chance, 8, 8, lenience=0.0)
        table += np.where(np.arange(8) < 4, -1.0, 1.0)[:, None]
        strict = (np.arange(8) < 4)[:, None]
        rare = np.where(strict, ~composed, composed) & (chance.random(table.shape) < 0.7)
        table[rare] = np.nan
        found.append(Scores(table).difference(composed, ~composed).value)
        plain.append(np.nanmean(table[:, composed]) - np.nanmean(table[:, ~composed]))
    assert np.mean(plain) < -0.2  # what a mean of all scores would tell
    assert np.mean(found) == pytest.approx(BETTER, abs=0.06)


def test_who_shares_no_tune_with_others_is_taken_for_as_strict_as_they() -> None:
    table = np.array([[1.0, 3.0, np.nan, np.nan], [np.nan, np.nan, 3.0, 5.0]])
    assert Scores(table).tunes == pytest.approx([2.0, 4.0, 2.0, 4.0])


def test_the_mean_of_what_everyone_heard_is_the_plain_one() -> None:
    table = np.random.default_rng(1).integers(1, 6, (4, 7)).astype(float)
    own = np.arange(7) < 5
    assert Scores(table).mean(own).value == pytest.approx(table[:, own].mean())
    assert Scores(table).difference(own, ~own).value == pytest.approx(table[:, own].mean() - table[:, ~own].mean())


@pytest.mark.parametrize(
    ("listeners", "tunes", "told"),
    [
        (FEWEST_LISTENERS, FEWEST_TUNES, True),
        (FEWEST_LISTENERS - 1, FEWEST_TUNES, False),
        (FEWEST_LISTENERS, FEWEST_TUNES - 1, False),
        (1, 20, False),
        (20, 1, False),
    ],
)
def test_of_a_handful_there_is_no_interval(listeners: int, tunes: int, told: bool) -> None:
    table, composed = drawn(np.random.default_rng(0), listeners, tunes)
    scores = Scores(table)
    assert (scores.mean(composed).interval is not None) == told
    assert (scores.difference(composed, ~composed).interval is not None) == told


def test_where_no_two_scores_differ_there_is_no_interval() -> None:
    found = Scores(np.full((5, 9), 4.0)).mean(np.ones(9, dtype=bool))
    assert found.value == pytest.approx(4)
    assert found.interval is None
