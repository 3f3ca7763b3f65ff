"""The composing language: tunes whose bars are right, as an automaton over characters from which an end can always be
reached.

:mod:`tunewright.decoding.bar_rules` knows what may come at each place; here it is spelled. A state is a place and what
is written of the next sign. A sign that may go on (``|`` may become ``|]``, ``A`` may become ``A2``) takes effect only
when the next character shows that it doesn't. What the language holds is only what the collection's dialect uses.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from tunewright.decoding.bar_rules import BarRules
from tunewright.decoding.header_grammar import Fields, Head, HeaderGrammar
from tunewright.decoding.measure import Measure, Pitches
from tunewright.decoding.places import (
    AGAIN,
    ALTERED_PITCH,
    BAR,
    CLOSED,
    ENDED,
    LINE,
    NOTE_PITCH,
    OPENED,
    PART,
    REST_PITCH,
    RESTS,
    Menu,
    Place,
)
from tunewright.decoding.plan import Free, Plan
from tunewright.errors import DecodingError, InputError
from tunewright.music.dialect import Dialect
from tunewright.music.fields import parse_unit_length
from tunewright.music.keys import parse_key, parse_meter

END = "\0"
"""Stands for the end of a piece where a codec has a symbol of its own for it."""
NOTHING: frozenset[str] = frozenset()
RESTING = (PART, OPENED, BAR, LINE, AGAIN, CLOSED)


class Written(NamedTuple):
    """A note that may still go on: its pitch as far as it is written, then its length."""

    pitch: str
    length: str = ""


class _Kind(NamedTuple):
    """All of a pitch that what may follow depends on.

    Attributes:
        longer: characters that make it another pitch.
        pitch: one of its kind; empty as long as it is none.
        as_field: whether a colon after it would make it a field.
    """

    longer: frozenset[str]
    pitch: str
    as_field: bool

    @classmethod
    def of(cls, menu: Menu, note: Written) -> _Kind:
        pitch = note.pitch
        kind = ""
        if pitch in menu.pitches:
            kind = REST_PITCH if pitch in RESTS else ALTERED_PITCH if pitch[0] in "^_=" else NOTE_PITCH
        return cls(menu.after_pitch.get(pitch, NOTHING), kind, menu.as_field and len(pitch) == 1)


class State(NamedTuple):
    """A place, and what is written of the next sign: a note, or the beginning of a bar line or another sign."""

    place: Place
    sign: str = ""
    note: Written | None = None


class Opening(NamedTuple):
    """Music that is given: the state it has led to, and how many of its characters have come."""

    state: State
    written: int = 0


AnyState = Head | State | Opening
_UNLIMITED = Pitches()


class BarGrammar:
    """The automaton.

    Args:
        fields: what headers may say.
        dialect: the ways of writing in use.
        plan: how the tune is divided; None for any way.
        pitches: which pitches may be written; the key is read from the header.
        ending: what is written after the last bar line: :data:`END`, or two newlines.
        opening: music that every tune begins with.
    """

    def __init__(
        self,
        fields: Fields,
        dialect: Dialect,
        plan: Plan | None = None,
        pitches: Pitches = _UNLIMITED,
        ending: str = END,
        opening: str = "",
    ) -> None:
        self.header, self.dialect, self.pitches, self.opening = HeaderGrammar(fields), dialect, pitches, opening
        self.rules, self.plan = BarRules(dialect, not pitches.limited, ending), plan or Free()
        self._measures: dict[tuple[str, ...], Measure | None] = {}
        self._after_note = lru_cache(maxsize=None)(self._find_after_note)

    def start(self, chance: float | None = None) -> AnyState:
        """Before the first character; what the plan leaves to chance is drawn by this number in [0, 1), if any."""
        return Head(plan=self.plan if chance is None else self.plan.drawn(chance))

    def step(self, state: AnyState, char: str) -> AnyState | None:
        """The state after one more character; None if it may not come."""
        if isinstance(state, Head):
            head = self.header.step(state, char)
            complete = head is not None and self.header.complete(head)
            return self.music(head) if head and complete else head
        if isinstance(state, Opening):
            return self._step_in_opening(state, char)
        if state.note:
            return self._step_in_note(state.place, state.note, char)
        return self._step_in_sign(state.place, state.sign, char)

    def meant(self, state: AnyState, char: str) -> AnyState:
        """What a character that could not come tells of the bar that began in this state: with a colon the model meant
        to end the part here. Were that forgotten when the bar is drawn again, parts would grow longer than it likes.
        """
        if char != ":" or not isinstance(state, State) or not self.resting(state):
            return state
        place = self.rules.after(state.place, "|") if state.sign else state.place
        closing = self.rules.close_with(place)
        return state if closing is place else State(closing)

    def walk(self, state: AnyState, text: str) -> AnyState:
        """The state after a text.

        Raises:
            DecodingError: it is not of the language; the message quotes where it leaves it.
        """
        for place, char in enumerate(text):
            following = self.step(state, char)
            if following is None:
                before = text[max(0, place - 30) : place]
                raise DecodingError(
                    f"this is no beginning of a tune of this run's language: after {before!r} there can't be {char!r}"
                )
            state = following
        return state

    def characters(self, state: AnyState) -> frozenset[str]:
        """The characters that may come next: those for which :meth:`step` gives a state."""
        if isinstance(state, Head):
            return frozenset(char for char in self.header.candidates(state) if self.step(state, char) is not None)
        if isinstance(state, Opening):
            char = self.opening[state.written]
            return frozenset(char if self.step(state, char) is not None else "")
        menu = self.rules.menu(state.place)
        if state.note:
            return self._after_note(state.place, _Kind.of(menu, state.note), state.note.length)
        after = self.rules.after(state.place, state.sign) if state.sign in menu.signs else None
        longer = menu.after_sign.get(state.sign, NOTHING) | (
            menu.after_pitch.get("", NOTHING) if not state.sign else NOTHING
        )
        return longer | self._first(after) if after else longer

    def ended(self, state: AnyState) -> bool:
        """Whether the tune is complete and nothing may follow."""
        return isinstance(state, State) and state.place.spot == ENDED

    def resting(self, state: AnyState) -> bool:
        """Whether a header line or a bar has just been completed: a good place to come back to."""
        if isinstance(state, Head):
            return not state.line
        if isinstance(state, Opening):
            return False
        place, sign, note = state
        if sign or note:
            return sign == "|" and sign in self.rules.menu(place).signs
        return place.spot in RESTING and not place.left

    # Plans

    def plan_in(self, state: AnyState) -> Plan:
        """How what is still to come is divided."""
        if isinstance(state, Opening):
            state = state.state
        return state.plan if isinstance(state, Head) else state.place.plan

    def under(self, state: AnyState, plan: Plan) -> AnyState:
        """The same state under another plan."""
        if isinstance(state, Head):
            return state._replace(plan=plan)
        if isinstance(state, Opening):
            return Opening(self._under(state.state, plan), state.written)
        return self._under(state, plan)

    def _under(self, state: State, plan: Plan) -> State:
        place = state.place._replace(plan=plan)
        return state._replace(place=self.rules.part(place) if place.spot == PART else place)

    # From header to music

    def music(self, head: Head) -> AnyState | None:
        """Where the music begins after a header; None if no bar can be written under it."""
        measure = self._measure(head.meter, head.unit_length, head.key)
        if measure is None:
            return None
        plan = head.plan.begin(self.header.fields.meanings.get(head.meter, head.meter))
        first = State(self.rules.start(measure, plan))
        return Opening(first) if self.opening else first

    def _measure(self, meter: str, unit_length: str, key: str) -> Measure | None:
        # Where pitches aren't limited the key makes no difference: tunes in all keys share their places.
        address = (meter, unit_length, key if self.pitches.limited else "")
        if address not in self._measures:
            self._measures[address] = self._read_measure(*address)
        return self._measures[address]

    def _read_measure(self, *values: str) -> Measure | None:
        meter, unit_length, key = (self.header.fields.meanings.get(value, value) for value in values)
        try:
            unit = parse_unit_length(unit_length) if unit_length else Fraction(1, 8)
            pitches = self.pitches.in_key(parse_key(key)) if self.pitches.limited else self.pitches
            measure = Measure(parse_meter(meter), unit, self.dialect, pitches)
        except InputError:
            return None
        return measure if measure.bar and measure.spellings and measure.fills(measure.bar) else None

    def _step_in_opening(self, opening: Opening, char: str) -> AnyState | None:
        if char != self.opening[opening.written]:
            return None
        after = self.step(opening.state, char)
        if not isinstance(after, State) or opening.written + 1 == len(self.opening):
            return after
        return Opening(after, opening.written + 1)

    # Characters

    def _find_after_note(self, place: Place, kind: _Kind, length: str) -> frozenset[str]:
        """The characters that may come in or after a note."""
        found = NOTHING if length else kind.longer
        if not kind.pitch:
            return found
        lengths = self.rules.menu(place).lengths(kind.pitch)
        found |= lengths.after.get(length, NOTHING)
        if length in lengths.broken:
            found |= frozenset(self.dialect.broken)
        if length in (lengths.tied_altered if kind.pitch == ALTERED_PITCH else lengths.tied):
            found |= {"-"}
        if length in lengths.single:
            first = self._first(self.rules.commit(place, kind.pitch, length))
            found |= first - {":"} if kind.as_field and not length else first
        return found

    def _first(self, place: Place) -> frozenset[str]:
        """The characters that may come at a place."""
        menu = self.rules.menu(place)
        return menu.after_sign.get("", NOTHING) | menu.after_pitch.get("", NOTHING)

    def _step_in_sign(self, place: Place, sign: str, char: str) -> AnyState | None:
        """The first character of a sign or a note, one more of a sign, or the first one after it."""
        menu, longer = self.rules.menu(place), sign + char
        if char in menu.after_sign.get(sign, NOTHING):
            final = longer in menu.signs and sum(one.startswith(longer) for one in menu.signs) == 1
            return State(self.rules.after(place, longer)) if final else State(place, longer)
        if sign:
            return self._step_in_sign(self.rules.after(place, sign), "", char) if sign in menu.signs else None
        return State(place, note=Written(char)) if char in menu.after_pitch.get("", NOTHING) else None

    def _step_in_note(self, place: Place, note: Written, char: str) -> AnyState | None:
        """One more character of a note, or the first one after it."""
        menu = self.rules.menu(place)
        pitch, length = note
        if not length and char in menu.after_pitch.get(pitch, NOTHING):
            return State(place, note=Written(pitch + char))
        if pitch not in menu.pitches:
            return None
        lengths = menu.lengths(pitch)
        if char in lengths.after.get(length, NOTHING):
            return State(place, note=Written(pitch, length + char))
        if char in self.dialect.broken:
            return State(self.rules.break_pair(place, pitch, length)) if length in lengths.broken else None
        if char == "-":
            tied = lengths.tied_altered if pitch[0] in "^_=" else lengths.tied
            return State(self.rules.tie(place, pitch, length)) if length in tied else None
        if length not in lengths.single or (char == ":" and menu.as_field and note == Written(pitch[0])):
            return None
        return self._step_in_sign(self.rules.commit(place, pitch, length), "", char)
