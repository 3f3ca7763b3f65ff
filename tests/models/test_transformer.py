from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional

from tests.decoding.test_beam import search
from tunewright.errors import SettingsError
from tunewright.models.attention import Positions, RelativeAttention, RotaryAttention, turn
from tunewright.models.transformer import Transformer

SIZE = 11
POSITIONS: tuple[Positions, ...] = ("relative", "rotary")


def lively(positions: Positions = "relative", context: int = 7, **options: Any) -> Transformer:
    """A small model whose weights are so large that all it does can be told from doing nothing."""
    torch.manual_seed(0)
    told: dict[str, Any] = {"hidden_size": 16, "heads": 2, "layers": 2, **options}
    model = Transformer(SIZE, context=context, positions=positions, **told)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval()


def ids(rows: int, time: int) -> Tensor:
    return torch.randint(0, SIZE, (rows, time), generator=torch.Generator().manual_seed(rows * time))


@pytest.mark.parametrize("longest", [3, 100])
@pytest.mark.parametrize(("time", "remembered"), [(1, 0), (1, 9), (6, 0), (5, 4), (4, 9)])
def test_relative_logits_are_those_of_every_pair_on_its_own(time: int, remembered: int, longest: int) -> None:
    torch.manual_seed(0)
    attention = RelativeAttention(12, 3, longest, dropout=0)
    torch.nn.init.normal_(attention.distances)
    queries, keys = torch.randn(2, 3, time, 4), torch.randn(2, 3, remembered + time, 4)
    found = attention.scores(queries, keys)
    assert found.shape == (2, 3, time, remembered + time)
    for query in range(time):
        for key in range(remembered + query + 1):
            vectors = attention.distances[:, min(remembered + query - key, longest)]
            expected = (queries[:, :, query] * (keys[:, :, key] + vectors)).sum(-1)
            assert torch.allclose(found[:, :, query, key], expected, atol=1e-5)


def test_turned_vectors_tell_distances_alone_and_keep_their_length() -> None:
    torch.manual_seed(0)
    speeds = RotaryAttention(16, 2, 9, dropout=0).speeds
    query, key = torch.randn(8, dtype=torch.double), torch.randn(8, dtype=torch.double)
    products = [
        [turn(query, torch.tensor(i), speeds) @ turn(key, torch.tensor(j), speeds) for j in range(9)] for i in range(9)
    ]
    for distance in range(-8, 9):
        alike = [products[i][i - distance].item() for i in range(9) if 0 <= i - distance < 9]
        assert alike == pytest.approx([alike[0]] * len(alike), abs=1e-5)
    assert len({round(products[i][0].item(), 4) for i in range(9)}) == 9
    assert turn(query, torch.tensor(77), speeds).norm().item() == pytest.approx(query.norm().item(), abs=1e-5)


def test_rotary_attention_by_pytorchs_own_and_complex_numbers() -> None:
    model = lively("rotary", context=100)
    attention: Any = model.blocks[0].attention
    features = torch.randn(3, 10, 16)
    nothing = torch.zeros(3, 2, 0, 8)
    hidden = torch.ones(10, 10).triu(1).bool()[None, None]
    found, _, values = attention(features, nothing, nothing, hidden)
    queries, keys, _ = attention.entry(features).view(3, 10, 3, 2, 8).permute(2, 0, 3, 1, 4)
    angles = torch.outer(torch.arange(10.0), 10_000.0 ** (-torch.arange(4) / 4))
    turns = torch.polar(torch.ones_like(angles), angles)
    turned = [torch.complex(own[..., :4], own[..., 4:]) * turns for own in (queries, keys)]
    queries, keys = [torch.cat([own.real, own.imag], dim=-1) for own in turned]
    heard = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
    assert torch.allclose(found, attention.leave(heard.transpose(1, 2).reshape(3, 10, 16)), atol=1e-5)


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("windows", [[1] * 24, [24], [5, 1, 11, 7], [7, 7, 7, 3]])
def test_any_windows_give_the_same_logits_past_the_context_too(positions: Positions, windows: list[int]) -> None:
    model, inputs = lively(positions), ids(3, 24)
    memory, found = None, []
    for part in torch.split(inputs, windows, dim=1):
        logits, memory = model(part, memory)
        found.append(logits)
    for row in (0, 2):
        for end in (1, 7, 8, 9, 24):
            # Two blocks see 2 * 7 symbols back: one window that is no longer than the context can't tell.
            alone, _ = lively(positions)(inputs[row : row + 1, :end])
            assert torch.allclose(torch.cat(found, 1)[row, end - 1], alone[0, -1], atol=1e-5)


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_window_equals_the_plain_formula_with_a_band(positions: Positions) -> None:
    model, inputs = lively(positions, context=7), ids(2, 20)
    wide: Any = lively(positions, context=7)
    wide.context = 20  # in one window; what lies outside the band of the narrow one is masked by hand
    distances = torch.arange(20).unsqueeze(1) - torch.arange(20)
    wide._hidden = lambda *_: ((distances < 0) | (distances > 7))[None, None]
    assert torch.allclose(model(inputs)[0], wide(inputs)[0], atol=1e-5)


@pytest.mark.parametrize("positions", POSITIONS)
def test_what_comes_later_changes_nothing_and_what_lies_too_far_back_neither(positions: Positions) -> None:
    model, inputs = lively(positions), ids(1, 30)
    logits, _ = model(inputs)
    for changed in (0, 6, 13, 29):
        others = inputs.clone()
        others[0, changed] = (others[0, changed] + 1) % SIZE
        same = torch.isclose(model(others)[0], logits, atol=1e-5).all(-1)[0]
        assert same[:changed].all()
        assert not same[changed]
        assert same[changed + 2 * 7 + 1 :].all()  # two blocks, seven symbols each


