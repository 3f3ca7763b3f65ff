"""Recurrent nets over symbols: embedding, LSTM or GRU layers, a linear layer to logits.

LSTM after Hochreiter & Schmidhuber 1997 with forget gates (Gers et al. 2000); GRU after Cho et al. 2014. Regularised
after Gal & Ghahramani 2016 (one dropout mask for all steps of a window) and Merity et al. 2017 (dropout on the
recurrent weights themselves).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from tunewright.models.emission import Categorical
from tunewright.models.exact_product import Precision
from tunewright.models.stepping import Stepping

Memory = Any
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, lt=1)]


class Recurrent(nn.Module, ABC):
    """A stack of recurrent layers. With one layer and no dropout it is the lab's model.

    Args:
        size: number of symbols.
        embedding_size: features of a symbol.
        hidden_size: features of a layer's state.
        layers: how many.
        dropout: share of features dropped between layers and before the output, the same ones at all steps of a window.
        weight_dropout: share of the weights from state to state that are dropped, the same ones at all steps of a
            window.
        symbol_dropout: share of the input symbols that are not seen at all.
    """

    cell: type[nn.LSTM] | type[nn.GRU]

    def __init__(
        self,
        size: int,
        *,
        embedding_size: Count = 256,
        hidden_size: Count = 1024,
        layers: Count = 1,
        dropout: Share = 0.0,
        weight_dropout: Share = 0.0,
        symbol_dropout: Share = 0.0,
    ) -> None:
        super().__init__()
        self.emission = Categorical()
        self.dropout, self.weight_dropout, self.symbol_dropout = dropout, weight_dropout, symbol_dropout
        self.embedding = nn.Embedding(size, embedding_size)
        sizes = [embedding_size, *[hidden_size] * layers]
        self.layers = nn.ModuleList(self.cell(wide, hidden_size, batch_first=True) for wide in sizes[:layers])
        self.output = nn.Linear(hidden_size, size)

    def forward(self, inputs: Tensor, memory: Memory = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) -> logits (batch, time, size), and the memory after the last of them: one entry a layer."""
        features = self._unseen(self.embedding(inputs))
        after = []
        for number, layer in enumerate(self.layers):
            before = None if memory is None else memory[number]
            features, own = self._through(layer, features, before)
            features = self._locked_dropout(features)
            after.append(own)
        return self.output(features), tuple(after)

    def for_inference(self, precision: Precision = "int8") -> Stepping:
        """Its twin for composing: a copy of the weights, laid out for steps of one symbol.

        Args:
            precision: ``"int8"`` rounds states and weights to 8 bits and less; its logits lie near the plain model's.
                ``"float32"`` gives the plain model's logits but for rounding, several times more slowly.
        """
        return Stepping(self.embedding.weight, list(self.layers), self.output, precision)

    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """The memory of these rows."""
        if isinstance(memory, Tensor):
            return memory[:, rows].contiguous()
        return tuple(self.select(part, rows) for part in memory)

    def empty(self, rows: int) -> Memory:
        """The memory of rows that have read nothing."""
        size = self.output.in_features
        return tuple(self._empty(self.output.weight.new_zeros(1, rows, size)) for _ in self.layers)

    @torch.no_grad()
    def assign(self, memory: Memory, rows: Tensor, source: Memory, source_rows: Tensor) -> Memory:
        """A new memory, with ``rows`` replaced by ``source_rows`` of another one."""
        if isinstance(memory, Tensor):
            return memory.index_copy(1, rows, source[:, source_rows])
        return tuple(self.assign(own, rows, other, source_rows) for own, other in zip(memory, source, strict=True))

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

    def _through(self, layer: Any, features: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """One layer over a window, with some of its state-to-state weights dropped while training."""
        if not (self.training and self.weight_dropout):
            output, after = layer(features, memory)
            return output, after
        recurrent = functional.dropout(layer.weight_hh_l0, self.weight_dropout)
        weights = (layer.weight_ih_l0, recurrent, layer.bias_ih_l0, layer.bias_hh_l0)
        return self._run(layer, features, memory, weights)

    @abstractmethod
    def _empty(self, states: Tensor) -> Memory:
        """A layer's memory before the first symbol, from states that are zero."""
        ...

    @abstractmethod
    def _run(self, layer: Any, features: Tensor, memory: Memory, weights: tuple[Tensor, ...]) -> tuple[Tensor, Memory]:
        """What ``layer`` does, with other weights."""
        ...


class LSTM(Recurrent):
    """Long short-term memory. Memory: (hidden, cell) of each layer, each of shape (1, batch, hidden_size)."""

    cell = nn.LSTM

    def _empty(self, states: Tensor) -> Memory:
        return states, torch.zeros_like(states)

    def _run(self, layer: Any, features: Tensor, memory: Memory, weights: tuple[Tensor, ...]) -> tuple[Tensor, Memory]:
        if memory is None:
            memory = self._empty(features.new_zeros(1, features.shape[0], layer.hidden_size))
        # (input, state, weights, biases, layers, dropout, training, bidirectional, batch first)
        output, hidden, cell = torch.lstm(features, memory, weights, True, 1, 0.0, True, False, True)
        return output, (hidden, cell)


class GRU(Recurrent):
    """Gated recurrent units. Memory: the hidden state of each layer, of shape (1, batch, hidden_size)."""

    cell = nn.GRU

    def _empty(self, states: Tensor) -> Memory:
        return states

    def _run(self, layer: Any, features: Tensor, memory: Memory, weights: tuple[Tensor, ...]) -> tuple[Tensor, Memory]:
        if memory is None:
            memory = self._empty(features.new_zeros(1, features.shape[0], layer.hidden_size))
        return torch.gru(features, memory, weights, True, 1, 0.0, True, False, True)
