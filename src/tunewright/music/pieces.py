"""A tune's text as a piece, with what its header tells."""

from __future__ import annotations

from tunewright.contracts import Piece
from tunewright.music.reader import read_tune


def piece_of(text: str, origin: str, licence: str = "") -> Piece:
    """The piece that an ABC text is."""
    tune = read_tune(text)
    return Piece(tune.title, text, origin, tune.type, tune.meter.name, tune.key.name, licence)
