"""From pieces to files that people use: tunes with their provenance, rendered, gathered on one page; and files read
back.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tunewright import catalogue
from tunewright.composer import Composition, Tally
from tunewright.contracts import Corpus, Piece, Renderer
from tunewright.corpora.path import decode
from tunewright.corpora.sources import MIDI
from tunewright.errors import InputError, RenderingError, SettingsError
from tunewright.evaluation.originality import Originality, measure, near_told, shared_notes, told
from tunewright.evaluation.performance_originality import measure as measure_performance
from tunewright.files import write_whole
from tunewright.music.bars import check, is_valid
from tunewright.music.fields import split_tunes
from tunewright.music.forms import form_of, whole_bars
from tunewright.music.midi import read_midi
from tunewright.music.outline import is_outline
from tunewright.music.performance import perform, timemap
from tunewright.music.pieces import numbered, piece_of, uncollected
from tunewright.music.ranges import compass, pitch_name
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune
from tunewright.rendering.page import Exhibit, Nearest, write_page
from tunewright.rendering.score import score_svg
from tunewright.run import Run

SAME = {"midi": "mid", "xml": "musicxml"}


def parse_formats(text: str, known: Collection[str] | None = None) -> list[str]:
    """Names of formats out of a list such as ``"abc,midi,wav"``, each once.

    Args:
        known: those that can be written; None for the renderers.

    Raises:
        SettingsError: a format we don't write, or none at all; the message lists those we do.
    """
    known = catalogue.parts("renderer") if known is None else known
    names = [SAME.get(name.strip(), name.strip()) for name in text.split(",") if name.strip()]
    for name in names or [text.strip()]:
        if name not in known:
            raise SettingsError(f"--to {name or '(nothing)'}: expected any of {', '.join(known)}")
    return list(dict.fromkeys(names))


def _tunes_of(path: Path) -> list[tuple[int, str]]:
    """(first line, text) of each tune of a file."""
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    tunes = split_tunes(text)
    if not tunes:
        raise InputError(f"{path}: no tune in it (a tune needs a K: line and notes after it)")
    return tunes


def read_pieces(path: Path) -> list[Piece]:
    """All tunes of an ABC file, or the performance of a MIDI file.

    Raises:
        InputError: the file is missing or holds no music that can be read.
    """
    if path.suffix.lower() in MIDI:
        return [_performance_of(path)]
    return [piece_of(text, f"{path}, line {line}") for line, text in _tunes_of(path)]


def _performance_of(path: Path) -> Piece:
    """A MIDI file, known to be readable."""
    try:
        content = path.read_bytes()
        read_midi(content)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return Piece(path.stem, "", str(path), kind="performance", midi=content)


def write_book(corpus: Corpus, path: Path) -> Path:
    """Writes a corpus of tunes as one ABC file, numbered from 1 in its order."""
    tunes = [numbered(piece.text, number) for number, piece in enumerate(corpus.pieces, 1)]
    return write_whole(path, "\n\n".join(tunes) + "\n")


def check_file(path: Path) -> list[dict[str, Any]]:
    """What ``check`` tells of each tune of a file.

    Raises:
        InputError: the file is missing or holds no tune.
    """
    if path.suffix.lower() in MIDI:
        raise InputError(f"{path}: a performance in MIDI has no written bars to be checked; expected an ABC file")
    with uncollected():
        return [_checked(str(path), read_tune(text), line) for line, text in _tunes_of(path)]


def _checked(file: str, tune: Tune, first_line: int) -> dict[str, Any]:
    """What ``check`` tells of a tune that begins at this line of its file.

    ``bars`` are counted as musicians do, ``written_bars`` as they stand between bar lines: those that problems number.
    """
    lowest, highest = compass(tune) or (None, None)
    return {
        "file": file,
        "number": tune.number,
        "title": tune.title,
        "valid": is_valid(tune),
        "bars": whole_bars(tune),
        "written_bars": len(tune.bars),
        "form": form_of(tune),
        "lowest": pitch_name(lowest) if lowest else None,
        "highest": pitch_name(highest) if highest else None,
        "meter": tune.meter.name,
        "key": tune.key.name,
        "type": tune.type,
        "problems": [
            {
                "bar": problem.bar,
                "line": problem.position.line + first_line - 1,
                "column": problem.position.column,
                "message": problem.message,
                "severity": problem.severity,
            }
            for problem in check(tune)
        ],
    }


def compare_file(path: Path, run: Run) -> list[tuple[dict[str, Any], Originality]]:
    """How original each piece of a file is beside those that a run has learned from: file, number (of a tune) and title
    of the piece, and what was found.

    Raises:
        InputError: the file is missing, holds no music, or music of another kind than the run's.
    """
    if (path.suffix.lower() in MIDI) != (run.kind == "performance"):
        wanted = "MIDI files (.mid)" if run.kind == "performance" else "ABC files; --run names a run of performances"
        raise InputError(f"{path}: run {run.name} has learned from {run.kind}s; expected {wanted}")
    if run.kind == "performance":
        piece = _performance_of(path)
        found = measure_performance(run.performance_index, read_midi(piece.midi).notes)
        return [({"file": str(path), "title": piece.title}, found)]
    with uncollected():
        tunes = [read_tune(text) for _, text in _tunes_of(path)]
        return [
            ({"file": str(path), "number": tune.number, "title": tune.title}, measure(run.index, tune))
            for tune in tunes
        ]


class Publisher:
    """Writes pieces into a folder in several formats.

    Args:
        folder: made if it isn't there; files of the same names are replaced, others left alone.
        formats: names of renderers.
        soundfont: for ``wav``; None for the one that comes along.
        options: further ones of renderers; each is given to those that know it.
    """

    def __init__(self, folder: Path, formats: Sequence[str], soundfont: Path | None = None, **options: Any) -> None:
        self.folder = folder
        self.renderers: list[Renderer] = []
        for name in formats:
            renderer = catalogue.find("renderer", name)
            known = inspect.signature(renderer).parameters
            given = {"soundfont": soundfont, **options}.items()
            self.renderers.append(renderer(**{option: value for option, value in given if option in known}))

    def publish(self, compositions: Sequence[Composition]) -> tuple[list[list[Path]], list[str]]:
        """Writes every composition with its provenance, and a page that shows and plays them all.

        Returns:
            The files of each composition, and one message for each file that could not be written.
        """
        files, failed, exhibits = [], [], []
        for number, composition in enumerate(compositions, 1):
            stem = f"{number:02d}-{_slug(composition.piece.title)}"
            written, messages = self.render(composition.piece, stem)
            provenance = json.dumps(composition.provenance, ensure_ascii=False, indent=1)
            written.append(write_whole(self.folder / f"{stem}.json", provenance + "\n"))
            files.append(written)
            failed += messages
            exhibits.append(_exhibit(composition.piece, stem, written, composition))
        write_page(self.folder, exhibits, heading=f"New {compositions[0].piece.kind}s" if compositions else "Nothing")
        return files, failed

    def render(self, piece: Piece, stem: str) -> tuple[list[Path], list[str]]:
        """One piece in all formats: the files written, and one message for each that could not be."""
        written: list[Path] = []
        failed: list[str] = []
        for renderer in self.renderers:
            try:
                written.append(renderer(piece, self.folder / f"{stem}{renderer.suffix}"))
            except RenderingError as error:
                failed.append(f"{piece.origin}, '{piece.title}', {renderer.suffix}: {error}")
        return written, failed

    def render_all(self, pieces: Sequence[Piece], page: bool = False) -> tuple[list[Path], list[str]]:
        """Many pieces in all formats: the files written, and one message for each that could not be.

        Args:
            page: write one too that shows and plays them all.
        """
        files: list[Path] = []
        messages: list[str] = []
        exhibits = []
        for number, piece in enumerate(pieces, 1):
            stem = f"{number:02d}-{_slug(piece.title)}"
            written, failed = self.render(piece, stem)
            files += written
            messages += failed
            if page:
                exhibits.append(_exhibit(piece, stem, written))
        if page:
            files.append(write_page(self.folder, exhibits, heading="Music"))
        return files, messages


def write_gallery(folder: Path, told_of: Mapping[str, tuple[str, Mapping[str, str]]], heading: str) -> Path:
    """Writes a page that shows and plays files that lie in a folder already.

    Args:
        told_of: title and facts of each piece, by its files' name without suffix.
        heading: of the page.

    Raises:
        InputError: a piece's file is missing or can't be read.
    """
    exhibits = []
    for stem, (title, facts) in told_of.items():
        files = sorted(folder.glob(f"{stem}.*"))
        source = next((path for path in files if path.suffix in (".abc", ".mid")), folder / stem)
        exhibit = _exhibit(read_pieces(source)[0], stem, files)
        exhibit["title"], exhibit["facts"] = title, {**facts, **exhibit["facts"]}
        exhibits.append(exhibit)
    return write_page(folder, exhibits, heading=heading)


def _exhibit(piece: Piece, stem: str, written: Sequence[Path], composition: Composition | None = None) -> Exhibit:
    """A piece as the page shows it; of one that was composed, also how."""
    tune = None if piece.kind == "performance" else read_tune(piece.text)
    files = {path.suffix: path for path in written}
    facts = _facts_of_tune(tune) if tune else _facts_of_performance(piece)
    if composition:
        provenance = composition.provenance
        facts |= {"run": provenance["run"]["name"], "seed": str(provenance["wish"]["seed"])}
    return {
        "title": piece.title or "untitled",
        "stem": stem,
        "facts": facts,
        "svg": files.get(".svg"),
        "wav": files.get(".wav"),
        "mid": files.get(".mid"),
        "abc": piece.text,
        "timemap": timemap(perform(tune)) if tune and ".wav" in files else [],
        "originality": f"{told(composition.originality)}." if composition else "",
        "nearest": _nearest(tune, composition.originality, drawn=".svg" in files) if tune and composition else None,
    }


def _facts_of_tune(tune: Tune) -> dict[str, str]:
    facts = {"type": tune.type, "meter": tune.meter.name, "key": tune.key.name, "bars": str(whole_bars(tune))}
    return {name: value for name, value in facts.items() if value}


def _facts_of_performance(piece: Piece) -> dict[str, str]:
    performance = read_midi(piece.midi)
    minutes, seconds = divmod(round(performance.seconds), 60)
    return {"length": f"{minutes}:{seconds:02d}", "notes": f"{len(performance.notes.starts):,}"}


def _nearest(tune: Tune, originality: Originality, *, drawn: bool) -> Nearest | None:
    """The nearest known tune as the page shows it; with its score where others are ``drawn`` too."""
    if not originality.nearest:
        return None
    near = originality.nearest[0]
    known = read_tune(near.text)
    svg, here, there = None, list[int](), list[int]()
    if drawn:
        here, there = shared_notes(tune, known)
        with suppress(RenderingError):  # a tune may have been learned from that nobody could draw
            svg = score_svg(known)
    return {
        "title": near.title or "untitled",
        "told": near_told(near) + (" (drawn without its rhythm)." if is_outline(near.text) else "."),
        "svg": svg,
        "shared": [tune.notes()[number].identity for number in here],
        "shared_there": [known.notes()[number].identity for number in there],
    }


def compositions_json(composed: Sequence[Composition], files: Sequence[Sequence[Path]], tally: Tally) -> dict[str, Any]:
    """What ``compose --json`` prints."""
    pieces = [
        {
            "title": composition.piece.title,
            "text": composition.piece.text,
            "valid": not composition.problems,
            "problems": list(composition.problems),
            "originality": composition.originality.to_dict(),
            "provenance": composition.provenance,
            "files": [str(path) for path in own],
        }
        for composition, own in zip(composed, files, strict=True)
    ]
    provenance = composed[0].provenance
    told = {"run": provenance["run"]["name"], "seed": provenance["wish"]["seed"]}
    return {**told, "rejected": tally.rejected, "reasons": dict(tally.reasons), "pieces": pieces}


def _slug(title: str) -> str:
    """A title as a file name: letters and digits, joined by hyphens."""
    return re.sub(r"[^\w]+", "-", title.replace("'", "")).strip("-").lower()[:40].rstrip("-") or "untitled"
