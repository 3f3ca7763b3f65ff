"""A tune as MusicXML 4.0, for engraving and for other programs.

Every note carries its identity as the ``id`` of its element, so that a score can be lit while it sounds. What
MusicXML cannot say of one note is told in parts: a length without a note value of its own becomes several
notes tied together, ``n7``, ``n7-part2``, ...; the further notes of a chord are ``n7-pitch2``, ...; grace notes
are ``n7-grace1``, .... Source: https://www.w3.org/2021/06/musicxml40/
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tunewright.contracts import Piece
from tunewright.music.performance import ending_last, grace_identity, is_pickup
from tunewright.music.reader import read_tune
from tunewright.music.tune import Bar, Meter, Note, Pitch, Tune
from tunewright.rendering.beams import BeamMark, beams
from tunewright.rendering.files import write_whole
from tunewright.rendering.note_values import NoteValue, note_value, note_values

ACCIDENTALS = {"^": "sharp", "_": "flat", "=": "natural", "^^": "double-sharp", "__": "flat-flat"}
TIME_SYMBOLS = {"C": "common", "C|": "cut"}
DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)


@dataclass(frozen=True)
class MusicXmlRenderer:
    """Writes a tune as MusicXML."""

    suffix: str = ".musicxml"

    def __call__(self, piece: Piece, path: Path) -> Path:
        return write_whole(path, musicxml(read_tune(piece.text)).encode())


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
        return self.note.identity if self.part == 0 else f"{self.note.identity}-part{self.part + 1}"


def musicxml(tune: Tune) -> str:
    """The whole document."""
    root = Element("score-partwise", version="4.0")
    _add_header(root, tune)
    part = SubElement(root, "part", id="P1")
    writer = _PartWriter(tune)
    for index in range(len(tune.bars)):
        part.extend(writer.measures(index))
    if not tune.bars:  # a part without a measure is not MusicXML
        SubElement(part, "measure", number="1")
    indent(root)
    return DOCTYPE + tostring(root, encoding="unicode") + "\n"


def _add_header(root: Element, tune: Tune) -> None:
    _text(SubElement(root, "work"), "work-title", _printable(tune.title))
    identification = SubElement(root, "identification")
    if tune.composer:
        _text(identification, "creator", _printable(tune.composer), type="composer")
    _text(SubElement(identification, "encoding"), "software", "tunewright")
    lines = [("title", tune.title, "center"), ("subtitle", tune.type, "left"), ("composer", tune.composer, "right")]
    for kind, words, justify in lines:
        if words:
            credit = SubElement(root, "credit", page="1")
            _text(credit, "credit-type", kind)
            _text(credit, "credit-words", _printable(words), justify=justify)
    score_part = SubElement(SubElement(root, "part-list"), "score-part", id="P1")
    SubElement(score_part, "part-name")


class _PartWriter:
    """Writes bar after bar; remembers only what MusicXML wants said once."""

    def __init__(self, tune: Tune) -> None:
        self.tune = tune
        self.divisions = _divisions(tune)
        self.tied = _ties(tune)
        self.meter: Meter | None = None
        self.fifths: int | None = None
        self.endings = {
            ending_last(tune.bars, index): bar.ending for index, bar in enumerate(tune.bars) if bar.ending
        }

    def measures(self, index: int) -> Iterator[Element]:
        """The measure of one bar; several for a rest of several bars."""
        bar = self.tune.bars[index]
        count = bar.bars_of_rest
        for rest in range(count):
            measure = Element("measure", number=str(bar.number) if rest == 0 else f"{bar.number}-{rest + 1}")
            if is_pickup(self.tune.bars, index):
                measure.set("implicit", "yes")
            if rest == 0:
                self._open(measure, index)
            if count == 1:
                self._add_notes(measure, bar, is_pickup(self.tune.bars, index))
            else:
                identity = bar.notes[0].identity + (f"-part{rest + 1}" if rest else "")
                self._add_bar_rest(measure, identity, bar.length / count)
            if rest == count - 1:
                self._close(measure, index)
            yield measure

    def _open(self, measure: Element, index: int) -> None:
        bars, bar = self.tune.bars, self.tune.bars[index]
        if index and bars[index - 1].ends_line:
            SubElement(measure, "print", {"new-system": "yes"})
        self._add_attributes(measure, bar)
        if index == 0 and self.tune.tempo:
            _add_tempo(measure, *self.tune.tempo)
        if bar.opens_repeat or bar.ending:
            line = SubElement(measure, "barline", location="left")
            if bar.opens_repeat:
                _text(line, "bar-style", "heavy-light")
            if bar.ending:
                _add_ending(line, bar.ending, "start")
            if bar.opens_repeat:
                SubElement(line, "repeat", direction="forward")

    def _add_attributes(self, measure: Element, bar: Bar) -> None:
        """Divisions, key and meter, where they are new."""
        attributes = Element("attributes")
        if self.meter is None:
            _text(attributes, "divisions", str(self.divisions))
        if self.fifths != bar.key.fifths:
            key = SubElement(attributes, "key")
            _text(key, "fifths", str(bar.key.fifths))
            _text(key, "mode", bar.key.mode)
        if self.meter != bar.meter:
            attributes.append(_time(bar.meter))
        if self.meter is None:
            clef = SubElement(attributes, "clef")
            _text(clef, "sign", "G")
            _text(clef, "line", "2")
        self.fifths, self.meter = bar.key.fifths, bar.meter
        if len(attributes):
            measure.append(attributes)

    def _close(self, measure: Element, index: int) -> None:
        bar, last = self.tune.bars[index], index == len(self.tune.bars) - 1
        if bar.closes_repeat or last or "]" in bar.line:
            style = "light-heavy"
        else:
            style = "light-light" if "||" in bar.line else ""
        passes = self.endings.get(index)
        if not style and not passes:
            return
        line = SubElement(measure, "barline", location="right")
        if style:
            _text(line, "bar-style", style)
        if passes:
            followed = not last and bool(self.tune.bars[index + 1].ending)
            _add_ending(line, passes, "stop" if bar.closes_repeat or followed else "discontinue")
        if bar.closes_repeat:
            SubElement(line, "repeat", direction="backward")

    def _add_notes(self, measure: Element, bar: Bar, pickup: bool) -> None:
        if len(bar.notes) == 1 and bar.notes[0].is_rest and bar.length == bar.meter.bar_length:
            self._add_bar_rest(measure, bar.notes[0].identity, bar.length, bar.notes[0].invisible)
            return
        signs = [sign for note in bar.notes for sign in _signs(note)]
        upbeat = bar.meter.bar_length - bar.length if pickup else Fraction(0)
        marks = beams([_beamed(sign) for sign in signs], bar.meter, upbeat)
        for sign, mark in zip(signs, marks, strict=True):
            if sign.part == 0 and sign.note.symbol:
                _add_words(measure, sign.note.symbol)
            if sign.part == 0:
                _add_graces(measure, sign.note)
            self._add_sign(measure, sign, mark)

    def _add_bar_rest(self, measure: Element, identity: str, length: Fraction, invisible: bool = False) -> None:
        note = SubElement(measure, "note", id=identity)
        if invisible:
            note.set("print-object", "no")
        SubElement(note, "rest", measure="yes")
        _text(note, "duration", str(4 * length * self.divisions))
        _text(note, "voice", "1")

    def _add_sign(self, measure: Element, sign: Sign, mark: BeamMark) -> None:
        """One sign: a rest, a note, or the notes of a chord."""
        pitches: Sequence[Pitch | None] = sign.note.pitches or [None]
        for number, pitch in enumerate(pitches):
            identity = sign.identity if number == 0 else f"{sign.identity}-pitch{number + 1}"
            element = SubElement(measure, "note", id=identity)
            if sign.note.invisible:
                element.set("print-object", "no")
            if number:
                SubElement(element, "chord")
            element.append(_pitch(pitch) if pitch else Element("rest"))
            _text(element, "duration", str(4 * sign.length * self.divisions))
            stop, start = self._tie_ends(sign, pitch)
            for kind in ["stop"] * stop + ["start"] * start:
                SubElement(element, "tie", type=kind)
            _text(element, "voice", "1")
            _add_shape(element, sign, pitch)
            for level, beam in enumerate(mark if number == 0 else (), 1):
                _text(element, "beam", beam, number=str(level))
            _add_notations(element, sign, stop, start, number == 0, bool(mark))

    def _tie_ends(self, sign: Sign, pitch: Pitch | None) -> tuple[bool, bool]:
        """Whether a tie arrives at this pitch and whether one leaves it."""
        if pitch is None:
            return False, False
        first, last = sign.part == 0, sign.part == sign.parts - 1
        arrives, leaves = self.tied[sign.note.identity]
        return (pitch.midi in arrives if first else True, pitch.midi in leaves if last else True)


def _signs(note: Note) -> Iterator[Sign]:
    """The note signs that write one note."""
    tuplet = Fraction(note.tuplet.normal, note.tuplet.actual) if note.tuplet else Fraction(1)
    values = note_values(note.length / tuplet)
    for part, (value, length) in enumerate(values):
        yield Sign(note, part, len(values), value, length * tuplet)


def _beamed(sign: Sign) -> tuple[int, Fraction, bool]:
    """Flags, length, and whether no beam may join it to the sign before: what :func:`beams` asks. A rest has no flags."""
    flags = 0 if sign.note.is_rest else sign.value.flags
    return flags, sign.length, sign.part == 0 and sign.note.beam_break


def _divisions(tune: Tune) -> int:
    """Divisions of a quarter in which every length of the tune is whole."""
    lengths = [sign.length for note in tune.notes() for sign in _signs(note)]
    lengths += [bar.length / bar.bars_of_rest for bar in tune.bars]
    return math.lcm(*((4 * length).denominator for length in lengths)) if lengths else 1


def _ties(tune: Tune) -> dict[str, tuple[set[int], set[int]]]:
    """For each note, the MIDI pitches at which a tie arrives and from which one leaves."""
    notes = tune.notes()
    ties: dict[str, tuple[set[int], set[int]]] = {note.identity: (set(), set()) for note in notes}
    for note, following in zip(notes, notes[1:], strict=False):
        if note.tied:  # a tie that finds no partner is not drawn
            shared = {pitch.midi for pitch in note.pitches} & {pitch.midi for pitch in following.pitches}
            ties[note.identity][1].update(shared)
            ties[following.identity][0].update(shared)
    return ties


def _time(meter: Meter) -> Element:
    time = Element("time")
    if meter.beats == 0:
        SubElement(time, "senza-misura")
        return time
    if meter.name in TIME_SYMBOLS:
        time.set("symbol", TIME_SYMBOLS[meter.name])
    _text(time, "beats", str(meter.beats))
    _text(time, "beat-type", str(meter.unit))
    return time


def _pitch(pitch: Pitch) -> Element:
    element = Element("pitch")
    _text(element, "step", pitch.step)
    if pitch.alteration:
        _text(element, "alter", str(pitch.alteration))
    _text(element, "octave", str(pitch.octave))
    return element


def _add_shape(element: Element, sign: Sign, pitch: Pitch | None) -> None:
    """Note type, dots, accidental and tuplet ratio."""
    _text(element, "type", sign.value.name)
    for _ in range(sign.value.dots):
        SubElement(element, "dot")
    if pitch and pitch.accidental and sign.part == 0:
        _text(element, "accidental", ACCIDENTALS[pitch.accidental])
    if sign.note.tuplet:
        ratio = SubElement(element, "time-modification")
        _text(ratio, "actual-notes", str(sign.note.tuplet.actual))
        _text(ratio, "normal-notes", str(sign.note.tuplet.normal))


def _add_notations(
    element: Element, sign: Sign, tie_stops: bool, tie_starts: bool, lowest: bool, beamed: bool
) -> None:
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


def _add_graces(measure: Element, note: Note) -> None:
    """Grace notes before a note: one is a slashed eighth, several are beamed sixteenths."""
    count = len(note.graces)
    for index, pitch in enumerate(note.graces):
        element = SubElement(measure, "note", id=grace_identity(note, index))
        SubElement(element, "grace", slash="yes" if count == 1 else "no")
        element.append(_pitch(pitch))
        _text(element, "voice", "1")
        _text(element, "type", "eighth" if count == 1 else "16th")
        if pitch.accidental:
            _text(element, "accidental", ACCIDENTALS[pitch.accidental])
        if count > 1:
            place = "begin" if index == 0 else "end" if index == count - 1 else "continue"
            for level in ("1", "2"):
                _text(element, "beam", place, number=level)


def _add_words(measure: Element, symbol: str) -> None:
    """A chord symbol or annotation; ABC marks an annotation's place by its first character."""
    words = symbol[1:] if symbol[:1] in "^_<>@" else symbol
    placement = "below" if symbol.startswith("_") else "above"
    direction = SubElement(measure, "direction", placement=placement)
    _text(SubElement(direction, "direction-type"), "words", _printable(words))


def _add_tempo(measure: Element, beat: Fraction, beats_per_minute: int) -> None:
    direction = SubElement(measure, "direction", placement="above")
    value = note_value(beat)
    if value:
        metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
        _text(metronome, "beat-unit", value.name)
        for _ in range(value.dots):
            SubElement(metronome, "beat-unit-dot")
        _text(metronome, "per-minute", str(beats_per_minute))
    SubElement(direction, "sound", tempo=f"{float(4 * beat * beats_per_minute):g}")


def _add_ending(line: Element, passes: tuple[int, ...], kind: str) -> None:
    SubElement(line, "ending", number=",".join(map(str, passes)), type=kind)


def _text(parent: Element, tag: str, text: str, **attributes: str) -> Element:
    element = SubElement(parent, tag, attributes)
    element.text = text
    return element


def _printable(text: str) -> str:
    """The text without characters that XML forbids."""
    return "".join(character for character in text if character.isprintable())
