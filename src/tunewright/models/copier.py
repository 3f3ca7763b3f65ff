"""What a pure copier reaches: it goes on as the longest match of the present context went on.

Two copiers and an n-gram share the probability. The first copies from the piece so far, the second from the training
text, as the "match model" of PAQ does (Mahoney 2005): what followed the longest suffix of the context that came before
(Cleary & Teahan 1997, PPM*; Liu et al. 2024, infini-gram), in the shares in which it followed. A match of each length
is trusted with a confidence of its own, and what the first leaves goes to the second, then to the n-gram.

Confidences are those of greatest likelihood on training pieces, by expectation maximisation, each piece foreseen from
counts without its own group (deleted interpolation, Jelinek & Mercer 1980).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunewright.models.context_tree import ContextTree, Floats, Integers, contexts_of, replaced
from tunewright.models.emission import Categorical
from tunewright.models.ngram import NGram, witten_bell

LONGEST = 32
"""Longer matches are taken for matches of this length."""

Memory = tuple[Integers, Integers]


class Copier:
    """A sequence model that copies; fitted by counting.

    Args:
        ngram: what is left to, over a tree that is :data:`LONGEST` symbols deep.
        from_piece: confidence in a match of each length with the piece so far, (LONGEST + 1,).
        from_training: the same for matches with the training text.

    Memory: all symbols of the piece so far, and how long a match ends at each of them, both (batch, symbols).
    """

    def __init__(self, ngram: NGram, from_piece: Floats, from_training: Floats) -> None:
        self.ngram, self.from_piece, self.from_training = ngram, from_piece, from_training
        self.emission = Categorical()

    @classmethod
    def fit(
        cls,
        pieces: Sequence[Integers],
        boundary: Sequence[int],
        size: int,
        *,
        groups: Sequence[int] | None = None,
        order: int = 5,
    ) -> Copier:
        """Counts the training pieces, and learns from them how far a match can be trusted.

        Args:
            pieces: ids of each piece, without boundaries.
            boundary: ids between two pieces.
            size: number of symbols.
            groups: number of the group of each piece, which is left out whole while its pieces are foreseen: give
                clusters of near-duplicates where those to be scored have none in the training text. Without, each
                piece is a group.
            order: of the n-gram.

        Raises:
            InputError: there are no pieces.
        """
        tree = ContextTree(pieces, boundary, size, LONGEST)
        groups = range(len(pieces)) if groups is None else groups
        rest, lengths, copied = _foreseen_without_own(tree, np.asarray(groups)[tree.piece_of], order)
        from_training = _confidences(lengths, copied, rest)
        trust = from_training[lengths]
        rest = trust * copied + (1 - trust) * rest
        whole = [np.array([*boundary, *piece, *boundary]) for piece in pieces]
        matches = [_copied_in_piece(ids, len(boundary), size) for ids in whole]
        lengths, copied = (np.concatenate([match[part] for match in matches]) for part in (0, 1))
        from_piece = _confidences(lengths, copied, rest)
        return cls(NGram(tree, order), from_piece, from_training)

    def __call__(self, inputs: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Ids (batch, time) -> natural logarithms of probabilities (batch, time, size), in double precision."""
        new = inputs.numpy()
        known = np.zeros((len(new), 0), dtype=np.int64)
        ids, runs = (known, known) if memory is None else memory
        before = ids.shape[1]
        ids = np.concatenate([ids, new], axis=1)
        contexts = contexts_of(ids[:, max(0, before - LONGEST) :], LONGEST)[:, -new.shape[1] :]
        found = self._without_piece(contexts.reshape(new.size, LONGEST)).reshape(*new.shape, -1)
        for at in range(new.shape[1]):
            runs = _extended(runs, ids[:, : before + at + 1])
            lengths, shares = _followers_in_piece(runs, ids[:, : before + at + 1], self.ngram.tree.size)
            trust = self.from_piece[lengths][:, None]
            found[:, at] = trust * shares + (1 - trust) * found[:, at]
        return torch.from_numpy(np.log(found)), (ids, runs)

    def select(self, memory: Memory, rows: Tensor) -> Memory:
        """The memory of these rows."""
        ids, runs = memory
        return ids[rows.numpy()], runs[rows.numpy()]

    def empty(self, rows: int) -> Memory:
        """The memory of rows that have read nothing."""
        return np.zeros((rows, 0), dtype=np.int64), np.zeros((rows, 0), dtype=np.int64)

    def assign(self, memory: Memory, rows: Tensor, source: Memory, source_rows: Tensor) -> Memory:
        """A new memory, with ``rows`` replaced by ``source_rows`` of another one."""
        index, others = rows.numpy(), source_rows.numpy()
        ids = replaced(memory[0], index, source[0], others, -1)
        return ids, replaced(memory[1], index, source[1], others, 0)

    def for_inference(self) -> Copier:
        """Itself."""
        return self

    def _without_piece(self, contexts: Integers) -> Floats:
        """Training text and n-gram alone: newest symbol first, (positions, LONGEST) -> (positions, size)."""
        tree, rest = self.ngram.tree, self.ngram.probabilities(contexts)
        found = list(tree.find(contexts))
        lengths = np.sum([nodes >= 0 for _, nodes in found], axis=0) - 1
        shares = np.zeros_like(rest)
        for length, (level, nodes) in enumerate(found):
            longest = lengths == length
            counts = tree.followers(level, nodes[longest])
            shares[longest] = counts / counts.sum(axis=1, keepdims=True)
        trust = self.from_training[lengths][:, None]
        mixed: Floats = trust * shares + (1 - trust) * rest
        return mixed


