"""What stays of a performance when key, tempo, loudness and the player's hands are taken away.

A performance is the set of its *runs*: ten notes that begin one after another, as the intervals between their pitches
from the lowest up. So a run is blind to transposition, to every duration, and to the order within it: the notes of a
chord never begin together, and in no performance in the same order. Only a run that begins or ends within such a chord
differs. What a player adds or leaves out costs the ten runs that it is in.
"""

from __future__ import annotations

import hashlib

import numpy as np

from tunewright.music.fingerprint import PERFORMED
from tunewright.music.midi import Notes

RUN = 10
"""Notes in a run."""
KEPT = 8
"""One run out of so many is kept, chosen by its hash: the same ones of every performance (Broder 1997)."""
FEWEST_KEPT = 32
"""But at least the runs of the smallest hashes, so many of them: of a short performance few would be left."""
# Random odd weights, one for each interval of a run: a weighted sum in 64 bits is a hash (Dietzfelbinger et al. 1997).
_WEIGHTS = np.frombuffer(hashlib.shake_256(b"tunewright").digest(8 * (RUN - 1)), dtype="<u8") | np.uint64(1)


def fingerprint_performance(notes: Notes) -> list[str]:
    """Those of the runs that are kept, as sorted 64-bit hashes in hexadecimal after a letter that tells their kind."""
    length = min(RUN, len(notes.pitches))
    if length < 2:
        return []
    runs = np.sort(np.lib.stride_tricks.sliding_window_view(notes.pitches, length), axis=1)
    hashes = np.unique(np.diff(runs, axis=1).astype(np.uint64) @ _WEIGHTS[: length - 1])
    few = int(np.searchsorted(hashes, np.uint64(2**64 // KEPT)))
    return [f"{PERFORMED}{value:016x}" for value in hashes[: max(few, FEWEST_KEPT)].tolist()]
