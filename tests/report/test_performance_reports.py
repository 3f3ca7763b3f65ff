"""What is reported of runs and studies of performances."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import tiny_performance_settings
from tests.report.pdf import text_of
from tunewright.errors import SettingsError
from tunewright.evaluate import evaluate
from tunewright.executor import InProcess
from tunewright.messages import languages, load_messages, texts_of
from tunewright.report.document import Bullets, Document, Figure, Heading, Paragraph, Table, Tune
from tunewright.report.outcome import outcome_of, units_measured
from tunewright.report.study_figures import StudyFigures
from tunewright.report.write import WRITERS, report, write
from tunewright.run import Run
from tunewright.study.conduct import conduct
from tunewright.study.plan import Plan
from tunewright.study.results import Study

OF_TUNES = re.compile(r"(?<![\w-])(tunes?|bars|characters?|мелоді\w*|такт\w*)(?!\w)", re.IGNORECASE)


@pytest.fixture(scope="module")
def of_run(tiny_performance_run: Run) -> Document:
    return report([tiny_performance_run.folder])


@pytest.fixture(scope="module")
def study(tiny_performance_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two sizes and two seeds, by two performances each."""
    settings = tiny_performance_settings(Path(tiny_performance_run.settings.corpus.name), "training.iterations=10")
    plan = Plan(settings.changed(["training.validate_every=5"]), varied=("model.hidden_size=16,32",), seeds=2, tunes=2)
    return conduct(tmp_path_factory.mktemp("studies") / "performances", InProcess(), plan)


def texts(document: Document) -> str:
    return "\n".join(block.text for block in document.blocks if isinstance(block, Paragraph))


def words_of(document: Document) -> str:
    """All that our messages say in a report: in paragraphs, captions and heads of tables."""
    found = [block.text for block in document.blocks if isinstance(block, Heading | Paragraph)]
    for block in document.blocks:
        found += [block.caption] if isinstance(block, Figure | Table) else []
        found += block.head if isinstance(block, Table) else []
    return "\n".join(found)


def test_it_is_reported_by_its_own_figures(of_run: Document, tiny_performance_run: Run) -> None:
    told, found = texts(of_run), evaluate(tiny_performance_run, baselines=True)
    assert f"needs {found['bits_per_unit']:.3f} bits per event" in told
    assert f"{found['nats_per_symbol']:.3f} nats per symbol, and {found['nats_per_note']:.3f} nats per note" in told
    facts = tiny_performance_run.about["corpus"]["facts"]
    assert f"12 performances, {sum(facts['notes'].values())} notes in {sum(facts['hours'].values()):.1f} hours" in told
    (table,) = [one for one in of_run.blocks if isinstance(one, Table) and one.head[-1] == "nats per note"]
    gram = found["baselines"]["5-gram"]
    assert table.rows[1][0] == "5-gram (Witten-Bell)"
    assert (table.rows[1][1], table.rows[1][3]) == (f"{gram['bits_per_unit']:.3f}", f"{gram['nats_per_note']:.3f}")


def test_symbols_are_named_so_that_they_can_be_read(of_run: Document, tiny_performance_run: Run) -> None:
    assert "on C-1\u2003on C#-1\u2003… on G9\u2003off C-1" in texts(of_run).replace("\u00a0", " ")
    (window,) = [one for one in of_run.blocks if isinstance(one, Table) and one.caption.startswith("The first window")]
    names = tiny_performance_run.codec.names()
    assert [names.index(name) for name in window.rows[0][1:]] == [int(number) for number in window.rows[1][1:]]


def test_compositions_are_seen_and_heard(of_run: Document) -> None:
    tunes = [block for block in of_run.blocks if isinstance(block, Tune)]
    assert len(tunes) == 3
    for one in tunes:
        assert one.svg.startswith("<svg")
        assert one.wav.startswith(b"RIFF")
        assert one.abc == ""
        assert re.fullmatch(r"(19|2\d)\.\d s, \d+ notes", one.facts)


@pytest.mark.parametrize(
    "language", [one if one == "en" else pytest.param(one, marks=pytest.mark.slow) for one in languages()]
)
def test_nothing_is_said_of_tunes(language: str, tiny_performance_run: Run, study: Study) -> None:
    for source in (tiny_performance_run.folder, study.folder):
        document = report([source], language)
        assert OF_TUNES.findall(words_of(document)) == []
        assert "{" not in words_of(document)
        for one, after in pairwise([*document.blocks, Heading("the end")]):
            if isinstance(one, Heading) and isinstance(after, Heading):
                assert after.level > one.level, one.text


@pytest.mark.parametrize("language", languages())
def test_what_is_said_otherwise_is_said_at_all(language: str) -> None:
    messages, texts = load_messages(language), texts_of(language)
    assert messages.group("performance").keys() <= texts.keys()
    assert messages.about("tune") == messages
    assert messages.about("performance", "note")("figure.validation") != messages("figure.validation")


def test_it_is_written_in_every_way(of_run: Document, tmp_path: Path) -> None:
    page, markdown, pdf = write(of_run, tmp_path, list(WRITERS))
    titles = [block.text for block in of_run.blocks if isinstance(block, Heading)]
    assert [title for title in titles if html.escape(title) not in page.read_text()] == []
    assert "<details>" not in page.read_text()
    assert page.read_text().count("<audio") == 3
    assert "```" not in markdown.read_text()
    assert "natspernote" in text_of(pdf)


def test_losses_are_told_by_the_same_unit(tiny_performance_run: Run) -> None:
    """An event is a symbol, and of symbols only the ends of pieces are no events."""
    units = units_measured(tiny_performance_run)
    assert units is not None
    assert 0.99 < units < 1
    outcome = outcome_of(tiny_performance_run)
    assert outcome.trained[-1][1] == pytest.approx(outcome.held_out[-1][1], rel=0.3)
    assert all(0 <= share <= 1 for line in outcome.foretold for _, share in line)
    assert [len(line) for line in outcome.foretold] == [60, 3]


def test_a_study_is_told_by_bits_originality_and_seconds(study: Study) -> None:
    assert [one.state for one in study.done] == ["done"] * 4
    results = study.done[0].results
    assert {"validation", "test", "originality", "seconds_per_tune"} <= results.keys()
    assert {"valid", "valid_free", "distance"}.isdisjoint(results)
    document = report([study.folder])
    (table,) = [one for one in document.blocks if isinstance(one, Table) and one.caption.startswith("All trials")]
    assert "seconds per piece" in table.head
    assert "bits per event after" in texts(document)


def test_a_study_of_composing_goes_by_originality(tiny_performance_run: Run, tmp_path: Path) -> None:
    varied = ("decoding.temperature=0.8,1.2",)
    plan = Plan(None, str(tiny_performance_run.folder), varied=varied, seeds=2, tunes=2)
    study = conduct(tmp_path / "study", InProcess(), plan)
    assert [one.state for one in study.done] == ["done"] * 4
    assert StudyFigures(study, load_messages("en")).main == "originality"
    assert "share of notes that are its own" in "".join(
        item for block in report([study.folder]).blocks if isinstance(block, Bullets) for item in block.items
    )


def test_runs_of_two_kinds_are_not_reported_together(tiny_run: Run, tiny_performance_run: Run) -> None:
    with pytest.raises(SettingsError, match="a report is of runs of one kind"):
        report([tiny_run.folder, tiny_performance_run.folder])
