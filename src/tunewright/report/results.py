"""What came of a run, as part of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tunewright.evaluate import evaluate
from tunewright.messages import Messages
from tunewright.report.composed_performances import composed_performances
from tunewright.report.composed_tunes import composed_tunes
from tunewright.report.course_of_work import UNAVAILABLE
from tunewright.report.document import Block, Heading, Own, Paragraph, Table
from tunewright.report.heard import subjective_quality
from tunewright.report.outcome import named_apart, outcome_of
from tunewright.run import Run, builtin_run

COMPOSED: dict[str, Callable[[Run, Messages], Iterator[Block]]] = {
    "tune": composed_tunes,
    "performance": composed_performances,
}
"""What is told of the pieces that a run composes, by their kind."""


def results(run: Run, others: Sequence[Run], messages: Messages) -> Iterator[Block]:
    """What came of a run: what it foresees, what it composes, what that cost.

    Args:
        others: runs whose figures stand beside its own.
    """
    yield Heading(messages("section.results"))
    yield Heading(messages("section.learning"), 2)
    yield from _learning(run, messages)
    yield from COMPOSED[run.kind](run, messages)
    yield from subjective_quality(run.workplace, messages)
    yield from effort(run, others, messages)


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
    bits, within = messages.number(found["bits_per_unit"]), _within(found["interval"], messages)
    of_notes = {name: messages.number(found.get(f"nats_{name}")) for name in ("per_symbol", "per_note")}
    yield Paragraph(
        messages("result.test_text", pieces=found["pieces"], bits=bits, unit=unit, interval=within, **of_notes)
    )
    yield _figures(found, unit, messages)
    if found["fields"]:
        head = [messages("result.field"), messages("result.share"), messages("result.bits", unit=unit)]
        rows = [
            [messages.named("field", name), messages.percent(one["share"]), messages.number(one["bits_per_unit"])]
            for name, one in found["fields"].items()
        ]
        yield Table(head, rows, messages("result.fields_caption"))


def _figures(found: dict[str, Any], unit: str, messages: Messages) -> Table:
    """The run's figure above those of the baselines; of performances the nats of a note, too."""
    columns = ["figure", "value", "interval", *(["per_note"] if "nats_per_note" in found else [])]
    named = [(messages("result.test", unit=unit), found)]
    named += [(messages.named("baseline", name), one) for name, one in found["baselines"].items()]
    rows = []
    for name, one in named:
        cells = [name, messages.number(one["bits_per_unit"]), _within(one["interval"], messages).strip()]
        rows.append([*cells, messages.number(one.get("nats_per_note"))][: len(columns)])
    return Table([messages(f"result.{column}") for column in columns], rows)


def _within(ends: Sequence[float] | None, messages: Messages) -> str:
    return messages("result.within", low=messages.number(ends[0]), high=messages.number(ends[1])) if ends else ""


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
    if ready.kind == run.kind and ready.folder not in [one.folder for one in named.values()]:
        named[messages("effort.ready", name=ready.name)] = ready
    columns = ["run", "form", "seconds", "parameters", "validation"]
    if run.kind != "tune":
        columns.remove("form")  # the text's
    rows = []
    for name, one in named.items():
        outcome = outcome_of(one)
        cells = {
            "run": name,
            "form": _form(one),
            "seconds": messages.whole(outcome.seconds),
            "parameters": messages.whole(outcome.parameters),
            "validation": messages.number(outcome.best[1] if outcome.best else None),
        }
        rows.append([cells[column] for column in columns])
    head = [messages(f"effort.{column}") for column in columns]
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
