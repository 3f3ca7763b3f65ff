from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from tunewright.errors import InputError
from tunewright.training.batches import RandomWindows, Same, SequentialWindows, Weighted

PIECES = [np.arange(start, start + 30) for start in (0, 100, 200, 300)]
BOUNDARY = (7, 8)


def test_random_windows_are_stretches_of_the_joined_pieces() -> None:
    batches = RandomWindows(Same(PIECES), BOUNDARY, batch_size=5, length=12, seed=1)
    joined = [*PIECES[0], 7, 8, *PIECES[1], 7, 8, *PIECES[2], 7, 8, *PIECES[3]]
    batch = batches.at(3)
    for inputs, targets in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
        start = joined.index(inputs[0]) if inputs[0] not in BOUNDARY else None
        assert inputs[1:] == targets[:-1]
        if start is not None:
            assert inputs == joined[start : start + 12]


def test_any_batch_follows_from_seed_and_iteration() -> None:
    for kind in (RandomWindows, SequentialWindows):
        one, other = (kind(Same(PIECES), BOUNDARY, batch_size=2, length=10, seed=4) for _ in range(2))
        for iteration in (9, 0, 3):
            assert torch.equal(one.at(iteration).inputs, other.at(iteration).inputs)
        different = kind(Same(PIECES), BOUNDARY, batch_size=2, length=10, seed=5)
        assert any(not torch.equal(one.at(i).inputs, different.at(i).inputs) for i in range(4))


def test_sequential_lanes_read_on_and_an_epoch_reads_every_piece_once() -> None:
    batches = SequentialWindows(Same(PIECES), BOUNDARY, batch_size=2, length=9, seed=0)
    per_epoch = batches.windows_per_epoch
    assert per_epoch == 127 // 18
    epoch = [batches.at(iteration) for iteration in range(per_epoch)]
    assert [batch.fresh for batch in epoch] == [True] + [False] * (per_epoch - 1)
    for before, after in itertools.pairwise(epoch):
        assert torch.equal(before.targets[:, -1], after.inputs[:, 0])
    read = torch.cat([batch.inputs for batch in epoch], 1).flatten().tolist()
    notes = [symbol for symbol in read if symbol not in BOUNDARY]
    assert len(notes) == len(set(notes))
    assert batches.at(per_epoch).fresh
    assert not torch.equal(batches.at(per_epoch).inputs, epoch[0].inputs)


@pytest.mark.parametrize("kind", [RandomWindows, SequentialWindows])
def test_too_little_to_learn_from_is_told(kind: type[RandomWindows]) -> None:
    with pytest.raises(InputError, match=r"128 symbols, .* 1000; add pieces"):
        kind(Same(PIECES), BOUNDARY, batch_size=1, length=1000, seed=0)


def test_pieces_are_read_as_often_as_they_weigh() -> None:
    source = Weighted(Same(PIECES), [2, 0.5, 0, 1], seed=3)
    read = [[int(piece[0]) for piece in source.of(epoch)] for epoch in range(400)]
    assert all(own.count(0) == 2 and own.count(300) == 1 and 200 not in own for own in read)
    assert {own.count(100) for own in read} == {0, 1}
    assert 160 < sum(own.count(100) for own in read) < 240
    assert read[7] == [int(piece[0]) for piece in Weighted(Same(PIECES), [2, 0.5, 0, 1], seed=3).of(7)]


class Growing:
    """Pieces that are longer in each epoch, or shorter."""

    def __init__(self, by: int) -> None:
        self.by = by

    def of(self, epoch: int) -> list[np.ndarray]:
        return [piece[: 20 + self.by * epoch] for piece in PIECES]


@pytest.mark.parametrize("by", [-4, 4])
def test_epochs_that_differ_in_length_have_equally_many_whole_windows(by: int) -> None:
    batches = SequentialWindows(Growing(by), BOUNDARY, batch_size=2, length=9, seed=0)
    for iteration in range(3 * batches.windows_per_epoch):
        assert batches.at(iteration).inputs.shape == (2, 9)
    known = {int(symbol) for piece in PIECES for symbol in piece} | set(BOUNDARY)
    assert set(batches.at(iteration).targets.flatten().tolist()) <= known


@pytest.mark.parametrize("kind", [RandomWindows, SequentialWindows])
def test_ids_stay_as_narrow_as_they_come_until_they_are_read(kind: type[RandomWindows]) -> None:
    narrow = [piece.astype(np.int16) for piece in PIECES]
    batches = kind(Same(narrow), BOUNDARY, batch_size=2, length=9, seed=0)
    wide = kind(Same(PIECES), BOUNDARY, batch_size=2, length=9, seed=0)
    assert batches.laid_out(0).dtype == np.int16
    assert batches.laid_out(0).ndim == 1
    for iteration in range(5):
        own, others = batches.at(iteration), wide.at(iteration)
        assert own.inputs.dtype == torch.int64
        assert torch.equal(own.inputs, others.inputs)
        assert torch.equal(own.targets, others.targets)


class Noting(Same):
    """Tells which epochs are asked for."""

    def of(self, epoch: int) -> Any:
        asked.append(epoch)
        return super().of(epoch)


asked: list[int] = []


@pytest.mark.parametrize("kind", [RandomWindows, SequentialWindows])
def test_an_epoch_is_laid_out_once(kind: type[RandomWindows]) -> None:
    asked.clear()
    batches = kind(Noting(PIECES), BOUNDARY, batch_size=2, length=9, seed=0)
    for iteration in range(2 * batches.windows_per_epoch):
        batches.at(iteration)
    assert asked == [0, 0, 1]  # first to count what there is


def test_an_epoch_that_is_shorter_than_a_window_begins_anew() -> None:
    class Shrinking:
        def of(self, epoch: int) -> list[np.ndarray]:
            return [np.arange(20 - epoch)]

    batches = RandomWindows(Shrinking(), BOUNDARY, batch_size=2, length=15, seed=1)
    for iteration in range(8):
        assert batches.at(iteration).inputs.shape == (2, 15)
