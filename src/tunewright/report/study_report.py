"""What is reported of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from tunewright.errors import RunError
from tunewright.messages import Messages
from tunewright.report import charts, described
from tunewright.report.document import Block, Bullets, Document, Figure, Heading, Own, Paragraph, Table, watched
from tunewright.report.heard import subjective_quality
from tunewright.report.results import effort
from tunewright.report.study_effects import study_effects
from tunewright.report.study_figures import StudyFigures
from tunewright.report.theory import theory
from tunewright.study.results import Ended, Study

COLUMNS = (
    "iterations", "best_iteration", "validation", "test", "seconds", "seconds_per_iteration", "valid_free", "valid",
    "distance", "originality", "seconds_per_tune",
)  # fmt: skip


def study_report(study: Study, messages: Messages, watch: Callable[[str], None] = lambda section: None) -> Document:
    """The report of a study, as far as it has come.

    Args:
        watch: told the title of each section before it is made.
    """
    messages = messages.about(study.plan.codec.kind, study.plan.codec.unit)
    name, figures = study.folder.resolve().name, StudyFigures(study, messages)
    ending: list[Block] = [Heading(messages("section.conclusions")), Own(messages("conclusions.asked"), 8)]
    parts = chain(
        _beginning(study, messages),
        _trials(figures),
        study_effects(figures),
        subjective_quality(study.folder, messages),
        _effort(figures),
        ending,
    )
    settings = study.plan.settings
    facts = (
        [(messages("fact.recipe"), settings.recipe), (messages("fact.corpus"), settings.corpus.name)]
        if settings
        else []
    )
    facts += [(messages("fact.run"), study.plan.run)] if study.plan.run else []
    facts += [(messages("fact.varied"), "; ".join(study.plan.varied)), (messages("fact.folder"), str(study.folder))]
    return Document(
        messages("title.study", name=name), messages.language, facts, watched(parts, watch), messages.group("words")
    )


def _beginning(study: Study, messages: Messages) -> Iterator[Block]:
    """Topic, theory, task."""
    yield Heading(messages("section.topic"))
    named = messages.listed([messages.named("setting", one.address) for one in study.plan.space])
    yield Paragraph(messages("topic.study", settings=named))
    yield Heading(messages("section.theory"))
    yield from theory(study.plan.settings, messages)
    yield Heading(messages("section.task"))
    yield Paragraph(
        messages(
            "task.study",
            variants=study.planned // study.plan.seeds,
            varied="; ".join(study.plan.varied),
            seeds=study.plan.seeds,
            budget=_budget(study, messages),
        )
    )


def _budget(study: Study, messages: Messages) -> str:
    budget, settings = study.plan.budget, study.plan.settings
    if budget.minutes:
        count = budget.minutes if budget.minutes % 1 else int(budget.minutes)
        return messages("budget.minutes", count=messages.value(count))
    if budget.units:
        return messages("budget.units", count=messages.whole(budget.units))
    if settings is None:
        return messages("budget.trained")
    return messages("budget.iterations", count=messages.whole(settings.training.iterations))


def _trials(figures: StudyFigures) -> Iterator[Block]:
    """How many trials there are, what became of those that weren't done, the table of the others, and their curves."""
    study, messages = figures.study, figures.messages
    yield Heading(messages("section.work"))
    yield Heading(messages("section.trials"), 2)
    yield Paragraph(messages("trials.intro", done=len(study.done), planned=study.planned))
    if left := study.planned - len(study.trials):
        yield Paragraph(messages("trials.left", count=left, folder=study.folder))
    if pruned := sum(one.state == "pruned" for one in study.trials):
        yield Paragraph(messages("trials.pruned", count=pruned))
    if failed := [one for one in study.trials if one.state == "failed"]:
        yield Paragraph(messages("trials.failed", count=len(failed)))
        yield Bullets([f"{_trial(one, messages)}: {one.reason}" for one in failed])
    if study.done:
        yield from _table(figures)
    if best := figures.best:
        held_out, test = (messages.number(best.results.get(name)) for name in ("validation", "test"))
        iteration = messages.whole(best.results.get("best_iteration"))
        trial = _trial(best, messages)
        yield Paragraph(messages("trials.best", trial=trial, bits=held_out, iteration=iteration, test=test))
    yield from _curves(figures)


def _trial(one: Ended, messages: Messages) -> str:
    """A trial in a sentence."""
    return f"{one.trial.variant}, {messages('column.seed')} {one.trial.seed}"


def _effort(figures: StudyFigures) -> Iterator[Block]:
    """What all of its trainings cost, and the best of them, beside a ready-made run."""
    study, best, messages = figures.study, figures.best, figures.messages
    if not best or not study.plan.settings:
        return
    seconds = {one.trial.training: float(one.results.get("seconds") or 0) for one in study.trials}
    total, own = messages.whole(sum(seconds.values())), messages.whole(seconds[best.trial.training])
    cost = messages("effort.study", trainings=sum(map(bool, seconds.values())), total=total, own=own)
    try:
        run = study.run_of(best.trial)
    except RunError as error:
        yield Paragraph(f"{cost} {error}", aside=True)
        return
    yield from effort(run, [], messages, cost)


def _table(figures: StudyFigures) -> Iterator[Block]:
    """A row for each trial that was done; what several of them have alike is told below instead of in a column."""
    study, messages = figures.study, figures.messages
    varied = [one.address for one in study.plan.space]
    own = COLUMNS[:-1] if study.plan.codec.kind == "tune" else COLUMNS  # of tunes there is enough to tell
    known = [name for name in own if any(one.results.get(name) is not None for one in study.done)]
    alike = [name for name in known if len(study.done) > 1 and len({one.results.get(name) for one in study.done}) == 1]
    shown = [name for name in known if name not in alike]
    head = [*(messages.named("setting", one) for one in varied), messages("column.seed")]
    head += [messages.named("column", name) for name in shown]
    rows = [
        [*(messages.value(one.trial.assignments[address]) for address in varied), str(one.trial.seed)]
        + [figures.cell(name, one.results.get(name)) for name in shown]
        for one in study.done
    ]
    caption = messages("trials.caption")
    if alike:
        first = study.done[0].results
        told = [f"{messages.named('column', name)} – {figures.cell(name, first[name])}" for name in alike]
        caption += " " + messages("trials.alike", figures="; ".join(told))
    yield Table(head, rows, caption)
    if "distance" in known:
        yield Paragraph(messages("music.distance_note"), aside=True)


def _curves(figures: StudyFigures) -> Iterator[Block]:
    """Held-out bits along all trainings, coloured by the setting that matters most."""
    study, messages = figures.study, figures.messages
    of_trainings = {one.trial.training: one for one in study.done}
    points = {
        name: [(point["iteration"], point["validation"]) for point in study.curve(one.trial) if "validation" in point]
        for name, one in of_trainings.items()
    }
    if not any(points.values()):
        return
    groups = {
        name: [points[training] for training in dict.fromkeys(own)]
        for name, own in figures.grouped(lambda one: one.trial.training).items()
    }
    labels = (messages.named("column", "iterations"), messages("figure.validation"))
    address = figures.most_telling
    caption = messages("trials.curves")
    if address:
        caption = messages("trials.curves_by", setting=messages.named("setting", address))
    yield Figure(charts.curves(groups, labels, messages), caption, described.lines(groups, messages))
