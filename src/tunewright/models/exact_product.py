"""Matrix products whose sums are exact, and so the same in any order: on any machine, in any company.

A sum of floats depends on its order, and a matrix product chooses the order by its shape: a row comes out differently
alone and among five hundred. Here both factors are rounded to whole numbers beforehand, few enough bits for every sum
to be exact, so a row's product depends on nothing but the row. Kernels of one build of PyTorch hide behind plain ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

Precision = Literal["int8", "float32"]
Array = NDArray[np.float32]

INT8_LEVELS = 127
"""An int8 state is a whole number of 127ths."""
INT8_WEIGHT_LEVELS = 63
"""Not 127: processors without VNNI add pairs of products in 16 bits, and 2 x 255 x 63 is what these can hold."""
INT8_ZERO = 128
"""What stands for 0 where states are unsigned bytes."""
FINE_LEVELS = 2**20
"""A fine state is a whole number of these."""
FEW, SMALL = 2, 2**16
"""Up to so many rows and weights a linear layer's product is quicker in floats than in bytes, which take longer to
begin; larger weights take longest to be read, and bytes are a quarter of the floats.
"""
LEAST = np.float32(1e-30)
"""What a row that is all zeros is scaled by."""
EXACT = {torch.float32: 2**24, torch.float64: 2**53}
"""Up to here, each type of float holds every whole number."""


class ExactProduct(ABC):
    """``states @ weight.T``, states in [-1, 1] and the weights of each output rounded to evenly spaced levels.

    Attributes:
        scale: what one level of a state times one level of a weight is worth, shape (outputs,).
    """

    def __init__(self, scale: Tensor) -> None:
        self.scale = scale

    @abstractmethod
    def round(self, states: Tensor) -> Tensor:
        """States in [-1, 1], which may be overwritten -> their levels, in a type of this product's own."""
        ...

    def round_array(self, states: Array) -> Tensor:
        """The same from an array, of few rows: by NumPy where it matters."""
        return self.round(torch.from_numpy(states))

    @abstractmethod
    def __call__(self, levels: Tensor) -> Tensor:
        """Levels (batch, features) -> products (batch, outputs) in single precision, a new tensor."""
        ...


class PlainInt8(ExactProduct):
    """States of 8 and weights of 7 bits, as floats: for any machine."""

    def __init__(self, levels: Tensor, scale: Tensor) -> None:
        super().__init__(scale)
        largest = int(levels.abs().sum(dim=1).max()) * INT8_LEVELS
        self.levels = levels.to(next(kind for kind, limit in EXACT.items() if largest <= limit))

    def round(self, states: Tensor) -> Tensor:
        return states.mul_(INT8_LEVELS).add_(INT8_ZERO + 0.5).floor_().sub_(INT8_ZERO).to(self.levels.dtype)

    def __call__(self, levels: Tensor) -> Tensor:
        return functional.linear(levels, self.levels).float().mul_(self.scale)


class OneDNNInt8(ExactProduct):
    """The same in bytes, by the operator that PyTorch's own compiler uses on CPUs. Private: it may move."""

    def __init__(self, levels: Tensor, scale: Tensor) -> None:
        super().__init__(scale)
        self.outputs = len(levels)
        self.packed = torch.ops.onednn.qlinear_prepack(levels.to(torch.int8), None)
        self.zeros = torch.zeros(len(levels), dtype=torch.long)

    def round(self, states: Tensor) -> Tensor:
        return states.mul_(INT8_LEVELS).add_(INT8_ZERO + 0.5).to(torch.uint8)

    def round_array(self, states: Array) -> Tensor:
        states *= INT8_LEVELS
        states += INT8_ZERO + 0.5
        return torch.from_numpy(states.astype(np.uint8))

    def __call__(self, levels: Tensor) -> Tensor:
        if not len(levels):
            return levels.new_empty(0, self.outputs, dtype=torch.float32)
        # states, their scale and zero; weights, their scales and zeros, bias; output's scale, zero and type; what is
        # fused. The states' scale is among the weights', so that a sum is rounded once.
        weights = (self.packed, self.scale, self.zeros, None)
        product: Any = torch.ops.onednn.qlinear_pointwise.default
        result: Tensor = product(levels, 1.0, INT8_ZERO, *weights, 1.0, 0, torch.float32, "none", [], "")
        return result


