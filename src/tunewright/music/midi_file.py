"""The bytes of a standard MIDI file, read without trust: a file that is cut off or damaged is refused with a reason.

Knows nothing of notes or of pedals. Every byte is looked at by a regular expression or by NumPy, never one by one: a
large file takes a few milliseconds, and none can crash the process or hang it.

The format is that of the Standard MIDI Files 1.0 specification (MIDI Manufacturers Association, 1996).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tunewright.errors import InputError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

LARGEST = 20_000_000
"""Bytes of a file; some hours of piano take less than one million."""
MICROSECONDS_PER_QUARTER = 500_000
"""Where no tempo is told: 120 quarter notes a minute."""

_DELTA = rb"[\x80-\xff]{0,3}+[\x00-\x7f]"
_DATA = rb"[\x00-\x7f]"
_TWO_DATA_BYTES = re.compile(rb"(?:%b[\x80-\xbf\xe0-\xef]?+%b%b)*+" % (_DELTA, _DATA, _DATA))
"""Messages of notes, controls and bends, one after another; without a status byte one has that of the one before it."""
_ONE_DATA_BYTE = re.compile(rb"(?:%b[\xc0-\xdf]?+%b)*+" % (_DELTA, _DATA))
"""Changes of program and pressures of a channel, likewise."""
_SINGLE = re.compile(rb"(%b)[\xc0-\xdf]?+%b" % (_DELTA, _DATA))
_NUMBER = re.compile(_DELTA)
_PLACEHOLDER = b"\xff\x00\x00"
"""Stands for an event that is no message of two data bytes, so that its time counts and all are of one form."""


class Messages(NamedTuple):
    """Messages in the order of the file, track by track; every array of shape (messages,).

    Those of two data bytes count; of whatever else a track holds, only its place and tick are kept.

    Attributes:
        ticks: from the beginning of the track.
        tracks: numbers of the tracks, from 0.
        statuses: the kind of message in the upper four bits, 8 to 14, and the channel in the lower; 255 for anything
            else.
        first: data bytes, e.g. the pitch of a note.
        second: data bytes, e.g. the velocity of a note.
    """

    ticks: Integers
    tracks: Integers
    statuses: Bytes
    first: Bytes
    second: Bytes


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
    read = [_track(content, begin, end, number) for number, (begin, end) in enumerate(_chunks(content, tracks))]
    messages = Messages(*(np.concatenate(columns) for columns in zip(*(track for track, _ in read), strict=True)))
    tempi = sorted(
        ((0, MICROSECONDS_PER_QUARTER), *(tempo for _, own in read for tempo in own)), key=lambda one: one[0]
    )
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


def _track(content: bytes, at: int, end: int, number: int) -> tuple[Messages, list[tuple[int, int]]]:
    """One track's messages, and its tempi as ticks and microseconds.

    Its events are gathered as messages of two data bytes, with placeholders for all others; then they are told apart
    all at once.
    """
    gathered, size = [b"\x00" + _PLACEHOLDER], 4
    tempi_at: list[tuple[int, int]] = []
    run = _TWO_DATA_BYTES
    while at < end:
        stretch = _end(run, content, at, end)
        if stretch == at:
            other = _ONE_DATA_BYTE if run is _TWO_DATA_BYTES else _TWO_DATA_BYTES
            stretch = _end(other, content, at, end)
            run = run if stretch == at else other  # what is no message leaves the running status as it is
        piece = content[at:stretch]
        if piece:
            gathered.append(piece if run is _TWO_DATA_BYTES else _SINGLE.sub(rb"\1" + _PLACEHOLDER, piece))
            size += len(gathered[-1])
            at = stretch
            continue
        delta, kind, payload, after = _other_event(content, at, end)
        if kind == 0x2F:
            break
        gathered += (delta, _PLACEHOLDER)
        size += len(delta) + 3
        if kind == 0x51 and len(payload) == 3:
            tempi_at.append((size, int.from_bytes(payload, "big")))
        at = after
    ticks, statuses, first, second, ends = _told_apart(np.frombuffer(b"".join(gathered), dtype=np.uint8), number)
    if any(tempo == 0 for _, tempo in tempi_at):
        raise InputError(f"damaged: a tempo without end in track {number + 1}")
    tempi = [(int(ticks[np.searchsorted(ends, place)]), tempo) for place, tempo in tempi_at]
    return Messages(ticks, np.full(len(ticks), number), statuses, first, second), tempi


def _end(run: re.Pattern[bytes], content: bytes, at: int, end: int) -> int:
    """Where a stretch of such messages ends that begins here."""
    found = run.match(content, at, end)
    return found.end() if found else at


def _other_event(content: bytes, at: int, end: int) -> tuple[bytes, int, bytes, int]:
    """A meta event or a system message: the bytes of its delta, kind, payload, and where the next event begins.

    Raises:
        InputError: no event begins here, or it goes on beyond the track's end.
    """
    delta = _NUMBER.match(content, at, end)
    place = delta.end() if delta else end
    if place >= end:
        raise InputError(f"damaged: a track ends within an event, at byte {at}")
    status = content[place]
    if status not in (0xF0, 0xF7, 0xFF):
        raise InputError(f"damaged: no event begins at byte {at}")
    meta = status == 0xFF
    length = _NUMBER.match(content, place + 1 + meta, end)
    if not length:
        raise InputError(f"damaged: an event without a length at byte {at}")
    after = length.end() + _number(length[0])
    if after > end:
        raise InputError(f"damaged: the event at byte {at} is longer than its track")
    return content[at:place], content[place + 1] if meta else -1, content[length.end() : after], after


def _number(digits: bytes) -> int:
    """A number of variable length: seven bits in each byte."""
    value = 0
    for digit in digits:
        value = value << 7 | digit & 0x7F
    return value


def _told_apart(data: Bytes, number: int) -> tuple[Integers, Bytes, Bytes, Bytes, Integers]:
    """Ticks, statuses, data bytes and ends of messages that stand one after another, a placeholder first.

    Bytes of 128 and more stand alone, as a status, or in a row, as the beginning of a delta; which of the two follows
    from how many lower ones stand before them. After a status come two data bytes and then (delta, two data bytes) as
    often as the status holds on: 2 modulo 3 lower bytes before a longer delta, 0 before a status. After the beginning
    of a delta its last byte comes first: so 0 modulo 3 before another longer delta, and 1 before a status.
    """
    high = data >= 0x80
    edges = np.flatnonzero(high[1:] != high[:-1]) + 1
    begins = edges[1::2]
    lengths = np.append(edges[2::2], len(data)) - begins
    rest = lengths % 3
    deciding = np.maximum.accumulate(np.where(rest > 0, np.arange(len(rest)), -1))[:-1]
    after_status = np.concatenate([[True], (deciding < 0) | (rest[deciding] == 1)])
    counts = np.where(after_status, (lengths + 1) // 3, lengths // 3)
    before = np.cumsum(counts) - counts
    first = np.repeat(begins + ~after_status - 3 * before, counts) + 3 * np.arange(counts.sum())

    own = high[first - 1]
    status = data[first - 1]
    placeholder = own & (status == 0xFF)
    told = np.maximum.accumulate(np.where(own & ~placeholder, np.arange(len(first)), -1))
    if np.any((told < 0) & ~placeholder):
        raise InputError(f"damaged: a message without a status in track {number + 1}")
    statuses = np.where(placeholder, np.uint8(0xFF), status[told])

    last = (first - 1 - own)[1:]  # of the delta; the first placeholder is left out
    deltas = data[last].astype(np.int64)
    longer, shift = np.flatnonzero(high[last - 1]), 1
    while len(longer):
        deltas[longer] += (data[last[longer] - shift].astype(np.int64) & 0x7F) << (7 * shift)
        shift += 1
        longer = longer[high[last[longer] - shift]]
    ticks = np.concatenate([[0], np.cumsum(deltas)])
    return ticks, statuses, data[first], data[first + 1], first + 2
