"""Sets of tunes before judges who don't know one another: whole, bars, syntax, repeats.

python benchmarks/validity.py free=free.abc bars=constrained.abc [--quick] [--json] [--keep]

A file holds many tunes with blank lines between them. The judges: our own ``check``; abc2midi, which counts bars as it
plays and tells of syntax (that it calls a hornpipe in C| an error says nothing of the tune, and is counted apart);
music21's ABC reader, of syntax only; and the slow counter of tests/music/slow_bars.py, which shares nothing with our
package. Bars and parts of a tune are as the slow counter finds them. The first wrong tunes of each set are told
on standard error.
"""

from __future__ import annotations

import argparse
import re
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from tqdm import tqdm

from results import parser, tell
from tunewright.music import bars
from tunewright.music.reader import read_tune

sys.path.append(str(Path(__file__).parents[1]))  # the judges live with the tests
from tests.music import abc2midi, slow_bars

PROCESSES = 2
SECONDS = 20
"""How long music21 may read one tune."""
QUICK = 100
"""Tunes of each set in a quick run."""
TOLD = 5


@dataclass(frozen=True)
class Judgement:
    """What the judges say of one tune.

    Attributes:
        complete: its header is whole, and it ends with a bar line that closes it.
        own: bars that our ``check`` finds wrong.
        own_right: ``check`` finds nothing wrong at all, in bars or elsewhere.
        errors: messages of abc2midi's that are errors, but for the next.
        hornpipes: its messages that a hornpipe must be in 2/4 or 4/4.
        time_units: its messages that a bar has another length than its meter.
        warnings: all other messages of its.
        music21: why music21 refuses the tune; empty if it reads it.
        slow: bars that the slow counter finds wrong.
        faults: what else the slow counter finds wrong.
        bars: written bars.
        parts: how many parts they are in.
        characters: of the text.
        music: the text without number and titles: two tunes with the same are one.
    """

    complete: bool
    own: int
    own_right: bool
    errors: tuple[str, ...]
    hornpipes: int
    time_units: tuple[str, ...]
    warnings: tuple[str, ...]
    music21: str
    slow: int
    faults: tuple[str, ...]
    bars: int
    parts: int
    characters: int
    music: str

    @property
    def complaints(self) -> list[str]:
        """What a reader should look at; what is only odd is left out."""
        told = [*self.errors, *self.time_units, *self.faults]
        told += [] if self.complete else ["not complete"]
        told += [] if self.own_right else [f"check: {self.own} wrong bars"]
        told += [f"music21: {self.music21}"] if self.music21 else []
        return told + ([f"slow counter: {self.slow} wrong bars"] if self.slow else [])


def judge(text: str, with_music21: bool = True) -> Judgement:
    """Asks every judge about one tune."""
    tune = read_tune(text)
    problems = [problem for problem in bars.check(tune) if problem.severity != "note"]
    verdict = slow_bars.judge(text)
    errors, hornpipes, time_units, warnings = by_abc2midi(text)
    return Judgement(
        verdict.complete,
        len({problem.bar for problem in problems if problem.bar}),
        not problems,
        errors,
        hornpipes,
        time_units,
        warnings,
        by_music21(text) if with_music21 else "",
        len(verdict.wrong),
        verdict.faults,
        verdict.bars,
        verdict.parts,
        len(text),
        re.sub(r"^[XT]:.*\n?", "", text, flags=re.MULTILINE),
    )


def by_abc2midi(text: str) -> tuple[tuple[str, ...], int, tuple[str, ...], tuple[str, ...]]:
    """abc2midi's errors, how often it minds a hornpipe's meter, its wrong bars, and all else it says."""
    try:
        remarks = abc2midi.remarks(text)
    except subprocess.TimeoutExpired:
        return ("abc2midi came to no end",), 0, (), ()
    hornpipes = [one for one in remarks if "ornpipe must be" in one.message]
    others = [one for one in remarks if one not in hornpipes]
    time_units = tuple(one.message for one in others if one.units is not None)
    errors = tuple(one.message for one in others if one.units is None and one.kind == "Error")
    warnings = tuple(one.message for one in others if one.units is None and one.kind != "Error")
    return errors, len(hornpipes), time_units, warnings


