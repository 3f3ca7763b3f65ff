"""Where in a tune the bits are: what each character of its ABC costs, and what each field of it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunewright.contracts import Codec, Piece
from tunewright.evaluation.likelihood import Floats
from tunewright.music.fields import read_header, type_of

END = "end"
FIELDS = ("number", "title", "type", "meter", "unit length", "key", "other header", "body", END)
"""Of a tune: its header's lines by what they tell, all that follows the header, and the end, which is no character."""

_LETTERS = {"X": "number", "T": "title", "M": "meter", "L": "unit length", "K": "key", "R": "type"}


@dataclass(frozen=True)
class FieldCost:
    """What one field costs in each tune.

    Attributes:
        units: its characters in each tune, their newlines included, (tunes,); of the end there is one in each.
        nats: (tunes,).
    """

    units: NDArray[np.int64]
    nats: Floats


def nats_per_character(codec: Codec, piece: Piece, nats: Floats) -> Floats:
    """What each character of a piece costs, and its end.

    A symbol's nats are shared evenly by the characters that it spells; those that spell an escape are charged to the
    character they stand for.

    Args:
        codec: of text.
        nats: of the piece's symbols and of the boundary after them, (symbols + boundary,).

    Returns:
        (characters + 1,), the end last; the sum is that of ``nats``.
    """
    ids = codec.encode(piece)
    spellings = codec.spellings()
    lengths = np.array([len(spellings[number]) for number in ids], dtype=np.int64)
    spelled = "".join(spellings[number] for number in ids)
    owners = np.repeat(np.arange(len(piece.text)), _spelled_lengths(codec, piece.text, spelled))
    shares = np.repeat(nats[: len(ids)] / np.maximum(lengths, 1), np.maximum(lengths, 1))
    return np.append(np.bincount(owners, shares, len(piece.text)), nats[len(ids) :].sum())


def _spelled_lengths(codec: Codec, text: str, spelled: str) -> list[int]:
    """How many characters of a text's spelling stand for each character of the text: more than one for an escape."""
    if spelled == text:
        return [1] * len(text)
    spellings = codec.spellings()

    def length(part: str) -> int:
        return sum(len(spellings[number]) for number in codec.encode(Piece("", part, "")))

    # Whether a character is escaped may depend on the next one: one that begins an escape must not be read as such.
    pairs = {text[at : at + 2] for at in range(len(text))}
    lengths = {pair: length(pair) - length(pair[1:]) for pair in pairs}
    return [lengths[text[at : at + 2]] for at in range(len(text))]


def fields_of(text: str) -> list[str]:
    """The field of each character of a tune, out of :data:`FIELDS`; a line's newline belongs to it."""
    lines = text.split("\n")
    header = read_header(lines)
    names = {
        line: _LETTERS[letter] for letter, found in header.values.items() if letter in _LETTERS for _, line in found
    }
    if "R" not in header.values and type_of(header):
        names[header.values["Z"][0][1]] = "type"  # named in a transcriber's id
    found: list[str] = []
    for number, line in enumerate(lines, 1):
        name = names.get(number, "other header") if number <= header.lines else "body"
        found += [name] * (len(line) + 1)
    return found[:-1]


def costs_of_fields(pieces: Sequence[Piece], nats: Sequence[Floats]) -> dict[str, FieldCost]:
    """What each field costs in each tune, in the order of :data:`FIELDS`; only fields that occur.

    Args:
        nats: of each piece, as :func:`nats_per_character` gives them.
    """
    units = np.zeros((len(FIELDS), len(pieces)), dtype=np.int64)
    costs = np.zeros((len(FIELDS), len(pieces)))
    numbers = {name: number for number, name in enumerate(FIELDS)}
    for column, (piece, own) in enumerate(zip(pieces, nats, strict=True)):
        rows = [numbers[name] for name in [*fields_of(piece.text), END]]
        units[:, column] = np.bincount(rows, minlength=len(FIELDS))
        costs[:, column] = np.bincount(rows, own, len(FIELDS))
    return {name: FieldCost(units[row], costs[row]) for name, row in numbers.items() if units[row].any()}
