"""What people said who listened blind, as part of a report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tunewright.listening.answers import verdicts
from tunewright.listening.page import KEY
from tunewright.listening.tunes import REAL
from tunewright.messages import Messages
from tunewright.report.document import Block, Bullets, Heading, Own, Paragraph, Table

FOLDER = "listening"
MOST_NOTES = 12


def subjective_quality(folder: Path, messages: Messages) -> Iterator[Block]:
    """A section on what was heard: a table where there are answers, and a place for the reader's own words.

    Args:
        folder: of the run or study, or where what is made of it is kept.
    """
    yield Heading(messages("section.quality"), 2)
    found = verdicts(folder / FOLDER) if (folder / FOLDER / KEY).exists() else []
    if found:
        answers, listeners = sum(one.answers for one in found), max(one.listeners for one in found)
        yield Paragraph(messages("quality.result", answers=answers, listeners=listeners))
        head = [messages(f"quality.{name}") for name in ("source", "answers", "mean", "interval")]
        rows = []
        for one in found:
            ends = " – ".join(messages.number(end, 2) for end in one.interval) if one.interval else "–"
            name = messages("quality.real") if one.source == REAL else one.source
            rows.append([name, str(one.answers), messages.number(one.mean, 2), ends])
        yield Table(head, rows, messages("quality.caption"))
        if notes := [note for one in found for note in one.notes][:MOST_NOTES]:
            yield Bullets(notes)
    else:
        yield Paragraph(messages("quality.intro"))
    yield Own(messages("quality.asked"), 5)
