"""Tunes' texts as pieces, with what their headers tell; raw as they are found, or in the form that we write."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from tunewright.contracts import Corpus, Piece, Skipped
from tunewright.errors import InputError
from tunewright.music.fields import split_tunes
from tunewright.music.fingerprint import fingerprint
from tunewright.music.performance import perform
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune
from tunewright.music.writer import write


def piece_of(text: str, origin: str, licence: str = "", original: str = "") -> Piece:
    """The piece that an ABC text is; ``original`` where it was found in another form."""
    tune = read_tune(text)
    return Piece(tune.title, text, origin, tune.type, tune.meter.name, tune.key.name, licence, original)


def fingerprint_piece(piece: Piece) -> list[str]:
    """The fingerprint of a piece as it was found, by which its near-duplicates are known.

    Raises:
        InputError: it is a performance whose MIDI can't be read.
    """
    if piece.kind == "tune":
        return fingerprint(read_tune(piece.found))
    from tunewright.music.midi import read_midi
    from tunewright.music.performance_fingerprint import fingerprint_performance

    return fingerprint_performance(read_midi(piece.midi).notes)


@contextmanager
def uncollected() -> Iterator[None]:
    """Puts off the collection of circular garbage while a great many tunes are read.

    A tune is thousands of small objects that stay and point in no circle: looking them through again and again takes
    a third of the time, and finds nothing.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def find_pieces(text: str, file: str, licence: str = "") -> tuple[list[Piece], list[Skipped]]:
    """Every tune of an ABC text, and what could not be read; each with the file's name and its first line as origin."""
    pieces, skipped = [], []
    with uncollected():
        for line, tune_text in split_tunes(text):
            origin = f"{file}, line {line}"
            reason = _unreadable(read_tune(tune_text))
            if reason:
                skipped.append(Skipped(origin, reason))
            else:
                pieces.append(piece_of(tune_text, origin, licence))
    return pieces, skipped


def numbered(text: str, number: int) -> str:
    """A tune's text with this number, whether it had one or not."""
    return f"X:{number}\n" + re.sub(r"\AX:.*\n?", "", text)


def house_text(text: str, number: int = 1) -> str:
    """A tune's house form, as :func:`write` gives it.

    Raises:
        InputError: what was written doesn't sound the same.
    """
    tune = read_tune(text)
    written = write(tune, number)
    # The same text is the same music, and that of a run that has learned house form mostly is.
    if written != numbered(text, number) and _music(read_tune(written)) != _music(tune):
        raise InputError("its house form would be other music")
    return written


def in_form(corpus: Corpus, form: str) -> Corpus:
    """A corpus of tunes ``"raw"``, as it was opened, or in ``"house"`` form.

    In house form every tune has the number 1: the number says nothing of the music. A tune that can't be written is
    skipped and told.

    Raises:
        SettingsError: the corpus can't be read in that form.
    """
    if form == corpus.form:
        return corpus
    with uncollected():
        return corpus.rewritten(form, _in_house_form)


def _in_house_form(piece: Piece) -> Piece | Skipped:
    try:
        text = house_text(piece.text)
    except InputError as error:
        return Skipped(piece.origin, str(error))
    return piece_of(text, piece.origin, piece.licence, original=piece.text)


def _music(tune: Tune) -> list[tuple[Fraction, Fraction, int]]:
    """When each note of the performance begins, how long it lasts and its pitch."""
    return [(note.start, note.duration, note.pitch) for note in perform(tune).notes]


def _unreadable(tune: Tune) -> str:
    """Why a tune has no header that can be read, or no notes; empty if it has. A wrong bar is no reason."""
    if problems := [problem.message for problem in tune.problems if problem.severity == "error" and problem.bar == 0]:
        return problems[0]
    return "no notes" if all(bar.is_silent for bar in tune.bars) else ""
