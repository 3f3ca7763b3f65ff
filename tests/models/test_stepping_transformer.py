from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.models.test_transformer import POSITIONS, SIZE, ids, lively
from tunewright.models import exact_product
from tunewright.models.attention import Positions
from tunewright.models.attention_cache import SPARE, Memory
from tunewright.models.exact_product import Precision
from tunewright.models.stepping_attention import GRIDS, Grid, SteppingAttention, _product
from tunewright.models.stepping_transformer import SteppingTransformer
from tunewright.models.transformer import Transformer

PRECISIONS: tuple[Precision, ...] = ("int8", "float32")
CONTEXT = 7
Twin = SteppingTransformer


@pytest.fixture(params=["a private kernel, if there is one", "a plain kernel"])
def any_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "a plain kernel":
        monkeypatch.setattr(exact_product, "_has_onednn", lambda: False)


@pytest.fixture(scope="module", params=POSITIONS)
def trained(request: pytest.FixtureRequest) -> Transformer:
    """A model that has learned a little: sequences that count up, or down, or stay."""
    torch.manual_seed(0)
    model = Transformer(SIZE, hidden_size=32, heads=4, layers=3, context=12, positions=request.param)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(100):
        logits, _ = model(inputs := counting(16, 25))
        loss = model.emission.nll(logits[:, :-1], inputs[:, 1:]).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert loss.item() < 1
    return model.eval()


def counting(rows: int, time: int) -> Tensor:
    steps = torch.randint(-1, 2, (rows, 1)) * torch.arange(time)
    return (torch.randint(0, SIZE, (rows, 1)) + steps) % SIZE


def grown_up(twin: Twin, ages: list[int]) -> Any:
    """A memory with a row for each age, each having read something else, put together by ``assign``."""
    together = twin.empty(len(ages))
    for row, age in enumerate(ages):
        if age:
            _, alone = twin(ids(row + 1, age)[-1:])
            together = twin.assign(together, torch.tensor([row]), alone, torch.tensor([0]))
    return together


def test_the_twin_says_what_the_plain_model_says(trained: Transformer) -> None:
    inputs = counting(20, 40)
    expected = trained(inputs)[0].detach().log_softmax(-1)
    for precision, most in (("int8", 3e-3), ("float32", 1e-8)):
        found = trained.for_inference(precision)(inputs)[0].log_softmax(-1)  # type: ignore[arg-type]
        divergence = (expected.exp() * (expected - found)).sum(-1)
        assert divergence.mean() < most, precision
    assert (found - expected).abs().max() < 1e-3


@pytest.mark.usefixtures("any_kernel")
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize(("hidden_size", "context"), [(16, CONTEXT), (60, 130)])
def test_rows_do_not_depend_on_their_company(
    hidden_size: int, context: int, positions: Positions, precision: Precision
) -> None:
    twin = lively(positions, context, hidden_size=hidden_size).for_inference(precision)
    ages = [row * 23 % 29 for row in range(33)]
    memory, inputs = grown_up(twin, ages), ids(33, 3)
    logits, after = twin(inputs, memory)
    for rows in ([3], [32, 3], [3, 4, 5, 6, 7, 8, 9], list(range(32, -1, -1)), [7] * 50):
        own = twin.select(memory, torch.tensor(rows))
        found, found_after = twin(inputs[rows], own)
        assert torch.equal(found, logits[rows])
        # What they remember is the same too: it leads on to the same.
        onward = inputs.flip(1)
        assert torch.equal(twin(onward[rows], found_after)[0], twin(onward, after)[0][rows])


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("positions", POSITIONS)
def test_old_rows_are_as_they_would_be_alone(positions: Positions, precision: Precision) -> None:
    twin = lively(positions).for_inference(precision)
    time = 4 * SPARE  # past the context, and past what a store holds
    logits, _ = twin(ids(5, time))
    for row in (0, 4):
        memory = twin.empty(1)
        for at in range(time):
            found, memory = twin(ids(5, time)[row : row + 1, at : at + 1], memory)
            assert torch.equal(found[0, 0], logits[row, at])


@pytest.mark.parametrize("threads", [2, 3])
def test_rows_do_not_depend_on_the_number_of_threads(threads: int) -> None:
    twin, inputs = lively("relative", 40, hidden_size=64).for_inference(), ids(130, 5)
    before = torch.get_num_threads()
    expected, _ = twin(inputs)
    try:
        torch.set_num_threads(threads)
        found, _ = twin(inputs)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("positions", POSITIONS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_memories_can_be_used_in_any_order(positions: Positions, data: st.DataObject) -> None:
    """Steps, selections and assignments in any order, with every memory that was not given away still in use."""
    twin = lively(positions, context=3).for_inference()
    read: list[list[tuple[int, ...]]] = [[(), ()]]
    memories: list[Any] = [twin.empty(2)]
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(read) - 1))
        rows = st.integers(0, len(read[at]) - 1)
        kind = data.draw(st.sampled_from(["step", "select", "assign"]))
        if kind == "step":
            symbols = data.draw(st.lists(st.integers(0, SIZE - 1), min_size=len(read[at]), max_size=len(read[at])))
            memories.append(twin(torch.tensor(symbols).unsqueeze(1), memories[at])[1])
            read.append([(*past, symbol) for past, symbol in zip(read[at], symbols, strict=True)])
        elif kind == "select":
            kept = data.draw(st.lists(rows, min_size=1, max_size=3))
            memories.append(twin.select(memories[at], torch.tensor(kept)))
            read.append([read[at][row] for row in kept])
        elif (other := data.draw(st.integers(0, len(read) - 1))) != at:
            row, source = data.draw(rows), data.draw(st.integers(0, len(read[other]) - 1))
            places = torch.tensor([row]), memories[other], torch.tensor([source])
            memories[at] = twin.assign(memories[at], *places)
            read[at] = [*read[at][:row], read[other][source], *read[at][row + 1 :]]
    for pasts, memory in zip(read, memories, strict=True):
        found, _ = twin(torch.full((len(pasts), 1), 5), memory)
        for past, row in zip(pasts, found, strict=True):
            assert torch.equal(row, twin(torch.tensor([[*past, 5]]))[0][0, -1:])


