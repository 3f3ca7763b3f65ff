"""Uniform numbers by address: each is a function of (seed, piece, attempt, step, index) and of nothing else.

So a piece comes out the same whether it is drawn alone, in a batch of 500, or replayed years later. The generator is
Philox 4x32 with 10 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), computed for a whole
batch at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], dtype=np.uint64)
KEY_INCREMENTS = np.array([0x9E3779B9, 0xBB67AE85], dtype=np.uint64)
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
ROUNDS = 10
BLOCK = 256
"""Steps of which a stream makes the numbers at once."""
BEFORE = 2**32 - 1
"""Stands for a step that never comes."""


def philox(counter: tuple[Words, Words, Words, Words], key: tuple[Words, Words]) -> tuple[Words, Words, Words, Words]:
    """Philox 4x32-10: four 32-bit counter words and two key words -> four random 32-bit words, held in 64-bit
    arrays.
    """
    first, second, third, fourth = counter
    multiplied, kept, keys = np.stack([first, third]), np.stack([second, fourth]), np.stack(key)
    ones = (1,) * np.ndim(first)
    multipliers, increments = MULTIPLIERS.reshape(2, *ones), KEY_INCREMENTS.reshape(2, *ones)
    for _ in range(ROUNDS):
        crossed = (multiplied * multipliers)[::-1]
        multiplied, kept = (crossed >> SHIFT) ^ kept ^ keys, crossed & LOW
        keys = (keys + increments) & LOW
    return multiplied[0], kept[0], multiplied[1], kept[1]


def uniforms(
    seed: int, pieces: NDArray[np.int64], attempts: NDArray[np.int64], steps: NDArray[np.int64], count: int = 1
) -> NDArray[np.float64]:
    """Uniform numbers in [0, 1) for the next step of each of several pieces.

    Args:
        seed: of the whole composition, 0 to 2**64 - 1.
        pieces: number of each row's piece, shape (rows,), below 2**32.
        attempts: how often each row's piece has been begun before, shape (rows,), below 2**16.
        steps: number of symbols that each row has drawn before, shape (rows,).
        count: how many numbers each row needs, below 2**16.

    Returns:
        Shape (rows, count), 53 random bits each.
    """
    shape = (len(pieces), count)
    index = np.arange(count, dtype=np.uint64)[None, :]
    rows = np.broadcast_to(pieces.astype(np.uint64)[:, None], shape)
    address = (attempts.astype(np.uint64)[:, None] << np.uint64(16)) | index
    counter = np.broadcast_to(steps.astype(np.uint64)[:, None], shape)
    nothing = np.zeros(shape, dtype=np.uint64)
    key = (np.array([[seed & 0xFFFFFFFF]], dtype=np.uint64), np.array([[seed >> 32 & 0xFFFFFFFF]], dtype=np.uint64))
    first, second, _, _ = philox((counter, address, rows, nothing), key)
    bits = (first >> np.uint64(5) << np.uint64(26)) | (second >> np.uint64(6))
    return bits.astype(np.float64) * 2.0**-53


def first_uniforms(seed: int, pieces: NDArray[np.int64], attempts: NDArray[np.int64]) -> NDArray[np.float64]:
    """A uniform number in [0, 1) for each of several pieces before its first step: (rows,), (rows,) -> (rows,)."""
    before = np.full(len(pieces), BEFORE)
    return uniforms(seed, pieces, attempts, before)[:, 0]


class Stream:
    """The uniform numbers of a batch whose rows are at steps of their own, made a block of steps ahead.

    Args:
        seed: of the whole composition.
        count: numbers that one step of a row needs.
    """

    def __init__(self, seed: int, count: int) -> None:
        self.seed, self.count = seed, count
        self.blocks = np.zeros((1, BLOCK, count))

    def next(self, pieces: NDArray[np.int64], attempts: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[Any]:
        """Numbers for the next step of rows 0, 1, ...: three arrays of shape (rows,) -> (rows, count)."""
        places = steps % BLOCK
        if len(at_start := (places == 0).nonzero()[0]):
            self._fill(at_start, pieces[at_start], attempts[at_start], steps[at_start])
        return self.blocks[np.arange(len(steps)), places]

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Goes on with these rows, in this order."""
        self.blocks = self.blocks[np.minimum(rows, len(self.blocks) - 1)]

    def _fill(
        self, rows: NDArray[np.int64], pieces: NDArray[np.int64], attempts: NDArray[np.int64], steps: NDArray[np.int64]
    ) -> None:
        ahead = (steps[:, None] + np.arange(BLOCK)).ravel()
        made = uniforms(self.seed, pieces.repeat(BLOCK), attempts.repeat(BLOCK), ahead, self.count)
        self.blocks[rows] = made.reshape(len(rows), BLOCK, self.count)
