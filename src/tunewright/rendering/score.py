"""A tune as a page of music: SVG, PNG and PDF.

MusicXML goes to verovio in a child process (see :mod:`tunewright.rendering.engrave`), which answers with
staves; the heading above them is ours. Fonts come with matplotlib, so that titles show where there are none.
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
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.files import write_whole
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune
from tunewright.rendering import engrave as engrave_program
from tunewright.rendering.musicxml import musicxml

HEADING_HEIGHT = 130
"""Of title and type above the staves, in SVG units."""
TITLE_SIZE = 46
PNG_WIDTH = 1600
SECONDS_FOR_ONE_TUNE = 30.0
FONT_FAMILY = "STIXGeneral, 'Times New Roman', Times, serif"
FONT_FILES = ("STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol", "STIXGeneralBolIta", "DejaVuSerif")
A4_PAGE = """\
#set page(paper: "a4", margin: (x: 15mm, y: 18mm))
#set document(title: sys.inputs.title, author: "tunewright", date: none)
#layout(room => {
  let score = image(bytes(sys.inputs.svg), format: "svg", width: room.width, alt: sys.inputs.title)
  let excess = measure(score).height / room.height
  if excess > 1 { align(center, scale(100% / excess, reflow: true, score)) } else { score }
})
"""


class SvgRenderer:
    """Writes a tune as one SVG page; each note's element has the note's identity as its ``id``."""

    suffix = ".svg"

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        return write_whole(path, score_svg(read_tune(piece.text)).encode())


class PngRenderer:
    """Writes a tune as a picture on white."""

    suffix = ".png"

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        return write_whole(path, svg_to_png(score_svg(read_tune(piece.text))))


class PdfRenderer:
    """Writes a tune as an A4 page to print, drawn in vectors."""

    suffix = ".pdf"

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``."""
        tune = read_tune(piece.text)
        return write_whole(path, svg_to_pdf(score_svg(tune), tune.title))


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


def engrave(documents: Sequence[str]) -> list[str | RenderingError]:
    """Engraves MusicXML documents in one child process: for each its SVG, or why there is none.

    A document on which the process dies harms only itself: the next one finds a new process.
    """
    results: list[str | RenderingError] = []
    for document in documents:
        try:
            results.append(_worker(os.getpid()).engrave(document))
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

    def engrave(self, document: str) -> str:
        """Sends one document and waits for its SVG.

        Raises:
            RenderingError: the document is at fault, or the process died of it or took too long.
        """
        with self._lock:
            process = self._alive()
            alarm = threading.Timer(SECONDS_FOR_ONE_TUNE, process.kill)
            alarm.start()
            try:
                assert process.stdin
                assert process.stdout
                process.stdin.write(json.dumps(document) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = ""
            finally:
                alarm.cancel()
            if not line.endswith("\n"):
                raise RenderingError(f"the engraver died of this tune (exit status {process.wait()})")
        answer = json.loads(line)
        if "error" in answer:
            raise RenderingError(f"cannot engrave: {answer['error']}")
        return str(answer["svg"])

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
    svg = svg.replace(' overflow="visible"', "", 1)
    svg = svg.replace('font-family="Times, serif"', f'font-family="{FONT_FAMILY}"')
    place = f'y="{HEADING_HEIGHT}" width="{width}" height="{height}" '
    return svg.replace('<svg class="definition-scale"', f'{heading}<svg {place}class="definition-scale"', 1)


def _title_size(title: str, width: int) -> int:
    """Font size at which a title fits: a letter is half as wide as the font is high, or less."""
    return min(TITLE_SIZE, int(2 * 0.9 * width / max(1, len(title))))


def _words(text: str) -> str:
    return escape("".join(character for character in text if character.isprintable()))


def svg_to_png(svg: str, width: int = PNG_WIDTH) -> bytes:
    """Draws an SVG on white, so many pixels wide.

    Raises:
        RenderingError: the SVG cannot be drawn.
    """
    import resvg_py

    fonts = [str(file) for file in font_files()]
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, background="#ffffff", font_files=fonts))
    except ValueError as error:
        raise RenderingError(f"cannot draw the score: {error}") from error


def svg_to_pdf(svg: str, title: str) -> bytes:
    """Puts an SVG on an A4 page, made smaller if it is too tall.

    Raises:
        RenderingError: the page cannot be set.
    """
    import typst

    folders = [str(folder) for folder in {file.parent for file in font_files()}]
    inputs = {"svg": svg, "title": title}
    try:
        # the stub's type variable for `output` cannot be solved when there is no output file
        return typst.compile(A4_PAGE.encode(), font_paths=folders, sys_inputs=inputs)  # type: ignore[misc]
    except RuntimeError as error:
        raise RenderingError(f"cannot set the page: {error}") from error


@cache
def font_files() -> tuple[Path, ...]:
    """The fonts for titles that come with matplotlib, found without importing it."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return ()
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    files = (folder / f"{name}.ttf" for name in FONT_FILES)
    return tuple(file for file in files if file.is_file())
