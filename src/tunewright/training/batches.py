"""Windows of symbols for the training loop. Any batch follows from (seed, iteration) alone, so a resumed run draws
the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunewright.errors import InputError


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


class RandomWindows:
    """Windows that start anywhere in all pieces joined by boundaries, as in the lab.

    Args:
        pieces: ids of each piece, without boundaries.
        boundary: ids between two pieces.

    Raises:
        InputError: all pieces together are shorter than one window.
    """

    def __init__(
        self, pieces: Sequence[NDArray[np.int64]], boundary: Sequence[int], batch_size: int, length: int, seed: int
    ) -> None:
        self.stream = _joined(pieces, boundary)[: -len(boundary)]
        self.batch_size, self.length, self.seed = batch_size, length, seed
        _require(len(self.stream) > length + 1, len(self.stream), 1, length)

    def at(self, iteration: int) -> Batch:
        generator = np.random.default_rng([self.seed, iteration])
        starts = generator.integers(0, len(self.stream) - 1 - self.length, self.batch_size)
        windows = np.stack([self.stream[start : start + self.length + 1] for start in starts])
        return _batch(windows, fresh=iteration == 0)


class SequentialWindows:
    """Every epoch shuffles the pieces, joins them by boundaries, cuts them into one lane a row, and reads all lanes
    on in windows.

    Args and errors as for :class:`RandomWindows`.
    """

    def __init__(
        self, pieces: Sequence[NDArray[np.int64]], boundary: Sequence[int], batch_size: int, length: int, seed: int
    ) -> None:
        self.pieces, self.boundary = list(pieces), tuple(boundary)
        self.batch_size, self.length, self.seed = batch_size, length, seed
        symbols = sum(map(len, pieces)) + len(self.boundary) * len(pieces)
        self.windows_per_epoch = (symbols - 1) // (batch_size * length)
        _require(self.windows_per_epoch > 0, symbols, batch_size, length)
        self._epoch: tuple[int, NDArray[np.int64]] | None = None

    def at(self, iteration: int) -> Batch:
        epoch, window = divmod(iteration, self.windows_per_epoch)
        lanes = self._lanes(epoch)
        start = window * self.length
        return _batch(lanes[:, start : start + self.length + 1], fresh=window == 0)

    def _lanes(self, epoch: int) -> NDArray[np.int64]:
        """Ids of one epoch, (batch, windows * length + 1)."""
        if self._epoch is None or self._epoch[0] != epoch:
            order = np.random.default_rng([self.seed, epoch]).permutation(len(self.pieces))
            stream = _joined([self.pieces[index] for index in order], self.boundary)
            stride = self.windows_per_epoch * self.length
            lanes = np.stack([stream[row * stride : (row + 1) * stride + 1] for row in range(self.batch_size)])
            self._epoch = (epoch, lanes)
        return self._epoch[1]


WINDOWS: dict[str, type[RandomWindows] | type[SequentialWindows]] = {
    "random": RandomWindows,
    "sequential": SequentialWindows,
}


def _joined(pieces: Sequence[NDArray[np.int64]], boundary: Sequence[int]) -> NDArray[np.int64]:
    gap = np.array(boundary, dtype=np.int64)
    return np.concatenate([part for piece in pieces for part in (piece, gap)])


def _batch(windows: NDArray[np.int64], fresh: bool) -> Batch:
    ids = torch.from_numpy(np.ascontiguousarray(windows))
    return Batch(ids[:, :-1], ids[:, 1:], fresh)


def _require(enough: bool, symbols: int, batch_size: int, length: int) -> None:
    if not enough:
        raise InputError(
            f"the training pieces hold {symbols} symbols, fewer than one batch of {batch_size} windows of {length}; "
            "add pieces, or set a smaller training.batch_size or training.length"
        )
