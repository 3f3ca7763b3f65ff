"""Recurrent nets over symbols: embedding, LSTM or GRU layers, a linear layer to logits.

LSTM after Hochreiter & Schmidhuber 1997 with forget gates (Gers et al. 2000); GRU after Cho et al. 2014. Regularised
after Gal & Ghahramani 2016 (one dropout mask for all steps of a window) and Merity et al. 2017 (dropout on the
recurrent weights themselves). With a pointer into the piece so far, on request.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from tunewright.models.emission import Categorical
from tunewright.models.exact_product import Precision
from tunewright.models.pointer import Pointer, assigned
from tunewright.models.stepping import Stepping

Memory = tuple[Any, ...]
"""One entry a layer, then the past that a pointer looks into, if there is one."""
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, lt=1)]


class Recurrent(nn.Module, ABC):
    """A stack of recurrent layers. With one layer, no dropout and no pointer it is the lab's model.

    Args:
        size: number of symbols.
        boundary: the symbol between two pieces, if it is a single one; only a pointer cares.
        embedding_size: features of a symbol.
        hidden_size: features of a layer's state.
        layers: how many.
        dropout: share of features dropped between layers and before the output, the same ones at all steps of a window.
        weight_dropout: share of the weights from state to state that are dropped, the same ones at all steps of a
            window.
        symbol_dropout: share of the input symbols that are not seen at all.
        pointer_size: features by which the first layer looks for contexts like the present one in the piece so far;
            what came after them is read by what stands above, and mixed into the prediction. 0 for no pointer.
        pointer_reach: symbols that the pointer remembers from one window to the next.
    """

    cell: type[nn.LSTM] | type[nn.GRU]

    def __init__(
        self,
        size: int,
        boundary: int | None = None,
        *,
        embedding_size: Count = 256,
        hidden_size: Count = 1024,
        layers: Count = 1,
        dropout: Share = 0.0,
        weight_dropout: Share = 0.0,
        symbol_dropout: Share = 0.0,
        pointer_size: Annotated[int, Field(ge=0)] = 0,
        pointer_reach: Count = 256,
    ) -> None:
        super().__init__()
        self.emission = Categorical()
        self.hidden_size = hidden_size
        self.dropout, self.weight_dropout, self.symbol_dropout = dropout, weight_dropout, symbol_dropout
        self.embedding = nn.Embedding(size, embedding_size)
        read = embedding_size if pointer_size else 0
        sizes = [embedding_size, hidden_size + read, *[hidden_size] * layers]
        self.layers = nn.ModuleList(self.cell(wide, hidden_size, batch_first=True) for wide in sizes[:layers])
        deciding = sizes[1] if layers == 1 else hidden_size
        self.pointer = (
            Pointer(size, boundary, hidden_size, pointer_size, deciding, pointer_reach) if pointer_size else None
        )
        self.output = nn.Linear(deciding, size)

    def forward(self, inputs: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) -> logits (batch, time, size), and the memory after the last of them."""
        before = self.empty(len(inputs)) if memory is None else memory
        first, *above = self.layers
        features, own = self._through(first, self._unseen(self.embedding(inputs)), before[0])
        features, after = self._locked_dropout(features), [own]
        if self.pointer is not None:
            pointed, past = self.pointer(features, inputs, before[-1])
            features = torch.cat([features, pointed @ self.embedding.weight], dim=2)
        for layer, state in zip(above, before[1:], strict=False):
            features, own = self._through(layer, features, state)
            features = self._locked_dropout(features)
            after.append(own)
        logits = self.output(features)
        if self.pointer is None:
            return logits, tuple(after)
        return self.pointer.mixed(logits, pointed, features), (*after, past)

    def for_inference(self, precision: Precision = "int8") -> Stepping:
        """Its twin for composing: a copy of the weights, laid out for steps of one symbol.

        Args:
            precision: ``"int8"`` rounds states and weights to 8 bits and less; its logits lie near the plain model's.
                ``"float32"`` gives the plain model's logits but for rounding, several times more slowly.
        """
        return Stepping(self, precision)

    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """The memory of these rows."""
        states = [_mapped(lambda part: part[:, rows].contiguous(), state) for state in memory[: len(self.layers)]]
        return *states, *(tuple(part[rows] for part in past) for past in memory[len(self.layers) :])

    def empty(self, rows: int) -> Memory:
        """The memory of rows that have read nothing."""
        zeros = self.output.weight.new_zeros(1, rows, self.hidden_size)
        states = [self._empty(zeros) for _ in self.layers]
        return *states, *([self.pointer.empty(rows)] if self.pointer is not None else [])

    @torch.no_grad()
    def assign(self, memory: Memory, rows: Tensor, source: Memory, source_rows: Tensor) -> Memory:
        """A new memory, with ``rows`` replaced by ``source_rows`` of another one."""
        count = len(self.layers)
        states = [
            _mapped(lambda own, other: own.index_copy(1, rows, other[:, source_rows]), *pair)
            for pair in zip(memory[:count], source[:count], strict=True)
        ]
        pasts = zip(memory[count:], source[count:], strict=True)
        return *states, *(assigned(own, rows, other, source_rows) for own, other in pasts)

    def _unseen(self, embedded: Tensor) -> Tensor:
        """Takes whole symbols away while training: (batch, time, features)."""
        if not (self.training and self.symbol_dropout):
            return embedded
        kept = torch.rand(embedded.shape[:2], device=embedded.device) >= self.symbol_dropout
        return embedded * kept.unsqueeze(-1)

    def _locked_dropout(self, features: Tensor) -> Tensor:
        """Drops the same features at every step of a window: (batch, time, features)."""
        if not (self.training and self.dropout):
            return features
        mask = torch.empty(features.shape[0], 1, features.shape[2], device=features.device)
        return features * mask.bernoulli_(1 - self.dropout).div_(1 - self.dropout)

    def _through(self, layer: Any, features: Tensor, memory: Any) -> tuple[Tensor, Any]:
        """One layer over a window, with some of its state-to-state weights dropped while training."""
        if not (self.training and self.weight_dropout):
            output, after = layer(features, memory)
            return output, after
        recurrent = functional.dropout(layer.weight_hh_l0, self.weight_dropout)
        weights = (layer.weight_ih_l0, recurrent, layer.bias_ih_l0, layer.bias_hh_l0)
        return self._run(layer, features, memory, weights)

    @abstractmethod
    def _empty(self, states: Tensor) -> Any:
        """A layer's memory before the first symbol, from states that are zero."""
        ...

    @abstractmethod
    def _run(self, layer: Any, features: Tensor, memory: Any, weights: tuple[Tensor, ...]) -> tuple[Tensor, Any]:
        """What ``layer`` does, with other weights."""
        ...


