"""Recurrent nets laid out anew for one step at a time: the twins that tunes are composed with.

``nn.LSTM`` and ``nn.GRU`` are made for windows. A step of one symbol needs less: what the first layer makes of a
symbol is looked up in a table, and a layer's new states are multiplied but once, by the weights of all that reads them:
the layer itself at the next step, and the layer above, or the logits. States lie in [-1, 1], so few bits will do.

All products are exact (``exact_product.py``) and all else is computed feature by feature, so a row's logits and memory
are the same, bit for bit, whatever other rows stand beside it and however many.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from tunewright.models.emission import Categorical
from tunewright.models.exact_product import Array, Precision, exact_product
from tunewright.models.stepping_pointer import SteppingPointer, mixed

LayerMemory = tuple[Tensor, Tensor]
"""What a layer's states put into its next gates, (batch, gates), and an LSTM's cells or a GRU's states, (batch,
hidden_size)."""
Memory = tuple[Any, ...]
"""One :data:`LayerMemory` a layer, then what a pointer remembers, if there is one."""
Values = TypeVar("Values", Tensor, Array)
FEW = 32
"""Rows up to which NumPy computes faster on a CPU: its operations take less time to begin, but one core only."""


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
        self.bias_array = self.bias.numpy(force=True)
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

    def of_few(self, gates: Array, memory: LayerMemory) -> tuple[Array, LayerMemory]:
        """The same by NumPy."""
        of_states, before = memory
        states, kept = self.step(gates, of_states.numpy(), before.numpy())
        product = self.product(self.product.round_array(states)).numpy()
        put = torch.from_numpy(product[:, : self.gates]), torch.from_numpy(kept)
        return product[:, self.gates :] + self.bias_array, put

    @abstractmethod
    def step(self, gates: Values, of_states: Values, before: Values) -> tuple[Values, Values]:
        """The states, which may be overwritten, and what is kept of them, from what inputs and states put into the
        gates and what was kept before: all tensors, or all arrays.
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

    def step(self, gates: Values, of_states: Values, before: Values) -> tuple[Values, Values]:
        gates += of_states
        _tanh(gates)
        _half_open(gates[:, : 3 * self.hidden_size])
        entry, forget, output, candidate = _parts(gates, self.hidden_size)
        entry *= candidate
        cells = forget * before
        cells += entry
        states = _tanh(cells + 0.0)
        states *= output
        return states, cells


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

    def step(self, gates: Values, of_states: Values, before: Values) -> tuple[Values, Values]:
        switched = 2 * self.hidden_size
        switches, candidate = gates[:, :switched], gates[:, switched:]
        switches += of_states[:, :switched]
        reset, update = _parts(_half_open(_tanh(switches)), self.hidden_size)
        bias = self.candidate_bias if isinstance(gates, Tensor) else self.candidate_bias.numpy()
        of_candidate = of_states[:, switched:] + bias
        of_candidate *= reset
        candidate += of_candidate
        _tanh(candidate)
        kept = before - candidate
        kept *= update
        kept += candidate
        return kept + 0.0, kept


def _parts(values: Values, size: int) -> list[Values]:
    """Columns, so many to each part."""
    return [values[:, start : start + size] for start in range(0, values.shape[1], size)]


def _tanh(values: Values) -> Values:
    """In place. NumPy's is many times as fast as PyTorch's, and the same for every value wherever it stands, which
    PyTorch's sigmoid, where vectors end, is not.
    """
    if isinstance(values, Tensor) and values.device.type != "cpu":
        return values.tanh_()
    array = values.numpy() if isinstance(values, Tensor) else values
    np.tanh(array, out=array)
    return values


def _half_open(halves: Values) -> Values:
    """From tanh(x / 2) to the sigmoid of x, in place."""
    halves *= 0.5
    halves += 0.5
    return halves


LAYERS: dict[type[nn.Module], type[SteppingLayer]] = {nn.LSTM: SteppingLSTM, nn.GRU: SteppingGRU}


