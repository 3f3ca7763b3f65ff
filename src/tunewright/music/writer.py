"""House form: the one way in which tunewright writes a tune.

Header fields in one order, ``R:`` for the dance, one spelling of keys, repeated parts opened with ``|:``, endings as
``[1``, four bars to a line and a new line for each part, a space only where a beam breaks, accidentals where they are
needed or were written. What a tune sounds like doesn't change; what only its transcriber cared for (his name and
number, sources, line ends, layout) is left out. Reading what was written and writing it again gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from tunewright.music.bars import cut_by_endings
from tunewright.music.keys import SIGN_OF, house_key, signature
from tunewright.music.lexer import SHORT_DECORATIONS, default_normal
from tunewright.music.lyrics import write_syllables
from tunewright.music.playing_order import ending_last, sections
from tunewright.music.spelling import carried_from
from tunewright.music.tune import Bar, Note, Pitch, Tune

BARS_IN_A_LINE = 4
LONG_ENDING = 3
"""An ending of so many bars may begin a line of its own."""
LETTER_OF = {name: letter for letter, name in SHORT_DECORATIONS.items()}
BROKEN = {
    (Fraction(2) - part, part): mark
    for part, mark in [(Fraction(1, 2), ">"), (Fraction(1, 4), ">>"), (Fraction(1, 8), ">>>")]
}
BROKEN |= {(second, first): "<" * len(mark) for (first, second), mark in BROKEN.items()}
"""The mark between two notes whose lengths are to their mean as these."""


def write(tune: Tune, number: int = 1) -> str:
    """A tune in house form, without a newline at its end.

    Args:
        number: for its ``X:`` line.
    """
    return "\n".join([*_header(tune, number), *_Body(tune).lines(), *(f"W:{line}" for line in tune.words)])


def _header(tune: Tune, number: int) -> Iterator[str]:
    yield f"X:{number}"
    for title in (tune.title, *tune.other_titles):
        if title:
            yield f"T:{_escaped(title)}"
    beat, beats_per_minute = tune.tempo or (Fraction(0), 0)
    fields = {
        "C": tune.composer,
        "O": tune.origin,
        "R": tune.type,
        "M": tune.meter.name,
        "L": f"{tune.unit_length.numerator}/{tune.unit_length.denominator}",
        "Q": f"{beat.numerator}/{beat.denominator}={beats_per_minute}" if tune.tempo else "",
        "P": tune.part_order,
        "K": house_key(tune.key),
    }
    yield from (f"{letter}:{_escaped(value)}" for letter, value in fields.items() if value)


def _escaped(value: str) -> str:
    """A field's value in which no comment begins."""
    return value.replace("%", "\\%")


class _Body:
    """Writes bars one after another; keys, accidentals and ties in force are its state."""

    def __init__(self, tune: Tune) -> None:
        self.tune = tune
        self.key, self.meter = tune.key, tune.meter
        self.accidentals: dict[str, int] = {}
        self.carried: dict[tuple[str, int], int] = {}
        # An ending in the middle of a bar: no bar line cuts the bar in two.
        self.uncut = {i for i, bar in enumerate(tune.bars[:-1]) if bar.line == ""} | cut_by_endings(tune.bars)
        self.opened = {section.start for section in sections(tune.bars) if _repeats(tune.bars, section)}
        self.opened |= {index for index, bar in enumerate(tune.bars) if bar.opens_repeat}

    def lines(self) -> Iterator[str]:
        for bars in _lines(self.tune.bars, self.opened):
            if bars[0].part:
                yield f"P:{bars[0].part}"
            yield "".join([self.bar(bar, bars) for bar in bars])
            yield from _verses([note for bar in bars for note in bar.notes])

    def bar(self, bar: Bar, bars: Sequence[Bar]) -> str:
        """A bar with the bar line after it, and what stands before its first note; ``bars`` are those of its line."""
        last = bar.number == len(self.tune.bars)
        text = "|:" if bar.number - 1 in self.opened else ""
        text += f"[{_passes(bar.ending)} " if bar.ending else ""
        if bar.meter != self.meter:
            text += f"[M:{bar.meter.name}]"
        if bar.key != self.key:
            text += f"[K:{house_key(bar.key)}]"
        if bar.number - 2 not in self.uncut or bar.number - 1 in self.opened:
            self.accidentals = {}
        self.meter, self.key = bar.meter, bar.key
        text += f"Z{bar.bars_of_rest}" if _rests(bar) else "".join(self.notes(bar.notes))
        if last and not bar.closes_repeat:
            line = "|]"
        elif bar.number in self.opened:
            line = "" if bar is not bars[-1] else bar.line or "|"  # within a line |: is bar line enough
        else:
            line = "" if bar.number - 1 in self.uncut else bar.line
        return text + "".join(bar.signs) + line

    def notes(self, notes: Sequence[Note]) -> Iterator[str]:
        """The notes of a bar, each with what stands before and after it."""
        units = [_written_length(note) / self.tune.unit_length for note in notes]
        index = 0
        while index < len(notes):
            yield " " if notes[index].beam_break and index else ""
            mark = _broken(notes, units, index)
            if mark:
                mean = (units[index] + units[index + 1]) / 2
                yield self.note(notes, index, mean) + mark + self.note(notes, index + 1, mean)
            else:
                yield self.note(notes, index, units[index])
            index += 2 if mark else 1

    def note(self, notes: Sequence[Note], index: int, units: Fraction) -> str:
        note = notes[index]
        text = "(" * note.slurs_opened + self.tuplet(notes, index)
        text += "".join(f'"{symbol}"' for symbol in note.symbols)
        text += "".join(LETTER_OF.get(name) or f"!{name}!" for name in note.decorations)
        text += self.graces(note.graces)
        pitches = "".join(self.pitch(pitch) for pitch in note.pitches)
        if note.is_rest:
            pitches = "x" if note.invisible else "z"
        text += f"[{pitches}]" if len(note.pitches) > 1 else pitches
        self.carried = carried_from(note)
        text += write_length(units) + "-" * note.tied + ")" * note.slurs_closed
        return text + self.graces(note.graces_after)

    def graces(self, pitches: Sequence[Pitch]) -> str:
        return "{" + "".join([self.pitch(pitch) for pitch in pitches]) + "}" if pitches else ""

    def pitch(self, pitch: Pitch) -> str:
        """A pitch with its accidental if it was written or if it wouldn't sound right without."""
        expected = self.accidentals.get(pitch.step, signature(self.key)[pitch.step])
        expected = self.carried.get((pitch.step, pitch.octave), expected)
        sign = SIGN_OF[pitch.alteration] if pitch.accidental or pitch.alteration != expected else ""
        if sign:
            self.accidentals[pitch.step] = pitch.alteration
        return sign + pitch.letter

    def tuplet(self, notes: Sequence[Note], index: int) -> str:
        """What opens a tuplet at its first note."""
        group = notes[index].tuplet
        if group is None or not group.first:
            return ""
        last = next((at for at in range(index, len(notes)) if _closes(notes, at)), len(notes) - 1)
        size = last - index + 1
        if size == group.actual and group.normal == default_normal(group.actual, self.meter.compound):
            return f"({group.actual}"
        return f"({group.actual}:{group.normal}:{size}"


