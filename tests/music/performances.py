"""MIDI files of our own making: well made ones, odd ones and broken ones."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from tunewright.contracts import Piece
from tunewright.music.midi import Notes, in_order

END = b"\x00\xff\x2f\x00"


def number(value: int) -> bytes:
    """A number of variable length."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def chunk(events: bytes, kind: bytes = b"MTrk") -> bytes:
    return kind + len(events).to_bytes(4, "big") + events


def midi_file(*tracks: bytes, form: int = 1, division: int = 480, announced: int | None = None) -> bytes:
    """A file of these tracks, each as its events without the end."""
    count = len(tracks) if announced is None else announced
    head = b"".join(value.to_bytes(2, "big") for value in (form, count, division))
    return chunk(head, b"MThd") + b"".join(chunk(events + END) for events in tracks)


def own_notes(seed: int, count: int = 200, seconds: float = 60.0) -> Notes:
    """Random notes of a piano."""
    chance = np.random.default_rng(seed)
    starts = chance.uniform(0, seconds, count)
    return in_order(
        Notes(
            starts,
            starts + chance.exponential(0.4, count),
            chance.integers(21, 109, count),
            chance.integers(1, 128, count),
        )
    )


def performance_piece(content: bytes, origin: str = "test") -> Piece:
    return Piece("", "", origin, kind="performance", midi=content)


def real_files() -> list[Path]:
    """The performances under ``$TUNEWRIGHT_DATA``."""
    folder = os.environ.get("TUNEWRIGHT_DATA")
    return sorted(Path(folder).rglob("*.midi")) if folder else []


def broken(content: bytes, seed: int) -> bytes:
    """The file cut off, some of its bytes turned over, or both."""
    chance = random.Random(seed)
    spoilt = bytearray(content)
    if seed % 3 != 1:
        spoilt = spoilt[: chance.randrange(len(spoilt))]
    if seed % 3 != 0 and spoilt:
        reach = chance.choice([60, len(spoilt)])  # the header's surroundings, or anywhere
        for _ in range(chance.randrange(1, 12)):
            spoilt[chance.randrange(min(reach, len(spoilt)))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


_DELTAS = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 700), st.integers(0, 40_000))
_PITCHES = st.sampled_from([60, 61, 67])
_CHANNELS = st.sampled_from([0, 0, 0, 1, 9])
_EVENTS = st.one_of(
    st.tuples(st.just(0x90), _CHANNELS, _PITCHES, st.integers(0, 127)),
    st.tuples(st.just(0x90), _CHANNELS, _PITCHES, st.integers(1, 127)),
    st.tuples(st.just(0x80), _CHANNELS, _PITCHES, st.integers(0, 127)),
    st.tuples(st.just(0xB0), _CHANNELS, st.just(64), st.integers(0, 127)),
    st.tuples(st.sampled_from([0xA0, 0xB0, 0xE0]), _CHANNELS, st.integers(0, 63), st.integers(0, 127)),
    st.tuples(st.sampled_from([0xC0, 0xD0]), _CHANNELS, st.integers(0, 127), st.none()),
    st.tuples(st.just(0x51), st.just(0), st.integers(1, 2_000_000), st.none()),
    st.tuples(st.just(0xF0), st.just(0), st.binary(max_size=200), st.none()),
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Any messages in one or two tracks, with and without running status; the first strikes a key."""
    tracks = []
    for _ in range(draw(st.integers(1, 2))):
        written, status = bytearray(b"\x00\x90\x3c\x40"), 0x90
        for delta, event, running in draw(st.lists(st.tuples(_DELTAS, _EVENTS, st.booleans()), max_size=40)):
            kind, channel, first, second = event
            written += number(delta)
            if kind == 0x51:
                written += b"\xff\x51\x03" + first.to_bytes(3, "big")
            elif kind == 0xF0:
                payload = bytes(byte & 0x7F for byte in first) + b"\xf7"
                written += b"\xf0" + number(len(payload)) + payload
            else:
                if not running or status != kind | channel:
                    written.append(kind | channel)
                written += bytes([first] if second is None else [first, second])
                status = kind | channel
                continue
            status = 0
        tracks.append(bytes(written))
    return midi_file(*tracks, division=draw(st.sampled_from([96, 384, 480])))
