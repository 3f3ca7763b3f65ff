from __future__ import annotations

import pytest
import torch

from tunewright.models.emission import Categorical


def test_nll_is_the_log_softmax_of_the_target() -> None:
    logits = torch.randn(3, 5, 7)
    target = torch.randint(0, 7, (3, 5))
    expected = -logits.log_softmax(-1).gather(-1, target.unsqueeze(-1)).squeeze(-1)
    assert torch.allclose(Categorical().nll(logits, target), expected, atol=1e-6)


def test_the_likeliest_symbol_is_that_of_the_greatest_logit() -> None:
    assert Categorical().likeliest(torch.tensor([[0.0, 3.0, 1.0], [2.0, -1.0, 2.0]])).tolist() == [1, 0]


def test_draws_follow_the_probabilities() -> None:
    logits = torch.tensor([0.1, 0.2, 0.0, 0.7]).log()
    uniforms = (torch.arange(10_000, dtype=torch.float64) / 10_000).unsqueeze(1)
    drawn = Categorical().draw(logits.expand(10_000, 4), uniforms)
    assert torch.bincount(drawn, minlength=4).tolist() == [1000, 2000, 0, 7000]


NEVER = float("-inf")
BELOW_ONE = 1 - 2**-53


@pytest.mark.parametrize("uniform", [0.0, 0.5, BELOW_ONE])
def test_the_impossible_is_never_drawn(uniform: float) -> None:
    for possible in range(4):
        logits = torch.full((1, 4), NEVER)
        logits[0, possible] = -50.0
        assert Categorical().draw(logits, torch.tensor([[uniform]], dtype=torch.float64)).item() == possible


@pytest.mark.parametrize("size", [3, 9, 61, 257])
@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_just_below_one_the_last_possible_symbol_is_drawn(size: int, scale: float) -> None:
    torch.manual_seed(size)
    logits = torch.randn(200, size) * scale
    last = torch.arange(200) % size
    logits[torch.arange(size) > last[:, None]] = NEVER
    edge = torch.full((200, 1), BELOW_ONE, dtype=torch.float64)
    drawn = Categorical().draw(logits, edge)
    assert (drawn <= last).all()
    # Rounding may leave nothing for a last symbol that is less likely than one in 2**50.
    likely = logits.double().softmax(-1)[torch.arange(200), last] > 2**-50
    assert likely.any()
    assert torch.equal(drawn[likely], last[likely])


def test_at_zero_the_first_possible_symbol_is_drawn() -> None:
    logits = torch.tensor([[NEVER, NEVER, -3.0, 5.0], [-3.0, 5.0, NEVER, NEVER]])
    assert Categorical().draw(logits, torch.zeros(2, 1, dtype=torch.float64)).tolist() == [2, 0]


def test_a_row_is_drawn_alike_in_any_company_and_at_any_level() -> None:
    torch.manual_seed(1)
    logits = torch.randn(64, 37) * 4
    uniforms = torch.rand(64, 1, dtype=torch.float64)
    together = Categorical().draw(logits, uniforms)
    alone = [Categorical().draw(logits[[row]], uniforms[[row]]).item() for row in range(64)]
    assert together.tolist() == alone
    higher = logits + 8192
    assert torch.equal(Categorical().draw(higher, uniforms), Categorical().draw(higher - 8192, uniforms))