class Fine(ExactProduct):
    """States and weights of 21 bits and more, sums in double precision: as good as single precision throughout."""

    def __init__(self, weight: Tensor) -> None:
        levels, scale = _weight_levels(weight, EXACT[torch.float64] // (FINE_LEVELS * weight.shape[1]))
        super().__init__(scale / FINE_LEVELS)
        self.levels = levels

    def round(self, states: Tensor) -> Tensor:
        return states.double().mul_(FINE_LEVELS).round_()

    def __call__(self, levels: Tensor) -> Tensor:
        return functional.linear(levels, self.levels).mul_(self.scale).float()


def exact_product(weight: Tensor, precision: Precision) -> ExactProduct:
    """The fastest product with a weight that this machine has.

    Args:
        weight: (outputs, features), on the device on which states will be.
        precision: ``"int8"`` or ``"float32"``.
    """
    if precision == "float32":
        return Fine(weight)
    levels, scale = int8_factors(weight)
    if weight.device.type == "cpu" and _has_onednn():
        return OneDNNInt8(levels, scale)
    return PlainInt8(levels, scale)


def int8_factors(weight: Tensor) -> tuple[Tensor, Tensor]:
    """What products in int8 are made of: levels of the weights, and what one of them times one of a state is worth."""
    levels, scale = _weight_levels(weight, INT8_WEIGHT_LEVELS)
    return levels, (scale / INT8_LEVELS).float()


class ExactLinear:
    """A linear layer whose sums are exact, for inputs of any range: each row is scaled by its own largest feature.

    Args:
        weight: (outputs, features).
        bias: (outputs,).
        norm: whose gain and bias it takes over, where its inputs come out of one.
    """

    def __init__(self, weight: Tensor, bias: Tensor, precision: Precision, norm: nn.LayerNorm | None = None) -> None:
        weight, bias = fixed(weight), fixed(bias)
        if norm is not None:
            weight, bias = weight * fixed(norm.weight), bias + weight @ fixed(norm.bias)
        self.weight, self.bias = weight, bias
        self.product = exact_product(weight, precision)
        small = precision == "int8" and weight.numel() <= SMALL
        self.of_few = PlainInt8(*int8_factors(weight)) if small else self.product
        self.bias_array = bias.float().numpy()

    def __call__(self, values: Array) -> Array:
        """(batch, features) -> (batch, outputs)."""
        largest = np.maximum(np.abs(values).max(axis=1, keepdims=True), LEAST)
        states = values / largest
        product = self.of_few if len(values) <= FEW else self.product
        result: Array = product(product.round_array(states)).numpy()
        result *= largest
        result += self.bias_array
        return result


def fixed(weight: Tensor) -> Tensor:
    """A copy in double precision, for which no gradient is kept."""
    return weight.detach().to("cpu", torch.float64)


def rounded(values: NDArray[Any], levels: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Whole numbers up to ``levels`` for each last axis, and what one of them is worth, (..., 1)."""
    largest = np.maximum(np.abs(values).max(axis=-1, keepdims=True), LEAST)
    return np.rint(values * (levels / largest)), largest / levels


def _weight_levels(weight: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Weights as whole numbers up to ``most``, and what one of them is worth to each output; in double precision."""
    weight = weight.detach().double()
    largest = weight.abs().amax(dim=1, keepdim=True)
    scale = torch.where(largest > 0, largest, 1.0) / most
    return (weight / scale).round(), scale[:, 0]


@cache
def _has_onednn() -> bool:
    """Whether this build of PyTorch has the operator, and it is exact on this processor, even for extreme factors."""
    levels = torch.full((32, 256), float(INT8_WEIGHT_LEVELS))
    levels[::2] *= -1
    states = torch.linspace(-1, 1, 40).round_().unsqueeze(1).expand(-1, 256)
    scale = torch.ones(32)
    plain = PlainInt8(levels, scale)
    expected = plain(plain.round(states.clone()))
    try:
        onednn = OneDNNInt8(levels, scale)
        found = [onednn(onednn.round(states[:rows].clone())) for rows in (1, 40)]
    except (AttributeError, RuntimeError):
        return False
    return all(torch.equal(rows, expected[: len(rows)]) for rows in found)
