"""What only counts and copies, fitted to a training's own pieces: the yardsticks beside any trained model."""

from __future__ import annotations

from collections.abc import Sequence

from tunewright import catalogue
from tunewright.contracts import Codec, Piece, SequenceModel
from tunewright.models.context_tree import ContextTree
from tunewright.models.copier import Copier
from tunewright.models.ngram import NGram

USUAL = 5
"""Order of the n-gram that is told beside trained models."""


def baseline_codec(codec: Codec, training: Sequence[Piece]) -> Codec:
    """What baselines count: characters where the model's codec is of text, so that they are the same whatever symbols
    the model reads; else the symbols of its codec.
    """
    if codec.unit != "character":
        return codec
    found: Codec = catalogue.build("codec", "characters", {}, training)
    return found


def fit_baselines(
    codec: Codec, training: Sequence[Piece], clusters: Sequence[int], orders: Sequence[int] = (USUAL,)
) -> dict[str, SequenceModel]:
    """The n-grams by name, and for tunes the copier.

    Args:
        clusters: number of the near-duplicate cluster of each piece.
        orders: of the n-grams, up to the longest match that the copier knows; all count in one tree.

    Raises:
        InputError: there are no pieces.
    """
    ids = [codec.encode(piece) for piece in training]
    if codec.kind != "tune":
        # Of millions of events a copier would have to hold each with all that came before it.
        tree = ContextTree(ids, codec.boundary, codec.size, max(orders) - 1)
        return {f"{order}-gram": NGram(tree, order) for order in orders}
    copier = Copier.fit(ids, codec.boundary, codec.size, groups=clusters, order=USUAL)
    return {**{f"{order}-gram": NGram(copier.ngram.tree, order) for order in orders}, "copier": copier}