def _extended(runs: Integers, ids: Integers) -> Integers:
    """How many symbols before and with each place are the same as at the end, one symbol later than ``runs``.

    Args:
        runs: the same, a symbol ago, (batch, symbols - 1).
        ids: the piece so far, (batch, symbols).

    Returns:
        (batch, symbols); 0 for the end itself.
    """
    later = np.zeros_like(ids)
    later[:, 1:] = runs
    later += 1
    later[ids != ids[:, -1:]] = 0
    later[:, -1] = 0
    return later


def _followers_in_piece(runs: Integers, ids: Integers, size: int) -> tuple[Integers, Floats]:
    """Length of the longest match with the piece so far (batch,), and what share of such matches each symbol followed
    (batch, size); length 0 and no shares where the newest symbol is new.
    """
    longest = runs.max(axis=1, keepdims=True)
    rows, places = np.nonzero((runs == longest) & (longest > 0))
    shares = np.zeros((len(ids), size))
    np.add.at(shares, (rows, ids[rows, places + 1]), 1.0)
    shares /= np.maximum(1, shares.sum(axis=1, keepdims=True))
    return np.minimum(longest[:, 0], LONGEST), shares


def _copied_in_piece(ids: Integers, free: int, size: int) -> tuple[Integers, Floats]:
    """For each symbol of one piece after the first ``free``: length of the match before it, and the share that its
    copier gives it.
    """
    runs, batch = np.zeros((1, 0), dtype=np.int64), ids[None]
    lengths, copied = np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids))
    for at in range(1, len(ids)):
        runs = _extended(runs, batch[:, :at])
        length, shares = _followers_in_piece(runs, batch[:, :at], size)
        lengths[at], copied[at] = length[0], shares[0, ids[at]]
    return lengths[free:], copied[free:]


def _foreseen_without_own(tree: ContextTree, groups: Integers, order: int) -> tuple[Floats, Integers, Floats]:
    """For each symbol of the tree's text, from counts without its own group: its probability by the n-gram, the
    length of the longest match before it, and the share that its copier gives it.
    """
    rest = np.full(len(groups), 1 / tree.size)
    lengths, copied = np.zeros(len(groups), dtype=np.int64), np.zeros(len(groups))
    for length, others in enumerate(tree.without_own(groups)):
        seen = others.contexts > 0
        if length < order:
            rest[seen] = witten_bell(others.targets[seen], others.contexts[seen], others.types[seen], rest[seen])
        lengths[seen] = length
        copied[seen] = others.targets[seen] / others.contexts[seen]
    return rest, lengths, copied


def _confidences(lengths: Integers, copied: Floats, rest: Floats, rounds: int = 100) -> Floats:
    """The share of a copier beside the rest, for each length, that makes the text likeliest.

    One success and one failure more than there were keep it off 0 and 1. A match of no symbol is no match.
    """
    shares = np.full(LONGEST + 1, 0.5)
    shares[0] = 0
    cases = np.bincount(lengths, minlength=LONGEST + 1)
    for _ in range(rounds):
        own = shares[lengths] * copied
        by_copier: NDArray[np.float64] = own / (own + (1 - shares[lengths]) * rest)
        shares[1:] = ((np.bincount(lengths, by_copier, LONGEST + 1) + 1) / (cases + 2))[1:]
    return shares
