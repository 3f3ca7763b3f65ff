"""What is reported of studies of every kind, as far as they have come."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path

import pytest

from tests.study.test_effects import bits, planted
from tunewright.messages import languages, load_messages
from tunewright.report.document import Block, Bullets, Figure, Heading, Paragraph, Table
from tunewright.report.study_figures import StudyFigures
from tunewright.report.study_report import study_report
from tunewright.settings import Settings
from tunewright.study.effects import Chance, chance_of
from tunewright.study.plan import Plan, Trial
from tunewright.study.results import Ended, Study
from tunewright.train import Budget

EN = load_messages("en")


def blocks_of(study: Study, language: str = "en") -> list[Block]:
    """A report without any warning on the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return list(study_report(study, load_messages(language)).blocks)


def told(blocks: list[Block]) -> str:
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph))


def figures(blocks: list[Block], beginning: str) -> list[Figure]:
    return [block for block in blocks if isinstance(block, Figure) and block.caption.startswith(beginning)]


def searched() -> Study:
    """Two ranges, nothing else."""
    plan = Plan(Settings(), varied=("training.learning_rate=0.0001..0.1", "model.hidden_size=16..64"), trials=5)
    trials = [
        Ended(
            Trial({"training.learning_rate": 0.0002 * 3**at, "model.hidden_size": 16 + 9 * at}, 0),
            "done",
            {"validation": 2.5 - 0.1 * at, "seconds": 2.0 + at, "seconds_per_iteration": 0.01 + at / 100},
        )
        for at in range(5)
    ]
    return Study(Path("made-up"), plan, tuple(trials))


def composed(seeds: int = 2) -> Study:
    """Composing alone is varied."""
    plan = Plan(None, run="session", varied=("decoding.temperature=0.7,1.0", "decoding.top_k=0,5"), seeds=seeds)
    usual = {"validation": 1.08, "seconds": 2984.1, "valid": 1.0}
    trials = [
        Ended(trial, "done", {**usual, "distance": 1.5 + 0.1 * at, "valid_free": 0.9 - at / 100, "originality": 0.9})
        for at, trial in enumerate(plan.grid())
    ]
    return Study(Path("made-up"), plan, tuple(trials))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("study", [searched(), composed(), composed(1), planted(bits)], ids=["a", "b", "c", "d"])
def test_no_section_is_empty(study: Study, language: str) -> None:
    blocks = blocks_of(study, language)
    for one, after in pairwise([*blocks, Heading("the end")]):
        if isinstance(one, Heading) and isinstance(after, Heading):
            assert after.level > one.level, one.text


def test_a_search_compares_nothing_and_shows_everything() -> None:
    blocks = blocks_of(searched())
    assert "A search compares nothing pair by pair" in told(blocks)
    assert not any(isinstance(block, Bullets) for block in blocks)
    for figure in ("Held-out bits per character", "Seconds per iteration"):
        captions = [block.caption for block in figures(blocks, f"{figure} of every trial")]
        assert captions == [f"{figure} of every trial, over the {name}." for name in ("learning rate", "hidden size")]
    (speed,) = figures(blocks, "Seconds of training and held-out bits")
    assert speed.alt.startswith("5 dots; seconds of training from 2 to 6")
    assert "A search" not in told(blocks_of(planted(bits)))


def test_of_composing_alone_chance_is_told_by_its_ratio() -> None:
    by_seeds = told(blocks_of(composed()))
    assert "Trials that differ in the seed alone differ by a factor of 1.04 in this figure: distance from" in by_seeds
    assert "an additive model of all settings leaves unexplained: a factor of 1." in told(blocks_of(composed(1)))
    assert not figures(blocks_of(composed()), "Seconds of training")
    assert figures(blocks_of(composed()), "Distance from real tunes by temperature and top-k")


