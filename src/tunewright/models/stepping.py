"""Recurrent nets laid out anew for one step at a time: the twins that tunes are composed with.

``nn.LSTM`` and ``nn.GRU`` are made for windows. A step of one symbol needs less: what the first layer makes of a
symbol is looked up in a table, and states, which lie in [-1, 1], are multiplied by weights of a few bits. All products
are exact (``exact_product.py``) and all else is computed feature by feature, so a row's logits and memory are the same,
bit for bit, whatever other rows stand beside it and however many.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from tunewright.models.emission import Categorical
from tunewright.models.exact_product import Precision, exact_product

LayerMemory = tuple[Tensor, Tensor]
"""A layer's states as levels, rounded for the products, and an LSTM's cells or a GRU's unrounded states; each of shape
(batch, hidden_size)."""
Memory = tuple[LayerMemory, ...]
HALF = torch.tensor(0.5)


class SteppingLayer(ABC):
    """One layer, one step.

    Args:
        layer: whose weights it takes, one layer deep.
        embedding: (symbols, features) of the symbols that it reads; None if it reads the states of another layer.
        precision: of its products.
    """

    def __init__(self, layer: Any, embedding: Tensor | None, precision: Precision) -> None:
        self.hidden_size: int = layer.hidden_size
        self.of_states = exact_product(self._laid_out(layer.weight_hh_l0), precision)
        inputs, bias = self._laid_out(layer.weight_ih_l0), self._input_bias(layer)
        self.read = _other_layer(inputs, bias, precision) if embedding is None else _table(embedding, inputs, bias)
        """Symbols (batch,) or levels (batch, features) -> their share of the gates (batch, gates), a new tensor."""

    @abstractmethod
    def step(self, gates: Tensor, memory: LayerMemory) -> LayerMemory:
        """The memory after one more step. ``gates`` holds the inputs' share of them and is overwritten."""
        ...

    @abstractmethod
    def _laid_out(self, weight: Tensor) -> Tensor:
        """Weights or a column of biases, (gates, ...), in the order and size in which ``step`` wants the gates."""
        ...

    @abstractmethod
    def _input_bias(self, layer: Any) -> Tensor:
        """What is added to the inputs' share, laid out, shape (gates,)."""
        ...


def _table(embedding: Tensor, weight: Tensor, bias: Tensor) -> Callable[[Tensor], Tensor]:
    """What a layer makes of each symbol, worked out beforehand."""
    table = (embedding.detach().double() @ weight.double().T + bias.double()).float()
    return lambda symbols: table.index_select(0, symbols)


def _other_layer(weight: Tensor, bias: Tensor, precision: Precision) -> Callable[[Tensor], Tensor]:
    product = exact_product(weight, precision)
    return lambda levels: product(levels).add_(bias)


class SteppingLSTM(SteppingLayer):
    """Gates stand in the order input, forget, output, candidate; the sigmoid of x is half of 1 + tanh(x / 2), so that
    one pass of tanh does for all.
    """

    def _laid_out(self, weight: Tensor) -> Tensor:
        entry, forget, candidate, output = weight.detach().chunk(4)
        return torch.cat([entry / 2, forget / 2, output / 2, candidate])

    def _input_bias(self, layer: Any) -> Tensor:
        return self._laid_out(layer.bias_ih_l0 + layer.bias_hh_l0)

    def step(self, gates: Tensor, memory: LayerMemory) -> LayerMemory:
        levels, before = memory
        _tanh(gates.add_(self.of_states(levels)))
        _half_open(gates[:, : 3 * self.hidden_size])
        entry, forget, output, candidate = gates.chunk(4, dim=1)
        cells = (forget * before).add_(entry.mul_(candidate))
        return self.of_states.round(_tanh(cells.clone()).mul_(output)), cells


