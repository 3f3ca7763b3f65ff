"""Performances told note by note, slowly: what events say, how notes are spelled, and a model that makes some up."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from hypothesis import strategies as st
from torch import Tensor

from tunewright.decoding.midi_grammar import MidiGrammar
from tunewright.decoding.midi_state import State
from tunewright.models.emission import Categorical

END = 388
SIZE = 389
KINDS = (0, 128, 256, 356, END, SIZE)
"""The first symbols of each kind."""
NARROW: tuple[dict[str, Any], ...] = (
    {"lowest": 60, "highest": 60, "polyphony": 1, "longest_note": 3},
    {"lowest": 60, "highest": 62, "polyphony": 2, "longest_note": 3.5},
    {"lowest": 0, "highest": 127, "polyphony": 5, "longest_note": 4},
    {"lowest": 40, "highest": 47, "polyphony": 8, "longest_note": 5},
)
"""Limits that are soon met."""


class Note(NamedTuple):
    """One note, in steps of 10 ms."""

    start: int
    pitch: int
    end: int
    loudness: int


class WrongError(Exception):
    """An event that may not come."""


class Judge:
    """Replays events one by one, and refuses the first that breaks a rule."""

    def __init__(self, lowest: int = 21, highest: int = 108, polyphony: int = 80, longest: int = 6000) -> None:
        self.piano, self.polyphony, self.longest = range(lowest, highest + 1), polyphony, longest
        self.now = 0
        self.sounding: dict[int, tuple[int, int]] = {}
        self.notes: list[Note] = []
        self.loudness: int | None = None
        self.told = False
        self.pause: int | None = None
        self.let_go: list[int] = []
        self.struck: list[int] = []
        self.over = False

    def play(self, ids: Sequence[int]) -> Judge:
        for symbol in ids:
            if self.over:
                raise WrongError("nothing follows the end")
            if self.told and symbol >= 128:
                raise WrongError("a velocity is followed by its note")
            due = [pitch for pitch, (start, _) in self.sounding.items() if self.now - start >= self.longest]
            if due and not 128 <= symbol <= 128 + min(due):
                raise WrongError("a note is too long, and nothing may pass it")
            self._one(symbol)
        return self

    def _one(self, symbol: int) -> None:
        if symbol < 128:
            self._strike(symbol)
        elif symbol < 256:
            self._let_go(symbol - 128)
        elif symbol < 356:
            self._wait(symbol - 255)
        elif symbol < END:
            self._tell(symbol - 356)
        elif self.sounding or not self.let_go or self.struck:
            raise WrongError("the end comes when the last note has just been let go")
        else:
            self.over = True
        if symbol < 256 or symbol >= 356:
            self.pause = None

    def _can_be_struck(self, pitch: int) -> bool:
        within = pitch in self.piano and pitch not in self.sounding and len(self.sounding) < self.polyphony
        return within and pitch > max(self.struck, default=-1)

    def _strike(self, pitch: int) -> None:
        if self.loudness is None or not self._can_be_struck(pitch):
            raise WrongError(f"{pitch} can't be struck")
        self.sounding[pitch] = (self.now, self.loudness)
        self.struck.append(pitch)
        self.told = False

    def _let_go(self, pitch: int) -> None:
        if pitch not in self.sounding or self.struck or pitch <= max(self.let_go, default=-1):
            raise WrongError(f"{pitch} can't be let go")
        start, loudness = self.sounding.pop(pitch)
        self.notes.append(Note(start, pitch, self.now, loudness))
        self.let_go.append(pitch)

    def _wait(self, steps: int) -> None:
        if self.pause is not None and self.pause < 100:
            raise WrongError("that would have been one pause")
        if any(self.now + steps - start > self.longest for start, _ in self.sounding.values()):
            raise WrongError("a note gets too long")
        self.now, self.pause, self.let_go, self.struck = self.now + steps, steps, [], []

    def _tell(self, loudness: int) -> None:
        if loudness == self.loudness or not any(map(self._can_be_struck, range(128))):
            raise WrongError("no velocity is to be told")
        self.loudness, self.told = loudness, True


def performed(ids: Sequence[int], **limits: int) -> list[Note]:
    """The notes of whole performances, their end not told; raises what a judge does."""
    return sorted(Judge(**limits).play([*ids, END]).notes)


def spelled(notes: Sequence[Note]) -> list[int]:
    """The events of notes, none of which overlaps another of its pitch."""
    ids: list[int] = []
    now, loudness = 0, -1
    for moment in sorted({note.start for note in notes} | {note.end for note in notes}):
        while moment > now:
            ids.append(255 + min(moment - now, 100))
            now += min(moment - now, 100)
        ids += [128 + note.pitch for note in sorted(notes, key=lambda note: note.pitch) if note.end == moment]
        for note in sorted(notes):
            if note.start == moment:
                ids += [note.pitch] if note.loudness == loudness else [356 + note.loudness, note.pitch]
                loudness = note.loudness
    return ids


def without_overlaps(drawn: Sequence[Note]) -> list[Note]:
    """The same notes, each cut where its pitch is struck again; of several at once the first."""
    kept: list[Note] = []
    for note in sorted(drawn):
        before = [other for other in kept if other.pitch == note.pitch and other.end > note.start]
        if any(other.start == note.start for other in before):
            continue
        kept = [other._replace(end=note.start) if other in before else other for other in kept] + [note]
    return kept


def some_notes(lowest: int = 0, highest: int = 127) -> st.SearchStrategy[list[Note]]:
    """Performances of 1 to 12 notes, many of them close together."""
    note = st.builds(
        lambda start, pitch, length, loudness: Note(start, pitch, start + length, loudness),
        st.one_of(st.integers(0, 5), st.integers(0, 450)),
        st.one_of(st.integers(lowest, min(lowest + 3, highest)), st.integers(lowest, highest)),
        st.one_of(st.integers(1, 5), st.integers(1, 450)),
        st.integers(0, 31),
    )
    return st.lists(note, min_size=1, max_size=12).map(without_overlaps)


class Improviser:
    """A model whose every prediction depends on all that it has read, and which likes all kinds of events alike.

    Memory: a number that tells the past of a row.
    """

    emission = Categorical()
    pasts = 7919

    def __init__(self, end: float = 1.0, sharpness: float = 2.0) -> None:
        numbers = torch.arange(1, SIZE + 1, dtype=torch.float64)
        self.places = numbers * 12.9898 + numbers**2 * 0.37
        self.liking = torch.zeros(SIZE, dtype=torch.float64)
        # There are more keys than can sound at once; without this few would be let go in time.
        self.liking[128:256], self.liking[END] = 4.0, end
        self.sharpness = sharpness

    def __call__(self, inputs: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        past = self.empty(len(inputs)) if memory is None else memory
        logits = []
        for symbol in inputs.T:
            past = (past * 390 + symbol + 1) % self.pasts
            logits.append(self.sharpness * torch.sin((past[:, None] + 1) * self.places) + self.liking)
        return torch.stack(logits, dim=1), past

    def empty(self, rows: int) -> Tensor:
        return torch.zeros(rows, dtype=torch.long)

    def select(self, memory: Tensor, rows: Tensor) -> Tensor:
        return memory[rows]

    def assign(self, memory: Tensor, rows: Tensor, source: Tensor, source_rows: Tensor) -> Tensor:
        after = memory.clone()
        after[rows] = source[source_rows]
        return after

    def for_inference(self) -> Improviser:
        return self


def after(grammar: MidiGrammar, state: State, *symbols: int) -> State:
    """The state after symbols that may come."""
    for symbol in symbols:
        following = grammar.advance(state, symbol)
        assert following is not None
        state = following
    return state


def some_way(grammar: MidiGrammar, chance: random.Random, most: int) -> list[tuple[State, int]]:
    """States with what was chosen in each, up to the end or so many. All kinds of events are as likely, so that keys
    don't outnumber the rest; whole pauses come often.
    """
    state = grammar.start()
    way: list[tuple[State, int]] = []
    while len(way) < most and (symbols := grammar.allowed(state).nonzero().flatten().tolist()):
        kinds = [[symbol for symbol in symbols if first <= symbol < end] for first, end in pairwise(KINDS)]
        alike = chance.choice([kind for kind in kinds if kind])
        symbol = alike[-1] if 256 <= alike[0] < 356 and chance.random() < 0.4 else chance.choice(alike)
        way.append((state, symbol))
        state = after(grammar, *way[-1])
    return way
