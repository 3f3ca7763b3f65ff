from __future__ import annotations

import pytest
import torch

from tunewright.models.emission import Categorical


def test_nll_is_the_log_softmax_of_the_target() -> None:
    logits = torch.randn(3, 5, 7)
    target = torch.randint(0, 7, (3, 5))
    expected = -logits.log_softmax(-1).gather(-1, target.unsqueeze(-1)).squeeze(-1)
    assert torch.allclose(Categorical().nll(logits, target), expected, atol=1e-6)


def test_draws_follow_the_probabilities() -> None:
    logits = torch.tensor([0.1, 0.2, 0.0, 0.7]).log()
    uniforms = (torch.arange(10_000, dtype=torch.float64) / 10_000).unsqueeze(1)
    drawn = Categorical().draw(logits.expand(10_000, 4), uniforms)
    assert torch.bincount(drawn, minlength=4).tolist() == [1000, 2000, 0, 7000]


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1 - 2**-53])
def test_the_impossible_is_never_drawn(uniform: float) -> None:
    never = float("-inf")
    for possible in range(4):
        logits = torch.full((1, 4), never)
        logits[0, possible] = -50.0
        assert Categorical().draw(logits, torch.tensor([[uniform]], dtype=torch.float64)).item() == possible
