"""A tune as MusicXML 4.0, for engraving and for other programs.

Every note carries its identity as the ``id`` of its element, so that a score can be lit while it sounds. What
MusicXML cannot say of one note is told in parts: a length without a note value of its own becomes several
notes tied together, ``n7``, ``n7-part2``, ...; the further notes of a chord are ``n7-pitch2``, ...; grace
notes are ``n7-grace1``, .... Source: https://www.w3.org/2021/06/musicxml40/
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tunewright.contracts import Piece
from tunewright.files import write_whole
from tunewright.music.playing_order import ending_last, is_pickup
from tunewright.music.reader import read_tune
from tunewright.music.tune import Bar, Meter, Pitch, Tune
from tunewright.rendering.beams import BeamMark, beams
from tunewright.rendering.musicxml_elements import (
    Sign,
    add_ending,
    add_graces,
    add_notations,
    add_shape,
    add_tempo,
    add_text,
    add_words,
    pitch_element,
    printable,
    signs_of,
    time_element,
)
from tunewright.rendering.piano_score import two_hands

MOST_BARS_OF_REST = 99
DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)


class MusicXmlRenderer:
    """Writes a tune as MusicXML, and a quantised performance as a score of two staves.

    Args:
        tempo: quarters a minute at which a performance without beats of its own is quantised; None for none.
    """

    suffix = ".musicxml"

    def __init__(self, tempo: float | None = None) -> None:
        self.tempo = tempo

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        if piece.kind == "performance":
            return write_whole(path, piano_musicxml(*two_hands(piece, self.tempo)).encode())
        return write_whole(path, musicxml(read_tune(piece.text)).encode())


def musicxml(tune: Tune) -> str:
    """The whole document."""
    return _document(tune, _measures_of(tune, _divisions(tune)))


def piano_musicxml(right: Tune, left: Tune) -> str:
    """The whole document of two staves, one for each hand; both have the same bars."""
    divisions = math.lcm(_divisions(right), _divisions(left))
    pairs = zip(_measures_of(right, divisions), _measures_of(left, divisions), right.bars, strict=True)
    return _document(right, [_with_left_hand(upper, lower, bar, divisions) for upper, lower, bar in pairs])


def _document(tune: Tune, measures: list[Element]) -> str:
    root = Element("score-partwise", version="4.0")
    _add_header(root, tune)
    part = SubElement(root, "part", id="P1")
    part.extend(measures or [Element("measure", number="1")])  # a part without a measure is not MusicXML
    indent(root)
    return DOCTYPE + tostring(root, encoding="unicode") + "\n"


def _measures_of(tune: Tune, divisions: int) -> list[Element]:
    writer = _PartWriter(tune, divisions)
    return [measure for index in range(len(tune.bars)) for measure in writer.measures(index)]


def _with_left_hand(upper: Element, lower: Element, bar: Bar, divisions: int) -> Element:
    """A measure of the right hand to which that of the left one is added, as a voice and staff of its own."""
    clef = upper.find("attributes/clef")
    attributes = upper.find("attributes")
    if clef is not None and attributes is not None:
        clef.set("number", "1")
        staves = Element("staves")
        staves.text = "2"
        attributes.insert(list(attributes).index(clef), staves)
        bass = SubElement(attributes, "clef", number="2")
        add_text(bass, "sign", "F")
        add_text(bass, "line", "4")
    closing = upper.find("barline[@location='right']")
    if closing is not None:
        upper.remove(closing)
    add_text(SubElement(upper, "backup"), "duration", str(4 * bar.length * divisions))
    upper.extend(lower.findall("note"))
    staff = "1"
    for element in upper:
        if element.tag == "backup":
            staff = "2"
        elif element.tag == "note":
            element.find("voice").text = staff  # type: ignore[union-attr]
            _insert_staff(element, staff)
    if closing is not None:
        upper.append(closing)
    return upper


def _insert_staff(note: Element, staff: str) -> None:
    """Tells a note's staff, before its beams and notations as MusicXML wants it."""
    element = Element("staff")
    element.text = staff
    place = next((at for at, child in enumerate(note) if child.tag in ("beam", "notations")), len(note))
    note.insert(place, element)


def _add_header(root: Element, tune: Tune) -> None:
    add_text(SubElement(root, "work"), "work-title", printable(tune.title))
    identification = SubElement(root, "identification")
    if tune.composer:
        add_text(identification, "creator", printable(tune.composer), type="composer")
    add_text(SubElement(identification, "encoding"), "software", "tunewright")
    lines = [
        ("title", tune.title, "center"),
        ("subtitle", tune.type, "left"),
        ("composer", tune.composer, "right"),
    ]
    for kind, words, justify in lines:
        if words:
            credit = SubElement(root, "credit", page="1")
            add_text(credit, "credit-type", kind)
            add_text(credit, "credit-words", printable(words), justify=justify)
    score_part = SubElement(SubElement(root, "part-list"), "score-part", id="P1")
    SubElement(score_part, "part-name")


