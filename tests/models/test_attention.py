"""Long windows: blocks of queries, memory, mixed precision and compiling."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.models.test_transformer import POSITIONS, ids, lively
from tunewright.models import attention
from tunewright.models.attention import Positions, RelativeAttention
from tunewright.models.transformer import Transformer


def gradients(model: Transformer, read: Any, inputs: Tensor, memory: Any = None) -> list[Tensor]:
    """The logits, and the gradient of each parameter."""
    model.zero_grad()
    torch.manual_seed(1)
    logits, _ = read(inputs, memory)
    model.emission.nll(logits, inputs).mean().backward()  # type: ignore[no-untyped-call]
    found = [parameter.grad for parameter in model.parameters()]
    return [logits.detach(), *(own.clone() for own in found if own is not None)]


def close(found: list[Tensor], expected: list[Tensor]) -> bool:
    pairs = zip(found, expected, strict=True)
    return all(torch.allclose(own, other, atol=1e-5) for own, other in pairs)


@pytest.mark.parametrize("longest", [3, 100])
@pytest.mark.parametrize("remembered", [0, 4])
def test_relative_attention_equals_a_vector_for_each_pair_and_so_do_its_gradients(
    remembered: int, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(attention.BLOCKS, "cpu", 5)
    torch.manual_seed(0)
    own = RelativeAttention(12, 3, longest, dropout=0)
    features, before = torch.randn(2, 13, 12), torch.randn(2, 2, 3, remembered, 4)
    heard, _, _ = own(features, *before, None)
    heard.square().sum().backward()
    found = [heard, *(parameter.grad for parameter in own.parameters() if parameter.grad is not None)]

    queries, *newer = own.entry(features).view(2, 13, 3, 3, 4).permute(2, 0, 3, 1, 4)
    keys, values = (torch.cat(parts, dim=2) for parts in zip(before, newer, strict=True))
    distances = torch.arange(13).unsqueeze(1) + remembered - torch.arange(remembered + 13)
    vectors = own.distances[:, distances.clamp(0, longest)]  # (heads, time, all, head size)
    scores = ((keys.unsqueeze(2) + vectors) * queries.unsqueeze(3)).sum(-1) / 2
    weights = scores.masked_fill(distances < 0, float("-inf")).softmax(-1)
    plain = own.leave((weights @ values).transpose(1, 2).reshape(2, 13, 12))
    own.zero_grad()
    plain.square().sum().backward()
    assert close(found, [plain, *(parameter.grad for parameter in own.parameters() if parameter.grad is not None)])


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@pytest.mark.parametrize("positions", POSITIONS)
def test_blocks_give_what_whole_windows_give(
    positions: Positions, dropout: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = lively(positions, context=20, dropout=dropout)
    before = model.assign(model(ids(3, 9))[1], torch.tensor([1]), model(ids(1, 4))[1], torch.tensor([0]))
    memories = [None, tuple(part.detach() for part in before)]
    whole = [gradients(model, model, ids(3, 17), memory) for memory in memories]
    monkeypatch.setitem(attention.BLOCKS, "cpu", 5)
    for memory, expected in zip(memories, whole, strict=True):
        assert close(gradients(model, model, ids(3, 17), memory), expected)
    found = gradients(model.train(), model, ids(3, 17))  # dropped once more alike on the way back
    assert all(own.isfinite().all() for own in found)
    assert close(found, gradients(model, model, ids(3, 17)))
    assert close(found, whole[0]) == (dropout == 0)


@pytest.mark.parametrize("positions", POSITIONS)
def test_what_training_keeps_grows_with_the_length_not_its_square(
    positions: Positions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(attention.BLOCKS, "cpu", 8)
    model = lively(positions, context=512, dropout=0.1).train()

    def kept(time: int) -> int:
        counts: dict[int, int] = {}

        def keep(tensor: Tensor) -> Tensor:
            counts[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().size()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            logits, _ = model(ids(1, time))  # held until all is counted
        assert logits.requires_grad
        return sum(counts.values())

    assert kept(512) < 2.1 * kept(256)


@pytest.mark.parametrize("positions", POSITIONS)
def test_half_precision_is_close(positions: Positions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(attention.BLOCKS, "cpu", 5)
    model = Transformer(11, hidden_size=32, heads=2, layers=2, context=20, positions=positions).train()
    expected = gradients(model, model, ids(3, 17))
    with torch.autocast("cpu", torch.bfloat16):
        found = gradients(model, model, ids(3, 17))
    assert found[0].dtype == torch.bfloat16
    for own, other in zip(found, expected, strict=True):
        assert (own - other).norm() < 0.05 * other.norm() + 1e-4


@pytest.mark.parametrize("positions", POSITIONS)
def test_it_compiles_in_one_piece_and_learns_the_same(positions: Positions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(attention.BLOCKS, "cpu", 5)
    model = lively(positions, context=20, dropout=0.1, layers=1).train()
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    assert close(gradients(model, compiled, ids(2, 7)), gradients(model, model, ids(2, 7)))
