"""The step loop, the only one. Knows ids, masks and a model; never a codec, never music.

Rows are computed in tiles of a fixed width: the rounding of a sum depends on how many rows a matrix product has, and
a piece must come out the same alone as among five hundred.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from tunewright.contracts import Constraint, Filter, Memory, SequenceModel
from tunewright.decoding.randomness import uniforms

TILE = 32
"""Rows computed side by side, whether wanted or not."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What one row draws, as an address of its randomness.

    Attributes:
        piece: number of the piece.
        attempt: how often it has been begun before.
    """

    piece: int
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """One drawn sequence.

    Attributes:
        draw: whose it is.
        ids: without the boundary.
        complete: whether it came to its boundary by itself, and not to the longest length.
    """

    draw: Draw
    ids: tuple[int, ...]
    complete: bool


@dataclass
class _Row:
    draw: Draw
    state: Hashable
    ids: list[int] = field(default_factory=list)


def generate(
    model: SequenceModel,
    draws: Sequence[Draw],
    *,
    boundary: tuple[int, ...],
    constraint: Constraint,
    filters: Sequence[Filter],
    seed: int,
    longest: int,
) -> Iterator[Finished]:
    """Draws one sequence for each address, each begun and ended by the boundary, and yields them as they are done.

    At each step: constraint, filters in their order, draw.

    Args:
        model: in inference mode.
        longest: symbols after which a sequence is cut off as incomplete.
    """
    for start in range(0, len(draws), TILE):
        tile = draws[start : start + TILE]
        yield from _generate_tile(model, tile, boundary, constraint, filters, seed, longest)


@torch.no_grad()
def _generate_tile(
    model: SequenceModel,
    draws: Sequence[Draw],
    boundary: tuple[int, ...],
    constraint: Constraint,
    filters: Sequence[Filter],
    seed: int,
    longest: int,
) -> Iterator[Finished]:
    """Draws up to :data:`TILE` sequences side by side. Rows beyond them, and rows that are done, are computed and
    passed over.
    """
    pieces = np.array([draw.piece for draw in draws], dtype=np.int64)
    attempts = np.array([draw.attempt for draw in draws], dtype=np.int64)
    rows: dict[int, _Row] = {index: _Row(draw, constraint.start()) for index, draw in enumerate(draws)}
    inputs = torch.tensor([boundary] * TILE)
    memory: Memory = None
    for step in range(longest):
        logits, memory = model(inputs, memory)
        masked = _masked(logits[: len(draws), -1], rows, constraint)
        for apply in filters:
            masked = apply(masked)
        numbers = torch.from_numpy(uniforms(seed, pieces, attempts, step, model.emission.uniforms_per_draw))
        drawn = model.emission.draw(masked, numbers)
        for index, symbol in enumerate(drawn.tolist()):
            if index in rows and (finished := _advance(rows[index], symbol, boundary, constraint)):
                yield finished
                del rows[index]
        if not rows:
            return
        inputs = torch.zeros(TILE, 1, dtype=torch.long)
        inputs[: len(draws), 0] = drawn
    for row in rows.values():
        yield Finished(row.draw, tuple(row.ids), complete=False)


def _masked(logits: Tensor, rows: dict[int, _Row], constraint: Constraint) -> Tensor:
    """Logits with what the constraint forbids taken out."""
    masks = {index: constraint.allowed(row.state) for index, row in rows.items()}
    if all(mask is None for mask in masks.values()):
        return logits
    masked = logits.clone()
    for index, mask in masks.items():
        if mask is not None:
            masked[index].masked_fill_(~mask, float("-inf"))
    return masked


def _advance(row: _Row, symbol: int, boundary: tuple[int, ...], constraint: Constraint) -> Finished | None:
    """Appends a symbol; the finished sequence if that completes its boundary."""
    row.ids.append(symbol)
    row.state = constraint.advance(row.state, symbol)
    if tuple(row.ids[-len(boundary) :]) != boundary:
        return None
    return Finished(row.draw, tuple(row.ids[: -len(boundary)]), complete=True)
