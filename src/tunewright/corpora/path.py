"""A user's own tunes: one ``.abc`` file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tunewright.contracts import Corpus, Skipped
from tunewright.errors import CorpusError
from tunewright.music.fields import split_tunes
from tunewright.music.pieces import piece_of
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
    for line, text in split_tunes(decode(content)):
        origin = f"{path.name}, line {line}"
        tune = read_tune(text, line)
        unread = [problem.message for problem in tune.problems if problem.bar == 0]
        if unread or not any(note.pitches for note in tune.notes()):
            skipped.append(Skipped(origin, unread[0] if unread else "no notes"))
            continue
        pieces.append(piece_of(text, origin))
    if not pieces:
        reason = (
            f"; the first of {len(skipped)} skipped: {skipped[0].reason}" if skipped else " (a tune begins with X:)"
        )
        raise CorpusError(f"{path}: no tune that can be read{reason}")
    digest = hashlib.sha256(content).hexdigest()
    return Corpus(str(path), str(path), "as its owner says", digest, tuple(pieces), tuple(skipped))


def decode(content: bytes) -> str:
    """Text of a file in UTF-8 or UTF-16 (by its byte order mark) or else Windows-1252, its line ends all newlines."""
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        # The few bytes that Windows-1252 leaves open are no letters of any title.
        text = content.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")
