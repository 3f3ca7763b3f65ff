"""A study from its beginning, or from wherever it was left, to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tunewright.errors import RunError
from tunewright.executor import Executor
from tunewright.files import locked
from tunewright.interrupts import stop_asked
from tunewright.run import open_run
from tunewright.study import journal
from tunewright.study.plan import Plan, Trial, is_study, read_plan, write_plan
from tunewright.study.results import JOURNAL, Study, open_study, write_tables, write_trials
from tunewright.study.search import MedianPruner, optuna, proposals
from tunewright.study.trial import Task, perform
from tunewright.training.trackers import find_trackers

Watch = Callable[[Study, "tuple[Trial, ...]"], None]
"""Told of the study and the trials under way, whenever one begins or ends."""


def conduct(
    folder: Path,
    executor: Executor,
    plan: Plan | None = None,
    watch: Watch = lambda study, trials: None,
) -> Study:
    """Does what a study has left to do; what was done is never done again, and a training that was cut off goes on.
    Trials that failed are tried again, after all others: what was wrong may have been mended.

    Ctrl-C stops it where it can be gone on with.

    Args:
        folder: of the study.
        executor: that does the trials.
        plan: of a new study; None to go on with the one in the folder. The same plan again goes on with it too.
        watch: see :data:`Watch`.

    Raises:
        RunError: the folder holds a study of another plan, or none to go on with.
        SettingsError: there is no tracker of a name, or a search has no figure to go by.
        MissingExtraError: a tracker or a search needs a library that is not installed.
        OutputError: another process is at it, or nothing can be written.
        WorkerError: a worker died.
    """
    if plan is None:
        if not is_study(folder):
            raise RunError(f"{folder} is no study that could be gone on with")
        plan = read_plan(folder)
    _check_needs(plan)
    with locked(folder, wait=False):
        _agree(folder, plan)
        conducting = Conducting(folder, plan, watch)
        with stop_asked(executor.stop) as asked, suppress(KeyboardInterrupt):
            for task, record in executor.map(perform, conducting.tasks(asked)):
                conducting.ended(task.trial, record)
        study = open_study(folder)
        write_tables(study)
        return study


class Conducting:
    """The state of a study while it is under way."""

    def __init__(self, folder: Path, plan: Plan, watch: Watch) -> None:
        self.folder, self.plan, self.watch = folder, plan, watch
        self.under_way: list[Trial] = []
        self.stopped = False

    def tasks(self, asked: Callable[[], bool]) -> Iterator[Task]:
        """What is left to do, handed out as workers fall free, until the user asks to stop."""
        for trial in self._left():
            if self.stopped or asked():
                return
            self.under_way.append(trial)
            self._note({**trial.to_dict(), "state": "begun"})
            yield Task(self.folder, self.plan, trial, self._pruner(trial))

    def _pruner(self, trial: Trial) -> MedianPruner | None:
        """A variant is given up by its first seed alone: were it by any, those with luck would be left."""
        searches = self.plan.trials and self.plan.objective == "validation"
        return MedianPruner(self.folder) if searches and trial.seed == self.plan.first_seed else None

    def _left(self) -> Iterator[Trial]:
        """The trials that were not done: those that were cut off first; last those that failed, or that were begun
        twice and never ended, which may be what ended the study.
        """
        study = open_study(self.folder)
        doubtful = [one for one in study.unended if one.attempts > 1]
        yield from (one.trial for one in study.unended if one.attempts == 1)
        if self.plan.trials:
            yield from proposals(self.folder, self.plan)
        else:
            met = {one.trial.name for one in (*study.trials, *study.unended)}
            yield from (trial for trial in self.plan.grid() if trial.name not in met)
        yield from (one.trial for one in (*doubtful, *study.failed))

    def ended(self, trial: Trial, record: journal.Record) -> None:
        """Notes how a trial ended; one that the user stopped hasn't."""
        self.under_way.remove(trial)
        self.stopped |= record["state"] == "stopped"
        self._note({**trial.to_dict(), **record})

    def _note(self, record: journal.Record) -> None:
        journal.write(self.folder / JOURNAL, {**record, "at": round(time.time(), 3)})
        study = open_study(self.folder)
        if record["state"] in journal.ENDED:
            write_trials(study)
        self.watch(study, tuple(self.under_way))


def _check_needs(plan: Plan) -> None:
    """Looks whether there is all that every trial needs, before one is begun."""
    find_trackers(plan.trackers)
    if plan.trials:
        optuna()
    if plan.run:
        open_run(plan.run)


def _agree(folder: Path, plan: Plan) -> None:
    """Begins the study in this folder, or finds that it is the one that was begun there."""
    if not is_study(folder):
        write_plan(plan, folder)
    elif plan != read_plan(folder):
        raise RunError(
            f"{folder} holds a study of another plan: --resume goes on with it, another --out leaves it alone"
        )
