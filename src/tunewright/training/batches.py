"""Windows of symbols for the training loop. Any batch follows from (seed, iteration) alone, so a resumed run draws
the same ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunewright.errors import InputError

Ids = NDArray[np.integer[Any]]
"""Of symbols, in as few bytes as they come in: only a batch needs 64 bits."""
_OF_WEIGHTS = 2
"""Sets these random numbers apart from others drawn by seed and epoch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs and the symbols that follow them, each (batch, length); ``fresh`` when the lanes begin anew."""

    inputs: Tensor
    targets: Tensor
    fresh: bool


class Batches(Protocol):
    """Batches by iteration number.

    Attributes:
        symbols: that the first epoch reads, boundaries included.
    """

    symbols: int

    @property
    def windows_per_epoch(self) -> int:
        """Iterations in which everything is read once."""
        ...

    def at(self, iteration: int) -> Batch:
        """The batch of this iteration, from 0."""
        ...


class Source(Protocol):
    """What there is to read."""

    def of(self, epoch: int) -> Sequence[Ids]:
        """Ids of each piece that this epoch reads, without boundaries."""
        ...


class Same:
    """The same pieces in every epoch."""

    def __init__(self, pieces: Sequence[Ids]) -> None:
        self.pieces = list(pieces)

    def of(self, epoch: int) -> Sequence[Ids]:
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

    def of(self, epoch: int) -> Sequence[Ids]:
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
        self.symbols = symbols = sum(len(piece) + len(self.boundary) for piece in source.of(0))
        self._windows_per_epoch = self._count(symbols)
        if not self.windows_per_epoch:
            raise InputError(
                f"the training pieces hold {symbols} symbols, fewer than one batch of {batch_size} windows of "
                f"{length}; add pieces, or set a smaller training.batch_size or training.length"
            )
        self._epoch: tuple[int, Ids] | None = None

    @property
    def windows_per_epoch(self) -> int:
        """Iterations in which everything is read once."""
        return self._windows_per_epoch

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
    def laid_out(self, epoch: int) -> Ids:
        """Ids of an epoch as windows are cut from them, (symbols,)."""
        ...

    @abstractmethod
    def _window(self, ids: Ids, iteration: int, window: int) -> Batch:
        """One of an epoch's windows."""
        ...


class RandomWindows(Windows):
    """Windows that start anywhere, as in the lab; an epoch is as many as hold all symbols once."""

    def _count(self, symbols: int) -> int:
        symbols -= len(self.boundary)
        return max(1, symbols // (self.batch_size * self.length)) if symbols > self.length + 1 else 0

    def laid_out(self, epoch: int) -> Ids:
        ids = _joined(self.source.of(epoch), self.boundary)[: -len(self.boundary)]
        # Epochs differ in length where pieces are varied: one that is too short for a window begins anew.
        return ids if len(ids) > self.length + 1 else np.resize(ids, self.length + 2)

    def _window(self, ids: Ids, iteration: int, window: int) -> Batch:
        generator = np.random.default_rng([self.seed, iteration])
        starts = generator.integers(0, len(ids) - 1 - self.length, self.batch_size)
        return _batch(ids, starts.tolist(), self.length, fresh=iteration == 0)


class SequentialWindows(Windows):
    """Every epoch shuffles the pieces, joins them, cuts them into one lane a row, and reads all lanes on in windows."""

    def _count(self, symbols: int) -> int:
        return (symbols - 1) // (self.batch_size * self.length)

    def laid_out(self, epoch: int) -> Ids:
        """Lane after lane, each of so many windows, and the symbol that follows the last: (symbols,)."""
        pieces = self.source.of(epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(pieces))
        stream = _joined([pieces[index] for index in order], self.boundary)
        needed = self.batch_size * self.windows_per_epoch * self.length + 1
        # Epochs differ by a few symbols where pieces are transposed: one that is short begins anew.
        return stream[:needed] if len(stream) >= needed else np.resize(stream, needed)

    def _window(self, ids: Ids, iteration: int, window: int) -> Batch:
        starts = range(window * self.length, len(ids) - 1, self.windows_per_epoch * self.length)
        return _batch(ids, starts, self.length, fresh=window == 0)


WINDOWS: dict[str, type[Windows]] = {
    "random": RandomWindows,
    "sequential": SequentialWindows,
}


def _joined(pieces: Sequence[Ids], boundary: Sequence[int]) -> Ids:
    narrowest = np.min_scalar_type(-1 - max(boundary))  # signed, as the pieces' own
    gap = np.array(boundary, dtype=narrowest)
    return np.concatenate([part for piece in pieces for part in (piece, gap)])


def _batch(ids: Ids, starts: Sequence[int], length: int, fresh: bool) -> Batch:
    """The windows that begin at these places, and the symbol after each."""
    windows = np.stack([ids[start : start + length + 1] for start in starts])
    wide = torch.from_numpy(windows.astype(np.int64, copy=False))
    return Batch(wide[:, :-1], wide[:, 1:], fresh)
