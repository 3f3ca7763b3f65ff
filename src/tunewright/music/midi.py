"""Performances in MIDI files: what was played when, how loud, and how the pedal held it.

Times are seconds in double precision, by the file's own ticks and tempi: nothing drifts, however long the piece. Faults
that leave no doubt about what is heard are tolerated, and :func:`read_midi` says how; others are errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tunewright.errors import InputError
from tunewright.music.midi_file import MICROSECONDS_PER_QUARTER, MidiFile, read_file
from tunewright.music.midi_messages import Bytes, Floats, Integers, Messages
from tunewright.music.pedal import SUSTAIN, held, pedal_spans, struck_again

TICKS_PER_QUARTER = 500
"""Of files that we write; without a tempo, which means 120 quarter notes a minute, a tick is a millisecond."""
TICKS_PER_SECOND = 1000
LONGEST = 24 * 3600
"""Seconds of a performance; what lasts longer is a damaged file."""
DRUMS = 9
"""The channel of drums, from 0, whose pitches are no pitches."""
MOST_BEATS_PER_SECOND = 20


class Notes(NamedTuple):
    """Notes in the order of their starts, then pitches; every array of shape (notes,).

    Attributes:
        starts: seconds from the beginning.
        ends: seconds from the beginning.
        pitches: MIDI numbers.
        velocities: 1 to 127.
    """

    starts: Floats
    ends: Floats
    pitches: Integers
    velocities: Integers

    def select(self, places: Integers | NDArray[np.bool_] | slice) -> Notes:
        """The notes at these places, in this stretch, or where a mask is true."""
        return Notes(self.starts[places], self.ends[places], self.pitches[places], self.velocities[places])


@dataclass(frozen=True)
class MidiPerformance:
    """What a MIDI file tells to be played.

    Attributes:
        notes: as keys were struck and let go.
        pedal: spans of seconds in which the sustain pedal was down, (spans, 2), in order and apart from one another.
        beats: seconds of the quarter notes; empty where the file tells no tempo of its own: recorders write a constant
            120, whatever is played.
    """

    notes: Notes
    pedal: Floats
    beats: Floats

    @property
    def seconds(self) -> float:
        """When the last key is let go."""
        return float(self.notes.ends.max(initial=0.0))


def read_midi(content: bytes) -> MidiPerformance:
    """What a MIDI file tells to be played, all its tracks together on one piano; drums are left out.

    Each release of a key ends the earliest of its strikes that are still open, as :func:`paired` says; a strike that is
    left without a release hangs, and is left out, as other readers do.

    Raises:
        InputError: it is no MIDI file that we can read, holds no notes, or lasts longer than a day.
    """
    file = read_file(content)
    messages, last_tick = file.messages, file.last_tick
    struck, let_go = paired(messages)
    if not len(struck):
        raise InputError("no notes in it" if not _has_drums(messages) else "no notes but those of drums in it")
    seconds = file.seconds(np.array([last_tick]))[0]
    if seconds > LONGEST:
        raise InputError(f"damaged: it lasts {seconds / 3600:,.0f} hours; at most {LONGEST // 3600} are read")
    order = np.argsort(messages.ticks[struck] * 128 + messages.first[struck], kind="stable")
    struck, let_go = struck[order], let_go[order]
    pitches, velocities = (column[struck].astype(np.int64) for column in (messages.first, messages.second))
    notes = Notes(file.seconds(messages.ticks[struck]), file.seconds(messages.ticks[let_go]), pitches, velocities)
    pedal = file.seconds(pedal_spans(messages, last_tick).ravel()).reshape(-1, 2)
    return MidiPerformance(notes, pedal, _beats(file, last_tick))


def paired(messages: Messages) -> tuple[Integers, Integers]:
    """Which message strikes each note and which lets it go: indices of messages, (notes,) each, in the order of the
    file.

    Keys of different tracks or channels are different. Each release ends the earliest strike of its key that is still
    open; one without an open strike ends nothing, and a strike without a release is no note.
    """
    keys, key, on = key_messages(messages)
    steps = on * np.int8(2) - np.int8(1)
    # Strikes less releases before each, key by key: what is subtracted keeps the minima of different keys apart.
    balance = np.cumsum(steps, dtype=np.int64)
    balance -= steps
    balance -= key * (2 * len(on) + 1)
    ends = np.flatnonzero((balance > np.minimum.accumulate(balance)) & ~on)
    strikes = np.flatnonzero(on)
    if len(strikes) > len(ends):
        ordinal = np.arange(len(strikes)) - np.searchsorted(key[strikes], key[strikes])
        ended = np.searchsorted(key[ends], key[strikes], side="right") - np.searchsorted(key[ends], key[strikes])
        strikes = strikes[ordinal < ended]
    struck, let_go = keys[strikes], keys[ends]
    order = _order(struck)
    return struck[order], let_go[order]


def key_messages(messages: Messages) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """The messages of keys but those of drums, key by key and each key's in their order: their indices, which key, and
    whether it is struck, (messages,) each.
    """
    channels = messages.statuses & 15
    keys = np.flatnonzero((messages.statuses < 0xA0) & (channels != DRUMS))
    key = ((messages.tracks * 16 + channels) * 128 + messages.first)[keys]
    order = _order(key)
    keys = keys[order]
    return keys, key[order].astype(np.int64), ((messages.statuses >= 0x90) & (messages.second > 0))[keys]


def _order(numbers: NDArray[np.integer[Any]]) -> Integers:
    """Places of numbers from 0 in their order, (numbers,): in linear time, where they are narrow."""
    return np.argsort(numbers.astype(np.uint16) if numbers.max(initial=0) < 2**16 else numbers, kind="stable")


def _has_drums(messages: Messages) -> bool:
    return bool(np.any((messages.statuses == (0x90 | DRUMS)) & (messages.second > 0)))


def _beats(file: MidiFile, last_tick: int) -> Floats:
    """Seconds of the quarter notes, where the file tells of any."""
    count = last_tick // file.ticks_per_quarter + 1
    told = len(file.tempi) > 1 or file.tempi[0, 1] != MICROSECONDS_PER_QUARTER
    if not told or count > MOST_BEATS_PER_SECOND * LONGEST:
        return np.zeros(0)
    return file.seconds(np.arange(count) * file.ticks_per_quarter)


def in_order(notes: Notes) -> Notes:
    """The same notes by their starts, then pitches."""
    return notes.select(np.lexsort((notes.pitches, notes.starts)))


def sounding(performance: MidiPerformance) -> Notes:
    """The notes as long as they sound: one that is let go while the pedal is down ends with the pedal, and any when its
    key is struck again.
    """
    notes = pedalled(performance)
    return notes._replace(ends=np.minimum(notes.ends, struck_again(notes.starts, notes.pitches)))


def pedalled(performance: MidiPerformance) -> Notes:
    """The notes of which those that are let go while the pedal is down end with the pedal, though their keys may be
    struck before.
    """
    return performance.notes._replace(ends=held(performance.notes.ends, performance.pedal))


def write_midi(notes: Notes, pedal: Floats | None = None, title: str = "") -> bytes:
    """The bytes of a MIDI file of one track, a piano, to the nearest millisecond.

    A note lasts at least one millisecond, and ends where its key is struck again; of notes that strike one key in the
    same millisecond the last is written.

    Args:
        pedal: spans of seconds in which the sustain pedal is down, (spans, 2).
    """
    starts = np.rint(notes.starts * TICKS_PER_SECOND).astype(np.int64)
    ends = np.maximum(np.rint(notes.ends * TICKS_PER_SECOND).astype(np.int64), starts + 1)
    again = struck_again(starts.astype(np.float64), notes.pitches)
    kept = again > starts
    starts, ends, pitches, velocities = (
        column[kept] for column in (starts, np.minimum(ends, again).astype(np.int64), *notes[2:])
    )
    pedal_ticks = np.rint((np.zeros((0, 2)) if pedal is None else pedal) * TICKS_PER_SECOND).astype(np.int64)
    # In one tick: the pedal is let go, keys are let go, the pedal is pressed, keys are struck.
    events: list[tuple[Any, ...]] = [
        (pedal_ticks[:, 1], 0xB0, SUSTAIN, 0),
        (ends, 0x90, pitches, 0),
        (pedal_ticks[:, 0], 0xB0, SUSTAIN, 127),
        (starts, 0x90, pitches, velocities),
    ]
    ticks, *columns = np.concatenate([np.stack(np.broadcast_arrays(*event)) for event in events], axis=1)
    order = np.argsort(ticks, kind="stable")
    name = title.encode()
    track = b"".join(
        [
            b"\x00\xff\x03" + _spelled(np.array([len(name)])).tobytes() + name if title else b"",
            b"\x00\xc0\x00",
            _spelled(np.diff(ticks[order], prepend=0), *(column[order] for column in columns)).tobytes(),
            b"\x00\xff\x2f\x00",
        ]
    )
    head = b"MThd" + b"".join(value.to_bytes(2, "big") for value in (0, 6, 0, 1, TICKS_PER_QUARTER))
    return head + b"MTrk" + len(track).to_bytes(4, "big") + track


def _spelled(deltas: Integers, *columns: Integers) -> Bytes:
    """Numbers of variable length, up to four bytes of seven bits, each followed by one byte of every column."""
    sevens = np.stack([deltas >> 21, deltas >> 14, deltas >> 7, deltas], axis=1)
    rows = np.concatenate([sevens & 0x7F, *(column[:, None] for column in columns)], axis=1).astype(np.uint8)
    rows[:, :3] |= 0x80
    needed = np.ones(rows.shape, dtype=bool)
    needed[:, :3] = sevens[:, :3] > 0
    return rows[needed]
