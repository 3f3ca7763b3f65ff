"""Real performances to be listened to beside composed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tunewright.contracts import Piece
from tunewright.decoding.midi_length import Length
from tunewright.music.midi import read_midi, sounding, write_midi
from tunewright.performance_composer import cut


def openings(composed: Sequence[Piece], pieces: Sequence[Piece], codec: Any) -> list[Piece]:
    """The beginning of a real performance for each composed one, which is a beginning too, cut off at its length.

    They have gone through the codec, so that no finer time or loudness tells them apart. No two are of one title,
    unless there are too few.

    Args:
        composed: performances.
        pieces: real ones; the first of each title are taken.
        codec: of the run that has composed.
    """
    by_title = list({piece.title: piece for piece in reversed(pieces)}.values())[::-1]
    others = [piece for piece in pieces if piece not in by_title]
    pairs = zip(composed, [*by_title, *others], strict=False)
    return [_opening(piece, read_midi(one.midi).seconds, codec) for one, piece in pairs]


def _opening(piece: Piece, seconds: float, codec: Any) -> Piece:
    notes = cut(codec.decode_notes(codec.encode_notes(sounding(read_midi(piece.midi)))), 0, Length(seconds, "seconds"))
    return replace(piece, midi=write_midi(notes))
