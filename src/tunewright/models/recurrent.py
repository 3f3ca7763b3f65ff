"""Recurrent nets over symbols: embedding, LSTM or GRU layers, a linear layer to logits.

LSTM after Hochreiter & Schmidhuber 1997 with forget gates (Gers et al. 2000); GRU after Cho et al. 2014; dropout between layers, not
along time, after Zaremba et al. 2014.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tunewright.models.emission import Categorical

Memory = Any


class Recurrent(nn.Module):
    """A stack of recurrent layers.

    Args:
        size: number of symbols.
        embedding_size: features of a symbol.
        hidden_size: features of a layer's state.
        layers: how many.
        dropout: share of features dropped after the embedding, between layers and before the output while training. With one
            layer and 0 the model is the lab's.
    """

    cell: type[nn.LSTM] | type[nn.GRU]

    def __init__(
        self,
        size: int,
        *,
        embedding_size: int = 256,
        hidden_size: int = 1024,
        layers: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.emission = Categorical()
        self.embedding = nn.Embedding(size, embedding_size)
        between = dropout if layers > 1 else 0.0
        self.layers = self.cell(embedding_size, hidden_size, layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, size)

    def forward(self, inputs: Tensor, memory: Memory = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) -> logits (batch, time, size), and the memory after the last of them."""
        features, memory = self.layers(self.dropout(self.embedding(inputs)), memory)
        return self.output(self.dropout(features)), memory

    def for_inference(self) -> Recurrent:
        """Itself, with dropout switched off."""
        return self.eval()


class LSTM(Recurrent):
    """Recurrent layers with long short-term memory. Memory: hidden and cell state, each (layers, batch, hidden_size)."""

    cell = nn.LSTM

    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """Memory of these rows."""
        hidden, cell = memory
        return hidden[:, rows].contiguous(), cell[:, rows].contiguous()


class GRU(Recurrent):
    """Gated recurrent units. Memory: the hidden state, (layers, batch, hidden_size)."""

    cell = nn.GRU

    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """Memory of these rows."""
        return torch.as_tensor(memory)[:, rows].contiguous()
