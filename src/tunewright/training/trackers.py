"""Who watches a training. Every tracker takes the same records and makes of them a line, a bar, a picture or a log;
those that can take pieces that were composed along the way, too.

A record is a flat dictionary with ``iteration`` (how many are done) and what is known of it. Of each iteration:
``loss`` (cross-entropy of its batch, nats a symbol), ``accuracy`` (share of the targets that are the likeliest
symbols), with label smoothing ``smoothed`` (nats a symbol: what is minimised; without it, that is ``loss``),
``learning_rate``, ``symbols`` (read so far) and ``seconds`` (spent training, measuring left out). Of each measurement
on validation: ``validation`` (bits a unit), ``validation_loss``, ``validation_accuracy`` and ``validation_smoothed`` as
of training; and where held-out bits have not fallen for long though the training loss has, ``overfitting_since`` which
iteration and ``overfitting_epoch``.
"""

from __future__ import annotations

import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunewright import catalogue
from tunewright.files import read_records, write_whole
from tunewright.notebooks import displays, in_notebook
from tunewright.training.loss_picture import draw_losses

Record = dict[str, Any]
Scalar = str | int | float | bool
SECONDS_BETWEEN_PICTURES = 20.0
METRICS = "metrics.jsonl"
CURVES = ("loss", "smoothed", "accuracy")
"""Of training; of validation they are told with :data:`OF_VALIDATION` before them."""
OF_VALIDATION = "validation_"
SCALARS = (*CURVES, "validation", *(f"{OF_VALIDATION}{name}" for name in CURVES), "learning_rate")
"""What is drawn as a curve."""
ALWAYS = ("jsonl", "picture")
"""Trackers that every training has."""


@dataclass(frozen=True)
class Watched:
    """What trackers are told of a training before it begins.

    Attributes:
        name: of the run.
        folder: of the run, where trackers keep what they write.
        settings: of the run, by ``section.key``.
        iterations: how many there will be.
        done: how many there have been, where a training is gone on with.
        unit: what held-out bits are divided by, e.g. ``"character"``.
    """

    name: str
    folder: Path
    settings: Mapping[str, Scalar]
    iterations: int
    done: int
    unit: str


@dataclass(frozen=True)
class Sample:
    """A piece that was composed along a training.

    Attributes:
        iteration: how many were done.
        kind: of the piece, out of :data:`tunewright.contracts.KINDS`.
        text: its ABC; empty for a performance.
        wav: its recording; None if there is none.
        png: its score, or the roll of a performance, as a picture; None if there is none.
    """

    iteration: int
    kind: str
    text: str
    wav: Path | None
    png: Path | None

    @property
    def picture(self) -> str:
        """What its picture is."""
        return "score" if self.kind == "tune" else "roll"


class Tracker(ABC):
    """Watches a training. One of your own takes a :class:`Watched`, and is called by its name in the catalogue."""

    @abstractmethod
    def track(self, record: Record) -> None:
        """Takes one record."""
        ...

    @classmethod
    def check(cls) -> None:
        """Looks whether it can be had here, before anything is written.

        Raises:
            MissingExtraError: it needs a library that is not installed.
        """
        return

    def show(self, sample: Sample) -> None:
        """Takes a piece that was composed along the way."""
        return

    def close(self) -> None:
        """The training has ended or was stopped."""
        return


class JsonLines(Tracker):
    """Every record as one line of ``metrics.jsonl``; records past what is done, left by a killed run, are dropped."""

    def __init__(self, watched: Watched) -> None:
        path = watched.folder / METRICS
        kept = [record for record in read_metrics(path) if record["iteration"] <= watched.done]
        write_whole(path, "".join(json.dumps(record) + "\n" for record in kept))
        self._file = path.open("a", buffering=1)  # line by line: a killed run loses none

    def track(self, record: Record) -> None:
        self._file.write(json.dumps(record) + "\n")

    def close(self) -> None:
        self._file.close()


