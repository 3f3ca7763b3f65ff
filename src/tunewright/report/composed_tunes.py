"""What a run of tunes composes, as part of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tunewright.composer import Composition
from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.evaluation.statistics import FEATURES, Statistics, statistics
from tunewright.messages import Messages
from tunewright.music.performance import perform
from tunewright.music.reader import read_tune
from tunewright.quality import Quality, held_out, quality
from tunewright.rendering.inline import without_heading
from tunewright.rendering.score import score_svg
from tunewright.rendering.sound import halved, wav
from tunewright.report.course_of_work import UNAVAILABLE
from tunewright.report.document import Block, Heading, Paragraph, Table, Tune
from tunewright.report.own import SEED, examples_of, originality
from tunewright.run import Run
from tunewright.wish import Wish

ATTEMPTS = 100
"""Tunes that are drawn to be judged, with and without the constraint."""


@dataclass(frozen=True)
class Heard:
    """What a run composed, to be told in several sections."""

    free: Quality
    constrained: Quality
    examples: Sequence[Composition]
    why_none: str = ""


def composed_tunes(run: Run, messages: Messages) -> Iterator[Block]:
    """How many of its tunes are right, some of them, what a musician counts in them, and whether they are its own."""
    reference = _reference(run)
    free, constrained = (quality(run, Wish(seed=SEED, free=own), ATTEMPTS, reference) for own in (True, False))
    heard = Heard(free, constrained, *examples_of(run, Wish(seed=SEED)))
    yield Heading(messages("section.music"), 2)
    yield from _music(heard, messages)
    yield Heading(messages("section.statistics"), 2)
    yield from _statistics(heard, reference, messages)
    yield from originality(constrained, heard.examples, messages)


def _reference(run: Run) -> Statistics:
    """What a musician counts in the held-out tunes; in none, where they aren't here."""
    try:
        return held_out(run)[1]
    except UNAVAILABLE:
        return statistics([])


def _music(heard: Heard, messages: Messages) -> Iterator[Block]:
    free, constrained = heard.free, heard.constrained
    shares = {name: messages.percent(one.valid) for name, one in (("free", free), ("constrained", constrained))}
    yield Paragraph(messages("music.validity", attempts=free.attempts, **shares))
    head = [messages(f"music.{name}") for name in ("kind", "valid", "near_copies", "originality", "distance")]
    rows = [
        [
            messages(f"music.{name}"),
            messages.percent(one.valid),
            messages.percent(one.near_copies / max(1, one.attempts)),
            messages.percent(one.originality),
            messages.number(one.distance, 2),
        ]
        for name, one in (("free", free), ("constrained", constrained))
    ]
    yield Table(head, rows, messages("music.validity_caption"))
    if free.distances:
        yield Paragraph(messages("music.distance_note"), aside=True)
    if not heard.examples:
        yield Paragraph(messages("music.none", why=heard.why_none))
        return
    yield Paragraph(messages("music.examples", seed=SEED))
    for one in heard.examples:
        yield tune_block(one.piece)


def tune_block(piece: Piece) -> Tune:
    """A tune with its score and recording, as far as they can be made."""
    tune = read_tune(piece.text)
    svg, sound = "", b""
    with suppress(RenderingError):
        svg = without_heading(score_svg(tune))
    with suppress(RenderingError):
        sound = halved(wav(perform(tune)))
    facts = ", ".join(fact for fact in (tune.type, tune.meter.name, tune.key.name) if fact)
    return Tune(piece.title or "–", facts, piece.text, svg, sound)


def _statistics(heard: Heard, reference: Statistics, messages: Messages) -> Iterator[Block]:
    own = heard.constrained
    if not own.distances:
        return
    tunes = {"tunes": own.statistics.tunes, "reference": reference.tunes}
    yield Paragraph(messages("statistics.intro", **tunes))
    head = [messages(f"statistics.{name}") for name in ("feature", "composed", "real", "ratio")]
    rows = []
    for feature in FEATURES:
        if feature.name in own.distances:
            means = [one.summary(feature).get("mean") for one in (own.statistics, reference)]
            ratio = own.distances[feature.name].ratio
            figures = [*(messages.number(mean, 2) for mean in means), messages.number(ratio, 1)]
            rows.append([messages.named("feature", feature.name), *figures])
    yield Table(head, rows, messages("statistics.caption"))
