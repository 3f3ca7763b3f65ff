"""What is reported of runs and studies."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tunewright.errors import RunError, SettingsError
from tunewright.evaluate import evaluate
from tunewright.messages import languages, load_messages
from tunewright.report.anatomy import first_step
from tunewright.report.document import Block, Document, Figure, Heading, Own, Paragraph, Table, Tune
from tunewright.report.write import WRITERS, report, write
from tunewright.run import Run
from tunewright.study.results import Study
from tunewright.training.trackers import read_metrics


@pytest.fixture(scope="module")
def of_run(tiny_run: Run) -> Document:
    return report([tiny_run.folder])


@pytest.fixture(scope="module")
def of_study(tiny_study: Study) -> Document:
    return report([tiny_study.folder])


def texts(document: Document) -> str:
    return "\n".join(block.text for block in document.blocks if isinstance(block, Paragraph))


def tables(document: Document) -> dict[str, Table]:
    return {block.caption: block for block in document.blocks if isinstance(block, Table)}


def kinds(blocks: list[Block], kind: type) -> int:
    return sum(isinstance(block, kind) for block in blocks)


SECTIONS = ["topic", "theory", "task", "work", "results", "conclusions"]


@pytest.mark.parametrize("language", languages())
def test_reports_have_the_sections_of_the_lab_manual(language: str, tiny_study: Study) -> None:
    messages = load_messages(language)
    document = report([tiny_study.folder], language)
    chapters = [block.text for block in document.blocks if isinstance(block, Heading) and block.level == 1]
    assert chapters == [messages(f"section.{name}") for name in SECTIONS]
    assert kinds(list(document.blocks), Own) == 3


def test_a_run_is_reported_by_its_own_figures(of_run: Document, tiny_run: Run) -> None:
    told = texts(of_run)
    results = tiny_run.about["results"]
    assert f"{results['best']['bits_per_unit']:.3f} bits per character" in told
    assert f"{evaluate(tiny_run)['bits_per_unit']:.3f} bits per character" in told
    assert f"knows {tiny_run.codec.size} symbols" in told
    assert kinds(list(of_run.blocks), Tune) == 3
    assert all(tune.svg and tune.wav.startswith(b"RIFF") for tune in of_run.blocks if isinstance(tune, Tune))
    assert kinds(list(of_run.blocks), Own) == 3


def test_layers_and_gradients_are_those_of_the_first_step(of_run: Document, tiny_run: Run) -> None:
    step = first_step(tiny_run)
    recorded = next(record for record in read_metrics(tiny_run.folder / "metrics.jsonl") if "loss" in record)
    assert step.loss == pytest.approx(recorded["loss"], abs=1e-6)
    assert step.parameters == tiny_run.about["results"]["parameters"]
    layers = next(table for caption, table in tables(of_run).items() if caption.startswith("Layers"))
    assert [row[2] for row in layers.rows] == ["16 × 64 × 16", "16 × 64 × 64", f"16 × 64 × {tiny_run.codec.size}"]
    assert len(step.tensors) == len(list(tiny_run.model().parameters()))
    assert all(one.gradient > 0 for one in step.tensors)
    assert step.inputs[1:] == step.targets[:-1]
    assert math.log(tiny_run.codec.size) == pytest.approx(step.loss, abs=0.5)


def test_what_is_foretold_is_what_follows(of_run: Document) -> None:
    window = next(table for caption, table in tables(of_run).items() if caption.startswith("The first window"))
    inputs, targets = window.rows[1][1:], window.rows[3][1:]
    assert inputs[1:] == targets[:-1]


def test_two_runs_stand_in_one_picture(tiny_run: Run, tiny_study: Study) -> None:
    other = tiny_study.folder / "runs" / tiny_study.done[0].trial.training
    document = report([tiny_run.folder, other])
    picture = next(block for block in document.blocks if isinstance(block, Figure))
    assert picture.caption == "Trainings of several runs in one picture."
    effort = next(table for caption, table in tables(document).items() if caption.startswith("Effort"))
    assert [row[0] for row in effort.rows] == [tiny_run.name, other.name, "ready-made: session"]


def test_a_study_is_reported_trial_by_trial(of_study: Document, tiny_study: Study) -> None:
    table = next(table for caption, table in tables(of_study).items() if caption.startswith("All trials"))
    assert len(table.rows) == len(tiny_study.done)
    at = list(table.head).index("validation, bits")
    for row, one in zip(table.rows, tiny_study.done, strict=True):
        assert row[at] == f"{one.results['validation']:.3f}"
    assert kinds(list(of_study.blocks), Figure) >= 6


def test_of_many_studies_none_is_reported(tiny_study: Study, tiny_run: Run) -> None:
    with pytest.raises(SettingsError, match="a report is of one study, or of runs"):
        report([tiny_study.folder, tiny_run.folder])
    with pytest.raises(RunError):
        report([Path("nowhere")])


def test_every_report_is_written_in_every_way(of_study: Document, of_run: Document, tmp_path: Path) -> None:
    for name, document in (("study", of_study), ("run", of_run)):
        files = write(document, tmp_path / name, list(WRITERS))
        assert [file.name for file in files] == ["report-en.html", "report-en.md", "report-en.pdf"]
        assert all(file.stat().st_size > 4000 for file in files)


def test_pictures_are_the_same_each_time(of_study: Document, tiny_study: Study) -> None:
    again = report([tiny_study.folder])
    assert json.dumps([block.svg for block in again.blocks if isinstance(block, Figure)]) == json.dumps(
        [block.svg for block in of_study.blocks if isinstance(block, Figure)]
    )
