"""Where a performance stands amid its events, and what its keys can still do before time goes on.

The events are those of Oore et al. 2018 ("This time with feeling: learning expressive musical performance"): a key is
struck, a key is let go, time passes, or it is told how hard the next keys are struck. They have one order within a step
of time: first keys are let go, from the lowest up, then keys are struck, from the lowest up, the velocity told before a
key if it has changed. Sets of keys, and of symbols, are whole numbers whose bits are their members.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

ON, OFF, PAUSE, VELOCITY, BOUNDARY = 0, 128, 256, 356, 388
"""The first symbols of each kind: keys struck and let go by pitch, pauses of 1 to 100 steps, velocities by bin, the
end."""
SIZE = 389
"""Number of symbols."""
STEPS_PER_SECOND = 100
LONGEST_PAUSE = 100
"""Steps of the longest pause that is one event; what is longer is as many of these as fit, then the rest."""
FOREVER = 2**62
"""A time that never comes, in steps."""
START = -1
"""In the place of the last symbol, where none has come."""


class State(NamedTuple):
    """Where a performance stands.

    Attributes:
        last: the symbol that came last.
        keys: set of the pitches that sound.
        until: by when each of them must be let go, from the lowest up, in steps.
        above: set of the pitches that may still be struck in this step, as far as the order goes.
        velocity: bin that was told last; -1 before there was one.
        time: in steps.
        notes: how many have been struck.
        events: how many have come, pauses and velocities included.
    """

    last: int = START
    keys: int = 0
    until: tuple[int, ...] = ()
    above: int = -1
    velocity: int = -1
    time: int = 0
    notes: int = 0
    events: int = 0

    @property
    def has_paused(self) -> bool:
        """Whether the last event was a pause."""
        return PAUSE <= self.last < VELOCITY

    @property
    def pause_is_over(self) -> bool:
        """Whether the last event was a pause that no other may follow."""
        return PAUSE <= self.last < PAUSE + LONGEST_PAUSE - 1

    @property
    def awaits_note(self) -> bool:
        """Whether a velocity has been told for the next key."""
        return self.last >= VELOCITY

    @property
    def closed(self) -> bool:
        """Whether the last of the sounding keys has just been let go."""
        return not self.keys and OFF <= self.last < PAUSE

    @property
    def needs_note(self) -> bool:
        """Whether the performance can't end before another key has been struck."""
        return self.awaits_note or (not self.keys and not self.closed)

    @property
    def stuck(self) -> int:
        """How many of the lowest sounding keys can't be let go before time goes on."""
        if OFF <= self.last < PAUSE:
            return (self.keys & ((1 << (self.last - OFF)) - 1)).bit_count()
        return 0 if self.has_paused else self.keys.bit_count()


@dataclass(frozen=True, slots=True)
class Limits:
    """What may sound.

    Attributes:
        range: set of the pitches that may be struck.
        polyphony: most keys that may sound at once.
        longest: steps that a note may sound, at least :data:`SHORTEST_LIMIT`.
    """

    range: int
    polyphony: int
    longest: int

    def free(self, state: State) -> int:
        """Set of the keys that may be struck now."""
        if state.keys.bit_count() >= self.polyphony:
            return 0
        return self.range & ~state.keys & state.above

    def strikes_now(self, state: State) -> int:
        """How many keys can be struck before time goes on, if those that can be are let go first."""
        if state.awaits_note or 0 <= state.last < OFF:
            return min(self.polyphony - state.keys.bit_count(), (self.range & ~state.keys & state.above).bit_count())
        return min(self.polyphony, self.range.bit_count()) - state.stuck

    def least(self, state: State, notes: int = 0) -> int:
        """Fewest events that strike so many more notes, or those without which there is no end, and let all go."""
        notes = max(notes, int(state.needs_note))
        sounding = state.keys.bit_count()
        if not notes:
            return sounding + (state.stuck > 0)
        later = max(notes - self.strikes_now(state), 0)
        pauses = 1 + -(-later // min(self.polyphony, self.range.bit_count()))
        return sounding + 2 * notes + (state.velocity < 0) + pauses


SHORTEST_LIMIT = 3 * STEPS_PER_SECOND
"""What ``longest`` may not fall below: so any note can be held through two whole pauses, and no wish is a dead end."""


def members(bits: int) -> Iterator[int]:
    """The members of a set, the smallest first."""
    while bits:
        yield (bits & -bits).bit_length() - 1
        bits &= bits - 1
