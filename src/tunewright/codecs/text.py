"""Text, character by character.

Pieces are parted by a boundary: a symbol of its own, or, as the lab does, a blank line. A character outside the
table is spelled with characters of the table, ``é`` as ``#(e9)``: the model charges each of them, so what it has
never seen costs bits and not infinity.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from tunewright.contracts import Piece
from tunewright.errors import InputError
from tunewright.files import write_whole

ESCAPE_CHARACTERS = frozenset("#()0123456789abcdef")
_ESCAPED = re.compile(r"#\(([0-9a-f]{1,6})\)")


class CharacterCodec:
    """Characters to ids and back.

    Args:
        symbols: the characters, in the order of their ids.
        boundary: ``"symbol"`` parts pieces by one more symbol; ``"blank line"`` by an empty line, as the lab does.
    """

    unit = "character"

    def __init__(self, symbols: str, boundary: Literal["symbol", "blank line"] = "symbol") -> None:
        self.symbols = symbols
        self.boundary_kind = boundary
        self._ids = {character: number for number, character in enumerate(symbols)}
        missing = ESCAPE_CHARACTERS - self._ids.keys()
        if missing or (boundary == "blank line" and "\n" not in self._ids):
            raise InputError(
                f"a character table needs {''.join(sorted(missing))!r} and newline to spell unknown characters"
            )
        own_symbol = boundary == "symbol"
        self.size = len(symbols) + own_symbol
        self.boundary: tuple[int, ...] = (len(symbols),) if own_symbol else (self._ids["\n"],) * 2

    @classmethod
    def fit(cls, texts: Sequence[str], *, boundary: Literal["symbol", "blank line"] = "symbol") -> Self:
        """A table of all characters in these texts, in code point order, and those the escape needs."""
        return cls("".join(sorted(set().union(*texts, ESCAPE_CHARACTERS, "\n"))), boundary)

    def encode_text(self, text: str) -> NDArray[np.int64]:
        """Ids of any text, shape (symbols,)."""
        spelled = text.replace("#(", "#(23)(")
        spelled = "".join(c if c in self._ids else f"#({ord(c):x})" for c in spelled)
        return np.array([self._ids[character] for character in spelled], dtype=np.int64)

    def decode_text(self, ids: Sequence[int]) -> str:
        """The text that ids spell; boundary symbols spell nothing."""
        spelled = "".join(self.symbols[i] for i in ids if i < len(self.symbols))
        return _ESCAPED.sub(lambda match: _character(match), spelled)

    def encode(self, piece: Piece) -> NDArray[np.int64]:
        return self.encode_text(piece.text)

    def decode(self, ids: Sequence[int], origin: str = "") -> Piece:
        return Piece(title="", text=self.decode_text(ids), origin=origin)

    def spellings(self) -> list[str]:
        return [*self.symbols, *[""] * (self.size - len(self.symbols))]

    def units(self, piece: Piece) -> int:
        return len(piece.text)

    def save(self, path: Path) -> None:
        table = {"codec": "characters", "boundary": self.boundary_kind, "symbols": self.symbols}
        write_whole(path, json.dumps(table, ensure_ascii=False, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        table = json.loads(path.read_text(encoding="utf-8"))
        return cls(table["symbols"], table["boundary"])


def _character(match: re.Match[str]) -> str:
    number = int(match.group(1), 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else match.group(0)
