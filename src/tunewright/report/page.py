"""A report as one HTML file: opens from a disk, needs no network, and prints."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from tunewright.files import write_whole
from tunewright.rendering.inline import inlined
from tunewright.rendering.template import filled
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


def write_page(document: Document, path: Path) -> Path:
    """Writes the report as ``path``.

    Raises:
        OutputError: it can't be written.
    """
    parts = {
        "LANGUAGE": escape(document.language),
        "TITLE": escape(document.title),
        "FACTS": "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in document.facts
        ),
        "CONTENTS": _contents(document),
        "BLOCKS": "\n".join(_Writer(document).blocks()),
        "SAVE": escape(document.words["save"]),
        "SAVED": escape(document.words["saved"]),
    }
    return write_whole(path, filled("tunewright.report", parts))


def _contents(document: Document) -> str:
    chapters = [block for block in document.blocks if isinstance(block, Heading) and block.level == 1]
    links = (f'<li><a href="#chapter-{n}">{escape(one.text)}</a></li>' for n, one in enumerate(chapters, 1))
    return "".join(links)


class _Writer:
    """Blocks as HTML, with what must be counted along the way."""

    def __init__(self, document: Document) -> None:
        self.document, self.chapters, self.pictures, self.fields = document, 0, 0, 0

    def blocks(self) -> list[str]:
        """Each block, in order."""
        return [self._written(block) for block in self.document.blocks]

    def _written(self, block: Block) -> str:
        match block:
            case Heading(text, 1):
                self.chapters += 1
                return f'<h2 id="chapter-{self.chapters}">{escape(text)}</h2>'
            case Heading(text, _):
                return f"<h3>{escape(text)}</h3>"
            case Paragraph(text, aside):
                return f'<p class="aside">{escape(text)}</p>' if aside else f"<p>{escape(text)}</p>"
            case Bullets(items):
                return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
            case Table():
                return _table(block)
            case Figure(svg, caption):
                return (
                    f"<figure>{self._inlined(svg, block.described)}<figcaption>{escape(caption)}</figcaption></figure>"
                )
            case Tune():
                return self._tune(block)
            case Own(asked, lines):
                return self._own(asked, lines)

    def _tune(self, tune: Tune) -> str:
        words = self.document.words
        player = ""
        if tune.wav:
            sound = base64.b64encode(tune.wav).decode()
            label = escape(f"{words['listen']}: {tune.title}")
            player = f'<audio controls preload="none" aria-label="{label}" src="data:audio/wav;base64,{sound}"></audio>'
        score = f'<div class="score">{self._inlined(tune.svg, tune.title)}</div>' if tune.svg else ""
        text = ""
        if tune.abc:
            code = f"<pre><code>{escape(tune.abc)}</code></pre>"
            text = f"<details><summary>{escape(words['abc'])}</summary>{code}</details>"
        head = f'<h4>{escape(tune.title)}</h4><p class="aside">{escape(tune.facts)}</p>'
        return f'<article class="tune">{head}{player}{score}{text}</article>'

    def _own(self, asked: str, lines: int) -> str:
        self.fields += 1
        label, name = escape(f"{self.document.words['own_words']}: {asked}"), f"own-{self.fields}"
        field = f'role="textbox" aria-multiline="true" aria-labelledby="{name}" contenteditable="plaintext-only"'
        room = f'<div {field} style="min-height:{1.5 * lines}em"></div>'
        return f'<div class="own"><p id="{name}">{label}</p>{room}</div>'

    def _inlined(self, svg: str, label: str) -> str:
        """An SVG file as part of the page: without prologue, its ids like no other's."""
        self.pictures += 1
        svg = inlined(svg, f"p{self.pictures}-")
        return svg.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)


def _table(table: Table) -> str:
    kinds = ['class="number"' if one else "" for one in table.numeric]
    head = "".join(f"<th {kind}>{escape(cell)}</th>" for cell, kind in zip(table.head, kinds, strict=True))
    rows = "".join(
        "<tr>" + "".join(f"<td {kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in table.rows
    )
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    many = ' class="many"' if table.is_close else ""
    return f'<div class="wide"><table{many}>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
