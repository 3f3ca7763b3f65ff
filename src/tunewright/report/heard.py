"""What people said who listened blind, as part of a report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tunewright.listening.answers import ANSWERS
from tunewright.listening.page import page_of
from tunewright.listening.scores import FEWEST_LISTENERS, FEWEST_TUNES, Estimate
from tunewright.listening.verdicts import Note, Outcome, Verdict, outcome
from tunewright.messages import Messages
from tunewright.report.document import Block, Bullets, Heading, Own, Paragraph, Table

MOST_NOTES = 12
COLUMNS = ("source", "tunes", "answers", "known", "mean", "interval", "difference", "interval")


def subjective_quality(folder: Path, messages: Messages) -> Iterator[Block]:
    """A section on what was heard: a table where there are answers, and a place for the reader's own words.

    Args:
        folder: of the run or study, or where what is made of it is kept.
    """
    yield Heading(messages("section.quality"), 2)
    page = page_of(folder)
    found = outcome(page) if page else None
    if page and found and (found.verdicts or found.notes):
        yield from _heard(page, found, messages)
    else:
        yield Paragraph(messages("quality.intro"))
    yield Own(messages("quality.asked"), 5)


def _heard(page: Path, found: Outcome, messages: Messages) -> Iterator[Block]:
    """The table, how it is to be read, and what was noted."""
    yield Paragraph(messages("quality.result", answers=found.answers, listeners=found.listeners))
    if found.verdicts:
        sources = {one.source for one in found.verdicts if not one.is_real}
        rows = [_row(one, len(sources) > 1, messages) for one in found.verdicts]
        yield Table([messages(f"quality.{name}") for name in COLUMNS], rows, messages("quality.caption"))
        yield Paragraph(messages("quality.method", tunes=FEWEST_TUNES, listeners=FEWEST_LISTENERS), aside=True)
    if found.notes:
        yield Bullets([_note(one, messages) for one in found.notes[:MOST_NOTES]])
    if len(found.notes) > MOST_NOTES:
        yield Paragraph(messages("quality.more", count=len(found.notes) - MOST_NOTES, file=page / ANSWERS), aside=True)


def _row(one: Verdict, several: bool, messages: Messages) -> list[str]:
    """A row of the table.

    Args:
        several: whether there are composed tunes of more sources than one.
    """
    name = messages("quality.real") if one.is_real else one.source
    if one.setting:
        level = f"{messages.named('setting', one.setting)} {one.level}"
        name = f"{one.source}: {level}" if several else level
    counts = [str(count) for count in (one.tunes, one.answers, one.known)]
    return [name, *counts, *_cells(one.mean, messages), *_cells(one.difference, messages)]


def _cells(estimate: Estimate | None, messages: Messages) -> list[str]:
    """A figure and its interval."""
    if not estimate:
        return ["–", "–"]
    ends = [messages.number(end, 2) for end in estimate.interval or ()]
    return [messages.number(estimate.value, 2), " – ".join(ends) or "–"]


def _note(one: Note, messages: Messages) -> str:
    source = messages("quality.real") if one.heard.is_real else one.heard.source
    return messages("quality.note", source=source, number=one.number, title=one.title, text=one.text)
