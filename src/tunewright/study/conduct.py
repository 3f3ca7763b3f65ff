"""A study from its beginning, or from wherever it was left, to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tunewright.errors import RunError
from tunewright.executor import Executor
from tunewright.files import locked
from tunewright.study import journal
from tunewright.study.plan import Plan, Trial, is_study, read_plan, write_plan
from tunewright.study.results import JOURNAL, Study, open_study, write_tables
from tunewright.study.search import MedianPruner, objective, proposals
from tunewright.study.trial import Task, perform

Watch = Callable[[Study, "tuple[Trial, ...]"], None]
"""Told of the study and the trials under way, whenever one begins or ends."""


def conduct(
    folder: Path,
    executor: Executor,
    plan: Plan | None = None,
    watch: Watch = lambda study, trials: None,
    trackers: Sequence[str] = (),
) -> Study:
    """Does what a study has left to do; what has ended is never done again, and a training that was cut off goes on.

    Args:
        folder: of the study.
        executor: that does the trials.
        plan: of a new study; None to go on with the one in the folder. The same plan again goes on with it too.
        watch: see :data:`Watch`.
        trackers: names of those that watch each training, beside the usual ones.

    Raises:
        RunError: the folder holds a study of another plan, or none to go on with.
        OutputError: another process is at it.
    """
    with locked(folder, wait=False):
        plan = _agreed(folder, plan)
        conducting = Conducting(folder, plan, watch, trackers)
        with suppress(KeyboardInterrupt):  # workers have heard it too, and saved what they had
            for task, record in executor.map(perform, conducting.tasks()):
                conducting.ended(task.trial, record)
        return open_study(folder)


class Conducting:
    """The state of a study while it is under way."""

    def __init__(self, folder: Path, plan: Plan, watch: Watch, trackers: Sequence[str]) -> None:
        self.folder, self.plan, self.watch, self.trackers = folder, plan, watch, tuple(trackers)
        self.under_way: list[Trial] = []
        self.stopped = False

    def tasks(self) -> Iterator[Task]:
        """What is left to do, asked for as workers fall free."""
        pruner = MedianPruner(self.folder) if self.plan.trials and objective(self.plan) == "validation" else None
        for trial in self._left():
            if self.stopped:
                return
            self.under_way.append(trial)
            self._note({**trial.to_dict(), "state": "begun"})
            yield Task(self.folder, self.plan, trial, pruner, self.trackers)

    def _left(self) -> Iterator[Trial]:
        """The trials that have not ended: those that were cut off first."""
        study = open_study(self.folder)
        yield from (one.trial for one in study.unended)
        if self.plan.trials:
            yield from proposals(self.folder, self.plan)
            return
        met = {one.trial.name for one in (*study.trials, *study.unended)}
        yield from (trial for trial in self.plan.grid() if trial.name not in met)

    def ended(self, trial: Trial, record: journal.Record) -> None:
        """Notes how a trial ended; one that the user stopped hasn't."""
        self.under_way.remove(trial)
        self.stopped |= record["state"] == "stopped"
        self._note({**trial.to_dict(), **record})

    def _note(self, record: journal.Record) -> None:
        journal.write(self.folder / JOURNAL, {**record, "at": round(time.time(), 3)})
        study = open_study(self.folder)
        if record["state"] in journal.ENDED:
            write_tables(study)
        self.watch(study, tuple(self.under_way))


def _agreed(folder: Path, plan: Plan | None) -> Plan:
    """The plan of the study in this folder, begun if it wasn't."""
    if not is_study(folder):
        if plan is None:
            raise RunError(f"{folder} is no study that could be gone on with")
        write_plan(plan, folder)
    known = read_plan(folder)
    if plan is not None and plan != known:
        raise RunError(
            f"{folder} holds a study of another plan: --resume goes on with it, another --out leaves it alone"
        )
    return known