class LSTM(Recurrent):
    """Long short-term memory. Memory: (hidden, cell) of each layer, each of shape (1, batch, hidden_size)."""

    cell = nn.LSTM

    def _empty(self, states: Tensor) -> Any:
        return states, torch.zeros_like(states)

    def _run(self, layer: Any, features: Tensor, memory: Any, weights: tuple[Tensor, ...]) -> tuple[Tensor, Any]:
        # (input, state, weights, biases, layers, dropout, training, bidirectional, batch first)
        output, hidden, cell = torch.lstm(features, memory, weights, True, 1, 0.0, True, False, True)
        return output, (hidden, cell)


class GRU(Recurrent):
    """Gated recurrent units. Memory: the hidden state of each layer, of shape (1, batch, hidden_size)."""

    cell = nn.GRU

    def _empty(self, states: Tensor) -> Any:
        return states

    def _run(self, layer: Any, features: Tensor, memory: Any, weights: tuple[Tensor, ...]) -> tuple[Tensor, Any]:
        return torch.gru(features, memory, weights, True, 1, 0.0, True, False, True)


def _mapped(function: Callable[..., Tensor], *states: Any) -> Any:
    """A function of each tensor of a layer's state, or of those of several states together."""
    if isinstance(states[0], Tensor):
        return function(*states)
    return tuple(function(*parts) for parts in zip(*states, strict=True))
