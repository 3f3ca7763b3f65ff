from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tunewright import catalogue
from tunewright.models import exact_product
from tunewright.models.exact_product import Precision
from tunewright.models.recurrent import GRU, LSTM, Recurrent
from tunewright.models.stepping import Stepping

SIZE = 17
PRECISIONS: tuple[Precision, ...] = ("int8", "float32")
TOLERANCE = {"int8": 0.1, "float32": 1e-5}
"""Largest difference of a logit from the plain model's; logits here spread by about 1."""
KINDS = [kind for name in catalogue.parts("model") if issubclass(kind := catalogue.find("model", name), Recurrent)]
COMPANIES: dict[str, list[int]] = {
    "alone": [3],
    "a pair, turned round": [499, 3],
    "five": [3, 4, 5, 6, 7],
    "33": list(range(30, 63)),
    "128": list(range(128)),
    "all, backwards": list(range(499, -1, -1)),
    "nobody but itself": [7] * 50,
}


def lively(kind: type[Recurrent], hidden_size: int, layers: int, embedding_size: int = 24) -> Recurrent:
    """A model whose gates are open wide and shut, as a trained one's are, and not all halfway."""
    torch.manual_seed(0)
    model = kind(SIZE, embedding_size=embedding_size, hidden_size=hidden_size, layers=layers)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
    return model.eval()


def parts(memory: Any) -> Iterator[Tensor]:
    for layer in memory:
        yield from layer


def step_by_step(twin: Any, inputs: Tensor, memory: Any = None) -> tuple[Tensor, Any]:
    steps = []
    for at in range(inputs.shape[1]):
        logits, memory = twin(inputs[:, at : at + 1], memory)
        steps.append(logits)
    return torch.cat(steps, dim=1), memory


@pytest.fixture(params=["a private kernel, if there is one", "a plain kernel"])
def any_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "a plain kernel":
        monkeypatch.setattr(exact_product, "_has_onednn", lambda: False)


@pytest.mark.usefixtures("any_kernel")
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_the_twin_says_what_the_plain_model_says(kind: type[Recurrent], layers: int, precision: Precision) -> None:
    model = lively(kind, 45, layers)
    inputs = torch.randint(0, SIZE, (4, 30))
    expected = model(inputs)[0].detach()
    twin = model.for_inference(precision)
    window, memory = twin(inputs)
    steps, after_steps = step_by_step(twin, inputs)
    assert window.shape == (4, 30, SIZE)
    assert torch.equal(window, steps)
    assert all(map(torch.equal, parts(memory), parts(after_steps)))
    assert (window - expected).abs().max() < TOLERANCE[precision] < expected.std()


@pytest.mark.usefixtures("any_kernel")
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("hidden_size", "layers"), [(13, 2), (96, 1), (1024, 1)])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_do_not_depend_on_their_company(
    kind: type[Recurrent], hidden_size: int, layers: int, precision: Precision
) -> None:
    twin = lively(kind, hidden_size, layers).for_inference(precision)
    inputs = torch.randint(0, SIZE, (500, 3))
    logits, memory = twin(inputs)
    for company, rows in COMPANIES.items():
        found, after = twin(inputs[rows])
        assert torch.equal(found, logits[rows]), company
        assert all(torch.equal(part, whole[rows]) for part, whole in zip(parts(after), parts(memory), strict=True))


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_rows_do_not_depend_on_the_number_of_threads(threads: int) -> None:
    twin = lively(LSTM, 77, 2).for_inference()
    inputs = torch.randint(0, SIZE, (211, 3))
    before = torch.get_num_threads()
    expected, _ = twin(inputs)
    try:
        torch.set_num_threads(threads)
        found, _ = twin(inputs)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("twin", [False, True])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_rows_that_come_and_go_go_on_as_if_alone(kind: type[Recurrent], twin: bool, data: st.DataObject) -> None:
    model: Any = lively(kind, 16, 2).for_inference() if twin else lively(kind, 16, 2)
    ids = data.draw(st.lists(st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=5), min_size=1, max_size=4))
    memories = [model(torch.tensor([own]))[1] for own in ids]
    order = data.draw(st.lists(st.integers(0, len(ids) - 1), min_size=1, max_size=6))
    together = model.empty(len(order))
    for row, own in enumerate(order):
        together = model.assign(together, torch.tensor([row]), memories[own], torch.tensor([0]))
    kept = data.draw(st.lists(st.integers(0, len(order) - 1), max_size=6))
    together = model.select(together, torch.tensor(kept, dtype=torch.long))
    if not (kept or twin):
        return  # nn.LSTM takes no empty batch
    logits, _ = model(torch.full((len(kept), 1), 5), together)
    assert logits.shape == (len(kept), 1, SIZE)
    for row, own in zip(logits, [order[place] for place in kept], strict=True):
        alone = model(torch.tensor([[5]]), memories[own])[0][0]
        assert torch.equal(row, alone) if twin else torch.allclose(row, alone, atol=1e-6)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_have_read_nothing_begin_like_no_memory(kind: type[Recurrent], precision: Precision) -> None:
    twin = lively(kind, 16, 2).for_inference(precision)
    inputs = torch.randint(0, SIZE, (3, 4))
    assert torch.equal(twin(inputs, twin.empty(3))[0], twin(inputs)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_leaves_the_memory_before_it_as_it_is(kind: type[Recurrent]) -> None:
    twin = lively(kind, 16, 2).for_inference()
    _, memory = twin(torch.randint(0, SIZE, (3, 4)))
    once, _ = twin(torch.tensor([[1], [2], [3]]), memory)
    again, _ = twin(torch.tensor([[1], [2], [3]]), memory)
    assert torch.equal(once, again)


def test_assigning_leaves_the_source_and_other_rows_as_they_are() -> None:
    twin = lively(LSTM, 16, 2).for_inference()
    _, memory = twin(torch.randint(0, SIZE, (4, 4)))
    _, source = twin(torch.randint(0, SIZE, (3, 4)))
    before, given_source = twin.select(memory, torch.arange(4)), twin.select(source, torch.arange(3))
    found = twin.assign(memory, torch.tensor([3, 1]), source, torch.tensor([0, 2]))
    assert all(map(torch.equal, parts(source), parts(given_source)))
    for part, old, new in zip(parts(found), parts(before), parts(source), strict=True):
        assert torch.equal(part, torch.stack([old[0], new[2], old[2], new[0]]))


def test_the_twin_is_a_copy_and_its_own_twin() -> None:
    model = lively(GRU, 16, 1)
    twin = model.for_inference()
    inputs = torch.randint(0, SIZE, (2, 3))
    before, _ = twin(inputs)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    assert torch.equal(twin(inputs)[0], before)
    assert twin.for_inference() is twin
    assert isinstance(twin, Stepping)
    assert type(twin.emission) is type(model.emission)
