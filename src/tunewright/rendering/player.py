"""Plays notes with a soundfont in a small room, block by block: the memory needed does not grow with the piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunewright.rendering.soundfont import SAMPLES_PER_SECOND

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunewright.rendering.played import Played
    from tunewright.rendering.soundfont import Soundfont

SECONDS_OF_TAIL = 1.2
"""How long the room rings on after the last note."""
SECONDS_OF_FADE = 0.3
ROOM_DECAY = 0.25
"""Seconds in which the room's echo falls to 1/e of itself."""
ROOM_SHARE = 0.12
"""Energy of the echo beside that of the sound itself."""
TRANSFORM = 2**17
ECHO = round(SECONDS_OF_TAIL * SAMPLES_PER_SECOND)
BLOCK = TRANSFORM - ECHO
"""Samples that are mixed and convolved at a time: with their echo they fill one Fourier transform."""


def sound_blocks(played: Played, soundfont: Soundfont) -> Iterator[NDArray[np.float32]]:
    """The sound of a piece with the room's echo, faded out at its end; (2, samples) of each block."""
    import numpy as np

    samples = round((played.seconds + SECONDS_OF_TAIL) * SAMPLES_PER_SECOND)
    fade = round(SECONDS_OF_FADE * SAMPLES_PER_SECOND)
    fading = np.linspace(1, 0, fade, dtype=np.float32)
    begin = 0
    for block in _with_echo(_mixed(played, soundfont, samples)):
        end = begin + block.shape[1]
        if (faded := end - max(begin, samples - fade)) > 0:
            place = end - faded - (samples - fade)
            block[:, -faded:] *= fading[place : place + faded]
        yield block
        begin = end


def _mixed(played: Played, soundfont: Soundfont, samples: int) -> Iterator[NDArray[np.float32]]:
    """The sum of all notes, (2, samples) of each block."""
    import numpy as np

    notes = played.notes
    starts = np.rint(notes.starts * SAMPLES_PER_SECOND).astype(np.int64).tolist()
    durations, pitches, velocities = (
        (notes.ends - notes.starts).tolist(),
        notes.pitches.tolist(),
        notes.velocities.tolist(),
    )
    ahead = np.zeros((2, BLOCK), dtype=np.float32)
    number = 0
    for begin in range(0, samples, BLOCK):
        while number < len(starts) and starts[number] < begin + BLOCK:
            if durations[number] > 0:
                heard = soundfont.note(played.program, pitches[number], velocities[number], durations[number])
                place = starts[number] - begin
                missing = place + heard.shape[1] - ahead.shape[1]
                if missing > 0:
                    ahead = np.pad(ahead, ((0, 0), (0, max(missing, BLOCK))))
                ahead[:, place : place + heard.shape[1]] += heard
            number += 1
        yield ahead[:, : min(BLOCK, samples - begin)]
        ahead = ahead[:, BLOCK:]
        ahead = np.pad(ahead, ((0, 0), (0, max(0, BLOCK - ahead.shape[1]))))


def _with_echo(blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """What a small room makes of the sound: to it is added what it gives convolved with noise that dies away, other
    noise in each ear.
    """
    import numpy as np

    times = np.arange(ECHO) / SAMPLES_PER_SECOND
    noise = np.random.default_rng(0).standard_normal((2, times.size)) * np.exp(-times / ROOM_DECAY)
    noise *= np.sqrt(ROOM_SHARE / np.square(noise).sum(axis=1, keepdims=True))
    response = np.fft.rfft(noise, TRANSFORM)
    echo = np.zeros((2, TRANSFORM), dtype=np.float32)
    for block in blocks:
        echo += np.fft.irfft(np.fft.rfft(block, TRANSFORM) * response)
        yield block + echo[:, : block.shape[1]]
        echo = np.pad(echo[:, BLOCK:], ((0, 0), (0, BLOCK)))
