"""Text as symbols, and character by character.

Pieces are parted by a boundary: a symbol of its own, or, as the lab does, a blank line. A character outside the
table is spelled with characters of the table, ``é`` as ``#(e9)``: the model charges each of them, so what it has
never seen costs bits and not infinity.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from tunewright.contracts import Piece
from tunewright.errors import InputError
from tunewright.files import write_whole

ESCAPE_CHARACTERS = frozenset("#()0123456789abcdef")
_ESCAPED = re.compile(r"#\(([0-9a-f]{1,6})\)")

Boundary = Literal["symbol", "blank line"]


class TextCodec(ABC):
    """Text to ids and back, without loss: each symbol spells a stretch of text, and all of them together the piece.

    Args:
        symbols: what each spells, in the order of their ids: single characters, and longer ones.
        boundary: ``"symbol"`` parts pieces by one more symbol; ``"blank line"`` by an empty line, as the lab does.

    Raises:
        InputError: some character that the escape needs is no symbol.
    """

    unit = "character"
    kind = "tune"
    name: str
    """In the catalogue."""

    def __init__(self, symbols: Sequence[str], boundary: Boundary = "symbol") -> None:
        self.symbols = symbols
        self.boundary_kind = boundary
        self._ids = {text: number for number, text in enumerate(symbols)}
        missing = ESCAPE_CHARACTERS - self._ids.keys()
        if missing or (boundary == "blank line" and "\n" not in self._ids):
            raise InputError(
                f"a character table needs {''.join(sorted(missing))!r} and newline to spell unknown characters"
            )
        own_symbol = boundary == "symbol"
        self.size = len(symbols) + own_symbol
        self.boundary: tuple[int, ...] = (len(symbols),) if own_symbol else (self._ids["\n"],) * 2

    @abstractmethod
    def cut(self, text: str) -> Iterable[str]:
        """A text as stretches, each a symbol or else to be spelled character by character."""
        ...

    def encode_text(self, text: str) -> NDArray[np.int64]:
        """Ids of any text, shape (symbols,)."""
        spelled = text.replace("#(", "#(23)(")
        spelled = "".join(c if c in self._ids else f"#({ord(c):x})" for c in spelled)
        ids = self._ids
        found = [ids[one] for part in self.cut(spelled) for one in ((part,) if part in ids else part)]
        return np.array(found, dtype=np.int64)

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

    def names(self) -> list[str]:
        return self.spellings()

    def units(self, piece: Piece) -> int:
        return len(piece.text)

    def save(self, path: Path) -> None:
        table = {"codec": self.name, "boundary": self.boundary_kind, "symbols": self.symbols}
        write_whole(path, json.dumps(table, ensure_ascii=False, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        table = json.loads(path.read_text(encoding="utf-8"))
        return cls(table["symbols"], table["boundary"])


class CharacterCodec(TextCodec):
    """Characters to ids and back; ``symbols`` are the characters, in the order of their ids."""

    name = "characters"
    symbols: str

    @classmethod
    def fit(cls, pieces: Sequence[Piece], *, boundary: Boundary = "symbol") -> Self:
        """A table of all characters in these pieces, in code point order, and those the escape needs."""
        return cls("".join(characters_of(pieces)), boundary)

    def cut(self, text: str) -> Iterable[str]:
        return text


def characters_of(pieces: Sequence[Piece]) -> list[str]:
    """All characters in these pieces and those that the escape needs, in code point order."""
    return sorted(set().union(*(piece.text for piece in pieces), ESCAPE_CHARACTERS, "\n"))


def _character(match: re.Match[str]) -> str:
    number = int(match.group(1), 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else match.group(0)
