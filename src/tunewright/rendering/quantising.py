"""Performed notes on the grid of a score: which bars there are, and where in them notes begin and end.

Times are quarter notes from the beginning: by the file's own beats, or by a tempo that is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.music.tune import Meter
from tunewright.rendering.played import midi_performance

NEAR = 0.02
"""Of a quarter: so near to a sixteenth or a triplet lies a note that was written rather than played."""
QUANTISED_SHARE = 0.6
"""Of the notes that must lie so near; of those played freely it is a quarter."""
SIMPLE_GRIDS, COMPOUND_GRIDS = (4, 3, 8, 6), (6, 12)
"""Into how many parts a beat may be cut: sixteenths, triplets, thirty-seconds, sextuplets; of a dotted beat sixteenths
and thirty-seconds."""
RELUCTANCE = 0.08
"""By how much another grid must fit better than the first, in parts of its own cells."""
MOST_BARS = 3000
FOUR_FOUR = Meter("4/4", 4, 4)


class Struck(NamedTuple):
    """A note in quarters from the beginning, and its track."""

    start: float
    end: float
    pitch: int
    track: int


@dataclass(frozen=True)
class Beaten:
    """Notes against beats.

    Attributes:
        notes: by start.
        meters: each meter and the quarter from which it holds; the first from 0.
        keys: sharps (positive) or flats and whether minor, and the quarter from which it holds; may be none.
    """

    notes: tuple[Struck, ...]
    meters: tuple[tuple[Fraction, Meter], ...]
    keys: tuple[tuple[Fraction, tuple[int, bool]], ...]


def beaten(piece: Piece, tempo: float | None = None) -> Beaten:
    """The notes of a performance against beats.

    Args:
        tempo: quarters a minute, for a performance whose file knows nothing of beats; None for the file's own.

    Raises:
        RenderingError: the file can't be read, or its notes keep to no beats and no tempo is given.
    """
    notes = _in_quarters(piece)
    meters, keys = _signatures(piece)
    if tempo:
        columns = midi_performance(piece).notes
        rows = zip(columns.starts * tempo / 60, columns.ends * tempo / 60, columns.pitches, strict=True)
        notes = [Struck(float(start), float(end), int(pitch), 0) for start, end, pitch in rows]
        return Beaten(tuple(notes), _from_beginning(meters[:1]), ())
    if not _keeps_to_beats(notes):
        raise RenderingError(
            "it was played freely, and a score needs notes that keep to beats: "
            "give a tempo to quantise it, e.g. --tempo 90, or draw its piano roll (svg, png)"
        )
    return Beaten(tuple(notes), _from_beginning(meters), tuple(keys))


def _in_quarters(piece: Piece) -> list[Struck]:
    """The notes by the file's own ticks, which no change of tempo moves."""
    from tunewright.music.midi import paired
    from tunewright.music.midi_file import read_file

    midi_performance(piece)  # tells what is wrong with a file that can't be read
    file = read_file(piece.midi)
    struck, let_go = paired(file.messages)
    messages, quarter = file.messages, file.ticks_per_quarter
    starts, ends = (messages.ticks[places] / quarter for places in (struck, let_go))
    columns = (starts, ends, messages.first[struck], messages.tracks[struck])
    return sorted(Struck(*row) for row in zip(*(column.tolist() for column in columns), strict=True))


def _signatures(piece: Piece) -> tuple[list[tuple[Fraction, Meter]], list[tuple[Fraction, tuple[int, bool]]]]:
    """Meters and keys of the file and the quarters at which they stand; those that no score can have are left out."""
    from symusic.core import ScoreTick

    try:
        score: Any = ScoreTick.from_midi(piece.midi)
    except Exception:  # what symusic can't read of a file that can be read are its own limits
        return [], []
    quarter = score.ticks_per_quarter
    meters = [
        (Fraction(sign.time, quarter), Meter(f"{sign.numerator}/{sign.denominator}", sign.numerator, sign.denominator))
        for sign in score.time_signatures
        if 1 <= sign.numerator <= 32 and 1 <= sign.denominator <= 32 and sign.denominator.bit_count() == 1
    ]
    keys = [(Fraction(sign.time, quarter), (int(sign.key), bool(sign.tonality))) for sign in score.key_signatures]
    return meters, [key for key in keys if abs(key[1][0]) <= 7]


