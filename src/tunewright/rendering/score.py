"""A piece as something to see: SVG, PNG and PDF. Tunes are pages of music; performances are piano rolls, and pages of
music for a piano where they are quantised.

MusicXML goes to verovio in a child process (see :mod:`tunewright.rendering.engrave`), which answers with
staves; the heading above them is ours.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.files import write_whole
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune
from tunewright.rendering import engrave as engrave_program
from tunewright.rendering.drawing import FONT_FAMILY, svg_to_pdf, svg_to_png
from tunewright.rendering.musicxml import musicxml, piano_musicxml
from tunewright.rendering.piano_score import two_hands
from tunewright.rendering.played import midi_performance
from tunewright.rendering.roll_image import roll_svg

HEADING_HEIGHT = 130
"""Of title and type above the staves, in SVG units."""
TITLE_SIZE = 46
PIANO_PAGE_WIDTH = 2000
"""Wider than a tune's page, so that two staves a system are drawn smaller."""
SECONDS_FOR_ONE_TUNE = 30.0
SECONDS_FOR_A_SCORE = 300.0
A4_ROOM = (180, 261)
"""Width and height in millimetres of what an A4 page holds within its margins."""


class SvgRenderer:
    """Writes a tune as one SVG page; each note's element has the note's identity as its ``id``. Writes a performance as
    a piano roll.

    Args:
        first: second from which a performance is drawn.
        last: second up to which; None for its end.
    """

    suffix = ".svg"

    def __init__(self, first: float = 0.0, last: float | None = None) -> None:
        self.first, self.last = first, last

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        return write_whole(path, self._svg(piece).encode())

    def _svg(self, piece: Piece) -> str:
        if piece.kind == "performance":
            return roll_svg(midi_performance(piece), piece.title, first=self.first, last=self.last)
        return score_svg(read_tune(piece.text))


class PngRenderer(SvgRenderer):
    """Draws the same as a picture on white."""

    suffix = ".png"

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        return write_whole(path, svg_to_png(self._svg(piece)))


class PdfRenderer:
    """Writes a piece as A4 pages to print, drawn in vectors: a tune on one page, a quantised performance as a score of
    two staves on as many as it needs.

    Args:
        tempo: quarters a minute at which a performance without beats of its own is quantised; None for none.
    """

    suffix = ".pdf"

    def __init__(self, tempo: float | None = None) -> None:
        self.tempo = tempo

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        if piece.kind == "performance":
            return write_whole(path, svg_to_pdf(piano_pages(two_hands(piece, self.tempo)), piece.title))
        tune = read_tune(piece.text)
        return write_whole(path, svg_to_pdf([score_svg(tune)], tune.title))


def score_svg(tune: Tune) -> str:
    """A tune engraved, with its heading.

    Raises:
        RenderingError: the tune has no bars, or could not be engraved.
    """
    if not tune.bars:
        raise RenderingError("a tune without a single bar cannot be engraved")
    (result,) = engrave([musicxml(tune)])
    if isinstance(result, RenderingError):
        raise result
    return _with_heading(result, tune)


def piano_pages(hands: tuple[Tune, Tune]) -> list[str]:
    """The two staves of a piano, engraved as SVG pages of the proportions of A4, with a heading on the first.

    Args:
        hands: the right one and the left one.

    Raises:
        RenderingError: they could not be engraved.
    """
    width, height = A4_ROOM
    page_height = PIANO_PAGE_WIDTH * height // width
    request = {"musicxml": piano_musicxml(*hands), "width": PIANO_PAGE_WIDTH, "height": page_height - HEADING_HEIGHT}
    first, *others = _worker(os.getpid()).ask(request, SECONDS_FOR_A_SCORE)["pages"]
    return [_with_heading(first, hands[0]), *map(_in_our_font, others)]


def engrave(documents: Sequence[str]) -> list[str | RenderingError]:
    """Engraves MusicXML documents in one child process: for each its SVG, or why there is none.

    A document on which the process dies harms only itself: the next one finds a new process.
    """
    results: list[str | RenderingError] = []
    for document in documents:
        try:
            results.append(str(_worker(os.getpid()).ask(document, SECONDS_FOR_ONE_TUNE)["svg"]))
        except RenderingError as error:
            results.append(error)
    return results


@cache
def _worker(process_id: int) -> _Worker:
    """This process's worker; a forked child must not share its parent's pipes."""
    return _Worker()


class _Worker:
    """The child process that engraves. Started when needed, and again after it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def ask(self, request: str | dict[str, Any], seconds: float) -> dict[str, Any]:
        """Sends one request and waits for its answer, as :mod:`tunewright.rendering.engrave` tells them.

        Raises:
            RenderingError: the document is at fault, or the process died of it or took too long.
        """
        with self._lock:
            process = self._alive()
            alarm = threading.Timer(seconds, process.kill)
            alarm.start()
            try:
                assert process.stdin
                assert process.stdout
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = ""
            finally:
                alarm.cancel()
            if not line.endswith("\n"):
                raise RenderingError(f"the engraver died of this tune (exit status {process.wait()})")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RenderingError(f"cannot engrave: {answer['error']}")
        return answer

    def _alive(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            program = Path(engrave_program.__file__)
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(program)],  # -P: our modules' names must not hide the library's
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
            weakref.finalize(self, _end, self._process)
        return self._process


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def _with_heading(svg: str, tune: Tune) -> str:
    """Puts title, type and composer above the staves."""
    match = re.search(r'<svg viewBox="0 0 (\d+) (\d+)"', svg)
    if match is None:
        raise RenderingError("the engraver answered with something that is no score")
    width, height = int(match.group(1)), int(match.group(2))
    margin = engrave_program.OPTIONS["pageMarginLeft"]
    heading = (
        f'<g class="heading" font-family="{FONT_FAMILY}">'
        f'<text x="{width // 2}" y="72" font-size="{_title_size(tune.title, width)}" text-anchor="middle">'
        f"{_words(tune.title)}</text>"
        f'<text x="{margin}" y="112" font-size="30" font-style="italic">{_words(tune.type)}</text>'
        f'<text x="{width - margin}" y="112" font-size="30" text-anchor="end">{_words(tune.composer)}</text>'
        "</g>\n"
    )
    svg = svg.replace(match.group(), f'<svg viewBox="0 0 {width} {height + HEADING_HEIGHT}"', 1)
    svg = _in_our_font(svg.replace(' overflow="visible"', "", 1))
    place = f'y="{HEADING_HEIGHT}" width="{width}" height="{height}" '
    return svg.replace('<svg class="definition-scale"', f'{heading}<svg {place}class="definition-scale"', 1)


def _in_our_font(svg: str) -> str:
    return svg.replace('font-family="Times, serif"', f'font-family="{FONT_FAMILY}"')


def _title_size(title: str, width: int) -> int:
    """Font size at which a title fits: a letter is half as wide as the font is high, or less."""
    return min(TITLE_SIZE, int(2 * 0.9 * width / max(1, len(title))))


def _words(text: str) -> str:
    return escape("".join(character for character in text if character.isprintable()))
