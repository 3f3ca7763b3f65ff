"""A MIDI file note by note, in exact fractions: what the fast reader and the codec are held against."""

from __future__ import annotations

import io
from collections import defaultdict
from fractions import Fraction
from typing import NamedTuple

import mido

STEP = Fraction(1, 100)


class SlowNote(NamedTuple):
    start: Fraction
    end: Fraction
    pitch: int
    velocity: int


class _Struck(NamedTuple):
    tick: int
    velocity: int
    place: int


def slow_notes(content: bytes) -> list[SlowNote]:
    """Notes as they sound, by start, pitch and their order in the file: pedal folded in, cut where struck again."""
    file = mido.MidiFile(file=io.BytesIO(content))
    seconds = _Clock(file)
    keys, pedals = _keys_and_spans(file)
    notes = [
        SlowNote(seconds(start), seconds(_released(end, pedals)), pitch, velocity)
        for start, pitch, _, end, velocity in sorted(keys)
    ]
    cut = []
    for note, again in zip(notes, _struck_again(notes), strict=True):
        cut.append(note if again is None else note._replace(end=min(note.end, again)))
    return cut


def told_notes(notes: list[SlowNote]) -> list[SlowNote]:
    """Those that differ in the steps of 10 ms, each at least one step long where its key is not struck again before."""
    told = []
    for note, again in zip(notes, _struck_again(notes), strict=True):
        if again is not None and _step(again) == _step(note.start):
            continue
        end = max(note.end, note.start + STEP)
        told.append(note._replace(end=end if again is None else min(end, again)))
    return told


def _struck_again(notes: list[SlowNote]) -> list[Fraction | None]:
    """When the key of each note is struck next."""
    following: dict[int, Fraction] = {}
    again = []
    for note in reversed(notes):
        again.append(following.get(note.pitch))
        following[note.pitch] = note.start
    return again[::-1]


def _step(time: Fraction) -> int:
    return round(float(time) * 100)


class _Clock:
    def __init__(self, file: mido.MidiFile) -> None:
        self.ticks_per_quarter = file.ticks_per_beat
        self.tempi = [(0, 500_000)]
        for track in file.tracks:
            tick = 0
            for message in track:
                tick += message.time
                if message.type == "set_tempo":
                    self.tempi.append((tick, message.tempo))
        self.tempi.sort(key=lambda one: one[0])

    def __call__(self, tick: int) -> Fraction:
        time = Fraction(0)
        for (begin, tempo), (end, _) in zip(self.tempi, [*self.tempi[1:], (tick, 0)], strict=True):
            if begin < tick:
                time += Fraction((min(end, tick) - begin) * tempo, 1_000_000 * self.ticks_per_quarter)
        return time


def _keys_and_spans(file: mido.MidiFile) -> tuple[list[tuple[int, int, int, int, int]], list[tuple[int, int]]]:
    """(start, pitch, place in the file, end, velocity) of every key, and the spans of every pedal, all in ticks."""
    keys, spans, place, last = [], [], 0, 0
    open_pedals: list[int] = []
    for track in file.tracks:
        tick = 0
        sounding: dict[tuple[int, int], list[_Struck]] = defaultdict(list)
        pressed: dict[int, int] = {}
        for message in track:
            tick += message.time
            place += 1
            if message.type in ("note_on", "note_off", "control_change", "polytouch", "pitchwheel"):
                last = max(last, tick)
            if message.type == "control_change" and message.control == 64:
                if message.value >= 64:
                    pressed.setdefault(message.channel, tick)
                elif message.channel in pressed:
                    spans.append((pressed.pop(message.channel), tick))
            if message.type not in ("note_on", "note_off") or message.channel == 9:
                continue
            own = sounding[message.channel, message.note]
            if message.type == "note_on" and message.velocity > 0:
                own.append(_Struck(tick, message.velocity, place))
                continue
            if own:
                first = own.pop(0)
                keys.append((first.tick, message.note, first.place, tick, first.velocity))
        open_pedals += pressed.values()
    spans += [(down, last) for down in open_pedals]
    return keys, [(down, up) for down, up in spans if up > down]


def _released(end: int, pedals: list[tuple[int, int]]) -> int:
    """The tick in which a key that is let go at ``end`` falls silent."""
    let_go = max((up for down, up in pedals if down <= end < up), default=end)
    while let_go > end:
        end = let_go
        let_go = max((up for down, up in pedals if down < end < up), default=end)
    return end
