"""What notebooks of the course work on, and how they show it: tunes, scores, sound."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tunewright.compose import compose
from tunewright.contracts import Piece
from tunewright.corpora.split import split_pieces
from tunewright.errors import CorpusError
from tunewright.music.performance import Performance
from tunewright.music.pieces import piece_of
from tunewright.music.reader import read_tune
from tunewright.notebooks import displays
from tunewright.rendering.inline import inlined
from tunewright.rendering.played import Played, midi_performance, played
from tunewright.rendering.roll_image import roll_svg
from tunewright.rendering.score import SvgRenderer
from tunewright.rendering.sound import halved, wav
from tunewright.run import find_corpus
from tunewright.settings import CorpusSettings, Settings
from tunewright.wish import Wish

COMPOSED = 400
"""Tunes that stand in where the book can't be had."""
ROLL_WIDTH = 1100
"""Of the picture of a performance, in pixels: enough for some 16 seconds in a row."""


@dataclass(frozen=True)
class Book:
    """Tunes to learn from.

    Attributes:
        tunes: their ABC.
        is_real: whether they are the Irish tunes of the MIT lab; if not, the built-in run has composed them.
    """

    tunes: tuple[str, ...]
    is_real: bool

    @property
    def text(self) -> str:
        """All of them, with an empty line between two."""
        return "\n\n".join(self.tunes)

    def split(self) -> tuple[list[Piece], list[Piece]]:
        """Tunes to learn from, and some tenth that is held out; near-duplicates are on the same side."""
        pieces = [piece_of(abc, "", "") for abc in self.tunes]
        parts = split_pieces(pieces)
        return parts.select(pieces, "training"), parts.select(pieces, "validation")


@cache
def irish_tunes() -> Book:
    """The Irish tunes of the MIT lab, found or fetched; without them and without a network, as many as would do to
    learn from that the built-in run composes.
    """
    try:
        corpus = find_corpus(Settings(corpus=CorpusSettings(name="irish")))
        return Book(tuple(piece.text for piece in corpus.pieces), True)
    except CorpusError:
        return Book(tuple(one.piece.text for one in compose(wish=Wish(seed=1), count=COMPOSED)), False)


def show(music: str | Piece, *, sound: bool = True) -> None:
    """Shows music in a notebook: the score of a tune or the roll of a performance, and a player.

    Args:
        music: the ABC of a tune, or a piece.
        sound: with a player.

    Raises:
        InputError: it is no tune that can be read.
        RenderingError: it is a performance without notes, or whose MIDI can't be read.
        MissingExtraError: there is no IPython.
    """
    display = displays()
    piece = Piece(read_tune(music).title, music, "") if isinstance(music, str) else music
    is_played = piece.kind == "performance"
    drawn = roll_svg(midi_performance(piece), piece.title, width=ROLL_WIDTH) if is_played else _score(piece)
    title = piece.title or "♪"
    parts = [f'<figure role="img" aria-label="{html.escape(title)}" style="margin:0;max-width:50em;background:#fff">']
    parts.append(inlined(drawn, f"t{abs(hash(drawn))}-") + "</figure>")
    if sound:
        parts.append(player(played(piece), html.escape(title)))
    display.display({"text/html": "".join(parts), "text/plain": piece.text or title}, raw=True)


def _score(tune: Piece) -> str:
    """As SVG."""
    with TemporaryDirectory() as folder:
        return SvgRenderer()(tune, Path(folder) / "tune.svg").read_text(encoding="utf-8")


def player(heard: Performance | Played, title: str) -> str:
    """A player of what is heard as HTML, with its recording inside.

    Args:
        title: what it is called, as HTML.
    """
    recorded = base64.b64encode(halved(wav(heard))).decode()
    return f'<audio controls aria-label="{title}" src="data:audio/wav;base64,{recorded}"></audio>'
