"""The language of performances: which event may come next, so that every note ends and an end can always be reached.

:mod:`tunewright.decoding.midi_state` tells the events and their order. What may come is what the codec would write: of
any performance there is one spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tunewright.contracts import Constraint
from tunewright.decoding.midi_length import Goal, Length
from tunewright.decoding.midi_state import (
    BOUNDARY,
    FOREVER,
    LONGEST_PAUSE,
    OFF,
    ON,
    PAUSE,
    SHORTEST_LIMIT,
    SIZE,
    STEPS_PER_SECOND,
    VELOCITY,
    Limits,
    State,
    members,
)
from tunewright.errors import DecodingError

PIANO = (21, 108)
"""The lowest and the highest pitch of a piano."""
POLYPHONY = 80
"""Keys that sound at once, at most: with the pedal held, MAESTRO's pianists let up to 72 ring."""
LONGEST_NOTE = 60.0
"""Seconds that a note sounds, at most: with the pedal held, MAESTRO's longest lasts 53."""
PITCHES = 128
BYTES = -(-SIZE // 8)
NOTE_ONS = (1 << OFF) - (1 << ON)
SHORT_PAUSES = (1 << (PAUSE + LONGEST_PAUSE - 1)) - (1 << PAUSE)
"""Pauses that no other may follow."""
VELOCITIES = (1 << BOUNDARY) - (1 << VELOCITY)
ANY_PITCH = -1
"""Set of all pitches there could be."""


class MidiGrammar(Constraint):
    """The automaton of performances.

    Within a step of time keys are let go from the lowest up, then struck from the lowest up, each after a velocity if
    it differs from the last one told. A key that sounds is let go before it is struck again, and no sooner than a step
    after it was struck. A pause of fewer than 100 steps is followed by no other. The end comes when at least one note
    was struck and the last one has just been let go.

    Args:
        lowest, highest: pitches that may be struck, 0 to 127.
        polyphony: most keys that sound at once; None for as many as there are.
        longest_note: seconds after which a note must have been let go, at least 3; None for no limit.
        length: when the end comes; None leaves it to the model.
        prompt: events that the performance begins with, shape (events,). They keep to the same rules, and count for the
            length.

    Raises:
        DecodingError: a limit that can't be meant; a prompt that breaks the rules, or from which the wished length
            can't be reached.
    """

    def __init__(
        self,
        lowest: int = PIANO[0],
        highest: int = PIANO[1],
        polyphony: int | None = POLYPHONY,
        longest_note: float | None = LONGEST_NOTE,
        length: Length | None = None,
        prompt: Sequence[int] = (),
    ) -> None:
        self.prompt = tuple(int(symbol) for symbol in prompt)
        self.limits = _limits(lowest, highest, polyphony, longest_note)
        self.goal = Goal(self.limits)
        start = self._walk(self.prompt)
        if length:
            self.goal = length.goal(self.limits)
            self._refuse_too_much(start, length)
        self._start = start._replace(until=tuple(min(until, self.goal.sounds_until) for until in start.until))

    def start(self, chance: float | None = None) -> State:
        """After the prompt; nothing is left to chance."""
        return self._start

    def allowed(self, state: State) -> Tensor:
        held = np.frombuffer(self.symbols(state).to_bytes(BYTES, "little"), dtype=np.uint8)
        return torch.from_numpy(np.unpackbits(held, count=SIZE, bitorder="little").view(np.bool_))

    def advance(self, state: State, symbol: int) -> State | None:
        return self._after(state, symbol) if (self.symbols(state) >> symbol) & 1 else None

    def resting(self, state: State) -> bool:
        """Whether time has just gone on: what was struck and let go together is complete."""
        return state.has_paused

    def meant(self, rested: State, symbol: int) -> State:
        return rested

    def distance(self, state: State) -> int:
        return 0 if state.last == BOUNDARY else self.goal.distance(state)

    def farthest(self, state: State) -> int:
        return self.goal.farthest(state)

    def symbols(self, state: State) -> int:
        """Set of the symbols that may come next."""
        if state.last == BOUNDARY:
            return 0
        if state.closed and self.goal.is_reached(state):
            return 1 << BOUNDARY
        found = self._legal(state)
        return found if self.goal.is_open(state) else self._towards_goal(state, found)

    def _legal(self, state: State) -> int:
        """Set of the symbols that may come by order and limits."""
        if state.awaits_note:
            return self.limits.free(state) << ON
        if due := self._due(state):
            return (self._may_be_let_go(state) & (2 * (due & -due) - 1)) << OFF
        found = (self._may_be_let_go(state) << OFF) | self._pauses(state)
        if not self.goal.is_reached(state) and (free := self.limits.free(state)):
            told = state.velocity >= 0
            found |= (VELOCITIES ^ (1 << (VELOCITY + state.velocity))) | (free << ON) if told else VELOCITIES
        return found | (1 << BOUNDARY) if state.closed and self.goal.may_end_sooner else found

    def _may_be_let_go(self, state: State) -> int:
        """Set of the keys that may be let go, as far as the order goes."""
        if state.has_paused:
            return state.keys
        return state.keys & -(2 << (state.last - OFF)) if state.last >= OFF else 0

    def _due(self, state: State) -> int:
        """Set of the keys that must be let go before time goes on or another is struck."""
        if not state.until or min(state.until) > state.time:
            return 0
        until = zip(members(state.keys), state.until, strict=True)
        return sum(1 << pitch for pitch, moment in until if moment <= state.time)

    def _pauses(self, state: State) -> int:
        """Set of the pauses that may come, as symbols."""
        if state.pause_is_over:
            return 0
        latest = min(state.until) if state.until else self.goal.silent_until
        longest = min(latest - state.time, LONGEST_PAUSE)
        return ((1 << longest) - 1) << PAUSE if longest > 0 else 0

    def _towards_goal(self, state: State, found: int) -> int:
        """Those of some symbols after which the goal can still be met.

        All velocities lead to the same, as do all keys that are struck and all pauses that another may not follow.
        """
        alike = [found & kind for kind in (NOTE_ONS, VELOCITIES, SHORT_PAUSES)]
        kinds = [*alike, *(1 << symbol for symbol in members(found & ~sum(alike)))]
        return sum(kind for kind in kinds if kind and self.goal.admits(self._after(state, next(members(kind)))))

    def _after(self, state: State, symbol: int) -> State:
        """The state after a symbol that may come."""
        _, keys, until, above, velocity, time, notes, events = state
        events += 1
        if symbol < OFF:
            bit = 1 << symbol
            place = (keys & (bit - 1)).bit_count()
            moment = min(time + self.limits.longest, self.goal.sounds_until)
            until = (*until[:place], moment, *until[place:])
            return State(symbol, keys | bit, until, -(bit << 1), velocity, time, notes + 1, events)
        if symbol < PAUSE:
            bit = 1 << (symbol - OFF)
            place = (keys & (bit - 1)).bit_count()
            until = until[:place] + until[place + 1 :]
            return State(symbol, keys ^ bit, until, ANY_PITCH, velocity, time, notes, events)
        if symbol < VELOCITY:
            return State(symbol, keys, until, ANY_PITCH, velocity, time + symbol - PAUSE + 1, notes, events)
        if symbol < BOUNDARY:
            return State(symbol, keys, until, above, symbol - VELOCITY, time, notes, events)
        return State(symbol, velocity=velocity, time=time, notes=notes, events=events - 1)

    def _walk(self, prompt: Sequence[int]) -> State:
        state = State()
        for number, symbol in enumerate(prompt, 1):
            right = self.symbols(state) & ~(1 << BOUNDARY)
            if not (0 <= symbol < SIZE and (right >> symbol) & 1):
                raise DecodingError(f"event {number} of the primer can't be {_name(symbol)}; expected {_names(right)}")
            state = self._after(state, symbol)
        return state

    def _refuse_too_much(self, state: State, length: Length) -> None:
        if not self.goal.admits(state):
            raise DecodingError(
                f"a length of {length} can't be reached: there are {state.notes} notes and {state.events} events in "
                f"{state.time / STEPS_PER_SECOND:g} seconds already; expected a greater length or a shorter primer"
            )


def _limits(lowest: int, highest: int, polyphony: int | None, longest_note: float | None) -> Limits:
    """The limits, or the error that :class:`MidiGrammar` says it raises."""
    if not 0 <= lowest <= highest < PITCHES:
        raise DecodingError(f"pitches from {lowest} to {highest} can't be meant; expected two of 0 to 127, in order")
    if polyphony is not None and polyphony < 1:
        raise DecodingError(f"a polyphony of {polyphony} can't be meant; expected at least 1 key")
    longest = FOREVER if longest_note is None else round(longest_note * STEPS_PER_SECOND)
    if longest < SHORTEST_LIMIT:
        least = SHORTEST_LIMIT // STEPS_PER_SECOND
        raise DecodingError(f"notes of at most {longest_note:g} seconds can't be meant; expected at least {least}")
    return Limits((2 << highest) - (1 << lowest), polyphony or PITCHES, longest)


_KINDS: tuple[tuple[int, int, Callable[[int], Any], str], ...] = (
    (ON, OFF, lambda value: value, "note on {}"),
    (OFF, PAUSE, lambda value: value, "note off {}"),
    (PAUSE, VELOCITY, lambda value: f"{10 * (value + 1)} ms", "a pause of {}"),
    (VELOCITY, BOUNDARY, lambda value: value, "velocity {}"),
)
"""Of each kind of event: its first symbol, the first one after it, what it tells, and how it is called."""


def _name(symbol: int) -> str:
    """What an event is called."""
    for first, end, value, name in _KINDS:
        if first <= symbol < end:
            return name.format(value(symbol - first))
    return "the end" if symbol == BOUNDARY else f"symbol {symbol}, which there isn't"


def _names(symbols: int) -> str:
    """What the events of a set are called, by kind."""
    told = []
    for first, end, value, name in _KINDS:
        held = [symbol - first for symbol in members(symbols) if first <= symbol < end]
        if held:
            several = held[0] != held[-1]
            told.append(name.format(f"{value(held[0])} to {value(held[-1])}" if several else value(held[0])))
    return " or ".join(told)
