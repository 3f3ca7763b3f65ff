from __future__ import annotations

import pytest
import torch

from tunewright.models.dropout import dropout


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_a_share_is_dropped_and_the_others_grow_in_proportion(share: float) -> None:
    torch.manual_seed(0)
    values = torch.full((3, 250, 401), 2.0)
    found = dropout(values, share, training=True)
    assert (found == 0).float().mean().item() == pytest.approx(share, rel=0.1)
    kept = found[found != 0]
    assert torch.allclose(kept, torch.full_like(kept, 2 / (1 - share)), rtol=1e-3)
    assert found.mean().item() == pytest.approx(2, rel=0.02)
    assert (values == 2).all()


def test_neighbours_and_calls_are_dropped_independently() -> None:
    torch.manual_seed(0)
    first, second = (dropout(torch.ones(400_000), 0.5, training=True) == 0 for _ in range(2))
    for one, other in [(first, second), *((first[lag:], first[:-lag]) for lag in (1, 2, 3, 4))]:
        assert (one & other).float().mean().item() == pytest.approx(0.25, abs=0.005)


def test_gradients_flow_where_nothing_was_dropped_and_a_seed_repeats_it() -> None:
    values = torch.ones(1001, dtype=torch.bfloat16, requires_grad=True)
    torch.manual_seed(3)
    found = dropout(values, 0.25, training=True)
    found.sum().backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert torch.equal(values.grad, found)
    torch.manual_seed(3)
    assert torch.equal(dropout(values, 0.25, training=True), found)


def test_nothing_is_dropped_while_not_training_or_of_no_share() -> None:
    values = torch.ones(9)
    assert dropout(values, 0.5, training=False) is values
    assert dropout(values, 0.0, training=True) is values
    assert dropout(torch.ones(0, 3), 0.5, training=True).shape == (0, 3)
