"""TensorBoard: scalars, pieces to hear and to see, and the settings with the figure they led to.

What is told of training and of validation alike has one name in both, in a log of its own for each: so TensorBoard
draws both curves, and those of all runs, in one chart.
"""

from __future__ import annotations

import wave
from typing import Any

import numpy as np

from tunewright.errors import MissingExtraError
from tunewright.training.trackers import (
    CURVES,
    METRICS,
    OF_VALIDATION,
    Record,
    Sample,
    Tracker,
    Watched,
    read_metrics,
)

SCALARS = (*CURVES, "validation", "learning_rate")
FULL_SCALE = 2**15


class TensorBoard(Tracker):
    """Event files in the run's ``tensorboard`` folder, and of validation in the folder ``validation`` in it."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        # What a killed run wrote past its last checkpoint is taken back.
        self._writer = self._begun("tensorboard")
        self._of_validation: Any = None
        self._figures: dict[str, float] = {}
        for record in read_metrics(watched.folder / METRICS):
            if record["iteration"] <= watched.done:
                self._note(record)

    @classmethod
    def check(cls) -> None:
        _writer_class()

    def _begun(self, folder: str) -> Any:
        return _writer_class()(str(self._watched.folder / folder), purge_step=self._watched.done + 1)

    def track(self, record: Record) -> None:
        for name in SCALARS:
            if name in record:
                self._writer.add_scalar(name, record[name], record["iteration"])
        for name in CURVES:
            if OF_VALIDATION + name in record:
                self._of_validation = self._of_validation or self._begun("tensorboard/validation")
                self._of_validation.add_scalar(name, record[OF_VALIDATION + name], record["iteration"])
        self._note(record)

    def _note(self, record: Record) -> None:
        """The figures that the settings led to: the last loss, the least held-out bits."""
        if "loss" in record:
            self._figures["hparam/loss"] = record["loss"]
        if "validation" in record:
            least = self._figures.get("hparam/validation", record["validation"])
            self._figures["hparam/validation"] = min(least, record["validation"])

    def show(self, sample: Sample) -> None:
        if sample.text:
            self._writer.add_text(sample.kind, f"```\n{sample.text}\n```", sample.iteration)
        if sample.wav:
            with wave.open(str(sample.wav)) as file:
                frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
                mono = frames.reshape(-1, file.getnchannels()).mean(axis=1, dtype=np.float32) / FULL_SCALE
                self._writer.add_audio(sample.kind, mono[np.newaxis], sample.iteration, file.getframerate())
        if sample.png:
            from matplotlib.image import imread

            self._writer.add_image(sample.picture, imread(sample.png)[..., :3], sample.iteration, dataformats="HWC")

    def close(self) -> None:
        if self._figures:
            self._writer.add_hparams(dict(self._watched.settings), self._figures, run_name=".")
        self._writer.close()
        if self._of_validation:
            self._of_validation.close()


def _writer_class() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingExtraError("TensorBoard logs", "tensorboard") from None
    return SummaryWriter
