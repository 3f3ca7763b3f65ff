"""A performance as a picture: a piano roll, time across and pitch up.

Every note is one rectangle from where its key is struck to where it is let go; the darker, the louder. Below each row a
band shows where the sustain pedal is down. A long piece fills several rows of the same length.

Colours: viridis (Stéfan van der Walt and Nathaniel Smith, 2015; CC0), from its loud end to its soft one so that what is
soft stays near the paper; equal steps of velocity look equally large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tunewright.errors import RenderingError
from tunewright.rendering.drawing import FONT_FAMILY, svg_to_png

if TYPE_CHECKING:
    from tunewright.music.midi import MidiPerformance

WIDTH = 1600
"""Of the picture, in pixels."""
ROW_SECONDS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600)
"""How long a row may be."""
MOST_ROWS = 10
"""A row is as short as it can be without there being more."""
ONE_ROW = 60
"""Pixels a second at which a piece that fits into one row is drawn as one."""
PIXELS_PER_SECOND = 160
"""At most, where there are several rows."""
LEFT, RIGHT, TOP = 64, 24, 76
KEY_LENGTH = 22
"""Of the keyboard at the left edge, in pixels."""
SEMITONE = 4
"""Height of a semitone, in pixels."""
PEDAL_GAP, PEDAL_HEIGHT, AXIS_HEIGHT, ROW_GAP = 5, 8, 22, 16
MARGIN, FEWEST_SEMITONES = 2, 36
"""Semitones beyond the lowest and highest note, and how many are drawn at least."""
BLACK = frozenset((1, 3, 6, 8, 10))
FEWEST_PIXELS_OF_A_BEAT = 6
"""Beats nearer to each other are not drawn."""
VELOCITIES_OF_A_COLOUR = 4
TICKS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120)
"""Seconds from one number on the time axis to the next."""
PIXELS_OF_A_TICK = 90
VIRIDIS = (
    (68, 1, 84), (72, 36, 117), (65, 68, 135), (53, 95, 141), (42, 120, 142), (33, 145, 140), (34, 168, 132),
    (68, 191, 112), (122, 209, 81), (189, 223, 38),
)  # fmt: skip

PEDAL_COLOUR, BEAT_COLOUR, FAINT, INK = "#a7b4c6", "#d98c5f", "#6d665a", "#221f1a"


@dataclass(frozen=True)
class _Layout:
    """Where everything stands: rows of equal length and of one compass."""

    first: float
    last: float
    width: int
    lowest: int
    highest: int

    @cached_property
    def row_seconds(self) -> float:
        seconds = self.last - self.first
        if seconds * ONE_ROW <= self.across:
            return seconds
        shortest = max(seconds / MOST_ROWS, self.across / PIXELS_PER_SECOND)
        return next((row for row in ROW_SECONDS if row >= shortest), shortest)

    @property
    def across(self) -> int:
        return self.width - LEFT - RIGHT

    @property
    def rows(self) -> int:
        return max(1, -int(-(self.last - self.first) // self.row_seconds))

    @property
    def keys_height(self) -> int:
        return (self.highest - self.lowest + 1) * SEMITONE

    @property
    def row_height(self) -> int:
        return self.keys_height + PEDAL_GAP + PEDAL_HEIGHT + AXIS_HEIGHT + ROW_GAP

    @property
    def height(self) -> int:
        return TOP + self.rows * self.row_height

    @property
    def pixels_per_second(self) -> float:
        return self.across / self.row_seconds

    def begin(self, row: int) -> float:
        """The second at which a row begins."""
        return self.first + row * self.row_seconds

    def y(self, pitch: int) -> int:
        """The upper edge of a pitch, below the upper edge of its row."""
        return (self.highest - pitch) * SEMITONE


def roll_svg(
    performance: MidiPerformance, title: str = "", *, first: float = 0.0, last: float | None = None, width: int = WIDTH
) -> str:
    """The roll of a performance as SVG.

    Args:
        title: written above it.
        first: second from which it is drawn.
        last: second up to which; None for the end of the piece.
        width: of the picture in pixels; letters and semitones keep their size, so that a narrow picture has more or
            denser rows, not smaller ones.

    Raises:
        RenderingError: there is nothing between these seconds.
    """
    end = performance.seconds if last is None else min(last, performance.seconds)
    notes = performance.notes
    shown = (notes.ends > first) & (notes.starts < end)
    if not shown.any():
        raise RenderingError(
            f"no note sounds from second {first:g} to {'the end' if last is None else f'second {last:g}'}; "
            f"the piece lasts {performance.seconds:.1f} seconds"
        )
    layout = _Layout(first, end, width, *_compass(int(notes.pitches[shown].min()), int(notes.pitches[shown].max())))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {layout.height}" font-family="{FONT_FAMILY}" '
        f'shape-rendering="geometricPrecision"><defs>{_keyboard(layout)}</defs>',
        *_heading(layout, title, int(shown.sum()), performance.seconds),
        *(_row(layout, row) for row in range(layout.rows)),
        *_spans(layout, performance.pedal.tolist()),
        *_beats(layout, performance.beats.tolist()),
        *_notes(layout, performance),
        "</svg>\n",
    ]
    return "\n".join(part for part in parts if part)


def roll_png(
    performance: MidiPerformance, title: str = "", *, first: float = 0.0, last: float | None = None, width: int = WIDTH
) -> bytes:
    """The same as a PNG file; at a width of 800, say, a small one to look at while a model learns.

    Raises:
        RenderingError: there is nothing between these seconds.
    """
    return svg_to_png(roll_svg(performance, title, first=first, last=last, width=width), width)


def _compass(lowest: int, highest: int) -> tuple[int, int]:
    """What is drawn around these pitches: a little more, and not too little."""
    more = max(MARGIN, (FEWEST_SEMITONES - (highest - lowest + 1)) // 2)
    return max(0, lowest - more), min(127, highest + more)


def colour(velocity: int) -> str:
    """The colour of a velocity, 1 to 127, as SVG writes it."""
    place = (1 - velocity / 127) * (len(VIRIDIS) - 1)
    below = min(int(place), len(VIRIDIS) - 2)
    pairs = zip(VIRIDIS[below], VIRIDIS[below + 1], strict=True)
    return "#" + "".join(f"{round(one + (other - one) * (place - below)):02x}" for one, other in pairs)


def _heading(layout: _Layout, title: str, count: int, seconds: float) -> Iterator[str]:
    """Title, what is shown, and what the colours mean."""
    part = f"{_clock(layout.first)} to {_clock(layout.last)} of " if layout.last - layout.first < seconds else ""
    legend = 16 * 8
    right = layout.width - RIGHT
    room = layout.width - LEFT - RIGHT
    size = max(12, min(26, int(2 * room / max(1, len(title)))))
    words = escape("".join(character for character in title if character.isprintable()))
    yield f'<text class="title" x="{LEFT}" y="32" font-size="{size}" fill="{INK}">{words}</text>'
    yield (
        f'<text x="{LEFT}" y="56" font-size="17" fill="{FAINT}">{part}{_clock(seconds)}, {count:,} notes</text>'
        f'<text x="{right - legend - 8}" y="56" font-size="15" fill="{FAINT}" text-anchor="end">velocity 1</text>'
        f'<text x="{right}" y="56" font-size="15" fill="{FAINT}" text-anchor="end">127</text>'
    )
    steps = range(VELOCITIES_OF_A_COLOUR // 2, 128, VELOCITIES_OF_A_COLOUR)
    each = (legend - 34) / len(steps)
    yield "".join(
        f'<rect x="{right - legend + number * each:.1f}" y="46" width="{each + 0.5:.1f}" height="11" '
        f'fill="{colour(velocity)}"/>'
        for number, velocity in enumerate(steps)
    )


def _keyboard(layout: _Layout) -> str:
    """What every row has in common: keys at the left, black keys' lanes shaded, a line and a name at every C."""
    parts = [f'<rect x="{LEFT}" width="{layout.across}" height="{layout.keys_height}" fill="#fbfaf7"/>']
    parts.append(
        f'<rect x="{LEFT - KEY_LENGTH}" width="{KEY_LENGTH}" height="{layout.keys_height}" fill="#fff" '
        f'stroke="#9b948a" stroke-width=".6"/>'
    )
    for pitch in range(layout.lowest, layout.highest + 1):
        y = layout.y(pitch)
        if pitch % 12 in BLACK:
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{layout.across}" height="{SEMITONE}" fill="#f0ede6"/>')
            parts.append(
                f'<rect x="{LEFT - KEY_LENGTH}" y="{y}" width="{KEY_LENGTH * 0.62:.1f}" height="{SEMITONE}" '
                f'fill="#3a362f"/>'
            )
        if pitch % 12 in (0, 5) and pitch > layout.lowest:
            stroke = "#b9b2a4" if pitch % 12 == 0 else "#e4dfd4"
            x = LEFT - KEY_LENGTH
            parts.append(f'<path d="M{x} {y + SEMITONE}H{LEFT + layout.across}" stroke="{stroke}" stroke-width=".7"/>')
        if pitch % 12 == 0:
            parts.append(
                f'<text x="{LEFT - KEY_LENGTH - 5}" y="{y + SEMITONE}" font-size="14" fill="{FAINT}" '
                f'text-anchor="end">C{pitch // 12 - 1}</text>'
            )
    pedal = layout.keys_height + PEDAL_GAP + PEDAL_HEIGHT
    parts.append(
        f'<text x="{LEFT - 5}" y="{pedal}" font-size="13" font-style="italic" fill="{FAINT}" '
        f'text-anchor="end">pedal</text>'
    )
    return f'<g id="keyboard">{"".join(parts)}</g>'


