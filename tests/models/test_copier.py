from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.conftest import as_pieces, own_tune
from tunewright.codecs.text import CharacterCodec
from tunewright.contracts import Piece
from tunewright.decoding.drawing import Draw, Drawing
from tunewright.decoding.generate import generate
from tunewright.decoding.table import ConstraintTable
from tunewright.decoding.template import Template
from tunewright.evaluation.likelihood import score
from tunewright.models.context_tree import ContextTree
from tunewright.models.copier import LONGEST, Copier
from tunewright.models.ngram import NGram

NEVER = np.zeros(LONGEST + 1)


def trusting(length: int, trust: float) -> np.ndarray:
    """A confidence in matches of this length, and in no other."""
    return np.where(np.arange(LONGEST + 1) == length, trust, 0.0)


def copying(pieces: list[list[int]], from_piece: np.ndarray, from_training: np.ndarray, order: int = 1) -> Copier:
    tree = ContextTree([np.array(piece) for piece in pieces], (4,), 5, LONGEST)
    return Copier(NGram(tree, order), from_piece, from_training)


def added(model: Copier, ids: list[int]) -> Tensor:
    """What copying adds to the probabilities that the n-gram leaves, after the last of these symbols, (size,)."""
    rest = model.ngram(torch.tensor([ids]))[0][0, -1].exp()
    return model(torch.tensor([ids]))[0][0, -1].exp() - 0.5 * rest


def test_it_copies_from_the_training_text_what_followed_the_longest_match() -> None:
    pieces = [[0, 1, 2], [0, 1, 2], [0, 1, 3], [3, 1, 0]]
    model = copying(pieces, NEVER, trusting(2, 0.5))
    assert added(model, [0, 1]).numpy() == pytest.approx([0, 0, 0.5 * 2 / 3, 0.5 / 3, 0])
    assert added(model, [2, 3, 1]).numpy() == pytest.approx([0.5, 0, 0, 0, 0])
    # A match of three symbols, in which nobody trusts:
    assert torch.equal(model(torch.tensor([[4, 0, 1]]))[0][0, -1], model.ngram(torch.tensor([[1]]))[0][0, -1])


def test_it_copies_from_the_piece_so_far() -> None:
    model = copying([[0]], trusting(2, 0.5), NEVER)
    assert added(model, [3, 1, 2, 0, 1, 2]).numpy() == pytest.approx([0.5, 0, 0, 0, 0])
    assert added(model, [1, 2, 0, 1, 2, 3, 1, 2]).numpy() == pytest.approx([0.25, 0, 0, 0.25, 0])
    nothing = model(torch.tensor([[0, 1, 2, 3]]))[0]
    assert torch.equal(nothing, model.ngram(torch.tensor([[0, 1, 2, 3]]))[0])


def test_the_piece_may_copy_what_it_is_just_writing() -> None:
    model = copying([[0]], trusting(3, 0.5), NEVER)
    assert added(model, [2, 2, 2, 2]).numpy() == pytest.approx([0, 0, 0.5, 0, 0])


def test_confidence_is_learned_from_what_copying_foresees_elsewhere() -> None:
    chance = np.random.default_rng(0)
    # Every piece writes a random phrase of its own twice: copying from itself helps, from others it doesn't.
    phrases = [chance.integers(0, 8, 20) for _ in range(40)]
    model = Copier.fit([np.concatenate([phrase, phrase]) for phrase in phrases], (8,), 9)
    assert model.from_piece[4:15].min() > 0.8
    assert model.from_training[3:6].max() < 0.2
    # Pairs of like pieces: others are worth copying from, unless both of a pair are left out together.
    pairs = [phrase for phrase in phrases for _ in range(2)]
    each, together = (Copier.fit(pairs, (8,), 9, groups=groups) for groups in (None, [n // 2 for n in range(80)]))
    assert each.from_training[5:20].min() > 0.8
    assert together.from_training[3:5].max() < 0.2


def test_probabilities_sum_to_one_and_none_is_zero() -> None:
    chance = np.random.default_rng(2)
    model = Copier.fit([chance.integers(0, 3, 40) for _ in range(6)], (5,), 7)
    logits, _ = model(torch.from_numpy(chance.integers(0, 7, (3, 90))))
    assert torch.exp(logits).sum(-1).sub(1).abs().max() < 1e-12
    assert torch.isfinite(logits).all()


def test_step_by_step_as_in_one_window() -> None:
    chance = np.random.default_rng(3)
    model = Copier.fit([chance.integers(0, 3, 60) for _ in range(6)], (3,), 4).for_inference()
    inputs = torch.from_numpy(chance.integers(0, 3, (3, 80)))
    whole, _ = model(inputs)
    first, memory = model(inputs[:, :47])
    rows = torch.tensor([2, 0, 0])
    inputs, whole, memory = inputs[rows], whole[rows], model.select(memory, rows)
    assert torch.equal(first[rows], whole[:, :47])
    for at in range(47, 80):
        logits, memory = model(inputs[:, at : at + 1], memory)
        assert torch.equal(logits[:, 0], whole[:, at])


def test_it_foresees_repeats_better_than_the_ngram_and_composes() -> None:
    texts = [own_tune(number) for number in range(30)]
    texts = [f"{text}\n{text.splitlines()[-1]}" for text in texts]  # each tune ends as its last part ended
    codec = CharacterCodec.fit(as_pieces(texts))
    model = Copier.fit([codec.encode_text(text) for text in texts[:24]], codec.boundary, codec.size)
    held_out = [Piece("", text, "") for text in texts[24:]]
    assert score(model, codec, held_out).bits_per_unit < 0.9 * score(model.ngram, codec, held_out).bits_per_unit
    table = ConstraintTable(Template([], codec.spellings(), codec.boundary), codec.size)
    addresses = [Draw(0)]
    drawing = Drawing(codec.boundary, seed=1, longest=60, redraws=0)
    drawn = next(generate(model, table, drawing, lambda: addresses.pop() if addresses else None))
    assert codec.decode(drawn.ids).text.startswith("X:")


def test_rows_that_come_and_go_go_on_as_if_alone() -> None:
    chance = np.random.default_rng(0)
    model = Copier.fit([chance.integers(0, 3, 60) for _ in range(6)], (3,), 4)
    inputs = [torch.tensor([[3]]), torch.tensor([[3, 0, 1, 2, 0, 1, 1, 2, 0]]), torch.tensor([[3, 2, 1]])]
    memories = [model(own)[1] for own in inputs]
    together = model.empty(4)
    for row, own in ((0, 1), (1, 0), (2, 1), (2, 2)):
        together = model.assign(together, torch.tensor([row]), memories[own], torch.tensor([0]))
    alone = [memories[1], memories[0], memories[2], model.empty(1)]
    for symbol in (1, 2, 0):
        found, together = model(torch.full((4, 1), symbol), together)
        steps = [model(torch.tensor([[symbol]]), memory) for memory in alone]
        alone = [memory for _, memory in steps]
        assert torch.equal(found, torch.cat([logits for logits, _ in steps]))
