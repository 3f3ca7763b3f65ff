from __future__ import annotations

import numpy as np
import pytest

from tunewright.errors import InputError
from tunewright.models.context_tree import ContextTree, contexts_of

BOUNDARY = (4,)


def random_pieces(seed: int, count: int = 6) -> list[np.ndarray]:
    """Pieces of random length over four symbols, with much that recurs."""
    chance = np.random.default_rng(seed)
    return [chance.choice(4, chance.integers(0, 20), p=[0.6, 0.2, 0.1, 0.1]) for _ in range(count)]


def counted(pieces: list[np.ndarray], context: tuple[int, ...]) -> list[int]:
    """How often each of five symbols follows a context (oldest first), by looking at every place."""
    found = [0] * 5
    for piece in pieces:
        whole = [*BOUNDARY, *piece.tolist(), *BOUNDARY]
        for at in range(1, len(whole)):
            if at >= len(context) and tuple(whole[at - len(context) : at]) == context:
                found[whole[at]] += 1
    return found


def test_contexts_are_newest_first_and_empty_before_the_beginning() -> None:
    found = contexts_of(np.array([[5, 6, 7]]), 2)
    assert found.tolist() == [[[5, -1], [6, 5], [7, 6]]]
    assert contexts_of(np.array([5, 6]), 0).shape == (2, 0)


@pytest.mark.parametrize("context", [(), (0,), (4,), (4, 0), (0, 0), (1, 0, 0), (0, 0, 0, 0), (3, 4), (0, 1, 0, 4)])
def test_counts_are_those_of_a_search(context: tuple[int, ...]) -> None:
    pieces = random_pieces(0)
    tree = ContextTree(pieces, BOUNDARY, 5, 4)
    *_, (level, nodes) = tree.find(np.array([context[::-1]], dtype=np.int64).reshape(1, -1))
    expected = counted(pieces, context)
    assert (nodes[0] >= 0) == (sum(expected) > 0)
    if nodes[0] >= 0:
        assert tree.followers(level, nodes).tolist() == [expected]


def test_a_longer_context_than_any_is_not_found() -> None:
    tree = ContextTree([np.array([0])], BOUNDARY, 5, 6)
    found = [nodes.tolist() for _, nodes in tree.find(np.array([[0, 4, -1, -1, -1, -1], [1, 0, 4, 4, 4, 4]]))]
    assert [[node >= 0 for node in nodes] for nodes in found] == [[True, True]] + [[True, False]] * 2 + [
        [False, False]
    ] * 4


def test_without_its_own_group_a_text_is_counted_as_if_that_had_not_been_there() -> None:
    pieces, groups = random_pieces(1), [0, 1, 0, 2, 3, 1]
    tree = ContextTree(pieces, BOUNDARY, 5, 3)
    of_position = np.array(groups)[tree.piece_of]
    for depth, others in enumerate(tree.without_own(of_position)):
        for at, group in enumerate(of_position):
            kept = [piece for piece, own in zip(pieces, groups, strict=True) if own != group]
            context = tuple(tree.contexts[at, :depth][::-1].tolist())
            expected = [0] * 5 if -1 in context else counted(kept, context)
            assert others.contexts[at] == sum(expected)
            assert others.targets[at] == expected[tree.targets[at]]
            assert others.types[at] == np.count_nonzero(expected)


def test_nothing_to_count_is_told() -> None:
    with pytest.raises(InputError, match="no pieces"):
        ContextTree([], BOUNDARY, 5, 3)
