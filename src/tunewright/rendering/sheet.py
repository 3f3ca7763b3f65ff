"""The tune itself, as an ABC file."""

from __future__ import annotations

from pathlib import Path

from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.files import write_whole


class AbcRenderer:
    """Writes the ABC as it is, with the newline that a text file ends with."""

    suffix = ".abc"

    def __call__(self, piece: Piece, path: Path) -> Path:
        """Writes ``path``.

        Raises:
            RenderingError: the piece is a performance, which has no ABC.
        """
        if piece.kind == "performance":
            raise RenderingError("a performance has no ABC; expected mid, wav, svg, png, musicxml or pdf")
        return write_whole(path, piece.text + "\n")
