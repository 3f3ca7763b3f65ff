"""Piano music for the notebooks: notes in seconds, read out of MIDI files or made of tunes, heard, and kept as MIDI."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from tunewright.course.material import irish_tunes, player
from tunewright.files import write_whole
from tunewright.music.performance import VELOCITY, Performance, PlayedNote, perform
from tunewright.music.playing_order import play_order
from tunewright.music.reader import read_tune
from tunewright.music.tonic import tonic_pitch_class
from tunewright.music.tune import Tune
from tunewright.notebooks import displays
from tunewright.rendering.sound import midi

TimedNote = tuple[float, float, int]
"""When a note begins and ends, in seconds, and its MIDI pitch."""

FOLDER = Path("piano-midi-de-mozart") / "mozart"
"""Where Mozart's sonatas lie below ``$TUNEWRIGHT_DATA``."""
STAND_INS = 42
"""Tunes with a bass that stand in for them: as many as a notebook has time to learn."""
SECONDS_PER_WHOLE_NOTE = 2.4
"""Of stand-ins: slowly, an eighth note in 0.3 s."""
LOWEST_BASS = 36
FIFTH = 7


@dataclass(frozen=True)
class PianoPieces:
    """Pieces to learn from.

    Attributes:
        pieces: the notes of each, by when they begin.
        names: of the pieces.
        is_real: whether they are movements of Mozart's; if not, they are tunes with a bass.
    """

    pieces: tuple[tuple[TimedNote, ...], ...]
    names: tuple[str, ...]
    is_real: bool


@cache
def piano_pieces() -> PianoPieces:
    """The movements of Mozart's sonatas that Bernd Krueger sequenced (piano-midi.de, CC BY-SA 3.0 DE), where they lie
    in ``$TUNEWRIGHT_DATA/piano-midi-de-mozart/mozart``; else Irish tunes with a bass out of their keys.
    """
    data = os.environ.get("TUNEWRIGHT_DATA")
    paths = sorted((Path(data) / FOLDER).glob("*.mid")) if data else []
    if paths:
        return PianoPieces(tuple(map(read_midi, paths)), tuple(path.stem for path in paths), True)
    tunes = [read_tune(abc) for abc in irish_tunes().tunes[:STAND_INS]]
    return PianoPieces(tuple(map(with_bass, tunes)), tuple(tune.title for tune in tunes), False)


def read_midi(path: Path) -> tuple[TimedNote, ...]:
    """The notes of a MIDI file, of all its tracks. It ends with the last of them: a track that only tells tempi may run
    on for minutes, but there is nothing to be heard in it.
    """
    from symusic.core import ScoreTick

    score: Any = ScoreTick.from_file(str(path)).to("Second")
    notes = ((note.start, note.start + note.duration, note.pitch) for track in score.tracks for note in track.notes)
    return tuple(sorted(notes))


def with_bass(tune: Tune) -> tuple[TimedNote, ...]:
    """A tune, and below it the tonic and the fifth of its key, each for half a bar."""
    return tuple(sorted([*melody_of(tune), *bass_of(tune)]))


def melody_of(tune: Tune) -> tuple[TimedNote, ...]:
    """The notes of a tune as they are written."""
    return tuple(_in_seconds((note.start, note.start + note.duration, note.pitch) for note in perform(tune).notes))


def bass_of(tune: Tune) -> tuple[TimedNote, ...]:
    """The tonic and the fifth of a tune's key by turns, each for half a bar."""
    return tuple(_in_seconds(_bass(tune)))


def _in_seconds(notes: Iterable[tuple[Fraction, Fraction, int]]) -> Iterator[TimedNote]:
    """Out of whole notes."""
    return (
        (float(start) * SECONDS_PER_WHOLE_NOTE, float(end) * SECONDS_PER_WHOLE_NOTE, pitch)
        for start, end, pitch in notes
    )


def _bass(tune: Tune) -> Iterator[tuple[Fraction, Fraction, int]]:
    """In whole notes."""
    now = Fraction(0)
    for bar in (tune.bars[index] for index in play_order(tune)):
        tonic, half = tonic_pitch_class(bar.key), bar.length / 2
        if tonic is not None and half >= bar.meter.bar_length / 4:  # a pickup has no bass
            root = LOWEST_BASS + tonic
            yield now, now + half, root
            yield now + half, now + bar.length, root + FIFTH
        now += bar.length


def performed(notes: Sequence[TimedNote], title: str = "") -> Performance:
    """Notes as the piano plays them, all equally loud."""
    quarter = Fraction(1, 4)  # at 60 quarter notes a minute a second

    def whole_notes(seconds: float) -> Fraction:
        return Fraction(round(seconds * 1000), 1000) * quarter

    played = tuple(
        PlayedNote(f"n{number}", whole_notes(start), whole_notes(end) - whole_notes(start), pitch, VELOCITY)
        for number, (start, end, pitch) in enumerate(sorted(notes), 1)
    )
    length = max((note.start + note.duration for note in played), default=Fraction(0))
    return Performance(title, played, length, (quarter, 60), 0, (), ())


def play(notes: Sequence[TimedNote], title: str = "") -> None:
    """Shows a player of some notes in a notebook; a dash where there are none.

    Raises:
        MissingExtraError: there is no IPython.
    """
    display = displays()
    shown = player(performed(notes), title) if notes else "–"
    display.display({"text/html": shown, "text/plain": f"{len(notes)} ♪"}, raw=True)


def write_midi(notes: Sequence[TimedNote], path: Path | str) -> Path:
    """Writes notes as a MIDI file of one track, whole or not at all."""
    return write_whole(Path(path), midi(performed(notes)))
