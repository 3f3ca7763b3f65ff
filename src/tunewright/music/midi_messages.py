"""The messages in the tracks of a MIDI file, told apart all at once.

In messages of two data bytes three bytes below 128 stand for each: the last one of its delta and two of data. So where
one has been counted since a message began, or one and any number of threes, a higher byte is a status; where threes
alone, it belongs to a delta. Whatever else a track holds is few events, which are looked at one by one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tunewright.errors import InputError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

_DELTA = rb"[\x80-\xff]{0,3}+[\x00-\x7f]"
_NUMBER = re.compile(_DELTA)
_SINGLE = re.compile(rb"(%b)[\xc0-\xdf]?+[\x00-\x7f]" % _DELTA)
_SINGLES = re.compile(rb"(?:%b[\xc0-\xdf]?+[\x00-\x7f])++" % _DELTA)
"""Changes of program and pressures of a channel, one after another; without a status byte one has that of the one
before it.
"""
_PLACEHOLDER = b"\xff\x00\x00"
"""Stands for an event that is no message of two data bytes, so that its time counts and all are of one form."""
_HIGH = bytes(range(0x80, 0x100))
"""Statuses, and all bytes of a delta but its last."""
_TEMPO, _END_OF_TRACK = 0x51, 0x2F


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
    tracks: NDArray[np.int32]
    statuses: Bytes
    first: Bytes
    second: Bytes


class Gathered:
    """The events of all tracks as messages of two data bytes, with placeholders for all others and at the beginning of
    each track, so that they can be told apart all at once.

    Attributes:
        pieces: of bytes.
        high: where in the bytes those of 128 and more stand, piece by piece.
        tracks: where in the bytes the first placeholder of each track ends.
        tempi: where in the bytes the placeholders of tempi end, and microseconds per quarter note.
    """

    def __init__(self, content: bytes) -> None:
        self.pieces: list[bytes] = []
        self.high: list[Integers] = []
        self.tracks: list[int] = []
        self.tempi: list[tuple[int, int]] = []
        self._content, self._size = content, 0
        data = np.frombuffer(content, dtype=np.uint8)
        self._high = np.flatnonzero(data >= 0x80)
        values = data[self._high]
        index = np.flatnonzero((values >= 0xC0) & (values >> 4 != 0xE))
        others = self._high[index]
        self._others = [others[(others - index) % 3 == rest] for rest in range(3)]

    def add_track(self, at: int, end: int) -> None:
        """A track that begins and ends at these bytes of the file."""
        self._add(b"\x00" + _PLACEHOLDER)
        self.tracks.append(self._size)
        singles = False  # what is no message leaves the running status as it is
        while at < end:
            delta, status = _beginning(self._content, at, end)
            if status >= 0xF0:
                kind, payload, at = _other_event(self._content, at, at + len(delta), end)
                if kind == _END_OF_TRACK:
                    break
                self._add(delta + _PLACEHOLDER)
                if kind == _TEMPO and len(payload) == 3:
                    self.tempi.append((self._size, int.from_bytes(payload, "big")))
                    if not any(payload):
                        raise InputError(f"damaged: a tempo without end before byte {at}")
                continue
            singles = singles if status < 0x80 else 0xC0 <= status < 0xE0
            at = self._add_singles(at, end) if singles else self._add_pairs(at, end)

    def _add(self, piece: bytes) -> None:
        self._add_known(piece, np.flatnonzero(np.frombuffer(piece, dtype=np.uint8) >= 0x80))

    def _add_known(self, piece: bytes, high: Integers) -> None:
        self.pieces.append(piece)
        self.high.append(high + self._size)
        self._size += len(piece)

    def _add_singles(self, at: int, end: int) -> int:
        """Adds the messages of one data byte that begin here; returns where they end."""
        stretch = _SINGLES.match(self._content, at, end)
        if not stretch:
            raise InputError(f"damaged: no event begins at byte {at}")
        self._add(_SINGLE.sub(rb"\1" + _PLACEHOLDER, stretch[0]))
        return stretch.end()

    def _add_pairs(self, at: int, end: int) -> int:
        """Adds the messages of two data bytes that begin here; returns where they end: where something else begins, or
        with the track.
        """
        first = int(np.searchsorted(self._high, at))
        others = self._others[(at - first + 1) % 3]
        following = np.searchsorted(others, at)
        status = int(others[following]) if following < len(others) else end
        if status < end:
            digits = self._content[max(at, status - 4) : status - 1]  # of its delta, as far as they are four
            end = status - 1 - len(digits) + len(digits.rstrip(_HIGH))
        if self._content[end - 1] >= 0x80:
            raise InputError(f"damaged: an event is broken off at byte {end}")
        self._add_known(self._content[at:end], self._high[first : np.searchsorted(self._high, end)] - at)
        return end


def _beginning(content: bytes, at: int, end: int) -> tuple[bytes, int]:
    """The bytes of an event's delta, and the byte that follows them: its status, where it has one of its own."""
    delta = _NUMBER.match(content, at, end)
    if not delta:
        raise InputError(f"damaged: no event begins at byte {at}")
    if delta.end() == end:
        raise InputError(f"damaged: a track ends within an event, at byte {at}")
    return delta[0], content[delta.end()]


