from __future__ import annotations

import math

import pytest
import torch

from tunewright.decoding.filters import greedy, min_p, temperature, top_k, top_p

LOGITS = torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log()


def kept(logits: torch.Tensor) -> list[int]:
    return torch.isfinite(logits[0]).nonzero().flatten().tolist()


@pytest.mark.parametrize(("value", "expected"), [(1, [0]), (2, [0, 1]), (4, [0, 1, 2, 3]), (99, [0, 1, 2, 3])])
def test_top_k(value: int, expected: list[int]) -> None:
    assert kept(top_k(LOGITS, value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0.1, [0]), (0.5, [0]), (0.6, [0, 1]), (0.8, [0, 1, 2]), (1.0, [0, 1, 2, 3])]
)
def test_top_p_keeps_the_fewest_that_reach_it(value: float, expected: list[int]) -> None:
    assert kept(top_p(LOGITS, value)) == expected


@pytest.mark.parametrize(("value", "expected"), [(0.0, [0, 1, 2, 3]), (0.25, [0, 1, 2]), (0.5, [0, 1]), (0.9, [0])])
def test_min_p(value: float, expected: list[int]) -> None:
    assert kept(min_p(LOGITS, value)) == expected


def test_greedy_keeps_one_even_of_equals() -> None:
    assert kept(greedy(torch.zeros(1, 5))) == [0]


def test_temperature_raises_probabilities_to_a_power() -> None:
    found = temperature(LOGITS, 0.5).softmax(-1)
    squared = LOGITS.exp() ** 2
    assert torch.allclose(found, squared / squared.sum())


def test_filters_pass_over_what_is_already_out() -> None:
    logits = LOGITS.clone()
    logits[0, 0] = -math.inf
    for filtered in (top_k(logits, 1), top_p(logits, 0.3), min_p(logits, 0.9), greedy(logits)):
        assert kept(filtered) == [1]
