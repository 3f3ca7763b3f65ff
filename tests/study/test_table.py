"""A study that is watched."""

from __future__ import annotations

import io
import re

from rich.console import Console

from tunewright.study.results import Study
from tunewright.study.table import LiveTable


def shown(study: Study, *, terminal: bool) -> str:
    file = io.StringIO()
    with LiveTable(Console(file=file, force_terminal=terminal, width=200, _environ={})) as table:
        halfway = Study(study.folder, study.plan, study.trials[:3])
        table(halfway, (study.trials[3].trial,))
        table(study, ())
    return file.getvalue()


def test_on_a_terminal_there_is_a_table_of_what_ended_and_what_is_under_way(tiny_study: Study) -> None:
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown(tiny_study, terminal=True)).rpartition("hidden_size")[2]
    assert "8 of 8 trials" in last
    assert last.count("done") == 8
    for one in tiny_study.done:
        assert f"{one.results['validation']:.3f}" in last


def test_where_there_is_none_each_end_is_a_line(tiny_study: Study) -> None:
    lines = shown(tiny_study, terminal=False).splitlines()
    assert len(lines) == 8
    for number, (line, one) in enumerate(zip(lines, tiny_study.trials, strict=True), 1):
        assert line.startswith(f"{number}/8 {one.trial.name}: done held out {one.results['validation']:.3f}")


def test_what_is_under_way_is_told_as_far_as_it_has_come(tiny_study: Study) -> None:
    file = io.StringIO()
    with LiveTable(Console(file=file, force_terminal=True, width=200, _environ={})) as table:
        table(Study(tiny_study.folder, tiny_study.plan, ()), (tiny_study.trials[0].trial,))
    assert "at 60" in file.getvalue()
    assert "0 of 8 trials" in file.getvalue()
