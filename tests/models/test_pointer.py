from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tunewright.models.exact_product import Precision
from tunewright.models.pointer import Pointer
from tunewright.models.recurrent import GRU, LSTM, Recurrent

SIZE = 17
BOUNDARY = SIZE - 1
TOLERANCE: dict[Precision, float] = {"int8": 0.25, "float32": 1e-4}
KINDS = [LSTM, GRU]
LAYERS = [1, 2]


def lively(kind: type[Recurrent], layers: int = 2, reach: int = 256) -> Recurrent:
    """A model that points with conviction, as a trained one does."""
    torch.manual_seed(0)
    model = kind(SIZE, BOUNDARY, embedding_size=24, hidden_size=20, layers=layers, pointer_size=8, pointer_reach=reach)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
        assert model.pointer is not None
        for asked in (model.pointer.query, model.pointer.key):
            asked.weight.mul_(5)
    return model.eval()


def pieces(rows: int, time: int) -> Tensor:
    """A boundary, and then symbols that are none."""
    ids = torch.randint(0, BOUNDARY, (rows, time))
    ids[:, 0] = BOUNDARY
    return ids


def step_by_step(model: Any, inputs: Tensor, memory: Any = None) -> tuple[Tensor, Any]:
    steps = []
    for at in range(inputs.shape[1]):
        logits, memory = model(inputs[:, at : at + 1], memory)
        steps.append(logits)
    return torch.cat(steps, dim=1), memory


# The plain pointer


def slowly(pointer: Pointer, features: Tensor, symbols: list[int]) -> Tensor:
    """Where it points, one place and one earlier symbol after another: (time, symbols)."""
    found = torch.zeros(len(symbols), pointer.symbols)
    for now in range(len(symbols)):
        begin = max((place for place in range(now + 1) if symbols[place] == BOUNDARY), default=-1)
        weights = {}
        for place in range(begin + 1, now + 1):
            if place:
                key = pointer.key(features[place - 1])
                weights[place] = math.exp(float(pointer.query(features[now]) @ key) / math.sqrt(pointer.size))
        total = sum(weights.values()) + math.exp(float(pointer.nothing))
        for place, weight in weights.items():
            found[now, symbols[place]] += weight / total
    return found


@torch.no_grad()
def test_it_points_at_what_came_after_contexts_like_this_one() -> None:
    torch.manual_seed(0)
    pointer = Pointer(SIZE, BOUNDARY, features=6, size=4, deciding=6, reach=100)
    pointer.nothing.fill_(0.3)
    symbols = [BOUNDARY, 3, 5, 3, 5, 7, BOUNDARY, 3, 5, 2, 3]
    features = torch.randn(1, len(symbols), 6)
    pointed, (keys, kept) = pointer(features, torch.tensor([symbols]), pointer.empty(1))
    assert torch.allclose(pointed[0], slowly(pointer, features[0], symbols), atol=1e-6)
    assert (keys.shape, kept.tolist()) == ((1, 11, 4), [symbols])
    assert pointed[0, 6].sum() == 0  # a piece has just begun
    assert pointed[0, 7:, 7].sum() == 0  # which the first piece alone has


@torch.no_grad()
def test_what_is_left_of_the_probability_is_the_models_own() -> None:
    torch.manual_seed(0)
    pointer = Pointer(5, None, features=6, size=4, deciding=6, reach=9)
    logits, deciding = torch.randn(1, 2, 5), torch.randn(1, 2, 6)
    pointed = torch.tensor([[[0.0, 0.5, 0.0, 0.2, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]]])
    trust = pointer.trust(deciding).sigmoid()
    expected = (1 - trust * pointed.sum(-1, keepdim=True)) * logits.softmax(-1) + trust * pointed
    mixed = pointer.mixed(logits, pointed, deciding)
    assert torch.allclose(mixed.exp(), expected, atol=1e-6)
    assert torch.allclose(mixed.exp().sum(-1), torch.ones(1, 2), atol=1e-6)


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_reads_in_windows_as_at_once(kind: type[Recurrent], layers: int) -> None:
    model, inputs = lively(kind, layers), pieces(3, 40)
    inputs[1, 25] = BOUNDARY
    expected, _ = model(inputs)
    memory, found = None, []
    for start, end in ((0, 5), (5, 6), (6, 24), (24, 40)):
        logits, memory = model(inputs[:, start:end], memory)
        found.append(logits)
    assert torch.allclose(torch.cat(found, dim=1), expected, atol=1e-5)