def _row(layout: _Layout, row: int) -> str:
    """An empty row with its time axis. Page scripts find by its data which seconds it shows, and where."""
    top, begin = TOP + row * layout.row_height, layout.begin(row)
    end = min(begin + layout.row_seconds, layout.last)
    step = next((tick for tick in TICKS if tick * layout.pixels_per_second >= PIXELS_OF_A_TICK), TICKS[-1])
    axis = top + layout.keys_height + PEDAL_GAP + PEDAL_HEIGHT
    parts = []
    number = -int(-begin // step)
    while number * step <= begin + layout.row_seconds + 1e-9 and number * step <= layout.last + 1e-9:
        x = LEFT + (number * step - begin) * layout.pixels_per_second
        parts.append(
            f'<path d="M{x:.1f} {top}V{axis + 3}" stroke="#ddd7cb" stroke-width=".7"/>'
            f'<text x="{x:.1f}" y="{axis + 17}" font-size="14" fill="{FAINT}" text-anchor="middle">'
            f"{_clock(number * step, step < 1)}</text>"
        )
        number += 1
    beyond = LEFT + (end - begin) * layout.pixels_per_second
    if end < begin + layout.row_seconds:
        parts.append(
            f'<rect x="{beyond:.1f}" y="{top - 1}" width="{layout.width - beyond:.1f}" '
            f'height="{layout.keys_height + 2}" fill="#fff"/>'
        )
    return (
        f'<g class="row" data-begin="{begin:g}" data-end="{end:g}" data-x="{LEFT}" data-y="{top}" '
        f'data-height="{axis - top}" data-pace="{layout.pixels_per_second:g}">'
        f'<use href="#keyboard" y="{top}"/>{"".join(parts)}</g>'
    )


def _pieces(layout: _Layout, start: float, end: float) -> Iterator[tuple[int, float, float]]:
    """(row, x, width) of each row's part of a span of seconds, as far as it is shown."""
    start, end = max(start, layout.first), min(end, layout.last)
    row = min(int((start - layout.first) / layout.row_seconds), layout.rows - 1)
    while row < layout.rows and layout.begin(row) < end:
        begin = layout.begin(row)
        left = max(0.0, start - begin) * layout.pixels_per_second
        right = min(layout.row_seconds, end - begin) * layout.pixels_per_second
        if right >= left:
            yield row, LEFT + left, right - left
        row += 1


def _spans(layout: _Layout, pedal: list[list[float]]) -> Iterator[str]:
    """The band that shows where the pedal is down."""
    yield f'<g class="pedal" fill="{PEDAL_COLOUR}">'
    for down, up in pedal:
        for row, x, across in _pieces(layout, down, up):
            y = TOP + row * layout.row_height + layout.keys_height + PEDAL_GAP
            yield f'<rect x="{x:.1f}" y="{y}" width="{max(across, 0.5):.1f}" height="{PEDAL_HEIGHT}"/>'
    yield "</g>"


def _beats(layout: _Layout, beats: list[float]) -> Iterator[str]:
    """Thin lines where beats fall, unless they would fill the picture."""
    shown = [beat for beat in beats if layout.first <= beat <= layout.last]
    if len(shown) < 2 or (layout.last - layout.first) / len(shown) * layout.pixels_per_second < FEWEST_PIXELS_OF_A_BEAT:
        return
    lines = []
    for beat in shown:
        row = min(int((beat - layout.first) / layout.row_seconds), layout.rows - 1)
        x = LEFT + (beat - layout.begin(row)) * layout.pixels_per_second
        lines.append(f"M{x:.1f} {TOP + row * layout.row_height}v{layout.keys_height}")
    yield f'<path class="beats" d="{"".join(lines)}" stroke="{BEAT_COLOUR}" stroke-width=".5" stroke-opacity=".7"/>'


def _notes(layout: _Layout, performance: MidiPerformance) -> Iterator[str]:
    """One rectangle a note, and one more where it goes on in the next row; the loudest on top."""
    by_colour: dict[int, list[str]] = {}
    for start, end, pitch, velocity in zip(*(column.tolist() for column in performance.notes), strict=True):
        if end <= layout.first or start >= layout.last:
            continue
        of_colour = by_colour.setdefault(velocity // VELOCITIES_OF_A_COLOUR, [])
        for row, x, across in _pieces(layout, start, end):
            y = TOP + row * layout.row_height + layout.y(pitch)
            # a hair shorter than it lasts, so that the same key struck again is seen
            of_colour.append(
                f'<rect x="{x:.1f}" y="{y}" width="{max(across - 0.4, 0.8):.1f}" height="{SEMITONE}" rx=".8"/>'
            )
    for step in sorted(by_colour):
        yield f'<g fill="{colour(min(127, step * VELOCITIES_OF_A_COLOUR + VELOCITIES_OF_A_COLOUR // 2))}">'
        yield "".join(by_colour[step])
        yield "</g>"


def _clock(seconds: float, tenths: bool = False) -> str:
    """``65`` -> ``1:05``."""
    whole = round(seconds * 10) / 10 if tenths else round(seconds)
    minutes, rest = divmod(whole, 60)
    return f"{int(minutes)}:{rest:04.1f}" if tenths else f"{int(minutes)}:{int(rest):02d}"
