"""Plays single notes from a soundfont (.sf2).

Why not symusic's synthesizer: version 0.5.9 plays many instruments up to a semitone out of tune (issue 55:
https://github.com/Yikai-Liao/symusic/issues/55), and ends every note at once. What is left out here: filters,
vibrato and modulators, which shape a tone but not its pitch.
Source: SoundFont Technical Specification 2.04, sections 5 to 9.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunewright.errors import RenderingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLES_PER_SECOND = 44_100
LONGEST_NOTE = 60.0
"""Seconds; no key is held longer."""
MOST_SAMPLES_KEPT = 20_000_000
"""Of all tones that are kept together; 160 MB."""
LONGEST_RELEASE = 1.0
SHORTEST_RELEASE = 0.06
"""Seconds; a note that ended sooner would click."""
SILENCE = 960
"""Centibels below full level at which nothing is heard."""

# Generators: what a zone may say, by number (specification 8.1.2).
START, END, LOOP_START, LOOP_END = (0, 4), (1, 12), (2, 45), (3, 50)  # fine, and coarse in steps of 32768
PAN, DELAY, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE = 17, 33, 34, 35, 36, 37, 38
INSTRUMENT, KEYS, VELOCITIES, ATTENUATION = 41, 43, 44, 48
COARSE_TUNE, FINE_TUNE, SAMPLE, LOOPS, SCALE, ROOT = 51, 52, 53, 54, 56, 58
DEFAULTS = {DELAY: -12000, ATTACK: -12000, HOLD: -12000, DECAY: -12000, RELEASE: -12000, SCALE: 100, ROOT: -1}
ADDED_BY_PRESETS = (PAN, DELAY, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE, ATTENUATION, COARSE_TUNE, FINE_TUNE)

Zone = dict[int, int]
"""Value of each generator that a zone names; a range is its lowest value and 256 times its highest."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One recorded tone: its place among all samples, its loop, its rate and the pitch it was played at."""

    start: int
    end: int
    loop_start: int
    loop_end: int
    samples_per_second: int
    key: int
    correction_cents: int


