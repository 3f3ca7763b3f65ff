"""What a sustain pedal does to notes: spans in which it is down, and notes as long as they sound.

Half-pedalling is taken as a switch: down from value 64, as the MIDI specification has it.
"""

from __future__ import annotations

import numpy as np

from tunewright.music.midi_messages import Floats, Integers, Messages

SUSTAIN = 64
"""The number of the pedal's controller."""
DOWN = 64
"""The least value at which it is down."""


def pedal_spans(messages: Messages, last_tick: int) -> Integers:
    """Spans of ticks in which a pedal is down, (spans, 2), in order and apart from one another.

    A piano has one: where several channels have pedals, it is down while any of them is. A pedal that is never let go
    is down until the end. One that is let go and pressed again in the same tick has been let go.
    """
    controls = np.flatnonzero((messages.statuses >> 4 == 0xB) & (messages.first == SUSTAIN))
    channels = messages.tracks[controls] * 16 + (messages.statuses[controls] & 15)
    states = channels * 2 + (messages.second[controls] >= DOWN)
    order = np.argsort(channels, kind="stable")
    states = states[order]
    changes = np.flatnonzero(np.append(True, states[1:] != states[:-1])[: len(states)])
    ticks, states = messages.ticks[controls[order[changes]]], states[changes]
    let_go = np.append(ticks, last_tick)[1:]
    let_go[:-1][states[1:] >> 1 != states[:-1] >> 1] = last_tick
    pressed = np.flatnonzero((states & 1 == 1) & (let_go > ticks))
    return _united(np.stack([ticks[pressed], let_go[pressed]], axis=1))


def _united(spans: Integers) -> Integers:
    """Spans that overlap as one; those that only touch stay two."""
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    ends = np.maximum.accumulate(spans[:, 1])
    begins = np.flatnonzero(np.append(True, spans[1:, 0] >= ends[:-1])[: len(spans)])
    return np.stack([spans[begins, 0], ends[np.append(begins, len(spans))[1:] - 1]], axis=1)


def held(ends: Floats, pedal: Floats) -> Floats:
    """Ends of notes, (notes,): those within a span of the pedal, (spans, 2) in order, as late as the span's."""
    let_go = np.append(-np.inf, pedal[:, 1])
    lasting: Floats = np.maximum(ends, let_go[np.searchsorted(pedal[:, 0], ends, side="right")])
    return lasting


def struck_again(starts: Floats | Integers, pitches: Integers) -> Floats:
    """When the key of each note is struck next, (notes,), as its start is told; infinite where it is not.

    Of notes of one pitch with the same start, each but the last is struck again at once.

    Args:
        starts: in order within each pitch.
        pitches: MIDI numbers.
    """
    order = np.argsort(pitches.astype(np.uint8), kind="stable")  # of bytes: in linear time
    key = pitches[order]
    again = np.full(len(starts), np.inf)
    again[order[:-1]] = np.where(key[1:] == key[:-1], starts[order[1:]], np.inf)
    return again
