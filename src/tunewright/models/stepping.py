"""Recurrent nets laid out anew for one step at a time: the twins that tunes are composed with.

``nn.LSTM`` and ``nn.GRU`` are made for windows. A step of one symbol needs less: what the first layer makes of a
symbol is looked up in a table, and a layer's new states are multiplied but once, by the weights of all that reads them:
the layer itself at the next step, and the layer above, or the logits. States lie in [-1, 1], so few bits will do.

All products are exact (``exact_product.py``) and all else is computed feature by feature, so a row's logits and memory
are the same, bit for bit, whatever other rows stand beside it and however many.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from tunewright.models.emission import Categorical
from tunewright.models.exact_product import Precision, exact_product

LayerMemory = tuple[Tensor, Tensor]
"""What a layer's states put into its next gates, (batch, gates), and an LSTM's cells or a GRU's states, (batch,
hidden_size)."""
Memory = tuple[LayerMemory, ...]
HALF = torch.tensor(0.5)


class SteppingLayer(ABC):
    """One layer, one step.

    Args:
        layer: whose weights it takes, one layer deep.
        weight: of what reads its states above, (outputs, hidden_size).
        bias: the same, (outputs,).
        precision: of the product.
    """

    def __init__(self, layer: Any, weight: Tensor, bias: Tensor, precision: Precision) -> None:
        own = self.laid_out(layer.weight_hh_l0)
        self.product = exact_product(torch.cat([own, weight.detach()]), precision)
        self.bias = bias.detach().clone()
        self.gates, self.hidden_size = own.shape

    def __call__(self, gates: Tensor, memory: LayerMemory) -> tuple[Tensor, LayerMemory]:
        """One step.

        Args:
            gates: what the inputs put into them, (batch, gates); overwritten.
            memory: before this step; left as it is.

        Returns:
            What the new states put into what stands above, (batch, outputs), and the memory after this step.
        """
        states, kept = self.step(gates, *memory)
        product = self.product(self.product.round(states))
        return product[:, self.gates :] + self.bias, (product[:, : self.gates], kept)

    @abstractmethod
    def step(self, gates: Tensor, of_states: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """The states, which may be overwritten, and what is kept of them, from what inputs and states put into the
        gates and what was kept before.
        """
        ...

    @staticmethod
    @abstractmethod
    def laid_out(weight: Tensor) -> Tensor:
        """Weights or biases, (gates, ...), in the order and size in which ``step`` wants the gates."""
        ...

    @classmethod
    @abstractmethod
    def input_bias(cls, layer: Any) -> Tensor:
        """What is added to what the inputs put into the gates, laid out, (gates,)."""
        ...


class SteppingLSTM(SteppingLayer):
    """Gates stand in the order input, forget, output, candidate; the sigmoid of x is half of 1 + tanh(x / 2), so that
    one pass of tanh does for all.
    """

    @staticmethod
    def laid_out(weight: Tensor) -> Tensor:
        entry, forget, candidate, output = weight.detach().chunk(4)
        return torch.cat([entry / 2, forget / 2, output / 2, candidate])

    @classmethod
    def input_bias(cls, layer: Any) -> Tensor:
        return cls.laid_out(layer.bias_ih_l0 + layer.bias_hh_l0)

    def step(self, gates: Tensor, of_states: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        _tanh(gates.add_(of_states))
        _half_open(gates[:, : 3 * self.hidden_size])
        entry, forget, output, candidate = gates.chunk(4, dim=1)
        cells = (forget * before).add_(entry.mul_(candidate))
        return _tanh(cells.clone()).mul_(output), cells


class SteppingGRU(SteppingLayer):
    """Gates stand in the order reset, update, candidate; sigmoids as in the LSTM."""

    def __init__(self, layer: Any, weight: Tensor, bias: Tensor, precision: Precision) -> None:
        super().__init__(layer, weight, bias, precision)
        self.candidate_bias = layer.bias_hh_l0.detach().chunk(3)[2].clone()

    @staticmethod
    def laid_out(weight: Tensor) -> Tensor:
        reset, update, candidate = weight.detach().chunk(3)
        return torch.cat([reset / 2, update / 2, candidate])

    @classmethod
    def input_bias(cls, layer: Any) -> Tensor:
        reset, update, candidate = layer.bias_hh_l0.chunk(3)
        # The states' bias of the candidate is in the reset gate's reach: it can't be added to what the inputs put in.
        return cls.laid_out(layer.bias_ih_l0 + torch.cat([reset, update, torch.zeros_like(candidate)]))

    def step(self, gates: Tensor, of_states: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        switched = 2 * self.hidden_size
        switches = _half_open(_tanh(gates[:, :switched].add_(of_states[:, :switched])))
        reset, update = switches.chunk(2, dim=1)
        of_candidate = (of_states[:, switched:] + self.candidate_bias).mul_(reset)
        candidate = _tanh(gates[:, switched:].add_(of_candidate))
        states = (before - candidate).mul_(update).add_(candidate)
        return states.clone(), states


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
        layers: all ``nn.LSTM`` or all ``nn.GRU``, each one layer deep.
        output: from states to logits.
        precision: ``"int8"`` for speed, ``"float32"`` for as good as the plain model.
    """

    def __init__(self, embedding: Tensor, layers: Sequence[Any], output: nn.Linear, precision: Precision) -> None:
        self.emission = Categorical()
        kind = LAYERS[type(layers[0])]
        readers = [(kind.laid_out(own.weight_ih_l0), kind.input_bias(own)) for own in layers]
        (first, bias), *above = [*readers, (output.weight, output.bias)]
        self.table = (embedding.detach().double() @ first.double().T + bias.detach().double()).float()
        self.layers = [kind(own, *reader, precision) for own, reader in zip(layers, above, strict=True)]

    @torch.inference_mode()
    def __call__(self, inputs: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) and the memory before them -> logits (batch, time, size) and the memory after them.

        The memory that is given stays as it is.
        """
        memory = self.empty(len(inputs)) if memory is None else memory
        steps = []
        for symbols in inputs.unbind(1):
            logits, memory = self._step(symbols, memory)
            steps.append(logits)
        return (torch.stack(steps, dim=1) if len(steps) > 1 else steps[0].unsqueeze(1)), memory

    def _step(self, symbols: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """One symbol of each row, (batch,) -> logits (batch, size) and the memory after it."""
        above, after = self.table.index_select(0, symbols), []
        for layer, before in zip(self.layers, memory, strict=True):
            above, own = layer(above, before)
            after.append(own)
        return above, tuple(after)

    @torch.inference_mode()
    def empty(self, rows: int) -> Memory:
        """The memory of rows that have read nothing."""
        new = self.table.new_zeros
        return tuple((new(rows, layer.gates), new(rows, layer.hidden_size)) for layer in self.layers)

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
