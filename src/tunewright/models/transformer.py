"""A decoder-only Transformer over symbols: pre-norm blocks of causal self-attention and a feed-forward layer.

After Vaswani et al. 2017, laid out and begun as GPT-2 (Radford et al. 2019): LayerNorm before each part of a block and
after the last, GELU in its tanh form, projections into the residual stream begun smaller the more there are. Where
symbols stand enters by their distances alone: by learned relative logits (Huang et al. 2018, "Music Transformer") or
by turning queries and keys (Su et al. 2021, "RoFormer").

Each symbol attends to itself and to so many symbols before it as ``context`` says, never more: a piece read step by
step, in windows that carry the memory on (Dai et al. 2019, "Transformer-XL") or all at once gives the same logits.
"""

from __future__ import annotations

import math
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from tunewright.errors import SettingsError
from tunewright.models.attention import ATTENTIONS, Attention, Positions
from tunewright.models.dropout import dropout
from tunewright.models.emission import Categorical
from tunewright.models.exact_product import Precision
from tunewright.models.stepping_transformer import SteppingTransformer

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Memory = tuple[Tensor, ...]
"""How many symbols each row remembers, (batch,), at most ``context``; then keys and values of each block in turn, each
of shape (batch, heads, remembered, head size), the latest last. Rows that remember fewer have something unread at the
front."""

WIDER = 4
"""A feed-forward layer has so many times the features of the stream, unless it is told how many."""
SPREAD = 0.02
"""Standard deviation of weights at the start, as in GPT-2."""