class Stepping:
    """A recurrent model for stepping: the interface of a sequence model, rows independent of one another.

    Args:
        model: whose weights it copies; its layers are all ``nn.LSTM`` or all ``nn.GRU``, each one layer deep.
        precision: ``"int8"`` for speed, ``"float32"`` for as good as the plain model.
    """

    def __init__(self, model: Any, precision: Precision) -> None:
        self.emission = Categorical()
        layers = list(model.layers)
        kind = LAYERS[type(layers[0])]
        embedding = model.embedding.weight
        readers = [(kind.laid_out(own.weight_ih_l0), kind.input_bias(own)) for own in layers]
        (first, bias), *above = [*readers, (model.output.weight, model.output.bias)]
        self.pointer: SteppingPointer | None = None
        if model.pointer is not None:
            above[-1] = _joined(above[-1], (model.pointer.trust.weight, model.pointer.trust.bias))
            (weight, own_bias), wide = above[0], layers[0].hidden_size
            self.pointer = SteppingPointer(model.pointer, weight[:, wide:], embedding, precision)
            above[0] = _joined((weight[:, :wide], own_bias), *_asked(model.pointer))
        self.table = (embedding.detach().double() @ first.double().T + bias.detach().double()).float()
        self.table_array = self.table.numpy(force=True)
        self.layers = [kind(own, *reader, precision) for own, reader in zip(layers, above, strict=True)]

    def __call__(self, inputs: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) and the memory before them -> logits (batch, time, size) and the memory after them.

        The memory that is given stays as it is.
        """
        memory = self.empty(len(inputs)) if memory is None else memory
        few = len(inputs) <= FEW and inputs.device.type == "cpu"
        steps = []
        for symbols in inputs.unbind(1):
            logits, memory = self._step(symbols, memory, few)
            steps.append(logits)
        return (torch.stack(steps, dim=1) if len(steps) > 1 else steps[0].unsqueeze(1)), memory

    def _step(self, symbols: Tensor, memory: Memory, few: bool) -> tuple[Tensor, Memory]:
        """One step: (batch,) -> (batch, size); of few rows by NumPy."""
        above: Any = self.table_array.take(symbols.numpy(), axis=0) if few else self.table.index_select(0, symbols)
        after = []
        for layer, before in zip(self.layers, memory, strict=False):
            above, own = layer.of_few(above, before) if few else layer(above, before)
            after.append(own)
            if self.pointer is not None and len(after) == 1:
                put, pointed, past = self._point(self.pointer, np.asarray(above), symbols.numpy(), memory[-1])
                above = put if few else torch.from_numpy(put)
        if self.pointer is None:
            return torch.as_tensor(above), tuple(after)
        return torch.from_numpy(_mixed(np.asarray(above), pointed)), (*after, past)

    def _point(self, pointer: SteppingPointer, put: Array, symbols: Any, past: Any) -> tuple[Array, Array, Any]:
        """What the first layer and the pointer put into what stands above, how much each symbol is pointed at, and what
        is remembered.
        """
        above, queries, keys = np.split(put, [-2 * pointer.size, -pointer.size], axis=1)
        read, pointed, past = pointer(queries, keys, symbols, past)
        return above + read, pointed, past

    def empty(self, rows: int) -> Memory:
        """The memory of rows that have read nothing."""
        new = self.table.new_zeros
        states = tuple((new(rows, layer.gates), new(rows, layer.hidden_size)) for layer in self.layers)
        return states if self.pointer is None else (*states, self.pointer.empty(rows))

    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """The memory of these rows, a copy."""
        count = len(self.layers)
        states = [tuple(part.index_select(0, rows) for part in layer) for layer in memory[:count]]
        return *states, *(past.copied(rows.numpy()) for past in memory[count:])

    def assign(self, memory: Memory, rows: Tensor, source: Memory, source_rows: Tensor) -> Memory:
        """The memory with ``rows`` replaced by ``source_rows`` of another one; in place where that can be."""
        count = len(self.layers)
        for layer, other in zip(memory[:count], source[:count], strict=True):
            for part, own in zip(layer, other, strict=True):
                part.index_copy_(0, rows, own.index_select(0, source_rows))
        pasts = zip(memory[count:], source[count:], strict=True)
        return *memory[:count], *(own.assigned(rows.numpy(), other, source_rows.numpy()) for own, other in pasts)

    def for_inference(self) -> Stepping:
        """Itself."""
        return self


def _joined(*readers: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Weights and biases of several linear layers as those of one."""
    weights, biases = zip(*readers, strict=True)
    return torch.cat([weight.detach() for weight in weights]), torch.cat([bias.detach() for bias in biases])


def _asked(pointer: Any) -> list[tuple[Tensor, Tensor]]:
    """A pointer's queries, divided by the root of their size, and its keys, as linear layers with biases of 0."""
    none = pointer.query.weight.new_zeros(pointer.size)
    return [(pointer.query.weight / math.sqrt(pointer.size), none), (pointer.key.weight, none)]


def _mixed(above: Array, pointed: Array) -> Array:
    """Logits of a mixture, from those of the last layer, whose trust in the pointer stands after them."""
    return mixed(above[:, :-1], above[:, -1:], pointed)
