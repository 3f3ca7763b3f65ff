"""Comet: parameters, metrics, and pieces to hear and to see. With a key in ``COMET_API_KEY`` it is sent as it comes;
without one it is kept in the run's ``comet`` folder, as an archive for ``comet upload``. Nobody needs an account.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from tunewright.errors import MissingExtraError
from tunewright.training.trackers import SCALARS, Record, Sample, Tracker, Watched

QUIET: dict[str, Any] = {
    "log_code": False,
    "log_graph": False,
    "parse_args": False,
    "auto_param_logging": False,
    "auto_metric_logging": False,
    "auto_output_logging": False,
    "log_git_metadata": False,
    "log_git_patch": False,
    "log_env_host": False,
    "log_env_details": False,
    "display_summary_level": 0,
}
"""Comet is told what we say, and nothing about the machine or the code."""


ERROR_TRACKING = "COMET_ERROR_TRACKING_ENABLE"


class Comet(Tracker):
    """An experiment in Comet, or offline."""

    def __init__(self, watched: Watched) -> None:
        comet_ml = _library()
        logging.getLogger("comet_ml").setLevel(logging.ERROR)  # what users need to know we tell ourselves
        self._experiment: Any
        self._folder = watched.folder / "comet"
        if os.environ.get("COMET_API_KEY"):
            self._experiment = comet_ml.Experiment(**QUIET)
        else:
            self._experiment = comet_ml.OfflineExperiment(offline_directory=str(self._folder), **QUIET)
        self._experiment.set_name(watched.name)
        self._experiment.log_parameters(dict(watched.settings))

    @classmethod
    def check(cls) -> None:
        _library()

    def track(self, record: Record) -> None:
        for name in SCALARS:
            if name in record:
                self._experiment.log_metric(name, record[name], step=record["iteration"])

    def show(self, sample: Sample) -> None:
        step = sample.iteration
        if sample.text:
            self._experiment.log_text(sample.text, step=step)
        if sample.wav:
            self._experiment.log_asset(str(sample.wav), file_name=sample.wav.name, step=step)
        if sample.png:
            self._experiment.log_image(str(sample.png), name=sample.png.name, step=step)

    def close(self) -> None:
        self._experiment.end()
        archive = self._folder / f"{self._experiment.get_key()}.zip"
        if archive.exists():
            print(f"kept for Comet: {archive}; comet upload {archive} would send it", file=sys.stderr)


def _library() -> Any:
    os.environ.setdefault(ERROR_TRACKING, "false")  # its makers hear of errors only if the user wants it
    try:
        import comet_ml
    except ImportError:
        raise MissingExtraError("Comet logs", "comet") from None
    return comet_ml
