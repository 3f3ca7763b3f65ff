"""Which attempt at which piece is drawn next, and in what order they are judged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from tunewright.decoding.drawing import Draw, Finished


class Attempts:
    """The attempts at some pieces.

    A piece is the first of its attempts that will do. Attempts that may be needed are drawn ahead where there is room,
    and judged in their order, so that company changes nothing.

    Args:
        pieces: numbers of the pieces that are wanted.
        ahead: how many attempts at one piece may be under way at once, at most; 0 begins none before the last failed.
    """

    def __init__(self, pieces: Sequence[int], ahead: int) -> None:
        self.ahead = ahead
        self.wanted = deque(pieces)
        self.begun = dict.fromkeys(pieces, 0)
        self.failed = dict.fromkeys(pieces, 0)
        self.done: dict[int, dict[int, Finished]] = {piece: {} for piece in pieces}

    def next(self) -> Draw | None:
        """The attempt that is most wanted: a first one, one in place of one that failed, one ahead; None for none."""
        if not self.wanted and self.begun and self.ahead:
            piece = min(self.begun, key=lambda one: self.begun[one] - self.failed[one])
            if self.begun[piece] - self.failed[piece] < self.ahead // len(self.begun):
                self.wanted.append(piece)
        while self.wanted:
            piece = self.wanted.popleft()
            if piece in self.begun:
                self.begun[piece] += 1
                return Draw(piece, self.begun[piece] - 1)
        return None

    def in_order(self, finished: Finished) -> Iterator[Finished]:
        """What can be judged now that this one is done."""
        piece = finished.draw.piece
        if piece not in self.done:
            return  # it stands already
        self.done[piece][finished.draw.attempt] = finished
        while piece in self.done and (one := self.done[piece].pop(self.failed[piece], None)):
            yield one

    def judged(self, piece: int, stands: bool) -> None:
        """Whether the attempt at a piece that was judged last will do."""
        if stands:
            del self.begun[piece], self.done[piece]
            return
        self.failed[piece] += 1
        if self.begun[piece] == self.failed[piece]:
            self.wanted.append(piece)

    def count(self, piece: int) -> int:
        """How many attempts at a piece have failed."""
        return self.failed[piece]
