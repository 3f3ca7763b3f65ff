"""A performance as what happens in it: keys struck and let go, time passing, loudness changing.

The 388 events of Oore et al. (2018), "This Time with Feeling", and Huang et al. (2018), "Music Transformer": the pedal
is folded into the ends of notes. Times are rounded to steps of 10 ms from the beginning of the piece, once, and what is
told are differences of steps: nothing drifts. One sounding performance has one spelling:

- within a step, first keys are let go, by pitch, and then keys are struck, by pitch;
- a velocity is told before a note whose bin of four velocities is not the last one told;
- a pause is as many shifts of a second as fit, and then one of the rest;
- a note lasts at least one step; a key that is struck while it sounds is let go first, in the same step; of notes that
  strike one key in the same step only the last is told.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from tunewright.codecs.event_ids import (
    BIN,
    EVENTS,
    LETS_GO,
    SHIFTS,
    STEPS_PER_SECOND,
    VELOCITIES,
    Integers,
    name,
    spelled,
)
from tunewright.codecs.reference_events import reference_events, reference_notes
from tunewright.contracts import Piece
from tunewright.files import write_whole
from tunewright.music.midi import Notes, in_order, pedalled, read_midi, write_midi
from tunewright.music.midi_file import read_file
from tunewright.music.pedal import struck_again

PIANO = (21, 108)
"""The lowest and the highest key."""
UNTOLD_BIN = 16
"""The bin of a note before which no velocity was told."""


class MidiEvents:
    """Performances to events and back.

    Args:
        reference_compatible: spells pieces as :mod:`tunewright.codecs.reference_events` does, faults and all, so that
            figures published for that spelling can be compared with ours.
    """

    unit = "event"
    kind = "performance"
    name = "midi_events"
    size = EVENTS + 1
    boundary = (EVENTS,)

    @property
    def has_grammar(self) -> bool:
        """Whether what may come next is known (:mod:`tunewright.decoding.midi_grammar`): not of the faulty stream."""
        return not self.reference_compatible

    def __init__(self, reference_compatible: bool = False) -> None:
        self.reference_compatible = reference_compatible

    @classmethod
    def fit(cls, pieces: Sequence[Piece], *, reference_compatible: bool = False) -> Self:
        """The codec; its events are the same whatever the pieces."""
        return cls(reference_compatible)

    def encode(self, piece: Piece) -> Integers:
        """Events of a performance, shape (events,).

        Raises:
            InputError: the piece's MIDI can't be read.
        """
        if self.reference_compatible:
            return reference_events(*reference_notes(read_file(piece.midi)))
        return self.encode_notes(pedalled(read_midi(piece.midi)))

    def encode_notes(self, notes: Notes) -> Integers:
        """Events of notes as they sound, shape (events,); a note ends where its key is struck again, if not before."""
        if self.reference_compatible:
            return reference_events(*notes)
        return _events(*_in_steps(notes))

    def decode_notes(self, ids: Sequence[int] | Integers) -> Notes:
        """The notes that events spell, whatever these are: a key that is let go without sounding stays silent, one that
        is struck while it sounds is let go before, and a note that is never let go ends with the last event.
        """
        return _notes(np.asarray(ids, dtype=np.int64))

    def decode(self, ids: Sequence[int], origin: str = "") -> Piece:
        return Piece(title="", text="", origin=origin, kind=self.kind, midi=write_midi(self.decode_notes(ids)))

    def varied(self, ids: Sequence[int] | Integers, semitones: int, stretch: float) -> Integers:
        """The same performance higher or lower, and slower or faster, spelled anew.

        Args:
            semitones: up; fewer where notes would leave the piano, or go further beyond it than they are.
            stretch: by which times are multiplied.
        """
        notes = self.decode_notes(ids)
        lowest, highest = notes.pitches.min(initial=PIANO[0]), notes.pitches.max(initial=PIANO[1])
        if len(notes.pitches):
            down = min(0, min(PIANO[0], lowest) - notes.pitches.min())
            up = max(0, max(PIANO[1], highest) - notes.pitches.max())
            semitones = int(np.clip(semitones, down, up))
        return self.encode_notes(
            Notes(notes.starts * stretch, notes.ends * stretch, notes.pitches + semitones, notes.velocities)
        )

    def spellings(self) -> list[str]:
        """Empty for all: events spell no text."""
        return [""] * self.size

    def names(self) -> list[str]:
        return [*map(name, range(EVENTS)), ""]

    def units(self, piece: Piece) -> int:
        """Number of events."""
        return len(self.encode(piece))

    def notes(self, piece: Piece) -> int:
        """Number of notes that the events tell, for rates per note."""
        return int(np.count_nonzero(self.encode(piece) < LETS_GO))

    def save(self, path: Path) -> None:
        table = {"codec": self.name, "reference_compatible": self.reference_compatible}
        write_whole(path, json.dumps(table, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        return cls(json.loads(path.read_text(encoding="utf-8"))["reference_compatible"])


def _in_steps(notes: Notes) -> tuple[Integers, Integers, Integers, Integers]:
    """Starts and ends in steps, pitches and bins of velocity of the notes that are told."""
    starts = np.rint(notes.starts * STEPS_PER_SECOND).astype(np.int64)
    ends = np.maximum(np.rint(notes.ends * STEPS_PER_SECOND).astype(np.int64), starts + 1)
    return _told(starts, ends, notes.pitches, notes.velocities // BIN)


def _told(
    starts: Integers, ends: Integers, pitches: Integers, bins: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    """Notes that end where their keys are struck again; those to which that leaves no time are left out."""
    again = struck_again(starts, pitches)
    kept = again > starts
    ends = np.minimum(ends, again).astype(np.int64)
    if kept.all():
        return starts, ends, pitches, bins
    return starts[kept], ends[kept], pitches[kept], bins[kept]


def _events(starts: Integers, ends: Integers, pitches: Integers, bins: Integers) -> Integers:
    """The canonical spelling of notes that don't overlap within a pitch."""
    # One number an event, so that a plain sort is enough. From the highest bits down: step, whether struck, pitch, and
    # the velocity told, 0 for none and else the bin and 1.
    struck = np.sort(starts << 14 | 1 << 13 | pitches << 6 | bins + 1, kind="stable")  # almost in order
    struck[1:] -= np.where((struck[1:] ^ struck[:-1]) & 63, 0, struck[1:] & 63)
    events = np.sort(np.concatenate([struck, ends << 14 | pitches << 6]), kind="stable")  # two lists almost in order
    return spelled(np.diff(events >> 14, prepend=0), (events & 63) - 1, (events >> 6 & 255) ^ LETS_GO)