class Soundfont:
    """A soundfont in memory.

    Raises:
        RenderingError: the file cannot be read or is no soundfont that we know.
    """

    def __init__(self, path: Path) -> None:
        import numpy as np

        try:
            data = path.read_bytes()
        except OSError as error:
            raise RenderingError(f"cannot read the soundfont {path}: {error.strerror or error}") from error
        if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
            raise RenderingError(f"{path} is not a soundfont (.sf2)")
        try:
            chunks = dict(_chunks(data, 12, len(data)))
            self._tones = np.frombuffer(chunks[b"smpl"], dtype="<i2")
            self._samples = [_sample(*row) for row in struct.iter_unpack("<20s5IBbHH", chunks[b"shdr"])]
            instruments = _zones(chunks, b"inst", "<20sH", 1, b"ibag", b"igen")
            presets = _zones(chunks, b"phdr", "<20sHHH3I", 3, b"pbag", b"pgen")
            numbers = [(row[2], row[1]) for row in struct.iter_unpack("<20sHHH3I", chunks[b"phdr"])]
        except (KeyError, IndexError, ValueError, struct.error) as error:
            raise RenderingError(f"cannot use the soundfont {path}: it is damaged") from error
        self._known: dict[tuple[Any, ...], tuple[int, NDArray[np.float64]]] = {}
        self._instruments = instruments
        self._presets = dict(zip(numbers, presets, strict=False))
        if not self._presets or not self._tones.size:
            raise RenderingError(f"cannot use the soundfont {path}: it is empty")

    def note(self, program: int, key: int, velocity: int, seconds: float) -> NDArray[np.float32]:
        """One note with its release, (2, samples).

        Args:
            program: General MIDI instrument, from 0; the font's first one if it lacks it.
            key: MIDI pitch.
            velocity: 1 to 127.
            seconds: until the note is let go.
        """
        import numpy as np

        voices = [self._voice(zone, key, velocity, seconds) for zone in self._sounding(program, key, velocity)]
        if len(voices) == 1:
            return voices[0]
        sound = np.zeros((2, max((voice.shape[1] for voice in voices), default=0)), dtype=np.float32)
        for voice in voices:
            sound[:, : voice.shape[1]] += voice
        return sound

    def _sounding(self, program: int, key: int, velocity: int) -> Iterator[Zone]:
        """The zones that sound for a note, everything that applies to them told in one."""
        preset = self._presets.get((0, program)) or next(iter(self._presets.values()))
        for outer in _matching(preset, INSTRUMENT, key, velocity):
            for inner in _matching(self._instruments[outer[INSTRUMENT]], SAMPLE, key, velocity):
                zone = DEFAULTS | inner
                for generator in ADDED_BY_PRESETS:
                    zone[generator] = zone.get(generator, 0) + outer.get(generator, 0)
                yield zone

    def _voice(self, zone: Zone, key: int, velocity: int, seconds: float) -> NDArray[np.float32]:
        """What one zone sounds like, (2, samples)."""
        import numpy as np

        seconds = min(seconds, LONGEST_NOTE)
        release = min(max(_seconds(zone, RELEASE), SHORTEST_RELEASE), LONGEST_RELEASE)
        mono = self._held(zone, key, round((seconds + release) * SAMPLES_PER_SECOND))
        mono = mono * ((velocity / 127) ** 2 * 10 ** (-zone[ATTENUATION] / 200))
        let_go = math.ceil(seconds * SAMPLES_PER_SECOND)
        mono[let_go:] *= _release(release, let_go / SAMPLES_PER_SECOND - seconds)[: mono[let_go:].size]
        angle = (min(max(zone[PAN], -500), 500) + 500) / 1000 * math.pi / 2
        sound = np.empty((2, mono.size), dtype=np.float32)
        np.multiply(mono, math.cos(angle), out=sound[0], casting="same_kind")
        np.multiply(mono, math.sin(angle), out=sound[1], casting="same_kind")
        return sound

    def _held(self, zone: Zone, key: int, samples: int) -> NDArray[np.float64]:
        """The tone of one zone while its key is down, kept for the next note: a piece plays the same few keys again and
        again. Shorter than was asked for where the tone has died away.
        """
        import numpy as np

        samples = round(min(samples, _audible(zone) * SAMPLES_PER_SECOND))
        kind = (key, *sorted(zone.items()))
        asked, tone = self._known.get(kind, (0, np.zeros(0)))
        if asked < samples and tone.size == asked:  # a tone that ended before it was asked to has no more to give
            if sum(known.size for _, known in self._known.values()) > MOST_SAMPLES_KEPT:
                self._known.clear()
            asked = max(samples, 2 * asked)
            sample = self._samples[zone[SAMPLE]]
            root = zone[ROOT] if zone[ROOT] >= 0 else sample.key
            cents = (key - root) * zone[SCALE] + 100 * zone[COARSE_TUNE] + zone[FINE_TUNE]
            cents += sample.correction_cents
            speed = 2 ** (cents / 1200) * sample.samples_per_second / SAMPLES_PER_SECOND
            tone = self._tone(sample, zone, np.arange(asked) * speed)
            tone *= _envelope(zone, asked)[: tone.size]
            self._known[kind] = asked, tone
        return tone[:samples]

    def _tone(self, sample: Sample, zone: Zone, places: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """The recorded tone at these places (samples from its start), within -1 to 1."""
        import numpy as np

        start = sample.start + _offset(zone, START)
        end = min(sample.end + _offset(zone, END), self._tones.size) - start
        loop_start = sample.loop_start + _offset(zone, LOOP_START) - start
        loop_end = sample.loop_end + _offset(zone, LOOP_END) - start
        if zone.get(LOOPS, 0) & 1 and 0 <= loop_start < loop_end:
            beyond = places >= loop_end
            places = np.where(beyond, loop_start + (places - loop_start) % (loop_end - loop_start), places)
        else:
            places = places[places < end - 1]
        before = places.astype(np.int64)
        share = places - before
        last = self._tones.size - 1
        left = self._tones[np.minimum(start + before, last)]
        right = self._tones[np.minimum(start + before + 1, last)]
        return np.asarray(left * (1 - share) + right * share) / 32768


def _chunks(data: bytes, start: int, stop: int) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every RIFF chunk, those within lists included."""
    while start + 8 <= stop:
        name, size = data[start : start + 4], int.from_bytes(data[start + 4 : start + 8], "little")
        if name == b"LIST":
            yield from _chunks(data, start + 12, min(start + 8 + size, stop))
        else:
            yield name, data[start + 8 : start + 8 + size]
        start += 8 + size + size % 2


def _sample(*row: int) -> Sample:
    if row[9] & 0x10:  # an .sf3 holds Ogg Vorbis, which we can't decode
        raise ValueError("compressed")
    return Sample(row[1], row[2], row[3], row[4], row[5], row[6], row[7])


def _zones(
    chunks: dict[bytes, bytes], heads: bytes, layout: str, bag_column: int, bags: bytes, generators: bytes
) -> list[list[Zone]]:
    """For each preset or instrument, its zones; the last head and the last bag only mark where things end."""
    firsts = [row[bag_column] for row in struct.iter_unpack(layout, chunks[heads])]
    bounds = [row[0] for row in struct.iter_unpack("<HH", chunks[bags])]
    named = list(struct.iter_unpack("<Hh", chunks[generators]))
    zones = [dict(named[start:stop]) for start, stop in pairwise(bounds)]
    return [zones[start:stop] for start, stop in pairwise(firsts)]


def _matching(zones: list[Zone], target: int, key: int, velocity: int) -> Iterator[Zone]:
    """The zones that hold for a note; a first zone that leads nowhere tells what holds for all others."""
    common = zones[0] if zones and target not in zones[0] else {}
    for zone in zones:
        merged = common | zone
        within = _within(merged.get(KEYS), key) and _within(merged.get(VELOCITIES), velocity)
        if target in zone and within:
            yield merged


def _within(bounds: int | None, value: int) -> bool:
    return bounds is None or (bounds & 0xFF) <= value <= (bounds >> 8 & 0xFF)


def _offset(zone: Zone, generators: tuple[int, int]) -> int:
    fine, coarse = generators
    return zone.get(fine, 0) + 32768 * zone.get(coarse, 0)


def _seconds(zone: Zone, part: int) -> float:
    """A generator that tells a time."""
    return float(2 ** (zone[part] / 1200))


def _audible(zone: Zone) -> float:
    """Seconds after which a tone has died away while its key is down; infinite where it doesn't."""
    if zone[SUSTAIN] < SILENCE:
        return math.inf
    return sum(_seconds(zone, part) for part in (DELAY, ATTACK, HOLD)) + _seconds(zone, DECAY) * SILENCE / 1000


def _envelope(zone: Zone, samples: int) -> NDArray[np.float64]:
    """Loudness at every sample while a key is down: an even rise, then a fall in decibels."""
    import numpy as np

    delay, attack, hold, decay = (_seconds(zone, part) for part in (DELAY, ATTACK, HOLD, DECAY))
    times = np.arange(samples) / SAMPLES_PER_SECOND
    falling = np.clip((times - delay - attack - hold) / decay * 1000, 0, max(0, zone[SUSTAIN]))
    rise = np.clip((times - delay) / attack, 0, 1)
    return np.asarray(rise * 10 ** (-falling / 200))


def _release(seconds: float, after: float) -> NDArray[np.float64]:
    """What is left of the loudness at every sample from so long ``after`` the key was let go, in a release of so many
    seconds to silence.
    """
    share: NDArray[np.float64] = _falling(seconds) * 10 ** (-after / seconds * SILENCE / 200)
    return share


@cache
def _falling(seconds: float) -> NDArray[np.float64]:
    import numpy as np

    times = np.arange(math.ceil(seconds * SAMPLES_PER_SECOND) + 1) / SAMPLES_PER_SECOND
    return np.asarray(10 ** (-times / seconds * SILENCE / 200))
