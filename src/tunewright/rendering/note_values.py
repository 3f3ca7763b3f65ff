"""Which note values write a length: whole, dotted half, eighth, ..."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

MOST_DOTS = 2
NAMES: dict[Fraction, str] = {
    Fraction(8): "maxima",
    Fraction(4): "long",
    Fraction(2): "breve",
    Fraction(1): "whole",
    Fraction(1, 2): "half",
    Fraction(1, 4): "quarter",
    Fraction(1, 8): "eighth",
    Fraction(1, 16): "16th",
    Fraction(1, 32): "32nd",
    Fraction(1, 64): "64th",
    Fraction(1, 128): "128th",
    Fraction(1, 256): "256th",
}
"""The names that MusicXML gives to note values, longest first."""


@dataclass(frozen=True, slots=True)
class NoteValue:
    """A shape of note.

    Attributes:
        base: its length without dots, in whole notes.
        dots: each adds half of what stands before it.
    """

    base: Fraction
    dots: int = 0

    @property
    def name(self) -> str:
        """As MusicXML calls it."""
        return NAMES[self.base]

    @property
    def length(self) -> Fraction:
        """With dots, in whole notes."""
        return self.base * (2 - Fraction(1, 2**self.dots))

    @property
    def flags(self) -> int:
        """Number of flags or beams: 1 for an eighth, 2 for a sixteenth; 0 from a quarter on."""
        return max(0, self.base.denominator.bit_length() - 3)


VALUES = tuple(NoteValue(base, dots) for base in NAMES for dots in range(MOST_DOTS, -1, -1))
"""Every value, longest first."""


def note_value(length: Fraction) -> NoteValue | None:
    """The one value of this length, if there is one."""
    return next((value for value in VALUES if value.length == length), None)


def note_values(length: Fraction) -> list[tuple[NoteValue, Fraction]]:
    """Values that write a length when tied together, longest first, each with the length that it stands for.

    A length that no values sum to (a third of a note outside a tuplet) is written by the next shorter value,
    which stands for the whole of what is left. A length of zero is written by nothing.
    """
    parts: list[tuple[NoteValue, Fraction]] = []
    while length > 0:
        writable = length.denominator.bit_count() == 1 and length.denominator <= VALUES[-1].base.denominator
        value = next((value for value in VALUES if value.length <= length), VALUES[-1])
        stands_for = value.length if writable else length
        parts.append((value, stands_for))
        length -= stands_for
    return parts
