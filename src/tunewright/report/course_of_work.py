"""What was done for a run, as part of a report."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from tunewright.errors import CorpusError, MissingExtraError
from tunewright.messages import Messages
from tunewright.report import charts, described
from tunewright.report.anatomy import FirstStep, first_step
from tunewright.report.document import Block, Figure, Heading, Paragraph, Table
from tunewright.report.outcome import Outcome, named_apart, outcome_of
from tunewright.run import Run

EXAMPLE_SYMBOLS = {"tune": 12, "performance": 8}
"""So many fit side by side, by the kind of pieces."""
UNAVAILABLE = (CorpusError, MissingExtraError)
"""What a run was trained on need not be here: then that is told, and all else is reported."""
MOST_SYMBOLS = 400
"""Symbols of a codec that are listed."""
TURNED = 1.01
"""A held-out figure that grew by this factor after its best has turned; less is chance."""
LATE, FLAT = 0.75, 1.005
"""A held-out figure whose best was as good as reached after this share of the training, but for such a factor, has
stayed as it was.
"""
ANNEALED = 0.05
"""Share of the greatest learning rate below which hardly anything is learned any more."""


def course_of_work(run: Run, others: Sequence[Run], messages: Messages) -> Iterator[Block]:
    """What was done: the data, the model, one step, the training.

    Args:
        others: runs whose trainings stand beside its own.
    """
    yield Heading(messages("section.work"))
    try:
        step = first_step(run)
    except UNAVAILABLE as error:
        step = None
        yield Paragraph(str(error), aside=True)
    yield Heading(messages("section.data"), 2)
    yield from _data(run, step, messages)
    if step:
        yield Heading(messages("section.model"), 2)
        yield from _model(step, messages)
        yield Heading(messages("section.step"), 2)
        yield from _step(run, step, messages)
    yield Heading(messages("section.training"), 2)
    yield from _training(run, others, messages)


def _data(run: Run, step: FirstStep | None, messages: Messages) -> Iterator[Block]:
    about = run.about["corpus"]
    counts = {part: messages.whole(about["split"].get(part, 0)) for part in ("training", "validation", "test")}
    pieces = messages.whole(about["pieces"])
    licence = about["licence"]
    facts = {name: messages.number(_total(about, name), digits) for name, digits in (("notes", 0), ("hours", 1))}
    told = {"corpus": about["name"], "pieces": pieces, "form": about["form"], "licence": licence, **counts, **facts}
    yield Paragraph(messages("data.corpus", **told))
    size, symbols = messages.whole(run.codec.size), _symbols(run, messages)
    yield Paragraph(messages("data.symbols", codec=run.settings.codec.name, size=size, symbols=symbols))
    if step:
        epoch = messages.whole(step.symbols)
        yield Paragraph(messages("data.epoch", count=epoch))
        yield from _vectorised(run, step, messages)


def _total(about: dict[str, Any], name: str) -> float | None:
    """A fact of a corpus, of all its parts together; None where it tells none."""
    fact = about.get("facts", {}).get(name)
    return sum(fact.values()) if isinstance(fact, dict) else fact


def _vectorised(run: Run, step: FirstStep, messages: Messages) -> Iterator[Block]:
    """The beginning of the first window as the model reads it."""
    names = run.codec.names()
    shown = EXAMPLE_SYMBOLS[run.kind]
    inputs, targets = step.inputs[:shown], step.targets[:shown]
    head = [messages("data.position"), *map(str, range(1, len(inputs) + 1))]
    rows = []
    for name, ids in (("inputs", inputs), ("targets", targets)):
        rows.append(
            [f"{messages(f'data.{name}')}, {messages('data.symbol')}", *(_symbol(names[i], messages) for i in ids)]
        )
        rows.append([f"{messages(f'data.{name}')}, {messages('data.number')}", *map(str, ids)])
    yield Table(head, rows, messages("data.vectorised"))


def _symbols(run: Run, messages: Messages) -> str:
    """The symbols in the order of their numbers, so many as can be read."""
    names = run.codec.names()
    if run.kind == "performance":  # whose symbols are few kinds of many
        names = [name for _, own in groupby(names, _word) for name in _abridged(list(own))]
        names = [name.replace(" ", "\u00a0") for name in names]  # no name is torn apart
    listed = "\u2003".join(_symbol(name, messages) for name in names[:MOST_SYMBOLS])
    more = len(names) - MOST_SYMBOLS
    return listed + (messages("data.more_symbols", count=messages.whole(more)) if more > 0 else "")


def _word(name: str) -> str:
    """The word that a name begins with, e.g. ``"on"`` of ``"on C4"``."""
    return re.split(r"[^A-Za-z]", name, maxsplit=1)[0]


def _abridged(names: Sequence[str]) -> list[str]:
    """Of many names the first two and the last one."""
    return list(names) if len(names) <= 4 else [*names[:2], f"… {names[-1]}"]


def _symbol(spelled: str, messages: Messages) -> str:
    """A symbol so that it can be read."""
    names = {" ": messages("data.spaced"), "\n": messages("data.newline"), "": messages("data.boundary")}
    return names.get(spelled, spelled.replace("\n", "⏎"))


def _model(step: FirstStep, messages: Messages) -> Iterator[Block]:
    batch, length = step.shape
    yield Paragraph(messages("model.intro", parameters=messages.whole(step.parameters), batch=batch, length=length))
    head = [messages(f"model.{name}") for name in ("layer", "kind", "output", "parameters")]
    rows = [
        [
            one.name or messages("model.itself"),
            one.kind,
            "–" if one.shape is None else _shape(one.shape),
            messages.whole(one.parameters),
        ]
        for one in step.layers
    ]
    yield Table(head, rows, messages("model.caption"))
    if step.tied:
        yield Paragraph(messages("model.tied"), aside=True)


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) or "1"


def _step(run: Run, step: FirstStep, messages: Messages) -> Iterator[Block]:
    yield Paragraph(messages("step.intro", seed=run.settings.training.seed))
    uniform = messages.number(math.log(run.codec.size))
    yield Paragraph(messages("step.loss", loss=messages.number(step.loss), size=run.codec.size, uniform=uniform))
    head = [messages(f"step.{name}") for name in ("tensor", "shape", "mean", "deviation", "gradient")]
    rows = [
        [one.name, _shape(one.shape), *(messages.number(value, 4) for value in (one.mean, one.deviation, one.gradient))]
        for one in step.tensors
    ]
    yield Table(head, rows, messages("step.caption"))


def _training(run: Run, others: Sequence[Run], messages: Messages) -> Iterator[Block]:
    outcome, settings = outcome_of(run), run.settings.training
    yield Paragraph(
        messages(
            "training.intro",
            iterations=messages.whole(outcome.iterations),
            batch=settings.batch_size,
            length=settings.length,
            optimiser=settings.optimiser,
            rate=messages.value(settings.learning_rate),
            seconds=messages.whole(outcome.seconds),
        )
    )
    if not outcome.ended:
        yield Paragraph(messages("training.unended", iterations=messages.whole(outcome.iterations)))
    unit = messages.named("unit", run.codec.unit)
    yield Paragraph(turning_point(outcome, unit, messages))
    outcomes = {name: outcome if one == run else outcome_of(one) for name, one in named_apart([run, *others]).items()}
    groups = {name: (one.trained, one.held_out) for name, one in outcomes.items() if one.trained or one.held_out}
    if groups:
        labels = (messages.named("column", "iterations"), messages("figure.loss", unit=unit))
        if len(groups) == 1:
            groups = {"": groups.popitem()[1]}  # its name is the report's title
        caption = messages("training.two" if len(groups) > 1 else "training.caption", unit=unit)
        alt = described.lines({name: [held_out or trained] for name, (trained, held_out) in groups.items()}, messages)
        yield Figure(charts.losses(groups, labels, messages), caption, alt)
    if run.kind == "performance" and any(outcome.foretold):
        yield _foretold(outcome, messages)


def _foretold(outcome: Outcome, messages: Messages) -> Figure:
    """How many symbols are foretold along the training."""
    labels = (messages.named("column", "iterations"), messages("figure.accuracy"))
    line = outcome.foretold[1] or outcome.foretold[0]
    first, last, most = (messages.percent(y, 1) for y in (line[0][1], line[-1][1], max(y for _, y in line)))
    alt = messages("picture.rising", first=first, last=last, most=most)
    svg = charts.losses({"": outcome.foretold}, labels, messages, shares=True)
    return Figure(svg, messages("training.accuracy"), alt)


def turning_point(outcome: Outcome, unit: str, messages: Messages) -> str:
    """Where the held-out figure was best; whether it rose after that, stayed, or was still falling; and what became of
    the loss on what is learned from.
    """
    if not outcome.best:
        return messages("training.unmeasured")
    at, bits = outcome.best
    last = outcome.held_out[-1][1] if outcome.held_out else bits
    best, iterations = messages.whole(at), messages.whole(outcome.iterations)
    told = {"best": best, "iterations": iterations, "bits": messages.number(bits), "last": messages.number(last)}
    if last > TURNED * bits and at < outcome.iterations:
        return " ".join(
            [messages("training.turning", unit=unit, **told), *_learned_by_then(outcome, at, unit, messages)]
        )
    earlier = min((y for x, y in outcome.held_out if x <= LATE * outcome.iterations), default=math.inf)
    if earlier <= FLAT * bits:
        return messages("training.flat", unit=unit, **told)
    outlook = "training.annealed" if outcome.annealed < ANNEALED else "training.more"
    return f"{messages('training.falling', unit=unit, **told)} {messages(outlook)}"


def _learned_by_then(outcome: Outcome, at: int, unit: str, messages: Messages) -> Iterator[str]:
    """What the loss on what is learned from did after the turning point, where that was noted."""
    until = [y for x, y in outcome.trained if x <= at]
    if until:
        before, after = until[-1], outcome.trained[-1][1]
        key = "training.fell" if TURNED * after < before else "training.fell_not"
        yield messages(key, unit=unit, before=messages.number(before), after=messages.number(after))
