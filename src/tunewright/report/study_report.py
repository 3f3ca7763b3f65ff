"""What is reported of a study."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, combinations

from tunewright.messages import Messages
from tunewright.report import charts
from tunewright.report.document import Block, Bullets, Document, Figure, Heading, Own, Paragraph, Table, watched
from tunewright.report.findings import TOLD, findings
from tunewright.report.heard import subjective_quality
from tunewright.report.results import effort
from tunewright.report.theory import theory
from tunewright.study.effects import RATIOS, by_variant, chance_of, effects, figures_of, levels
from tunewright.study.results import Ended, Study
from tunewright.study.space import Range, Value, is_decoding, told

COLUMNS = (
    "iterations", "best_iteration", "validation", "test", "seconds", "seconds_per_iteration", "valid_free", "valid",
    "distance", "originality",
)  # fmt: skip
DIGITS = {"seconds": 1, "seconds_per_iteration": 4, "validation": 3, "test": 3, "distance": 2}
SHARES = ("valid_free", "valid", "originality")


def study_report(study: Study, messages: Messages, watch: Callable[[str], None] = lambda section: None) -> Document:
    """The report of a study, as far as it has come.

    Args:
        watch: told the title of each section before it is made.
    """
    name = study.folder.resolve().name
    ending: list[Block] = [Heading(messages("section.conclusions")), Own(messages("conclusions.asked"), 8)]
    parts = chain(
        _beginning(study, messages),
        _trials(study, messages),
        _effects(study, messages),
        _pairs(study, messages),
        _speed_and_quality(study, messages),
        subjective_quality(study.folder, messages),
        _effort(study, messages),
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
    named = messages("effect.list_comma").join(messages.named("setting", one.address) for one in study.plan.space)
    yield Heading(messages("section.topic"))
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
        return messages("budget.minutes", count=messages.number(budget.minutes, 1))
    if budget.units:
        return messages("budget.units", count=messages.number(budget.units, 0))
    if settings is None:
        return messages("budget.trained")
    return messages("budget.iterations", count=messages.number(settings.training.iterations, 0))


def _trials(study: Study, messages: Messages) -> Iterator[Block]:
    """The table of all trials, and their curves."""
    yield Heading(messages("section.work"))
    yield Heading(messages("section.trials"), 2)
    yield Paragraph(messages("trials.intro", done=len(study.done), planned=study.planned))
    pruned = sum(one.state == "pruned" for one in study.trials)
    if pruned:
        yield Paragraph(messages("trials.pruned", count=pruned))
    if failed := [one for one in study.trials if one.state == "failed"]:
        reasons = "; ".join(dict.fromkeys(one.reason for one in failed))
        yield Paragraph(messages("trials.failed", count=len(failed), reasons=reasons))
    yield _table(study, messages)
    best = _best(study)
    if best:
        figures = {name: messages.number(best.results[name]) for name in ("validation", "test")}
        text = messages(
            "trials.best",
            trial=f"{best.trial.variant}, {messages('column.seed')} {best.trial.seed}",
            bits=figures["validation"],
            iteration=messages.number(best.results["best_iteration"], 0),
            test=figures["test"],
        )
        yield Paragraph(text)
    yield from _curves(study, messages)


def _best(study: Study) -> Ended | None:
    """The trial with the best held-out figure; None where there is none."""
    measured = [one for one in study.done if one.results.get("validation") is not None]
    return min(measured, key=lambda one: float(one.results["validation"]), default=None)


def _effort(study: Study, messages: Messages) -> Iterator[Block]:
    """What the best of its trainings cost, beside a ready-made run."""
    best = _best(study)
    if best and study.plan.settings:
        yield from effort(study.run_of(best.trial), [], messages)


def _table(study: Study, messages: Messages) -> Table:
    """A row for each trial; what all of them have alike, such as equal iterations, has no column."""
    varied = [one.address for one in study.plan.space]
    shown = [name for name in COLUMNS if len({one.results.get(name) for one in study.done}) > 1]
    head = [*(messages.named("setting", one) for one in varied), messages("column.seed")]
    head += [messages.named("column", name) for name in shown]
    rows = [
        [*(told(one.trial.assignments[address]) for address in varied), str(one.trial.seed)]
        + [cell(name, one.results.get(name), messages) for name in shown]
        for one in study.done
    ]
    return Table(head, rows, messages("trials.caption"))


def cell(name: str, value: float | None, messages: Messages) -> str:
    """A figure as it stands in a table."""
    return messages.percent(value) if name in SHARES else messages.number(value, DIGITS.get(name, 0))


def _curves(study: Study, messages: Messages) -> Iterator[Block]:
    """Held-out bits along all trainings, coloured by the setting that matters most."""
    trained = {one.trial.training: one for one in study.done}
    lines = {name: _points(study, one) for name, one in trained.items()}
    if not any(lines.values()):
        return
    address = _most_telling(study)
    groups: dict[str, list[charts.Points]] = {}
    for value in levels(study, address) if address else []:
        own = [name for name, one in trained.items() if one.trial.assignments[address] == value]
        groups[f"{messages.named('setting', address)} {told(value)}"] = [lines[name] for name in own]
    labels = (messages.named("column", "iterations"), messages("figure.validation"))
    caption = messages("trials.curves")
    if groups:
        caption = messages("trials.curves_by", setting=messages.named("setting", address))
    yield Figure(charts.curves(groups or {"": list(lines.values())}, labels), caption)


def _points(study: Study, one: Ended) -> list[tuple[float, float]]:
    return [(point["iteration"], point["validation"]) for point in study.curve(one.trial) if "validation" in point]


def _most_telling(study: Study) -> str:
    """The setting of the training between whose values the held-out figure varies most; empty if there is none."""
    spreads = {}
    for one in study.plan.space:
        if not is_decoding(one.address) and not isinstance(one, Range):
            means = [statistics.fmean(own) for own in _by_value(study, one.address, "validation").values() if own]
            spreads[one.address] = max(means) - min(means) if means else 0.0
    return max(spreads, key=spreads.__getitem__, default="")


def _by_value(study: Study, address: str, figure: str) -> dict[Value, list[float]]:
    """A figure's values over those of a setting; logarithms where it is compared by its ratio."""
    found: dict[Value, list[float]] = {value: [] for value in levels(study, address)}
    for one, value in figures_of(study, figure):
        found[one.trial.assignments[address]].append(value)
    return found


