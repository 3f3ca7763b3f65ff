"""Searching instead of trying everything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.study.studies import tiny_plan
from tunewright.errors import MissingExtraError, SettingsError
from tunewright.executor import InProcess
from tunewright.study import journal
from tunewright.study.conduct import Conducting, conduct
from tunewright.study.plan import Plan, Trial, write_plan
from tunewright.study.results import JOURNAL, open_study
from tunewright.study.search import STARTUP, MedianPruner, proposals
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
    # Whether it is worth more than one, its first seed tells: until then others are tried.
    other = next(proposals(tmp_path, plan))
    assert (other.assignments["training.learning_rate"] != 0.02, other.seed) == (True, 0)
    ended(tmp_path, first)
    assert next(proposals(tmp_path, plan)) == Trial({"training.learning_rate": 0.02}, 1)


def test_what_is_behind_the_others_is_ended_early(own_file: Path, tmp_path: Path) -> None:
    planted(tmp_path, STARTUP + 3, own_file)
    pruner = MedianPruner(tmp_path)
    assert pruner.hopeless([(1 / 3, 9.0), (2 / 3, 9.0)])
    assert not pruner.hopeless([(1 / 3, 1.0), (2 / 3, 1.0)])


def test_nothing_is_ended_before_enough_is_known(own_file: Path, tmp_path: Path) -> None:
    planted(tmp_path, STARTUP - 1, own_file)
    assert not MedianPruner(tmp_path).hopeless([(1 / 3, 9.0), (2 / 3, 9.0)])


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
    assert tiny_plan(own_file, "model.hidden_size=16..48", trials=2).objective == "validation"
    assert tiny_plan(own_file, "decoding.temperature=0.5..1.5", trials=2).objective == "distance"


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


def ended(folder: Path, trial: Trial, state: str = "done", figure: float = 2.0) -> None:
    """Notes how a trial is made up to have ended."""
    journal.write(folder / JOURNAL, {**trial.to_dict(), "state": "begun"})
    journal.write(folder / JOURNAL, {**trial.to_dict(), "state": state, "results": {"validation": figure}})


def test_a_space_with_few_variants_is_searched_to_its_end(own_file: Path, tmp_path: Path) -> None:
    plan = tiny_plan(own_file, "model.layers=1..2", "training.optimiser=adam,sgd", trials=9, seeds=2)
    write_plan(plan, tmp_path)
    found = []
    for trial in proposals(tmp_path, plan):
        found.append(trial.name)
        assert len(found) <= 8
        ended(tmp_path, trial)
    assert len(set(found)) == len(found) == open_study(tmp_path).planned == 8
    assert open_study(tmp_path).left == 0


def test_a_search_that_was_left_goes_on_with_others(own_file: Path, tmp_path: Path) -> None:
    """Left after each trial, with one under way, it never proposes what was met."""
    plan = tiny_plan(own_file, "model.hidden_size=16..20", "training.learning_rate=0.001..0.1", trials=12)
    write_plan(plan, tmp_path)
    names = []
    for _ in range(12):
        trial = next(proposals(tmp_path, plan))
        names.append(trial.name)
        journal.write(tmp_path / JOURNAL, {**trial.to_dict(), "state": "begun"})
        if len(names) > 1:
            journal.write(tmp_path / JOURNAL, _done(names[-2], tmp_path))
    assert len(set(names)) == 12


def _done(name: str, folder: Path) -> dict[str, object]:
    (record,) = journal.begun(folder / JOURNAL)[name]
    return {**record, "state": "done", "results": {"validation": 2.0}}


def test_a_range_is_of_whole_numbers_where_its_setting_is(own_file: Path) -> None:
    plan = tiny_plan(own_file, "training.weight_decay=0..1", "model.layers=1..3", "decoding.temperature=1..2", trials=3)
    assert [one.whole for one in plan.space] == [False, True, False]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("varied", "message"),
    [
        ("training.rate=1e-4..1e-2", r"there is no setting 'training\.rate'"),
        ("decoding.warmth=1..2", r"decoding\.warmth: there are"),
        ("decoding.top_p=0.5..7", "top-p 7"),
        ("model.layers=0.5..2", r"model\.layers = 0\.5"),
        ("model.hiden_size=16..48", "has no option 'hiden_size'"),
    ],
)
def test_a_search_that_can_t_be_is_refused_before_anything_is_done(own_file: Path, varied: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        tiny_plan(own_file, varied, trials=3)


def test_a_search_without_a_figure_to_go_by_is_refused(own_file: Path) -> None:
    settings = tiny_plan(own_file).settings
    assert settings
    for change in ("corpus.split=none", "training.validate_every=0"):
        with pytest.raises(SettingsError, match="a search goes by held-out bits"):
            Plan(settings.changed([change]), varied=("model.layers=1..2",), trials=2)


def test_of_a_variant_that_was_given_up_no_other_seed_is_tried(own_file: Path, tmp_path: Path) -> None:
    plan = tiny_plan(own_file, "training.learning_rate=0.001..1", trials=3, seeds=3)
    write_plan(plan, tmp_path)
    for number, trial in enumerate(proposals(tmp_path, plan)):
        ended(tmp_path, trial, "done" if number else "pruned")
    study = open_study(tmp_path)
    assert len(study.trials) == 1 + 3 + 3
    assert (study.planned, study.left) == (9, 0)


def test_variants_are_pruned_by_one_seed_alone(own_file: Path, tmp_path: Path) -> None:
    plan = tiny_plan(own_file, "training.learning_rate=0.001..1", trials=3, seeds=2)
    conducting = Conducting(tmp_path, plan, lambda study, trials: None)
    assert conducting._pruner(Trial({}, 0)) is not None
    assert conducting._pruner(Trial({}, 1)) is None


def test_trainings_of_different_lengths_are_compared_by_their_share(own_file: Path, tmp_path: Path) -> None:
    """Ten times as many iterations fill the same budget: at a tenth of them all it is where the others were, too."""
    planted(tmp_path, STARTUP + 3, own_file)
    curve = [(at / 600, 2.0 + 1 / (at / 10)) for at in (200, 400, 600)]
    assert not MedianPruner(tmp_path).hopeless(curve)
    assert MedianPruner(tmp_path).hopeless([(share, figure + 1) for share, figure in curve])
