"""Runs of performances in the commands that runs of tunes have, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import tiny_performance_settings
from tests.test_cli import call
from tunewright.compose import compose
from tunewright.errors import SettingsError
from tunewright.evaluate import evaluate
from tunewright.evaluation.statistics import statistics
from tunewright.export import export_run
from tunewright.quality import quality
from tunewright.run import INDEX, Run
from tunewright.study.plan import Plan
from tunewright.wish import Wish


def test_an_exported_run_composes_and_knows_its_figure(tiny_performance_run: Run, tmp_path: Path) -> None:
    exported = export_run(tiny_performance_run, tmp_path / "copy")
    figures = exported.about["figures"]["test"]
    assert evaluate(exported)["nats_per_note"] == figures["nats_per_note"]
    assert figures["bits_per_unit"] == pytest.approx(evaluate(tiny_performance_run)["bits_per_unit"], abs=0.02)
    assert (exported.folder / INDEX).read_bytes() == (tiny_performance_run.folder / INDEX).read_bytes()
    assert compose(exported, Wish(length="20 notes"))[0].piece.kind == "performance"


def test_it_is_listed_as_what_it_is(tiny_performance_run: Run) -> None:
    (line,) = [
        line
        for line in call("runs", "--in", tiny_performance_run.folder.parent).stdout.splitlines()
        if line.startswith(str(tiny_performance_run.folder))
    ]
    assert line.endswith("performances")
    assert " form" not in line


def test_its_first_attempts_are_judged(tiny_performance_run: Run) -> None:
    found = quality(tiny_performance_run, Wish(length="30 notes"), 4, statistics([]))
    assert (found.attempts, found.valid, found.distance) == (4, None, None)
    assert len(found.standing) + found.rejected.total() == 4
    assert found.originality is not None
    assert found.seconds > 0


def test_a_study_refuses_what_performances_do_not_have(tiny_performance_run: Run, own_file: Path) -> None:
    folder = str(tiny_performance_run.folder)
    with pytest.raises(SettingsError, match="goes by the distance from real tunes, which performances don't have"):
        Plan(None, folder, varied=("decoding.temperature=0.8..1.0",), trials=2, tunes=2)
    with pytest.raises(SettingsError, match="composes performances, which have no --bars"):
        Plan(None, folder, varied=("decoding.bars=8,16",), tunes=2)
    with pytest.raises(SettingsError, match="--length"):
        Plan(None, "irish", varied=("decoding.length=20 notes,40 notes",), tunes=2)


def test_judged_performances_are_short_unless_length_is_varied(tiny_performance_run: Run) -> None:
    settings = tiny_performance_settings(Path(tiny_performance_run.settings.corpus.name))
    plan = Plan(settings, varied=("model.hidden_size=16,32",))
    assert {plan.wish_of(trial).length for trial in plan.grid()} == {"20 seconds"}
    plan = Plan(settings, varied=("decoding.length=20 notes,40 notes",))
    assert {plan.wish_of(trial).length for trial in plan.grid()} == {"20 notes", "40 notes"}
