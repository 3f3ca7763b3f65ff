"""Searching instead of trying everything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.study.studies import tiny_plan
from tunewright.errors import MissingExtraError, SettingsError
from tunewright.executor import InProcess
from tunewright.study import journal
from tunewright.study.conduct import conduct
from tunewright.study.plan import Trial, write_plan
from tunewright.study.results import JOURNAL, open_study
from tunewright.study.search import STARTUP, MedianPruner, objective, proposals
from tunewright.study.trial import Task, perform

pytest.importorskip("optuna", reason="searches are tested where Optuna is")
RANGES = ("training.learning_rate=1e-4..1e-1", "model.hidden_size=16..48", "training.optimiser=adam,adamw")


def test_as_many_variants_as_asked_for_are_tried(own_file: Path, tmp_path: Path) -> None:
    study = conduct(tmp_path / "study", InProcess(), tiny_plan(own_file, *RANGES, trials=7, tunes=0))
    assert len(study.trials) == study.planned == 7
    for one in study.trials:
        rate, size = one.trial.assignments["training.learning_rate"], one.trial.assignments["model.hidden_size"]
        assert isinstance(rate, float)
        assert isinstance(size, int)
        assert 1e-4 <= rate <= 1e-1
        assert 16 <= size <= 48
        assert len(f"{rate:e}".partition("e")[0].rstrip("0")) <= 5
    assert len({one.trial.name for one in study.trials}) == 7


def planted(folder: Path, count: int, own_file: Path) -> None:
    """A search whose first trials were done: the greater the rate, the worse."""
    write_plan(tiny_plan(own_file, "training.learning_rate=0.001..1", trials=30), folder)
    for number in range(count):
        rate = 0.001 * 10 ** (3 * number / count)
        trial = Trial({"training.learning_rate": rate}, 0)
        journal.write(folder / JOURNAL, {**trial.to_dict(), "state": "begun"})
        journal.write(folder / JOURNAL, {**trial.to_dict(), "state": "done", "results": {"validation": 2 + rate}})
        curve = [f'{{"iteration": {at}, "validation": {2 + rate + 1 / at}}}\n' for at in (20, 40, 60)]
        metrics = folder / "runs" / trial.training / "metrics.jsonl"
        metrics.parent.mkdir(parents=True)
        metrics.write_text("".join(curve))


def test_proposals_lean_to_where_it_was_good(own_file: Path, tmp_path: Path) -> None:
    planted(tmp_path, 25, own_file)
    rates = []
    for trial in proposals(tmp_path, open_study(tmp_path).plan):
        journal.write(tmp_path / JOURNAL, {**trial.to_dict(), "state": "begun"})
        rates.append(float(trial.assignments["training.learning_rate"]))
    assert len(rates) == 5
    assert sum(rate < 0.03 for rate in rates) >= 4


def test_proposals_are_the_same_wherever_a_search_was_left(own_file: Path, tmp_path: Path) -> None:
    planted(tmp_path, 12, own_file)
    plan = open_study(tmp_path).plan
    assert next(proposals(tmp_path, plan)) == next(proposals(tmp_path, plan))


def test_seeds_that_are_missing_come_first(own_file: Path, tmp_path: Path) -> None:
    plan = tiny_plan(own_file, "training.learning_rate=0.001..1", trials=2, seeds=2)
    write_plan(plan, tmp_path)
    first = Trial({"training.learning_rate": 0.02}, 0)
    journal.write(tmp_path / JOURNAL, {**first.to_dict(), "state": "begun"})
    assert next(proposals(tmp_path, plan)) == Trial({"training.learning_rate": 0.02}, 1)


def test_what_is_behind_the_others_is_ended_early(own_file: Path, tmp_path: Path) -> None:
    planted(tmp_path, STARTUP + 3, own_file)
    pruner = MedianPruner(tmp_path)
    assert pruner.hopeless([(20, 9.0), (40, 9.0)])
    assert not pruner.hopeless([(20, 1.0), (40, 1.0)])


def test_nothing_is_ended_before_enough_is_known(own_file: Path, tmp_path: Path) -> None:
    planted(tmp_path, STARTUP - 1, own_file)
    assert not MedianPruner(tmp_path).hopeless([(20, 9.0), (40, 9.0)])


class Always:
    """Nothing is worth its end."""

    def hopeless(self, curve: object) -> bool:
        return True


def test_a_pruned_trial_is_noted_and_not_tried_again(own_file: Path, tmp_path: Path) -> None:
    planted(tmp_path, STARTUP + 3, own_file)
    plan = open_study(tmp_path).plan
    hopeless = Trial({"training.learning_rate": 0.9}, 0)
    journal.write(tmp_path / JOURNAL, {**hopeless.to_dict(), "state": "begun"})
    record = perform(Task(tmp_path, plan, hopeless, Always()))
    assert record["state"] == "pruned"
    assert record["results"]["iterations"] == 20
    journal.write(tmp_path / JOURNAL, {**hopeless.to_dict(), **record})
    assert open_study(tmp_path).trials[-1].state == "pruned"


def test_what_is_searched_for(own_file: Path) -> None:
    assert objective(tiny_plan(own_file, "model.hidden_size=16..48", trials=2)) == "validation"
    assert objective(tiny_plan(own_file, "decoding.temperature=0.5..1.5", trials=2)) == "distance"


def test_a_range_without_a_number_of_trials_is_refused(own_file: Path) -> None:
    with pytest.raises(SettingsError, match="it is searched with --trials N"):
        tiny_plan(own_file, "model.hidden_size=16..48")


def test_without_its_library_a_search_says_which_line_installs_it(
    own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tunewright\[search\]'"):
        conduct(tmp_path / "study", InProcess(), tiny_plan(own_file, *RANGES, trials=2, tunes=0))
    assert len(conduct(tmp_path / "grid", InProcess(), tiny_plan(own_file, "model.hidden_size=16", tunes=0)).done) == 1
