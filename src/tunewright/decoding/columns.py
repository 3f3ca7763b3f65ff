"""What the step loop knows of each sequence that it draws."""

from __future__ import annotations

from tunewright.decoding.table import Numbers

COUNT = 16
"""Columns."""


class Columns:
    """What is known of each row, each a column of shape (rows,).

    Args:
        values: the columns in the order below, shape (:data:`COUNT`, rows); they stay views of it.

    Attributes:
        piece: number of its piece.
        attempt: number of its attempt.
        drawn: symbols drawn so far.
        masked: stretches that were masked.
        failures: how often what follows the latest rest was drawn in vain.
        unwatched: length up to which the end, as seen from that rest, is not too far.
        safe: length up to which this is so wherever it rests.
        given_up: whether it is to be left as it is.
        symbol: to be read next.
        near, far: numbers of the constraint's state after it.
        length: of the sequence so far.
        rested_near, rested_far, rested_length: these three where the row last rested.
    """

    def __init__(self, values: Numbers) -> None:
        self.values = values
        self.piece, self.attempt, self.drawn, self.masked, self.failures, self.unwatched, self.safe = values[:7]
        self.given_up, self.now, self.rested = values[7], values[8:12], values[12:]
        self.symbol, self.near, self.far, self.length = self.now
        _, self.rested_near, self.rested_far, self.rested_length = self.rested