class _PartWriter:
    """Writes bar after bar; remembers only what MusicXML wants said once."""

    def __init__(self, tune: Tune, divisions: int) -> None:
        self.tune, self.divisions = tune, divisions
        self.tied = _ties(tune)
        self.meter: Meter | None = None
        self.fifths: int | None = None
        self.endings = {ending_last(tune.bars, index): bar.ending for index, bar in enumerate(tune.bars) if bar.ending}

    def measures(self, index: int) -> Iterator[Element]:
        """The measure of one bar; several for a rest of several bars."""
        bar = self.tune.bars[index]
        count = _measures(bar)
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
            add_tempo(measure, *self.tune.tempo)
        if bar.opens_repeat or bar.ending:
            line = SubElement(measure, "barline", location="left")
            if bar.opens_repeat:
                add_text(line, "bar-style", "heavy-light")
            if bar.ending:
                add_ending(line, bar.ending, "start")
            if bar.opens_repeat:
                SubElement(line, "repeat", direction="forward")

    def _add_attributes(self, measure: Element, bar: Bar) -> None:
        """Divisions, key and meter, where they are new."""
        attributes = Element("attributes")
        if self.meter is None:
            add_text(attributes, "divisions", str(self.divisions))
        if self.fifths != bar.key.fifths:
            key = SubElement(attributes, "key")
            add_text(key, "fifths", str(bar.key.fifths))
            add_text(key, "mode", bar.key.mode)
        if self.meter != bar.meter:
            attributes.append(time_element(bar.meter))
        if self.meter is None:
            clef = SubElement(attributes, "clef")
            add_text(clef, "sign", "G")
            add_text(clef, "line", "2")
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
            add_text(line, "bar-style", style)
        if passes:
            followed = not last and bool(self.tune.bars[index + 1].ending)
            add_ending(line, passes, "stop" if bar.closes_repeat or followed else "discontinue")
        if bar.closes_repeat:
            SubElement(line, "repeat", direction="backward")

    def _add_notes(self, measure: Element, bar: Bar, pickup: bool) -> None:
        if len(bar.notes) == 1 and bar.notes[0].is_rest and bar.length == bar.meter.bar_length:
            self._add_bar_rest(measure, bar.notes[0].identity, bar.length, bar.notes[0].invisible)
            return
        signs = [sign for note in bar.notes for sign in signs_of(note)]
        upbeat = bar.meter.bar_length - bar.length if pickup else Fraction(0)
        marks = beams([_beamed(sign) for sign in signs], bar.meter, upbeat)
        for sign, mark in zip(signs, marks, strict=True):
            for symbol in sign.note.symbols if sign.part == 0 else ():
                add_words(measure, symbol)
            if sign.part == 0:
                add_graces(measure, sign.note)
            self._add_sign(measure, sign, mark)
            if sign.part == sign.parts - 1:
                add_graces(measure, sign.note, after=True)

    def _add_bar_rest(self, measure: Element, identity: str, length: Fraction, invisible: bool = False) -> None:
        note = SubElement(measure, "note", id=identity)
        if invisible:
            note.set("print-object", "no")
        SubElement(note, "rest", measure="yes")
        add_text(note, "duration", str(4 * length * self.divisions))
        add_text(note, "voice", "1")

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
            element.append(pitch_element(pitch) if pitch else Element("rest"))
            add_text(element, "duration", str(4 * sign.length * self.divisions))
            stop, start = self._tie_ends(sign, pitch)
            for kind in ["stop"] * stop + ["start"] * start:
                SubElement(element, "tie", type=kind)
            add_text(element, "voice", "1")
            add_shape(element, sign, pitch)
            for level, beam in enumerate(mark if number == 0 else (), 1):
                add_text(element, "beam", beam, number=str(level))
            add_notations(element, sign, stop, start, number == 0, bool(mark))

    def _tie_ends(self, sign: Sign, pitch: Pitch | None) -> tuple[bool, bool]:
        """Whether a tie arrives at this pitch and whether one leaves it."""
        if pitch is None:
            return False, False
        first, last = sign.part == 0, sign.part == sign.parts - 1
        arrives, leaves = self.tied[sign.note.identity]
        return (pitch.midi in arrives if first else True, pitch.midi in leaves if last else True)


def _beamed(sign: Sign) -> tuple[int, Fraction, bool]:
    """What :func:`beams` asks: flags, length, and whether no beam may join it to the sign before."""
    flags = 0 if sign.note.is_rest else sign.value.flags
    return flags, sign.length, sign.part == 0 and sign.note.beam_break


def _measures(bar: Bar) -> int:
    """How many measures write a bar: several for a rest of several bars, unless that is beyond all reason."""
    return bar.bars_of_rest if len(bar.notes) == 1 and 1 <= bar.bars_of_rest <= MOST_BARS_OF_REST else 1


def _divisions(tune: Tune) -> int:
    """Divisions of a quarter in which every length of the tune is whole."""
    lengths = [sign.length for note in tune.notes() for sign in signs_of(note)]
    lengths += [bar.length / _measures(bar) for bar in tune.bars]
    return math.lcm(*((4 * length).denominator for length in lengths)) if lengths else 1


def _ties(tune: Tune) -> dict[str, tuple[set[int], set[int]]]:
    """For each note, the MIDI pitches at which a tie arrives and from which one leaves."""
    notes = tune.notes()
    ties: dict[str, tuple[set[int], set[int]]] = {note.identity: (set(), set()) for note in notes}
    for note, following in itertools.pairwise(notes):
        if note.tied:  # a tie that finds no partner is not drawn
            shared = {pitch.midi for pitch in note.pitches} & {pitch.midi for pitch in following.pitches}
            ties[note.identity][1].update(shared)
            ties[following.identity][0].update(shared)
    return ties
