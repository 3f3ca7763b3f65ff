"""Honest likelihood: each piece alone from an empty memory, its end charged, divided by what a reader counts.

Plain negative log-likelihood of one set of weights: no constraint, no adaptation, no smoothing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunewright.contracts import Codec, Emission, Piece, SequenceModel

Floats = NDArray[np.float64]
WINDOW = 1024
"""Symbols of a piece that are read at once; longer pieces are read on from the memory of what came before."""
SIDE_BY_SIDE = 32
"""Pieces read at once."""
OF_LONG_ONES = 8
"""Of pieces longer than a window so many times fewer are read at once: what is remembered of them takes room too."""


@dataclass(frozen=True, slots=True)
class Score:
    """How well a model foresees a set of pieces.

    Attributes:
        nats: negative log-likelihood of each piece, its end included.
        units: raw units of each piece.
        unit: what is counted, e.g. ``"character"``.
        sha256: of the scored text, or of the MIDI files, in hexadecimal.
    """

    nats: tuple[float, ...]
    units: tuple[int, ...]
    unit: str
    sha256: str

    @property
    def bits_per_unit(self) -> float:
        """Total bits over total raw units."""
        return math.fsum(self.nats) / math.log(2) / max(1, sum(self.units))


class Costs(NamedTuple):
    """What targets cost, each of the targets' shape.

    Attributes:
        nats: negative log-likelihood.
        smoothed: the same, of targets of which a share is spread over all outcomes (Szegedy et al. 2016).
        right: 1 where the target is the likeliest outcome, else 0.
    """

    nats: Tensor
    smoothed: Tensor
    right: Tensor


def costs(emission: Emission, logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Costs:
    """What targets cost where a model has put out these logits, (..., size)."""
    nats = emission.nll(logits, targets)
    smoothed = nats
    if label_smoothing:
        smoothed = (1 - label_smoothing) * nats + label_smoothing * emission.nll_of_all(logits)
    return Costs(nats, smoothed, (emission.likeliest(logits.detach()) == targets).to(nats.dtype))


class Measured(NamedTuple):
    """How well a model foresees held-out pieces.

    Attributes:
        bits_per_unit: total bits over total raw units.
        loss: nats a symbol.
        smoothed: the same with label smoothing, as a training minimises it.
        accuracy: share of the symbols that are the likeliest ones where they stand.
    """

    bits_per_unit: float
    loss: float
    smoothed: float
    accuracy: float


class HeldOut:
    """Pieces on which models are measured again and again: encoded once, when first needed.

    Args:
        codec: of the models.
        pieces: at least one.
        label_smoothing: share of each target that is spread, in the smoothed figure alone.
        most_symbols: read of each piece, from its beginning; 0 for all of it and its end. What is left out isn't
            charged, and a piece that is cut off counts for as great a share of its units as is read of its symbols.
        side_by_side: pieces read at once.
    """

    def __init__(
        self,
        codec: Codec,
        pieces: Sequence[Piece],
        *,
        label_smoothing: float = 0.0,
        most_symbols: int = 0,
        side_by_side: int = SIDE_BY_SIDE,
    ) -> None:
        self.codec, self.pieces = codec, pieces
        self.label_smoothing, self.most_symbols = label_smoothing, most_symbols
        self.side_by_side = side_by_side

    @cached_property
    def _parts(self) -> list[tuple[NDArray[np.int32], float]]:
        return [self._part(piece) for piece in self.pieces]

    def _part(self, piece: Piece) -> tuple[NDArray[np.int32], float]:
        """What is read of a piece, the boundary before it first, and how many raw units that is."""
        boundary, ids, units = self.codec.boundary, self.codec.encode(piece), self.codec.units(piece)
        if 0 < self.most_symbols < len(ids):
            read = np.concatenate([boundary, ids[: self.most_symbols]])
            return read.astype(np.int32), units * self.most_symbols / len(ids)
        return np.concatenate([boundary, ids, boundary]).astype(np.int32), units

    def __call__(self, model: SequenceModel) -> Measured:
        """Measures a model, which must be in inference mode."""
        nats, smoothed, right = np.concatenate(self.costs(model), axis=1)
        bits = math.fsum(nats) / math.log(2) / max(1.0, math.fsum(units for _, units in self._parts))
        return Measured(bits, nats.mean().item(), smoothed.mean().item(), right.mean().item())

    def costs(self, model: SequenceModel) -> list[Floats]:
        """What every symbol of each piece costs, and the boundary that ends it: (3, symbols + boundary) each, in the
        order of :class:`Costs`.
        """
        sequences = [ids for ids, _ in self._parts]
        found: list[Floats] = [np.zeros((3, 0))] * len(sequences)
        for rows in _of_like_length([len(ids) for ids in sequences], self.side_by_side):
            for row, own in zip(rows, self._read(model, [sequences[row] for row in rows]), strict=True):
                found[row] = own
        return found

    @torch.no_grad()
    def _read(self, model: SequenceModel, sequences: Sequence[NDArray[np.int32]]) -> list[Floats]:
        """Costs of sequences, the longest last, window by window; one that has come to its end leaves the others."""
        given = len(self.codec.boundary) - 1  # foreseen by the boundary's first symbol, and no part of the piece
        device = next(iter(model.parameters())).device if isinstance(model, torch.nn.Module) else torch.device("cpu")
        parts: list[list[Floats]] = [[] for _ in sequences]
        memory, ended = None, 0
        for start in range(0, len(sequences[-1]) - 1, WINDOW):
            reading = [row for row, ids in enumerate(sequences) if len(ids) - 1 > start]
            if reading[0] > ended:
                memory = model.select(memory, torch.arange(reading[0] - ended, len(sequences) - ended, device=device))
                ended = reading[0]
            windows = [sequences[row][start : start + WINDOW + 1] for row in reading]
            ids = _padded(windows).to(device)
            logits, memory = model(ids[:, :-1], memory)
            told = costs(model.emission, logits, ids[:, 1:], self.label_smoothing)
            each = torch.stack([part.double() for part in told], dim=1).cpu().numpy()
            for row, window, own in zip(reading, windows, each, strict=True):
                parts[row].append(own[:, : len(window) - 1])
        return [np.concatenate(own, axis=1)[:, given:] for own in parts]


def _padded(windows: Sequence[NDArray[np.int32]]) -> Tensor:
    """(windows, symbols of the last one, which is the longest)."""
    ids = torch.zeros(len(windows), len(windows[-1]), dtype=torch.long)
    for row, window in zip(ids, windows, strict=True):
        row[: len(window)] = torch.from_numpy(window)
    return ids


def text_sha256(pieces: Sequence[Piece]) -> str:
    """Names what was scored: sha256 of the pieces' texts, or of their MIDI files, joined by blank lines."""
    return hashlib.sha256(b"\n\n".join(piece.midi or piece.text.encode() for piece in pieces)).hexdigest()


