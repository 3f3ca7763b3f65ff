"""A study to be watched: a table that is drawn anew while trainings go on, or a line for each end where none can be."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from tunewright.study.plan import Trial
from tunewright.study.results import Ended, Study
from tunewright.study.space import told

MOST_ROWS = 30
"""Ended trials that are shown, the last ones."""
FIGURES = {
    "validation": "held out",
    "test": "test",
    "valid_free": "valid free",
    "distance": "distance",
    "seconds": "seconds",
}


class LiveTable:
    """Shows a study while it is conducted: a :data:`tunewright.study.conduct.Watch`.

    Args:
        console: where; None for standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._lock = threading.Lock()
        self._study: Study | None = None
        self._under_way: Sequence[Trial] = ()
        self._told: set[str] = set()
        self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=1, transient=False)

    def __enter__(self) -> LiveTable:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def __call__(self, study: Study, under_way: tuple[Trial, ...]) -> None:
        with self._lock:
            self._study, self._under_way = study, under_way
        if not self._console.is_terminal:
            self._tell(study)

    def _tell(self, study: Study) -> None:
        """A line for each trial that has ended since the last one."""
        for one in study.trials:
            if one.trial.name not in self._told:
                self._told.add(one.trial.name)
                figures = ", ".join(
                    f"{name} {_figure(one, key)}" for key, name in FIGURES.items() if key in one.results
                )
                count = f"{len(self._told)}/{study.planned}"
                self._console.print(
                    f"{count} {one.trial.name}: {one.state} {one.reason or figures}", highlight=False, soft_wrap=True
                )

    def _table(self) -> Table:
        with self._lock:
            study, under_way = self._study, list(self._under_way)
        table = Table(box=None, header_style="bold", pad_edge=False)
        if study is None:
            return table
        varied = [one.address for one in study.plan.space]
        for name in (*(address.partition(".")[2] for address in varied), "seed", "state", *FIGURES.values()):
            table.add_column(name, justify="right", no_wrap=True)
        for one in study.trials[-MOST_ROWS:]:
            figures = [_figure(one, key) for key in FIGURES]
            table.add_row(*_variant(one.trial, varied), one.state, *figures, style="" if one.state == "done" else "dim")
        for trial in under_way:
            table.add_row(*_variant(trial, varied), *_progress(study, trial), style="cyan")
        table.caption = f"{len(study.trials)} of {study.planned} trials"
        return table


def _variant(trial: Trial, varied: Sequence[str]) -> list[str]:
    return [*(told(trial.assignments[address]) for address in varied), str(trial.seed)]


def _figure(one: Ended, key: str) -> str:
    value: Any = one.results.get(key)
    if value is None:
        return "–"
    return f"{value:.0%}" if key == "valid_free" else f"{value:.1f}" if key == "seconds" else f"{value:.3f}"


def _progress(study: Study, trial: Trial) -> list[str]:
    """Where a training stands: state, held-out bits and seconds, as far as they are known."""
    records = study.curve(trial)
    if not records:
        return ["begun", *["…"] * len(FIGURES)]
    held_out = [record["validation"] for record in records if "validation" in record]
    last = next((record for record in reversed(records) if "loss" in record), {"iteration": 0, "seconds": 0.0})
    known = {"held out": f"{min(held_out):.3f}" if held_out else "…", "seconds": f"{last['seconds']:.1f}"}
    return [f"at {last['iteration']}", *(known.get(name, "…") for name in FIGURES.values())]