def _effects(study: Study, messages: Messages) -> Iterator[Block]:
    """Chance, sentences, and a picture of each figure."""
    yield Heading(messages("section.results"))
    yield Heading(messages("section.seeds"), 2)
    yield from _chance(study, messages)
    yield Heading(messages("section.main_effects"), 2)
    sentences = findings(study, messages)
    if sentences:
        yield Paragraph(messages("effect.intro"))
        yield Bullets([one.text for one in sentences])
    for figure in TOLD:
        if figures_of(study, figure):
            yield from _pictures(study, figure, messages)


def _chance(study: Study, messages: Messages) -> Iterator[Block]:
    figure = "validation" if figures_of(study, "validation") else "distance"
    chance = chance_of(study, figure)
    if not chance or figure != "validation":
        if not chance:
            yield Paragraph(messages("chance.unknown"))
        return
    key = "chance.seeds" if chance.by_seeds else "chance.unexplained"
    deviation = messages.number(chance.deviation)
    comparisons = len(effects(study, figure))
    yield Paragraph(messages(key, deviation=deviation, freedom=chance.freedom, comparisons=comparisons))
    ratio = spread_ratio(study, figure)
    if chance.by_seeds and ratio:
        yield Paragraph(messages("chance.spread", ratio=messages.number(ratio, 1)))


