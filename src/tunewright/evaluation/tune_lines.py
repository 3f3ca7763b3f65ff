"""Tunes as lines of pitches that can be compared by the run, and what one tune has in common with others.

The lines are the readings of :mod:`tunewright.music.fingerprint`, melody and beats: both are blind to key and rhythm,
the beats to ornaments too. A performance is one line of all its notes
(:mod:`tunewright.evaluation.performance_index`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tunewright.music.fingerprint import GRAM, Line, beats, melody
from tunewright.music.tune import Tune

SEED = 8
"""Length of a seed in intervals: of a byte each, so that a seed is a number of 64 bits."""
MELODY, BEATS, NOTES = 0, 1, 2
"""The kinds of lines."""
IN_STEP = 2 * GRAM
"""Shorter runs count if those in step with one another, as where single notes were changed, have so many intervals."""

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Lines:
    """Readings of one tune or of many, laid end to end.

    Attributes:
        pitches: MIDI numbers, shape (positions,), uint8.
        lengths: how many positions each line has, shape (lines,).
        kinds: of each line, :data:`MELODY`, :data:`BEATS` or :data:`NOTES`.
    """

    pitches: NDArray[np.uint8]
    lengths: Integers
    kinds: NDArray[np.uint8]

    @classmethod
    def of(cls, lines: Sequence[tuple[int, Line]]) -> Lines:
        """Of (kind, line) pairs."""
        pitches = [min(max(pitch, 0), 127) for _, line in lines for pitch in line.pitches]
        lengths = [len(line.pitches) for _, line in lines]
        kinds = [kind for kind, _ in lines]
        return cls(np.array(pitches, np.uint8), np.array(lengths, np.int64), np.array(kinds, np.uint8))

    @cached_property
    def line_of(self) -> Integers:
        """The line that each position is of."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def seeds(self, kind: int) -> tuple[Integers, Integers]:
        """All runs of :data:`SEED` intervals in the lines of one kind, as numbers, and the position at which each
        begins; without those of a pitch that stays, which say nothing.
        """
        found, starts = self.runs(kind, SEED)
        numbers = numbered(found)
        return numbers[numbers != 0], starts[numbers != 0]

    def grams(self, kind: int, length: int) -> dict[int, bytes]:
        """All runs of so many intervals in the lines of one kind, each by the position at which it begins."""
        found, starts = self.runs(kind, length)
        return {start: run.tobytes() for start, run in zip(starts.tolist(), found, strict=True)}

    def runs(self, kind: int, length: int) -> tuple[NDArray[np.int8], Integers]:
        """All runs of so many intervals in the lines of one kind, shape (runs, length), and where each begins."""
        if len(self.pitches) <= length:
            return np.empty((0, length), np.int8), np.empty(0, np.int64)
        steps = np.diff(self.pitches.astype(np.int16)).astype(np.int8)
        within = (self.line_of[:-length] == self.line_of[length:]) & (self.kinds[self.line_of[:-length]] == kind)
        starts = np.flatnonzero(within)
        return np.lib.stride_tricks.sliding_window_view(steps, length)[starts], starts


@dataclass(frozen=True)
class Seeds:
    """All seeds of known tunes, ready to be looked up.

    Attributes:
        numbers: sorted, shape (seeds,).
        starts: position at which each begins, uint32.
    """

    numbers: Integers
    starts: NDArray[np.uint32]

    @classmethod
    def of(cls, numbers: Integers, starts: Integers) -> Seeds:
        """Of seeds in any order, and where each begins."""
        order = np.argsort(numbers)
        return cls(numbers[order], starts[order].astype(np.uint32))

    def hits(self, numbers: Integers, starts: Integers) -> tuple[Integers, Integers]:
        """Where these seeds begin and where equal known ones do, one pair for each known one."""
        first = np.searchsorted(self.numbers, numbers, "left")
        counts = np.searchsorted(self.numbers, numbers, "right") - first
        own = np.repeat(starts, counts)
        within = np.arange(len(own)) - np.repeat(np.cumsum(counts) - counts, counts)
        return own, self.starts[np.repeat(first, counts) + within].astype(np.int64)


def numbered(seeds: NDArray[np.int8]) -> Integers:
    """Seeds as numbers, (seeds, :data:`SEED`) -> (seeds,)."""
    return np.ascontiguousarray(seeds).view(np.int64).reshape(-1)


def joined(own: Integers, known: Integers, positions: int) -> tuple[Integers, Integers, Integers]:
    """Seeds that follow one another in both tunes as one run: where each begins here and there, and its intervals.

    Args:
        own: where the seeds begin in the tune.
        known: where they begin in the known ones.
        positions: how many the tune has.
    """
    # Seeds that begin at neighbouring positions in both tunes have numbers one apart.
    width = positions + 1
    found = np.sort((known - own + width) * width + own)
    begins = np.flatnonzero(np.diff(found, prepend=-2) != 1)
    intervals = np.diff(begins, append=len(found)) + SEED - 1
    start = found[begins] % width
    return start, found[begins] // width - width + start, intervals


