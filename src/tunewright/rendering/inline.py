"""Pictures as parts of a page."""

from __future__ import annotations

import re

from tunewright.rendering.score import HEADING_HEIGHT

_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)


def inlined(svg: str, prefix: str) -> str:
    """An SVG file as part of a page: without its prologue, and with ids that no other picture has.

    Args:
        prefix: of its ids.
    """
    svg = svg[max(0, svg.find("<svg")) :]
    svg = re.sub(r'(\s(?:xml:)?id=")', rf"\g<1>{prefix}", svg)
    svg = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\g<1>{prefix}", svg)
    return _STYLE.sub(lambda match: re.sub(r"#(?=[A-Za-z]\w* )", f"#{prefix}", match.group()), svg)


def without_heading(svg: str) -> str:
    """A score, as our renderer writes it, without the tune's title over it."""
    svg = re.sub(r'<g class="heading".*?</g>', "", svg, count=1, flags=re.DOTALL)
    return re.sub(
        r'viewBox="0 0 (\d+) (\d+)"',
        lambda match: f'viewBox="0 {HEADING_HEIGHT} {match.group(1)} {int(match.group(2)) - HEADING_HEIGHT}"',
        svg,
        count=1,
    )
