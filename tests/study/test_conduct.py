"""Studies from beginning to end, and from wherever they were left."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import tiny_settings
from tests.study.studies import QUICK, tiny_plan
from tunewright.errors import OutputError, RunError, SettingsError
from tunewright.executor import InProcess, Processes
from tunewright.files import locked
from tunewright.run import Run, open_run
from tunewright.settings import Settings
from tunewright.study import journal
from tunewright.study.conduct import conduct
from tunewright.study.plan import Plan, read_plan, write_plan
from tunewright.study.results import CURVES, JOURNAL, TRIALS, Study, open_study
from tunewright.study.trial import RUNS
from tunewright.train import Budget


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def states(folder: Path) -> Counter[tuple[str, str]]:
    """How often each trial was noted in each state."""
    records = [json.loads(line) for line in (folder / JOURNAL).read_text().splitlines()]
    return Counter((record["trial"], record["state"]) for record in records)


def test_every_variant_is_tried_under_every_seed(tiny_study: Study) -> None:
    assert tiny_study.planned == len(tiny_study.done) == 8
    assert [one.trial for one in tiny_study.trials] == list(tiny_study.plan.grid())
    for one in tiny_study.done:
        assert one.results["iterations"] == 60
        assert 0 < one.results["validation"] < 5
        assert 0 < one.results["test"] < 5
        assert 0 <= one.results["valid_free"] <= 1
        assert one.results["valid"] == 1
        assert one.results["seconds_per_iteration"] > 0


def test_trials_that_differ_in_composing_share_a_training(tiny_study: Study) -> None:
    folders = {path.name for path in (tiny_study.folder / RUNS).iterdir()}
    assert folders == {one.trial.training for one in tiny_study.done}
    assert len(folders) == 4
    by_training: dict[str, set[float]] = {}
    for one in tiny_study.done:
        by_training.setdefault(one.trial.training, set()).add(one.results["validation"])
    assert all(len(bits) == 1 for bits in by_training.values())


def test_a_training_of_a_study_is_a_run_like_any_other(tiny_study: Study) -> None:
    trial = tiny_study.done[-1].trial
    run = open_run(tiny_study.folder / RUNS / trial.training)
    assert run.settings.model.options["hidden_size"] == trial.assignments["model.hidden_size"]
    assert run.settings.training.seed == trial.seed


def test_tables_are_tidy(tiny_study: Study) -> None:
    trials = rows(tiny_study.folder / TRIALS)
    assert [row["trial"] for row in trials] == [one.trial.name for one in tiny_study.trials]
    for row, one in zip(trials, tiny_study.trials, strict=True):
        assert float(row["decoding.temperature"]) == one.trial.assignments["decoding.temperature"]
        assert float(row["validation"]) == one.results["validation"]
    points = rows(tiny_study.folder / CURVES)
    assert {row["training"] for row in points} == {one.trial.training for one in tiny_study.trials}
    assert sum(bool(row["validation"]) for row in points) == 4 * 3
    assert sum(bool(row["loss"]) for row in points) == 4 * 60


def test_a_study_that_is_done_does_nothing_more(tiny_study: Study) -> None:
    before = (tiny_study.folder / JOURNAL).read_bytes()
    again = conduct(tiny_study.folder, InProcess(), tiny_study.plan)
    assert again == open_study(tiny_study.folder)
    assert (tiny_study.folder / JOURNAL).read_bytes() == before


def test_what_stands_in_the_journal_twice_counts_once(tiny_study: Study, tmp_path: Path) -> None:
    write_plan(tiny_study.plan, tmp_path)
    lines = (tiny_study.folder / JOURNAL).read_text().splitlines(keepends=True)
    (tmp_path / JOURNAL).write_text("".join([*lines, *lines, lines[-1][:40]]))
    assert open_study(tmp_path).trials == tiny_study.trials
    assert len(conduct(tmp_path, InProcess()).trials) == 8
    assert not (tmp_path / RUNS).exists()


def test_another_plan_is_refused(tiny_study: Study, own_file: Path) -> None:
    with pytest.raises(RunError, match="holds a study of another plan: --resume goes on with it"):
        conduct(tiny_study.folder, InProcess(), tiny_plan(own_file, seeds=3))


def test_one_process_at_a_time(tiny_study: Study) -> None:
    with locked(tiny_study.folder), pytest.raises(OutputError, match="another process is at work in"):
        conduct(tiny_study.folder, InProcess(), tiny_study.plan)


def test_there_must_be_a_study_to_go_on_with(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no study that could be gone on with"):
        conduct(tmp_path, InProcess())


def test_plans_are_read_as_they_were_written(tiny_study: Study, tmp_path: Path) -> None:
    for plan in (
        tiny_study.plan,
        replace(tiny_study.plan, budget=Budget(units=1000)),
        Plan(None, "session", ("decoding.top_p=0.9",)),
    ):
        write_plan(plan, tmp_path)
        assert read_plan(tmp_path) == plan
    (tmp_path / "study.json").write_text('{"format": 1}')
    with pytest.raises(RunError, match="is damaged"):
        read_plan(tmp_path)


@pytest.mark.parametrize(
    ("varied", "message"),
    [
        ("model.size_of_hidden=1,2", None),
        ("training.rate=1,2", r"there is no setting 'training\.rate'"),
        ("training.length=0,50", r"training\.length = 0"),
        ("decoding.warmth=1,2", r"decoding\.warmth: there are: .*temperature"),
        ("decoding.top_k=a,b", r"decoding\.top_k=a: expected a value such as 0"),
        ("decoding.top_p=0.5,7", "decoding: "),
    ],
)
def test_a_plan_that_can_t_be_is_refused_before_anything_is_done(
    own_file: Path, varied: str, message: str | None
) -> None:
    if message is None:
        tiny_plan(own_file, varied)  # options of parts are known to the parts alone: such a trial fails
        return
    with pytest.raises(SettingsError, match=message):
        tiny_plan(own_file, varied)


def test_a_trial_that_fails_takes_none_of_the_others_with_it(own_file: Path, tmp_path: Path) -> None:
    plan = tiny_plan(own_file, "model.embedding_size=8,-1", tunes=0)
    study = conduct(tmp_path / "study", InProcess(), plan)
    assert [one.state for one in study.trials] == ["done", "failed"]
    assert "embedding_size" in study.trials[1].reason
    assert rows(study.folder / TRIALS)[1]["state"] == "failed"


def test_budgets_are_equal_in_characters(own_file: Path, tmp_path: Path) -> None:
    plan = tiny_plan(own_file, "training.length=32,64", budget=Budget(units=20_000), tunes=0)
    study = conduct(tmp_path / "study", InProcess(), plan)
    assert [one.results["iterations"] for one in study.done] == [39, 20]
    assert [one.results["symbols"] for one in study.done] == [39 * 16 * 32, 20 * 16 * 64]


def test_a_trained_run_can_be_composed_with_in_several_ways(tiny_run: Run, tmp_path: Path) -> None:
    plan = Plan(None, str(tiny_run.folder), ("decoding.free=true,false",), seeds=2, tunes=12)
    study = conduct(tmp_path / "study", InProcess(), plan)
    assert len(study.done) == 4
    assert not (study.folder / RUNS).exists()
    assert {one.results["validation"] for one in study.done} == {tiny_run.about["results"]["best"]["bits_per_unit"]}
    by_way = {one.trial.assignments["decoding.free"]: one.results for one in study.done}
    assert by_way[False]["valid"] == 1
    assert by_way[True]["valid"] == by_way[True]["valid_free"]
    with pytest.raises(SettingsError, match="is trained already"):
        Plan(None, str(tiny_run.folder), ("model.layers=1,2",))


SLOWED = (
    "import sys, time, json, pathlib\n"
    "from tunewright.executor import executor\n"
    "from tunewright.study.conduct import conduct\n"
    "if __name__ == '__main__':\n"
    "    conduct(pathlib.Path(sys.argv[1]), executor('processes', 2))\n"
)


def wait_for(folder: Path, enough: Any) -> None:
    deadline = time.monotonic() + 120
    while not (folder.exists() and enough()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups to kill")
def test_killed_twice_and_gone_on_with(own_file: Path, tmp_path: Path) -> None:
    """Killed without a warning, once with a trial done and once in the middle of a training."""
    folder, script = tmp_path / "study", tmp_path / "conduct.py"
    script.write_text(SLOWED)
    settings = tiny_settings(own_file, *QUICK, "training.iterations=200")
    write_plan(Plan(settings, varied=("model.hidden_size=24,32", "training.learning_rate=0.01,0.02"), tunes=0), folder)
    for done in (1, 2):
        child = subprocess.Popen([sys.executable, str(script), str(folder)], start_new_session=True)
        wait_for(folder, lambda done=done: len(journal.ended(folder / JOURNAL)) >= done)
        wait_for(folder, lambda: any((folder / RUNS).glob("*/state.pt")))
        child.send_signal(signal.SIGKILL)  # the workers end by themselves
        child.wait()
    study = conduct(folder, Processes(2))
    assert len(study.done) == study.planned == 4
    counted = states(folder)
    for one in study.done:
        assert counted[one.trial.name, "done"] == 1
        records = [point for point in study.curve(one.trial) if "loss" in point]
        assert [point["iteration"] for point in records] == list(range(1, 201))
    assert all(isinstance(open_run(folder / RUNS / one.trial.training).settings, Settings) for one in study.done)
