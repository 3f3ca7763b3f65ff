"""The lab's own notebooks, parts 1 and 2 with their solutions, run from start to end on tunewright's stand-in.

python benchmarks/lab_notebooks.py FOLDER [--iterations 300] [--seed 0] [--json] [--quick] [--keep]

FOLDER is a copy of the lab's public repository, or its folder ``lab1``; nothing of it comes with tunewright:

git clone https://github.com/MITDeepLearning/introtodeeplearning FOLDER

What is changed in the copies that are run: the import of the helper package; installing (``!pip``, ``!apt-get``) and
the demands for a GPU and an account are dropped; the training is shortened; random numbers begin at the seed. Comet's
experiment is an offline one, or, where comet_ml is not installed, an object that takes everything and does nothing;
where SciPy is not installed, the standard library writes the WAV files in its place. The table tells which it was.
Everything runs on the CPU, in a folder that is removed afterwards. The exit code is 1 if anything went wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from results import parser, tell

PARTS = {1: "PT_Part1_Intro_Solution.ipynb", 2: "PT_Part2_Music_Generation_Solution.ipynb"}
ITERATIONS, QUICK = 300, 60
SECONDS_PER_CELL = 1800
HEADER = 22
"""Samples that the lab's last cell makes of a WAV file's header."""

OURS = "import tunewright.course.mdl as mdl"
DROPPED = r"(?m)^(?:!.*|assert (?:torch\.cuda\.is_available\(\)|COMET_API_KEY).*)$"
OFFLINE = "import comet_ml; comet_ml.Experiment = comet_ml.OfflineExperiment"
NO_COMET = (
    "from types import SimpleNamespace; from unittest.mock import MagicMock; "
    "comet_ml = SimpleNamespace(Experiment=MagicMock())"
)
NO_SCIPY = """
def write(path, rate, data):
    import wave
    with wave.open(path, "wb") as file:
        file.setparams((1, data.itemsize, rate, 0, "NONE", None))
        file.writeframes(data.tobytes())
""".strip()
SEEDED = "import numpy, torch; numpy.random.seed({0}); torch.manual_seed({0});"
TOLD = "import json; print(json.dumps([len(songs), len(vocab), len(generated_songs), history[0], history[-1]]))"
"""A cell added to the end of part 2."""


class Change(NamedTuple):
    """A change of a notebook's code: where the pattern is not found, the notebook is not the one we know."""

    pattern: str
    replacement: str


def changes(part: int, iterations: int) -> Iterator[Change]:
    """What is changed in a part, so that it runs here."""
    yield Change(r"(?m)^import mitdeeplearning as mdl$", OURS)
    yield Change(DROPPED, "")
    if part == 2:
        yield Change(r"(?m)^import comet_ml$", OFFLINE if find_spec("comet_ml") else NO_COMET)
        yield Change(r"num_training_iterations = \d+", f"num_training_iterations = {iterations}")
        if not find_spec("scipy"):
            yield Change(r"(?m)^from scipy\.io\.wavfile import write$", NO_SCIPY)


def adapted(path: Path, part: int, iterations: int, seed: int) -> Any:
    """A notebook of the lab, changed in memory.

    Raises:
        ValueError: it holds nothing to change where something should be.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for change in changes(part, iterations):
        found = 0
        for cell in cells:
            cell.source, count = re.subn(change.pattern, change.replacement, cell.source)
            found += count
        if not found:
            raise ValueError(f"{path}: no {change.pattern} in it; is it the lab's notebook of 2026?")
    notebook.cells = [_added(SEEDED.format(seed)), *notebook.cells, *([_added(TOLD)] if part == 2 else [])]
    return notebook


def _added(code: str) -> Any:
    """A cell that is not the lab's."""
    return nbformat.v4.new_code_cell(code, metadata={"added": True})  # type: ignore[no-untyped-call]


def run(notebook: Any, folder: Path) -> tuple[str, float]:
    """Runs a notebook in a folder: (the error that ended it, empty if none; seconds)."""
    began = time.perf_counter()
    try:
        NotebookClient(notebook, timeout=SECONDS_PER_CELL, resources={"metadata": {"path": str(folder)}}).execute()
    except CellExecutionError as error:
        return f"{error.ename}: {error.evalue}", time.perf_counter() - began
    return "", time.perf_counter() - began


