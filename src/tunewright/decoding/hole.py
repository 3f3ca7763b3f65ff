"""A tune with a hole in it: a number of bars to be written anew between what stands before and what stands after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from tunewright.decoding.bar_grammar import AnyState, BarGrammar, State
from tunewright.decoding.places import NOTE, UNKNOWN
from tunewright.decoding.plan import CLOSE, KEEP, MAY, Free, Now, Plan
from tunewright.errors import DecodingError


@dataclass(frozen=True)
class Window(Free):
    """Any division of a tune, but for a stretch of bars within which nothing ends.

    Attributes:
        bars: whole bars still to come of it.
        closes: whether a part ends with the last of them.
    """

    bars: int
    closes: bool

    @property
    def now(self) -> Now:
        return Now(CLOSE if self.bars == 1 and self.closes else KEEP if self.bars else MAY)

    def bar(self) -> Plan:
        return replace(self, bars=max(self.bars - 1, 0))

    def close(self) -> Plan:
        return self.bar()


class After(NamedTuple):
    """A state after the hole, and how many characters of what follows have come."""

    state: AnyState
    written: int


HoleState = State | After
"""A state within the hole, or after it."""


class HoleGrammar:
    """The automaton of a hole's characters, and then of what follows.

    Args:
        grammar: of the whole tune, in any form.
        before: the tune up to a bar line, that included.
        bars: whole bars to be written, at least 1; a pickup that stands before them is written too.
        after: the rest of the tune, from the bar line that ends the hole; the ending of the language included.

    Raises:
        DecodingError: what stands before or after is not of the language, or they don't fit together.
    """

    def __init__(self, grammar: BarGrammar, before: str, bars: int, after: str) -> None:
        self.grammar, self.after = grammar, after
        entry = grammar.walk(grammar.start(), before)
        if not isinstance(entry, State) or entry.note or entry.place.begun or after[:1] not in ("|", ":") or bars < 1:
            raise DecodingError("a hole begins after a bar line, has at least one bar and ends before a bar line")
        # A sign that might have gone on doesn't: a bar begins.
        place = grammar.rules.after(entry.place, entry.sign) if entry.sign else entry.place
        pickup = 0 if place.pickup == UNKNOWN else place.pickup
        closes = after[0] == ":" or after[1:2] in ("|", "]")
        place = place._replace(pickup=pickup, plan=Window(bars, closes))
        self._start = State(place)
        last = place._replace(plan=Window(1, closes), spot=NOTE, begun=True, settled=True)
        self.target = grammar.rules.targets(last)[0]
        if not grammar.ended(grammar.walk(State(last._replace(room=self.target)), after)):
            raise DecodingError(f"after the hole the tune can't go on with {after[:20]!r}")

    def start(self, chance: float | None = None) -> HoleState:
        """Where the hole begins; nothing is left to chance."""
        return self._start

    def step(self, state: HoleState, char: str) -> HoleState | None:
        """The state after one more character; None if it may not come."""
        if isinstance(state, After):
            following = self.grammar.step(state.state, char) if char == self.after[state.written] else None
            return After(following, state.written + 1) if following is not None else None
        following = self.grammar.step(state, char)
        if not isinstance(following, State) or char in "\n![":
            return None
        if following.sign[:1] in ("|", ":") or not _bars(following):
            return After(following, 1) if char == self.after[0] else None
        last = _bars(following) == 1 and following.place.room == self.target
        return None if last and following.place.tie else following

    def meant(self, state: HoleState, char: str) -> HoleState:
        """The state itself: where the hole ends is settled."""
        return state

    def characters(self, state: HoleState) -> frozenset[str]:
        """The characters that may come next."""
        if isinstance(state, After):
            return frozenset(self.after[state.written : state.written + 1])
        return frozenset(char for char in self.grammar.characters(state) if self.step(state, char) is not None)

    def ended(self, state: HoleState) -> bool:
        """Whether the tune is complete."""
        return isinstance(state, After) and state.written == len(self.after)

    def resting(self, state: HoleState) -> bool:
        """Whether a bar has just been completed."""
        return isinstance(state, State) and self.grammar.resting(state)

    def distance(self, state: HoleState) -> int:
        """Characters to the end, at most."""
        if isinstance(state, After):
            return len(self.after) - state.written
        bar = state.place.measure.cost[-1] or 0
        return (_bars(state) + 1) * (bar + 1) + len(self.after)


def _bars(state: State) -> int:
    """Bars still to come of the hole."""
    plan = state.place.plan
    return plan.bars if isinstance(plan, Window) else 0
