"""A piece as something to hear: a MIDI file, or a recording made with a soundfont.

The notes are those of :func:`tunewright.rendering.played.played`; nothing here decides how it is played.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import SpooledTemporaryFile

from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.files import replacing, write_whole
from tunewright.music.performance import Performance, perform, to_score
from tunewright.music.reader import read_tune
from tunewright.rendering.played import Played, played, played_tune
from tunewright.rendering.player import sound_blocks
from tunewright.rendering.soundfont import SAMPLES_PER_SECOND, Soundfont

LONGEST_RECORDING = 60 * 60
"""Seconds. A slip such as ``c9999`` must not fill the disk."""
LARGEST_IN_MEMORY = 2**25
"""Bytes of sound: a minute and a half; more waits on the disk."""
PEAK = 0.9
"""Of the loudest sample, where 1 would be full scale."""


class MidiRenderer:
    """Writes a tune as a MIDI file of one track, and a performance as the MIDI file that it is."""

    suffix = ".mid"

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        return write_whole(path, piece.midi if piece.kind == "performance" else midi(perform(read_tune(piece.text))))


class WavRenderer:
    """Plays a piece into a WAV file: 44.1 kHz, stereo, 16 bit.

    Args:
        soundfont: an .sf2 file; None for the small General MIDI one that comes with pretty_midi.
    """

    suffix = ".wav"

    def __init__(self, soundfont: Path | None = None) -> None:
        self.soundfont = soundfont

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        sound = played(piece)
        with replacing(path) as beside:
            _record(sound, self.soundfont, beside)
        return path


def midi(performance: Performance) -> bytes:
    """The bytes of a MIDI file."""
    return bytes(to_score(performance).dumps_midi())


def wav(heard: Performance | Played, soundfont: Path | None = None) -> bytes:
    """The bytes of a WAV file, as long as the piece and the room's echo of its last note.

    Raises:
        RenderingError: there is nothing to play or far too much, or no usable soundfont.
    """
    buffer = io.BytesIO()
    _record(heard if isinstance(heard, Played) else played_tune(heard), soundfont, buffer)
    return buffer.getvalue()


def halved(recording: bytes) -> bytes:
    """A recording for a page that must stay small: mono, with half as many samples; a quarter of the bytes."""
    import numpy as np

    with wave.open(io.BytesIO(recording)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32)
        mono, rate = frames.reshape(-1, file.getnchannels()).mean(axis=1), file.getframerate() // 2
    # The mean of two samples is one: of what lies above half the new rate little is left to be heard as another tone.
    fewer = mono[: len(mono) // 2 * 2].reshape(-1, 2).mean(axis=1)
    buffer = io.BytesIO()
    with _wave_file(buffer, channels=1, rate=rate) as smaller:
        smaller.writeframes(fewer.astype("<i2").tobytes())
    return buffer.getvalue()


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


def _record(sound: Played, soundfont: Path | None, target: Path | io.BytesIO) -> None:
    """Plays a piece into a WAV file, its loudest sample at the peak. How loud that is shows only at the end: until then
    the sound waits in a file.

    Raises:
        RenderingError: there is nothing to play or far too much, or no usable soundfont.
    """
    import numpy as np

    if not len(sound.notes.starts):
        raise RenderingError("a tune without notes has no sound")
    if sound.seconds > LONGEST_RECORDING:
        minutes = round(sound.seconds / 60)
        raise RenderingError(f"a recording of {minutes} minutes; at most {LONGEST_RECORDING // 60} are made")
    font = _loaded(soundfont or default_soundfont())
    with SpooledTemporaryFile(LARGEST_IN_MEMORY) as waiting, _wave_file(target, channels=2) as file:
        loudest = 0.0
        for block in sound_blocks(sound, font):
            loudest = max(loudest, float(np.abs(block).max(initial=0.0)))
            waiting.write(np.ascontiguousarray(block.T).tobytes())
        gain = np.float32(PEAK / loudest if loudest > 0 else 1)
        waiting.seek(0)
        while piece := waiting.read(2**20):
            samples = np.frombuffer(piece, dtype=np.float32) * gain
            file.writeframesraw(np.round(samples * 32767).astype("<i2").tobytes())


@contextmanager
def _wave_file(
    target: Path | io.BytesIO, *, channels: int, rate: int = SAMPLES_PER_SECOND
) -> Iterator[wave.Wave_write]:
    """A WAV file of 16 bits to write frames into."""
    with wave.open(str(target) if isinstance(target, Path) else target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        yield file