class Block(nn.Module):
    """One block: attention, then a feed-forward layer, each added to what goes by.

    Args:
        attention: over ``hidden_size`` features.
        hidden_size: features of the stream.
        feed_size: features of the feed-forward layer.
        dropout: share of what each part adds that is dropped.
    """

    def __init__(self, attention: Attention, hidden_size: int, feed_size: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.attention_norm, self.attention = nn.LayerNorm(hidden_size), attention
        self.feed_norm = nn.LayerNorm(hidden_size)
        self.widen, self.narrow = nn.Linear(hidden_size, feed_size), nn.Linear(feed_size, hidden_size)

    def forward(
        self, stream: Tensor, keys: Tensor, values: Tensor, hidden: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The stream after the block, (batch, time, hidden_size), and keys and values as attention gives them."""
        heard, keys, values = self.attention(self.attention_norm(stream), keys, values, hidden)
        stream = stream + dropout(heard, self.dropout, self.training)
        wide = functional.gelu(self.widen(self.feed_norm(stream)), approximate="tanh")
        return stream + dropout(self.narrow(wide), self.dropout, self.training), keys, values


class Transformer(nn.Module):
    """Blocks of attention over symbols.

    Args:
        size: number of symbols.
        boundary: the symbol between two pieces, which is attended to like any other.
        hidden_size: features of the stream.
        heads: of attention, in each block.
        layers: number of blocks.
        feed_size: features of the feed-forward layers; left out, four times those of the stream.
        context: how many symbols before itself each symbol attends to, at most.
        positions: ``"relative"`` for learned logits of distances, ``"rotary"`` for turned queries and keys.
        longest_distance: of relative positions: the largest that is told apart from larger ones.
        dropout: share dropped of embeddings, attention weights and what blocks add.
        tied: whether symbols are told by the vectors by which they are read (Press & Wolf 2017).

    Raises:
        SettingsError: the features can't be shared out among the heads.
    """

    def __init__(
        self,
        size: int,
        boundary: int | None = None,
        *,
        hidden_size: Count = 128,
        heads: Count = 4,
        layers: Count = 4,
        feed_size: Count | None = None,
        context: Count = 256,
        positions: Positions = "relative",
        longest_distance: Count = 256,
        dropout: Share = 0.0,
        tied: bool = True,
    ) -> None:
        super().__init__()
        parts = heads if positions == "relative" else 2 * heads  # turning takes features in pairs
        if hidden_size % parts:
            raise SettingsError(f"model.hidden_size = {hidden_size} must be a multiple of {parts} for {heads} heads")
        self.emission = Categorical()
        self.heads, self.context, self.dropout = heads, context, dropout
        self.embedding = nn.Embedding(size, hidden_size)
        longest = min(longest_distance, context)
        attentions = [ATTENTIONS[positions](hidden_size, heads, longest, dropout) for _ in range(layers)]
        wide = feed_size or WIDER * hidden_size
        self.blocks = nn.ModuleList(Block(attention, hidden_size, wide, dropout) for attention in attentions)
        self.norm = nn.LayerNorm(hidden_size)
        self.own_output = None if tied else nn.Parameter(torch.empty(size, hidden_size))
        self.output_bias = nn.Parameter(torch.empty(size))
        self._begin()

    @property
    def output_weight(self) -> Tensor:
        """What symbols are told by, (size, hidden_size)."""
        return self.embedding.weight if self.own_output is None else self.own_output

    def forward(self, inputs: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) -> logits (batch, time, size), and the memory after the last of them."""
        memory = self.empty(len(inputs)) if memory is None else memory
        logits = []
        # A window longer than the context would compare what may not look at each other.
        for part in torch.split(inputs, self.context, dim=1):
            own, memory = self._read(part, memory)
            logits.append(own)
        return torch.cat(logits, dim=1), memory

    def for_inference(self, precision: Precision = "int8") -> SteppingTransformer:
        """Its twin for composing: a copy of the weights, laid out for steps of one symbol on the CPU.

        Args:
            precision: ``"int8"`` rounds what enters products to 8 bits and weights to 7; its logits lie near the plain
                model's. ``"float32"`` gives the plain model's logits but for rounding, more slowly.
        """
        return SteppingTransformer(self, precision)

    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """The memory of these rows."""
        return tuple(part.index_select(0, rows) for part in memory)

    def empty(self, rows: int) -> Memory:
        """The memory of rows that have read nothing."""
        weight = self.embedding.weight
        lengths = torch.zeros(rows, dtype=torch.long, device=weight.device)
        nothing = weight.new_zeros(rows, self.heads, 0, weight.shape[1] // self.heads)
        return lengths, *[nothing] * (2 * len(self.blocks))

    @torch.no_grad()
    def assign(self, memory: Memory, rows: Tensor, source: Memory, source_rows: Tensor) -> Memory:
        """A new memory, with ``rows`` replaced by ``source_rows`` of another one."""
        lengths = memory[0].index_copy(0, rows, source[0][source_rows])
        wide = max(memory[1].shape[2], source[1].shape[2])
        pairs = zip(memory[1:], source[1:], strict=True)
        return lengths, *[_wide(own, wide).index_copy(0, rows, _wide(other[source_rows], wide)) for own, other in pairs]

    def _read(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """The same as ``forward`` for a window no longer than the context."""
        lengths, *cache = memory
        hidden = self._hidden(lengths, inputs.shape[1], cache[0].shape[2])
        stream = dropout(self.embedding(inputs), self.dropout, self.training)
        after = []
        for block, keys, values in zip(self.blocks, cache[::2], cache[1::2], strict=True):
            stream, keys, values = block(stream, keys, values, hidden)
            after += [keys[:, :, -self.context :], values[:, :, -self.context :]]
        lengths = (lengths + inputs.shape[1]).clamp(max=self.context)
        return functional.linear(self.norm(stream), self.output_weight, self.output_bias), (lengths, *after)

    def _hidden(self, lengths: Tensor, time: int, remembered: int) -> Tensor | None:
        """True where a symbol may not look besides at what comes after it, (batch, 1, time, remembered + time): at what
        lies further back than the context, and at what a row doesn't remember. None where there is neither.
        """
        if not remembered:
            return None
        keys = torch.arange(remembered + time, device=lengths.device)
        unread = keys < remembered - lengths.unsqueeze(1)
        return (keys[remembered:].unsqueeze(1) - keys > self.context) | unread[:, None, None]

    def _begin(self) -> None:
        """Weights at the start, as in GPT-2 (Radford et al. 2019, section 2.3)."""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif "norm" not in name and not name.endswith("distances"):
                added = name.endswith(("leave.weight", "narrow.weight"))
                nn.init.normal_(parameter, std=SPREAD / math.sqrt(2 * len(self.blocks)) if added else SPREAD)


def _wide(cache: Tensor, wide: int) -> Tensor:
    """Keys or values with room in front, (batch, heads, wide, head size)."""
    return functional.pad(cache, (0, 0, wide - cache.shape[2], 0))