def cells_run(notebook: Any) -> tuple[int, int]:
    """The lab's cells with code in them: (run, all)."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and not cell.metadata.get("added")]
    return sum(cell.execution_count is not None for cell in cells), len(cells)


def outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield from cell.outputs


def printed(notebook: Any) -> str:
    """All that was printed."""
    return "".join(one.text for one in outputs(notebook) if one.output_type == "stream" and one.name == "stdout")


def sounds(notebook: Any) -> int:
    """How many sounds are displayed."""
    return sum("<audio" in one.get("data", {}).get("text/html", "") for one in outputs(notebook))


def recording(path: Path) -> tuple[float, float]:
    """(seconds, peak of 1) of a WAV file that the lab's last cell wrote, its header's samples left out."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")[HEADER:]
        return file.getnframes() / file.getframerate(), float(np.abs(samples.astype(float)).max()) / 32768


def listed(values: Sequence[float], digits: int) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)


def part_run(path: Path, part: int, iterations: int, seed: int) -> tuple[dict[str, Any], list[str]]:
    """A row of the table, and what went wrong."""
    notebook = adapted(path, part, iterations, seed)
    with tempfile.TemporaryDirectory() as folder:
        error, seconds = run(notebook, Path(folder))
        files = sorted(Path(folder).glob("output_*.wav"))
        recordings = [recording(file) for file in files]
    done, cells = cells_run(notebook)
    wrong = [f"part {part}: {error}"] if error else []
    row: dict[str, Any] = {"part": part, "cells": f"{done} of {cells}", "errors": len(wrong), "seconds": seconds}
    if part == 1 or error:
        return row, wrong
    read, symbols, extracted, first, last = json.loads(printed(notebook).splitlines()[-1])
    heard = sounds(notebook)
    row |= {"iterations": iterations, "loss": f"{first:.3f} to {last:.3f}", "tunes read": read, "symbols": symbols}
    row |= {"songs extracted": extracted, "audio displayed": heard, "WAV files": len(files)}
    row |= {"their seconds": listed([length for length, _ in recordings], 1)}
    row |= {"their peaks": listed([peak for _, peak in recordings], 2)}
    row |= {
        "Comet": "offline" if find_spec("comet_ml") else "a stand-in",
        "WAV by": "SciPy" if find_spec("scipy") else "a stand-in",
    }
    if not extracted or not files:
        wrong.append(f"part 2: {extracted} songs extracted, {len(files)} of them played")
    if heard != len(files) + 1:  # one is a tune of the training data
        wrong.append(f"part 2: {heard} sounds displayed, but {len(files)} WAV files")
    if any(length < 1 or not 0.5 < peak < 1 for length, peak in recordings):
        wrong.append("part 2: a WAV file is silent, clipped or empty")
    return row, wrong


def main() -> None:
    options, paths = arguments()
    # Kernels take both from here: no GPU, and Comet sends nothing anywhere.
    os.environ.update(CUDA_VISIBLE_DEVICES="", COMET_ERROR_TRACKING_ENABLE="false", COMET_LOGGING_CONSOLE="ERROR")
    iterations = options.iterations or (QUICK if options.quick else ITERATIONS)
    rows, wrong = list[dict[str, Any]](), list[str]()
    for part, path in paths.items():
        row, own = part_run(path, part, iterations, options.seed)
        rows.append(row)
        wrong += own
    columns = dict.fromkeys(key for row in rows for key in row)
    rows = [{key: row.get(key, "") for key in columns} for row in rows]
    tell("lab_notebooks", rows, {}, options.json, options.keep)
    for message in wrong:
        print(message, file=sys.stderr)
    sys.exit(1 if wrong else 0)


def arguments() -> tuple[argparse.Namespace, dict[int, Path]]:
    """The options, and where the notebooks are."""
    found = parser(__doc__)
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    found.add_argument("folder", type=Path, help="a copy of the lab's repository, or of its folder lab1")
    found.add_argument(
        "--iterations", type=int, help=f"of the training; {ITERATIONS} unless told, the lab's own are 3000"
    )
    found.add_argument("--seed", type=int, default=0)
    options = found.parse_args()
    paths = {part: next(iter(sorted(options.folder.rglob(name))), None) for part, name in PARTS.items()}
    for part, path in paths.items():
        if path is None:
            found.error(f"{options.folder}: no {PARTS[part]} below it; expected a copy of the lab's repository")
    return options, {part: path for part, path in paths.items() if path}


if __name__ == "__main__":
    main()
