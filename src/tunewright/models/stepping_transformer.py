"""Transformers laid out anew for one step at a time: the twins that pieces are composed with.

A row's logits and memory are the same, bit for bit, whatever other rows stand beside it, how many and how old. A sum of
floats would depend on its order, and so on the shape in which it is computed; here every sum is one of whole numbers,
small enough to be exact in any order: of products with weights, of attention (``stepping_attention.py``), of a norm's
mean and variance. All else is computed feature by feature, by NumPy: PyTorch's functions differ where vectors end.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tunewright.models.attention_cache import SPARE, Memory, Numbers
from tunewright.models.emission import Categorical
from tunewright.models.exact_product import Array, ExactLinear, Precision, fixed, rounded
from tunewright.models.stepping_attention import GRIDS, Grid, SteppingRelative, SteppingRotary

NORM_LEVELS = 2**20
"""A norm takes each feature for a whole number of so many parts of the largest."""
NORM_EPSILON = 1e-5
"""What a norm adds to a variance."""


class SteppingBlock:
    """One layer, one step: attention and a feed-forward layer."""

    def __init__(self, block: Any, grid: Grid, precision: Precision) -> None:
        kind = SteppingRotary if hasattr(block.attention, "speeds") else SteppingRelative
        self.attention = kind(block.attention, block.attention_norm, grid, precision)
        self.widen = ExactLinear(block.widen.weight, block.widen.bias, precision, block.feed_norm)
        self.narrow = ExactLinear(block.narrow.weight, block.narrow.bias, precision)

    def __call__(self, stream: Array, *attended: Any) -> Array:
        """The stream after the layer, (batch, hidden_size); what is attended to as for ``SteppingAttention``."""
        stream = stream + self.attention(_normalised(stream), *attended)
        return stream + self.narrow(_gelu(self.widen(_normalised(stream))))


class SteppingTransformer:
    """A Transformer for stepping: the interface of a sequence model, rows independent of one another.

    Args:
        model: whose weights it copies.
        precision: ``"int8"`` for speed, ``"float32"`` for as good as the plain model.
    """

    def __init__(self, model: Any, precision: Precision) -> None:
        self.emission = Categorical()
        self.context = model.context
        kind, cached = GRIDS[precision]
        self.grid = Grid(kind, cached, self.context + 1, model.blocks[0].attention.head_size)
        self.table = fixed(model.embedding.weight).float().numpy()
        self.blocks = [SteppingBlock(block, self.grid, precision) for block in model.blocks]
        self.output = ExactLinear(model.output_weight, model.output_bias, precision, model.norm)

    def __call__(self, inputs: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) and the memory before them -> logits (batch, time, size) and the memory after them.

        The memory that is given stays as it is.
        """
        memory = self.empty(len(inputs)) if memory is None else memory
        steps = []
        for symbols in inputs.numpy().T:
            logits, memory = self._step(symbols, memory)
            steps.append(logits)
        return torch.from_numpy(np.stack(steps, axis=1)), memory

    def _step(self, symbols: Numbers, before: Memory) -> tuple[Array, Memory]:
        """One step of all rows: (batch,) -> (batch, size)."""
        memory = before.grown()
        slots, forgotten = memory.attended()
        stream = self.table[symbols]
        for block, own in zip(self.blocks, slots, strict=True):
            stream = block(stream, own, before.ages, forgotten)
        return self.output(_normalised(stream)), memory

    def empty(self, rows: int) -> Memory:
        """The memory of rows that have read nothing."""
        shape = (len(self.blocks), 2, rows, self.blocks[0].attention.heads, SPARE, self.grid.head_size)
        return Memory.empty(np.zeros(shape, dtype=self.grid.kind), self.context)

    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """The memory of these rows, a copy."""
        return memory.copied(rows.numpy())

    def assign(self, memory: Memory, rows: Tensor, source: Memory, source_rows: Tensor) -> Memory:
        """The memory with ``rows`` replaced by ``source_rows`` of another one; in place where that can be."""
        return memory.assigned(rows.numpy(), source, source_rows.numpy())

    def for_inference(self) -> SteppingTransformer:
        """Itself."""
        return self


def _normalised(stream: Array) -> Array:
    """What a norm makes of it, before gain and bias: (batch, hidden_size), by exact sums."""
    levels, worth = rounded(stream.astype(np.float64), NORM_LEVELS)
    size = stream.shape[1]
    means = levels.sum(axis=1, keepdims=True) / size
    variances = np.square(levels).sum(axis=1, keepdims=True) / size - np.square(means)
    levels -= means
    levels /= np.sqrt(variances + NORM_EPSILON / np.square(worth))
    return levels.astype(np.float32)


def _gelu(values: Array) -> Array:
    """GELU in its tanh form (Hendrycks & Gimpel 2016)."""
    inner = values * values
    inner *= values
    inner *= 0.044715
    inner += values
    inner *= math.sqrt(2 / math.pi)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= values
    inner *= 0.5
    return inner
