from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
import torch

from tests.conftest import as_pieces, own_tune
from tunewright.codecs.text import CharacterCodec
from tunewright.contracts import Piece
from tunewright.decoding.drawing import Draw, Drawing
from tunewright.decoding.generate import generate
from tunewright.decoding.table import ConstraintTable
from tunewright.decoding.template import Template
from tunewright.evaluation.likelihood import score
from tunewright.models.ngram import NGram

BOUNDARY = (2,)


def test_witten_bell_by_hand() -> None:
    # Between boundaries: 2 0 0 1 2. The empty context is followed by 0 (twice), 1 and 2: four times, three types.
    model = NGram.fit([np.array([0, 0, 1])], BOUNDARY, 3, order=2)
    alone = [(2 + 3 / 3) / 7, (1 + 3 / 3) / 7, (1 + 3 / 3) / 7]
    after_0 = [(1 + 2 * alone[0]) / 4, (1 + 2 * alone[1]) / 4, 2 * alone[2] / 4]
    after_2 = [(1 + alone[0]) / 2, alone[1] / 2, alone[2] / 2]
    found = torch.exp(model(torch.tensor([[2, 0]]))[0])
    assert found.dtype == torch.float64
    assert found[0].tolist() == [pytest.approx(after_2), pytest.approx(after_0)]


def test_an_unseen_context_leaves_all_to_the_shorter_one() -> None:
    pieces = [np.array([0, 0, 1])]
    shorter, longer = (NGram.fit(pieces, BOUNDARY, 4, order=order) for order in (2, 5))
    found = longer(torch.tensor([[1, 3, 1, 0]]))[0][0, -1]
    assert torch.equal(found, shorter(torch.tensor([[0]]))[0][0, -1])


@pytest.mark.parametrize("order", [1, 2, 5, 8])
def test_probabilities_sum_to_one_and_none_is_zero(order: int) -> None:
    chance = np.random.default_rng(order)
    model = NGram.fit([chance.integers(0, 5, 40) for _ in range(5)], (5,), 7, order)
    logits, _ = model(torch.from_numpy(chance.integers(0, 7, (3, 50))))
    assert torch.exp(logits).sum(-1).sub(1).abs().max() < 1e-12
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("order", [1, 2, 5])
def test_step_by_step_as_in_one_window(order: int) -> None:
    chance = np.random.default_rng(0)
    model = NGram.fit([chance.integers(0, 4, 30) for _ in range(5)], (4,), 5, order).for_inference()
    inputs = torch.from_numpy(chance.integers(0, 5, (3, 12)))
    whole, _ = model(inputs)
    first, memory = model(inputs[:, :7])
    rows = torch.tensor([2, 0, 0])
    inputs, whole, memory = inputs[rows], whole[rows], model.select(memory, rows)
    for at in range(7, 12):
        logits, memory = model(inputs[:, at : at + 1], memory)
        assert torch.equal(logits[:, 0], whole[:, at])
    assert torch.equal(first[rows], whole[:, :7])


@pytest.mark.parametrize("boundary", ["symbol", "blank line"])
def test_it_is_scored_as_any_model(boundary: Literal["symbol", "blank line"]) -> None:
    pieces = [Piece("", own_tune(number), "") for number in range(40)]
    codec = CharacterCodec.fit(pieces[:30], boundary=boundary)
    ids = [codec.encode(piece) for piece in pieces[:30]]
    bits = [
        score(NGram.fit(ids, codec.boundary, codec.size, order), codec, pieces[30:]).bits_per_unit
        for order in (1, 2, 5)
    ]
    assert math.log2(codec.size) > bits[0] > bits[1] > bits[2] > 1
    known = score(NGram.fit(ids, codec.boundary, codec.size), codec, pieces[:10]).bits_per_unit
    assert known < bits[2]


def test_it_composes() -> None:
    texts = [own_tune(number) for number in range(30)]
    codec = CharacterCodec.fit(as_pieces(texts))
    model = NGram.fit([codec.encode_text(text) for text in texts], codec.boundary, codec.size)
    table = ConstraintTable(Template([], codec.spellings(), codec.boundary), codec.size)
    addresses = [Draw(piece) for piece in range(4)]
    drawing = Drawing(codec.boundary, seed=1, longest=2000, redraws=0)
    drawn = list(generate(model.for_inference(), table, drawing, lambda: addresses.pop() if addresses else None))
    written = [codec.decode(one.ids).text for one in drawn if one.complete]
    assert len(set(written)) == 4
    assert all(text.startswith("X:") and "\nK:" in text for text in written)


def test_rows_that_come_and_go_go_on_as_if_alone() -> None:
    chance = np.random.default_rng(0)
    model = NGram.fit([chance.integers(0, 4, 30) for _ in range(5)], (4,), 5, 4)
    inputs = [torch.tensor([[4]]), torch.tensor([[4, 0, 1, 1, 3, 2]]), torch.tensor([[4, 2]])]
    memories = [model(own)[1] for own in inputs]
    together = model.empty(4)
    for row, own in ((0, 1), (1, 0), (2, 1), (2, 2)):
        together = model.assign(together, torch.tensor([row]), memories[own], torch.tensor([0]))
    found, _ = model(torch.tensor([[1], [1], [1], [1]]), together)
    for row, memory in zip(found, [memories[1], memories[0], memories[2], model.empty(1)], strict=True):
        assert torch.equal(row, model(torch.tensor([[1]]), memory)[0][0])
