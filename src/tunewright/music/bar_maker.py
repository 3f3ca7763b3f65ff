"""Bars out of stretches of notes, bar lines and endings, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import count, zip_longest

from tunewright.music.lexer import bar_line, parse_passes
from tunewright.music.segment_reader import segments_of
from tunewright.music.segments import NOTHING, Segment, Sound
from tunewright.music.spelling import Carried, Spelling, Stretch, accidentals_after, carried_from, named
from tunewright.music.tune import Bar, Key, Meter, Note, Position, Problem, Severity

ZERO = Fraction(0)
MOST_PROBLEMS = 1000
"""A text with more than these is no music; the rest is not told."""


class BarMaker:
    """Makes a tune's bars, one after another.

    Args:
        meter: at the tune's start, as are key and unit.
        unit: ``L:`` in whole notes.
        names: what one-letter decorations stand for.

    Attributes:
        bars: those ended so far.
        problems: what was wrong or odd.
        line: where reading stands, as does ``column``; both from 1.
        begins_line: the next stretch is the first of its line.
        opens_repeat: ``|:`` stands before the next bar.
    """

    def __init__(self, meter: Meter, key: Key, unit: Fraction, names: Mapping[str, str]) -> None:
        self.meter, self.key, self.unit = meter, key, unit
        self.names = names
        self.segments = segments_of(unit, meter.compound)
        self.bars: list[Bar] = []
        self.problems: list[Problem] = []
        self.line, self.column = 1, 1
        self.opens_repeat = False
        self._told: set[str] = set()
        self._count = 0  # notes of the bars ended
        self._slurs: list[tuple[int, Position]] = []  # bar and place where each open slur began
        self._slurs_at_ending: list[tuple[int, Position]] = []
        self._passes: set[int] = set()  # of this part's endings so far
        self._carried: Carried = {}
        self._slurs_waiting = 0  # opened before the bar line, for the next bar's first note
        self._accidentals: Mapping[str, int] = {}
        self._part = self._next_part = ""
        self._ending: tuple[int, ...] = ()
        self._last_sound: Sound | None = None
        self._spelling = Spelling(0, (), names, {}, {})
        self._start_bar()

    def _start_bar(self) -> None:
        self._stretches: list[Stretch] = []
        self._sounds = 0
        self._length, self._measures = ZERO, 0
        self._bar_start: Position | None = None
        self._bar_key, self._bar_meter = self.key, self.meter
        self._waiting = NOTHING
        self._trailing_slurs = 0
        self._symbols: tuple[str, ...] = ()
        self._decorations: tuple[str, ...] = ()
        self.begins_line = self._silent = True

    # -- what the reader asks ------------------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether nothing has sounded yet."""
        return not self.bars and not self._sounds

    @property
    def between_bars(self) -> bool:
        """Whether a bar has just ended."""
        return bool(self.bars) and not self._sounds

    @property
    def notes_so_far(self) -> int:
        """How many notes and rests there are, those of the bar not yet ended among them."""
        return self._count + self._sounds

    def notes_since(self, number: int) -> list[list[Note]]:
        """The notes after the first ``number``, bar by bar."""
        found, first = [list(self._present_spelling().notes())], self._count
        for bar in reversed(self.bars):
            if first <= number:
                break
            found.append(list(bar.notes))
            first -= len(bar.notes)
        found[-1] = found[-1][max(number - first, 0) :]
        return [notes for notes in reversed(found) if notes]

    def problem(self, severity: Severity, message: str, bar: int | None = None) -> None:
        """Notes something for the musician, of the present bar or of another; what is a mere note is told once."""
        if len(self.problems) < MOST_PROBLEMS and (severity != "note" or message not in self._told):
            number = len(self.bars) + 1 if bar is None else bar
            self.problems.append(Problem(severity, message, number, Position(self.line, self.column)))
            self._told.add(message)

    # -- what changes --------------------------------------------------------------------------------------------------

    def change(self, *, meter: Meter | None = None, key: Key | None = None, unit: Fraction | None = None) -> None:
        """Another meter, key or unit from here on."""
        self.meter, self.key, self.unit = meter or self.meter, key or self.key, unit or self.unit
        self.segments = segments_of(self.unit, self.meter.compound)
        if not self._sounds:
            self._bar_key, self._bar_meter = self.key, self.meter

    def begin_part(self, label: str) -> None:
        """A part begins: with this bar, or with the next where notes stand before the label."""
        if self._sounds:
            self._next_part = label
        else:
            self._part = label

    def end_line(self, continued: bool) -> None:
        """A line of music ends; with ``continued`` only in the file."""
        if self.between_bars and not continued:
            self.bars[-1] = replace(self.bars[-1], ends_line=True)

    # -- what sounds ---------------------------------------------------------------------------------------------------

    def add(self, text: str) -> None:
        """Adds a stretch of notes to the bar."""
        unfinished = self._waiting is not NOTHING and self._waiting != NOTHING
        segment = self.segments.read(text, self._waiting) if unfinished else self.segments[text]
        self._waiting = segment.waiting
        column = self.column
        if segment.remarks or segment.letters:
            self._tell(segment, column)
        if segment.closes or segment.opens:
            self._follow_slurs(segment, column)
        if segment.ties_back and not self._sounds:
            self.column = column
            self._tie_back()
        self._stretches.append(Stretch(segment, self.line, column, self.key, self.meter, self.begins_line))
        self.begins_line = False
        sounds = segment.sounds
        if sounds:
            if self._carried and not self._sounds:
                self._compare_tie(sounds[0])
            self._bar_start = self._bar_start or Position(self.line, column + sounds[0].column)
            self._sounds += len(sounds)
            self._last_sound = sounds[-1]
            self._length = segment.length if self._length is ZERO else self._length + segment.length
            if segment.measures:
                self._measures += segment.measures
                self._length += self.meter.bar_length * segment.measures
            self._symbols, self._decorations = segment.symbols, segment.decorations
            self._trailing_slurs = segment.slurs_opened
            self._silent = self._silent and not segment.pitched
        else:
            self._trailing_slurs += segment.slurs_opened
            self._symbols += segment.symbols
            self._decorations += segment.decorations

    def _compare_tie(self, sound: Sound | None) -> None:
        """Tells a tie over a plain bar line to another note, or to nothing at the end."""
        last = self.bars[-1]
        pitches = {(pitch.step, pitch.octave) for pitch in sound.pitches} if sound else set()
        if (last.line == "|" or sound is None) and not self._carried.keys() & pitches:
            what = "to another note (a slur is written in brackets)" if sound else "to nothing"
            self.problems.append(Problem("note", f"a tie '-' {what}", last.number, last.notes[-1].position))

    def _follow_slurs(self, segment: Segment, column: int) -> None:
        """Pairs the ends of slurs with beginnings in earlier stretches."""
        for offset in segment.closes:
            if self._slurs:
                self._slurs.pop()
            else:
                self.column = column + offset
                self.problem("note", "a slur ends ')' that never began")
        for offset in segment.opens:
            self._slurs.append((len(self.bars) + 1, Position(self.line, column + offset)))

    def _tell(self, segment: Segment, column: int) -> None:
        for remark in segment.remarks:
            self.column = column + remark.column
            self.problem(remark.severity, remark.message)
        for letter, offset in segment.letters:
            if letter not in self.names:
                self.column = column + offset
                message = f"'{letter}' is a sign of its writer's own; no U: line says what it stands for"
                self.problem("note", message)

    # -- bars ----------------------------------------------------------------------------------------------------------

    def _tie_back(self) -> None:
        """A tie written after a bar line belongs to the note before it."""
        if self._last_sound is None or not self._last_sound.pitches or not self.bars:
            self.problem("error", "a tie '-' with no note before it")
            return
        self._spelling = self._spelling._replace(ties_out=True)
        self.bars[-1] = replace(self.bars[-1], spell=self._spelling.notes)
        self._carried = carried_from(self.bars[-1].notes[-1])

    def open_ending(self, passes: str) -> None:
        if self._sounds:
            self.close_bar("")
            # Without a bar line they still hold.
            self._accidentals = accidentals_after(self.bars[-1].notes, self._spelling.accidentals)
        self._ending = parse_passes(passes)
        first = self._ending[0]
        if first == 1:
            if self._passes == {1} and self.bars and self.bars[-1].closes_repeat:
                self.problem("note", "two endings 1, one after the other")
            self._passes, self._slurs_at_ending = set(), list(self._slurs)
        else:
            self._slurs = list(self._slurs_at_ending)
        due = next(number for number in count(1) if number not in self._passes)
        if first != due:
            self.problem("error", f"an ending {first} where ending {due} is due")
        self._passes |= set(self._ending)

    def close_bar(self, text: str) -> None:
        """Ends the bar at a bar line; a line with no notes before it only adds to the one just passed."""
        closes, style, opens = bar_line(text) if text else (False, "", False)
        if self._sounds:
            if closes and "||" in text:
                self._tell_double_line(text)
            self._add_bar(closes, ":|" if closes else style)
        elif self.bars and text:
            last = self.bars[-1]
            if last.closes_repeat and (closes or (text == "|" and self.opens_repeat)):
                self.problem("note", "a repeat is closed twice", last.number)
            elif text == "|" and self.opens_repeat:
                self.problem("note", "a repeat sign ':' that neither opens nor closes a part", last.number)
            if text == "|" and last.line == "||" and last.length < last.meter.bar_length:
                message = "a short bar before '||' and '|', which some programs read as two bar lines: one is enough"
                self.problems.append(Problem("note", message, last.number, last.position))
            plain = style if last.line in ("", "|") else last.line
            line = ":|" if closes or last.closes_repeat else plain
            signs = last.signs + self._signs()
            self.bars[-1] = replace(last, closes_repeat=last.closes_repeat or closes, line=line, signs=signs)
            self._slurs_waiting += self._trailing_slurs
            self._start_bar()
        elif closes:
            self.problem("error", "a repeat ends before anything was played")
        self.opens_repeat = self.opens_repeat or opens

    def _tell_double_line(self, text: str) -> None:
        """A repeat spelled with two bar lines: abc2midi, for one, wants its missing half between them."""
        if self._length < self._bar_meter.bar_length:
            message = f"a short bar before '{text}', which some programs read as two bar lines: write ':|'"
            place = self._bar_start or Position(self.line, self.column)
            self.problems.append(Problem("note", message, len(self.bars) + 1, place))

    def _add_bar(self, closes: bool, line: str) -> None:
        if complaint := self._waiting.complaint():
            self.problem("error", complaint)
        if self._measures and self._sounds > 1:
            self.problem("error", "a rest of whole bars (Z) shares its bar with notes")
        spelling = self._present_spelling()
        bar = Bar(
            len(self.bars) + 1, self._bar_meter, self._bar_key, self.opens_repeat, closes, self._ending, line, False,
            self._bar_start or Position(self.line, self.column), self._length,
            max(self._measures, 1) if self._sounds == 1 else 1, self._part,
            self._signs(), self._silent, spelling.notes,
        )  # fmt: skip
        self.bars.append(bar)
        self._spelling = spelling
        self._count += self._sounds
        last = self._last_sound
        self._carried = carried_from(bar.notes[-1]) if last and (last.tied or self._ends_tied()) else {}
        self._slurs_waiting, self._accidentals = self._trailing_slurs, {}
        self.opens_repeat, self._ending = False, ()
        self._part, self._next_part = self._next_part, ""
        self._start_bar()

    def _present_spelling(self) -> Spelling:
        """What decides about the notes of the bar so far."""
        return Spelling(
            self._count, tuple(self._stretches), self.names, self._carried, self._accidentals, self._slurs_waiting
        )

    def _ends_tied(self) -> bool:
        """Whether a stretch after the last note of the bar begins with a tie, which is that note's."""
        for stretch in reversed(self._stretches):
            if stretch.segment.sounds:
                return False
            if stretch.segment.ties_back:
                return True
        return False

    def _signs(self) -> tuple[str, ...]:
        """What stands at a bar line, with no note after it."""
        if not self._decorations and not self._symbols:
            return ()
        names = named([one for one in self._decorations if one != "."], self.names)
        return (*(f"!{name}!" for name in names), *(f'"{symbol}"' for symbol in self._symbols))

    def finish(self) -> None:
        """Ends the last bar and tells what is still open."""
        self.close_bar("")
        if self._carried and self.bars:
            self._compare_tie(None)
        for number, place in self._slurs[:1]:
            self.problems.append(Problem("note", "a slur '(' that is never closed", number, place))
        signs = [bar for bar in self.bars if bar.opens_repeat or bar.closes_repeat]
        for bar, following in zip_longest(signs, signs[1:]):
            if not bar.closes_repeat and (following is None or following.opens_repeat):
                message = "a repeat opens '|:' that never closes"
                self.problems.append(Problem("note", message, bar.number, bar.position))
