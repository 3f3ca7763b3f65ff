"""The symbol that each row of a batch draws next: any that the model likes, or one that a constraint allows.

What a mask would leave is drawn without asking for every symbol what a constraint says of it, wherever the filters
don't care: most of what is forbidden would never have come up.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tunewright.contracts import Emission
from tunewright.decoding.columns import Columns
from tunewright.decoding.drawing import Drawing
from tunewright.decoding.filters import temperature
from tunewright.decoding.randomness import Stream, uniforms
from tunewright.decoding.table import ConstraintTable, Numbers

MOST_ASKED = 16
"""Forbidden symbols that are taken away one by one before all of them are masked."""

Marks = NDArray[np.bool_]


class Choice:
    """Draws symbols, each row by randomness of its own.

    Args:
        emission: of the model whose logits these are.
        table: of the constraint.
        drawing: how; its filters are applied after a mask.
    """

    def __init__(self, emission: Emission, table: ConstraintTable, drawing: Drawing) -> None:
        self.emission, self.table, self.drawing = emission, table, drawing
        self.stream = Stream(drawing.seed, emission.uniforms_per_draw)
        # A temperature doesn't care what is masked; other filters do.
        self.one_by_one = all(getattr(apply, "func", apply) is temperature for apply in drawing.filters)

    def keep(self, rows: Numbers) -> None:
        """Goes on with these rows, in this order."""
        self.stream.keep(rows)

    def draw(self, logits: Tensor, at: Columns, masked: Marks, watched: Marks) -> Numbers:
        """A symbol for each row, shape (rows,).

        Args:
            logits: shape (rows, size).
            at: what is known of each row.
            masked: the rows that may draw only what is allowed, shape (rows,).
            watched: those that in this case may draw only what doesn't lead too far from the end, shape (rows,).
        """
        asked = masked & ~watched if self.one_by_one else np.zeros_like(masked)
        rows = (masked & ~asked).nonzero()[0]
        if len(rows):
            logits = self._masked(logits, at, rows, watched)
        for apply in self.drawing.filters:
            logits = apply(logits)
        chances = torch.from_numpy(self.stream.next(at.piece, at.attempt, at.drawn))
        drawn: Numbers = self.emission.draw(logits, chances).numpy()
        if np.count_nonzero(asked):
            self._draw_allowed(asked.nonzero()[0], at, logits, drawn)
        return drawn

    def closing(self, at: Columns, row: int) -> Marks:
        """What this row may draw and still come to the end in time, shape (size,)."""
        remaining = self.drawing.longest - int(at.length[row]) - 1
        return self.table.closing(int(at.near[row]), int(at.far[row]), remaining)

    def _masked(self, logits: Tensor, at: Columns, rows: Numbers, watched: Marks) -> Tensor:
        """Logits without what these rows may not draw, or in watched ones what leads too far from the end."""
        forbidden = np.zeros(logits.shape, dtype=np.bool_)
        near = [row for row in rows.tolist() if not watched[row]]
        if near:
            forbidden[near] = ~self.table.allowed(at.near[near], at.far[near])
        for row in rows[watched[rows]].tolist():
            forbidden[row] = ~self.closing(at, row)
        return logits.masked_fill(torch.from_numpy(forbidden), float("-inf")) if np.count_nonzero(forbidden) else logits

    def _forbidden(self, rows: Numbers, at: Columns, drawn: Numbers) -> Numbers:
        """Those of these rows that may not draw what they have drawn."""
        return rows[self.table.advance(at.near[rows], at.far[rows], drawn[rows])[0] < 0]

    def _draw_allowed(self, rows: Numbers, at: Columns, logits: Tensor, drawn: Numbers) -> None:
        """Puts in the place of what rows have drawn and may not draw what they may, as if the rest had been masked.

        A symbol drawn after the forbidden ones that came up were taken away is as likely as under a mask, which would
        have to ask for every symbol; mostly one or two are enough to be asked.

        Args:
            logits: filtered, of all rows, (batch, size).
            drawn: by all rows, (batch,); overwritten.
        """
        rows = self._forbidden(rows, at, drawn)
        if not len(rows):
            return
        logits, chances = logits.clone(), self._more_chances(rows, at)
        for tries in range(MOST_ASKED):
            logits[rows, drawn[rows]] = float("-inf")
            if tries == MOST_ASKED - 1:
                logits = self._masked(logits, at, rows, np.zeros(len(logits), dtype=np.bool_))
            drawn[rows] = self.emission.draw(logits[rows], torch.from_numpy(chances[rows, tries])).numpy()
            rows = self._forbidden(rows, at, drawn)
            if not len(rows):
                return

    def _more_chances(self, rows: Numbers, at: Columns) -> NDArray[np.float64]:
        """Uniform numbers beyond those that the step of each of these rows has, (batch, :data:`MOST_ASKED`, count)."""
        count = self.emission.uniforms_per_draw
        addresses = at.piece[rows], at.attempt[rows], at.drawn[rows]
        own = uniforms(self.drawing.seed, *addresses, count=(MOST_ASKED + 1) * count)
        chances = np.zeros((len(at.piece), MOST_ASKED, count))
        chances[rows] = own[:, count:].reshape(len(rows), MOST_ASKED, count)
        return chances