def _other_event(content: bytes, at: int, place: int, end: int) -> tuple[int, bytes, int]:
    """A meta event or a system message that begins at a byte and has its status at a later place: its kind, payload,
    and where the next event begins.

    Raises:
        InputError: it is none, or goes on beyond the track's end.
    """
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
    return content[place + 1] if meta else -1, content[length.end() : after], after


def _number(digits: bytes) -> int:
    """A number of variable length: seven bits in each byte."""
    value = 0
    for digit in digits:
        value = value << 7 | digit & 0x7F
    return value


def told_apart(gathered: Gathered) -> tuple[Messages, list[tuple[int, int]]]:
    """The messages, and the tempi as ticks and microseconds."""
    joined = b"".join(gathered.pieces)
    data, high = np.frombuffer(joined, dtype=np.uint8), np.concatenate(gathered.high)
    low = np.frombuffer(joined.translate(None, _HIGH), dtype=np.uint8)
    before = high - np.arange(len(high))  # of lower bytes
    message = before // 3
    rest = before - 3 * message

    tracks = len(gathered.tracks)
    places = np.array([*gathered.tracks, *(place for place, _ in gathered.tempi)])
    lower = places - np.searchsorted(high, places)
    ending = (lower + 2) // 3 - 1  # where a track is cut off within an event, this still belongs to it
    begins, at_tempi = ending[:tracks], ending[tracks:]
    _check(before, rest, begins)
    broken = np.append(lower[:tracks], len(low)) % 3 != 0
    if broken.any():
        raise InputError(f"damaged: track {np.argmax(broken)} ends within an event")

    own = rest == 1
    deltas, first, second = low.reshape(-1, 3).T
    ticks = _ticks(deltas, message[~own], data[high[~own]], begins)
    statuses = _statuses(data[high[own]], message[own], begins, len(ticks))
    numbers = np.repeat(np.arange(tracks, dtype=np.int32), np.append(begins[1:], len(ticks)) - begins)
    tempi = [(int(tick), tempo) for tick, (_, tempo) in zip(ticks[at_tempi], gathered.tempi, strict=True)]
    return Messages(ticks, numbers, statuses, first, second), tempi


def _check(before: Integers, rest: Integers, begins: Integers) -> None:
    """That each byte of 128 and more stands where it may, before which so many lower ones stand.

    Raises:
        InputError: one doesn't: a status after a status or within data, or a delta of more than four bytes.
    """
    wrong = rest == 2
    wrong[1:] |= (rest[1:] == 1) & (before[1:] == before[:-1])
    wrong[3:] |= before[3:] == before[:-3]
    if wrong.any():
        event = before[np.argmax(wrong)] // 3
        track = np.searchsorted(begins, event, side="right")
        raise InputError(f"damaged: no event begins after event {event - begins[track - 1] - 1:,} of track {track}")


def _ticks(last: Bytes, message: Integers, digits: Bytes, begins: Integers) -> Integers:
    """Ticks of messages by their deltas: the last digit of each, and the higher digits and to which messages they
    belong.
    """
    deltas = last.astype(np.int64)
    shifts = np.full(len(message), 7)
    for more in (1, 2):
        shifts[:-more] += 7 * (message[more:] == message[:-more])
    np.add.at(deltas, message, (digits & 0x7F).astype(np.int64) << shifts)
    deltas[begins[1:]] = -np.add.reduceat(deltas, begins)[:-1]
    return np.cumsum(deltas, out=deltas)


def _statuses(own: Bytes, message: Integers, begins: Integers, count: int) -> Bytes:
    """The status of each of so many messages, where these messages have one of their own."""
    placeholder = own == 0xFF
    kept = ~placeholder
    kept[np.searchsorted(message, begins)] = True
    told = np.maximum.accumulate(np.where(kept, np.arange(len(own)), 0))
    lasting = np.append(message[1:], count) - message
    without = (own[told] == 0xFF) & (lasting > 1)
    if without.any():
        track = np.searchsorted(begins, message[np.argmax(without)], side="right")
        raise InputError(f"damaged: a message without a status in track {track}")
    statuses = np.repeat(own[told], lasting)
    statuses[message[placeholder]] = 0xFF
    return statuses
