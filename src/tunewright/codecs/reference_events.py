"""The event stream of the processor that most Music Transformers are trained with, faults and all.

That processor is jason9693/midi-neural-processor on GitHub. Losses published for its streams can only be compared with
losses on the same streams; for anything else :mod:`tunewright.codecs.midi_events` is better. What it does, and a
listener would not:

- a release ends all strikes of its key that are still open, as pretty_midi reads files;
- of notes in the order in which they end, those after the one that first starts after the last release of the pedal are
  left out; those that start before a late span of the pedal are told again for each such span;
- a span of the pedal after which no note starts lengthens nothing;
- a velocity is told before almost every note, since a bin is compared with an unbinned velocity;
- every pause is rounded by itself, so that time drifts.

Each channel of a track is taken for one instrument, and drums are left out; that processor parts programs, too, which
makes a difference only where a channel changes its program.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tunewright.codecs.event_ids import BIN, LETS_GO, STEPS_PER_SECOND, Integers, spelled
from tunewright.errors import InputError
from tunewright.music.midi import Notes, key_messages
from tunewright.music.midi_file import MidiFile
from tunewright.music.midi_messages import Floats, Messages
from tunewright.music.pedal import DOWN, SUSTAIN


def reference_notes(file: MidiFile) -> Notes:
    """The notes as that processor has them: some left out, some twice, by their starts.

    Raises:
        InputError: there are none.
    """
    messages = file.messages
    struck, let_go = _paired(messages)
    ended = (let_go >= 0) & (messages.ticks[struck] < messages.ticks[let_go])
    struck, let_go = struck[ended], let_go[ended]
    order = np.lexsort((struck, let_go))
    struck, let_go = struck[order], let_go[order]
    channels = messages.tracks * 16 + (messages.statuses & 15)
    pedal = (messages.statuses >> 4 == 0xB) & (messages.first == SUSTAIN)
    parts = []
    for channel in dict.fromkeys(channels[let_go].tolist()):
        own = channels[struck] == channel
        starts, ends = file.seconds(messages.ticks[struck[own]]), file.seconds(messages.ticks[let_go[own]])
        pitches, velocities = (data[struck[own]].astype(np.int64) for data in (messages.first, messages.second))
        controls = np.flatnonzero(pedal & (channels == channel))
        spans = _spans(file.seconds(messages.ticks[controls]), messages.second[controls] >= DOWN)
        places, ends = _held(starts, ends, pitches, spans)
        parts.append(Notes(starts, ends, pitches, velocities).select(places))
    if not parts:
        raise InputError("no notes in it")
    starts, ends, pitches, velocities = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Notes(starts, ends, pitches, velocities).select(np.argsort(starts, kind="stable"))


def _paired(messages: Messages) -> tuple[Integers, Integers]:
    """Which message strikes each note and which lets it go, as indices of messages, (notes,) each, in the order of the
    file; -1 for a note that is never let go.
    """
    keys, key, on = key_messages(messages)
    ticks = messages.ticks[keys]
    next_off = _next(~on, key)
    ons = np.flatnonzero(on)
    offs = next_off[ons]
    # Those struck in the very tick in which an earlier note of their key ends belong to the off after it.
    first_struck = np.append(True, ~on[:-1] | (key[1:] != key[:-1]))[: len(on)]
    earliest = np.maximum.accumulate(np.where(first_struck, np.arange(len(on)), 0))[ons]
    later = (offs >= 0) & (ticks[offs] == ticks[ons]) & (ticks[earliest] < ticks[ons])
    offs[later] = np.append(next_off[1:], -1)[offs[later]]
    offs[later] = np.where((offs[later] >= 0) & (key[offs[later]] == key[ons[later]]), offs[later], -1)

    let_go = np.full(len(messages.ticks), -1)
    let_go[keys[ons]] = np.where(offs >= 0, keys[offs], -1)
    struck = np.sort(keys[ons])
    return struck, let_go[struck]


def _next(wanted: NDArray[np.bool_], key: Integers) -> Integers:
    """The next place from each on at which something is wanted of the same key, (places,); -1 where there is none."""
    count = len(wanted)
    found = np.minimum.accumulate(np.where(wanted, np.arange(count), count)[::-1])[::-1]
    same = (found < count) & (key[np.minimum(found, count - 1)] == key)
    return np.where(same, found, -1)


def reference_events(starts: Floats, ends: Floats, pitches: Integers, velocities: Integers) -> Integers:
    """Events of notes in the order of their starts, all of shape (notes,), as that processor spells them."""
    times = np.stack([starts, ends], axis=1).ravel()
    order = np.argsort(times, kind="stable")
    pauses = np.rint(np.diff(times[order], prepend=0.0) * STEPS_PER_SECOND).astype(np.int64)
    keys = np.stack([pitches, pitches + LETS_GO], axis=1).ravel()[order]
    loudness = np.stack([velocities, np.full(len(velocities), -1)], axis=1).ravel()[order]
    bins = np.where(loudness >= 0, loudness // BIN, -1)
    told_before = np.append(0, loudness[:-1])[: len(loudness)]
    return spelled(pauses, np.where(bins != told_before, bins, -1), keys)


def _spans(times: Floats, down: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """Spans of the pedal in seconds, (spans, 2): a further release makes the last span longer; without a release there
    is no span.
    """
    spans: list[list[float]] = []
    pressed = None
    for time, is_down in zip(times.tolist(), down.tolist(), strict=True):
        if is_down:
            pressed = time if pressed is None else pressed
        elif pressed is not None:
            spans.append([pressed, time])
            pressed = None
        elif spans:
            spans[-1][1] = time
    return np.array(spans).reshape(-1, 2)


def _held(starts: Floats, ends: Floats, pitches: Integers, spans: Floats) -> tuple[Integers, Floats]:
    """Which notes are told, by their places and in order, and ends of all notes, lengthened by the pedal.

    Notes come in the order in which they end. Each span takes those up to the first that starts after it.
    """
    count = len(starts)
    if not len(spans):
        return np.argsort(starts, kind="stable"), ends
    stops = np.searchsorted(np.maximum.accumulate(starts), spans[:, 1], side="right")
    lasting = int(np.count_nonzero(stops < count))  # spans after which some note starts
    taken = stops[lasting - 1] if lasting else 0
    span = np.searchsorted(stops[:lasting], np.arange(taken), side="right")
    before = starts[:taken] < spans[span, 0]
    held = np.flatnonzero(~before)

    ends = ends.copy()
    order = held[np.lexsort((held, pitches[held], span[held]))]
    same = (span[order[1:]] == span[order[:-1]]) & (pitches[order[1:]] == pitches[order[:-1]])
    ends[order] = np.maximum(spans[span[order], 1], ends[order])
    ends[order[:-1][same]] = starts[order[1:][same]]

    rest = np.arange(taken, count)
    early = [np.flatnonzero(before), *(rest[starts[rest] < begin] for begin in spans[lasting:, 0])]
    late = [held, *(rest[starts[rest] >= begin] for begin in spans[lasting:, 0])]
    places = np.concatenate([*early, *late])
    return places[np.argsort(starts[places], kind="stable")], ends
