"""A quantised performance as two staves for the piano.

Each hand is one voice: notes that begin together are a chord, which lasts until the next one begins or a rest is worth
writing. Hands are those of the file where it has two tracks. Else each bar is split where its pitches leave the
largest gap near middle C. The key is the file's, or the one whose profile the notes fit best (Carol Krumhansl,
Cognitive Foundations of Musical Pitch, 1990).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from tunewright.contracts import Piece
from tunewright.music.keys import signature
from tunewright.music.tune import SEMITONES, Bar, Key, Note, Pitch, Position, Tune, Tuplet
from tunewright.rendering.note_values import note_value
from tunewright.rendering.quantising import BarSpan, Beaten, Grid, Struck, bar_spans, beaten

MIDDLE_C = 60
NOWHERE = Position(0, 0)
SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
SHORTEST_REST = Fraction(1, 2)
"""In quarters; a shorter one is not worth writing, nor one before which a note would be shorter than it lasts."""
MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
FLATTEST = -3
"""On the line of fifths, how far below a key's own place (C major: C) its notes are spelled; twelve from there."""


class Chord(NamedTuple):
    """What one hand strikes at once, in quarters; no pitches are a rest."""

    start: Fraction
    end: Fraction
    pitches: tuple[int, ...]


def two_hands(piece: Piece, tempo: float | None = None) -> tuple[Tune, Tune]:
    """The right and the left hand of a performance, bar for bar.

    Args:
        tempo: quarters a minute at which it is quantised; None for the file's own beats.

    Raises:
        RenderingError: the file can't be read, or its notes keep to no beats and no tempo is given.
    """
    music = beaten(piece, tempo)
    spans = bar_spans(music)
    keys = [(at, _key(fifths, minor)) for at, (fifths, minor) in music.keys] or [(Fraction(0), guessed_key(music))]
    right, left = split_hands(music.notes, spans)
    return _Hand("r", spans, keys, right).tune(piece.title, tempo), _Hand("l", spans, keys, left).tune(
        piece.title, tempo
    )


def split_hands(notes: Sequence[Struck], spans: Sequence[BarSpan]) -> tuple[list[Struck], list[Struck]]:
    """Notes of the right hand and of the left hand."""
    tracks = sorted({note.track for note in notes})
    if len(tracks) == 2:
        first, second = ([note for note in notes if note.track == track] for track in tracks)
        higher = sum(note.pitch for note in first) / len(first) >= sum(note.pitch for note in second) / len(second)
        return (first, second) if higher else (second, first)
    starts = [float(span.start) for span in spans]
    bars: dict[int, list[Struck]] = {}
    for note in notes:
        bars.setdefault(bisect_right(starts, note.start), []).append(note)
    right, left = list[Struck](), list[Struck]()
    for bar in bars.values():
        split = _split({note.pitch for note in bar})
        right += [note for note in bar if note.pitch >= split]
        left += [note for note in bar if note.pitch < split]
    return right, left


def _split(pitches: set[int]) -> int:
    """The lowest pitch of the right hand."""
    ordered = sorted(pitches)
    if ordered[0] >= MIDDLE_C or ordered[-1] < MIDDLE_C:
        return MIDDLE_C
    gaps = [(upper - lower - abs((lower + upper) / 2 - MIDDLE_C), upper) for lower, upper in pairwise(ordered)]
    return max(gaps)[1] if gaps else MIDDLE_C


# Keys and spelling


def _key(fifths: int, minor: bool) -> Key:
    letter, alteration = _on_the_line(fifths + (3 if minor else 0))
    return Key(letter + {-1: "b", 0: "", 1: "#"}[alteration] + "min" * minor, fifths, "minor" if minor else "major")


def guessed_key(music: Beaten) -> Key:
    """The key whose profile fits best how long each of the twelve tones sounds."""
    import numpy as np

    sounding = np.zeros(12)
    for note in music.notes:
        sounding[note.pitch % 12] += min(note.end - note.start, 4)
    fits = []
    for profile, minor in ((MAJOR_PROFILE, False), (MINOR_PROFILE, True)):
        for tonic in range(12):
            fit = np.corrcoef(np.roll(profile, tonic), sounding)[0, 1] if np.ptp(sounding) else 0.0
            # seven semitones are one fifth; of equal signatures the one of fewer signs, from 5 flats to 6 sharps
            fifths = ((tonic + 3 * minor) % 12 * 7 + 5) % 12 - 5
            fits.append((float(fit), -abs(fifths), fifths, minor))
    _, _, fifths, minor = max(fits)
    return _key(fifths, minor)


def _on_the_line(place: int) -> tuple[str, int]:
    """Letter and alteration at a place on the line of fifths; C is 0, G is 1, F is -1."""
    return "FCGDAEB"[(place + 1) % 7], (place + 1) // 7