def _from_beginning(signatures: list[tuple[Fraction, Meter]]) -> tuple[tuple[Fraction, Meter], ...]:
    """The last of those at one place; from the beginning the first one, or 4/4 where there is none."""
    meters = dict(sorted(signatures, key=lambda one: one[0]))
    return ((Fraction(0), next(iter(meters.values()), FOUR_FOUR)), *((at, meter) for at, meter in meters.items() if at))


def _keeps_to_beats(notes: list[Struck]) -> bool:
    def distance(start: float) -> float:
        return min(abs(start * parts - round(start * parts)) / parts for parts in (3, 4))

    return sum(distance(note.start) <= NEAR for note in notes) >= QUANTISED_SHARE * len(notes)


class BarSpan(NamedTuple):
    """A bar's place in quarters, and its meter."""

    start: Fraction
    end: Fraction
    meter: Meter

    @property
    def beat(self) -> Fraction:
        """The stretch in which one grid holds, in quarters: a quarter, or a dotted beat of a compound meter."""
        return Fraction(12, self.meter.unit) if self.meter.compound and self.meter.unit >= 8 else Fraction(1)


def bar_spans(music: Beaten) -> list[BarSpan]:
    """All bars up to the end of the last note; one that a change of meter cuts short is a short bar.

    Raises:
        RenderingError: there would be far too many.
    """
    end = Fraction(max(note.end for note in music.notes)).limit_denominator(1024)
    bounds = [*music.meters, (max(end, music.meters[-1][0]), FOUR_FOUR)]
    spans: list[BarSpan] = []
    for number, ((start, meter), (stop, _)) in enumerate(pairwise(bounds)):
        length, last = 4 * meter.bar_length, number == len(bounds) - 2
        if (stop - start) / length + len(spans) > MOST_BARS:
            raise RenderingError(f"a score of more than {MOST_BARS} bars; draw its piano roll instead (svg, png)")
        while start < stop or (last and not spans):
            spans.append(BarSpan(start, start + length if last else min(start + length, stop), meter))
            start += length
    return spans


class Grid:
    """The places in one hand's bars at which notes may begin and end: every beat is cut as suits its notes best.

    Args:
        plain: cut all of them into sixteenths, as where notes were played freely and fit nothing well.
    """

    def __init__(self, spans: list[BarSpan], notes: list[Struck], plain: bool) -> None:
        self.beats = [
            (at, min(span.beat, span.end - at), span)
            for span in spans
            for at in (span.start + number * span.beat for number in range(-int(-(span.end - span.start) // span.beat)))
        ]
        self._starts = [float(at) for at, _, _ in self.beats]
        within: dict[int, list[float]] = {}
        for note in notes:
            number = self._number(note.start)
            place = (note.start - self._starts[number]) / float(self.beats[number][2].beat)
            within.setdefault(number, []).append(place)
        self.parts = [
            _parts(span, within.get(number, []) if not plain and length == span.beat else [])
            for number, (_, length, span) in enumerate(self.beats)
        ]

    def nearest(self, at: float) -> Fraction:
        """The place of the grid that is nearest to a time in quarters."""
        number = self._number(at)
        start, length, span = self.beats[number]
        cell = span.beat / self.parts[number]
        return start + min(round((at - float(start)) / float(cell)) * cell, length)

    def triplets(self) -> list[tuple[Fraction, Fraction]]:
        """Start and end of every beat that is cut into threes."""
        return [
            (at, at + length)
            for (at, length, span), parts in zip(self.beats, self.parts, strict=True)
            if parts % 3 == 0 and span.beat == 1
        ]

    def _number(self, at: float) -> int:
        """Which beat a time falls into; just before a beat counts as on it."""
        from bisect import bisect_right

        return max(0, bisect_right(self._starts, at + NEAR) - 1)


def _parts(span: BarSpan, places: list[float]) -> int:
    """How a beat is cut: as its notes fit best, and as is usual unless another way fits clearly better."""
    grids = SIMPLE_GRIDS if span.beat == 1 else COMPOUND_GRIDS

    def misfit(parts: int) -> float:
        errors = [abs(place * parts - round(place * parts)) for place in places]
        return sum(errors) / len(errors) + RELUCTANCE * (parts != grids[0])

    return min(grids, key=misfit) if places else grids[0]
