"""What heads look at."""

from __future__ import annotations

import pytest
import torch

from tunewright.course.attending import attention_weights
from tunewright.models.transformer import Transformer


@pytest.mark.parametrize("positions", ["relative", "rotary"])
def test_weights_are_those_that_the_model_hears_by(positions: str) -> None:
    torch.manual_seed(0)
    model = Transformer(7, hidden_size=8, heads=2, layers=2, context=6, positions=positions)  # type: ignore[arg-type]
    ids = torch.tensor([1, 4, 2, 6, 0])
    weights = attention_weights(model, ids)
    assert weights.shape == (2, 2, 5, 5)
    assert torch.allclose(weights.sum(dim=-1), torch.ones(2, 2, 5))
    assert torch.equal(weights, weights.tril())

    block = model.blocks[0]
    features = block.attention_norm(model.embedding(ids))  # type: ignore[operator]
    values = block.attention.entry(features)[:, 16:].view(5, 2, 4).transpose(0, 1)  # type: ignore[operator, union-attr]
    heard = block.attention.leave((weights[0] @ values).transpose(0, 1).reshape(5, 8))  # type: ignore[operator, union-attr]
    nothing = torch.zeros(1, 2, 0, 4)
    hidden = torch.ones(5, 5, dtype=torch.bool).triu(1)[None, None]
    right, _, _ = block.attention(features.unsqueeze(0), nothing, nothing, hidden)  # type: ignore[operator]
    assert torch.allclose(heard, right[0], atol=1e-6)
