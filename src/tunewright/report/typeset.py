"""A report as PDF on A4, typeset by Typst."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from tunewright.errors import RenderingError
from tunewright.files import write_whole
from tunewright.report.document import (
    Block,
    Bullets,
    Document,
    Figure,
    Heading,
    Own,
    Paragraph,
    Table,
    Tune,
)

KEPT = "\n\u00a0\u200b"
"""Signs that are no letters and yet mean something: a line's end, a space that holds, a place to break."""
UNBROKEN = 30
"""Letters that fit into the columns of most tables."""
TEXT_WIDTH = 580
"""Of a picture that fills the text's width, in its own points."""
HEAD = """
#set document(title: {title})
#set page(paper: "a4", margin: (x: 20mm, y: 22mm), numbering: "1")
#set text(lang: {language}, size: 10.5pt, font: ("Libertinus Serif", "DejaVu Serif"))
#set par(justify: true)
#set heading(numbering: "1.1")
#show heading.where(level: 1): set text(size: 15pt)
#show heading: set block(above: 1.6em, below: 0.9em)
#show table: set par(justify: false)
#show raw: set text(size: 7pt)
#show figure.caption: set text(style: "italic", size: 9pt)
#show figure.where(kind: table): set block(breakable: true)
#set table(stroke: (x, y) => if y == 0 {{ (bottom: 0.8pt) }} else {{ (bottom: 0.3pt + luma(200)) }}, inset: 4pt)
"""


def write_pdf(document: Document, path: Path) -> Path:
    """Writes the report as ``path``.

    Raises:
        RenderingError: it can't be typeset.
        OutputError: it can't be written.
    """
    import typst

    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "report.typ").write_text(_Writer(document, folder).source(), encoding="utf-8")
        try:
            content: bytes = typst.compile(str(folder / "report.typ"))
        except RuntimeError as error:
            raise RenderingError(f"the report can't be typeset: {error}") from None
    return write_whole(path, content)


def quoted(text: str) -> str:
    """A Typst string, in which nothing is markup, to the letter but for signs that can't be seen."""
    spaced = "".join(" " if sign.isspace() and sign not in KEPT else sign for sign in text)
    kept = "".join(sign for sign in spaced if sign in KEPT or sign.isprintable())
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


class _Writer:
    def __init__(self, document: Document, folder: Path) -> None:
        self.document, self.folder, self.count = document, folder, 0

    def source(self) -> str:
        """The report in Typst's language; pictures are written beside."""
        document = self.document
        head = HEAD.format(title=quoted(document.title), language=quoted(document.language))
        title = f"#par(justify: false, text(size: 22pt, weight: 600, {running(document.title)}))"
        facts = [f"#text(fill: luma(90), {running(f'{name}: {value}')})" for name, value in document.facts]
        return "\n\n".join([head, title, "#linebreak()\n".join(facts), *map(self._written, document.blocks)])

    def _written(self, block: Block) -> str:
        match block:
            case Heading(text, level):
                return f"#heading(level: {level}, {running(text)})"
            case Paragraph(text, aside):
                return f"#text(fill: luma(90), {running(text)})" if aside else f"#text({running(text)})"
            case Bullets(items):
                return f"#list({', '.join(f'text({running(item)})' for item in items)})"
            case Table():
                return _table(block)
            case Figure(svg, caption):
                picture = self._picture(svg, block.described, _width(svg))
                return f"#figure({picture}, caption: text({running(caption)}), numbering: none)"
            case Tune():
                return self._tune(block)
            case Own(asked, lines):
                return self._own(asked, lines)

    def _tune(self, tune: Tune) -> str:
        score = [self._picture(tune.svg, tune.title, 100)] if tune.svg else []
        facts = f"text(fill: luma(90), {running(tune.facts)})"
        seen = ", ".join([f"strong({running(tune.title)})", facts, *score])
        text = f"\n#block(breakable: false, raw({quoted(tune.abc)}, block: true))" if tune.abc else ""
        return f"#block(breakable: false, stack(spacing: 8pt, {seen})){text}"

    def _own(self, asked: str, lines: int) -> str:
        label = f"emph({running(self.document.words['own_words'] + ': ' + asked)})"
        rules = ", ".join(["line(length: 100%, stroke: 0.4pt + luma(160))"] * lines)
        return f"#block(breakable: false, width: 100%, stack(spacing: 9mm, {label}, {rules}))"

    def _picture(self, svg: str, alt: str, width: int) -> str:
        """A picture, so many per cent of the text's width wide."""
        self.count += 1
        path = self.folder / f"{self.count}.svg"
        path.write_text(svg, encoding="utf-8")
        return f"image({quoted(path.name)}, width: {width}%, alt: {quoted(alt)})"


def _width(svg: str) -> int:
    """Of a picture, in per cent of the text's: pictures that were drawn alike are printed alike."""
    found = re.search(r'width="([\d.]+)pt"', svg)
    return min(100, round(100 * float(found.group(1)) / TEXT_WIDTH)) if found else 100


def running(text: str) -> str:
    """A Typst string in which lines may end within long names: after a sign that parts their words, but for those in
    numbers, and where there is none after :data:`UNBROKEN` letters.
    """
    parted = re.sub(r"(?:[_/=]|[,.-](?!\d))(?=\S)", "\\g<0>\u200b", text)
    return quoted(re.sub(rf"[^\s\u200b]{{{UNBROKEN}}}(?=[^\s\u200b])", "\\g<0>\u200b", parted))


def _table(table: Table) -> str:
    sides = ", ".join("right" if one else "left" for one in table.numeric)
    head = ", ".join(f"text(hyphenate: true, strong({running(cell)}))" for cell in table.head)
    cells = "".join(f"  {', '.join(running(cell) for cell in row)},\n" for row in table.rows)
    widths = f"({', '.join(['auto'] * len(table.head))},)"
    source = f"table(columns: {widths}, align: ({sides},), table.header({head}),\n{cells})"
    source = f"text(size: {6.5 if table.is_close else 8}pt, {source})"
    if not table.caption:
        return f"#{source}"
    return f"#figure({source}, kind: table, caption: text({running(table.caption)}), numbering: none)"
