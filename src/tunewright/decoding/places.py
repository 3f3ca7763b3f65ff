"""Places between the signs of a tune, and the menus of what may come there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tunewright.decoding.measure import Measure
from tunewright.decoding.plan import Free, Plan

UNKNOWN = -1
PLAIN, REPEATED, EITHER, FIRST, SECOND = "plain", "repeated", "either", "first", "second"
"""What the bars being written belong to: a part played once; a part repeated; one of which only its end tells, where
repeats aren't opened; its first ending; its second.
"""
CLEAR, FIRST_PART, OVER = "clear", "first part", "over"
"""A part's own beginning; the tune's, which is this part's too; the tune's, over parts meant to be played once."""
PART, OPENED, BAR, LINE, KEYED, FORK, NOTE, SPACE, AGAIN, CLOSED, ENDED = (
    "part", "opened", "bar", "line", "keyed", "fork", "note", "space", "again", "closed", "ended"
)  # fmt: skip
RESTS = frozenset("zx")
NOTE_PITCH, ALTERED_PITCH, REST_PITCH = "A", "^A", "z"
"""One of each kind of pitch: what follows depends on nothing else of it but where it is tied."""


class Place(NamedTuple):
    """A place between two signs.

    Attributes:
        measure: lengths and pitches.
        room: what is missing from a full bar.
        spot: what came last: the line start of a part, ``|:``, a bar line, a line end after one, a change of key, the
            beginning of an ending, a note, a space, the end of a first ending, of a part, of the tune.
        mode: what the bars being written belong to; empty where only a sign can tell.
        pickup: room at the beginning of parts, 0 for a full bar; :data:`UNKNOWN` in the first bar.
        fork: room where the first ending began.
        back: where a repeat that isn't opened would go back to: out of :data:`CLEAR`, :data:`FIRST_PART`, :data:`OVER`.
        plan: how what is still to come is divided.
        begun: whether this bar, or what stands of it in this part or ending, has a note.
        settled: whether this part has a bar line.
        altered: whether this bar has an accidental.
        tie: the pitch that must come next; empty if none must.
        left: notes still to come in a tuplet.
        each: written length of a tuplet's notes, None until the first of them stands; of the second of a broken pair.
        in_pair: whether the next note is the second of a broken pair.
        closing: whether it is settled that the part, or its ending, ends with this bar.
    """

    measure: Measure
    room: int
    spot: str = PART
    mode: str = ""
    pickup: int = UNKNOWN
    fork: int = 0
    back: str = CLEAR
    plan: Plan = Free()
    begun: bool = False
    settled: bool = False
    altered: bool = False
    tie: str = ""
    left: int = 0
    each: str | None = None
    in_pair: bool = False
    closing: bool = False


@dataclass(frozen=True)
class Lengths:
    """Written lengths that the next note may have.

    Attributes:
        single: by itself.
        broken: as the first of a broken pair.
        tied: and be tied.
        tied_altered: and be tied if it has an accidental.
    """

    single: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    tied: frozenset[str] = frozenset()
    tied_altered: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.single or self.broken)

    @cached_property
    def after(self) -> dict[str, frozenset[str]]:
        """What may follow each beginning of such a length."""
        return _ways_on(self.single | self.broken)


@dataclass(frozen=True)
class Menu:
    """All that may come at a place: places with equal menus differ in nothing that the next character could show.

    Attributes:
        signs: texts other than notes.
        pitches: and rests; none where no note may come.
        notes: lengths of notes.
        rests: lengths of rests.
        as_field: whether a letter and a colon would stand at the beginning of a line here, and be a field.
    """

    signs: frozenset[str]
    pitches: frozenset[str]
    notes: Lengths
    rests: Lengths
    as_field: bool

    @cached_property
    def after_pitch(self) -> dict[str, frozenset[str]]:
        """What may follow each beginning of a pitch, to make it longer."""
        return _ways_on(self.pitches)

    @cached_property
    def after_sign(self) -> dict[str, frozenset[str]]:
        """What may follow each beginning of a sign, to make it longer."""
        return _ways_on(self.signs)

    def lengths(self, pitch: str) -> Lengths:
        """Those of notes or of rests."""
        return self.rests if pitch in RESTS else self.notes


def _ways_on(texts: frozenset[str]) -> dict[str, frozenset[str]]:
    """Each beginning of these texts, with the characters that make it a longer one."""
    found: dict[str, set[str]] = {}
    for text in texts:
        for end, char in enumerate(text):
            found.setdefault(text[:end], set()).add(char)
    return {begun: frozenset(chars) for begun, chars in found.items()}
