"""Honest likelihood: each piece alone from an empty memory, its end charged, divided by what a reader counts.

Plain negative log-likelihood of one set of weights: no constraint, no adaptation, no smoothing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tunewright.contracts import Codec, Piece, SequenceModel

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """How well a model foresees a set of pieces.

    Attributes:
        nats: negative log-likelihood of each piece, its end included.
        units: raw units of each piece.
        unit: what is counted, e.g. ``"character"``.
        sha256: of the scored text, in hexadecimal.
    """

    nats: tuple[float, ...]
    units: tuple[int, ...]
    unit: str
    sha256: str

    @property
    def bits_per_unit(self) -> float:
        """Total bits over total raw units."""
        return math.fsum(self.nats) / math.log(2) / max(1, sum(self.units))


def text_sha256(pieces: Sequence[Piece]) -> str:
    """Names a scored text: sha256 of the pieces' texts joined by blank lines."""
    return hashlib.sha256("\n\n".join(piece.text for piece in pieces).encode()).hexdigest()


def score(model: SequenceModel, codec: Codec, pieces: Sequence[Piece], batch_size: int = 32) -> Score:
    """Scores every piece; arguments as for :func:`nats_per_symbol`."""
    return summed(codec, pieces, nats_per_symbol(model, codec, pieces, batch_size))


def summed(codec: Codec, pieces: Sequence[Piece], nats: Sequence[Floats]) -> Score:
    """The score of pieces whose symbols cost so much, each piece's as :func:`nats_per_symbol` gives them."""
    units = tuple(codec.units(piece) for piece in pieces)
    return Score(tuple(math.fsum(own) for own in nats), units, codec.unit, text_sha256(pieces))


def nats_per_symbol(model: SequenceModel, codec: Codec, pieces: Sequence[Piece], batch_size: int = 32) -> list[Floats]:
    """What every symbol costs. The model must be in inference mode.

    Args:
        batch_size: pieces scored side by side; pieces of like length share a batch, and none sees another.

    Returns:
        For each piece the negative log-likelihood of its symbols and of the boundary that ends it, shape
        (symbols + boundary,).
    """
    nats: list[Floats] = [np.zeros(0)] * len(pieces)
    encoded = [codec.encode(piece) for piece in pieces]
    for rows in _batches_of_like_length([len(ids) for ids in encoded], batch_size):
        sequences = [[*codec.boundary, *encoded[row], *codec.boundary] for row in rows]
        for row, own in zip(rows, _score_batch(model, sequences, len(codec.boundary)), strict=True):
            nats[row] = own
    return nats


def _batches_of_like_length(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    order = sorted(range(len(lengths)), key=lambda row: lengths[row])
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


@torch.no_grad()
def _score_batch(model: SequenceModel, sequences: Sequence[Sequence[int]], free: int) -> list[Floats]:
    """Nats of each sequence's symbols after the first ``free``, which begin it and are given."""
    device = next(iter(model.parameters())).device if isinstance(model, torch.nn.Module) else torch.device("cpu")
    padded = torch.zeros(len(sequences), max(map(len, sequences)), dtype=torch.long, device=device)
    for row, sequence in enumerate(sequences):
        padded[row, : len(sequence)] = torch.tensor(sequence)
    logits, _ = model(padded[:, :-1])
    nll = model.emission.nll(logits, padded[:, 1:]).double().cpu().numpy()
    return [own[free - 1 : len(sequence) - 1] for own, sequence in zip(nll, sequences, strict=True)]
