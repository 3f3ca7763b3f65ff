"""Pictures in words, for those who can't see them: the numbers that are drawn, as far as a sentence holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunewright.messages import Messages
from tunewright.report.axes import Points
from tunewright.report.charts import Levels, Series, mean


def lines(groups: Mapping[str, Sequence[Points]], messages: Messages) -> str:
    """Of each line where it begins, ends, and is lowest; of several in a group, of that which is lowest."""
    found = []
    for name, own in groups.items():
        if known := [points for points in own if points]:
            points = min(known, key=lambda line: min(y for _, y in line))
            place, least = min(points, key=lambda point: point[1])
            first, last, least_told = (messages.number(y) for y in (points[0][1], points[-1][1], least))
            told = messages("picture.along", first=first, last=last, least=least_told, place=messages.whole(place))
            found.append(messages("picture.at", value=name, mean=told) if name else told)
    return "; ".join(found)


def means(series: Sequence[Series], messages: Messages, *, logarithmic: bool, shares: bool) -> str:
    """The mean at each value of each setting."""
    sentences = []
    for one in series:
        own = [mean(points, logarithmic) for points in one.points]
        told = [messages.percent(value) if shares else messages.number(value) for value in own]
        pairs = zip(one.levels.values, told, strict=True)
        values = "; ".join(messages("picture.at", value=value, mean=text) for value, text in pairs)
        sentences.append(messages("picture.means", setting=one.levels.label, values=values))
    return " ".join(sentences)


def grid(cells: Sequence[Sequence[float | None]], rows: Levels, columns: Levels, messages: Messages) -> str:
    """The mean in each cell."""
    values = "; ".join(
        messages("picture.at", value=f"{row}, {column}", mean=messages.number(value))
        for row, own in zip(rows.values, cells, strict=True)
        for column, value in zip(columns.values, own, strict=True)
        if value is not None
    )
    return messages("picture.means", setting=f"{rows.label}, {columns.label}", values=values)


def dots(points: Points, labels: tuple[str, str], messages: Messages, *, shares: bool = False) -> str:
    """How many dots there are, and between which ends."""
    xs, ys = zip(*points, strict=True)
    left, right = (messages.value(int(end) if end % 1 == 0 else float(f"{end:.3g}")) for end in (min(xs), max(xs)))
    low, high = (messages.percent(end) if shares else messages.number(end) for end in (min(ys), max(ys)))
    across, up = labels
    return messages("picture.dots", count=len(points), across=across, left=left, right=right, up=up, low=low, high=high)
