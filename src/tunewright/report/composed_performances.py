"""What a run of performances composes, as part of a report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.evaluation.statistics import statistics
from tunewright.messages import Messages
from tunewright.quality import LENGTH, quality
from tunewright.rendering.played import midi_performance, played
from tunewright.rendering.roll_image import roll_svg
from tunewright.rendering.sound import halved, wav
from tunewright.report.document import Block, Heading, Paragraph, Tune
from tunewright.report.own import SEED, examples_of, originality
from tunewright.run import Run
from tunewright.wish import Wish

ATTEMPTS = 20
"""Performances that are drawn to be judged."""
ROLL_WIDTH = 1500
"""Of the picture of one, in pixels: so many seconds stand in one row."""


def composed_performances(run: Run, messages: Messages) -> Iterator[Block]:
    """Some of its performances, what they took, and whether they are its own."""
    wish = Wish(seed=SEED, length=LENGTH)
    judged = quality(run, wish, ATTEMPTS, statistics([]))
    examples, why = examples_of(run, wish)
    yield Heading(messages("section.music"), 2)
    if judged.attempts:
        each = messages.number(judged.seconds / judged.attempts, 1)
        yield Paragraph(messages("music.pace", count=judged.attempts, length=_seconds(), each=each))
    yield Paragraph(messages("music.examples", seed=SEED) if examples else messages("music.none", why=why))
    for one in examples:
        yield performance_block(one.piece, messages)
    yield from originality(judged, examples, messages)


def performance_block(piece: Piece, messages: Messages) -> Tune:
    """A performance with its piano roll and recording, as far as they can be made."""
    svg, sound, facts = "", b"", ""
    with suppress(RenderingError):
        performance = midi_performance(piece)
        notes, seconds = messages.whole(len(performance.notes.starts)), messages.number(performance.seconds, 1)
        facts = messages("music.notes", notes=notes, seconds=seconds)
        svg = roll_svg(performance, width=ROLL_WIDTH)
        sound = halved(wav(played(piece)))
    return Tune(piece.title or "–", facts, "", svg, sound)


def _seconds() -> str:
    """So many a performance lasts that is composed here."""
    return LENGTH.partition(" ")[0]
