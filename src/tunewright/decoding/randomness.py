"""Uniform numbers by address: each is a function of (seed, piece, attempt, step, index) and of nothing else.

So a piece comes out the same whether it is drawn alone, in a batch of 500, or replayed years later. The generator is
Philox 4x32 with 10 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), computed for a whole
batch at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
KEY_INCREMENTS = (np.uint64(0x9E3779B9), np.uint64(0xBB67AE85))
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
ROUNDS = 10


def philox(counter: tuple[Words, Words, Words, Words], key: tuple[Words, Words]) -> tuple[Words, Words, Words, Words]:
    """Philox 4x32-10: four 32-bit counter words and two key words -> four random 32-bit words, held in 64-bit
    arrays.
    """
    first, second, third, fourth = counter
    low_key, high_key = key
    for _ in range(ROUNDS):
        left, right = MULTIPLIERS[0] * first, MULTIPLIERS[1] * third
        first, second, third, fourth = (
            (right >> SHIFT) ^ second ^ low_key,
            right & LOW,
            (left >> SHIFT) ^ fourth ^ high_key,
            left & LOW,
        )
        low_key, high_key = (low_key + KEY_INCREMENTS[0]) & LOW, (high_key + KEY_INCREMENTS[1]) & LOW
    return first, second, third, fourth


def uniforms(
    seed: int, pieces: NDArray[np.int64], attempts: NDArray[np.int64], step: int, count: int = 1
) -> NDArray[np.float64]:
    """Uniform numbers in [0, 1) for one step of several pieces.

    Args:
        seed: of the whole composition, 0 to 2**64 - 1.
        pieces: number of each row's piece, shape (rows,), below 2**32.
        attempts: how often each row's piece has been begun before, shape (rows,), below 2**16.
        step: number of symbols drawn before.
        count: how many numbers each row needs, below 2**16.

    Returns:
        Shape (rows, count), 53 random bits each.
    """
    index = np.arange(count, dtype=np.uint64)[None, :]
    rows = np.broadcast_to(pieces.astype(np.uint64)[:, None], (len(pieces), count))
    address = (attempts.astype(np.uint64)[:, None] << np.uint64(16)) | index
    steps = np.full_like(rows, step)
    key = (np.full_like(rows, seed & 0xFFFFFFFF), np.full_like(rows, (seed >> 32) & 0xFFFFFFFF))
    first, second, _, _ = philox((steps, address, rows, np.zeros_like(rows)), key)
    bits = (first >> np.uint64(5) << np.uint64(26)) | (second >> np.uint64(6))
    return bits.astype(np.float64) * 2.0**-53
