"""What every character of scored tunes costs, as a file: JSON lines to count with, or a page to look at."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from tunewright.contracts import Piece
from tunewright.evaluation.fields import END, fields_of
from tunewright.evaluation.likelihood import Floats
from tunewright.files import write_whole

STRONGEST = 8
"""Bits from which on the page shades no stronger: one shade a bit."""


def write_units(path: Path, pieces: Sequence[Piece], nats: Sequence[Floats], heading: str) -> Path:
    """Writes what each character costs, whole or not at all; a page if the name ends with ``.html``.

    Args:
        nats: of each piece's characters and its end, (characters + 1,).
        heading: of the page.
    """
    if path.suffix.lower() == ".html":
        return write_whole(path, _page(pieces, nats, heading))
    return write_whole(path, "".join(f"{line}\n" for line in _lines(pieces, nats)))


def _lines(pieces: Sequence[Piece], nats: Sequence[Floats]) -> Iterator[str]:
    """One JSON object a character: ``tune`` (title), ``origin``, ``position`` (from 0), ``unit`` (the character; empty
    for the end), ``field`` and ``nats`` (six decimals).
    """
    for piece, own in zip(pieces, nats, strict=True):
        fields = [*fields_of(piece.text), END]
        for position, (unit, field, cost) in enumerate(zip([*piece.text, ""], fields, own, strict=True)):
            row = {"tune": piece.title, "origin": piece.origin, "position": position, "unit": unit, "field": field}
            yield json.dumps({**row, "nats": round(float(cost), 6)}, ensure_ascii=False)


def _page(pieces: Sequence[Piece], nats: Sequence[Floats], heading: str) -> str:
    parts = {
        "HEADING": escape(heading),
        "SCALE": "".join(f'<i class="s{bits}">{bits}</i>' for bits in range(STRONGEST + 1)) + " bits and more",
        "TUNES": "\n".join(_tune(piece, own) for piece, own in zip(pieces, nats, strict=True)),
    }
    template = (files("tunewright.evaluation") / "per_unit.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match.group(1)], template)


def _tune(piece: Piece, nats: Floats) -> str:
    """One tune: title, origin, figure, and its text with each character shaded by its bits."""
    bits = nats / math.log(2)
    shaded = "".join(_shaded(unit, float(cost)) for unit, cost in zip([*piece.text, ""], bits, strict=True))
    figure = f"{bits.sum() / max(1, len(piece.text)):.2f} bits per character"
    title = escape(piece.title or "Untitled")
    return f"<article><h2>{title}</h2><p>{escape(piece.origin)} · {figure}</p><pre>{shaded}</pre></article>"


def _shaded(unit: str, bits: float) -> str:
    """A character, or the end, with its bits as a tooltip; a newline is shown by a sign before it."""
    shown = {"\n": "↵", "": "∎"}.get(unit) or escape(unit)
    shade = min(STRONGEST, round(bits))
    marked = f'<i class="s{shade}" title="{bits:.2f}">{shown}</i>'
    return marked + "\n" if unit == "\n" else marked
