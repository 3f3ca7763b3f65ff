"""Honest likelihood: each piece alone from an empty memory, its end charged, divided by what a reader counts.

Plain negative log-likelihood of one set of weights: no constraint, no adaptation, no smoothing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from tunewright.contracts import Codec, Piece, SequenceModel


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
    """Scores every piece. The model must be in inference mode.

    Args:
        batch_size: pieces scored side by side; pieces of like length share a batch, and none sees another.
    """
    nats = [0.0] * len(pieces)
    encoded = [codec.encode(piece) for piece in pieces]
    for rows in _batches_of_like_length([len(ids) for ids in encoded], batch_size):
        sequences = [[*codec.boundary, *encoded[row], *codec.boundary] for row in rows]
        for row, own in zip(rows, _score_batch(model, sequences, len(codec.boundary)), strict=True):
            nats[row] = own
    units = tuple(codec.units(piece) for piece in pieces)
    return Score(tuple(nats), units, codec.unit, text_sha256(pieces))


def _batches_of_like_length(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    order = sorted(range(len(lengths)), key=lambda row: lengths[row])
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


@torch.no_grad()
def _score_batch(model: SequenceModel, sequences: Sequence[Sequence[int]], free: int) -> list[float]:
    """Nats of each sequence after its first ``free`` symbols, which begin it and are given."""
    longest = max(map(len, sequences))
    device = next(iter(model.parameters())).device if isinstance(model, torch.nn.Module) else torch.device("cpu")
    padded = torch.zeros(len(sequences), longest, dtype=torch.long, device=device)
    counted = torch.zeros(len(sequences), longest, dtype=torch.bool, device=device)
    for row, sequence in enumerate(sequences):
        padded[row, : len(sequence)] = torch.tensor(sequence)
        counted[row, free : len(sequence)] = True
    logits, _ = model(padded[:, :-1])
    nll = model.emission.nll(logits, padded[:, 1:]).double() * counted[:, 1:]
    return [float(value) for value in nll.sum(dim=1)]
