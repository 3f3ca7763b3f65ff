from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tunewright.models import exact_product as module
from tunewright.models.exact_product import (
    INT8_LEVELS,
    ExactLinear,
    ExactProduct,
    OneDNNInt8,
    PlainInt8,
    Precision,
    exact_product,
)


def factors(rows: int, features: int, outputs: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(seed)
    states = torch.rand(rows, features, generator=chance) * 2 - 1
    return states, torch.randn(outputs, features, generator=chance)


def of(product: ExactProduct, states: Tensor) -> Tensor:
    return product(product.round(states.clone()))


def int8_kinds(weight: Tensor) -> list[ExactProduct]:
    levels, scale = module._weight_levels(weight, module.INT8_WEIGHT_LEVELS)
    kinds: list[type[PlainInt8 | OneDNNInt8]] = [PlainInt8, *([OneDNNInt8] if module._has_onednn() else [])]
    return [kind(levels, (scale / INT8_LEVELS).float()) for kind in kinds]


@pytest.mark.parametrize("features", [1, 13, 384, 3000])
def test_fine_products_are_as_good_as_single_precision(features: int) -> None:
    states, weight = factors(7, features, 9)
    expected = (states.double() @ weight.double().T).float()
    assert torch.allclose(of(exact_product(weight, "float32"), states), expected, atol=1e-5 * features**0.5)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 70), st.integers(1, 300), st.integers(1, 40), st.integers(0, 2**30))
def test_int8_products_are_what_their_levels_make_whatever_the_kernel(
    rows: int, features: int, outputs: int, seed: int
) -> None:
    states, weight = factors(rows, features, outputs, seed)
    state_levels = (states * 127 + 128.5).floor().long() - 128
    largest = weight.double().abs().amax(1, keepdim=True)
    weight_levels = (weight / (largest / 63)).round().long()
    scale = (largest[:, 0] / 63 / 127).float()
    expected = (state_levels @ weight_levels.T).float() * scale
    for product in int8_kinds(weight):
        assert torch.equal(of(product, states), expected)


@pytest.mark.parametrize("features", [1024, 2100, 5000])
def test_int8_sums_stay_exact_at_the_extremes(features: int) -> None:
    weight = torch.ones(32, features)
    states = torch.ones(20, features)
    states[0, : features // 2] = -1
    states[1] = 1 / 127
    for product in int8_kinds(weight):
        found = of(product, states)
        for row, count in ((2, 127 * features), (1, features), (0, 127 * (features - 2 * (features // 2)))):
            expected = float(Fraction(63 * count) * Fraction(float(product.scale[0])))
            assert found[row].tolist() == pytest.approx([expected] * 32, rel=1e-7)


def test_an_output_without_weights_gives_nothing() -> None:
    states, weight = factors(3, 20, 5)
    weight[2] = 0
    for precision in ("int8", "float32"):
        assert of(exact_product(weight, precision), states)[:, 2].tolist() == [0, 0, 0]


@pytest.mark.parametrize("kind", range(3))
def test_no_rows_are_no_trouble(kind: int) -> None:
    states, weight = factors(0, 20, 5)
    products = [exact_product(weight, "float32"), *int8_kinds(weight)]
    if kind < len(products):
        assert of(products[kind], states).shape == (0, 5)


def test_without_the_private_operator_the_plain_product_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise RuntimeError("no such operator")

    module._has_onednn.cache_clear()
    monkeypatch.setattr(OneDNNInt8, "__init__", missing)
    try:
        assert isinstance(exact_product(factors(1, 20, 5)[1], "int8"), PlainInt8)
    finally:
        module._has_onednn.cache_clear()


def test_a_kernel_that_saturates_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = OneDNNInt8.__call__
    module._has_onednn.cache_clear()
    monkeypatch.setattr(OneDNNInt8, "__call__", lambda self, levels: exact(self, levels).clamp(-(2**15), 2**15))
    try:
        assert isinstance(exact_product(factors(1, 20, 5)[1], "int8"), PlainInt8)
    finally:
        module._has_onednn.cache_clear()


@pytest.mark.parametrize(("precision", "tolerance"), [("int8", 2e-2), ("float32", 1e-5)])
@pytest.mark.parametrize("normed", [False, True])
def test_linear_layers_take_inputs_of_any_range(normed: bool, precision: Precision, tolerance: float) -> None:
    torch.manual_seed(0)
    values, weight = factors(9, 200, 30)
    values *= torch.logspace(-6, 6, 9).unsqueeze(1)
    bias, norm = torch.randn(30), nn.LayerNorm(200)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    found = ExactLinear(weight, bias, precision, norm if normed else None)(values.numpy())
    entered = values * norm.weight + norm.bias if normed else values
    expected = (entered.double() @ weight.double().T + bias).detach()
    sizes = 1 + (values.norm(dim=1, keepdim=True) * weight.norm(dim=1)).detach()
    assert ((torch.from_numpy(found) - expected).abs() / sizes).max() < tolerance


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 300), st.integers(1, 40), st.booleans(), st.integers(0, 2**30))
def test_a_row_of_a_linear_layer_is_the_same_among_few_and_many(
    features: int, outputs: int, fine: bool, seed: int
) -> None:
    values, weight = factors(40, features, outputs, seed)
    values[5] = 0
    linear = ExactLinear(weight, torch.ones(outputs), "float32" if fine else "int8")
    whole = linear(values.numpy())
    assert whole[5].tolist() == [1] * outputs
    for rows in ([5], [7, 3], [3, 4, 5], list(range(39, -1, -1))):
        assert (linear(values[rows].numpy()) == whole[rows]).all()


def test_wide_linear_layers_stay_exact_among_few() -> None:
    linear = ExactLinear(torch.ones(3, 5001), torch.zeros(3), "int8")
    values = torch.full((2, 5001), 0.5)
    values[:, 0] = 0.25  # an odd sum, beyond what single precision holds
    assert (linear(values.numpy()) == linear(values.repeat(20, 1).numpy())[:2]).all()