@pytest.mark.parametrize("positions", POSITIONS)
def test_rows_of_different_lengths_go_on_side_by_side(positions: Positions) -> None:
    model = lively(positions)
    memories = [model(ids(1, length))[1] for length in (1, 3, 12)]
    together = model.empty(5)
    for row, own in enumerate([2, 0, 1, 2, 1]):
        together = model.assign(together, torch.tensor([row]), memories[own], torch.tensor([0]))
    together = model.select(together, torch.tensor([4, 0, 1]))
    inputs = ids(3, 4)
    found, _ = model(inputs, together)
    for row, own in enumerate([1, 2, 0]):
        expected, _ = model(inputs[row : row + 1], memories[own])
        assert torch.allclose(found[row], expected[0], atol=1e-5)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("positions", POSITIONS)
def test_gradients_reach_all_parameters(positions: Positions, tied: bool) -> None:
    model = lively(positions, tied=tied, dropout=0.1).train()
    inputs = ids(4, 15)
    logits, memory = model(inputs)
    model.emission.nll(model(inputs, memory)[0] + logits, inputs).mean().backward()  # type: ignore[no-untyped-call]
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name
        assert parameter.grad.isfinite().all(), name


def test_it_begins_as_gpt2_does() -> None:
    torch.manual_seed(0)
    model = Transformer(83, layers=8)
    large = {name: value for name, value in model.named_parameters() if value.numel() > 9000}
    spreads = {name: value.std().item() for name, value in large.items() if not name.endswith("distances")}
    assert len(spreads) == 1 + 8 * 4
    for name, spread in spreads.items():
        added = name.endswith(("leave.weight", "narrow.weight"))
        assert spread == pytest.approx(0.02 / 4 if added else 0.02, rel=0.05), name
    inputs, targets = torch.randint(0, 83, (2, 4, 100))
    assert model.emission.nll(model(inputs)[0], targets).mean().item() == pytest.approx(math.log(83), abs=0.1)


def test_relative_positions_begin_as_sinusoids() -> None:
    model = Transformer(83, hidden_size=64, heads=4, layers=1, longest_distance=30)
    distances = dict(model.named_parameters())["blocks.0.attention.distances"]
    assert distances.shape == (4, 31, 16)
    for distance in (0, 1, 30):
        for pair in range(8):
            angle = distance * 10_000 ** -(pair / 8)
            sine, cosine = distances[2, distance, [pair, 8 + pair]].tolist()
            assert (sine, cosine) == pytest.approx((math.sin(angle), math.cos(angle)), abs=1e-5)
    assert dict(Transformer(83, hidden_size=12, heads=4, layers=1).named_parameters())[
        "blocks.0.attention.distances"
    ].shape == (4, 257, 3)


def test_feed_forward_layers_are_as_wide_as_is_said_and_four_times_the_stream_otherwise() -> None:
    usual, narrow = (dict(lively(feed_size=size).named_parameters()) for size in (None, 24))
    assert usual["blocks.1.widen.weight"].shape == (64, 16)
    assert narrow["blocks.1.widen.weight"].shape == (24, 16)
    assert narrow["blocks.1.narrow.weight"].shape == (16, 24)
    model, inputs = lively(feed_size=24), ids(2, 9)
    assert torch.allclose(model.for_inference("float32")(inputs)[0], model(inputs)[0], atol=1e-4)


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_long_composition_keeps_no_more_than_the_context(positions: Positions) -> None:
    model = lively(positions)
    memory = None
    with torch.no_grad():
        for symbols in ids(2, 100).T:
            _, memory = model(symbols.unsqueeze(1), memory)
    assert memory is not None
    assert memory[0].tolist() == [7, 7]
    for part in memory[1:]:
        assert part.shape[2] == 7
        assert part.untyped_storage().size() <= part.element_size() * 2 * 16 * (7 + 1)


def test_tied_weights_are_saved_once() -> None:
    model = lively()
    assert len(save(model.state_dict())) < len(save(lively(tied=False).state_dict()))
    other = Transformer(SIZE, hidden_size=16, heads=2, layers=2, context=7)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.eval()(ids(2, 9))[0], model(ids(2, 9))[0])


@pytest.mark.parametrize(("positions", "heads"), [("relative", 3), ("rotary", 16)])
def test_features_must_be_shared_out_among_the_heads(positions: Positions, heads: int) -> None:
    with pytest.raises(SettingsError, match=r"model.hidden_size = 16 must be a multiple of (3|32) for"):
        Transformer(SIZE, hidden_size=16, heads=heads, positions=positions)


@pytest.mark.parametrize("positions", POSITIONS)
def test_it_learns_to_copy_what_came_four_symbols_before(positions: Positions) -> None:
    torch.manual_seed(0)
    model = Transformer(SIZE, hidden_size=32, heads=2, layers=2, context=16, positions=positions)
    optimiser = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(200):
        inputs = torch.randint(0, SIZE, (16, 4)).repeat(1, 5)
        logits, _ = model(inputs[:, :-1])
        loss = model.emission.nll(logits, inputs[:, 1:])[:, 4:].mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert loss.item() < math.log(SIZE) / 8


@pytest.mark.parametrize("positions", POSITIONS)
def test_beam_search_with_the_twin_finds_what_it_finds_with_the_plain_model(positions: Positions) -> None:
    model = lively(positions)
    for width in (1, 3, 6):
        options: dict[str, Any] = {"width": width, "longest": 14, "prefix": (2, 5, 1)}
        plain = search(model, **options).hypotheses
        twin = search(model.for_inference("float32"), **options).hypotheses
        assert [one.ids for one in twin] == [one.ids for one in plain]
        for one, other in zip(twin, plain, strict=True):
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-3)
