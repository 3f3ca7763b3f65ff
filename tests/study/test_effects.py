"""What a setting does, beside what chance does."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tunewright.settings import Settings
from tunewright.study.effects import chance_of, effects, levels, student_quantile
from tunewright.study.plan import Plan, Trial
from tunewright.study.results import Ended, Study

Figures = Callable[[int, float, random.Random], dict[str, float]]


def planted(figures: Figures, seeds: int = 3) -> Study:
    """A study of hidden size and learning rate whose figures are made up."""
    plan = Plan(Settings(), varied=("model.hidden_size=64,128,256", "training.learning_rate=0.001,0.005"), seeds=seeds)
    chance = random.Random(0)
    trials = []
    for trial in plan.grid():
        own = figures(
            int(trial.assignments["model.hidden_size"]), float(trial.assignments["training.learning_rate"]), chance
        )
        trials.append(Ended(trial, "done", own))
    return Study(Path("made-up"), plan, tuple(trials))


def bits(size: int, rate: float, chance: random.Random) -> dict[str, float]:
    """Doubling the size gains 0.1 bits and doubles the seconds; the rate does nothing; seeds differ by 0.01."""
    return {
        "validation": 2.0 - 0.1 * math.log2(size / 64) + chance.gauss(0, 0.01),
        "seconds_per_iteration": 0.01 * size / 64 * math.exp(chance.gauss(0, 0.02)),
    }


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [(0.975, 1, 12.706), (0.975, 4, 2.776), (0.995, 10, 3.169), (0.95, 30, 1.697), (0.5, 3, 0.0)],
)
def test_quantiles_are_those_of_the_printed_tables(probability: float, freedom: int, expected: float) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(expected, abs=2e-3)


def test_planted_effects_are_found_and_told_by_their_size() -> None:
    study = planted(bits)
    found = {(one.address, one.before, one.after): one for one in effects(study, "validation")}
    assert len(found) == 4
    for before, after, size in [(64, 128, -0.1), (128, 256, -0.1), (64, 256, -0.2)]:
        effect = found["model.hidden_size", before, after]
        assert effect.is_shown
        assert effect.size == pytest.approx(size, abs=0.02)
        assert effect.low < size < effect.high
        assert effect.pairs == 6
    assert not found["training.learning_rate", 0.001, 0.005].is_shown


def test_ratios_are_compared_as_ratios() -> None:
    seconds = {(one.before, one.after): one for one in effects(planted(bits), "seconds_per_iteration")}
    assert math.exp(seconds[64, 128].size) == pytest.approx(2, rel=0.05)
    assert math.exp(seconds[64, 256].size) == pytest.approx(4, rel=0.05)


def test_chance_is_how_seeds_differ() -> None:
    chance = chance_of(planted(bits, seeds=20), "validation")
    assert chance is not None
    assert chance.by_seeds
    assert chance.freedom == 6 * 19
    assert chance.deviation == pytest.approx(0.01, rel=0.2)


def test_nothing_is_found_in_noise() -> None:
    """False alarms are as rare as they are said to be: one study in twenty, at most."""
    alarms = 0
    for seed in range(100):
        noise = random.Random(seed)
        study = planted(lambda size, rate, chance, noise=noise: {"validation": noise.gauss(2, 0.1)})  # type: ignore[misc]
        alarms += any(one.is_shown for one in effects(study, "validation"))
    assert alarms <= 10


def test_what_is_within_the_spread_of_the_seeds_is_no_effect_however_often_it_was_measured() -> None:
    study = planted(lambda size, rate, chance: {"validation": 2 - (rate > 0.003) * 0.005 + chance.gauss(0, 0.01)}, 200)
    effect = next(one for one in effects(study, "validation") if one.address == "training.learning_rate")
    assert effect.high < 0
    assert not effect.is_shown


def test_with_one_seed_chance_is_what_an_additive_model_leaves() -> None:
    study = planted(bits, seeds=1)
    chance = chance_of(study, "validation")
    assert chance is not None
    assert not chance.by_seeds
    assert chance.freedom == 6 - (1 + 2 + 1)
    assert effects(study, "validation")[2].is_shown  # 64 to 256


def test_with_one_seed_and_one_setting_nothing_can_be_claimed() -> None:
    plan = Plan(Settings(), varied=("model.hidden_size=64,128,256",))
    trials = [Ended(trial, "done", {"validation": 2.0 - at}) for at, trial in enumerate(plan.grid())]
    study = Study(Path("made-up"), plan, tuple(trials))
    assert chance_of(study, "validation") is None
    assert not any(one.is_shown for one in effects(study, "validation"))


def test_trials_are_compared_with_their_like_alone() -> None:
    """A trial that is missing takes its partner out of the comparison."""
    study = planted(bits)
    rest = tuple(
        one
        for one in study.trials
        if one.trial != Trial(one.trial.assignments, 0) or one.trial.assignments["model.hidden_size"] != 64
    )
    found = effects(Study(study.folder, study.plan, rest), "validation")
    assert found[0].pairs == 4


def test_levels_are_in_order() -> None:
    plan = Plan(Settings(), varied=("model.hidden_size=256,64", "training.optimiser=sgd,adam"))
    study = Study(Path("made-up"), plan, tuple(Ended(trial, "done", {}) for trial in plan.grid()))
    assert levels(study, "model.hidden_size") == [64, 256]
    assert levels(study, "training.optimiser") == ["sgd", "adam"]


def composed(figures: Callable[[Trial], dict[str, float]], seeds: int) -> Study:
    """A study of hidden size and of what is composed with, whose figures are made up."""
    varied = ("model.hidden_size=64,128", "decoding.temperature=0.7,0.85,1.0", "decoding.free=true,false")
    plan = Plan(Settings(), varied=varied, seeds=seeds)
    return Study(Path("made-up"), plan, tuple(Ended(one, "done", figures(one)) for one in plan.grid()))


def learned(trial: Trial) -> dict[str, float]:
    """Nothing but noise, the same for all that share a training."""
    return {"validation": random.Random(trial.training).gauss(2, 0.1)}


def test_figures_of_a_training_count_once_however_often_it_is_composed_with() -> None:
    one_seed = composed(learned, seeds=1)
    assert chance_of(one_seed, "validation") is None
    (effect,) = effects(one_seed, "validation")
    assert (effect.address, effect.pairs, effect.is_shown) == ("model.hidden_size", 1, False)
    three = composed(learned, seeds=3)
    chance = chance_of(three, "validation")
    assert chance is not None
    assert chance.freedom == 2 * 2
    assert [one.pairs for one in effects(three, "validation")] == [3]


def test_noise_of_shared_trainings_is_no_effect() -> None:
    alarms = 0
    for noise in range(100):
        study = composed(
            lambda trial, noise=noise: {"validation": random.Random(f"{noise} {trial.training}").gauss(2, 0.1)},  # type: ignore[misc]
            seeds=3,
        )
        alarms += any(one.is_shown for one in effects(study, "validation"))
    assert alarms <= 10


def test_what_is_composed_freely_doesn_t_depend_on_the_constraint() -> None:
    def figures(trial: Trial) -> dict[str, float]:
        warmth = float(trial.assignments["decoding.temperature"])
        own = random.Random(f"{trial.training} {warmth}")
        return {"valid_free": 0.5 - warmth / 5 + own.gauss(0, 0.01)}

    found = effects(composed(figures, seeds=3), "valid_free")
    assert {one.address for one in found} == {"model.hidden_size", "decoding.temperature"}
    assert {one.pairs for one in found if one.address == "decoding.temperature"} == {2 * 3}


def test_shares_that_agree_by_chance_are_no_proof() -> None:
    """With fifty tunes each, nothing and two of a hundred can't be told apart, however alike the seeds are."""
    study = planted(lambda size, rate, chance: {"valid_free": 0.02 * (size > 64)})
    assert not any(one.is_shown for one in effects(study, "valid_free"))
    study = planted(lambda size, rate, chance: {"valid_free": 0.9 * (size > 64)})
    assert effects(study, "valid_free")[0].is_shown


def test_figures_that_are_alike_by_construction_tell_nothing() -> None:
    study = planted(lambda size, rate, chance: {"originality": 0.8 + (size > 64) / 10})
    assert chance_of(study, "originality") is None
    assert not any(one.is_shown for one in effects(study, "originality"))


def test_an_effect_that_others_turn_round_is_not_everywhere() -> None:
    def crossed(size: int, rate: float, chance: random.Random) -> dict[str, float]:
        gain = 0.3 if rate == 0.001 else -0.1
        return {"validation": 2.0 - gain * math.log2(size / 64) + chance.gauss(0, 0.01)}

    effect = effects(planted(crossed), "validation")[0]
    assert effect.is_shown
    assert not effect.everywhere
    assert effects(planted(bits), "validation")[0].everywhere
