"""Each sentence against the table that it speaks of."""

from __future__ import annotations

import math
import random
import re
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from tests.study.test_effects import bits, planted
from tunewright.messages import languages, load_messages
from tunewright.report.findings import Finding, findings
from tunewright.settings import Settings
from tunewright.study.plan import Plan
from tunewright.study.results import Ended, Study


def value_at(study: Study, address: str, value: object, figure: str) -> float:
    """The mean of a figure over all trials in which a setting has a value: every design here is balanced."""
    own = [one.results[figure] for one in study.done if one.trial.assignments[address] == value]
    return statistics.geometric_mean(own) if figure == "seconds_per_iteration" else statistics.fmean(own)


def numbers(text: str) -> list[float]:
    """All numbers in a sentence."""
    return [float(one.replace(",", ".")) for one in re.findall(r"(?<![\w.])\d+(?:[.,]\d+)?", text)]


def about(found: list[Finding], before: object, after: object) -> Finding:
    return next(one for one in found if {(e.before, e.after) for e in (*one.shown, *one.missing)} == {(before, after)})


@pytest.mark.parametrize("language", languages())
def test_every_number_of_a_sentence_is_in_the_table(language: str) -> None:
    study = planted(bits)
    for before, after in [(64, 128), (128, 256), (64, 256)]:
        finding = about(findings(study, load_messages(language)), before, after)
        gained = value_at(study, "model.hidden_size", before, "validation") - value_at(
            study, "model.hidden_size", after, "validation"
        )
        ratio = value_at(study, "model.hidden_size", after, "seconds_per_iteration") / value_at(
            study, "model.hidden_size", before, "seconds_per_iteration"
        )
        told = numbers(finding.text)
        assert told[:2] == [before, after]
        assert told[2] == pytest.approx(gained, abs=5e-4)
        assert told[3] < told[2] < told[4]
        assert told[5] == pytest.approx(ratio, abs=5e-3)
        assert told[6] < told[5] < told[7]
        assert len(told) == 8
        assert {one.figure for one in finding.shown} == {"validation", "seconds_per_iteration"}


def test_a_gain_is_called_one_and_a_loss_another() -> None:
    english = load_messages("en")
    gain = about(findings(planted(bits), english), 64, 128).text
    assert gain.startswith("Doubling the hidden size, from 64 to 128, gained 0.")
    assert "cost 2.0" in gain
    worse = planted(lambda size, rate, chance: {"validation": 4 - bits(size, rate, chance)["validation"]})
    assert " lost 0." in about(findings(worse, english), 64, 128).text
    faster = planted(lambda size, rate, chance: {"seconds_per_iteration": 64 / size * math.exp(chance.gauss(0, 0.01))})
    assert "cost only 0.5" in about(findings(faster, english), 64, 128).text


@pytest.mark.parametrize("language", languages())
def test_of_a_planted_null_effect_it_says_that_none_is_shown(language: str) -> None:
    messages = load_messages(language)
    finding = about(findings(planted(bits), messages), 0.001, 0.005)
    assert finding.shown == ()
    assert messages.named("figure", "validation") in finding.text
    assert numbers(finding.text) == [0.001, 0.005]
    for key in ("gained", "lost", "slower", "faster"):
        beginning = messages.texts[f"effect.{key}"].partition("{")[0].strip()
        assert beginning not in finding.text


def test_shares_are_told_in_points_of_a_hundred() -> None:
    study = planted(lambda size, rate, chance: {"valid_free": 0.2 + 0.1 * math.log2(size / 64) + chance.gauss(0, 0.01)})
    study = Study(study.folder, replace(study.plan, tunes=2000), study.trials)
    assert re.search(
        r"made 10 more of 100 free tunes right \(\d+ to \d+\)",
        about(findings(study, load_messages("en")), 64, 128).text,
    )


def test_words_are_compared_by_what_stands_instead() -> None:
    plan = Plan(Settings(), varied=("training.optimiser=sgd,adam",), seeds=4)
    chance = random.Random(1)
    level = {"sgd": 2.0, "adam": 1.5}
    trials = [
        Ended(
            trial, "done", {"validation": level[str(trial.assignments["training.optimiser"])] + chance.gauss(0, 0.01)}
        )
        for trial in plan.grid()
    ]
    (finding,) = findings(Study(Path("made-up"), plan, tuple(trials)), load_messages("en"))
    assert finding.text.startswith("Setting the optimiser to adam instead of sgd gained 0.")