def test_the_bar_is_spoken_of_where_there_is_one() -> None:
    known = [block.caption for block in blocks_of(planted(bits)) if isinstance(block, Figure)]
    assert sum("The grey bar" in caption for caption in known) == 2
    plan = Plan(Settings(), varied=("model.hidden_size=64,128",))
    study = Study(Path("x"), plan, tuple(Ended(one, "done", {"validation": 2.0}) for one in plan.grid()))
    assert "What chance does" in [block.text for block in blocks_of(study) if isinstance(block, Heading)]
    assert "The grey bar" not in "".join(block.caption for block in blocks_of(study) if isinstance(block, Figure))


def test_distance_is_explained_where_it_stands_in_the_table() -> None:
    note = EN("music.distance_note")
    assert note in told(blocks_of(composed()))
    assert note not in told(blocks_of(searched()))


def table_of(study: Study) -> Table:
    return next(block for block in blocks_of(study) if isinstance(block, Table))


def test_what_is_alike_everywhere_is_told_below_the_table() -> None:
    table = table_of(composed())
    assert list(table.head) == ["temperature", "top-k", "seed", "valid, free", "distance"]
    assert "Alike in all of them: " in table.caption
    assert "valid – 100 %" in table.caption
    assert "own notes – 90 %" in table.caption
    assert "Alike" not in table_of(planted(bits)).caption


def test_of_a_single_trial_nothing_is_left_out() -> None:
    study = composed()
    table = table_of(Study(study.folder, study.plan, study.trials[:1]))
    assert {"valid", "own notes", "distance", "validation, bits"} <= set(table.head)
    assert len(table.rows) == 1


def test_what_was_not_done_is_told() -> None:
    whole = planted(bits)
    failed = Ended(whole.trials[3].trial, "failed", {}, "the loss is no longer a number")
    pruned = Ended(whole.trials[4].trial, "pruned", {"seconds": 3.0})
    study = Study(whole.folder, whole.plan, (*whole.trials[:3], failed, pruned), (whole.trials[5],))
    blocks = blocks_of(study)
    text = told(blocks)
    assert "3 of 18 trials were done." in text
    assert "Left to do: 13. To go on with them: tunewright study --resume --out made-up" in text
    assert "Ended early, since they were behind the others: 1." in text
    assert "Failed: 1. What the program said of each:" in text
    (first, *_) = [block for block in blocks if isinstance(block, Bullets)]
    assert first.items == ["model.hidden_size=64, training.learning_rate=0.005, seed 0: the loss is no longer a number"]
    assert "Left to do" not in told(blocks_of(whole))


def test_nothing_done_is_reported_too() -> None:
    whole = planted(bits)
    blocks = blocks_of(Study(whole.folder, whole.plan, ()))
    assert "0 of 18 trials were done." in told(blocks)
    assert not any(isinstance(block, Table) for block in blocks)


def test_all_trainings_are_paid_for() -> None:
    plan = Plan(Settings(), varied=("model.hidden_size=64,128", "decoding.temperature=0.7,1.0"))
    trials = tuple(
        Ended(one, "done", {"validation": 2.0 - size / 1000, "seconds": size * 1.0})
        for one in plan.grid()
        for size in [int(one.assignments["model.hidden_size"])]
    )
    text = told(blocks_of(Study(Path("made-up"), plan, trials)))
    assert "All trainings of the study together, 2 of them, took 192 s; the best, which stands here, 128 s." in text


def test_a_budget_of_a_minute_is_one() -> None:
    plan = Plan(Settings(), varied=("model.hidden_size=64,128",), budget=Budget(minutes=1.0))
    assert "all for about 1 min." in told(blocks_of(Study(Path("x"), plan, ())))


def test_the_figures_of_a_study_are_reckoned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noted(study: Study, figure: str) -> Chance | None:
        asked.append(figure)
        return chance_of(study, figure)

    monkeypatch.setattr("tunewright.report.study_figures.chance_of", noted)
    blocks_of(planted(bits))
    assert len(asked) == len(set(asked))
    assert StudyFigures(planted(bits), EN).most_telling == "model.hidden_size"
