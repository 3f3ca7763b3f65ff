"""Training tunes in other keys: each epoch draws anew how far every one of them is transposed, to each key signature as
often as the tunes have it: what is rarely written need not be learned so well.

What is drawn follows from seed, epoch and piece alone, so a resumed training reads the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tunewright.music.intervals import fifths_of, usual_fifths
from tunewright.music.pieces import uncollected
from tunewright.music.ranges import Range, compass, parse_range
from tunewright.music.reader import read_tune
from tunewright.music.transposition import transpose

SEMITONES = range(-5, 7)
"""By how many a tune may be transposed: once to every key."""
COMPASS = parse_range("G3-D6")
"""What a fiddle plays comfortably: from its lowest string to a little above first position."""
_STREAM = 1
"""Sets these random numbers apart from others drawn by seed and epoch."""


class Transposed:
    """The ids of all training pieces, epoch by epoch.

    Args:
        texts: of the training tunes.
        encode: a text's ids.
        share: of the tunes are transposed, 0 to 1; the others stand as they are.
        seed: of the draws.
        within: no tune is transposed beyond these pitches.
    """

    def __init__(
        self,
        texts: Sequence[str],
        encode: Callable[[str], NDArray[np.int64]],
        share: float,
        seed: int,
        within: Range = COMPASS,
    ) -> None:
        self.texts, self.encode = texts, encode
        self.share, self.seed, self.within = share, seed, within
        self.fifths = [fifths_of(read_tune(text).key) for text in texts]
        self._written = Counter(self.fifths)
        self._choices: dict[int, tuple[list[int], NDArray[np.float64]]] = {}
        self._ids: dict[tuple[int, int], NDArray[np.int32]] = {}

    def of(self, epoch: int) -> list[NDArray[np.int64]]:
        """Ids of each piece in this epoch, in the order of the texts."""
        draws = np.random.default_rng([self.seed, epoch, _STREAM]).random((len(self.texts), 2))
        with uncollected():
            return [self.ids(piece, self.semitones(piece, *draw)) for piece, draw in enumerate(draws.tolist())]

    def semitones(self, piece: int, whether: float, which: float) -> int:
        """By how many semitones two uniform draws transpose a piece."""
        if whether >= self.share:
            return 0
        if piece not in self._choices:
            self._choices[piece] = self._weighed(piece)
        choices, cumulated = self._choices[piece]
        return choices[int(np.searchsorted(cumulated, which * cumulated[-1], side="right"))]

    def ids(self, piece: int, semitones: int) -> NDArray[np.int64]:
        """Ids of a piece in another key; made once."""
        if (piece, semitones) not in self._ids:  # kept in half the space
            self._ids[piece, semitones] = self.encode(transpose(self.texts[piece], semitones)).astype(np.int32)
        return self._ids[piece, semitones].astype(np.int64)

    def _weighed(self, piece: int) -> tuple[list[int], NDArray[np.float64]]:
        """By how many semitones a piece can be transposed, and the cumulated weights of these choices."""
        pitches = compass(read_tune(self.texts[piece]))
        lowest, highest = (pitch.midi for pitch in pitches) if pitches else (0, 0)
        choices = [n for n in SEMITONES if lowest + n in self.within and highest + n in self.within] or [0]
        fifths = self.fifths[piece]
        signatures = [fifths + (usual_fifths(fifths, n) if n else 0) for n in choices]
        weights = [self._written[one] for one in signatures]
        return (choices, np.cumsum(weights, dtype=np.float64)) if any(weights) else ([0], np.ones(1))
