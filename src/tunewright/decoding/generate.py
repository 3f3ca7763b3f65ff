"""The step loop, the only one. Knows ids, masks and a model; never a codec, never music.

Rows of a batch are sequences; one that is done makes room for the next. A constraint is kept in one of two ways: by
*masking* what it forbids at every step, or by *redrawing*: symbols are drawn as the model likes them, and at the first
one that is forbidden the row goes back to where it last rested (a bar line). So within a bar the model's own
distribution stands, given that the bar is right, where a mask would push it, symbol by symbol, into the least bad way
on. Only a stretch that has failed several times is masked. What is right but not as good as it could be (a part that
doesn't end on the tonic) is drawn again too, as long as it needn't be masked for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from tunewright.contracts import SequenceModel
from tunewright.decoding.choice import Choice
from tunewright.decoding.columns import COUNT, Columns
from tunewright.decoding.drawing import Draw, Drawing, Finished
from tunewright.decoding.randomness import first_uniforms
from tunewright.decoding.table import FORBIDDEN, ConstraintTable, Numbers, numbers

WIDTH = 128
"""Sequences drawn side by side, at most."""
CLOSE = 60
"""So many symbols before the shortest way out gets too long it is watched; within one bar it grows by less."""


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
        while len(batch.every) - len(done) + len(wanted) < width and (draw := following()) is not None:
            wanted.append(draw)
        if len(done) or wanted:
            batch.replace(done, wanted)
        if not len(batch.every):
            return
        done = batch.step()
        yield from [batch.finished(int(row)) for row in done]


class _Batch:
    """The sequences that are being drawn: row ``i`` of every array is one of them."""

    def __init__(self, model: SequenceModel, table: ConstraintTable, drawing: Drawing) -> None:
        self.model, self.table, self.drawing = model, table, drawing
        self.choice = Choice(model.emission, table, drawing)
        # Boundary and prompt are read once for all; their last symbol is what every row reads first.
        self.known = [*drawing.boundary, *drawing.prompt]
        with torch.inference_mode():
            empty = model.empty(1)
            self.origin = model(torch.tensor([self.known[:-1]]), empty)[1] if len(self.known) > 1 else empty
            self._make_room(0)

    def _make_room(self, rows: int) -> None:
        """Room for so many sequences, in the place of none."""
        self.memory, self.rested = self.model.empty(rows), self.model.empty(rows)
        self._lay_out(np.zeros((COUNT, rows), dtype=np.int64), np.zeros((rows, self.drawing.longest), dtype=np.int64))

    def _lay_out(self, columns: Numbers, ids: Numbers) -> None:
        """Takes columns, (columns, rows), and sequences, (rows, longest)."""
        self.at, self.ids = Columns(columns), ids
        self.every = np.arange(len(ids))
        self.inputs = torch.from_numpy(self.at.symbol).unsqueeze(1)

    @torch.inference_mode()
    def replace(self, done: Numbers, draws: Sequence[Draw]) -> None:
        """Puts new sequences in the place of those that are done; the batch shrinks or grows where numbers differ."""
        new = np.arange(len(self.every), len(self.every) + len(draws) - len(done))
        if len(new):
            self._keep(np.concatenate([self.every, np.zeros(len(new), dtype=np.int64)]))
        if draws:
            self._begin(np.concatenate([done, new])[: len(draws)], draws)
        if len(left := done[len(draws) :]):
            self._keep(np.setdiff1d(self.every, left))

    def _keep(self, rows: Numbers) -> None:
        """Goes on with these rows only, in this order; one may be repeated."""
        self.choice.keep(rows)
        if not len(self.every):
            self._make_room(len(rows))
            return
        index = torch.from_numpy(rows)
        self.memory, self.rested = self.model.select(self.memory, index), self.model.select(self.rested, index)
        self._lay_out(self.at.values.take(rows, axis=1), self.ids[rows])

    def _begin(self, rows: Numbers, draws: Sequence[Draw]) -> None:
        """Sets rows to the beginning of these sequences."""
        at, prompt = self.at, self.drawing.prompt
        self.ids[rows, : len(prompt)] = prompt
        at.values[:, rows] = 0
        at.piece[rows], at.attempt[rows] = [draw.piece for draw in draws], [draw.attempt for draw in draws]
        at.symbol[rows], at.length[rows] = self.known[-1], len(prompt)
        chances = first_uniforms(self.drawing.seed, at.piece[rows], at.attempt[rows]).tolist()
        if self.drawing.chance is not None:
            chances = [self.drawing.chance] * len(rows)
        at.near[rows], at.far[rows] = zip(*map(self.table.start, chances), strict=True)
        at.rested[:, rows] = at.now[:, rows]
        at.safe[rows] = self.drawing.longest - 2 * CLOSE - self.table.distances(at.near[rows], at.far[rows])
        at.unwatched[rows] = at.safe[rows]
        index, origins = torch.from_numpy(rows), torch.zeros(len(rows), dtype=torch.long)
        self.memory = self.model.assign(self.memory, index, self.origin, origins)
        self.rested = self.model.assign(self.rested, index, self.origin, origins)

    @torch.inference_mode()
    def step(self) -> Numbers:
        """Draws one symbol for every row; the rows that are done."""
        at = self.at
        self._forget()
        self._rest()
        logits, self.memory = self.model(self.inputs, self.memory)
        watched = at.length > at.unwatched
        masked = at.failures >= self.drawing.redraws
        drawn = self.choice.draw(logits[:, -1], at, masked, watched)
        after, far = self.table.advance(at.near, at.far, drawn)
        if np.count_nonzero(watched):
            self._forbid_too_far(watched, drawn, after, far)
        self._forbid_regretted(after, far)
        at.drawn += 1
        right = after >= 0
        if np.count_nonzero(right) == len(right):
            self._go_on(self.every, drawn, after, far)
        else:
            self._go_on(right.nonzero()[0], drawn[right], after[right], far[right])
            self._go_back((~right).nonzero()[0], drawn[~right])
        return self._done()

    def _forget(self) -> None:
        """Leaves a table that is full, with the states in which no row stands or rests. Others may still use it."""
        if not self.table.is_full:
            return
        at, table = self.at, ConstraintTable(self.table.constraint, self.table.size)
        at.near[:], at.far[:] = self.table.moved(at.near, at.far, table)
        at.rested_near[:], at.rested_far[:] = self.table.moved(at.rested_near, at.rested_far, table)
        self.table = self.choice.table = table

    def _rest(self) -> None:
        """Remembers where rows rest, before what comes last is read."""
        at = self.at
        rows = (self.table.resting[at.near] & (at.length > at.rested_length)).nonzero()[0]
        if not len(rows):
            return
        at.rested[:, rows] = at.now[:, rows]
        at.failures[rows] = 0
        self._watch(rows)
        if self.drawing.redraws:
            index = torch.from_numpy(rows)
            self.rested = self.model.assign(self.rested, index, self.memory, index)

    def _watch(self, rows: Numbers) -> None:
        """Tells from where these rows rest how long they may grow before the end must be watched."""
        at = self.at
        # From nowhere it is much further than from the start: only long sequences need be asked.
        rows = rows[at.length[rows] > at.safe[rows]]
        if len(rows):
            at.unwatched[rows] = self.drawing.longest - CLOSE - self.table.distances(at.near[rows], at.far[rows])

    def _forbid_too_far(self, watched: NDArray[np.bool_], drawn: Numbers, after: Numbers, far: Numbers) -> None:
        """Forbids what was drawn in watched rows if the end is too far after it, and nearer after something else."""
        rows = (watched & (after >= 0)).nonzero()[0]
        too_far = self.table.distances(after[rows], far[rows]) > self.drawing.longest - self.at.length[rows] - 1
        for row in rows[too_far].tolist():
            if not self.choice.closing(self.at, row)[drawn[row]]:
                after[row] = FORBIDDEN

    def _forbid_regretted(self, after: Numbers, far: Numbers) -> None:
        """Forbids what is right but had better be drawn again. The last draw before masking is not forbidden: such a
        row is given up, or taken as it is.
        """
        at, drawing = self.at, self.drawing
        for row in ((far != at.far) & (after >= 0) & (at.failures < drawing.redraws)).nonzero()[0].tolist():
            if not self.table.regrets(int(at.far[row]), int(far[row]), self.ids[row, : at.length[row]]):
                continue
            if at.failures[row] < drawing.redraws - 1:
                after[row] = FORBIDDEN
            else:
                at.given_up[row] = at.attempt[row] < drawing.patience

    def _go_on(self, rows: Numbers, drawn: Numbers, after: Numbers, far: Numbers) -> None:
        """Takes what these rows have drawn, and the states after it."""
        at = self.at
        self.ids[rows, at.length[rows]] = drawn
        at.symbol[rows], at.near[rows], at.far[rows] = drawn, after, far
        at.length[rows] += 1

    def _go_back(self, rows: Numbers, drawn: Numbers) -> None:
        """Takes back what rows have drawn since they last rested, but not what was meant by what could not come."""
        at = self.at
        rested = at.rested_near[rows], at.rested_far[rows]
        at.rested_near[rows], at.rested_far[rows] = self.table.meant(*rested, drawn)
        at.now[:, rows] = at.rested[:, rows]
        at.failures[rows] += 1
        at.masked[rows] += at.failures[rows] == self.drawing.redraws
        index = torch.from_numpy(rows)
        self.memory = self.model.assign(self.memory, index, self.rested, index)

    def _done(self) -> Numbers:
        """The rows that are as long as can be, are given up, or end with the boundary."""
        at, longest = self.at, self.drawing.longest
        left = (at.length == longest) | (at.given_up > 0)
        rows: Numbers = ((at.symbol == self.drawing.boundary[-1]) | left).nonzero()[0]
        return rows[left[rows] | self._complete(rows)] if len(rows) else rows

    def _complete(self, rows: Numbers) -> NDArray[np.bool_]:
        """Which of these rows end with the boundary: (rows,) -> (rows,)."""
        boundary, lengths = self.drawing.boundary, self.at.length[rows]
        begins = lengths - len(boundary)
        places = np.maximum(begins, 0)[:, None] + np.arange(len(boundary))
        ends = (self.ids[rows[:, None], places] == boundary).all(axis=1)
        complete: NDArray[np.bool_] = ends & (begins >= 0) & (lengths > len(self.drawing.prompt))
        return complete

    def finished(self, row: int) -> Finished:
        """A row that is done, as it was drawn."""
        at = self.at
        given_up = bool(at.given_up[row])
        complete = bool(self._complete(numbers([row]))[0]) and not given_up
        length = int(at.length[row]) - (len(self.drawing.boundary) if complete else 0)
        ids = tuple(self.ids[row, :length].tolist())
        draw = Draw(int(at.piece[row]), int(at.attempt[row]))
        return Finished(draw, ids, complete, int(at.drawn[row]), int(at.masked[row]), given_up)
