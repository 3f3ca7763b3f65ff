"""What is to be drawn, how, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunewright.contracts import Filter


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
        ids: without the boundary, the prompt included.
        complete: whether it came to its boundary.
        drawn: how many symbols were drawn for it, those taken back included.
        masked: how many stretches between two rests were masked because drawing them again had failed.
        given_up: whether it was left because a stretch could not be drawn as well as it should be.
    """

    draw: Draw
    ids: tuple[int, ...]
    complete: bool
    drawn: int
    masked: int
    given_up: bool = False


@dataclass(frozen=True)
class Drawing:
    """How sequences are drawn.

    Attributes:
        boundary: symbols before and after each sequence.
        prompt: symbols that every sequence begins with.
        filters: applied in their order, after a mask and before the draw.
        seed: of everything random.
        longest: symbols of a sequence, at most; a constraint that knows its way out is held to it.
        redraws: how often a stretch is drawn freely before it is masked; 0 masks always.
        chance: by which the constraint draws what it leaves to chance, in [0, 1); None to draw this too by the seed.
        patience: how many attempts at a piece are given up where a stretch remains regretted; later ones take it as it
            is.
    """

    boundary: tuple[int, ...]
    prompt: tuple[int, ...] = ()
    filters: Sequence[Filter] = ()
    seed: int = 0
    longest: int = 1500
    redraws: int = 12
    chance: float | None = None
    patience: int = 0