def test_from_nothing_to_something_is_raised() -> None:
    plan = Plan(Settings(), varied=("training.weight_decay=0.0,0.1",), seeds=4)
    trials = [Ended(trial, "done", {"validation": 2.0 + trial.seed / 1000}) for trial in plan.grid()]
    (finding,) = findings(Study(Path("made-up"), plan, tuple(trials)), load_messages("en"))
    assert finding.text.startswith("Raising the weight decay from 0.0 to 0.1: no effect is shown")


def test_with_one_seed_and_one_setting_no_effect_is_told() -> None:
    plan = Plan(Settings(), varied=("model.hidden_size=64,128",))
    trials = tuple(Ended(trial, "done", {"validation": 2.0 - at}) for at, trial in enumerate(plan.grid()))
    (finding,) = findings(Study(Path("made-up"), plan, trials), load_messages("en"))
    assert finding.shown == ()
    assert "no effect is shown" in finding.text


@pytest.mark.parametrize("language", languages())
def test_beside_what_is_shown_it_says_what_isn_t(language: str) -> None:
    messages = load_messages(language)
    study = planted(lambda *told: {**bits(*told), "distance": math.exp(told[-1].gauss(0, 0.1))})
    finding = about(findings(study, messages), 64, 128)
    assert {one.figure for one in finding.shown} == {"validation", "seconds_per_iteration"}
    assert {one.figure for one in finding.missing} == {"distance"}
    figures = messages.named("figure", "distance")
    assert finding.text.endswith(messages("effect.partly", subject="", clauses="", figures=figures).strip(" –"))


def test_sentences_are_false_no_more_often_than_they_are_said_to_be() -> None:
    """One study in twenty at most tells of an effect that isn't there, however many figures it tells of."""
    alarms = 0
    for seed in range(150):
        noise = random.Random(seed)
        study = planted(lambda size, rate, chance, noise=noise: _noise(noise))  # type: ignore[misc]
        alarms += any(one.shown for one in findings(study, load_messages("en")))
    assert alarms <= 15


def _noise(noise: random.Random) -> dict[str, float]:
    return {
        "validation": noise.gauss(2, 0.1),
        "seconds_per_iteration": math.exp(noise.gauss(0, 0.1)),
        "valid_free": sum(noise.random() < 0.3 for _ in range(50)) / 50,
        "distance": math.exp(noise.gauss(0, 0.1)),
        "originality": noise.gauss(0.8, 0.01),
    }


def test_what_is_nothing_in_the_digits_told_is_not_told() -> None:
    study = planted(lambda size, rate, chance: {"validation": 2.0 - (size > 64) * 4e-4 + chance.gauss(0, 1e-5)})
    finding = about(findings(study, load_messages("en")), 64, 128)
    assert finding.shown == ()
    assert "no effect is shown" in finding.text


def test_that_more_text_was_read_is_told() -> None:
    study = planted(lambda size, rate, chance: {**bits(size, rate, chance), "symbols": size * 1000.0})
    found = findings(study, load_messages("en"))
    assert about(found, 64, 128).text.startswith(
        "Doubling the hidden size, from 64 to 128, and so reading 2.00 times the text, gained 0."
    )
    assert "from 64 to 256, and so reading 4.00 times the text, gained 0." in about(found, 64, 256).text
    assert "the text" not in about(found, 0.001, 0.005).text


def test_an_effect_that_others_turn_round_is_told_as_an_average() -> None:
    def crossed(size: int, rate: float, chance: random.Random) -> dict[str, float]:
        gain = 0.3 if rate == 0.001 else -0.1
        return {"validation": 2.0 - gain * math.log2(size / 64) + chance.gauss(0, 0.01)}

    assert "on average" in about(findings(planted(crossed), load_messages("en")), 64, 128).text
    assert "on average" not in about(findings(planted(bits), load_messages("en")), 64, 128).text
