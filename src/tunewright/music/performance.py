"""How a written tune sounds: what is played when, how fast, and by whom.

Knows nothing of files, of soundfonts or of where a tune came from. Times are fractions of a whole note until
the very end; only :func:`timemap` speaks of seconds and only :func:`to_score` of ticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypedDict

from tunewright.music.dances import dance_of
from tunewright.music.playing_order import is_pickup, play_order
from tunewright.music.tune import Key, Meter, Note, Tune

if TYPE_CHECKING:
    from symusic.core import ScoreTick

TICKS_PER_QUARTER = 480
LONGEST_GRACE = Fraction(1, 32)
"""A grace note is at most this long, in whole notes: some 40 ms in a reel."""
VELOCITY = 80
ACCENTED_VELOCITY = 94


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """One note as it sounds.

    Attributes:
        identity: of the written note that it came from; the same in every pass of a repeat.
        start: from the beginning of the performance, in whole notes.
        duration: in whole notes.
        pitch: MIDI number.
        velocity: loudness, 1 to 127.
    """

    identity: str
    start: Fraction
    duration: Fraction
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Performance:
    """A tune as it sounds from beginning to end.

    Attributes:
        title: of the tune.
        notes: by start.
        length: of the whole, final rests included, in whole notes.
        tempo: beat length in whole notes and beats a minute.
        program: General MIDI instrument, from 0.
        meters: each meter and the whole note from which it holds.
        keys: each key and the whole note from which it holds.
    """

    title: str
    notes: tuple[PlayedNote, ...]
    length: Fraction
    tempo: tuple[Fraction, int]
    program: int
    meters: tuple[tuple[Fraction, Meter], ...]
    keys: tuple[tuple[Fraction, Key], ...]

    @property
    def seconds_per_whole_note(self) -> float:
        """How fast it goes."""
        beat, beats_per_minute = self.tempo
        return float(60 / (beat * beats_per_minute))

    @property
    def seconds(self) -> float:
        """Length of the whole."""
        return float(self.length) * self.seconds_per_whole_note


class LitNote(TypedDict):
    """When a written note sounds, in seconds."""

    id: str
    start: float
    end: float


# What sounds


def grace_identity(note: Note, index: int) -> str:
    """Identity of a note's grace note number ``index``, from 0: those before it first, then those after it."""
    return f"{note.identity}-grace{index + 1}"


class _Player:
    """Plays written notes one after another, holding what is tied."""

    def __init__(self) -> None:
        self.notes: list[PlayedNote] = []
        self.now = Fraction(0)
        # MIDI pitch -> index in notes of the note tied to whatever comes next
        self._held: dict[int, int] = {}

    def play(self, note: Note, velocity: int) -> None:
        continued = {pitch.midi for pitch in note.pitches} & self._held.keys()
        start, duration = self.now, note.length
        if not continued and not note.is_rest:
            if note.graces:
                start, duration = self._play_graces(note, velocity)
            if note.graces_after and not note.tied:
                duration = self._play_graces_after(note, start, duration, velocity)
        held: dict[int, int] = {}
        for pitch in dict.fromkeys(pitch.midi for pitch in note.pitches):
            if pitch in continued:
                self._lengthen(self._held[pitch], note.length)
                held[pitch] = self._held[pitch]
            else:
                held[pitch] = len(self.notes)
                self.notes.append(PlayedNote(note.identity, start, duration, pitch, velocity))
        self._held = held if note.tied else {}
        self.now += note.length

    def _play_graces(self, note: Note, velocity: int) -> tuple[Fraction, Fraction]:
        """Plays the grace notes in time taken from the note; returns what is left of it (start, duration)."""
        count = len(note.graces)
        each = min(LONGEST_GRACE, note.length / (2 * count))
        for index, pitch in enumerate(note.graces):
            start = self.now + index * each
            self.notes.append(PlayedNote(grace_identity(note, index), start, each, pitch.midi, velocity))
        return self.now + count * each, note.length - count * each

    def _play_graces_after(self, note: Note, start: Fraction, duration: Fraction, velocity: int) -> Fraction:
        """Plays the grace notes that end a note in its last moments; returns how long it lasts itself."""
        count = len(note.graces_after)
        each = min(LONGEST_GRACE, duration / (2 * count))
        for index, pitch in enumerate(note.graces_after):
            begin = start + duration - (count - index) * each
            identity = grace_identity(note, len(note.graces) + index)
            self.notes.append(PlayedNote(identity, begin, each, pitch.midi, velocity))
        return duration - count * each

    def _lengthen(self, index: int, more: Fraction) -> None:
        old = self.notes[index]
        self.notes[index] = PlayedNote(old.identity, old.start, old.duration + more, old.pitch, old.velocity)


def perform(tune: Tune) -> Performance:
    """Plays a tune: repeats unfolded, ties joined, graces first, the first note of a bar accented."""
    dance = dance_of(tune)
    player = _Player()
    meters: list[tuple[Fraction, Meter]] = []
    keys: list[tuple[Fraction, Key]] = []
    for index in play_order(tune):
        bar = tune.bars[index]
        if not meters or meters[-1][1] != bar.meter:
            meters.append((player.now, bar.meter))
        if not keys or keys[-1][1] != bar.key:
            keys.append((player.now, bar.key))
        for place, note in enumerate(bar.notes):
            accented = place == 0 and not is_pickup(tune.bars, index)
            player.play(note, ACCENTED_VELOCITY if accented else VELOCITY)
    return Performance(
        title=tune.title,
        notes=tuple(sorted((note for note in player.notes if note.duration > 0), key=lambda note: note.start)),
        length=player.now,
        tempo=tune.tempo or (dance.beat, dance.beats_per_minute),
        program=dance.program,
        meters=tuple(meters),
        keys=tuple(keys),
    )


# Ticks and seconds


def to_score(performance: Performance) -> ScoreTick:
    """A performance as a symusic Score of one track, 480 ticks to the quarter."""
    from symusic import core

    def ticks(whole_notes: Fraction) -> int:
        return round(whole_notes * 4 * TICKS_PER_QUARTER)

    score = core.ScoreTick(TICKS_PER_QUARTER)
    beat, beats_per_minute = performance.tempo
    score.tempos.append(core.TempoTick(0, float(beat * 4 * beats_per_minute)))
    for begin, meter in performance.meters:
        if meter.beats > 0 and meter.unit.bit_count() == 1:  # MIDI knows units of 1, 2, 4, 8, ... only
            score.time_signatures.append(core.TimeSignatureTick(ticks(begin), meter.beats, meter.unit))
    for begin, key in performance.keys:
        minor = int(key.mode in ("minor", "aeolian"))
        score.key_signatures.append(core.KeySignatureTick(ticks(begin), key.fifths, minor))
    track = core.TrackTick(performance.title, performance.program, False)
    for note in performance.notes:
        # both ends are rounded, never the length, so that no note drifts from its place
        start, end = ticks(note.start), ticks(note.start + note.duration)
        track.notes.append(core.NoteTick(start, max(1, end - start), note.pitch, note.velocity))
    score.tracks.append(track)
    return score


def timemap(performance: Performance) -> list[LitNote]:
    """When each written note sounds, in seconds, for lighting it on a page. A chord is listed once."""
    pace = performance.seconds_per_whole_note
    moments = {(note.identity, note.start): note.start + note.duration for note in performance.notes}
    return [
        {"id": identity, "start": round(float(start) * pace, 3), "end": round(float(end) * pace, 3)}
        for (identity, start), end in moments.items()
    ]
