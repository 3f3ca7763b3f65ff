"""What fits into a bar: lengths as whole numbers, what they can fill and at what cost, and the pitches allowed.

Lengths are counted in 1/384 of a whole note, so that halves of halves and thirds of them are whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product

from tunewright.music.dialect import Dialect
from tunewright.music.keys import SIGNS, signature
from tunewright.music.lexer import default_normal, parse_length
from tunewright.music.tune import SEMITONES, Key, Meter

WHOLE_NOTE = 384
LOWEST_OCTAVE, HIGHEST_OCTAVE = 4, 5
"""Octaves of plain capital and plain small letters."""


@dataclass(frozen=True)
class Pitches:
    """Which pitches may be written.

    Attributes:
        key: whose signature the letters are read in; None where that doesn't matter.
        lowest: MIDI number of the lowest pitch; None for no limit.
        highest: of the highest.
        diatonic: no pitch outside the key's seven.
    """

    key: Key | None = None
    lowest: int | None = None
    highest: int | None = None
    diatonic: bool = False

    @property
    def limited(self) -> bool:
        """Whether it limits anything."""
        return self.diatonic or self.lowest is not None or self.highest is not None

    def in_key(self, key: Key) -> Pitches:
        """These limits in a key."""
        return replace(self, key=key)

    def spellings(self, dialect: Dialect) -> frozenset[str]:
        """Every pitch that may be written, e.g. ``"^c'"``.

        An accidental holds for its letter in every octave until the bar ends. So one that would carry a letter over
        the range's edge in another octave is left out: the plain letter may follow it in this bar.
        """
        letters = [(letter, "," * marks) for letter in "CDEFGAB" for marks in range(dialect.lowest_marks + 1)]
        letters += [(letter, "'" * marks) for letter in "cdefgab" for marks in range(dialect.highest_marks + 1)]
        signs = [""] if self.diatonic else ["", *dialect.accidentals]
        if not self.limited:
            return frozenset(sign + letter + marks for sign, (letter, marks) in product(signs, letters))
        plain = {(letter, marks) for letter, marks in letters if self._within(self._midi(letter, marks))}
        return frozenset(
            sign + letter + marks
            for sign, (letter, marks) in product(signs, letters)
            if self._within(self._midi(letter, marks, sign)) and self._keeps(letter, sign, letters, plain)
        )

    def _midi(self, letter: str, marks: str, sign: str = "") -> int:
        octave = (HIGHEST_OCTAVE if letter.islower() else LOWEST_OCTAVE) + marks.count("'") - marks.count(",")
        step = letter.upper()
        raised = SIGNS[sign] if sign else signature(self.key)[step] if self.key else 0
        return 12 * (octave + 1) + SEMITONES[step] + raised

    def _within(self, midi: int) -> bool:
        above = self.lowest is None or midi >= self.lowest
        return above and (self.highest is None or midi <= self.highest)

    def _keeps(self, letter: str, sign: str, letters: list[tuple[str, str]], plain: set[tuple[str, str]]) -> bool:
        """Whether every plain spelling of this letter that is allowed stays within range under this accidental."""
        own = [(one, marks) for one, marks in letters if one.upper() == letter.upper() and (one, marks) in plain]
        return not sign or all(self._within(self._midi(one, marks, sign)) for one, marks in own)


@dataclass(frozen=True)
class Measure:
    """A meter and unit length, with what a dialect can write in them.

    Attributes:
        meter: of the tune.
        unit_length: ``L:``, in whole notes.
        dialect: the lengths, tuplets and accidentals in use.
        pitches: which of them may be written.
    """

    meter: Meter
    unit_length: Fraction
    dialect: Dialect
    pitches: Pitches = Pitches()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.meter, self.unit_length, self.pitches))

    @cached_property
    def bar(self) -> int:
        """Length of a full bar."""
        return int(self.meter.bar_length * WHOLE_NOTE)

    @cached_property
    def lengths(self) -> dict[str, int]:
        """Each written length that is a whole number of our units and no longer than a bar."""
        found = {}
        for text in self.dialect.lengths:
            length = parse_length(text) * self.unit_length * WHOLE_NOTE
            if length.denominator == 1 and 0 < length <= self.bar:
                found[text] = int(length)
        return found

    @cached_property
    def tuplets(self) -> dict[int, int]:
        """Each size of a tuplet -> in the time of how many notes it stands."""
        return {size: default_normal(size, self.meter.compound) for size in self.dialect.tuplets}

    @cached_property
    def cost(self) -> tuple[int | None, ...]:
        """Fewest characters that fill each length with notes, from 0 to a bar; None for what they can't fill."""
        costs: list[int | None] = [0]
        for length in range(1, self.bar + 1):
            before = [(costs[length - own], text) for text, own in self.lengths.items() if own <= length]
            known = [cost + self.shortest_pitch + len(text) for cost, text in before if cost is not None]
            costs.append(min(known, default=None))
        return tuple(costs)

    @cached_property
    def shortest_pitch(self) -> int:
        """Fewest characters of a pitch or rest."""
        return min(map(len, self.spellings))

    def fills(self, length: int) -> bool:
        """Whether notes can sum to this length."""
        return 0 <= length <= self.bar and self.cost[length] is not None

    @cached_property
    def longest_pickup(self) -> int:
        """The longest that a first bar may be if it is not full."""
        return int(self.bar * Fraction(self.dialect.longest_pickup))

    @cached_property
    def spellings(self) -> frozenset[str]:
        """Every pitch and rest that may be written; none at all where there is no pitch."""
        pitches = self.pitches.spellings(self.dialect)
        return pitches | set(self.dialect.rests) if pitches else pitches

    def broken(self) -> Iterator[str]:
        """Written lengths whose halves are whole, so that broken rhythm can shorten and lengthen them."""
        yield from (text for text, length in self.lengths.items() if length % 2 == 0)
