"""One web page that shows pieces and plays them: opens from a folder, needs no network and no server.

The pictures stand in the page itself, so that a script of a few lines can light each note of a score while it sounds,
and lead a line over a piano roll; recordings and other files are linked beside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

from tunewright.files import write_whole
from tunewright.music.performance import LitNote
from tunewright.rendering.inline import inlined, without_heading
from tunewright.rendering.template import filled

PAGE_NAME = "index.html"
FILE_KINDS = {
    ".abc": "ABC",
    ".mid": "MIDI",
    ".wav": "WAV",
    ".svg": "SVG",
    ".png": "PNG",
    ".pdf": "PDF",
    ".musicxml": "MusicXML",
    ".json": "Provenance",
}


class Nearest(TypedDict):
    """The known tune that a tune is nearest to, to be looked at beside it.

    Attributes:
        title: of the known tune.
        told: what it shares, in a sentence.
        svg: its score, as our renderer writes it; None if there is none.
        shared: identities of the tune's notes that are found in it.
        shared_there: where: identities of its own.
    """

    title: str
    told: str
    svg: str | None
    shared: Sequence[str]
    shared_there: Sequence[str]


class Exhibit(TypedDict):
    """One piece on the page, a tune or a performance.

    Attributes:
        title: of the piece.
        stem: name of its files without suffix; those that lie beside the page are offered for download.
        facts: what to tell of it, e.g. ``{"type": "reel", "key": "D"}``, in order.
        svg: its score or its piano roll, as our renderer wrote it; None if there is none.
        wav: its recording; None if there is none.
        mid: its MIDI file; None if there is none.
        abc: its text; empty for a performance.
        timemap: when each note sounds, as told by :func:`tunewright.music.performance.timemap`.
        originality: how much of it is its own, in a sentence; empty where that wasn't asked.
        nearest: what is nearest to it; None if nothing is.
    """

    title: str
    stem: str
    facts: dict[str, str]
    svg: Path | None
    wav: Path | None
    mid: Path | None
    abc: str
    timemap: Sequence[LitNote]
    originality: str
    nearest: Nearest | None


def write_page(folder: Path, exhibits: Sequence[Exhibit], heading: str = "New tunes", subtitle: str = "") -> Path:
    """Writes ``index.html`` into a folder that holds the tunes' files, and returns its path.

    Raises:
        OSError: a score cannot be read, or the page not be written.
    """
    articles = "\n".join(_article(folder, number, exhibit) for number, exhibit in enumerate(exhibits, 1))
    parts = {
        "HEADING": escape(heading),
        "SUBTITLE": f"<p>{escape(subtitle)}</p>" if subtitle else "",
        "ARTICLES": articles,
    }
    return write_whole(folder / PAGE_NAME, filled("tunewright.rendering", parts).encode())


def _article(folder: Path, number: int, exhibit: Exhibit) -> str:
    """One tune: title, facts, player, score, text and links."""
    prefix = f"t{number}-"
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in exhibit["facts"].items()
    )
    title = escape(exhibit["title"] or "Untitled")
    lit = [[prefix + note["id"], note["start"], note["end"]] for note in exhibit["timemap"]]
    timemap = json.dumps(lit, separators=(",", ":"))
    return "\n".join(
        [
            f'<article id="tune-{number}" aria-labelledby="title-{number}">',
            f'<header><h2 id="title-{number}">{title}</h2><dl>{facts}</dl></header>',
            _player(folder, exhibit["wav"], title),
            _figure(exhibit, prefix, title),
            _originality(exhibit, prefix),
            _text(exhibit["abc"]),
            _links(folder, exhibit),
            f'<script type="application/json" class="timemap">{timemap}</script>',
            "</article>",
        ]
    )


def _player(folder: Path, wav: Path | None, title: str) -> str:
    if wav is None:
        return ""
    source = _address(folder, wav)
    return f'<audio controls preload="metadata" src="{source}" aria-label="{title}, played"></audio>'


def _figure(exhibit: Exhibit, prefix: str, title: str) -> str:
    if exhibit["svg"] is None:
        return ""
    svg = exhibit["svg"].read_text(encoding="utf-8")
    if exhibit["abc"]:
        return _score(svg, prefix, title)
    return f'<figure class="roll" role="img" aria-label="{title}, piano roll">{inlined(svg, prefix)}</figure>'


def _text(abc: str) -> str:
    return f"<details><summary>Show ABC</summary><pre><code>{escape(abc)}</code></pre></details>" if abc else ""


def _score(svg: str, prefix: str, title: str) -> str:
    return (
        f'<figure class="score" role="img" aria-label="{title}, score">{inlined(without_heading(svg), prefix)}</figure>'
    )


def _originality(exhibit: Exhibit, prefix: str) -> str:
    """How much of the tune is its own, and the score of the nearest known tune, with what both share marked in both
    while it is open.
    """
    told = f'<p class="originality">{escape(exhibit["originality"])}</p>' if exhibit["originality"] else ""
    nearest = exhibit["nearest"]
    if not nearest:
        return told
    title = escape(nearest["title"])
    there = f"{prefix}nearest-"
    ids = [*(prefix + one for one in nearest["shared"]), *(there + one for one in nearest["shared_there"])]
    return (
        f'{told}<details class="nearest" data-shared="{escape(" ".join(ids))}"><summary>Nearest known tune: {title}'
        f"</summary><p>{escape(nearest['told'])}</p>{_score(nearest['svg'], there, title) if nearest['svg'] else ''}"
        "</details>"
    )


def _links(folder: Path, exhibit: Exhibit) -> str:
    """Links to every file of the tune that lies beside the page."""
    found = [folder / (exhibit["stem"] + suffix) for suffix in FILE_KINDS]
    found += [file for file in (exhibit["svg"], exhibit["wav"], exhibit["mid"]) if file]
    links = [
        f'<a href="{_address(folder, file)}" download>{FILE_KINDS[file.suffix]}</a>'
        for file in dict.fromkeys(found)
        if file.is_file() and file.suffix in FILE_KINDS
    ]
    return f'<nav class="files" aria-label="Files">{" ".join(links)}</nav>' if links else ""


def _address(folder: Path, file: Path) -> str:
    """A link from the page to a file, relative to the page's folder."""
    return quote(Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix())
