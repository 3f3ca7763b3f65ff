"""What was done for a run, as part of a report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tunewright.errors import CorpusError, MissingExtraError
from tunewright.messages import Messages
from tunewright.report import charts
from tunewright.report.anatomy import FirstStep, first_step
from tunewright.report.document import Block, Figure, Heading, Paragraph, Table
from tunewright.run import Run
from tunewright.training.loss_picture import smoothed
from tunewright.training.trackers import METRICS, read_metrics

EXAMPLE_SYMBOLS = 12
UNAVAILABLE = (CorpusError, MissingExtraError)
"""What a run was trained on need not be here: then that is told, and all else is reported."""
TURNED = 1.01
"""A held-out figure that grew by this factor after its best has turned; less is chance."""


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
    yield Paragraph(
        messages("data.corpus", corpus=about["name"], pieces=pieces, form=about["form"], licence=licence, **counts)
    )
    yield Paragraph(messages("data.symbols", codec=run.settings.codec.name, size=messages.whole(run.codec.size)))
    if step:
        yield from _vectorised(run, step, messages)


def _vectorised(run: Run, step: FirstStep, messages: Messages) -> Iterator[Block]:
    """The beginning of the first window as the model reads it."""
    inputs, targets = step.inputs[:EXAMPLE_SYMBOLS], step.targets[:EXAMPLE_SYMBOLS]
    head = [messages("data.position"), *map(str, range(1, len(inputs) + 1))]
    rows = []
    for name, ids in (("inputs", inputs), ("targets", targets)):
        rows.append(
            [f"{messages(f'data.{name}')}, {messages('data.symbol')}", *(_symbol(run, i, messages) for i in ids)]
        )
        rows.append([f"{messages(f'data.{name}')}, {messages('data.number')}", *map(str, ids)])
    yield Table(head, rows, messages("data.vectorised"))


def _symbol(run: Run, number: int, messages: Messages) -> str:
    """A symbol so that it can be read."""
    spelled = str(run.codec.spellings()[number])
    names = {" ": messages("data.spaced"), "\n": messages("data.newline"), "": messages("data.boundary")}
    return names.get(spelled, spelled.replace("\n", "⏎"))


def _model(step: FirstStep, messages: Messages) -> Iterator[Block]:
    batch, length = step.shape
    yield Paragraph(messages("model.intro", parameters=messages.whole(step.parameters), batch=batch, length=length))
    head = [messages(f"model.{name}") for name in ("layer", "kind", "output", "parameters")]
    rows = [[one.name, one.kind, _shape(one.shape), messages.whole(one.parameters)] for one in step.layers]
    yield Table(head, rows, messages("model.caption"))
    if sum(one.parameters for one in step.layers) != step.parameters:
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
    results, settings = run.about["results"], run.settings.training
    iterations = messages.whole(results["iterations"])
    intro = messages(
        "training.intro",
        iterations=iterations,
        batch=settings.batch_size,
        length=settings.length,
        optimiser=settings.optimiser,
        rate=settings.learning_rate,
        seconds=messages.number(results["seconds"], 0),
    )
    yield Paragraph(intro)
    yield Paragraph(_turning_point(run, messages))
    unit = messages.named("unit", run.codec.unit)
    named = [(one, read_metrics(one.folder / METRICS)) for one in (run, *others)]
    groups = {one.name: _loss_lines(records) for one, records in named if records}
    if groups:
        labels = (messages.named("column", "iterations"), messages("figure.loss", unit=unit))
        caption = messages("training.two" if others else "training.caption", unit=unit)
        yield Figure(charts.losses(groups, labels), caption)


def _loss_lines(records: Sequence[dict[str, float]]) -> tuple[charts.Points, charts.Points]:
    """Bits on what is learned from, smoothed, and on what is held out."""
    trained = [(record["iteration"], record["loss"] / math.log(2)) for record in records if "loss" in record]
    smooth = list(zip([x for x, _ in trained], smoothed([y for _, y in trained]), strict=True))
    return smooth, [(record["iteration"], record["validation"]) for record in records if "validation" in record]


def _turning_point(run: Run, messages: Messages) -> str:
    """Where the held-out figure was best, and whether it rose after that by more than a hundredth."""
    results, records = run.about["results"], read_metrics(run.folder / METRICS)
    curve = [(record["iteration"], record["validation"]) for record in records if "validation" in record]
    if not results.get("best"):
        return messages("training.unmeasured")
    best, last = results["best"], curve[-1][1] if curve else results["best"]["bits_per_unit"]
    turned = last > TURNED * best["bits_per_unit"] and best["iteration"] < results["iterations"]
    return messages(
        "training.turning" if turned else "training.no_turning",
        best=messages.whole(best["iteration"]),
        iterations=messages.whole(results["iterations"]),
        bits=messages.number(best["bits_per_unit"]),
        unit=messages.named("unit", run.codec.unit),
        last=messages.number(last),
    )