def test_it_remembers_no_further_than_it_reaches() -> None:
    model, inputs = lively(LSTM, reach=6), pieces(2, 30)
    _, memory = model(inputs)
    keys, symbols = memory[-1]
    assert keys.shape == (2, 6, 8)
    assert torch.equal(symbols, inputs[:, -6:])


def test_gradients_reach_every_parameter() -> None:
    model, inputs = lively(LSTM).train(), pieces(3, 30)
    logits, _ = model(inputs[:, :-1])
    model.emission.nll(logits, inputs[:, 1:]).mean().backward()  # type: ignore[no-untyped-call]
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def repeated(rows: int) -> Tensor:
    half = torch.randint(0, BOUNDARY, (rows, 12))
    return torch.cat([torch.full((rows, 1), BOUNDARY), half, half], dim=1)


@pytest.mark.parametrize("pointer_size", [0, 16])
def test_a_piece_that_repeats_itself_is_learned_by_pointing_alone(pointer_size: int) -> None:
    torch.manual_seed(0)
    model = LSTM(SIZE, BOUNDARY, embedding_size=16, hidden_size=32, pointer_size=pointer_size)
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(150):
        ids = repeated(32)
        loss = model.emission.nll(model(ids[:, :-1])[0], ids[:, 1:])[:, 13:].mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    ids = repeated(64)
    nats = model.emission.nll(model(ids[:, :-1])[0], ids[:, 1:])[:, 13:].mean().item()
    assert nats < 0.5 if pointer_size else nats > 2.0


# Its twin


@pytest.mark.parametrize("precision", TOLERANCE)
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_twin_says_what_the_plain_model_says(kind: type[Recurrent], layers: int, precision: Precision) -> None:
    model, inputs = lively(kind, layers), pieces(4, 40)
    expected = model(inputs)[0].detach()
    twin = model.for_inference(precision)
    window, _ = twin(inputs)
    assert torch.equal(window, step_by_step(twin, inputs)[0])
    assert (window - expected).abs().max() < TOLERANCE[precision] < expected.std()


@pytest.mark.parametrize("precision", TOLERANCE)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_do_not_depend_on_their_company(kind: type[Recurrent], precision: Precision) -> None:
    twin, inputs = lively(kind).for_inference(precision), pieces(140, 9)
    expected, _ = twin(inputs)
    for rows in ([3], [139, 3], list(range(30, 63)), list(range(139, -1, -1)), [7] * 40):
        assert torch.equal(twin(inputs[rows])[0], expected[rows])


@pytest.mark.parametrize("twin", [False, True])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_rows_of_all_ages_go_on_as_if_alone(twin: bool, data: st.DataObject) -> None:
    model: Any = lively(LSTM).for_inference() if twin else lively(LSTM)
    symbols = st.lists(st.integers(0, BOUNDARY - 1), max_size=8)
    ids = [[BOUNDARY, *own] for own in data.draw(st.lists(symbols, min_size=1, max_size=4))]
    memories = [model(torch.tensor([own]))[1] for own in ids]
    order = data.draw(st.lists(st.integers(0, len(ids) - 1), min_size=1, max_size=6))
    together = model.empty(len(order))
    for row, own in enumerate(order):
        together = model.assign(together, torch.tensor([row]), memories[own], torch.tensor([0]))
    kept = data.draw(st.lists(st.integers(0, len(order) - 1), min_size=1, max_size=6))
    together = model.select(together, torch.tensor(kept))
    logits, together = model(torch.full((len(kept), 1), 5), together)
    logits, _ = model(torch.full((len(kept), 1), 6), together)
    for row, own in zip(logits, [order[place] for place in kept], strict=True):
        alone = step_by_step(model, torch.tensor([[5, 6]]), memories[own])[0][0, 1:]
        assert torch.equal(row, alone) if twin else torch.allclose(row, alone, atol=1e-5)


def test_a_memory_can_be_gone_on_from_twice() -> None:
    twin = lively(LSTM).for_inference()
    _, memory = twin(pieces(3, 6))
    once, after = twin(torch.tensor([[1], [2], [3]]), memory)
    other, _ = twin(torch.tensor([[4], [5], [6]]), memory)
    again, after_again = twin(torch.tensor([[1], [2], [3]]), memory)
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    following = torch.tensor([[7], [8], [9]])
    assert torch.equal(twin(following, after)[0], twin(following, after_again)[0])