class Console(Tracker):
    """A bar on standard error with loss and symbols a second."""

    def __init__(self, watched: Watched) -> None:
        from tqdm import tqdm

        total, done = watched.iterations, watched.done
        self._bar = tqdm(total=total, initial=done, unit="it", file=sys.stderr, mininterval=0.5, dynamic_ncols=True)
        self._smooth: float | None = None
        self._validation = ""
        self._first: Record | None = None
        self._said = 0

    def track(self, record: Record) -> None:
        if "validation" in record:
            self._validation = f" held out {record['validation']:.3f} bits"
            self._say_overfitting(record.get("overfitting_since", 0), record.get("overfitting_epoch", 0))
            return
        self._first = self._first or record
        self._smooth = record["loss"] if self._smooth is None else 0.98 * self._smooth + 0.02 * record["loss"]
        seconds = record["seconds"] - self._first["seconds"]
        speed = (record["symbols"] - self._first["symbols"]) / seconds if seconds else 0.0
        self._bar.set_postfix_str(f"loss {self._smooth:.3f}{self._validation} {speed:,.0f} symbols/s", refresh=False)
        self._bar.update()

    def _say_overfitting(self, iteration: int, epoch: int) -> None:
        """Once of each iteration after which it was so."""
        if iteration not in (0, self._said):
            self._said = iteration
            self._bar.write(overfitting_told(iteration, epoch), file=sys.stderr)

    def close(self) -> None:
        self._bar.close()


class LossPicture(Tracker):
    """``loss.png``, drawn anew now and then; in a notebook the picture in the output is replaced each time."""

    def __init__(self, watched: Watched) -> None:
        self._path, self._title, self._unit = watched.folder / "loss.png", watched.name, watched.unit
        earlier = read_metrics(watched.folder / METRICS)
        self._records = [record for record in earlier if record["iteration"] <= watched.done]
        self._drawn = time.monotonic()
        # A handle to replace the picture in the output.
        self._display = displays().display("training ...", display_id=True) if in_notebook() else None

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
            self._display.update(displays().Image(filename=str(self._path)))


def overfitting_told(iteration: int, epoch: int) -> str:
    """Overfitting in words."""
    return f"held-out bits have not fallen since iteration {iteration} (epoch {epoch})"


def read_metrics(path: Path) -> list[Record]:
    """The records in a ``metrics.jsonl``; an unfinished last line, left by a killed run, is passed over."""
    return list(read_records(path))


def find_trackers(names: Sequence[str]) -> list[Any]:
    """The classes of trackers by their names in the catalogue: :data:`ALWAYS`, then these, each once.

    Raises:
        SettingsError: there is none of this name.
        MissingExtraError: one needs a library that is not installed.
    """
    found = [catalogue.find("tracker", name) for name in dict.fromkeys((*ALWAYS, *names))]
    for one in found:
        one.check()
    return found


def make_trackers(names: Sequence[str], watched: Watched) -> list[Tracker]:
    """Trackers by their names, as :func:`find_trackers` finds them, all before one writes anything."""
    with ExitStack() as made:
        trackers: list[Tracker] = []
        for kind in find_trackers(names):
            trackers.append(kind(watched))
            made.callback(trackers[-1].close)
        made.pop_all()
    return trackers


def watched(run: Any, trainer: Any) -> Watched:
    """What trackers are told of a prepared run and its trainer."""
    sections = run.settings.model_dump(mode="json").items()
    flat = {f"{name}.{key}": value for name, own in sections if isinstance(own, dict) for key, value in own.items()}
    told = {name: value if isinstance(value, Scalar) else str(value) for name, value in flat.items()}
    return Watched(run.name, run.folder, told, trainer.settings.iterations, trainer.done, run.codec.unit)


def standard_trackers(*names: str) -> Any:
    """A maker of the trackers that every training has, and of these, for :func:`tunewright.train.train`.

    Raises:
        SettingsError, MissingExtraError: as :func:`find_trackers`, so that no run is begun which can't be watched.
    """
    find_trackers(names)
    return lambda run, trainer: make_trackers(names, watched(run, trainer))
