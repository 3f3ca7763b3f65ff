"""A report of runs or of a study, in every form that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tunewright.errors import SettingsError
from tunewright.messages import load_messages
from tunewright.report.document import Document
from tunewright.report.markdown import write_markdown
from tunewright.report.outcome import require_weights
from tunewright.report.page import write_page
from tunewright.report.run_report import run_report
from tunewright.report.study_report import study_report
from tunewright.report.typeset import write_pdf
from tunewright.run import open_run
from tunewright.study.plan import is_study
from tunewright.study.results import open_study

WRITERS: dict[str, Callable[[Document, Path], Path]] = {"html": write_page, "md": write_markdown, "pdf": write_pdf}


def report(
    sources: Sequence[Path], language: str = "en", watch: Callable[[str], None] = lambda chapter: None
) -> Document:
    """What is reported of a study, or of a run (with others beside it).

    Args:
        watch: told the title of each section before it is made, which for some takes a minute.

    Raises:
        RunError: there is no run or study there, or the run has saved nothing yet.
        SettingsError: an unknown language, several studies, or runs of several kinds.
    """
    messages = load_messages(language)
    if is_study(sources[0]):
        if len(sources) > 1:
            raise SettingsError("a report is of one study, or of runs; report each study by itself")
        return study_report(open_study(sources[0]), messages, watch)
    first, *others = [open_run(source) for source in sources]
    require_weights(first)
    if others and {one.kind for one in others} != {first.kind}:
        raise SettingsError(
            "a report is of runs of one kind; report runs of tunes and runs of performances by themselves"
        )
    return run_report(first, messages, others, watch)


def write(document: Document, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Writes a report as ``report-<language>`` in each of the formats.

    Raises:
        OutputError: a file can't be written.
        RenderingError: it can't be typeset.
    """
    return [WRITERS[name](document, folder / f"report-{document.language}.{name}") for name in formats]
