"""A tune from a line or two of music, and what was read told in a line: shared by the tests of the reader."""

from __future__ import annotations

from collections.abc import Sequence

from tunewright.music.reader import read_tune
from tunewright.music.tune import Bar, Note, Pitch, Tune

SIGNS = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}


def tune_of(body: str, **fields: str) -> Tune:
    """A tune in eighths, four quarters to the bar, in C, unless fields say otherwise."""
    given = {"M": "4/4", "L": "1/8"} | fields
    key = given.pop("K", "C")
    header = "".join(f"{letter}:{value}\n" for letter, value in given.items())
    return read_tune(f"X:1\nT:Made for a test\n{header}K:{key}\n{body}")


def lengths(body: str, **fields: str) -> str:
    """The lengths of all notes in eighths: ``"3/2 1/2"``."""
    return " ".join(str(note.length * 8) for note in tune_of(body, **fields).notes())


def spelled(body: str, **fields: str) -> str:
    """All notes, with all that belongs to them but lengths: ``'!trill! A4 | "Am" {B4}(C#5- C#5)'``."""
    return " | ".join(" ".join(_spelled(note) for note in bar.notes) for bar in tune_of(body, **fields).bars)


def _spelled(note: Note) -> str:
    before = [f"!{name}! " for name in note.decorations] + [f'"{symbol}" ' for symbol in note.symbols]
    sound = "+".join(map(_name, note.pitches)) or ("x" if note.invisible else "z")
    sound = "(" * note.slurs_opened + sound + "-" * note.tied + ")" * note.slurs_closed
    return "".join(before) + _graces(note.graces) + sound + _graces(note.graces_after)


def _graces(pitches: Sequence[Pitch]) -> str:
    return "{" + " ".join(map(_name, pitches)) + "}" if pitches else ""


def _name(pitch: Pitch) -> str:
    return f"{pitch.step}{SIGNS[pitch.alteration]}{pitch.octave}"


def skeleton(body: str, **fields: str) -> str:
    """The bars by their first letters, with endings and bar lines: ``"|:C| [1D:| [2E|]"``."""
    return " ".join(_bone(bar) for bar in tune_of(body, **fields).bars)


def _bone(bar: Bar) -> str:
    assert bar.closes_repeat == (bar.line == ":|")
    ending = "[" + ",".join(map(str, bar.ending)) if bar.ending else ""
    return "|:" * bar.opens_repeat + ending + (bar.notes[0].pitches[0].step if bar.notes[0].pitches else "z") + bar.line


def told(body: str, **fields: str) -> list[tuple[str, str]]:
    """Severity and message of all that the reader has told."""
    return [(problem.severity, problem.message) for problem in tune_of(body, **fields).problems]


def is_told(problems: Sequence[tuple[str, str]], severity: str, words: str) -> bool:
    """Whether one problem of that severity, and only one, says these words."""
    return [level for level, message in problems if words in message] == [severity]
