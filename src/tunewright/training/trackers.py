"""Who watches a training. Every tracker takes the same records and makes of them a line, a bar, a picture or a log.

A record is a flat dictionary with ``iteration`` (how many are done) and any of ``loss`` (training, nats a symbol),
``validation`` (bits a unit), ``learning_rate``, ``symbols`` (read so far) and ``seconds`` (spent training, measuring
left out).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from tunewright.errors import MissingExtraError
from tunewright.files import write_whole
from tunewright.training.loss_picture import draw_losses

Record = dict[str, Any]
SECONDS_BETWEEN_PICTURES = 20.0


class Tracker(Protocol):
    """Watches a training."""

    def track(self, record: Record) -> None:
        """Takes one record."""
        ...

    def close(self) -> None:
        """The training has ended or was stopped."""
        ...


class JsonLines:
    """Every record as one line of ``metrics.jsonl``; records past ``done`` iterations, left by a killed run, are
    dropped.
    """

    def __init__(self, path: Path, done: int) -> None:
        kept = [record for record in read_metrics(path) if record["iteration"] <= done]
        write_whole(path, "".join(json.dumps(record) + "\n" for record in kept))
        self._file = path.open("a", buffering=1)  # line by line: a killed run loses none

    def track(self, record: Record) -> None:
        self._file.write(json.dumps(record) + "\n")

    def close(self) -> None:
        self._file.close()


class ProgressBar:
    """A bar on standard error with loss and symbols a second."""

    def __init__(self, iterations: int, done: int, unit: str) -> None:
        from tqdm import tqdm

        self._bar = tqdm(
            total=iterations, initial=done, unit="it", file=sys.stderr, mininterval=0.5, dynamic_ncols=True
        )
        self._unit = unit
        self._smooth: float | None = None
        self._validation = ""
        self._first: Record | None = None

    def track(self, record: Record) -> None:
        if "validation" in record:
            self._validation = f" held out {record['validation']:.3f} bits"
            return
        self._first = self._first or record
        self._smooth = record["loss"] if self._smooth is None else 0.98 * self._smooth + 0.02 * record["loss"]
        seconds = record["seconds"] - self._first["seconds"]
        speed = (record["symbols"] - self._first["symbols"]) / seconds if seconds else 0.0
        self._bar.set_postfix_str(
            f"loss {self._smooth:.3f}{self._validation} {speed:,.0f} {self._unit}s/s", refresh=False
        )
        self._bar.update()

    def close(self) -> None:
        self._bar.close()


class LossPicture:
    """``loss.png``, drawn anew now and then; in a notebook the picture in the output is replaced each time."""

    def __init__(self, path: Path, earlier: Sequence[Record], title: str, unit: str) -> None:
        self._path, self._title, self._unit = path, title, unit
        self._records = list(earlier)
        self._drawn = time.monotonic()
        self._display = _notebook_display()

    def track(self, record: Record) -> None:
        self._records.append(record)
        if time.monotonic() - self._drawn > SECONDS_BETWEEN_PICTURES:
            self._draw()

    def close(self) -> None:
        self._draw()

    def _draw(self) -> None:
        if not self._records:
            return
        draw_losses({self._title: [self._records]}, self._path, self._unit)
        self._drawn = time.monotonic()
        if self._display is not None:
            self._display.update(_notebook_module().Image(filename=str(self._path)))


class TensorBoard:
    """Event files for TensorBoard.

    Raises:
        MissingExtraError: the library is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise MissingExtraError("TensorBoard logs", "tensorboard") from None
        self._writer = SummaryWriter(str(folder))

    def track(self, record: Record) -> None:
        for name in ("loss", "validation", "learning_rate"):
            if name in record:
                self._writer.add_scalar(name, record[name], record["iteration"])

    def close(self) -> None:
        self._writer.close()


def read_metrics(path: Path) -> list[Record]:
    """The records in a ``metrics.jsonl``; an unfinished last line, left by a killed run, is passed over."""
    records = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return records


def _notebook_module() -> Any:
    return import_module("IPython.display")


def _notebook_display() -> Any:
    """A handle to replace a picture in a notebook's output, or None outside notebooks."""
    if "IPython" not in sys.modules:
        return None
    shell: Any = import_module("IPython").get_ipython()
    in_notebook = shell is not None and hasattr(shell, "kernel")
    return _notebook_module().display("training ...", display_id=True) if in_notebook else None


def standard_trackers(tensorboard: bool = False, bar: bool = True) -> Any:
    """A maker of the trackers that a training usually has: metrics, picture, progress bar, and TensorBoard on
    request.
    """

    def make(run: Any, trainer: Any) -> list[Tracker]:
        metrics = run.folder / "metrics.jsonl"
        lines = JsonLines(metrics, trainer.done)
        trackers: list[Tracker] = [
            lines,
            LossPicture(run.folder / "loss.png", read_metrics(metrics), run.name, run.codec.unit),
        ]
        if bar:
            trackers.append(ProgressBar(trainer.settings.iterations, trainer.done, "symbol"))
        if tensorboard:
            trackers.append(TensorBoard(run.folder / "tensorboard"))
        return trackers

    return make