def _closes(notes: Sequence[Note], index: int) -> bool:
    """Whether the tuplet that this note is in ends with it."""
    own, following = notes[index].tuplet, notes[index + 1].tuplet if index + 1 < len(notes) else None
    return own is None or own.last or following is None or following.first


def _written_length(note: Note) -> Fraction:
    """A note's length as it would be outside its tuplet."""
    return note.length * Fraction(note.tuplet.actual, note.tuplet.normal) if note.tuplet else note.length


def _broken(notes: Sequence[Note], units: Sequence[Fraction], index: int) -> str:
    """The mark that joins this note to the next as broken rhythm; ``""`` where plain lengths say it better."""
    if index + 1 == len(notes) or (units[index].denominator == 1 and units[index + 1].denominator == 1):
        return ""
    first, second = notes[index], notes[index + 1]
    same_group = first.tuplet is None and second.tuplet is None
    if first.tuplet and second.tuplet:
        same_group = not second.tuplet.first and not first.tuplet.last
    if not same_group or first.tied or first.slurs_closed:
        return ""
    mean = (units[index] + units[index + 1]) / 2
    if mean == 0 or mean.denominator & (mean.denominator - 1):
        return ""
    return BROKEN.get((units[index] / mean, units[index + 1] / mean), "")


def write_length(units: Fraction) -> str:
    """A length in units as ABC writes it: 1 is ``""``, 3/2 ``"3/2"``, 1/2 ``"/"``."""
    if units.denominator == 1:
        return "" if units == 1 else str(units)
    lower = "/" if units.denominator == 2 and units.numerator == 1 else f"/{units.denominator}"
    return lower if units.numerator == 1 else f"{units.numerator}{lower}"


def _rests(bar: Bar) -> bool:
    """Whether a bar is a rest of several bars, or of one in free meter, that only ``Z`` can write."""
    return len(bar.notes) == 1 and bar.notes[0].is_rest and (bar.bars_of_rest > 1 or bar.length == 0)


def _passes(passes: Sequence[int]) -> str:
    return ",".join(map(str, passes))


def _repeats(bars: Sequence[Bar], section: range) -> bool:
    return any(bars[index].closes_repeat for index in section)


def _lines(bars: Sequence[Bar], opened: set[int]) -> Iterator[list[Bar]]:
    """Bars that stand in one line: at most four, not counting upbeats. A part begins a new line, no short ending does.

    Args:
        opened: indices of the bars before which a repeat opens.
    """
    line: list[Bar] = []
    full = 0
    for index, bar in enumerate(bars):
        previous = bars[index - 1] if index else None
        part_ends = previous is not None and previous.ends_part
        short_ending = bool(bar.ending) and ending_last(bars, index) - index < LONG_ENDING - 1
        full_line = (part_ends or full >= BARS_IN_A_LINE) and not short_ending
        led_into = full == 0 and len(line) == 1 and not part_ends  # an upbeat before |: stands with it
        if line and (full_line or bar.part or (index in opened and not led_into)):
            yield line
            line, full = [], 0
        line.append(bar)
        upbeat = bar.length < bar.meter.bar_length and (len(line) == 1 or bool(bar.ending))
        full += 0 if upbeat else bar.bars_of_rest
    if line:
        yield line


def _verses(notes: Sequence[Note]) -> Iterator[str]:
    """The ``w:`` lines under a line of music."""
    verses = max((len(note.lyrics) for note in notes), default=0)
    for verse in range(verses):
        sung = [note.lyrics[verse] if verse < len(note.lyrics) else "" for note in notes if not note.is_rest]
        yield f"w:{write_syllables(sung)}"