def _notes(ids: Integers) -> Notes:
    """The notes that events spell."""
    shifting = (ids >= SHIFTS) & (ids < VELOCITIES)
    steps = np.cumsum(np.where(shifting, ids - SHIFTS + 1, 0))
    telling = (ids >= VELOCITIES) & (ids < EVENTS)
    last_told = np.maximum.accumulate(np.where(telling, np.arange(len(ids)), -1))
    bins = np.where(last_told >= 0, ids[last_told] - VELOCITIES, UNTOLD_BIN)

    keys = np.flatnonzero((ids >= 0) & (ids < SHIFTS))
    pitches = ids[keys] % LETS_GO
    order = np.argsort(pitches, kind="stable")
    keys, pitches = keys[order], pitches[order]
    same = np.append(pitches[1:] == pitches[:-1], False)
    following = np.where(same, np.append(keys[1:], -1), -1)
    struck = ids[keys] < LETS_GO
    keys, following, pitches = keys[struck], following[struck], pitches[struck]
    starts = steps[keys]
    ends = np.maximum(np.where(following >= 0, steps[following], steps[-1:]), starts + 1)
    starts, ends, pitches, bins = _told(starts, ends, pitches, bins[keys])
    return in_order(Notes(starts / STEPS_PER_SECOND, ends / STEPS_PER_SECOND, pitches, bins * BIN + BIN // 2))
