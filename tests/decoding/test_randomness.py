from __future__ import annotations

import numpy as np
import pytest

from tunewright.decoding.randomness import philox, uniforms

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
    attempts = pieces % 7
    together = uniforms(42, pieces, attempts, step=13, count=3)
    for piece in (0, 17, 499):
        alone = uniforms(42, pieces[[piece]], attempts[[piece]], step=13, count=3)
        assert np.array_equal(alone[0], together[piece])
        assert np.array_equal(uniforms(42, pieces[[piece]], attempts[[piece]], step=13)[0], alone[0, :1])


@pytest.mark.parametrize("changed", ["seed", "piece", "attempt", "step"])
def test_every_part_of_the_address_matters(changed: str) -> None:
    def draw(seed: int = 1, piece: int = 2, attempt: int = 3, step: int = 4) -> float:
        return float(uniforms(seed, np.array([piece]), np.array([attempt]), step)[0, 0])

    assert draw() != draw(**{changed: 9})
    assert draw(seed=1) != draw(seed=1 + 2**32)


def test_uniform() -> None:
    drawn = uniforms(7, np.arange(20_000), np.zeros(20_000, dtype=np.int64), step=0, count=2)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    for column in drawn.T:
        counts = np.histogram(column, bins=20, range=(0, 1))[0]
        assert ((counts - 1000) ** 2 / 1000).sum() < 45  # chi squared, 19 degrees: 1 in 1000 beyond 43.8
    assert abs(float(np.mean((drawn[:, 0] - 0.5) * (drawn[:, 1] - 0.5))) * 12) < 0.03
