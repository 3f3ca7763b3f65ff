"""The reader of the second opinion on bars: a text, character by character, to a flat list of measures.

It imports nothing of ours. Left out: voices and overlays. Lengths are in whole notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

DIGITS = "0123456789"
LETTERS = "ABCDEFGabcdefg"
SAYS_NOTHING = " \t`\\-)~.HIJKLMNOPQRSTUVWhijklmnopqrstuvwy*$"
"""Spaces, ties, ends of slurs and decorations: none lasts any time."""
TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
"""In the time of how many notes a tuplet of so many stands, where the meter doesn't matter (ABC 2.1, 4.13)."""
HEADER = "XTMLK"
"""A whole header has these fields, in this order; others may stand among them."""
MOST_PASSES = 16
LONGEST_NUMBER = 4


@dataclass
class Measure:
    """What stands between two bar lines; its bar line is ``""`` (none yet), ``"|"`` or ``"||"`` (more than that)."""

    bar: Fraction
    rested: int = 1
    length: Fraction = Fraction(0)
    opens: bool = False
    closes: bool = False
    begins: bool = False
    ending: tuple[int, ...] = ()
    line: str = ""

    @property
    def wanted(self) -> Fraction:
        return self.bar * self.rested


class Reader:
    """One pass over a text from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.measures: list[Measure] = []
        self.faults: list[str] = []
        self.fields: list[str] = []
        self.now: Measure | None = None
        self.closed = False
        self.unit, self.bar, self.compound = Fraction(1, 8), Fraction(0), False
        self.opens = self.begins = False
        self.ending: tuple[int, ...] = ()
        self.last = Fraction(0)  # how long the note before is
        self.broken = Fraction(1)
        self.left, self.squeeze = 0, Fraction(1)  # of a tuplet

    def whole_header(self) -> bool:
        header = self.fields[: self.fields.index("K") + 1] if "K" in self.fields else []
        return header[:1] == ["X"] and [letter for letter in dict.fromkeys(header) if letter in HEADER] == [*HEADER]

    def fault(self, message: str) -> None:
        self.faults.append(f"bar {len(self.measures) + 1}: {message}")

    def peek(self, ahead: int = 0) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def read(self) -> None:
        while self.at < len(self.text):
            starts_line = self.at == 0 or self.text[self.at - 1] == "\n"
            if starts_line and self.peek().isalpha() and self.peek(1) == ":" and self.peek(2) not in ("|", ":"):
                self.field(self.text.index("\n", self.at))
            else:
                self.music(self.peek())
        if self.now is not None:
            self.finish("")

    def music(self, letter: str) -> None:
        """Reads what begins with this character."""
        following = self.peek(1)
        if letter in LETTERS or letter in "^_=":
            self.add(self.pitch())
        elif letter in "zx":
            self.at += 1
            self.add(self.number())
        elif letter in "ZX":
            self.rests()
        elif letter in "|:" or (letter == "[" and following == "|"):
            self.bar_line()
        elif letter == "[":
            self.bracket()
        elif letter in "<>":
            self.break_rhythm(letter)
        elif letter == "(" and following in DIGITS and following:
            self.tuplet()
        elif letter in '"{!%':
            self.passage(letter)
        elif letter in SAYS_NOTHING or letter in "(\n":
            self.at += 1
        else:
            self.fault(f"{letter!r} means nothing")
            self.at += 1

    # Fields

    def field(self, end: int) -> None:
        """A field, up to where it ends: its line's end or its bracket."""
        letter, value = self.text[self.at], self.text[self.at + 2 : end].split("%")[0].strip()
        self.at = end
        if value:
            self.fields.append(letter)
        if letter == "M":
            self.meter(value)
        elif letter == "L":
            self.unit = self.fraction(value)
        elif letter == "P" and "K" in self.fields:
            self.begins = True

    def meter(self, value: str) -> None:
        value = {"C": "4/4", "C|": "2/2"}.get(value, value)
        upper, slash, lower = value.replace("(", "").replace(")", "").partition("/")
        beats = [beat for beat in upper.split("+") if beat.isdecimal() and len(beat) <= LONGEST_NUMBER]
        if not slash or not beats:
            self.bar, self.compound = Fraction(0), False
            return
        count = sum(map(int, beats))
        self.bar, self.compound = count * self.fraction(f"1/{lower}"), count % 3 == 0 and count > 3

    def fraction(self, value: str) -> Fraction:
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            self.fault(f"{value!r} is no length")
            return Fraction(1, 8)

    # Notes

    def pitch(self) -> Fraction:
        """Reads one pitch with its length: the length, in units."""
        while self.peek() and self.peek() in "^_=":
            self.at += 1
        if not self.peek() or self.peek() not in LETTERS:
            self.fault("an accidental without a note")
            return Fraction(0)
        self.at += 1
        while self.peek() and self.peek() in ",'":
            self.at += 1
        return self.number()

    def digits(self) -> str:
        start = self.at
        while self.peek() and self.peek() in DIGITS and self.at - start < LONGEST_NUMBER:
            self.at += 1
        return self.text[start : self.at]

    def number(self) -> Fraction:
        """A length as ABC writes it: nothing, ``3``, ``3/2``, ``/``, ``//``, ``/4``."""
        upper, slashes = self.digits(), 0
        while self.peek() == "/":
            self.at, slashes = self.at + 1, slashes + 1
        lower = self.digits() if slashes else ""
        return self.fraction(f"{upper or 1}/{lower or 2**slashes}")

    def add(self, units: Fraction) -> None:
        """Adds a note or rest to the measure, which begins with its first one."""
        measure = self.measure()
        self.last = units * self.unit * self.broken * (self.squeeze if self.left else 1)
        self.left, self.broken = max(self.left - 1, 0), Fraction(1)
        measure.length += self.last

    def measure(self) -> Measure:
        if self.now is None:
            self.now = Measure(self.bar, opens=self.opens, begins=self.begins, ending=self.ending)
            self.opens, self.begins, self.ending, self.last = False, False, (), Fraction(0)
        self.closed = False
        return self.now

    def rests(self) -> None:
        self.at += 1
        measure, count = self.measure(), int(self.digits() or 1)
        measure.rested = max(measure.rested, count)
        measure.length += self.bar * count

    def break_rhythm(self, mark: str) -> None:
        size = 0
        while self.peek() == mark:
            self.at, size = self.at + 1, size + 1
        less = Fraction(1, 2**size)
        first, second = (2 - less, less) if mark == ">" else (less, 2 - less)
        if self.now is None or not self.last or self.broken != 1:
            self.fault("broken rhythm without a note before it")
            return
        self.now.length += self.last * (first - 1)
        self.broken = second

    def tuplet(self) -> None:
        self.at += 1
        parts = [self.digits()]
        while self.peek() == ":" and len(parts) < 3:
            self.at += 1
            parts.append(self.digits())
        size = int(parts[0])
        time = int(parts[1]) if parts[1:] and parts[1] else TUPLETS.get(size, 3 if self.compound else 2)
        if self.left:
            self.fault("a tuplet begins within another")
        self.left = int(parts[2]) if parts[2:] and parts[2] else size
        self.squeeze = Fraction(time, size) if size else Fraction(1)

    # Brackets, bar lines and what is passed over

    def bracket(self) -> None:
        if self.peek(1).isalpha() and self.peek(2) == ":":
            end = self.text.find("]", self.at)
            self.at += 1
            self.field(end if end > 0 else self.text.index("\n", self.at))
            self.at += 1
        elif self.text[self.at + 1 :].lstrip(" ")[:1] in [*DIGITS]:
            self.at += 1
            self.begin_ending()
        else:
            self.chord()

    def chord(self) -> None:
        """A chord lasts as long as its first note."""
        self.at += 1
        lengths = []
        while self.peek() not in ("]", "|", "\n"):
            if self.peek() in LETTERS or self.peek() in "^_=":
                lengths.append(self.pitch())
            else:
                self.at += 1
        if self.peek() != "]" or not lengths:
            self.fault("a bracket that holds no chord")
        self.at += self.peek() == "]"
        outer = self.number()
        if lengths:
            self.add(lengths[0] * outer)

    def passage(self, opener: str) -> None:
        """Text, grace notes, a decoration, a comment; a ``!`` without another in its line merely ends the line."""
        line_end = self.text.index("\n", self.at)
        closer = {'"': '"', "{": "}", "!": "!"}.get(opener, "\n")
        end = self.text.find(closer, self.at + 1, line_end + 1)
        if end >= 0 and not (opener == "!" and set("| ") & {*self.text[self.at : end]}):
            self.at = end + (closer != "\n")
        else:
            if opener != "!":
                self.fault(f"{opener} is never closed")
            self.at += 1

    def bar_line(self) -> None:
        start = self.at
        while self.peek() and (self.peek() in "|:]" or (self.peek() == "[" and self.peek(1) == "|")):
            self.at += 1
        signs = self.text[start : self.at]
        if "|" not in signs and signs != "::":
            self.fault(f"{signs} is no bar line")
            return
        line = "||" if "]" in signs or "[" in signs or signs.count("|") > 1 or ":" in signs else "|"
        closes = signs[0] == ":"
        if self.now is not None:
            self.finish(line)
        elif self.measures and (line == "||" or not self.measures[-1].line):
            self.measures[-1].line = line
        if self.measures:
            self.measures[-1].closes |= closes
        self.closed = closes or (line == "||" and signs[-1] != ":")
        self.opens |= signs[-1] == ":"
        if self.text[self.at :].lstrip(" \t")[:1] in [*DIGITS]:
            self.begin_ending()

    def begin_ending(self) -> None:
        """The numbers of an ending, in which a measure may go on that was not closed."""
        passes: set[int] = set()
        while self.peek() and self.peek() in DIGITS + ",- ":
            self.at += self.peek() == " "
            dash = self.peek() == "-"
            self.at += self.peek() in (",", "-")
            number = int(self.digits() or 0)
            passes |= set(range(max(passes) + 1, number + 1)) if dash and passes else {number} - {0}
        if self.now is not None:
            self.finish("")
        if not passes or max(passes) > MOST_PASSES:
            self.fault("an ending for no pass, or for too many")
        self.ending = tuple(sorted(passes & {*range(MOST_PASSES + 1)}))

    def finish(self, line: str) -> None:
        """Ends the measure."""
        if self.now is None:
            return
        if self.left or self.broken != 1:
            self.fault("a tuplet or a broken rhythm lacks notes")
        self.left, self.broken = 0, Fraction(1)
        self.now.line = line
        self.measures.append(self.now)
        self.now = None
