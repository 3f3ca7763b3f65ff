"""The bytes of a standard MIDI file, read without trust: a file that is cut off or damaged is refused with a reason.

Knows nothing of notes or of pedals. Bytes are looked at by NumPy, never one by one: a large file takes a millisecond,
and none can crash the process or hang it.

The format is that of the Standard MIDI Files 1.0 specification (MIDI Manufacturers Association, 1996).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tunewright.errors import InputError
from tunewright.music.midi_messages import Floats, Gathered, Integers, Messages, told_apart

LARGEST = 20_000_000
"""Bytes of a file; some hours of piano take less than one million."""
MICROSECONDS_PER_QUARTER = 500_000
"""Where no tempo is told: 120 quarter notes a minute."""


@dataclass(frozen=True)
class MidiFile:
    """What a MIDI file holds, as far as it is heard.

    Attributes:
        ticks_per_quarter: how fine its time is.
        messages: of all tracks.
        tempi: ticks and microseconds per quarter note, (changes, 2), by tick; the first holds from tick 0.
    """

    ticks_per_quarter: int
    messages: Messages
    tempi: Integers

    @property
    def last_tick(self) -> int:
        """Of the last message of two data bytes."""
        return int(self.messages.ticks[self.messages.statuses < 0xFF].max(initial=0))

    def seconds(self, ticks: Integers) -> Floats:
        """When these ticks come, in seconds from the beginning, (ticks,) -> (ticks,).

        In this order of operations, so that these are pretty_midi's times to the bit.
        """
        changes = self.tempi[:, 0]
        per_tick = 60.0 / ((6e7 / self.tempi[:, 1]) * self.ticks_per_quarter)
        if len(changes) == 1:
            return np.asarray(ticks * per_tick[0], dtype=np.float64)
        begins = np.concatenate([[0.0], np.cumsum(per_tick[:-1] * np.diff(changes))])
        last = np.searchsorted(changes, ticks, side="right") - 1
        found: Floats = begins[last] + per_tick[last] * (ticks - changes[last])
        return found


def read_file(content: bytes) -> MidiFile:
    """Reads the bytes of a MIDI file.

    Raises:
        InputError: it is no MIDI file, is cut off or damaged, or is of a kind that has no one time line.
    """
    tracks, ticks_per_quarter = _header(content)
    gathered = Gathered(content)
    for begin, end in _chunks(content, tracks):
        gathered.add_track(begin, end)
    messages, tempi = told_apart(gathered)
    tempi = sorted([(0, MICROSECONDS_PER_QUARTER), *tempi], key=lambda one: one[0])
    kept: list[tuple[int, int]] = []
    for tick, tempo in tempi:
        if kept and kept[-1][0] == tick:
            kept[-1] = (tick, tempo)
        elif not kept or kept[-1][1] != tempo:
            kept.append((tick, tempo))
    return MidiFile(ticks_per_quarter, messages, np.array(kept, dtype=np.int64))


def _header(content: bytes) -> tuple[int, int]:
    """How many tracks are announced, and the ticks of a quarter note."""
    if content[:4] != b"MThd":
        raise InputError("no MIDI file: it does not begin with MThd")
    if len(content) > LARGEST:
        raise InputError(f"a MIDI file of {len(content) / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} MB are read")
    length = int.from_bytes(content[4:8], "big")
    if len(content) < 14:
        raise InputError("cut off within its header")
    if length < 6:
        raise InputError(f"damaged: a header of {length} bytes, where 6 are needed")
    form, tracks, division = (int.from_bytes(content[at : at + 2], "big") for at in (8, 10, 12))
    if form == 2:
        raise InputError("of type 2, songs side by side in one file; types 0 and 1 are read")
    if form > 2:
        raise InputError(f"damaged: of type {form}, which does not exist")
    if form == 0 and tracks != 1:
        raise InputError(f"damaged: {tracks} tracks in a file of type 0, which has one")
    if division == 0:
        raise InputError("damaged: 0 ticks per quarter note")
    if division >= 0x8000:
        raise InputError("timed by film frames (SMPTE); only ticks per quarter note are read")
    if tracks == 0:
        raise InputError("no tracks in it")
    return tracks, division


def _chunks(content: bytes, tracks: int) -> list[tuple[int, int]]:
    """Where each track begins and ends; chunks of other kinds are passed over."""
    found: list[tuple[int, int]] = []
    at = 8 + int.from_bytes(content[4:8], "big")
    while len(found) < tracks:
        if at + 8 > len(content):
            raise InputError(f"cut off: {tracks} tracks announced, {len(found)} found")
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "big")
        end = at + 8 + length
        if end > len(content):
            missing = end - len(content)
            raise InputError(f"cut off or damaged: {missing} bytes are missing from a chunk that should hold {length}")
        if kind == b"MTrk":
            found.append((at + 8, end))
        elif not kind.isalnum():
            raise InputError(f"damaged: no chunk begins at byte {at}")
        at = end
    return found