def test_assigning_leaves_the_source_and_older_memories_as_they_are() -> None:
    twin, symbols = lively().for_inference(), ids(3, 1)
    older = twin(ids(3, 6))[1]
    newer, source = twin(symbols, older)[1], twin(ids(2, 5))[1]
    expected = [twin(symbols, memory)[0] for memory in (older, twin.select(source, torch.tensor([0, 1, 0])))]
    twin.assign(newer, torch.tensor([1]), source, torch.tensor([0]))
    found = [twin(symbols, memory)[0] for memory in (older, twin.select(source, torch.tensor([0, 1, 0])))]
    assert all(map(torch.equal, found, expected))


def test_finished_rows_are_replaced_in_place() -> None:
    twin = lively().for_inference()
    memory, other = twin(ids(3, 20))[1], twin(ids(2, 5))[1]
    states = memory.store.states
    after = twin.assign(memory, torch.tensor([1]), other, torch.tensor([0]))
    assert after.store.states is states
    again = twin(torch.tensor([[1], [2], [3]]), after)[1]
    assert again.store.states is states  # a step copies nothing either


def test_a_long_composition_keeps_little_more_than_the_context() -> None:
    context = 40 * SPARE
    memory = Memory.empty(np.zeros((1, 2, 1, 1, SPARE, 1), dtype=np.float32), context)
    stores = set()
    for _ in range(10 * context):
        memory = memory.grown()
        stores.add(memory.store.states.shape[4])
    assert int(memory.ages[0]) == 10 * context
    assert max(stores) <= 1.25 * context + SPARE
    assert memory.attended()[0].shape[4] == context + 1


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=200, deadline=None)
@given(head_size=st.integers(1, 256), slots=st.integers(2, 4097))
def test_no_sum_of_attention_is_larger_than_what_floats_hold(precision: Precision, head_size: int, slots: int) -> None:
    kind, cached = GRIDS[precision]
    grid = Grid(kind, cached, slots, head_size)
    exact = 2**24 if precision == "int8" else 2**53
    assert min(grid.query, grid.relative, grid.exponential, grid.share / slots) >= 1
    assert head_size * grid.query * grid.cached <= exact
    assert head_size * grid.relative**2 <= exact
    assert slots * grid.exponential <= exact
    assert (grid.share + slots / 2) * grid.cached <= exact


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("positions", POSITIONS)
def test_attention_is_the_same_in_whatever_order_it_is_summed(positions: Positions, precision: Precision) -> None:
    twin = lively(positions, context=300, hidden_size=256).for_inference(precision)
    _, memory = twin(ids(2, 250))
    attention = twin.blocks[0].attention
    keys, values = memory.attended()[0][0]
    assert (np.abs(np.rint(keys)) <= twin.grid.cached).all()
    queries = torch.randn(2, 2, 128).numpy()
    scores = SteppingAttention.scores(attention, queries, keys)
    shares = attention._shares(scores.copy())
    features, places = np.random.default_rng(0).permutation(128), np.random.default_rng(0).permutation(250)
    assert (attention._shares(scores[..., places]) == shares[..., places]).all()
    heard = _product(shares[:, :, None], values)
    assert (_product(shares[:, :, None, places], values[:, :, places]) == heard).all()
    attention.worth = attention.worth[..., features]
    assert (SteppingAttention.scores(attention, queries[..., features], keys[..., features]) == scores).all()


@pytest.mark.parametrize("positions", POSITIONS)
def test_no_rows_are_no_trouble(positions: Positions) -> None:
    twin = lively(positions).for_inference()
    memory = twin.select(twin(ids(2, 3))[1], torch.tensor([], dtype=torch.long))
    logits, memory = twin(torch.zeros(0, 1, dtype=torch.long), memory)
    assert logits.shape == (0, 1, SIZE)
    nobody = torch.tensor([], dtype=torch.long)
    assert len(twin.assign(twin.empty(3), nobody, memory, nobody).ages) == 3


def test_extremes_stay_exact() -> None:
    """Weights of all sizes, features that are always zero: nothing overflows, nothing depends on company."""
    model = lively("relative", context=40, hidden_size=64, heads=1)
    with torch.no_grad():
        for number, parameter in enumerate(model.parameters()):
            parameter.mul_(10.0 ** (number % 5 - 2))
        model.blocks[0].attention.entry.weight[64:80] = 0  # type: ignore[union-attr, operator]
        model.blocks[0].attention.entry.bias.zero_()  # type: ignore[union-attr, operator]
    for precision in PRECISIONS:
        twin = model.for_inference(precision)
        logits, _ = twin(ids(40, 50))
        assert logits.isfinite().all()
        for row in (0, 39):
            assert torch.equal(twin(ids(40, 50)[row : row + 1])[0][0], logits[row])


def test_the_twin_is_a_copy_and_its_own_twin() -> None:
    model = lively()
    twin = model.for_inference()
    before, _ = twin(ids(2, 3))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    assert torch.equal(twin(ids(2, 3))[0], before)
    assert twin.for_inference() is twin
    assert type(twin.emission) is type(model.emission)
