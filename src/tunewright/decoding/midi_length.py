"""How long a performance is to be: in notes, in seconds or in events, whatever it begins with included.

A goal says when the end may come. Before that it may not come; then no more keys are struck.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tunewright.decoding.midi_state import FOREVER, LONGEST_PAUSE, STEPS_PER_SECOND, Limits, State
from tunewright.errors import DecodingError

UNITS = ("notes", "seconds", "events")
_WORDS = re.compile(r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>n|notes?|s|sec|seconds?|e|events?)?")
DYING_AWAY = STEPS_PER_SECOND
"""Steps for which notes may sound on when the wished seconds are over."""
NEAR = 8
"""With so many events to spare, nothing that may come keeps a performance from its exact number of events."""
MOST_LONGER = 3
"""By how many symbols the way to the end may get longer with one symbol, at most."""


@dataclass(frozen=True, slots=True)
class Length:
    """A wished length.

    Attributes:
        count: so many; a whole number, except of seconds.
        unit: out of :data:`UNITS`.

    Raises:
        DecodingError: a count or a unit that can't be meant.
    """

    count: float
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise DecodingError(f"a length in {self.unit!r} can't be meant; expected one of {', '.join(UNITS)}")
        least = {"notes": 1, "seconds": 1 / STEPS_PER_SECOND, "events": 4}[self.unit]
        if not least <= self.count < FOREVER / STEPS_PER_SECOND:
            raise DecodingError(f"a length of {self} can't be meant; expected at least {least:g} {self.unit}")
        if self.unit != "seconds" and self.count != int(self.count):
            raise DecodingError(f"a length of {self} can't be meant; expected a whole number of {self.unit}")

    def __str__(self) -> str:
        return f"{self.count:g} {self.unit}"

    def goal(self, limits: Limits) -> Goal:
        """What it asks of a performance within these limits."""
        if self.unit == "notes":
            return Notes(limits, int(self.count))
        if self.unit == "events":
            return Events(limits, int(self.count))
        return Seconds(limits, round(self.count * STEPS_PER_SECOND))


def parse_length(text: str) -> Length:
    """A length in words: ``"60 seconds"``, ``"90 s"``, ``"500 notes"`` or ``"1024 events"``; a number alone is events.

    Raises:
        DecodingError: it can't be read.
    """
    match = _WORDS.fullmatch(text.strip().lower())
    if not match:
        raise DecodingError(f"length {text!r}: expected e.g. '60 seconds', '500 notes' or '1024 events'")
    unit = next((unit for unit in UNITS if match["unit"] and unit.startswith(match["unit"])), "events")
    return Length(float(match["count"]), unit)


class Goal:
    """Any length will do.

    Attributes:
        may_end_sooner: whether a performance may end before the goal is reached.
        silent_until: the last moment at which nothing may sound, in steps.
        sounds_until: the last moment at which anything may sound, in steps.
    """

    may_end_sooner = True
    silent_until = FOREVER
    sounds_until = FOREVER

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def is_reached(self, state: State) -> bool:
        """Whether no more keys are to be struck, and the end comes when the last one has been let go."""
        return False

    def is_open(self, state: State) -> bool:
        """Whether nothing that may come otherwise leads to where :meth:`admits` says no."""
        return True

    def admits(self, state: State) -> bool:
        """Whether the goal can be met from here."""
        return True

    def distance(self, state: State) -> int:
        """Fewest symbols to the end, the boundary included."""
        return self.limits.least(state) + 1

    def farthest(self, state: State) -> int:
        """What the distance is at most after any symbol that may come."""
        return self.distance(state) + MOST_LONGER


class Notes(Goal):
    """Exactly so many notes."""

    may_end_sooner = False

    def __init__(self, limits: Limits, count: int) -> None:
        super().__init__(limits)
        self.count = count

    def is_reached(self, state: State) -> bool:
        return state.notes >= self.count

    def admits(self, state: State) -> bool:
        return state.notes + state.needs_note <= self.count

    def distance(self, state: State) -> int:
        return self.limits.least(state, self.count - state.notes) + 1


class Seconds(Goal):
    """Keys are struck before the time is over; the last one is let go then, or at most :data:`DYING_AWAY` later."""

    may_end_sooner = False

    def __init__(self, limits: Limits, count: int) -> None:
        super().__init__(limits)
        self.count = count
        self.silent_until, self.sounds_until = count - 1, count + DYING_AWAY

    def is_reached(self, state: State) -> bool:
        return state.time >= self.count

    def admits(self, state: State) -> bool:
        return state.time < self.count

    def distance(self, state: State) -> int:
        missing, sounding = self.count - state.time, state.keys.bit_count()
        if missing <= 0:
            return self.limits.least(state) + 1
        # No pause may come yet, or a velocity wants its note: so one is struck now, whatever else.
        forced = state.awaits_note or (state.pause_is_over and not sounding)
        lives = [until - state.time for until in state.until] + [self.limits.longest] * forced
        # A single key after a pause that is over would have to be let go, or joined by another, before time goes on.
        held = max(lives, default=0) >= missing and not (state.pause_is_over and sounding == 1)
        strikes = forced + (not held)
        pauses = -(-missing // LONGEST_PAUSE)
        # A key that can't be let go now but must be soon may ask for a pause that is shorter than it could be.
        hurry = min(lives[: state.stuck], default=FOREVER) < missing - LONGEST_PAUSE * (pauses - 1)
        return sounding + 2 * strikes + (strikes > 0 > state.velocity) + pauses + hurry + 1


class Events(Goal):
    """Exactly so many events, the end not counted. What leaves too few or an awkward number of them may not come."""

    may_end_sooner = False

    def __init__(self, limits: Limits, count: int) -> None:
        super().__init__(limits)
        self.count = count

    def is_reached(self, state: State) -> bool:
        return state.events == self.count

    def is_open(self, state: State) -> bool:
        return self.count - state.events > state.keys.bit_count() + NEAR

    def admits(self, state: State) -> bool:
        """Whether exactly the events that are left can bring it to an end.

        All sounding keys are let go, which leaves none to spare, or three and more: enough for another note with all
        that it takes. Where nothing sounds yet, a velocity or a pause can fill the gap as well.
        """
        spare = self.count - state.events - self.limits.least(state)
        if spare in (1, 2) and not state.keys and not state.closed and not state.awaits_note:
            return not state.pause_is_over or (spare == 1 and state.velocity >= 0)
        return spare == 0 or spare >= 3

    def distance(self, state: State) -> int:
        return self.count - state.events + 1

    def farthest(self, state: State) -> int:
        return self.distance(state) - 1
