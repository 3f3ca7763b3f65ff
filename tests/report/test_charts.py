"""Pictures, read by what is written in them."""

from __future__ import annotations

import html
import re
import warnings
from collections.abc import Iterator

import pytest
from matplotlib import colormaps
from matplotlib.figure import Figure

from tunewright.messages import load_messages
from tunewright.report import charts, described
from tunewright.report.axes import limit, look_of, readable_on

EN, UK = load_messages("en"), load_messages("uk")
LABELS = ("across", "up")
LINE = [(100.0, 3.0), (200.0, 2.5), (300.0, 2.7)]


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def written_in(svg: str) -> list[str]:
    return [html.unescape(text).replace("\u200b", "") for text in re.findall(r"<!-- (.*?) -->", svg)]


@pytest.mark.parametrize("name", ["_mine", "$a$", "cheap $", r"\$x_1$", "a$b^c$"])
def test_names_are_written_as_they_are(name: str) -> None:
    for svg in (
        charts.losses({name: (LINE, LINE), "other": (LINE, [])}, LABELS, EN),
        charts.curves({name: [LINE], "other": [LINE]}, LABELS, EN),
        charts.scatter({name: LINE, "other": LINE}, LABELS, EN),
        charts.main_effects([charts.Series(charts.Levels("x", [name, "other"]), [[1.0], [2.0]])], name, EN),
        charts.pairs([[1.0]], charts.Levels(name, [name]), charts.Levels("other", ["1"]), name, EN),
    ):
        assert name in written_in(svg)
        assert {"other", "x"} & set(written_in(svg))


def test_what_has_no_name_needs_no_legend() -> None:
    assert charts.curves({"": [LINE]}, LABELS, EN).startswith("<?xml")
    assert charts.scatter({"": []}, LABELS, EN).startswith("<?xml")


def test_neighbouring_numbers_of_an_axis_differ() -> None:
    series = charts.Series(charts.Levels("size", ["1", "2"]), [[0.981, 0.985], [0.99, 0.999]])
    ticks = [text for text in written_in(charts.main_effects([series], "valid", EN, shares=True)) if "%" in text]
    assert len(ticks) > 3
    assert len(set(ticks)) == len(ticks)


@pytest.mark.parametrize("logarithmic", [True, False])
def test_numbers_are_written_as_the_language_does(logarithmic: bool) -> None:
    series = charts.Series(charts.Levels("size", ["1", "2"]), [[0.013, 0.02], [0.9, 1.25]])
    svg = charts.main_effects([series], "seconds", UK, logarithmic=logarithmic)
    numbers = [text for text in written_in(svg) if re.fullmatch(r"[\d.,]+", text)]
    assert [text for text in numbers if "," in text]
    assert not [text for text in numbers if "." in text]


@pytest.mark.parametrize("logarithmic", [True, False])
def test_a_bar_of_chance_is_drawn_where_it_is_known(logarithmic: bool) -> None:
    levels, points = charts.Levels("size", ["1", "2"]), [[1.0, 1.2], [2.0, 2.1]]
    drawn = [
        charts.main_effects([charts.Series(levels, points, chance)], "bits", EN, logarithmic=logarithmic)
        for chance in (0.0, 0.1)
    ]
    assert ["LineCollection" in svg for svg in drawn] == [False, True]


def test_all_that_is_drawn_can_be_seen_but_for_beginnings() -> None:
    axes = Figure().add_subplot()
    diverged = [(10.0 * at, 4.0 + at) for at in range(1, 11)]
    begun = [(1.0, 9e9), (50.0, 2.0), (100.0, 1.0)]
    limit(axes, [diverged, begun])
    low, high = axes.get_ylim()
    assert low < 1.0
    assert 14.0 < high < 20.0


def test_looks_come_back_late() -> None:
    assert len({tuple(look_of(number).values()) for number in range(30)}) == 30


def test_numbers_in_a_grid_stand_out() -> None:
    def luminance(colour: tuple[float, ...]) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for share in range(101):
        ground = colormaps["YlGnBu_r"](share / 100)
        ends = sorted([luminance(ground), 1.0 if readable_on(ground) == "white" else 0.0])
        assert (ends[1] + 0.05) / (ends[0] + 0.05) >= 4.5


def test_a_grid_of_nothing_is_empty() -> None:
    rows, columns = charts.Levels("a", ["1", "2"]), charts.Levels("b", ["3"])
    svg = charts.pairs([[None], [None]], rows, columns, "bits", EN)
    assert written_in(svg) == ["3", "b", "1", "2", "a", "bits"]
    assert "2,345" in written_in(charts.pairs([[2.345], [None]], rows, columns, "bits", UK))


def test_pictures_are_told_in_words() -> None:
    assert described.lines({"a": [LINE], "": [LINE]}, EN) == (
        "a: from 3.000 to 2.700, least 2.500 at 200; from 3.000 to 2.700, least 2.500 at 200"
    )
    series = charts.Series(charts.Levels("size", ["1", "2"]), [[1.0, 4.0], [3.0]])
    assert described.means([series], EN, logarithmic=True, shares=False) == "Means by size: 1: 2.000; 2: 3.000."
    rows, columns = charts.Levels("a", ["1", "2"]), charts.Levels("b", ["3"])
    assert described.grid([[1.5], [None]], rows, columns, UK) == "Середні за значеннями, a, b: 1, 3: 1,500."
    assert described.dots(LINE, LABELS, EN) == "3 dots; across from 100 to 300, up from 2.500 to 3.000."
