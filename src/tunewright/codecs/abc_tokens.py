"""ABC by its own words: one symbol for a note with its length, a bar line, a line of the header, a word of a title.

About two thirds as many symbols as characters, and a window of a model reaches as much further. A beam's space belongs
to the note after it, so that most notes are one symbol. What the table doesn't hold, such as a length that training
never showed, is spelled character by character; so any text goes through, and comes back to the letter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Self

from pydantic import Field

from tunewright.codecs.text import Boundary, TextCodec, characters_of
from tunewright.contracts import Piece
from tunewright.music.lexer import LENGTH, PITCH

_NOTE = rf"[ ]?(?:{PITCH}|[zx]){LENGTH}"
_MUSIC = re.compile(
    rf"""{_NOTE}
  | (?::*\|[|\]:]*|::+|\[(?=\d))(?:\d(?![\d/])|!(?=\n))?  # a bar line with an ending's number or the ! that ends a line
  | \(\d(?::\d*)*
  | "[^"\n]*" | ![^!\s]+! | \{{[^{{}}\n]*\}}
  | .""",
    re.VERBOSE | re.DOTALL,
)
_HEADER = re.compile(r"\n?[A-Za-z]:[^\n]*|\n?[^\n]+|\n")
_KEY_LINE = re.compile(r"^K:.*", re.MULTILINE)
_FIELD = re.compile(r"\n?[A-Za-z]:[ \t]*")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*[ ]?|.", re.DOTALL)
_NUMBERED = re.compile(r"\D+|\d")


class AbcTokenCodec(TextCodec):
    """ABC tokens to ids and back; ``symbols`` are all characters, then the longer tokens."""

    name = "abc_tokens"
    symbols: list[str]

    @classmethod
    def fit(
        cls, pieces: Sequence[Piece], *, fewest: Annotated[int, Field(ge=1)] = 3, boundary: Boundary = "symbol"
    ) -> Self:
        """A table of the characters of these pieces and of the tokens that stand in them.

        Args:
            fewest: occurrences that make a token a symbol; what is rarer can't be learned as a whole.
            boundary: as for :class:`TextCodec`.
        """
        counts = Counter(token for piece in pieces for token in tokens(piece.text))
        longer = sorted(token for token, count in counts.items() if len(token) > 1 and count >= fewest)
        return cls([*characters_of(pieces), *longer], boundary)

    def cut(self, text: str) -> Iterator[str]:
        return tokens(text)


def tokens(text: str) -> Iterator[str]:
    """A text cut into the words of ABC; joined they are the text, whatever it is.

    A line of the header is one word with the newline before it, but for titles, which are cut into field and words, and
    lines that number something, which are cut into what stands around the digits, and these.
    """
    key = _KEY_LINE.search(text)
    music = key.end() if key else 0
    for line in _HEADER.findall(text, 0, music):
        field = _FIELD.match(line)
        if field and field[0].strip()[0] in "XZ":
            yield from _NUMBERED.findall(line)
        elif field and field[0].strip()[0] == "T":
            yield field[0]
            yield from _WORD.findall(line, field.end())
        else:
            yield line
    yield from _MUSIC.findall(text, music)