class SteppingGRU(SteppingLayer):
    """Gates stand in the order reset, update, candidate; sigmoids as in the LSTM."""

    def __init__(self, layer: Any, embedding: Tensor | None, precision: Precision) -> None:
        super().__init__(layer, embedding, precision)
        self.candidate_bias = layer.bias_hh_l0.detach().chunk(3)[2].clone()

    def _laid_out(self, weight: Tensor) -> Tensor:
        reset, update, candidate = weight.detach().chunk(3)
        return torch.cat([reset / 2, update / 2, candidate])

    def _input_bias(self, layer: Any) -> Tensor:
        reset, update, candidate = layer.bias_hh_l0.chunk(3)
        # The states' bias of the candidate is inside the reset gate's reach: it can't be added to the inputs' share.
        return self._laid_out(layer.bias_ih_l0 + torch.cat([reset, update, torch.zeros_like(candidate)]))

    def step(self, gates: Tensor, memory: LayerMemory) -> LayerMemory:
        levels, before = memory
        of_states, switched = self.of_states(levels), 2 * self.hidden_size
        switches = _half_open(_tanh(gates[:, :switched].add_(of_states[:, :switched])))
        reset, update = switches.chunk(2, dim=1)
        of_candidate = of_states[:, switched:].add_(self.candidate_bias).mul_(reset)
        candidate = _tanh(gates[:, switched:].add_(of_candidate))
        states = (before - candidate).mul_(update).add_(candidate)
        return self.of_states.round(states.clone()), states


def _tanh(values: Tensor) -> Tensor:
    """In place. NumPy's is many times as fast as PyTorch's, and the same for every value wherever it stands, which
    PyTorch's sigmoid, where vectors end, is not.
    """
    if values.device.type != "cpu":
        return values.tanh_()
    array = values.numpy()
    np.tanh(array, out=array)
    return values


def _half_open(halves: Tensor) -> Tensor:
    """From tanh(x / 2) to the sigmoid of x, in place."""
    return torch.add(HALF, halves, alpha=0.5, out=halves)


LAYERS: dict[type[nn.Module], type[SteppingLayer]] = {nn.LSTM: SteppingLSTM, nn.GRU: SteppingGRU}


class Stepping:
    """A recurrent model for stepping: the interface of a sequence model, rows independent of one another.

    Args:
        embedding: (symbols, features).
        layers: ``nn.LSTM`` or ``nn.GRU``, each one layer deep and batch first.
        output: from states to logits.
        precision: ``"int8"`` for speed, ``"float32"`` for as good as the plain model.
    """

    def __init__(self, embedding: Tensor, layers: Sequence[nn.Module], output: nn.Linear, precision: Precision) -> None:
        self.emission = Categorical()
        read = [embedding, *[None] * (len(layers) - 1)]
        self.layers = [LAYERS[type(own)](own, table, precision) for own, table in zip(layers, read, strict=True)]
        self.output = exact_product(output.weight, precision)
        self.bias = output.bias.detach().clone()

    @torch.inference_mode()
    def __call__(self, inputs: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) and the memory before them -> logits (batch, time, size) and the memory after them.

        The memory that is given stays as it is.
        """
        memory = self.empty(len(inputs)) if memory is None else memory
        logits = []
        for symbols in inputs.unbind(1):
            memory = self._step(symbols, memory)
            logits.append(self.output(memory[-1][0]).add_(self.bias))
        if len(logits) == 1:
            return logits[0].unsqueeze(1), memory
        return torch.stack(logits, dim=1), memory

    def _step(self, symbols: Tensor, memory: Memory) -> Memory:
        inputs, after = symbols, []
        for layer, before in zip(self.layers, memory, strict=True):
            own = layer.step(layer.read(inputs), before)
            inputs = own[0]
            after.append(own)
        return tuple(after)

    @torch.inference_mode()
    def empty(self, rows: int) -> Memory:
        """The memory of rows that have read nothing."""
        nothing = [torch.zeros(rows, layer.hidden_size, device=self.bias.device) for layer in self.layers]
        return tuple((layer.of_states.round(own.clone()), own) for layer, own in zip(self.layers, nothing, strict=True))

    @torch.inference_mode()
    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """The memory of these rows, a copy."""
        chosen = [tuple(part.index_select(0, rows) for part in layer) for layer in memory]
        return cast("Memory", tuple(chosen))

    @torch.inference_mode()
    def assign(self, memory: Memory, rows: Tensor, source: Memory, source_rows: Tensor) -> Memory:
        """The memory with ``rows`` replaced by ``source_rows`` of another one; in place, and returns ``memory``."""
        for layer, other in zip(memory, source, strict=True):
            for part, own in zip(layer, other, strict=True):
                part.index_copy_(0, rows, own.index_select(0, source_rows))
        return memory

    def for_inference(self) -> Stepping:
        """Itself."""
        return self
