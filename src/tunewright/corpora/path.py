"""A user's own tunes: one ``.abc`` file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tunewright.contracts import Corpus, Piece, Skipped
from tunewright.errors import CorpusError
from tunewright.music.fields import split_tunes
from tunewright.music.reader import read_tune


def open_path(path: Path) -> Corpus:
    """Reads every tune of an ABC file; those without music or without a key are skipped and told.

    Raises:
        CorpusError: the file is missing, is no ABC, or holds no tune that can be read.
    """
    if not path.is_file():
        raise CorpusError(f"{path}: no such file; expected the path of an .abc file")
    content = path.read_bytes()
    pieces, skipped = [], []
    for line, text in split_tunes(decode(content).replace("\r\n", "\n")):
        origin = f"{path.name}, line {line}"
        tune = read_tune(text, line)
        unread = [problem.message for problem in tune.problems if problem.bar == 0]
        if unread or not any(note.pitches for note in tune.notes()):
            skipped.append(Skipped(origin, unread[0] if unread else "no notes"))
            continue
        pieces.append(Piece(tune.title, text, origin, type=tune.type, meter=tune.meter.name, key=tune.key.name))
    if not pieces:
        reason = (
            f"; the first of {len(skipped)} skipped: {skipped[0].reason}" if skipped else " (a tune begins with X:)"
        )
        raise CorpusError(f"{path}: no tune that can be read{reason}")
    digest = hashlib.sha256(content).hexdigest()
    return Corpus(str(path), str(path), "as its owner says", digest, tuple(pieces), tuple(skipped))


def decode(content: bytes) -> str:
    """UTF-8 with or without a byte order mark, else Latin-1, in which every byte means something."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
