"""A pointer into the piece so far: which symbol came after contexts like this one.

Music repeats itself, and the states of a recurrent net can't keep a tune to the letter. So each symbol of the piece is
kept beside what a layer knew before it came, and asked for by what the layer knows now (Grave et al. 2017, "Improving
neural language models with a continuous cache", where nothing of it is learned; Merity et al. 2017, "Pointer sentinel
mixture models"). What is found is read by the layers above, and mixed into the prediction in a share that they decide
on (See et al. 2017, "Get to the point").
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

Past = tuple[Tensor, Tensor]
"""What earlier symbols left for a key of the symbol after them, (batch, earlier, size), and these symbols themselves,
(batch, earlier), the latest last; a symbol below 0 is none."""
NONE = -1
LEAST_LEFT = 1e-6
"""Of the probability, is left to the prediction without the pointer."""


class Pointer(nn.Module):
    """Attention from each place of a piece to the symbols before it, by what came before them.

    Args:
        symbols: how many there are.
        boundary: the symbol between two pieces, where it is a single one: nothing before it is looked at.
        features: of what keys and queries are made of.
        size: features of a key.
        deciding: features of what decides how far the pointer is trusted.
        reach: symbols remembered from one window to the next.
    """

    def __init__(self, symbols: int, boundary: int | None, features: int, size: int, deciding: int, reach: int) -> None:
        super().__init__()
        self.symbols, self.size, self.reach = symbols, size, reach
        self.boundary = symbols if boundary is None else boundary  # which no symbol is
        self.query = nn.Linear(features, size, bias=False)
        self.key = nn.Linear(features, size, bias=False)
        self.nothing = nn.Parameter(torch.zeros(1))
        self.trust = nn.Linear(deciding, 1)

    def forward(self, features: Tensor, inputs: Tensor, past: Past) -> tuple[Tensor, Past]:
        """Where it points.

        Args:
            features: after each symbol, (batch, time, features).
            inputs: the symbols, (batch, time).
            past: before the first of them.

        Returns:
            The share of the attention that each symbol gets, (batch, time, symbols), whose sum is 1 but for what points
            at nothing; and the past after the last of them.
        """
        keys = torch.cat([past[0], self.key(features)], dim=1)
        symbols = torch.cat([past[1], inputs], dim=1)
        scores = self.query(features) @ keys[:, :-1].transpose(1, 2) / math.sqrt(self.size)
        scores = scores.masked_fill(self._hidden(symbols, inputs.shape[1]), -math.inf)
        nothing = self.nothing.expand(*scores.shape[:2], 1)
        shares = torch.cat([scores, nothing], dim=2).softmax(dim=2)[:, :, :-1]
        pointed = shares.new_zeros(*shares.shape[:2], self.symbols)
        pointed = pointed.scatter_add(2, symbols[:, 1:].clamp(min=0).unsqueeze(1).expand_as(shares), shares)
        return pointed, (keys[:, -self.reach :], symbols[:, -self.reach :])

    def mixed(self, logits: Tensor, pointed: Tensor, deciding: Tensor) -> Tensor:
        """Logarithms of the probabilities of a mixture: (batch, time, symbols).

        Args:
            logits: of the prediction without it, (batch, time, symbols).
            pointed: as :meth:`forward` gives it.
            deciding: features, (batch, time, deciding).
        """
        trust = self.trust(deciding)
        left = (1 - trust.sigmoid() * pointed.sum(dim=2, keepdim=True)).clamp(min=LEAST_LEFT)
        own = functional.log_softmax(logits, dim=2) + left.log()
        return torch.logaddexp(own, functional.logsigmoid(trust) + pointed.clamp(min=1e-30).log())

    def empty(self, rows: int) -> Past:
        """The past of rows that have read nothing."""
        keys = self.query.weight.new_zeros(rows, 0, self.size)
        return keys, torch.zeros(rows, 0, dtype=torch.long, device=keys.device)

    def _hidden(self, symbols: Tensor, time: int) -> Tensor:
        """True where a place may not look, (batch, time, all but the first): at what comes after it or before its
        piece, at boundaries and at what is no symbol.
        """
        places = torch.arange(symbols.shape[1], device=symbols.device)
        pieces = (symbols == self.boundary).cumsum(dim=1)
        of_others = pieces[:, 1:].unsqueeze(1) != pieces[:, -time:].unsqueeze(2)
        never = (symbols[:, 1:] == NONE) | (symbols[:, 1:] == self.boundary)
        return (places[1:] > places[-time:].unsqueeze(1)) | of_others | never.unsqueeze(1)


def assigned(past: Past, rows: Tensor, source: Past, source_rows: Tensor) -> Past:
    """A new past, with ``rows`` replaced by ``source_rows`` of another one."""
    wide = max(past[1].shape[1], source[1].shape[1])
    own, others = _wide(past, wide), _wide(source, wide)
    keys, symbols = (mine.index_copy(0, rows, other[source_rows]) for mine, other in zip(own, others, strict=True))
    return keys, symbols


def _wide(past: Past, wide: int) -> Past:
    """A past with room in front."""
    keys, symbols = past
    more = wide - symbols.shape[1]
    return functional.pad(keys, (0, 0, more, 0)), functional.pad(symbols, (more, 0), value=NONE)
