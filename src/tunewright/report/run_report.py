"""What is reported of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from tunewright.messages import Messages
from tunewright.report.course_of_work import course_of_work
from tunewright.report.document import Block, Document, Heading, Own, Paragraph, Table, watched
from tunewright.report.results import results
from tunewright.report.theory import theory
from tunewright.run import Run


def run_report(
    run: Run, messages: Messages, others: Sequence[Run] = (), watch: Callable[[str], None] = lambda section: None
) -> Document:
    """The report of a run.

    Args:
        others: runs whose trainings and figures stand beside its own.
        watch: told the title of each section before it is made.
    """
    messages = messages.about(run.kind, run.codec.unit)
    facts = [
        (messages("fact.recipe"), run.about["recipe"] or "–"),
        (messages("fact.corpus"), run.about["corpus"]["name"]),
        (messages("fact.folder"), str(run.folder)),
    ]
    ending: list[Block] = [Heading(messages("section.conclusions")), Own(messages("conclusions.asked"), 8)]
    parts = chain(
        _beginning(run, messages),
        course_of_work(run, others, messages),
        results(run, others, messages),
        _settings(run, messages),
        ending,
    )
    words = messages.group("words")
    return Document(messages("title.run", name=run.name), messages.language, facts, watched(parts, watch), words)


def _beginning(run: Run, messages: Messages) -> Iterator[Block]:
    corpus = run.about["corpus"]
    yield Heading(messages("section.topic"))
    name = run.settings.model.name
    model = name.upper() if len(name) < 5 else name.title()
    pieces = messages.whole(corpus["pieces"])
    yield Paragraph(messages("topic.run", model=model, pieces=pieces, corpus=corpus["name"]))
    yield Heading(messages("section.theory"))
    yield from theory(run.settings, messages)
    yield Heading(messages("section.task"))
    yield Paragraph(messages("task.run"))


def _settings(run: Run, messages: Messages) -> Iterator[Block]:
    yield Heading(messages("section.settings"))
    rows = [
        [messages.named("setting", f"{name}.{key}"), f"{name}.{key}", messages.value(value)]
        for name, own in run.settings.model_dump(mode="json").items()
        if isinstance(own, dict)
        for key, value in own.items()
    ]
    head = [messages(f"settings.{name}") for name in ("setting", "address", "value")]
    yield Table(head, rows, messages("settings.caption"))
    yield Heading(messages("section.environment"))
    rows = [[name, version] for name, version in run.about["versions"].items()]
    rows += [[messages.named("machine", name), str(value)] for name, value in run.about.get("machine", {}).items()]
    yield Table(
        [messages("environment.library"), messages("environment.version")], rows, messages("environment.caption")
    )