def spread_ratio(study: Study, figure: str) -> float | None:
    """How many times as wide a figure's means over seeds spread between variants as figures do between seeds, by
    standard deviations; None where seeds don't differ.
    """
    chance = chance_of(study, figure)
    cells = by_variant(study, figure)
    if not chance or not chance.deviation or len(cells) < 2:
        return None
    return statistics.stdev(statistics.fmean(own) for own in cells) / chance.deviation


def _pictures(study: Study, figure: str, messages: Messages) -> Iterator[Block]:
    """A figure over the values of each setting: panels for a grid, dots for a search."""
    name = messages.named("figure", figure)
    logarithmic = figure in RATIOS
    chance = chance_of(study, figure)
    series = []
    for one in study.plan.space:
        if isinstance(one, Range):
            continue
        own = _by_value(study, one.address, figure)
        points = [[math.exp(value) if logarithmic else value for value in values] for values in own.values()]
        if all(points):
            label = messages.named("setting", one.address)
            series.append(charts.Series(label, [told(v) for v in own], points, chance.deviation if chance else 0.0))
    if series:
        caption = messages("effect.caption", figure=name[0].upper() + name[1:])
        yield Figure(charts.main_effects(series, name, logarithmic=logarithmic, shares=figure in SHARES), caption)
    for one in study.plan.space:
        if isinstance(one, Range):
            dots = [
                (float(ended.trial.assignments[one.address]), math.exp(value) if logarithmic else value)
                for ended, value in figures_of(study, figure)
            ]
            labels = (messages.named("setting", one.address), name)
            caption = messages("effect.search_caption", figure=name[0].upper() + name[1:])
            yield Figure(charts.scatter({"": dots}, labels, logarithmic=one.logarithmic), caption)


def _pairs(study: Study, messages: Messages) -> Iterator[Block]:
    """Every two settings at once."""
    grids = [
        one.address for one in study.plan.space if not isinstance(one, Range) and len(levels(study, one.address)) > 1
    ]
    figure = "validation" if figures_of(study, "validation") else "distance"
    found = [(one, other, _cells(study, figure, one, other)) for one, other in combinations(grids, 2)]
    if not found:
        return
    yield Heading(messages("section.pairs"), 2)
    name = messages.named("figure", figure)
    for one, other, cells in found:
        rows, columns = (
            charts.Series(messages.named("setting", address), [told(v) for v in levels(study, address)], [])
            for address in (one, other)
        )
        caption = messages(
            "effect.pair_caption", figure=name[0].upper() + name[1:], first=rows.label, second=columns.label
        )
        yield Figure(charts.pairs(cells, rows, columns, name), caption)


def _cells(study: Study, figure: str, one: str, other: str) -> list[list[float | None]]:
    """Means of a figure by the values of two settings."""
    found: dict[tuple[Value, Value], list[float]] = {}
    for ended, value in figures_of(study, figure):
        own = ended.trial.assignments
        found.setdefault((own[one], own[other]), []).append(math.exp(value) if figure in RATIOS else value)
    return [
        [statistics.fmean(found[row, column]) if (row, column) in found else None for column in levels(study, other)]
        for row in levels(study, one)
    ]


def _speed_and_quality(study: Study, messages: Messages) -> Iterator[Block]:
    """What was bought for the seconds."""
    address = _most_telling(study)
    groups: Mapping[str, Sequence[tuple[float, float]]] = {}
    if address:
        groups = {
            f"{messages.named('setting', address)} {told(value)}": [
                (float(one.results["seconds"]), float(one.results["validation"]))
                for one in study.done
                if one.trial.assignments[address] == value and one.results.get("validation") is not None
            ]
            for value in levels(study, address)
        }
    if not any(groups.values()):
        return
    yield Heading(messages("section.speed_quality"), 2)
    labels = (messages("figure.seconds"), messages("figure.validation"))
    yield Figure(charts.scatter(groups, labels, front=True, logarithmic=True), messages("effect.speed_caption"))
