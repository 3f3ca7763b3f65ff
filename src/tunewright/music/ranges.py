"""How low and how high a tune goes, and what fits an instrument.

Pitches are meant as they are notated, in scientific octaves: middle C is C4, MIDI pitch 60. Instruments that sound an
octave from their notation (a D whistle, a tenor banjo) have the notated range here, because that is what tunes for
them are written in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tunewright.errors import DecodingError
from tunewright.music.tune import SEMITONES, Note, Pitch, Tune

HIGHEST_MIDI = 127
SHARP_NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]

_PITCH = r"([A-G])([#♯b♭]?)([0-9])"
_RANGE = re.compile(rf"{_PITCH}\s*(?:-|–|\bto\b)\s*{_PITCH}", re.IGNORECASE)
_ALTERATIONS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_ALTERATION_NAMES = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}


@dataclass(frozen=True)
class Range:
    """The pitches from ``lowest`` to ``highest``, both included, as MIDI numbers.

    Attributes:
        name: the instrument, or the two pitches.
    """

    lowest: int
    highest: int
    name: str

    def __contains__(self, midi: int) -> bool:
        return self.lowest <= midi <= self.highest

    def __str__(self) -> str:
        pitches = f"{midi_name(self.lowest)}-{midi_name(self.highest)}"
        return f"{pitches} ({self.name})" if self.name in INSTRUMENTS else self.name


class Instrument(NamedTuple):
    """What an instrument plays, in scientific pitches.

    Attributes:
        compass: lowest and highest pitch as notated.
        sounds: how it sounds beside that.
        other_names: by which it is known too.
    """

    compass: str
    sounds: str = "as notated"
    other_names: tuple[str, ...] = ()


INSTRUMENTS: dict[str, Instrument] = {
    "D whistle": Instrument("D4-B5", "an octave higher", ("whistle", "tin whistle", "penny whistle")),
    "low D whistle": Instrument("D4-B5", other_names=("low whistle",)),
    "C whistle": Instrument("C4-A5", "an octave higher"),
    # In first position: the open G string to the fourth finger on the E string.
    "fiddle": Instrument("G3-B5", other_names=("violin", "fiddle in first position")),
    "mandolin": Instrument("G3-B5"),
    "tenor banjo": Instrument("G3-B5", "an octave lower (tuned GDAE)", ("banjo",)),
    # Without keys, as most Irish players hold it.
    "flute": Instrument("D4-D6", other_names=("irish flute", "keyless flute", "simple system flute")),
    "uilleann pipes": Instrument("D4-D6", other_names=("uilleann pipes chanter", "pipes")),
    "highland bagpipe": Instrument("G4-A5", "about a semitone higher", ("highland pipes", "bagpipe", "bagpipes")),
    # Free reeds differ from maker to maker: these have every note of the range on all of their kind.
    "button accordion": Instrument("B3-B5", other_names=("B/C accordion", "accordion", "box")),
    "concertina": Instrument("G3-C6", other_names=("anglo concertina", "english concertina")),
    # One row in D: the notes of D major alone.
    "melodeon": Instrument("D4-D6"),
    "descant recorder": Instrument("C4-D6", "an octave higher", ("soprano recorder", "recorder")),
    "harp": Instrument("C2-A6", other_names=("lever harp", "celtic harp")),
    "voice": Instrument("A3-D5", "as notated by women and children, an octave lower by men"),
    "soprano": Instrument("C4-A5"),
    "alto": Instrument("F3-D5"),
    "tenor": Instrument("C4-A5", "an octave lower"),
}
"""Instruments of traditional music, each with what its players usually reach, as notated."""


def parse_range(text: str) -> Range:
    """Reads a range: two scientific pitches, ``"D4-B5"``, ``"F#3 - eb5"``, or an instrument, ``"D whistle"``.

    Raises:
        DecodingError: it is neither; the message tells what is known.
    """
    named = _NAMES.get(_plain(text))
    match = _RANGE.fullmatch(INSTRUMENTS[named].compass if named else text.strip())
    if match is None:
        expected = f"expected two pitches such as 'D4-B5' (middle C is C4), or one of: {', '.join(INSTRUMENTS)}"
        raise DecodingError(f"range '{text}': {expected}")
    lowest, highest = _midi(*match.groups()[:3]), _midi(*match.groups()[3:])
    pitches = [f"{letter.upper()}{sign}{octave}" for letter, sign, octave in (match.groups()[:3], match.groups()[3:])]
    if lowest > highest:
        raise DecodingError(f"range '{text}': expected the lower pitch first: {pitches[1]}-{pitches[0]}")
    if highest > HIGHEST_MIDI:
        raise DecodingError(f"range '{text}': expected pitches up to {midi_name(HIGHEST_MIDI)}")
    return Range(lowest, highest, named or "-".join(pitches))


def compass(tune: Tune) -> tuple[Pitch, Pitch] | None:
    """The lowest and the highest pitch of a tune, grace notes and all notes of chords too; None without any."""
    pitches = sounding(tune.notes())
    return (min(pitches, key=_height), max(pitches, key=_height)) if pitches else None


def sounding(notes: Iterable[Note]) -> list[Pitch]:
    """All pitches of some notes in written order, those of grace notes and chords too."""
    return [pitch for note in notes for pitch in (*note.graces, *note.pitches, *note.graces_after)]


def pitch_name(pitch: Pitch) -> str:
    """A pitch in scientific notation, as it is spelled: ``"F#5"``, ``"Bb3"``."""
    return f"{pitch.step}{_ALTERATION_NAMES[pitch.alteration]}{pitch.octave}"


def midi_name(midi: int) -> str:
    """A MIDI pitch in scientific notation, with sharps."""
    return f"{SHARP_NAMES[midi % 12]}{midi // 12 - 1}"


def _height(pitch: Pitch) -> int:
    return pitch.midi


def _midi(letter: str, sign: str, octave: str) -> int:
    return 12 * (int(octave) + 1) + SEMITONES[letter.upper()] + _ALTERATIONS[sign.lower()]


def _plain(text: str) -> str:
    """A name without what people write differently: capitals, hyphens, spaces."""
    return re.sub(r"[\s_-]+", " ", text).strip().lower()


_NAMES = {_plain(other): name for name, instrument in INSTRUMENTS.items() for other in (name, *instrument.other_names)}