def by_music21(text: str) -> str:
    """Why music21 can't read a tune; empty if it can. The caller is the main thread of a process of its own."""
    from music21 import converter

    try:
        with time_limit(SECONDS):
            converter.parse(text, format="abc")
    except Exception as error:  # music21 raises anything on tunes that it can't read
        return f"{type(error).__name__}: {error}"
    return ""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in the main thread, every so many seconds, until what it was begun for is done."""

    def stop(signal_number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no end after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def judge_all(name: str, texts: Sequence[str], with_music21: bool = True) -> list[Judgement]:
    """Judges a set, some tunes at a time, each process with music21 of its own."""
    asked = partial(judge, with_music21=with_music21)
    with ProcessPoolExecutor(PROCESSES) as processes:
        found = processes.map(asked, texts, chunksize=8)
        return list(tqdm(found, desc=name, total=len(texts), file=sys.stderr))


def read_set(path: Path) -> list[str]:
    """The tunes of a file, one after each blank line."""
    return [text for text in re.split(r"\n\s*\n", path.read_text(encoding="utf-8").strip()) if text]


def row(name: str, found: Sequence[Judgement]) -> dict[str, Any]:
    """A set's line in the table: how many tunes are wrong in a judge's eyes, and how many bars in them."""
    return {
        "set": name,
        "tunes": len(found),
        "complete": sum(one.complete for one in found),
        "check: tunes": sum(not one.own_right for one in found),
        "check: bars": sum(one.own for one in found),
        "slow counter: tunes": sum(bool(one.slow or one.faults) for one in found),
        "slow counter: bars": sum(one.slow for one in found),
        "abc2midi, time units: tunes": sum(bool(one.time_units) for one in found),
        "abc2midi, time units: bars": sum(len(one.time_units) for one in found),
        "abc2midi, errors: tunes": sum(bool(one.errors) for one in found),
        "abc2midi, hornpipe in C|: tunes": sum(bool(one.hornpipes) for one in found),
        "abc2midi, other warnings: tunes": sum(bool(one.warnings) for one in found),
        "music21 refuses": sum(bool(one.music21) for one in found),
        "median bars": statistics.median(one.bars for one in found),
        "median parts": statistics.median(one.parts for one in found),
        "median characters": statistics.median(one.characters for one in found),
        "distinct": len({one.music for one in found}) / len(found),
    }


def tell_wrong(name: str, texts: Sequence[str], found: Sequence[Judgement]) -> None:
    """Shows the first wrong tunes of a set on standard error."""
    wrong = [(text, one) for text, one in zip(texts, found, strict=True) if one.complaints]
    for text, one in wrong[:TOLD]:
        print(f"\n{name}: {'; '.join(one.complaints)}\n{text}", file=sys.stderr)


def main() -> None:
    options = arguments()
    sets = dict(pair.split("=", 1) for pair in options.sets)
    rows = []
    for name, path in sets.items():
        texts = read_set(Path(path))[: QUICK if options.quick else None]
        found = judge_all(name, texts, with_music21=not options.without_music21)
        tell_wrong(name, texts, found)
        rows.append(row(name, found))
        if options.without_music21:
            rows[-1]["music21 refuses"] = "not asked"
    shown = rows if options.json else [{key.replace("|", r"\|"): value for key, value in one.items()} for one in rows]
    tell("validity", shown, {}, options.json, options.keep)


def arguments() -> argparse.Namespace:
    found = parser(__doc__)
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    found.add_argument("sets", nargs="+", metavar="SET=FILE.abc")
    found.add_argument("--without-music21", action="store_true", help="it takes most of the time")
    options = found.parse_args()
    if not abc2midi.INSTALLED:
        found.exit(2, f"{abc2midi.MISSING}\n")
    for pair in options.sets:
        if not Path(pair.partition("=")[2]).is_file():
            found.error(f"{pair}: expected SET=FILE.abc, and no such file is here")
        if not read_set(Path(pair.partition("=")[2])):
            found.error(f"{pair}: there is no tune in it")
    return options


if __name__ == "__main__":
    main()
