"""The elements that a MusicXML measure is made of, one function each.

Knows notes, not bars: what stands in which measure is :mod:`tunewright.rendering.musicxml`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from tunewright.music.performance import grace_identity
from tunewright.music.tune import Meter, Note, Pitch
from tunewright.rendering.note_values import NoteValue, note_value, note_values

ACCIDENTALS = {"^": "sharp", "_": "flat", "=": "natural", "^^": "double-sharp", "__": "flat-flat"}
TIME_SYMBOLS = {"C": "common", "C|": "cut"}


@dataclass(frozen=True, slots=True)
class Sign:
    """One note sign on the staff: a written note, or one part of it.

    Attributes:
        note: that it writes.
        part: its place among the note's parts, from 0.
        parts: how many there are.
        value: its shape.
        length: as it sounds, in whole notes.
    """

    note: Note
    part: int
    parts: int
    value: NoteValue
    length: Fraction

    @property
    def identity(self) -> str:
        """The ``id`` of its element."""
        return self.note.identity if self.part == 0 else f"{self.note.identity}-part{self.part + 1}"


def signs_of(note: Note) -> Iterator[Sign]:
    """The note signs that write one note."""
    tuplet = Fraction(note.tuplet.normal, note.tuplet.actual) if note.tuplet else Fraction(1)
    values = note_values(note.length / tuplet)
    for part, (value, length) in enumerate(values):
        yield Sign(note, part, len(values), value, length * tuplet)


def time_element(meter: Meter) -> Element:
    """A time signature."""
    time = Element("time")
    if meter.beats == 0:
        SubElement(time, "senza-misura")
        return time
    if meter.name in TIME_SYMBOLS:
        time.set("symbol", TIME_SYMBOLS[meter.name])
    add_text(time, "beats", str(meter.beats))
    add_text(time, "beat-type", str(meter.unit))
    return time


def pitch_element(pitch: Pitch) -> Element:
    """Letter, alteration and octave."""
    element = Element("pitch")
    add_text(element, "step", pitch.step)
    if pitch.alteration:
        add_text(element, "alter", str(pitch.alteration))
    add_text(element, "octave", str(pitch.octave))
    return element


def add_shape(element: Element, sign: Sign, pitch: Pitch | None) -> None:
    """Note type, dots, accidental and tuplet ratio."""
    add_text(element, "type", sign.value.name)
    for _ in range(sign.value.dots):
        SubElement(element, "dot")
    if pitch and pitch.accidental and sign.part == 0:
        add_text(element, "accidental", ACCIDENTALS[pitch.accidental])
    if sign.note.tuplet:
        ratio = SubElement(element, "time-modification")
        add_text(ratio, "actual-notes", str(sign.note.tuplet.actual))
        add_text(ratio, "normal-notes", str(sign.note.tuplet.normal))


def add_notations(element: Element, sign: Sign, tie_stops: bool, tie_starts: bool, lowest: bool, beamed: bool) -> None:
    """Ties and the ends of a tuplet; a tuplet needs a bracket where no beam holds it together."""
    notations = Element("notations")
    for kind in ["stop"] * tie_stops + ["start"] * tie_starts:
        SubElement(notations, "tied", type=kind)
    tuplet = sign.note.tuplet
    if tuplet and lowest:
        if tuplet.first and sign.part == 0:
            SubElement(notations, "tuplet", type="start", number="1", bracket="no" if beamed else "yes")
        if tuplet.last and sign.part == sign.parts - 1:
            SubElement(notations, "tuplet", type="stop", number="1")
    if len(notations):
        element.append(notations)


def add_graces(measure: Element, note: Note, after: bool = False) -> None:
    """Grace notes before or after a note: one is a slashed eighth, several are beamed sixteenths."""
    pitches, first = (note.graces_after, len(note.graces)) if after else (note.graces, 0)
    count = len(pitches)
    for index, pitch in enumerate(pitches):
        element = SubElement(measure, "note", id=grace_identity(note, first + index))
        SubElement(element, "grace", slash="yes" if count == 1 else "no")
        element.append(pitch_element(pitch))
        add_text(element, "voice", "1")
        add_text(element, "type", "eighth" if count == 1 else "16th")
        if pitch.accidental:
            add_text(element, "accidental", ACCIDENTALS[pitch.accidental])
        if count > 1:
            place = "begin" if index == 0 else "end" if index == count - 1 else "continue"
            for level in ("1", "2"):
                add_text(element, "beam", place, number=level)


def add_words(measure: Element, symbol: str) -> None:
    """A chord symbol or annotation; ABC marks an annotation's place by its first character."""
    words = symbol[1:] if symbol[:1] in "^_<>@" else symbol
    placement = "below" if symbol.startswith("_") else "above"
    direction = SubElement(measure, "direction", placement=placement)
    add_text(SubElement(direction, "direction-type"), "words", printable(words))


def add_tempo(measure: Element, beat: Fraction, beats_per_minute: int) -> None:
    """A tempo mark, and the tempo in quarters a minute for programs that play."""
    value = note_value(beat)
    parent = measure
    if value:
        parent = SubElement(measure, "direction", placement="above")
        metronome = SubElement(SubElement(parent, "direction-type"), "metronome")
        add_text(metronome, "beat-unit", value.name)
        for _ in range(value.dots):
            SubElement(metronome, "beat-unit-dot")
        add_text(metronome, "per-minute", str(beats_per_minute))
    SubElement(parent, "sound", tempo=f"{float(4 * beat * beats_per_minute):g}")


def add_ending(line: Element, passes: tuple[int, ...], kind: str) -> None:
    """Where the bracket of an ending starts, stops or is left open (``discontinue``)."""
    SubElement(line, "ending", number=",".join(map(str, passes)), type=kind)


def add_text(parent: Element, tag: str, text: str, **attributes: str) -> Element:
    """An element that holds text."""
    element = SubElement(parent, tag, attributes)
    element.text = text
    return element


def printable(text: str) -> str:
    """The text without characters that XML forbids."""
    return "".join(character for character in text if character.isprintable())
