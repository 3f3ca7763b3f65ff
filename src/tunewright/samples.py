"""Pieces composed along a training, so that one hears what it has learned so far."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunewright import catalogue
from tunewright.compose import compose, composer_of
from tunewright.contracts import Piece
from tunewright.errors import DecodingError, RenderingError
from tunewright.publish import write_gallery
from tunewright.run import Run
from tunewright.train import MakeTrackers
from tunewright.training.trackers import (
    METRICS,
    Record,
    Sample,
    Tracker,
    find_trackers,
    make_trackers,
    read_metrics,
    watched,
)
from tunewright.training.trainer import save_weights
from tunewright.wish import Wish

FOLDER = "samples"
WRITTEN = {"tune": "abc", "performance": "mid"}
"""The format in which pieces of each kind are kept."""


class Samples(Tracker):
    """Composes a piece with the weights as they stand, and shows it to other trackers: every so many iterations, at
    each measurement on validation where the run's settings say so, and when the training has come to its end.

    Args:
        run: that is trained.
        trainer: of it.
        others: who are shown the pieces.
        every: iterations; 0 for none on the way.
    """

    def __init__(self, run: Run, trainer: Any, others: Sequence[Tracker], every: int) -> None:
        self.run, self.trainer, self.others, self.every = run, trainer, others, every
        self._heard = 0

    def track(self, record: Record) -> None:
        regular = "loss" in record and self.every and record["iteration"] % self.every == 0
        if regular or ("validation" in record and at_validation(self.run)):
            self._compose(record["iteration"])

    def close(self) -> None:
        if self.trainer.has_ended and self._heard < self.trainer.done:
            self._compose(self.trainer.done)

    def _compose(self, iteration: int) -> None:
        if iteration == self._heard:
            return
        self._heard = iteration
        save_weights(self.trainer.kept_model, self.run.folder / "last.safetensors")
        sample = compose_sample(replace(self.run, weights="last"), iteration)
        if sample:
            for other in self.others:
                other.show(sample)


def compose_sample(run: Run, iteration: int) -> Sample | None:
    """A piece as the run composes at this moment, in its folder ``samples``; None if it makes none yet."""
    with suppress(DecodingError):
        piece = _composed(run)
        stem = run.folder / FOLDER / f"{iteration:07d}"
        for name in (WRITTEN[piece.kind], "svg"):
            _rendered(piece, name, stem)
        wav, png = (_rendered(piece, name, stem) for name in ("wav", "png"))
        write_gallery(stem.parent, _told(run), f"{run.name}: what it composed as it learned")
        return Sample(iteration, piece.kind, piece.text, wav, png)
    return None


def at_validation(run: Run) -> bool:
    """Whether a piece is composed at each measurement on validation."""
    return run.settings.training.samples == "validation"


def _composed(run: Run) -> Piece:
    """A piece as the run composes it now; of a performance the first attempt, copy or not: what it has learned is to be
    heard, and learning goes on.
    """
    if run.kind != "performance":
        return compose(run)[0].piece
    composer = composer_of(run, Wish(length=run.settings.training.sample_length))
    return composer.composition(composer.again(0, 0)).piece


def _told(run: Run) -> dict[str, tuple[str, dict[str, str]]]:
    """Title and facts of each sample so far, by its files' name."""
    measured = {record["iteration"]: record for record in read_metrics(run.folder / METRICS) if "validation" in record}
    stems = sorted({path.stem for path in (run.folder / FOLDER).glob(f"*.{WRITTEN[run.kind]}")})
    found = {}
    for stem in stems:
        bits = measured.get(int(stem), {}).get("validation")
        told = {"held out": f"{bits:.3f} bits per {run.codec.unit}"} if bits else dict[str, str]()
        found[stem] = (f"After {int(stem):,} iterations", told)
    return found


def _rendered(piece: Piece, name: str, stem: Path) -> Path | None:
    renderer = catalogue.find("renderer", name)()
    with suppress(RenderingError):
        return Path(renderer(piece, stem.with_suffix(renderer.suffix)))
    return None


def heard_trackers(names: Sequence[str], every: int = 0) -> MakeTrackers:
    """A maker of the usual trackers and of these, for :func:`tunewright.train.train`; those beside the console are
    shown pieces too.

    Args:
        names: of trackers in the catalogue.
        every: iterations between two pieces; 0 for one at the end.

    Raises:
        SettingsError, MissingExtraError: as :func:`tunewright.training.trackers.find_trackers`.
    """
    find_trackers(names)

    def make(run: Run, trainer: Any) -> list[Tracker]:
        trackers = make_trackers(names, watched(run, trainer))
        hearing = [one for one in trackers if type(one).show is not Tracker.show]
        heard = hearing or every or at_validation(run)
        return [*trackers, Samples(run, trainer, hearing, every)] if heard else trackers

    return make
