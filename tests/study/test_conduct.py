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
from tunewright.study.conduct import Conducting, conduct
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
        ("model.size_of_hidden=1,2", "model 'lstm' has no option 'size_of_hidden'"),
        ("model.hidden_size=big,small", r"model\.hidden_size = 'big'"),
        ("model.name=lstm,crystal", "no model is called 'crystal'"),
        ("training.seed=1,2", "--seeds N tries each variant with N"),
        ("decoding.seed=1,2", "--seeds N tries each variant with N"),
        ("decoding.title=12,13", r"decoding\.title=12: expected a text"),
        ("training.rate=1,2", r"there is no setting 'training\.rate'"),
        ("training.length=0,50", r"training\.length = 0"),
        ("decoding.warmth=1,2", r"decoding\.warmth: there are: .*temperature"),
        ("decoding.top_k=a,b", r"decoding\.top_k=a: expected a value such as 0"),
        ("decoding.top_p=0.5,7", "decoding: "),
    ],
)
def test_a_plan_that_can_t_be_is_refused_before_anything_is_done(own_file: Path, varied: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        tiny_plan(own_file, varied)


def test_a_trial_that_fails_takes_none_of_the_others_with_it(own_file: Path, tmp_path: Path) -> None:
    plan = tiny_plan(own_file, "training.length=32,100000", tunes=0)
    study = conduct(tmp_path / "study", InProcess(), plan)
    assert [one.state for one in study.trials] == ["done", "failed"]
    assert "training.batch_size" in study.trials[1].reason
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


def test_what_failed_is_tried_again_when_a_study_goes_on(own_file: Path, tmp_path: Path) -> None:
    """Here the corpus had been moved away."""
    moved = tmp_path / "moved.abc"
    moved.write_text(own_file.read_text())
    plan = tiny_plan(moved, "model.hidden_size=16,24", tunes=0)
    hidden = moved.rename(tmp_path / "hidden.abc")
    study = conduct(tmp_path / "study", InProcess(), plan)
    assert [one.state for one in study.trials] == ["failed", "failed"]
    assert all("moved.abc" in one.reason for one in study.trials)
    assert all("moved.abc" in row["reason"] for row in rows(study.folder / TRIALS))
    hidden.rename(moved)
    study = conduct(tmp_path / "study", InProcess())
    assert [(one.state, one.attempts) for one in study.trials] == [("done", 2), ("done", 2)]
    again = conduct(tmp_path / "study", InProcess())
    assert [one.attempts for one in again.trials] == [2, 2]


def test_a_fault_of_the_program_fails_the_trial_alone(
    own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def learned(run: Run) -> dict[str, Any]:
        if run.settings.model.options["hidden_size"] == 16:
            raise RuntimeError("out of memory")
        return {}

    monkeypatch.setattr("tunewright.study.trial._learned", learned)
    study = conduct(tmp_path / "study", InProcess(), tiny_plan(own_file, "model.hidden_size=16,24", tunes=0))
    assert [(one.state, one.reason) for one in study.trials] == [
        ("failed", "RuntimeError: out of memory"),
        ("done", ""),
    ]


def test_what_may_have_ended_the_study_comes_last(own_file: Path, tmp_path: Path) -> None:
    plan = tiny_plan(own_file, "model.hidden_size=16,24,32,40", tunes=0)
    write_plan(plan, tmp_path)
    twice, failed, once, fresh = plan.grid()
    told = [(twice, "begun"), (twice, "begun"), (failed, "begun"), (failed, "failed"), (once, "begun")]
    for at, (one, state) in enumerate(told):
        journal.write(tmp_path / JOURNAL, {**one.to_dict(), "state": state, "at": at})
    assert list(Conducting(tmp_path, plan, lambda study, trials: None)._left()) == [once, fresh, twice, failed]


def test_what_every_trial_needs_is_looked_for_before_one_is_begun(own_file: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no tracker is called 'crystal'"):
        conduct(tmp_path / "study", InProcess(), tiny_plan(own_file, trackers=("crystal",)))
    with pytest.raises(RunError, match="nowhere"):
        conduct(tmp_path / "study", InProcess(), Plan(None, "nowhere", ("decoding.top_k=0,5",)))
    assert not (tmp_path / "study").exists()


def test_what_only_the_constraint_can_hold_to_can_be_varied(tiny_run: Run, tmp_path: Path) -> None:
    varied = ("decoding.masked=true,false", "decoding.bars=4,8")
    study = conduct(tmp_path / "study", InProcess(), Plan(None, str(tiny_run.folder), varied, tunes=3))
    assert [one.state for one in study.trials] == ["done"] * 4
    assert len({one.results["valid_free"] for one in study.done}) == 1


def test_seeds_begin_with_that_of_the_settings(own_file: Path, tmp_path: Path) -> None:
    settings = tiny_settings(own_file, *QUICK, "training.seed=7", "training.iterations=5")
    study = conduct(tmp_path / "study", InProcess(), Plan(settings, varied=("model.layers=1",), seeds=2, tunes=0))
    assert [one.trial.seed for one in study.done] == [7, 8]
    assert [study.run_of(one.trial).settings.training.seed for one in study.done] == [7, 8]


def test_how_long_is_told_once(own_file: Path) -> None:
    with pytest.raises(SettingsError, match="told by --minutes or --characters already"):
        tiny_plan(own_file, "training.iterations=5,9", budget=Budget(minutes=1))


def test_tables_are_written_again_after_a_kill(tiny_study: Study) -> None:
    before = {name: (tiny_study.folder / name).read_bytes() for name in (TRIALS, CURVES)}
    for name in before:
        (tiny_study.folder / name).unlink()
    conduct(tiny_study.folder, InProcess())
    assert {name: (tiny_study.folder / name).read_bytes() for name in before} == before


def test_trackers_hear_what_a_trial_composes(own_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    plan = tiny_plan(own_file, "model.hidden_size=48", tunes=0, trackers=("tensorboard",))
    study = conduct(tmp_path / "study", InProcess(), plan)
    run = study.run_of(study.done[0].trial)
    assert list((run.folder / "tensorboard").glob("events.*"))
    assert (run.folder / "samples").is_dir()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups to interrupt")
@pytest.mark.parametrize("everyone", [True, False])
def test_ctrl_c_stops_all_workers_where_they_can_go_on(own_file: Path, tmp_path: Path, everyone: bool) -> None:
    """As a terminal does it, to every process, and as ``kill -INT`` does, to one; two trials share the training."""
    folder, script = tmp_path / "study", tmp_path / "conduct.py"
    script.write_text(SLOWED)
    settings = tiny_settings(own_file, *QUICK, "training.iterations=100000")
    write_plan(Plan(settings, varied=("decoding.temperature=0.7,1.0",)), folder)
    child = subprocess.Popen([sys.executable, str(script), str(folder)], start_new_session=True)
    wait_for(folder, lambda: any((folder / RUNS).glob("*/state.pt")))
    wait_for(folder, lambda: len(journal.begun(folder / JOURNAL)) == 2)
    if everyone:
        os.killpg(child.pid, signal.SIGINT)
    else:
        child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == 0
    assert journal.ended(folder / JOURNAL) == {}
    (run,) = (open_run(path) for path in (folder / RUNS).iterdir() if path.is_dir())
    assert run.about["results"]["stopped"]
    assert run.about["results"]["iterations"] < 100000
