"""What came of a study: chance, what each setting does, settings in pairs, speed and quality."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from itertools import combinations

from tunewright.report import charts, described
from tunewright.report.document import Block, Bullets, Figure, Heading, Paragraph
from tunewright.report.findings import TOLD, comparisons_told, findings
from tunewright.report.study_figures import SHARES, StudyFigures
from tunewright.study.effects import RATIOS, by_variant, figures_of, levels
from tunewright.study.space import Range, Value


def study_effects(figures: StudyFigures) -> Iterator[Block]:
    """The results of a study; nothing where no trial was done."""
    if not figures.study.done:
        return
    yield Heading(figures.messages("section.results"))
    yield from _chance(figures)
    yield from _main_effects(figures)
    yield from _pairs(figures)
    yield from _speed_and_quality(figures)


def _chance(figures: StudyFigures) -> Iterator[Block]:
    """How much trials differ by themselves."""
    messages, figure = figures.messages, figures.main
    yield Heading(messages("section.seeds"), 2)
    chance = figures.chance[figure]
    if not chance:
        yield Paragraph(messages("chance.unknown"))
    elif figure != "validation":
        kind = "ratio" if figure in RATIOS else "share"
        spread = (
            messages.number(math.exp(chance.deviation), 2) if kind == "ratio" else messages.number(chance.deviation)
        )
        key = f"seeds.{kind}" if chance.by_seeds else f"seeds.{kind}_unexplained"
        name = messages.named("figure", figure)
        yield Paragraph(messages(key, **{kind: spread}, figure=name, freedom=chance.freedom))
    else:
        key = "chance.seeds" if chance.by_seeds else "chance.unexplained"
        told = comparisons_told(figures.study)
        deviation = messages.number(chance.deviation)
        yield Paragraph(messages(key, deviation=deviation, freedom=chance.freedom, comparisons=told))
        ratio_of_spreads = spread_ratio(figures, figure)
        if chance.by_seeds and ratio_of_spreads and ratio_of_spreads > 1:
            yield Paragraph(messages("chance.spread", ratio=messages.number(ratio_of_spreads, 1)))


def spread_ratio(figures: StudyFigures, figure: str) -> float | None:
    """How many times as wide a figure spreads between variants as between seeds, by standard deviations; None where
    that can't be told. What is left of the seeds in the variants' means is taken out.
    """
    chance, cells = figures.chance[figure], by_variant(figures.study, figure)
    if not chance or len(cells) < 2:
        return None
    left = chance.deviation**2 * statistics.fmean(1 / len(own) for own in cells)
    between = statistics.variance(statistics.fmean(own) for own in cells) - left
    return math.sqrt(max(0.0, between)) / chance.deviation


def _main_effects(figures: StudyFigures) -> Iterator[Block]:
    """Sentences where values are compared, and a picture of each figure."""
    messages = figures.messages
    yield Heading(messages("section.main_effects"), 2)
    if sentences := findings(figures.study, messages):
        yield Paragraph(messages("effect.intro"))
        yield Bullets([one.text for one in sentences])
    if figures.ranges:
        yield Paragraph(messages("search.intro"))
    for figure in TOLD:
        if figures_of(figures.study, figure):
            yield from _panels(figures, figure)
            for one in figures.ranges:
                yield _searched(figures, one, figure)


def _panels(figures: StudyFigures, figure: str) -> Iterator[Block]:
    """A figure over the values of each setting that has some."""
    messages, chance = figures.messages, figures.chance[figure]
    series = []
    for address in figures.grids:
        points = list(figures.by_value(address, figure).values())
        if all(points):
            series.append(charts.Series(figures.levels(address), points, chance.deviation if chance else 0.0))
    if not series:
        return
    kind = {"logarithmic": figure in RATIOS, "shares": figure in SHARES}
    caption = messages("picture.effects", figure=figures.figure_name(figure))
    if chance and chance.deviation:
        caption += " " + messages("picture.bar")
    svg = charts.main_effects(series, messages.named("figure", figure), messages, **kind)
    yield Figure(svg, caption, described.means(series, messages, **kind))


def _searched(figures: StudyFigures, one: Range, figure: str) -> Figure:
    """A figure over a setting that was searched, a dot for each trial."""
    messages, shares = figures.messages, figure in SHARES
    dots = [(float(ended.trial.assignments[one.address]), value) for ended, value in figures.values(figure)]
    labels = (messages.named("setting", one.address), messages.named("figure", figure))
    caption = messages("picture.search", figure=figures.figure_name(figure), setting=labels[0])
    svg = charts.scatter({"": dots}, labels, messages, logarithmic=one.logarithmic, shares=shares)
    return Figure(svg, caption, described.dots(dots, labels, messages, shares=shares))


def _pairs(figures: StudyFigures) -> Iterator[Block]:
    """Every two settings at once."""
    messages, figure = figures.messages, figures.main
    own = [address for address in figures.grids if len(levels(figures.study, address)) > 1]
    found = [(one, other, _cells(figures, one, other)) for one, other in combinations(own, 2)]
    known = [one for one in found if any(value is not None for row in one[2] for value in row)]
    if known:
        yield Heading(messages("section.pairs"), 2)
    for one, other, cells in known:
        rows, columns = figures.levels(one), figures.levels(other)
        name = figures.figure_name(figure)
        caption = messages("picture.pair", figure=name, first=rows.label, second=columns.label)
        svg = charts.pairs(cells, rows, columns, messages.named("figure", figure), messages)
        yield Figure(svg, caption, described.grid(cells, rows, columns, messages))


def _cells(figures: StudyFigures, one: str, other: str) -> list[list[float | None]]:
    """Means of the main figure by the values of two settings."""
    found: dict[tuple[Value, Value], list[float]] = {}
    for ended, value in figures.values(figures.main):
        own = ended.trial.assignments
        found.setdefault((own[one], own[other]), []).append(value)
    logarithmic, study = figures.main in RATIOS, figures.study
    return [
        [
            charts.mean(found[row, column], logarithmic) if (row, column) in found else None
            for column in levels(study, other)
        ]
        for row in levels(study, one)
    ]


def _speed_and_quality(figures: StudyFigures) -> Iterator[Block]:
    """What was bought for the seconds of training."""
    messages = figures.messages
    if not figures.study.plan.settings:
        return
    both = figures.grouped(lambda one: (one.results.get("seconds"), one.results.get("validation")))
    groups = {
        name: [(float(seconds), float(bits)) for seconds, bits in own if seconds and bits is not None]
        for name, own in both.items()
    }
    dots = [dot for own in groups.values() for dot in own]
    if dots:
        yield Heading(messages("section.speed_quality"), 2)
        labels = (messages("figure.seconds"), messages("figure.validation"))
        svg = charts.scatter(groups, labels, messages, front=True, logarithmic=True)
        yield Figure(svg, messages("picture.speed"), described.dots(dots, labels, messages))