def score(model: SequenceModel, codec: Codec, pieces: Sequence[Piece], batch_size: int = SIDE_BY_SIDE) -> Score:
    """Scores every piece; arguments as for :func:`nats_per_symbol`."""
    return summed(codec, pieces, nats_per_symbol(model, codec, pieces, batch_size))


def summed(codec: Codec, pieces: Sequence[Piece], nats: Sequence[Floats]) -> Score:
    """The score of pieces whose symbols cost so much, each piece's as :func:`nats_per_symbol` gives them."""
    units = tuple(codec.units(piece) for piece in pieces)
    return Score(tuple(math.fsum(own) for own in nats), units, codec.unit, text_sha256(pieces))


def nats_per_symbol(
    model: SequenceModel, codec: Codec, pieces: Sequence[Piece], batch_size: int = SIDE_BY_SIDE
) -> list[Floats]:
    """What every symbol costs. The model must be in inference mode.

    Args:
        batch_size: pieces scored side by side; pieces of like length share a batch, and none sees another.

    Returns:
        For each piece the negative log-likelihood of its symbols and of the boundary that ends it, shape
        (symbols + boundary,).
    """
    return [own[0] for own in HeldOut(codec, pieces, side_by_side=batch_size).costs(model)]


def _of_like_length(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Rows that are read side by side, from the shortest to the longest."""
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if len(rows) >= (most if lengths[row] <= WINDOW + 1 else math.ceil(most / OF_LONG_ONES)):
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows
