"""What the pictures of reports have in common: axes and their numbers, names, colours, and the file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, LogLocator, MaxNLocator, NullFormatter

from tunewright.messages import Messages
from tunewright.training.loss_picture import COLOURS

INK = "#33302a"
MARKS = "osD^v"
LABEL = 28
"""Characters of an axis's name in one line."""
LEGEND = 46
"""Characters of a name in a legend in one line."""
SETTLED = 0.1
"""Share of a training whose values may lie outside its picture: they fall from wherever the weights began."""
Points = Sequence[tuple[float, float]]


def readable_on(colour: Sequence[float]) -> str:
    """Black or white, whichever stands out more (WCAG 2.2, contrast ratio).

    Args:
        colour: red, green and blue from 0 to 1.
    """
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "black"


class Numbers(Formatter):
    """Numbers on an axis as a language writes them, with as many decimals as tell neighbours apart.

    Args:
        shares: whether they are written as per cent.
        apart: whether each has as many decimals as it needs by itself, as on a logarithmic axis.
    """

    def __init__(self, messages: Messages, *, shares: bool = False, apart: bool = False) -> None:
        self.messages, self.shares, self.apart = messages, shares, apart

    def __call__(self, value: float, position: int | None = None) -> str:
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        scale, write = (100, self.messages.percent) if self.shares else (1, self.messages.number)
        scaled = [scale * value for value in values]
        alike = _decimals(scaled)
        digits = [_decimals([one]) if self.apart else alike for one in scaled]
        return [write(value, own) for value, own in zip(values, digits, strict=True)]


def _decimals(values: Sequence[float]) -> int:
    """So many tell these numbers to a hundredth of the least distance between them."""
    ordered = sorted(values)
    steps = [after - before for before, after in pairwise(ordered) if after > before]
    least = min(steps, default=abs(ordered[0])) if ordered else 0.0
    return next((digits for digits in range(8) if all(abs(round(v, digits) - v) <= 0.01 * least for v in ordered)), 8)


def number_axis(axes: Any, which: str, messages: Messages, *, logarithmic: bool = False, shares: bool = False) -> None:
    """Writes the numbers of an axis; of a logarithmic one, which it then is, at round places."""
    axis = getattr(axes, f"{which}axis")
    if logarithmic:
        getattr(axes, f"set_{which}scale")("log")
        low, high = sorted(getattr(axes, f"get_{which}lim")())
        axis.set_major_locator(MaxNLocator(5) if high < 10 * low else LogLocator(subs=(1, 2, 5)))
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(Numbers(messages, shares=shares, apart=logarithmic))


def literal(text: str, width: int) -> str:
    """A name in which nothing is mathematics, in lines that end after a comma, a stroke or a space."""
    lines = [""]
    for part in re.findall(r"[^,/\s]*[,/\s]?", text):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    shown = "\n".join(line.strip() for line in lines).replace("$", r"\$")
    return f"\u200b{shown}" if shown.startswith("_") else shown  # a name that begins so would be hidden


def look_of(number: int) -> dict[str, Any]:
    """Colour and mark, which together come back only after 30 groups."""
    return {"color": COLOURS[number % len(COLOURS)], "marker": MARKS[number % len(MARKS)]}


def name_lines(figure: Any, handles: Mapping[str, Any]) -> None:
    """Names what is drawn, below the picture; what has no name needs none."""
    named = {literal(name, LEGEND): handle for name, handle in handles.items() if name}
    if named:
        longest = max(len(line) for name in named for line in name.splitlines())
        columns = max(1, min(len(named), 96 // (longest + 8)))
        figure.legend(
            list(named.values()), list(named), loc="outside lower center", ncols=columns, frameon=False, handlelength=3
        )


def limit(axes: Any, lines: Iterable[Points]) -> None:
    """Shows all that is drawn but the beginnings of lines."""
    shown = [y for points in lines for x, y in points if x >= SETTLED * points[-1][0]]
    if shown:
        low, high = min(shown), max(shown)
        margin = 0.05 * (high - low) or 0.05
        axes.set_ylim(low - margin, high + margin)


def one_panel(width: float, height: float, labels: tuple[str, str], messages: Messages) -> tuple[Any, Any]:
    """A figure and its axes, named and numbered."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = _plain(figure.add_subplot())
    axes.set_xlabel(literal(labels[0], 2 * LABEL))
    axes.set_ylabel(literal(labels[1], LABEL))
    for which in "xy":
        number_axis(axes, which, messages)
    return figure, axes


def panels_of(count: int, label: str) -> tuple[Any, list[Any]]:
    """A figure and its axes side by side, which share the vertical one."""
    figure = Figure(figsize=(max(3.2, 2.6 * count), 3), layout="constrained")
    panels = list(figure.subplots(1, count, squeeze=False, sharey=True).flat)
    for axes in panels:
        _plain(axes)
    panels[0].set_ylabel(literal(label, LABEL))
    return figure, panels


def _plain(axes: Any) -> Any:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def svg_of(figure: Any) -> str:
    """A figure as an SVG file."""
    file = io.StringIO()
    # Neither a date nor chance: the same report is the same file.
    with matplotlib.rc_context({"svg.hashsalt": "tunewright", "font.size": 9.5, "axes.labelcolor": INK}):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return file.getvalue()
