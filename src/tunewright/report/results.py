"""What came of a run, as part of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tunewright.compose import compose
from tunewright.composer import Composition
from tunewright.contracts import Piece
from tunewright.errors import DecodingError, RenderingError
from tunewright.evaluate import evaluate
from tunewright.evaluation.statistics import FEATURES, Statistics, statistics
from tunewright.messages import Messages
from tunewright.music.performance import perform
from tunewright.music.reader import read_tune
from tunewright.quality import Quality, held_out, quality
from tunewright.rendering.inline import without_heading
from tunewright.rendering.score import score_svg
from tunewright.rendering.sound import halved, wav
from tunewright.report.course_of_work import UNAVAILABLE
from tunewright.report.document import Block, Heading, Own, Paragraph, Table, Tune
from tunewright.report.heard import subjective_quality
from tunewright.report.outcome import named_apart, outcome_of
from tunewright.run import Run, builtin_run
from tunewright.wish import Wish

ATTEMPTS = 100
"""Tunes that are drawn to be judged, with and without the constraint."""
EXAMPLES = 3
SEED = 0


@dataclass(frozen=True)
class Heard:
    """What a run composed, to be told in several sections."""

    free: Quality
    constrained: Quality
    examples: Sequence[Composition]
    why_none: str = ""


def results(run: Run, others: Sequence[Run], messages: Messages) -> Iterator[Block]:
    """What came of a run: what it foresees, what it composes, what that cost.

    Args:
        others: runs whose figures stand beside its own.
    """
    yield Heading(messages("section.results"))
    yield Heading(messages("section.learning"), 2)
    yield from _learning(run, messages)
    reference = _reference(run)
    free, constrained = (quality(run, Wish(seed=SEED, free=own), ATTEMPTS, reference) for own in (True, False))
    examples: list[Composition] = []
    why = ""
    try:
        examples = compose(run, Wish(seed=SEED), count=EXAMPLES)
    except DecodingError as error:
        why = str(error)
    heard = Heard(free, constrained, examples, why)
    yield Heading(messages("section.music"), 2)
    yield from _music(heard, messages)
    yield Heading(messages("section.statistics"), 2)
    yield from _statistics(heard, reference, messages)
    yield Heading(messages("section.originality"), 2)
    yield from _originality(heard, messages)
    yield from subjective_quality(run.workplace, messages)
    yield from effort(run, others, messages)


def _reference(run: Run) -> Statistics:
    """What a musician counts in the held-out tunes; in none, where they aren't here."""
    try:
        return held_out(run)[1]
    except UNAVAILABLE:
        return statistics([])


def _learning(run: Run, messages: Messages) -> Iterator[Block]:
    """What it gets on test tunes, and in which of their fields the bits are."""
    if not any(row["part"] == "test" for row in run.split):
        yield Paragraph(messages("result.no_test"))
        return
    try:
        found = evaluate(run, baselines=True)
    except UNAVAILABLE as error:
        yield Paragraph(str(error), aside=True)
        return
    unit = messages.named("unit", found["unit"])
    within = _within(found["interval"], messages)
    bits = messages.number(found["bits_per_unit"])
    yield Paragraph(messages("result.test_text", pieces=found["pieces"], bits=bits, unit=unit, interval=within))
    baselines = found["baselines"]
    head = [messages("result.figure"), messages("result.value"), messages("result.interval")]
    rows = [[messages("result.test", unit=unit), bits, within.strip()]]
    rows += [
        [
            messages.named("baseline", name),
            messages.number(one["bits_per_unit"]),
            _within(one["interval"], messages).strip(),
        ]
        for name, one in baselines.items()
    ]
    yield Table(head, rows)
    if found["fields"]:
        head = [messages("result.field"), messages("result.share"), messages("result.bits", unit=unit)]
        rows = [
            [messages.named("field", name), messages.percent(one["share"]), messages.number(one["bits_per_unit"])]
            for name, one in found["fields"].items()
        ]
        yield Table(head, rows, messages("result.fields_caption"))


def _within(ends: Sequence[float] | None, messages: Messages) -> str:
    return messages("result.within", low=messages.number(ends[0]), high=messages.number(ends[1])) if ends else ""


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


def _originality(heard: Heard, messages: Messages) -> Iterator[Block]:
    own = heard.constrained
    mean = messages.percent(own.originality)
    yield Paragraph(messages("originality.intro", own=mean, copies=own.near_copies, attempts=own.attempts))
    head = [messages(f"originality.{name}") for name in ("tune", "score", "nearest", "shared")]
    rows = []
    for one in heard.examples:
        near = one.originality.nearest[0] if one.originality.nearest else None
        told = [near.title, messages.percent(near.share)] if near else ["–", "–"]
        rows.append([one.piece.title, messages.percent(one.originality.score), *told])
    if rows:
        yield Table(head, rows, messages("originality.caption"))


def effort(run: Run, others: Sequence[Run], messages: Messages, cost: str = "") -> Iterator[Block]:
    """A section on what a run cost and what it got, beside other runs and the one that comes along.

    Args:
        cost: what is to be told of it beside its own, as a sentence.
    """
    yield Heading(messages("section.effort"), 2)
    yield Paragraph(messages("effort.intro"))
    if cost:
        yield Paragraph(cost)
    named, ready = named_apart([run, *others]), builtin_run()
    if ready.folder not in [one.folder for one in named.values()]:
        named[messages("effort.ready", name=ready.name)] = ready
    head = [messages(f"effort.{name}") for name in ("run", "form", "seconds", "parameters", "validation")]
    rows = []
    for name, one in named.items():
        outcome = outcome_of(one)
        seconds, parameters = messages.whole(outcome.seconds), messages.whole(outcome.parameters)
        bits = messages.number(outcome.best[1] if outcome.best else None)
        rows.append([name, one.about["corpus"]["form"], seconds, parameters, bits])
    yield Table(head, rows, messages("effort.caption"))
    (first, own), *rest = named.items()
    for key, of in (("form", _form), ("tunes", _validation_tunes), ("machine", _machine)):
        if unlike := [name for name, one in rest if not of(own) or of(one) != of(own)]:
            yield Paragraph(messages(f"effort.other_{key}", name=first, names="; ".join(unlike)), aside=True)
    yield Own(messages("effort.asked"), 5)


def _form(run: Run) -> str:
    """The form of text in which bits are counted."""
    return str(run.about["corpus"]["form"])


def _validation_tunes(run: Run) -> frozenset[str]:
    """What its bits are measured on."""
    return frozenset(row["sha256"] for row in run.split if row["part"] == "validation")


def _machine(run: Run) -> str:
    """Where its seconds were counted; empty where that isn't known."""
    return " ".join(str(value) for value in run.about.get("machine", {}).values())
