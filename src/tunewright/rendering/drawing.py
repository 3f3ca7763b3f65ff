"""SVG becomes a picture or a page to print. Fonts come with matplotlib, so that words show where there are none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tunewright.errors import RenderingError

PNG_WIDTH = 1600
FONT_FAMILY = "STIXGeneral, 'Times New Roman', Times, serif"
FONT_FILES = ("STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol", "STIXGeneralBolIta", "DejaVuSerif")
A4_PAGES = """\
#set page(paper: "a4", margin: (x: 15mm, y: 18mm))
#set document(title: sys.inputs.title, author: "tunewright", date: none)
#for (number, svg) in json(bytes(sys.inputs.pages)).enumerate() {
  if number > 0 { pagebreak() }
  layout(room => {
    let score = image(bytes(svg), format: "svg", width: room.width, alt: sys.inputs.title)
    let excess = measure(score).height / room.height
    if excess > 1 { align(center, scale(100% / excess, reflow: true, score)) } else { score }
  })
}
"""


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


def svg_to_pdf(pages: Sequence[str], title: str) -> bytes:
    """Puts each SVG on an A4 page of its own, made smaller if it is too tall.

    Raises:
        RenderingError: a page cannot be set.
    """
    import typst

    folders = [str(folder) for folder in {file.parent for file in font_files()}]
    inputs = {"pages": json.dumps(pages), "title": title}
    try:
        # the stub's type variable for `output` cannot be solved when there is no output file
        return typst.compile(A4_PAGES.encode(), font_paths=folders, sys_inputs=inputs)  # type: ignore[misc]
    except RuntimeError as error:
        raise RenderingError(f"cannot set the page: {error}") from error


@cache
def font_files() -> tuple[Path, ...]:
    """The fonts that come with matplotlib, found without importing it."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return ()
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    files = (folder / f"{name}.ttf" for name in FONT_FILES)
    return tuple(file for file in files if file.is_file())
