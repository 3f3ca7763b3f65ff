"""Each sentence against the table that it speaks of."""

from __future__ import annotations

import math
import random
import re
import statistics
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
    assert finding.text.startswith("The optimiser: adam instead of sgd gained 0.")


def test_from_nothing_to_something_is_raised() -> None:
    plan = Plan(Settings(), varied=("training.weight_decay=0.0,0.1",), seeds=4)
    trials = [Ended(trial, "done", {"validation": 2.0 + trial.seed / 1000}) for trial in plan.grid()]
    (finding,) = findings(Study(Path("made-up"), plan, tuple(trials)), load_messages("en"))
    assert finding.text.startswith("Raising weight decay from 0.0 to 0.1: no effect is shown")


def test_with_one_seed_and_one_setting_no_effect_is_told() -> None:
    plan = Plan(Settings(), varied=("model.hidden_size=64,128",))
    trials = tuple(Ended(trial, "done", {"validation": 2.0 - at}) for at, trial in enumerate(plan.grid()))
    (finding,) = findings(Study(Path("made-up"), plan, trials), load_messages("en"))
    assert finding.shown == ()
    assert "no effect is shown" in finding.text
