"""What is reported of runs and studies."""

from __future__ import annotations

import html
import json
import math
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from tests.report.pdf import text_of
from tunewright.errors import RunError, SettingsError
from tunewright.evaluate import evaluate
from tunewright.messages import languages, load_messages
from tunewright.report.anatomy import first_step
from tunewright.report.course_of_work import course_of_work
from tunewright.report.document import Block, Document, Figure, Heading, Own, Paragraph, Table, Tune
from tunewright.report.outcome import named_apart
from tunewright.report.results import effort
from tunewright.report.theory import theory
from tunewright.report.write import WRITERS, report, write
from tunewright.run import Run
from tunewright.settings import load_recipe
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


def written_in(svg: str) -> list[str]:
    """All that is written in a picture, where letters are drawn as shapes."""
    return [html.unescape(text) for text in re.findall(r"<!-- (.*?) -->", svg)]


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
    assert picture.caption.startswith(
        "Several runs, each in a colour of its own: loss on what is learned from (thin, dashed)"
    )
    assert picture.caption.endswith("in bits per character.")
    for name in (tiny_run.name, other.name):
        assert f"{name}: from " in picture.alt
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
        titles = [block.text for block in document.blocks if isinstance(block, Heading)]
        for text in (files[0].read_text(), files[1].read_text()):
            assert [title for title in titles if html.escape(title) not in text and title not in text] == []
        cells = [cell for block in document.blocks if isinstance(block, Table) for row in block.rows for cell in row]
        # A number that doesn't fit into its line is parted there, as any word is.
        read = text_of(files[2])
        assert [cell for cell in cells if "".join(cell.split()) not in read] == []


def test_pictures_are_the_same_each_time(of_study: Document, tiny_study: Study) -> None:
    again = report([tiny_study.folder])
    assert json.dumps([block.svg for block in again.blocks if isinstance(block, Figure)]) == json.dumps(
        [block.svg for block in of_study.blocks if isinstance(block, Figure)]
    )


@pytest.mark.parametrize("language", languages())
def test_no_section_is_empty(language: str, tiny_study: Study, tiny_run: Run) -> None:
    for source in (tiny_study.folder, tiny_run.folder):
        blocks = report([source], language).blocks
        for one, after in pairwise([*blocks, Heading("the end")]):
            if isinstance(one, Heading) and isinstance(after, Heading):
                assert after.level > one.level, one.text


def test_numbers_of_a_ukrainian_report_have_commas(tiny_study: Study, tiny_run: Run) -> None:
    for source in (tiny_study.folder, tiny_run.folder):
        document = report([source], "uk")
        pictures = [text for block in document.blocks if isinstance(block, Figure) for text in written_in(block.svg)]
        assert any("," in text for text in pictures)
        known = {caption: table for caption, table in tables(document).items() if not caption.startswith("Версії")}
        cells = [cell for table in known.values() for row in table.rows for cell in row]
        assert [text for text in (*pictures, *cells) if re.fullmatch(r"[-−]?\d+\.\d+( %)?", text)] == []


def test_the_symbols_are_listed(of_run: Document, tiny_run: Run) -> None:
    (told,) = [one.text for one in of_run.blocks if isinstance(one, Paragraph) and "symbols, which to" in one.text]
    listed = told.partition("from 0 on: ")[2].split("\u2003")
    assert len(listed) == tiny_run.codec.size
    assert listed[list(tiny_run.codec.spellings()).index("A")] == "A"


def test_runs_of_one_name_are_told_apart(tiny_run: Run, tmp_path: Path) -> None:
    one, other = (Run(shutil.copytree(tiny_run.folder, tmp_path / name / "mine")) for name in ("one", "other"))
    assert named_apart([one, other, one]) == {"one/mine": one, "other/mine": other}
    assert named_apart([one, tiny_run]) == {"mine": one, "tiny": tiny_run}
    blocks = list(course_of_work(one, [other], load_messages("en")))
    (picture,) = [block for block in blocks if isinstance(block, Figure)]
    assert len(re.findall('id="held-out-', picture.svg)) == 2
    assert {"one/mine", "other/mine"} <= set(written_in(picture.svg))


def test_a_training_that_was_killed_is_reported_as_far_as_it_came(tiny_run: Run, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_run.folder, tmp_path / "killed")
    (folder / "run.json").write_text(json.dumps({**tiny_run.about, "results": {}}))
    metrics = (folder / "metrics.jsonl").read_text().splitlines()
    kept = [line for line in metrics if json.loads(line)["iteration"] <= 150]
    (folder / "metrics.jsonl").write_text("\n".join(kept))
    told = texts(report([folder]))
    assert "The training has not come to its end: what is told here is of its first 150 iterations" in told
    assert "150 iterations of 16 windows" in told
    for name in ("best", "last"):
        (folder / f"{name}.safetensors").unlink()
    with pytest.raises(RunError, match=f"no weights yet.*tunewright train --resume --out {folder}"):
        report([folder])


def test_what_can_t_be_compared_is_told(tiny_run: Run, tiny_study: Study, tmp_path: Path) -> None:
    alike = tiny_study.folder / "runs" / tiny_study.done[0].trial.training
    unlike = shutil.copytree(tiny_run.folder, tmp_path / "unlike")
    rows = [row for row in tiny_run.split if row["part"] != "validation"]
    (unlike / "split.json").write_text(json.dumps(rows))
    machine = {**tiny_run.about["machine"], "processor": "abacus"}
    (unlike / "run.json").write_text(json.dumps({**tiny_run.about, "machine": machine}))
    blocks = effort(tiny_run, [Run(alike), Run(unlike)], load_messages("en"))
    told = [block.text for block in blocks if isinstance(block, Paragraph) and block.aside]
    assert len(told) == 3
    assert told[0].endswith("bits can't be compared: ready-made: session.")  # of another form
    assert told[1].endswith("bits can't be compared: unlike; ready-made: session.")
    assert told[2].endswith("seconds can't be compared: unlike; ready-made: session.")


def test_what_a_model_has_is_in_its_theory() -> None:
    english = load_messages("en")
    plain, full = ([block.text for block in theory(load_recipe(name), english)] for name in ("lab", "irish"))  # type: ignore[union-attr]
    assert [text for text in full if text not in plain] == [english("theory.weight_dropout"), english("theory.pointer")]
