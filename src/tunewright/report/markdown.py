"""A report as Markdown: pictures and recordings lie in a folder beside it."""

from __future__ import annotations

import re
from pathlib import Path

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


def write_markdown(document: Document, path: Path) -> Path:
    """Writes the report as ``path``, its pictures and recordings into the folder ``<name>-files`` beside it.

    Raises:
        OutputError: it can't be written.
    """
    writer = _Writer(document, path)
    facts = [f"- {escaped(name)}: {escaped(value)}" for name, value in document.facts]
    blocks = [f"# {escaped(document.title)}", "\n".join(facts), *(writer.written(block) for block in document.blocks)]
    return write_whole(path, "\n\n".join(block for block in blocks if block) + "\n")


def escaped(text: str) -> str:
    """Text in one line, in which nothing is markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|&$~]|^(?:[-+=]|\d+[.)]))", _shielded, " ".join(text.splitlines()))


def _shielded(found: re.Match[str]) -> str:
    """A sign, or what would begin a list, with a stroke before its last sign."""
    return f"{found[0][:-1]}\\{found[0][-1]}"


class _Writer:
    def __init__(self, document: Document, path: Path) -> None:
        self.document, self.folder, self.count = document, path.with_name(f"{path.stem}-files"), 0

    def written(self, block: Block) -> str:
        """A block as Markdown."""
        match block:
            case Heading(text, level):
                return f"{'#' * (level + 1)} {escaped(text)}"
            case Paragraph(text):
                return escaped(text)
            case Bullets(items):
                return "\n".join(f"- {escaped(item)}" for item in items)
            case Table(head, rows, caption):
                lines = [head, ["---"] * len(head), *rows]
                cells = "\n".join(f"| {' | '.join(_cell(one) for one in line)} |" for line in lines)
                return f"{cells}\n\n*{escaped(caption)}*" if caption else cells
            case Figure(svg, caption):
                return f"![{escaped(block.described)}]({self._beside(svg.encode(), '.svg')})\n\n*{escaped(caption)}*"
            case Tune():
                return self._tune(block)
            case Own(asked):
                return f"> **{escaped(self.document.words['own_words'])}:** {escaped(asked)}\n>\n> …"

    def _tune(self, tune: Tune) -> str:
        parts = [f"**{escaped(tune.title)}** – {escaped(tune.facts)}"]
        if tune.svg:
            parts.append(f"![{escaped(tune.title)}]({self._beside(tune.svg.encode(), '.svg')})")
        if tune.wav:
            parts.append(f"[{escaped(self.document.words['listen'])}]({self._beside(tune.wav, '.wav')})")
        return "\n\n".join([*parts, *([_fenced(tune.abc)] if tune.abc else [])])

    def _beside(self, content: bytes, suffix: str) -> str:
        """Writes a file beside the report; its address from there."""
        self.count += 1
        return f"{self.folder.name}/{write_whole(self.folder / f'{self.count:02d}{suffix}', content).name}"


def _cell(text: str) -> str:
    return text if set(text) == {"-"} and len(text) > 1 else escaped(text)


def _fenced(text: str) -> str:
    """Text to the letter, in a fence that it doesn't hold itself."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"
