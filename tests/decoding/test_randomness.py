from __future__ import annotations

import numpy as np
import pytest

from tunewright.decoding.randomness import BLOCK, Stream, philox, uniforms

# Known answers of the authors' own library (Random123, kat_vectors, philox4x32 10).
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter: str, key: str, expected: str) -> None:
    words = [np.array([int(word, 16)], dtype=np.uint64) for word in f"{counter} {key}".split()]
    found = philox((words[0], words[1], words[2], words[3]), (words[4], words[5]))
    assert " ".join(f"{int(word[0]):08x}" for word in found) == expected


def test_a_number_depends_on_its_address_alone() -> None:
    pieces = np.arange(500)
    attempts, steps = pieces % 7, pieces * 3
    together = uniforms(42, pieces, attempts, steps, count=3)
    for piece in (0, 17, 499):
        own = pieces[[piece]], attempts[[piece]], steps[[piece]]
        alone = uniforms(42, *own, count=3)
        assert np.array_equal(alone[0], together[piece])
        assert np.array_equal(uniforms(42, *own)[0], alone[0, :1])


@pytest.mark.parametrize("changed", ["seed", "piece", "attempt", "step"])
def test_every_part_of_the_address_matters(changed: str) -> None:
    def draw(seed: int = 1, piece: int = 2, attempt: int = 3, step: int = 4) -> float:
        return float(uniforms(seed, np.array([piece]), np.array([attempt]), np.array([step]))[0, 0])

    assert draw() != draw(**{changed: 9})
    assert draw(seed=1) != draw(seed=1 + 2**32)


def test_the_largest_addresses_are_told_apart() -> None:
    pieces = np.array([0, 2**32 - 1, 2**32 - 1, 0])
    attempts = np.array([0, 0, 2**16 - 1, 2**16 - 1])
    drawn = uniforms(2**64 - 1, pieces, attempts, np.zeros(4, dtype=np.int64), count=2)
    assert len(np.unique(drawn)) == 8


def test_uniform() -> None:
    rows = np.zeros(20_000, dtype=np.int64)
    for drawn in (uniforms(7, np.arange(20_000), rows, rows, 2), uniforms(7, rows, rows, np.arange(20_000), 2)):
        assert drawn.min() >= 0
        assert drawn.max() < 1
        for column in drawn.T:
            counts = np.histogram(column, bins=20, range=(0, 1))[0]
            assert ((counts - 1000) ** 2 / 1000).sum() < 45  # chi squared, 19 degrees: 1 in 1000 beyond 43.8
        assert abs(float(np.mean((drawn[:, 0] - 0.5) * (drawn[:, 1] - 0.5))) * 12) < 0.03


class Rows:
    """Rows that begin, go on and leave at different times, and what a stream gives them."""

    def __init__(self, seed: int, count: int) -> None:
        self.seed, self.count, self.stream = seed, count, Stream(seed, count)
        self.pieces, self.attempts, self.steps = (np.zeros(0, dtype=np.int64) for _ in range(3))

    def keep(self, rows: list[int]) -> None:
        index = np.array(rows, dtype=np.int64)
        self.pieces, self.attempts, self.steps = self.pieces[index], self.attempts[index], self.steps[index]
        self.stream.keep(index)

    def add(self, pieces: list[int]) -> None:
        """Room for these as the step loop makes it: rows are repeated first, then begun anew."""
        before = len(self.pieces)
        grown = np.arange(before) if before else np.arange(len(pieces))
        rows = np.concatenate([grown, np.zeros(len(pieces), dtype=np.int64)]) if before else grown
        self.stream.keep(rows)
        self.pieces = np.concatenate([self.pieces, np.array(pieces)])
        self.attempts = np.concatenate([self.attempts, np.array(pieces) % 3])
        self.steps = np.concatenate([self.steps, np.zeros(len(pieces), dtype=np.int64)])

    def go(self, steps: int) -> None:
        for _ in range(steps):
            found = self.stream.next(self.pieces, self.attempts, self.steps)
            expected = uniforms(self.seed, self.pieces, self.attempts, self.steps, self.count)
            assert np.array_equal(found, expected)
            self.steps = self.steps + 1


@pytest.mark.parametrize("count", [1, 3])
def test_a_stream_gives_the_numbers_of_each_row_at_its_own_step(count: int) -> None:
    rows = Rows(seed=5, count=count)
    rows.add([4, 9])
    rows.go(BLOCK // 2)
    rows.add([11, 30, 2])
    rows.go(BLOCK)  # the first rows begin a new block, the others don't
    rows.keep([4, 0, 2])
    rows.go(2 * BLOCK + 3)
    rows.pieces[1], rows.attempts[1], rows.steps[1] = 77, 5, 0  # a sequence in the place of one that is done
    rows.go(BLOCK + 1)