@dataclass(frozen=True)
class SharedRuns:
    """Stretches of equal intervals in a tune and in known ones, one in each row; arrays of shape (runs,).

    Attributes:
        kind: :data:`MELODY`, :data:`BEATS` or :data:`NOTES`.
        start: position in the tune's lines.
        known_start: position in the known tunes' lines.
        intervals: how many; one less than the positions it holds.
        tune: number of the known tune.
    """

    kind: Integers
    start: Integers
    known_start: Integers
    intervals: Integers
    tune: Integers

    def __getitem__(self, rows: Mask) -> SharedRuns:
        return SharedRuns(
            self.kind[rows], self.start[rows], self.known_start[rows], self.intervals[rows], self.tune[rows]
        )

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True)
class Query:
    """A tune to be looked up.

    Attributes:
        lines: its readings.
        first: the note that each position begins with, shape (positions,).
        last: the note that it ends with: a note that is struck again is one position.
        counted: which notes count, shape (notes,): rests and those that were given don't.
        bars: the first and the last note of each bar, shape (bars, 2).
        reach: runs further apart than so many intervals are not in step; None where a tune is short enough for any.
    """

    lines: Lines
    first: Integers
    last: Integers
    counted: Mask
    bars: Integers
    reach: int | None = None

    @classmethod
    def of(cls, tune: Tune, given: int = 0) -> Query:
        notes = tune.notes()
        read = [(kind, _without(line, given)) for kind, line in readings(tune)]
        lasts: list[int] = []
        for kind, line in read:
            lasts += (
                [after - 1 for after in [*line.notes[1:], len(notes)]][: len(line.notes)]
                if kind == MELODY
                else line.notes
            )
        ends = np.cumsum([len(bar.notes) for bar in tune.bars])
        begins = np.concatenate([np.zeros(1, np.int64), ends[:-1]]) if len(ends) else ends
        return cls(
            Lines.of(read),
            np.array([note for _, line in read for note in line.notes], np.int64),
            np.array(lasts, np.int64),
            np.array([bool(note.pitches) and number >= given for number, note in enumerate(notes)], bool),
            np.stack([begins, ends - 1], axis=1),
        )

    def counts(self, runs: SharedRuns) -> Mask:
        """Which runs say that what lies in them is found: those of :data:`GRAM` intervals, those in step with others
        as far from one another in both tunes, and one that is all of a short tune.
        """
        if not len(runs):
            return np.zeros(0, bool)
        chain = self._chains(runs)
        in_step = np.bincount(chain, runs.intervals)[chain] >= IN_STEP
        whole = self.lines.lengths[self.lines.line_of[runs.start]] - 1
        return np.asarray(in_step | (runs.intervals >= np.minimum(GRAM, whole)))

    def _chains(self, runs: SharedRuns) -> Integers:
        """A number for each run, the same for those in step with one another."""
        apart = runs.known_start - runs.start
        order = np.lexsort((runs.start, apart))
        begins = np.diff(apart[order], prepend=apart[order[:1]]) != 0
        if self.reach is not None:
            ends = (runs.start + runs.intervals)[order]
            begins[1:] |= runs.start[order][1:] - ends[:-1] > self.reach
        chains = np.empty_like(order)
        chains[order] = np.cumsum(begins)
        return chains

    def span(self, runs: SharedRuns) -> tuple[Integers, Integers]:
        """The first and the last note of each run."""
        return self.first[runs.start], self.last[runs.start + runs.intervals]

    def covered(self, runs: SharedRuns) -> tuple[Integers, Mask]:
        """The known tunes of these runs, and for each which notes that count lie in its runs, (tunes, notes)."""
        tunes, row = np.unique(runs.tune, return_inverse=True)
        edges = np.zeros((len(tunes), len(self.counted) + 1), np.int32)
        begins, ends = self.span(runs)
        np.add.at(edges, (row, begins), 1)
        np.add.at(edges, (row, ends + 1), -1)
        return tunes, (np.cumsum(edges[:, :-1], axis=1, dtype=np.int32) > 0) & self.counted

    def share(self, covered: Mask) -> float:
        """Share of the notes that count which these are."""
        return float(covered.sum() / max(1, self.counted.sum()))

    def found_in_two(self, covered: Mask) -> float:
        """Share of the notes that is found in two known tunes: the nearest, and the one that adds the most to it.

        Args:
            covered: which notes are found in each known tune, (tunes, notes).
        """
        if not len(covered):
            return 0.0
        nearest = covered[covered.sum(axis=1).argmax()]
        return max(self.share(both) for both in covered | nearest)

    def whole_bars(self, covered: Mask) -> list[int]:
        """Numbers of the bars, from 1, of which every note that counts is covered, and any is."""
        missing = np.concatenate([[0], np.cumsum(self.counted & ~covered)])
        present = np.concatenate([[0], np.cumsum(covered)])
        begins, ends = self.bars[:, 0], self.bars[:, 1] + 1
        whole = (missing[ends] == missing[begins]) & (present[ends] > present[begins])
        return [int(number) for number in np.flatnonzero(whole) + 1]


def any_of(covered: Mask) -> Mask:
    """Which notes are covered in any row, (rows, notes) -> (notes,)."""
    return np.asarray(covered.any(axis=0))


def _without(line: Line, given: int) -> Line:
    """A reading without the notes that were given."""
    kept = [place for place, note in enumerate(line.notes) if note >= given]
    return Line([line.pitches[place] for place in kept], [line.notes[place] for place in kept])


def readings(tune: Tune) -> list[tuple[int, Line]]:
    """All readings of a tune, each with its kind."""
    return [(MELODY, melody(tune)), *((BEATS, line) for line in beats(tune))]
