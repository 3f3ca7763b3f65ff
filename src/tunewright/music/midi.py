"""Performances in MIDI files: what was played when, how loud, and how the pedal held it.

Times are seconds in double precision, by the file's own ticks and tempi: nothing drifts, however long the piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tunewright.errors import InputError

if TYPE_CHECKING:
    from symusic.core import ScoreTick

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
TICKS_PER_QUARTER = 480
"""Of files that we write; at 60 quarter notes a minute 2.08 ms a tick."""


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


@dataclass(frozen=True)
class MidiPerformance:
    """What a MIDI file tells to be played.

    Attributes:
        notes: as keys were struck and let go.
        pedal: spans of seconds in which the sustain pedal was down, (spans, 2).
        beats: seconds of the beats; empty where the file tells no tempo.
    """

    notes: Notes
    pedal: Floats
    beats: Floats

    @property
    def seconds(self) -> float:
        """When the last key is let go."""
        return float(self.notes.ends.max(initial=0.0))


def read_midi(content: bytes) -> MidiPerformance:
    """What a MIDI file tells to be played.

    Raises:
        InputError: it is no MIDI file that we can read, or holds no notes.
    """
    from symusic.core import ScoreTick

    try:
        score = ScoreTick.from_midi(content)
    except Exception as error:
        raise InputError(f"no MIDI file ({error})") from None
    seconds = _clock(score)
    tracks = [track for track in score.tracks if not track.is_drum and len(track.notes)]
    if not tracks:
        raise InputError("no notes in it")
    columns = [track.notes.numpy() for track in tracks]
    starts, durations, pitches, velocities = (
        np.concatenate([column[name] for column in columns]).astype(np.int64)
        for name in ("time", "duration", "pitch", "velocity")
    )
    notes = in_order(Notes(seconds(starts), seconds(starts + durations), pitches, velocities))
    pedals = [track.pedals.numpy() for track in tracks if len(track.pedals)]
    spans = np.concatenate(
        [np.stack([seconds(one["time"]), seconds(one["time"] + one["duration"])], axis=1) for one in pedals]
        or [np.zeros((0, 2))]
    )
    return MidiPerformance(notes, spans[np.argsort(spans[:, 0], kind="stable")], np.zeros(0))


def in_order(notes: Notes) -> Notes:
    """The same notes by their starts, then pitches."""
    order = np.lexsort((notes.pitches, notes.starts))
    return Notes(notes.starts[order], notes.ends[order], notes.pitches[order], notes.velocities[order])


def sounding(performance: MidiPerformance) -> Notes:
    """The notes as long as they sound: one that is let go while the pedal is down ends with the pedal, or when its key
    is struck again.
    """
    starts, ends, pitches, velocities = performance.notes
    pedal = performance.pedal
    if len(pedal):
        span = np.searchsorted(pedal[:, 0], ends, side="right") - 1
        held = (span >= 0) & (ends < pedal[span, 1])
        ends = np.where(held, pedal[span, 1], ends)
    order = np.lexsort((starts, pitches))
    same = pitches[order][1:] == pitches[order][:-1]
    again = np.full(len(starts), np.inf)
    again[order[:-1][same]] = starts[order[1:][same]]
    return Notes(starts, np.minimum(ends, again), pitches, velocities)


def write_midi(notes: Notes, pedal: Floats | None = None, title: str = "") -> bytes:
    """The bytes of a MIDI file of one track, a piano.

    Args:
        pedal: spans of seconds in which the sustain pedal is down, (spans, 2).
    """
    from symusic.core import NoteTick, PedalTick, ScoreTick, TempoTick, TrackTick

    score: Any = ScoreTick(TICKS_PER_QUARTER)
    score.tempos.append(TempoTick(0, 60.0))
    track: Any = TrackTick(title, 0, False)
    starts, ends = (np.rint(column * TICKS_PER_QUARTER).astype(int).tolist() for column in notes[:2])
    for start, end, pitch, velocity in zip(
        starts, ends, notes.pitches.tolist(), notes.velocities.tolist(), strict=True
    ):
        track.notes.append(NoteTick(start, max(1, end - start), pitch, velocity))
    spans = np.zeros((0, 2)) if pedal is None else pedal
    for down, up in np.rint(spans * TICKS_PER_QUARTER).astype(int).tolist():
        track.pedals.append(PedalTick(down, up - down))
    score.tracks.append(track)
    return bytes(score.dumps_midi())


def _clock(score: ScoreTick) -> Any:
    """Seconds of ticks, by the tempo map."""
    ticks = score.ticks_per_quarter
    tempos: Any = score.tempos.numpy()
    times = np.concatenate([[0], tempos["time"]]).astype(np.float64)
    quarter = np.concatenate([[0.5], tempos["mspq"] / 1e6])
    begins = np.concatenate([[0.0], np.cumsum(np.diff(times) * quarter[:-1] / ticks)])

    def seconds(at: Any) -> Floats:
        at = np.asarray(at, dtype=np.float64)
        last = np.searchsorted(times, at, side="right") - 1
        found: Floats = begins[last] + (at - times[last]) * quarter[last] / ticks
        return found

    return seconds
