"""The step loop, the only one. Knows ids, masks and a model; never a codec, never music.

Rows of a batch are sequences; one that is done makes room for the next. A constraint is kept in one of two ways: by
*masking* what it forbids at every step, or by *redrawing*: symbols are drawn as the model likes them, and at the first
one that is forbidden the row goes back to where it last rested (a bar line). So within a bar the model's own
distribution stands, given that the bar is right, where a mask would push it, symbol by symbol, into the least bad way
on. Only a stretch that has failed several times is masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunewright.contracts import Filter, Memory, SequenceModel
from tunewright.decoding.randomness import Stream
from tunewright.decoding.table import ConstraintTable, Numbers, numbers

WIDTH = 128
"""Sequences drawn side by side, at most."""
CLOSE = 60
"""So many symbols before the shortest way out gets too long it is watched; within one bar it grows by less."""


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
        complete: whether it came to its boundary, and not to the longest length.
        drawn: how many symbols were drawn for it, those taken back included.
        masked: how many stretches between two rests were masked because drawing them again had failed.
    """

    draw: Draw
    ids: tuple[int, ...]
    complete: bool
    drawn: int
    masked: int


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
    """

    boundary: tuple[int, ...]
    prompt: tuple[int, ...] = ()
    filters: Sequence[Filter] = ()
    seed: int = 0
    longest: int = 1500
    redraws: int = 8


def generate(
    model: SequenceModel,
    table: ConstraintTable,
    drawing: Drawing,
    following: Callable[[], Draw | None],
    width: int = WIDTH,
) -> Iterator[Finished]:
    """Draws one sequence for each address that ``following`` gives, and yields them as they are done.

    Args:
        model: a twin for inference, whose rows don't depend on one another.
        table: of the constraint, which starts after the prompt.
        drawing: how.
        following: asked whenever there is room for another sequence; None if there is nothing to draw at present.
        width: sequences drawn side by side, at most.
    """
    batch = _Batch(model, table, drawing)
    done: Numbers = numbers([])
    while True:
        wanted: list[Draw] = []
        while len(batch.draws) - len(done) + len(wanted) < width and (draw := following()) is not None:
            wanted.append(draw)
        batch.replace(done, wanted)
        if not batch.draws:
            return
        done = batch.step()
        yield from [batch.finished(int(row)) for row in done]


@dataclass
class _Columns:
    """What is known of each row, each a column of shape (rows,).

    Attributes:
        piece: number of its piece.
        attempt: number of its attempt.
        drawn: symbols drawn so far.
        symbol: to be read next.
        state: number of the constraint's state after it.
        length: of the sequence so far.
        rested_symbol: the three above, where the row last rested.
        rested_state: see there.
        rested_length: see there.
        way_out: symbols from there to the end, at least.
        failures: how often what follows that rest was drawn in vain.
        masked: stretches that were masked.
    """

    piece: Numbers
    attempt: Numbers
    drawn: Numbers
    symbol: Numbers
    state: Numbers
    length: Numbers
    rested_symbol: Numbers
    rested_state: Numbers
    rested_length: Numbers
    way_out: Numbers
    failures: Numbers
    masked: Numbers

    def select(self, rows: Numbers) -> _Columns:
        return _Columns(*(getattr(self, column.name)[rows] for column in fields(self)))

    def put(self, rows: Numbers, values: _Columns) -> None:
        for column in fields(self):
            getattr(self, column.name)[rows] = getattr(values, column.name)


class _Batch:
    """The sequences that are being drawn: row ``i`` of every array is one of them."""

    def __init__(self, model: SequenceModel, table: ConstraintTable, drawing: Drawing) -> None:
        self.model, self.table, self.drawing = model, table, drawing
        self.draws: list[Draw] = []
        self.at = _Columns(*(numbers([]) for _ in fields(_Columns)))
        self.ids: Numbers = np.zeros((0, drawing.longest), dtype=np.int64)
        self.stream = Stream(drawing.seed, model.emission.uniforms_per_draw)
        # Boundary and prompt are read once for all; their last symbol is what every row reads first.
        self.known = [*drawing.boundary, *drawing.prompt]
        with torch.inference_mode():
            empty = model.empty(1)
            self.origin = model(torch.tensor([self.known[:-1]]), empty)[1] if len(self.known) > 1 else empty
            self.memory: Memory = model.empty(0)
            self.rested: Memory = model.empty(0)

    @torch.inference_mode()
    def replace(self, done: Numbers, draws: Sequence[Draw]) -> None:
        """Puts new sequences in the place of those that are done; the batch shrinks or grows where numbers differ."""
        new = numbers(range(len(self.draws), len(self.draws) + len(draws) - len(done)))
        if len(new):
            self._keep(np.concatenate([np.arange(len(self.draws)), np.zeros(len(new), dtype=np.int64)]))
        rows = np.concatenate([done, new])[: len(draws)]
        if len(rows):
            self._begin(rows, draws)
        if len(left := done[len(draws) :]):
            self._keep(np.setdiff1d(np.arange(len(self.draws)), left))

    def _keep(self, rows: Numbers) -> None:
        """Goes on with these rows only, in this order; one may be repeated."""
        if not len(self.draws):
            self.memory, self.rested = self.model.empty(len(rows)), self.model.empty(len(rows))
            self.at = _Columns(*(np.zeros(len(rows), dtype=np.int64) for _ in fields(_Columns)))
            self.ids = np.zeros((len(rows), self.drawing.longest), dtype=np.int64)
            self.draws = [Draw(0)] * len(rows)
            self.stream.keep(np.arange(len(rows)))
            return
        index = torch.from_numpy(rows)
        self.memory, self.rested = self.model.select(self.memory, index), self.model.select(self.rested, index)
        self.at, self.ids = self.at.select(rows), self.ids[rows]
        self.draws = [self.draws[row] for row in rows]
        self.stream.keep(rows)

    def _begin(self, rows: Numbers, draws: Sequence[Draw]) -> None:
        """Sets rows to the beginning of these sequences."""
        prompt = self.drawing.prompt
        for row, draw in zip(rows, draws, strict=True):
            self.draws[row] = draw
        self.ids[rows, : len(prompt)] = prompt
        same = np.ones(len(rows), dtype=np.int64)
        start = self.table.number(self.table.constraint.start())
        standing = (self.known[-1] * same, start * same, len(prompt) * same)
        pieces, attempts = numbers([draw.piece for draw in draws]), numbers([draw.attempt for draw in draws])
        nothing = 0 * same
        way_out = self.table.distances(standing[1])
        self.at.put(rows, _Columns(pieces, attempts, nothing, *standing, *standing, way_out, nothing, nothing))
        index, origins = torch.from_numpy(rows), torch.zeros(len(rows), dtype=torch.long)
        self.memory = self.model.assign(self.memory, index, self.origin, origins)
        self.rested = self.model.assign(self.rested, index, self.origin, origins)

    @torch.inference_mode()
    def step(self) -> Numbers:
        """Draws one symbol for every row; the rows that are done."""
        at = self.at
        self._rest()
        logits, self.memory = self.model(torch.from_numpy(at.symbol)[:, None], self.memory)
        allowed, strict = self._allowed()
        drawn = self._draw(logits[:, -1], allowed, strict)
        at.drawn += 1
        every = np.arange(len(drawn))
        wrong = ~allowed[every, drawn]
        right = every if not wrong.any() else np.flatnonzero(~wrong)
        symbols = drawn[right]
        self.ids[right, at.length[right]] = symbols
        at.symbol[right], at.length[right] = symbols, at.length[right] + 1
        at.state[right] = self.table.advance(at.state[right], symbols)
        if len(right) < len(every):
            self._go_back(np.flatnonzero(wrong), drawn[wrong])
        return np.flatnonzero(self._complete() | (at.length == self.drawing.longest))

    def _rest(self) -> None:
        """Remembers where rows rest, before what comes last is read."""
        at = self.at
        resting = np.flatnonzero(self.table.resting[at.state] & (at.length > at.rested_length))
        if not len(resting):
            return
        index = torch.from_numpy(resting)
        self.rested = self.model.assign(self.rested, index, self.memory, index)
        at.rested_symbol[resting], at.rested_state[resting] = at.symbol[resting], at.state[resting]
        at.rested_length[resting], at.failures[resting] = at.length[resting], 0
        at.way_out[resting] = self.table.distances(at.state[resting])

    def _go_back(self, rows: Numbers, symbols: Numbers) -> None:
        """Takes back what rows have drawn since they last rested, but not what these symbols tell was meant."""
        at = self.at
        at.rested_state[rows] = self.table.meant(at.rested_state[rows], symbols)
        at.symbol[rows], at.state[rows] = at.rested_symbol[rows], at.rested_state[rows]
        at.length[rows] = at.rested_length[rows]
        at.failures[rows] += 1
        at.masked[rows] += at.failures[rows] == self.drawing.redraws
        index = torch.from_numpy(rows)
        self.memory = self.model.assign(self.memory, index, self.rested, index)

    def _allowed(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """What may be drawn, shape (rows, size), and the rows for which all else is masked, shape (rows,)."""
        at, table = self.at, self.table
        allowed = table.masks[at.state]
        remaining = self.drawing.longest - at.length
        for row in np.flatnonzero(remaining < CLOSE + at.way_out):
            allowed[row] = table.closing(int(at.state[row]), int(remaining[row]) - 1)
        return allowed, at.failures >= self.drawing.redraws

    def _draw(self, logits: Tensor, allowed: NDArray[np.bool_], strict: NDArray[np.bool_]) -> Numbers:
        if strict.any():
            forbidden = torch.from_numpy(~allowed & strict[:, None])
            logits = logits.masked_fill(forbidden, float("-inf"))
        for apply in self.drawing.filters:
            logits = apply(logits)
        uniforms = torch.from_numpy(self.stream.next(self.at.piece, self.at.attempt, self.at.drawn))
        drawn: Numbers = self.model.emission.draw(logits, uniforms).numpy()
        return drawn

    def _complete(self) -> NDArray[np.bool_]:
        """The rows that end with the boundary."""
        boundary, at = self.drawing.boundary, self.at
        complete: NDArray[np.bool_] = at.symbol == boundary[-1]
        if len(boundary) > 1 and complete.any():
            before = at.length[:, None] - np.arange(len(boundary), 0, -1)
            ends = self.ids[np.arange(len(before))[:, None], np.maximum(before, 0)] == boundary
            complete &= ends.all(axis=1) & (before[:, 0] >= 0)
        return complete & (at.length > len(self.drawing.prompt))

    def finished(self, row: int) -> Finished:
        """A row that is done, as it was drawn."""
        at = self.at
        complete = bool(self._complete()[row])
        length = int(at.length[row]) - (len(self.drawing.boundary) if complete else 0)
        ids = tuple(self.ids[row, :length].tolist())
        return Finished(self.draws[row], ids, complete, int(at.drawn[row]), int(at.masked[row]))
