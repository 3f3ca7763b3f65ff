"""abc2midi as a judge: what it warns of, bar by bar, and what it plays, note by note.

abc2midi (James Allwright, Seymour Shlien) is the usual player of ABC. It reads one tune, alone in a file of its own,
twice.

First as the tune is written, for its warnings. Only fermatas are off (``-NFER``): it lengthens the note under one and
then finds the bar too long. That it calls ``R:hornpipe`` in C| an error says nothing of any bar.

Then for its notes, in a text of the same lines without what only ornaments: decorations are blanked (it writes trills
out, shortens staccato notes, and stumbles over a fermata or an undrawn ``[|]`` at a bar line), ``R:`` is dropped (it
swings hornpipes), grace notes and chord symbols are off (``-NGRA -NGUI``), and chords are struck at once
(``chordattack 0``). Our grace notes are taken out of our performance too. So what is compared is pitch, onset and
duration as notated, of the first voice. Its file has 480 ticks to a quarter, every sound begins one tick late, and
ticks are rounded down: two times are the same when they lie within two ticks, a 960th of a whole note, of each other.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import mido

from tunewright.music import bars
from tunewright.music.performance import PlayedNote, perform
from tunewright.music.tune import Bar, Note, Tune

INSTALLED = shutil.which("abc2midi") is not None
MISSING = "abc2midi (package abcmidi) is not installed"
WHOLE_NOTE = 4 * 480
TOLERANCE = 2
"""Ticks by which two times may differ and still be the same."""

_LINE = re.compile(r"(Warning|Error) in line-char (\d+)-(\d+) : (.*)")
_LENGTH = re.compile(r"Track [01] Bar \d+ has (\d+(?:/\d+)?) (?:time )?units (?:while|instead)")
_FIELD = re.compile(r"[A-Za-z]:(?![|:])")
_LITERAL = re.compile(r'"[^"]*"|\[[A-Za-z]:[^\]]*\]|!D\.[CS]\.!|%.*')
_ORNAMENT = re.compile(
    r"""[HSO](?=\s*\[?\|)
      | \[\|\](?=\s*[:|])
      | !(?:\d|[<>][()]|[a-z]+|[<>])!
      | [.~HJLMOPRSTuv](?=[.~HJLMOPRSTuv\ ]*[\^_=\[{(\"!]*[A-Ga-gzx])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Remark:
    """One line that abc2midi printed about a tune.

    Attributes:
        kind: ``"Warning"`` or ``"Error"``.
        line: of the tune's text, from 1.
        column: from 1; for a bar of a wrong length, of the bar line that ends it.
        message: its words; they name a bar by a number of its own, counted as it plays, the first 0.
        units: what it counted in a bar of a wrong length, in the lower number of the meter; ``None`` in other remarks.
    """

    kind: str
    line: int
    column: int
    message: str
    units: Fraction | None


@dataclass(frozen=True, slots=True)
class Sound:
    """One note as it sounds: onset and duration in whole notes, MIDI pitch."""

    onset: Fraction
    duration: Fraction
    pitch: int

    def same(self, other: Sound) -> bool:
        """Whether the two agree within the rounding of ticks."""
        apart = max(abs(self.onset - other.onset), abs(self.duration - other.duration))
        return self.pitch == other.pitch and apart * WHOLE_NOTE <= TOLERANCE


def remarks(text: str) -> list[Remark]:
    """What abc2midi prints about a tune as it is written."""
    found = []
    for kind, line, column, message in _LINE.findall(_run(text, "-NFER")[0]):
        length = _LENGTH.search(message)
        units = Fraction(length.group(1)) if length else None
        found.append(Remark(kind, int(line), int(column) + 1, message, units))
    return found


def sounds(text: str) -> list[Sound]:
    """What abc2midi plays, as notated, by onset and pitch; empty where it plays nothing."""
    return _run(unornamented(text), "-NGRA", "-NFER", "-NGUI")[1]


def unornamented(text: str) -> str:
    """A tune with the same notes in the same places, and nothing that abc2midi would play in another way."""
    lines, in_body = [], False
    for line in text.split("\n"):
        if _FIELD.match(line):
            lines.append("%" if line.startswith("R:") else line)
            if line.startswith("K:") and not in_body:
                lines.append("%%MIDI chordattack 0")
                in_body = True
        else:
            lines.append(_blanked(line) if in_body else line)
    return "\n".join(lines)


def _blanked(line: str) -> str:
    """A line of music with spaces for its decorations; strings, fields and comments stay."""
    parts, at = [], 0
    for literal in _LITERAL.finditer(line):
        parts += [_ORNAMENT.sub(_spaces, line[at : literal.start()]), literal.group()]
        at = literal.end()
    return "".join([*parts, _ORNAMENT.sub(_spaces, line[at:])])


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _run(text: str, *options: str) -> tuple[str, list[Sound]]:
    """What it prints and what it plays. One byte a letter, so that its columns are ours."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "tune.abc"), Path(folder, "tune.mid")
        source.write_bytes(text.encode("latin-1", errors="replace") + b"\n")
        command = ["abc2midi", str(source), "-o", str(target), *options]
        result = subprocess.run(command, capture_output=True, check=False, timeout=60)
        return result.stdout.decode("latin-1"), read_sounds(target) if target.exists() else []


def read_sounds(path: Path) -> list[Sound]:
    """The notes of the first voice in a MIDI file of abc2midi's, by onset and pitch."""
    file = mido.MidiFile(path, clip=True)
    scale = Fraction(1, 4 * file.ticks_per_beat)
    voices = (track for track in file.tracks if any(message.type == "note_on" for message in track))
    found, begun, now = [], {}, 0
    for message in next(voices, []):
        now += message.time
        if message.type == "note_on" and message.velocity:
            begun[message.note] = now - 1
        elif message.type in ("note_on", "note_off") and message.note in begun:
            start = begun.pop(message.note)
            found.append(Sound(start * scale, (now - start) * scale, message.note))
    return sorted(found, key=lambda sound: (sound.onset, sound.pitch))


def own_notes(tune: Tune) -> list[PlayedNote]:
    """What we play, by onset and pitch, of the tune without its grace notes."""
    bars_without = [replace(bar, spell=partial(_without_graces, bar)) for bar in tune.bars]
    plain = replace(tune, bars=tuple(bars_without))
    return sorted(perform(plain).notes, key=lambda note: (note.start, note.pitch))


def _without_graces(bar: Bar) -> tuple[Note, ...]:
    return tuple(note._replace(graces=(), graces_after=()) for note in bar.notes)


def first_difference(own: list[PlayedNote], judged: list[Sound]) -> int | None:
    """Index of the first note that differs; None where all are the same."""
    for index, (note, sound) in enumerate(zip(own, judged, strict=False)):
        if not sound.same(Sound(note.start, note.duration, note.pitch)):
            return index
    return None if len(own) == len(judged) else min(len(own), len(judged))


def flagged_bars(tune: Tune, found: list[Remark]) -> dict[int, Remark]:
    """Index of our bar -> the first remark on its length: the bar that ends where abc2midi points."""
    flagged: dict[int, Remark] = {}
    for remark in found:
        if remark.units is not None and tune.bars:
            before = sum(bar.position < (remark.line, remark.column) for bar in tune.bars)
            flagged.setdefault(max(before - 1, 0), remark)
    return flagged


def own_flags(tune: Tune) -> set[int]:
    """Indices of the bars in which we find an error or a pickup without partner."""
    return {max(problem.bar - 1, 0) for problem in bars.check(tune) if problem.severity != "note"}


def own_remarks(tune: Tune) -> set[int]:
    """Indices of the bars on whose length the bar rule merely makes a note: right on paper, odd to play."""
    notes = (problem for problem in bars.check(tune) if problem.severity == "note")
    return {max(one.bar - 1, 0) for one in notes if one not in tune.problems or "short bar" in one.message}
