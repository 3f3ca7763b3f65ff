"""A tune as something to hear: a MIDI file, or a recording made with a soundfont.

The notes are those of :func:`tunewright.music.performance.perform`; nothing here decides how it is played.
"""

from __future__ import annotations

import io
import wave
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.files import write_whole
from tunewright.music.performance import Performance, perform, to_score
from tunewright.music.reader import read_tune
from tunewright.rendering.soundfont import SAMPLES_PER_SECOND, Soundfont

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_RECORDING = 20 * 60
"""Seconds. A slip such as ``c9999`` must not fill the memory."""
SECONDS_OF_TAIL = 1.2
"""How long the room rings on after the last note."""
SECONDS_OF_FADE = 0.3
ROOM_DECAY = 0.25
"""Seconds in which the room's echo falls to 1/e of itself."""
ROOM_SHARE = 0.12
"""Energy of the echo beside that of the sound itself."""
PEAK = 0.9
"""Of the loudest sample, where 1 would be full scale."""


class MidiRenderer:
    """Writes a tune as a MIDI file of one track."""

    suffix = ".mid"

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        return write_whole(path, midi(perform(read_tune(piece.text))))


class WavRenderer:
    """Plays a tune into a WAV file: 44.1 kHz, stereo, 16 bit.

    Args:
        soundfont: an .sf2 file; None for the small General MIDI one that comes with pretty_midi.
    """

    suffix = ".wav"

    def __init__(self, soundfont: Path | None = None) -> None:
        self.soundfont = soundfont

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        return write_whole(path, wav(perform(read_tune(piece.text)), self.soundfont))


def midi(performance: Performance) -> bytes:
    """The bytes of a MIDI file."""
    return bytes(to_score(performance).dumps_midi())


def wav(performance: Performance, soundfont: Path | None = None) -> bytes:
    """The bytes of a WAV file, as long as the performance and the room's echo of its last note.

    Raises:
        RenderingError: there is nothing to play or far too much, or no usable soundfont.
    """
    if not performance.notes:
        raise RenderingError("a tune without notes has no sound")
    if performance.seconds > LONGEST_RECORDING:
        minutes = round(performance.seconds / 60)
        raise RenderingError(f"a recording of {minutes} minutes; at most {LONGEST_RECORDING // 60} are made")
    return _wav_bytes(_in_a_room(_played(performance, _loaded(soundfont or default_soundfont()))))


def halved(recording: bytes) -> bytes:
    """A recording for a page that must stay small: mono, with half as many samples; a quarter of the bytes."""
    import numpy as np

    with wave.open(io.BytesIO(recording)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32)
        mono, rate = frames.reshape(-1, file.getnchannels()).mean(axis=1), file.getframerate() // 2
    # The mean of two samples is one: of what lies above half the new rate little is left to be heard as another tone.
    fewer = mono[: len(mono) // 2 * 2].reshape(-1, 2).mean(axis=1)
    return _written(fewer.astype("<i2").tobytes(), channels=1, rate=rate)


def default_soundfont() -> Path:
    """The soundfont inside the installed pretty_midi, found without importing it.

    Raises:
        RenderingError: it is not there.
    """
    spec = find_spec("pretty_midi")
    if spec is None or spec.origin is None:
        raise RenderingError("no soundfont: name one with --soundfont, or pip install pretty_midi")
    return Path(spec.origin).parent / "TimGM6mb.sf2"


@cache
def _loaded(soundfont: Path) -> Soundfont:
    """The soundfont, kept: loading takes longer than playing a tune."""
    return Soundfont(soundfont)


def _played(performance: Performance, soundfont: Soundfont) -> NDArray[np.float32]:
    """The sum of all notes, (2, samples), with room for the tail."""
    import numpy as np

    pace = performance.seconds_per_whole_note
    samples = round((performance.seconds + SECONDS_OF_TAIL) * SAMPLES_PER_SECOND)
    sound = np.zeros((2, samples), dtype=np.float32)
    # a tune plays the same few notes again and again
    known: dict[tuple[int, int, Fraction], NDArray[np.float32]] = {}
    for note in performance.notes:
        kind = (note.pitch, note.velocity, note.duration)
        if kind not in known:
            seconds = float(note.duration) * pace
            known[kind] = soundfont.note(performance.program, note.pitch, note.velocity, seconds)
        start = round(float(note.start) * pace * SAMPLES_PER_SECOND)
        heard = known[kind][:, : sound.shape[1] - start]
        sound[:, start : start + heard.shape[1]] += heard
    return sound


def _in_a_room(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sound with the room's echo, faded out at its end, its loudest sample at the peak."""
    import numpy as np

    sound = sound + _echo(sound)
    fade = round(SECONDS_OF_FADE * SAMPLES_PER_SECOND)
    sound[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    loudest = float(np.abs(sound).max())
    return sound * np.float32(PEAK / loudest) if loudest > 0 else sound


def _echo(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a small room answers: the sound convolved with noise that dies away, other noise in each ear."""
    import numpy as np

    times = np.arange(round(SECONDS_OF_TAIL * SAMPLES_PER_SECOND)) / SAMPLES_PER_SECOND
    noise = np.random.default_rng(0).standard_normal((2, times.size)) * np.exp(-times / ROOM_DECAY)
    noise *= np.sqrt(ROOM_SHARE / np.square(noise).sum(axis=1, keepdims=True))
    block = 2**17 - times.size  # convolved block by block: the memory needed does not grow with the tune
    response = np.fft.rfft(noise, 2**17)
    echo = np.zeros((2, sound.shape[1] + 2**17), dtype=np.float32)
    for start in range(0, sound.shape[1], block):
        spectrum = np.fft.rfft(sound[:, start : start + block], 2**17) * response
        echo[:, start : start + 2**17] += np.fft.irfft(spectrum)
    return echo[:, : sound.shape[1]]


def _wav_bytes(sound: NDArray[np.float32]) -> bytes:
    """A sound, (2, samples) within -1 to 1, as a 16-bit WAV file."""
    import numpy as np

    return _written(np.round(sound.T * 32767).astype("<i2").tobytes(), channels=2, rate=SAMPLES_PER_SECOND)


def _written(frames: bytes, *, channels: int, rate: int) -> bytes:
    """Frames of 16 bits as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)
    return buffer.getvalue()
