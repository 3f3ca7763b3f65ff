"""The piano roll: every note where it belongs, whatever the length of the piece."""

from __future__ import annotations

import io
import re
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tests.rendering.performances import free_performance, performance
from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.music.midi import MidiPerformance, read_midi
from tunewright.rendering.roll_image import LEFT, SEMITONE, WIDTH, colour, roll_png, roll_svg
from tunewright.rendering.score import PngRenderer, SvgRenderer

SVG = "{http://www.w3.org/2000/svg}"


def told(piece: Piece) -> MidiPerformance:
    return read_midi(piece.midi)


def rows_of(svg: str) -> list[dict[str, float]]:
    root = ElementTree.fromstring(svg)
    return [
        {name.removeprefix("data-"): float(value) for name, value in row.attrib.items() if name.startswith("data-")}
        for row in root.iter(f"{SVG}g")
        if row.get("class") == "row"
    ]


def drawn_notes(svg: str) -> list[tuple[float, float, float]]:
    """(second at which it begins, second at which it ends, upper edge in its row) of each note's rectangle."""
    rows = rows_of(svg)
    found = []
    for rect in ElementTree.fromstring(svg).iter(f"{SVG}rect"):
        if rect.get("rx") is None:
            continue
        x, y, across = (float(rect.get(name, "")) for name in ("x", "y", "width"))
        row = max((row for row in rows if row["y"] <= y), key=lambda row: row["y"])
        start = row["begin"] + (x - LEFT) / row["pace"]
        found.append((start, start + across / row["pace"], y - row["y"]))
    return sorted(found)


def test_every_note_stands_at_its_second_and_pitch() -> None:
    rows = [(0.5, 1.5, 60, 64), (2.0, 2.25, 64, 20), (2.5, 4.0, 72, 120)]
    notes = drawn_notes(roll_svg(told(performance(rows))))
    assert [start for start, _, _ in notes] == pytest.approx([row[0] for row in rows], abs=0.002)
    assert [end for _, end, _ in notes] == pytest.approx([row[1] for row in rows], abs=0.01)
    lowest = notes[0][2]
    assert [(lowest - y) / SEMITONE for _, _, y in notes] == [0, 4, 12]


@pytest.mark.parametrize("seconds", [0.01, 3, 26, 27, 100, 601, 1801])
def test_rows_follow_each_other_and_hold_the_whole_piece(seconds: float) -> None:
    piece = told(free_performance(seconds, 2))
    svg = roll_svg(piece)
    rows = rows_of(svg)
    assert 1 <= len(rows) <= 10
    assert rows[0]["begin"] == 0
    assert rows[-1]["end"] == pytest.approx(piece.seconds, rel=1e-4)
    assert [row["end"] for row in rows[:-1]] == pytest.approx([row["begin"] for row in rows[1:]], rel=1e-4)
    starts = np.array([start for start, _, _ in drawn_notes(svg)])
    assert len(starts) >= len(piece.notes.starts)
    for start in piece.notes.starts:
        assert np.abs(starts - start).min() < 0.12 / rows[0]["pace"]
    right_edge = max(
        float(x) + float(across) for x, across in re.findall(r'<rect x="([\d.]+)" y="\d+" width="([\d.]+)"', svg)
    )
    assert right_edge <= WIDTH


def test_a_note_over_the_end_of_a_row_goes_on_in_the_next() -> None:
    piece = told(performance([(float(second), second + 1.5, 60, 64) for second in range(0, 60, 2)] + [(5, 25, 50, 64)]))
    rows = rows_of(roll_svg(piece))
    lowest = max(y for _, _, y in drawn_notes(roll_svg(piece)))
    held = [(start, end) for start, end, y in drawn_notes(roll_svg(piece)) if y == lowest]
    assert rows[0]["end"] == 10
    assert np.array(held).ravel() == pytest.approx([5, 10, 10, 20, 20, 25], abs=0.01)


def test_a_part_can_be_drawn_and_nothing_of_the_rest() -> None:
    piece = told(free_performance(60))
    notes = drawn_notes(roll_svg(piece, first=20, last=30))
    shown = (piece.notes.ends > 20) & (piece.notes.starts < 30)
    assert len(notes) == shown.sum()
    assert all(start > 19.99 and end < 30.01 for start, end, _ in notes)
    with pytest.raises(RenderingError, match=r"no note sounds from second 100 to the end; the piece lasts \d+"):
        roll_svg(piece, first=100)


def test_louder_notes_are_darker() -> None:
    def light(velocity: int) -> float:
        """Relative luminance."""
        red, green, blue = (int(colour(velocity)[at : at + 2], 16) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lights = [light(velocity) for velocity in range(1, 128)]
    assert lights == sorted(lights, reverse=True)
    assert lights[0] > 3 * lights[-1]


def test_pedal_and_beats_are_drawn_where_they_are_known() -> None:
    piece = told(performance([(0, 4, 60, 64)], pedal=[(1, 3)]))
    root = ElementTree.fromstring(roll_svg(replace(piece, beats=np.arange(5.0))))
    (row,) = rows_of(roll_svg(piece))
    (band,) = next(group for group in root.iter(f"{SVG}g") if group.get("class") == "pedal")
    assert float(band.get("x", "")) == pytest.approx(LEFT + row["pace"], abs=0.1)
    assert float(band.get("width", "")) == pytest.approx(2 * row["pace"], abs=0.1)
    (beats,) = (path for path in root.iter(f"{SVG}path") if path.get("class") == "beats")
    places = [float(x) for x in re.findall(r"M([\d.]+)", beats.get("d", ""))]
    assert places == pytest.approx([LEFT + beat * row["pace"] for beat in range(5)], abs=0.1)
    assert 'class="beats"' not in roll_svg(replace(piece, beats=np.zeros(0)))
    assert 'class="beats"' not in roll_svg(replace(piece, beats=np.arange(0, 4, 0.001)))


def test_titles_are_shown_as_they_are() -> None:
    root = ElementTree.fromstring(roll_svg(told(free_performance(3)), "A & <B>\x00"))
    (title,) = (text.text for text in root.iter(f"{SVG}text") if text.get("class") == "title")
    assert title == "A & <B>"


def test_a_small_picture_has_its_width_and_notes() -> None:
    png = roll_png(told(free_performance(20)), width=480)
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.width == 480
        colours = picture.convert("RGB").getcolors(1 << 20) or []
    dark = sum(count for count, rgb in colours if isinstance(rgb, tuple) and sum(rgb) < 400)
    assert dark > 1000


def test_five_thousand_notes_are_drawn_in_seconds_and_few_bytes(tmp_path: Path) -> None:
    piece = free_performance(600, 5000 / 600)
    begun = time.perf_counter()
    svg = SvgRenderer()(piece, tmp_path / "roll.svg").stat().st_size
    PngRenderer()(piece, tmp_path / "roll.png")
    assert time.perf_counter() - begun < 20
    assert svg < 600_000


def test_renderers_draw_the_part_they_are_asked_for(tmp_path: Path) -> None:
    piece = free_performance(60)
    whole = SvgRenderer()(piece, tmp_path / "whole.svg").read_text()
    part = SvgRenderer(first=10, last=20)(piece, tmp_path / "part.svg").read_text()
    assert whole == roll_svg(told(piece), "Own")
    assert part == roll_svg(told(piece), "Own", first=10, last=20)