def spelled(midi: int, key: Key) -> Pitch:
    """A pitch as a key spells it, without its accidental: of its twelve names on the line of fifths the one nearby."""
    lowest = key.fifths + FLATTEST
    place = lowest + (midi * 7 - lowest) % 12
    step, alteration = _on_the_line(place)
    return Pitch(step, alteration, (midi - alteration - SEMITONES[step]) // 12 - 1)


# One hand


@dataclass
class _Hand:
    """Writes what one hand plays as bars."""

    name: str
    spans: list[BarSpan]
    keys: list[tuple[Fraction, Key]]
    notes: list[Struck]

    def tune(self, title: str, tempo: float | None) -> Tune:
        """Its notes as a tune."""
        grid = Grid(self.spans, self.notes, plain=tempo is not None)
        chords = self._chords(grid)
        triplets = grid.triplets()
        bars, now = [], 0
        for number, span in enumerate(self.spans, 1):
            first = now
            while now < len(chords) and chords[now].start < span.end:
                now += 1
            begun = chords[first:now]
            if first and chords[first - 1].end > span.start:
                begun = [chords[first - 1], *begun]
            bars.append(self._bar(number, span, begun, [one for one in triplets if span.start <= one[0] < span.end]))
        meter, key = self.spans[0].meter, self._key_at(Fraction(0))
        beats = (Fraction(1, 4), round(tempo)) if tempo else None
        return Tune(1, title, "", meter, key, Fraction(1, 8), beats, "", tuple(bars))

    def _key_at(self, at: Fraction) -> Key:
        return next((key for begin, key in reversed(self.keys) if begin <= at), self.keys[0][1])

    def _chords(self, grid: Grid) -> list[Chord]:
        """Its notes as one voice of chords on the grid, by start."""
        struck: dict[Fraction, list[Struck]] = {}
        for note in self.notes:
            struck.setdefault(grid.nearest(note.start), []).append(note)
        starts = sorted(struck)
        chords = []
        for start, following in pairwise([*starts, self.spans[-1].end]):
            notes = struck[start]
            # what is played short is written no shorter than a rest would be
            end = max(start + SHORTEST_REST, grid.nearest(max(note.end for note in notes)))
            if following - end < max(SHORTEST_REST, end - start):
                end = following
            if start < following:  # the last cell of all may begin at its end
                pitches = tuple(sorted({note.pitch for note in notes}))
                chords.append(Chord(start, min(end, following), pitches))
        return chords

    def _bar(self, number: int, span: BarSpan, chords: list[Chord], triplets: list[tuple[Fraction, Fraction]]) -> Bar:
        key = self._key_at(span.start)
        notes: list[Note] = []
        shown = {(step, octave): alteration for step, alteration in signature(key).items() for octave in range(-2, 11)}
        for chord in _filled(span, chords):
            start, end = max(chord.start, span.start), min(chord.end, span.end)
            carried = chord.start < start
            for begin, stop in _written(start, end, span, triplets):
                pitches = []
                for plain in (spelled(midi, key) for midi in chord.pitches):
                    place = (plain.step, plain.octave)
                    marked = not carried and shown[place] != plain.alteration
                    pitches.append(plain._replace(accidental=SIGNS[plain.alteration]) if marked else plain)
                    if not carried:
                        shown[place] = plain.alteration
                carried = True
                group = next((one for one in triplets if one[0] <= begin < one[1]), None)
                tuplet = Tuplet(3, 2, begin == group[0], stop == group[1]) if group else None
                tied = bool(pitches) and stop < chord.end
                identity = f"{self.name}{number}-{len(notes) + 1}"
                whole = group and (begin, stop) == group
                length = (stop - begin) / 4
                notes.append(
                    Note(
                        identity,
                        tuple(pitches),
                        length,
                        NOWHERE,
                        None if whole else tuplet,
                        tied,
                        beam_break=_on_beat(begin, span),
                    )
                )
        line = "|]" if number == len(self.spans) else "|"
        written = tuple(notes)
        return Bar(
            number, span.meter, key, False, False, (), line, False, NOWHERE, (span.end - span.start) / 4,
            is_silent=all(note.is_rest for note in written), spell=lambda: written,
        )  # fmt: skip


def _on_beat(at: Fraction, span: BarSpan) -> bool:
    return (at - span.start) % span.beat == 0


def _filled(span: BarSpan, chords: list[Chord]) -> list[Chord]:
    """What fills a bar: chords, and rests between them."""
    filled: list[Chord] = []
    now = span.start
    for chord in chords:
        if chord.start > now:
            filled.append(Chord(now, chord.start, ()))
        filled.append(chord)
        now = chord.end
    if now < span.end:
        filled.append(Chord(now, span.end, ()))
    return filled


def _written(
    start: Fraction, end: Fraction, span: BarSpan, triplets: list[tuple[Fraction, Fraction]]
) -> list[tuple[Fraction, Fraction]]:
    """The stretches in which a note is written so that beats are seen: cut at the ends of triplets, and at the first
    beat where it begins within one and has no sign of its own. A whole bar is one.
    """
    if (start, end) == (span.start, span.end) and not triplets:
        return [(start, end)]
    cuts = {at for group in triplets for at in group if start < at < end}
    begins_within = (start - span.start) % span.beat
    next_beat = start - begins_within + span.beat
    syncopated = begins_within * 2 == span.beat and note_value((end - start) / 4) and end - start <= span.beat
    if begins_within and next_beat < end and not syncopated:
        cuts.add(next_beat)
    return list(pairwise([start, *sorted(cuts), end]))
