"""Windows of symbols for the training loop. Any batch follows from (seed, iteration) alone, so a resumed run draws
the same ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunewright.errors import InputError

_OF_WEIGHTS = 2
"""Sets these random numbers apart from others drawn by seed and epoch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs and the symbols that follow them, each (batch, length); ``fresh`` when the lanes begin anew."""

    inputs: Tensor
    targets: Tensor
    fresh: bool


class Batches(Protocol):
    """Batches by iteration number."""

    def at(self, iteration: int) -> Batch:
        """The batch of this iteration, from 0."""
        ...


class Source(Protocol):
    """What there is to read."""

    def of(self, epoch: int) -> Sequence[NDArray[np.int64]]:
        """Ids of each piece that this epoch reads, without boundaries."""
        ...


class Same:
    """The same pieces in every epoch."""

    def __init__(self, pieces: Sequence[NDArray[np.int64]]) -> None:
        self.pieces = list(pieces)

    def of(self, epoch: int) -> Sequence[NDArray[np.int64]]:
        return self.pieces


class Weighted:
    """Each piece as often as it weighs, on average over the epochs: 2 is twice in each, 0.5 once in every other.

    Args:
        source: of all pieces, equally many in every epoch.
        weights: of each.
        seed: of the draws.
    """

    def __init__(self, source: Source, weights: Sequence[float], seed: int) -> None:
        self.source, self.seed = source, seed
        self.weights = np.array(weights)

    def of(self, epoch: int) -> Sequence[NDArray[np.int64]]:
        draws = np.random.default_rng([self.seed, epoch, _OF_WEIGHTS]).random(len(self.weights))
        times = np.floor(self.weights + draws).astype(int)
        return [piece for piece, often in zip(self.source.of(epoch), times, strict=True) for _ in range(often)]


class Windows(ABC):
    """Windows of symbols out of all pieces joined by boundaries.

    Args:
        source: of the pieces.
        boundary: ids between two pieces.

    Raises:
        InputError: all pieces together are shorter than one batch.
    """

    def __init__(self, source: Source, boundary: Sequence[int], batch_size: int, length: int, seed: int) -> None:
        self.source, self.boundary = source, tuple(boundary)
        self.batch_size, self.length, self.seed = batch_size, length, seed
        symbols = len(_joined(source.of(0), self.boundary))
        self.windows_per_epoch = self._count(symbols)
        if not self.windows_per_epoch:
            raise InputError(
                f"the training pieces hold {symbols} symbols, fewer than one batch of {batch_size} windows of "
                f"{length}; add pieces, or set a smaller training.batch_size or training.length"
            )
        self._epoch: tuple[int, NDArray[np.int64]] | None = None

    def at(self, iteration: int) -> Batch:
        """The batch of this iteration, from 0."""
        epoch, window = divmod(iteration, self.windows_per_epoch)
        if self._epoch is None or self._epoch[0] != epoch:
            self._epoch = (epoch, self.laid_out(epoch))
        return self._window(self._epoch[1], iteration, window)

    @abstractmethod
    def _count(self, symbols: int) -> int:
        """Windows in an epoch of so many symbols, boundaries included."""
        ...

    @abstractmethod
    def laid_out(self, epoch: int) -> NDArray[np.int64]:
        """Ids of an epoch as windows are cut from them."""
        ...

    @abstractmethod
    def _window(self, ids: NDArray[np.int64], iteration: int, window: int) -> Batch:
        """One of an epoch's windows."""
        ...


class RandomWindows(Windows):
    """Windows that start anywhere, as in the lab; an epoch is as many as hold all symbols once."""

    def _count(self, symbols: int) -> int:
        symbols -= len(self.boundary)
        return max(1, symbols // (self.batch_size * self.length)) if symbols > self.length + 1 else 0

    def laid_out(self, epoch: int) -> NDArray[np.int64]:
        return _joined(self.source.of(epoch), self.boundary)[: -len(self.boundary)]

    def _window(self, ids: NDArray[np.int64], iteration: int, window: int) -> Batch:
        generator = np.random.default_rng([self.seed, iteration])
        starts = generator.integers(0, len(ids) - 1 - self.length, self.batch_size)
        return _batch(np.stack([ids[start : start + self.length + 1] for start in starts]), fresh=iteration == 0)


class SequentialWindows(Windows):
    """Every epoch shuffles the pieces, joins them, cuts them into one lane a row, and reads all lanes on in windows."""

    def _count(self, symbols: int) -> int:
        return (symbols - 1) // (self.batch_size * self.length)

    def laid_out(self, epoch: int) -> NDArray[np.int64]:
        """(batch, windows * length + 1)."""
        pieces = self.source.of(epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(pieces))
        stream = _joined([pieces[index] for index in order], self.boundary)
        stride = self.windows_per_epoch * self.length
        # Epochs differ by a few symbols where pieces are transposed: one that is short begins anew.
        stream = np.resize(stream, self.batch_size * stride + 1)
        return np.stack([stream[row * stride : (row + 1) * stride + 1] for row in range(self.batch_size)])

    def _window(self, ids: NDArray[np.int64], iteration: int, window: int) -> Batch:
        start = window * self.length
        return _batch(ids[:, start : start + self.length + 1], fresh=window == 0)


WINDOWS: dict[str, type[Windows]] = {
    "random": RandomWindows,
    "sequential": SequentialWindows,
}


def _joined(pieces: Sequence[NDArray[np.int64]], boundary: Sequence[int]) -> NDArray[np.int64]:
    gap = np.array(boundary, dtype=np.int64)
    return np.concatenate([part for piece in pieces for part in (piece, gap)])


def _batch(windows: NDArray[np.int64], fresh: bool) -> Batch:
    ids = torch.from_numpy(np.ascontiguousarray(windows))
    return Batch(ids[:, :-1], ids[:, 1:], fresh)
