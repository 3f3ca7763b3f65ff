"""How far trainings have come, and what is said of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import tiny_settings
from tunewright.contracts import Piece
from tunewright.messages import load_messages
from tunewright.report.course_of_work import turning_point
from tunewright.report.outcome import Outcome, outcome_of, units_per_symbol
from tunewright.run_writer import write_about
from tunewright.train import start_run

AT = range(100, 1100, 100)
FALLING = [(at, 3 - at / 1000) for at in AT]
RISING = [(at, 2 + abs(at - 400) / 1000) for at in AT]
FLAT = [(at, max(2.0, 2.5 - at / 800)) for at in AT]


def told(held_out: list[tuple[int, float]], trained: list[tuple[int, float]], annealed: float = 1.0) -> str:
    best = min(held_out, key=lambda point: point[1])
    outcome = Outcome(True, 1000, 5.0, 100, best, trained, held_out, annealed)
    return turning_point(outcome, "character", load_messages("en"))


def test_of_a_turning_point_it_is_told_what_was_learned_meanwhile() -> None:
    by_heart = told(RISING, FALLING)
    assert by_heart.startswith("The turning point: on tunes that it was not shown, the model was best after 400 of 1")
    assert by_heart.endswith("went on falling, from 2.600 to 2.000 bits per character.")
    diverged = told(RISING, RISING)
    assert "went on falling" not in diverged
    assert diverged.endswith("didn't fall on either: it went from 2.000 to 2.600 bits per character.")
    assert told(RISING, []).endswith("at the end it had 2.600.")


def test_more_might_help_only_what_was_still_falling() -> None:
    assert "was getting better until the last quarter" in told(FALLING, FALLING)
    assert told(FALLING, FALLING).endswith("More iterations might still help.")
    flat = told(FLAT, FALLING)
    assert "the last quarter of the training changed next to nothing" in flat
    assert "help" not in flat
    annealed = told(FALLING, FALLING, annealed=0.001)
    assert "help" not in annealed
    assert "to go on would take a longer schedule" in annealed


def test_without_a_measurement_there_is_no_turning_point() -> None:
    outcome = Outcome(True, 1000, 5.0, 100, None, FALLING, [], 1.0)
    assert turning_point(outcome, "character", load_messages("en")).startswith("Nothing was held out")
    assert "best" not in turning_point(replace(outcome, trained=[]), "character", load_messages("en"))


@pytest.mark.parametrize("codec", ["characters", "abc_tokens"])
def test_both_losses_are_in_bits_a_unit(codec: str, own_file: Path, tmp_path: Path) -> None:
    run, about = start_run(tiny_settings(own_file, f"codec.name={codec}"), tmp_path / "run")
    write_about(run.folder, about)
    pieces = [Piece("", one.text, "") for one in run.index.known]
    text = sum(len(one.text) for one in pieces)
    expected = text / (sum(len(run.codec.encode(one)) for one in pieces) + len(pieces))
    assert units_per_symbol(run) == pytest.approx(expected)
    assert (expected > 1.2) == (codec == "abc_tokens")
    record = {"iteration": 1, "loss": 2.5, "learning_rate": 0.02, "symbols": 9, "seconds": 0.1}
    later = {**record, "iteration": 2, "loss": 1.5, "learning_rate": 0.001}
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (record, later)))
    outcome = outcome_of(run)
    assert outcome.trained == [(1, 2.5 / math.log(2) / expected), (2, 2.0 / math.log(2) / expected)]
    assert (outcome.ended, outcome.iterations, outcome.best) == (False, 2, None)
    assert outcome.annealed == pytest.approx(0.05)
