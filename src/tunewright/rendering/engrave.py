"""Engraves MusicXML as SVG, in a process of its own that may die.

verovio is C++: on some inputs it aborts the process that it runs in. So this file is also a program, run by
:mod:`tunewright.rendering.score`: one MusicXML document a line on standard input, as a JSON string, and one
answer a line on standard output, ``{"svg": ...}`` or ``{"error": ...}``. A document for pages of a certain size is
``{"musicxml": ..., "width": ..., "height": ...}``, and its answer ``{"pages": [...]}``. It imports nothing of ours, so
that it starts quickly and can be run by its path alone.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

PAGE_WIDTH = 1600
MOST_NOTES_ON_A_LINE = 44
FEWEST_NOTES_ON_A_LINE = 12
OPTIONS: dict[str, Any] = {
    "pageWidth": PAGE_WIDTH,
    "pageHeight": 60000,  # the tallest that verovio allows: one page, cut to its content
    "adjustPageHeight": True,
    "pageMarginTop": 20,
    "pageMarginBottom": 40,
    "pageMarginLeft": 50,
    "pageMarginRight": 50,
    "spacingSystem": 4,
    "header": "none",
    "footer": "none",
    "svgViewBox": True,
    "svgRemoveXlink": True,
    "smuflTextFont": "none",  # the note sign of a tempo mark becomes a path instead, see with_note_signs
    "xmlIdSeed": 1,  # the same tune gives the same bytes
}
SPACE_BETWEEN_SYSTEMS = 8
"""Of a score of several staves."""
UNITS_PER_EM = 1000
_TEMPO = re.compile(
    r'<text x="(\d+)" y="(\d+)"[^>]*>(?:(?!</text>).)*?'
    r'<tspan font-family="Leipzig" font-size="(\d+)px">([^<]*)</tspan>(.*?)</text>',
    re.DOTALL,
)
_TAG = re.compile(r"<[^>]*>")


def line_breaks(document: ElementTree.Element) -> str:
    """verovio's name for where to break lines: where written, unless that looks cramped or empty."""
    lines = [0]
    for measure in document.iter("measure"):
        if measure.find("print[@new-system='yes']") is not None:
            lines.append(0)
        lines[-1] += sum(note.find("chord") is None for note in measure.iter("note"))
    written = max(lines) <= MOST_NOTES_ON_A_LINE and sum(lines) >= FEWEST_NOTES_ON_A_LINE * len(lines)
    return "encoded" if written and len(lines) > 1 else "auto"


class Engraver:
    """verovio, set up once for many tunes."""

    def __init__(self) -> None:
        import verovio

        verovio.enableLog(verovio.LOG_OFF)
        self._font = Path(verovio.__file__).parent / "data" / "Leipzig"
        self._toolkit = verovio.toolkit()

    def svg(self, musicxml: str) -> str:
        """One tune on one page.

        Raises:
            ValueError: this is not MusicXML.
        """
        self._load(musicxml, {})
        return self.with_note_signs(self._toolkit.renderToSVG(1))

    def pages(self, musicxml: str, width: int, height: int) -> list[str]:
        """A score on pages of this size.

        Raises:
            ValueError: this is not MusicXML.
        """
        self._load(musicxml, {"pageWidth": width, "pageHeight": height, "spacingSystem": SPACE_BETWEEN_SYSTEMS})
        numbers = range(1, self._toolkit.getPageCount() + 1)
        return [self.with_note_signs(self._toolkit.renderToSVG(number)) for number in numbers]

    def _load(self, musicxml: str, options: dict[str, Any]) -> None:
        try:
            document = ElementTree.fromstring(musicxml)
        except ElementTree.ParseError as error:
            raise ValueError(f"not XML: {error}") from error
        if document.tag != "score-partwise":
            raise ValueError(f"not MusicXML: its root element is <{document.tag}>")
        self._toolkit.setOptions({**OPTIONS, "breaks": line_breaks(document), **options})
        if not self._toolkit.loadData(musicxml) or self._toolkit.getPageCount() < 1:
            raise ValueError("verovio cannot read this MusicXML")

    def with_note_signs(self, svg: str) -> str:
        """The SVG with the note of a tempo mark drawn, not set in a music font that nobody has installed."""

        def drawn(match: re.Match[str]) -> str:
            x, written_y, font_size, signs, rest = match.groups()
            size, at, paths = int(font_size), float(x), ""
            y = int(written_y) - size // 4  # verovio sets the sign so low that its head touches the staff
            for sign in signs:
                path, advance = self._glyph(sign)
                scale = size / UNITS_PER_EM
                paths += f'<g transform="translate({at:.0f},{y}) scale({scale:g})">{path}</g>' if path else ""
                at += advance * scale
            words = " ".join(_TAG.sub("", rest).split())
            return f'{paths}<text x="{at + size // 5:.0f}" y="{y}" font-size="{size // 2}px">{words}</text>'

        return _TEMPO.sub(drawn, svg)

    def _glyph(self, character: str) -> tuple[str, float]:
        """Path and width, in font units, of a character of the music font; a space is a tenth of an em."""
        file = self._font / f"{ord(character):04X}.xml"
        path = re.search(r"<path.*/>", file.read_text()) if file.exists() else None
        metrics = self._font.with_suffix(".xml").read_text()
        width = re.search(rf'c="{ord(character):04X}"[^>]*h-a-x="(\d+)"', metrics)
        if path is None or width is None:
            return "", UNITS_PER_EM / 10
        return path.group(), float(width.group(1))


def main() -> None:
    """Answers line after line until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever verovio prints must not pass for an answer
    engraver = Engraver()
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer: dict[str, Any] = (
                {"pages": engraver.pages(**request)} if isinstance(request, dict) else {"svg": engraver.svg(request)}
            )
        except ValueError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
