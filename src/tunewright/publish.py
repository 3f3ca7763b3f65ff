"""From pieces to files that people use: tunes with their provenance, rendered, gathered on one page; and files read
back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunewright import catalogue
from tunewright.compose import Composition, Tally
from tunewright.contracts import Piece, Renderer
from tunewright.corpora.path import decode
from tunewright.errors import InputError, RenderingError, SettingsError
from tunewright.files import write_whole
from tunewright.music.bars import check
from tunewright.music.fields import split_tunes
from tunewright.music.performance import perform, timemap
from tunewright.music.reader import read_tune
from tunewright.rendering.page import Exhibit, write_page

SAME = {"midi": "mid", "xml": "musicxml"}


def parse_formats(text: str) -> list[str]:
    """Names of renderers out of a list such as ``"abc,midi,wav"``.

    Raises:
        SettingsError: a format we don't write; the message lists those we do.
    """
    names = [SAME.get(name.strip(), name.strip()) for name in text.split(",") if name.strip()]
    known = catalogue.parts("renderer")
    for name in names:
        if name not in known:
            raise SettingsError(f"--to {name}: expected any of {', '.join(known)}")
    return list(dict.fromkeys(names))


def read_pieces(path: Path) -> list[Piece]:
    """All tunes of an ABC file.

    Raises:
        InputError: the file is missing or holds no tune.
    """
    try:
        text = decode(path.read_bytes()).replace("\r\n", "\n")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    pieces = []
    for line, own in split_tunes(text):
        tune = read_tune(own, line)
        pieces.append(Piece(tune.title, own, f"{path}, line {line}", tune.type, tune.meter.name, tune.key.name))
    if not pieces:
        raise InputError(f"{path}: no tune in it (a tune begins with an X: line)")
    return pieces


def check_file(path: Path) -> list[dict[str, Any]]:
    """What ``check`` tells of each tune of a file.

    Raises:
        InputError: the file is missing or holds no tune.
    """
    rows = []
    for piece in read_pieces(path):
        first_line = int(piece.origin.rsplit(" ", 1)[1])
        tune = read_tune(piece.text, first_line)
        problems = check(tune)
        rows.append(
            {
                "file": str(path),
                "number": tune.number,
                "title": tune.title,
                "valid": all(problem.severity == "note" for problem in problems),
                "bars": len(tune.bars),
                "meter": tune.meter.name,
                "key": tune.key.name,
                "type": tune.type,
                "problems": [
                    {
                        "bar": problem.bar,
                        "line": problem.position.line,
                        "column": problem.position.column,
                        "message": problem.message,
                        "severity": problem.severity,
                    }
                    for problem in problems
                ],
            }
        )
    return rows


class Publisher:
    """Writes pieces into a folder in several formats.

    Args:
        folder: made if it isn't there; files of the same names are replaced, others left alone.
        formats: names of renderers.
        soundfont: for ``wav``; None for the one that comes along.
    """

    def __init__(self, folder: Path, formats: Sequence[str], soundfont: Path | None = None) -> None:
        self.folder = folder
        self.renderers: list[Renderer] = []
        for name in formats:
            renderer = catalogue.find("renderer", name)
            self.renderers.append(renderer(soundfont) if name == "wav" and soundfont else renderer())

    def publish(self, compositions: Sequence[Composition]) -> list[list[Path]]:
        """Writes every composition with its provenance, and a page that shows and plays them all.

        Returns:
            The files of each composition.

        Raises:
            RenderingError: a file could not be written; those before it stay.
        """
        files, exhibits = [], []
        for number, composition in enumerate(compositions, 1):
            piece = _numbered(composition.piece, number)
            stem = f"{number:02d}-{_slug(piece.title)}"
            written = self.render(piece, stem)
            provenance = {**composition.provenance, "title": piece.title}
            written.append(
                write_whole(self.folder / f"{stem}.json", json.dumps(provenance, ensure_ascii=False, indent=1) + "\n")
            )
            files.append(written)
            exhibits.append(self._exhibit(composition, piece, stem, written))
        write_page(self.folder, exhibits)
        return files

    def render(self, piece: Piece, stem: str) -> list[Path]:
        """One piece in all formats."""
        return [renderer(piece, self.folder / f"{stem}{renderer.suffix}") for renderer in self.renderers]

    def render_all(self, pieces: Sequence[Piece]) -> tuple[list[Path], list[str]]:
        """Many pieces in all formats: (files written, one message for each piece that could not be)."""
        written: list[Path] = []
        failed: list[str] = []
        for number, piece in enumerate(pieces, 1):
            try:
                written += self.render(piece, f"{number:02d}-{_slug(piece.title)}")
            except RenderingError as error:
                failed.append(f"{piece.origin}, '{piece.title}': {error}")
        return written, failed

    def _exhibit(self, composition: Composition, piece: Piece, stem: str, written: Sequence[Path]) -> Exhibit:
        tune = read_tune(piece.text)
        provenance = composition.provenance
        files = {path.suffix: path for path in written}
        return {
            "title": piece.title or "untitled",
            "stem": stem,
            "facts": {
                "type": tune.type,
                "meter": tune.meter.name,
                "key": tune.key.name,
                "bars": str(len(tune.bars)),
                "run": provenance["run"]["name"],
                "seed": str(provenance["wish"]["seed"]),
            },
            "svg": files.get(".svg"),
            "wav": files.get(".wav"),
            "mid": files.get(".mid"),
            "abc": piece.text,
            "timemap": timemap(perform(tune)),
        }


def compositions_json(
    run: str, composed: Sequence[Composition], files: Sequence[Sequence[Path]], tally: Tally, seed: int
) -> dict[str, Any]:
    """What ``compose --json`` prints."""
    pieces = [
        {
            "title": composition.piece.title,
            "text": composition.piece.text,
            "valid": not composition.problems,
            "problems": list(composition.problems),
            "originality": None,
            "provenance": composition.provenance,
            "files": [str(path) for path in own],
        }
        for composition, own in zip(composed, files, strict=True)
    ]
    return {"run": run, "seed": seed, "rejected": tally.rejected, "reasons": dict(tally.reasons), "pieces": pieces}


def _numbered(piece: Piece, number: int) -> Piece:
    """The piece with its ``X:`` number set, so that a folder's tunes can be joined to one file."""
    return replace(piece, text=re.sub(r"\AX:.*", f"X:{number}", piece.text))


def _slug(title: str) -> str:
    """A title as a file name: letters and digits, joined by hyphens."""
    return re.sub(r"[^\w]+", "-", title.replace("'", "")).strip("-").lower()[:40].rstrip("-") or "untitled"
