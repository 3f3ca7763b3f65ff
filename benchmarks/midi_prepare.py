"""How fast performances are prepared for training, from files to events: ours against the widely used processor's way.

The reference's way is our own slow re-writing of it on top of pretty_midi (tests/codecs/slow_processor.py);
--processor names the folder with the real processor.py, to be measured beside it. Performances are looked for under
$TUNEWRIGHT_DATA; without any, some of our own making are taken. Figures are of one process and of its own processor
time, with files in the page cache, but for the row of two processes, which is by the clock.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from results import parser, tell
from tunewright.codecs.midi_events import MidiEvents
from tunewright.contracts import Piece
from tunewright.music.midi import pedalled, read_midi, write_midi
from tunewright.music.midi_file import read_file

sys.path.append(str(Path(__file__).parents[1]))  # the slow ways live with the tests
from tests.codecs.slow_processor import slow_events
from tests.music.performances import own_notes, real_files

FILES, SLOW_FILES = 400, 24
"""How many files are prepared, spread over all there are; the slow ways take some of them."""
QUICK_FILES, QUICK_SLOW_FILES = 60, 6


def prepare(path: Path, reference_compatible: bool = False) -> int:
    """How many events a file gives."""
    return len(MidiEvents(reference_compatible).encode(Piece("", "", str(path), midi=path.read_bytes())))


def prepare_as_reference(path: Path) -> int:
    return prepare(path, reference_compatible=True)


def prepare_slowly(path: Path) -> int:
    return len(slow_events(path))


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        paths = _spread(real_files() or _own_files(Path(folder)), QUICK_FILES if options.quick else FILES)
        few = _spread(paths, QUICK_SLOW_FILES if options.quick else SLOW_FILES)
        prepare(paths[0])  # what is loaded once is loaded
        rows = [
            _row("tunewright", paths, prepare),
            _row("tunewright, the same files as below", few, prepare),
            _row("tunewright, the reference's stream", few, prepare_as_reference),
            _row("the reference's way, our slow re-writing", few, prepare_slowly),
        ]
        if options.processor:
            rows.append(_row("the reference itself", few, _real(options.processor)))
        ratios = {f"{rows[1]['way']} / {row['way']}": _rate(rows[1]) / _rate(row) for row in rows[3:]}
        rows += [_two_processes(paths), *_parts(paths)]
    tell("midi_prepare", rows, ratios, options.json, options.keep)


def _options() -> argparse.Namespace:
    options = parser(__doc__)
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.add_argument("--processor", type=Path, help="folder with the real processor.py (midi-neural-processor)")
    return options.parse_args()


def _spread(paths: Sequence[Path], count: int) -> list[Path]:
    return list(paths[:: max(1, len(paths) // count)])[:count]


def _own_files(folder: Path) -> list[Path]:
    """Performances as long as those of a recital, with a pedal."""
    paths = [folder / f"{seed}.midi" for seed in range(QUICK_FILES)]
    for seed, path in enumerate(paths):
        edges = np.sort(np.random.default_rng(seed).uniform(0, 500, 800)).reshape(-1, 2)
        path.write_bytes(write_midi(own_notes(seed, count=5_000, seconds=500.0), edges))
    return paths


def _row(way: str, paths: Sequence[Path], work: Callable[[Path], int]) -> dict[str, Any]:
    begun = time.process_time()
    events = sum(work(path) for path in paths)
    seconds = time.process_time() - begun
    return {"way": way, "files": len(paths), "files/s": len(paths) / seconds, "events/s": events / seconds}


def _rate(row: dict[str, Any]) -> float:
    return float(row["files/s"])


def _two_processes(paths: Sequence[Path]) -> dict[str, Any]:
    """By the clock, once both processes are there."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as two:
        list(two.map(prepare, paths[:8], chunksize=1))
        begun = time.perf_counter()
        events = sum(two.map(prepare, paths, chunksize=4))
        seconds = time.perf_counter() - begun
    way = "tunewright, two processes, by the clock"
    return {"way": way, "files": len(paths), "files/s": len(paths) / seconds, "events/s": events / seconds}


def _parts(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """How the time of one process is spent, as if each part were all there is to do."""
    seconds = dict.fromkeys(
        ("reading bytes", "parsing", "pairing keys and pedals", "folding the pedal", "encoding"), 0.0
    )
    codec = MidiEvents()
    for path in paths:
        marks = [time.process_time()]
        content = path.read_bytes()
        marks.append(time.process_time())
        read_file(content)
        marks.append(time.process_time())
        performance = read_midi(content)
        marks.append(time.process_time())
        notes = pedalled(performance)
        marks.append(time.process_time())
        codec.encode_notes(notes)
        marks.append(time.process_time())
        took = np.diff(marks)
        took[2] -= took[1]  # read_midi parses, too
        for part, own in zip(seconds, took.tolist(), strict=True):
            seconds[part] += own
    whole = sum(seconds.values())
    return [
        {"way": f"{part}: {own / whole:.0%} of the time", "files": len(paths), "files/s": len(paths) / max(own, 1e-9)}
        for part, own in seconds.items()
    ]


def _real(folder: Path) -> Callable[[Path], int]:
    """The real processor's way, imported from where it was put."""
    spec = importlib.util.spec_from_file_location("processor", folder / "processor.py")
    assert spec
    assert spec.loader
    processor = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(processor)
    return lambda path: len(processor.encode_midi(str(path)))


if __name__ == "__main__":
    main()
