"""Performances as the tokens of MidiTok: REMI (Huang and Yang 2020) and TSD (Fradet et al. 2021).

Both tell of each note its pitch, velocity and duration; REMI places it in a bar, TSD after what came before. A
performance has no bars of its own: here a quarter note is half a second, and a bar two seconds. Starts are rounded to
10 ms; durations to 10 ms up to half a second, 50 ms up to 4 s and 250 ms up to 20 s, which is the longest. As with our
own events, the pedal is folded into the ends of notes.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tunewright.contracts import Piece
from tunewright.errors import InputError, MissingExtraError
from tunewright.files import write_whole
from tunewright.music.midi import Notes, in_order, read_midi, sounding, write_midi

SECONDS_PER_QUARTER = 0.5
DURATIONS = {(0, 1): 50, (1, 8): 10, (8, 40): 2}
"""Steps per quarter note, of half a second, for durations between so many quarter notes."""
VELOCITIES = 32


class MidiTokCodec(ABC):
    """Performances to MidiTok's tokens and back.

    Raises:
        MissingExtraError: MidiTok is not installed.
    """

    unit = "note"
    kind = "performance"
    has_grammar = False
    name: str
    """In the catalogue."""

    def __init__(self) -> None:
        try:
            import miditok
        except ImportError:
            raise MissingExtraError("REMI and TSD tokens", "miditok") from None
        settings = miditok.TokenizerConfig(
            pitch_range=(0, 127),
            beat_res=DURATIONS,
            num_velocities=VELOCITIES,
            special_tokens=["PAD"],
            use_pitchdrum_tokens=False,
            use_time_signatures=False,
            use_tempos=False,
        )
        self._tokenizer = self.tokenizer(miditok, settings)
        self.vocabulary: list[str] = sorted(self._tokenizer.vocab, key=self._tokenizer.vocab.get)
        self.size = len(self.vocabulary) + 1
        self.boundary = (len(self.vocabulary),)

    @staticmethod
    @abstractmethod
    def tokenizer(miditok: Any, settings: Any) -> Any:
        """MidiTok's tokenizer of this kind."""
        ...

    @classmethod
    def fit(cls, pieces: Sequence[Piece]) -> Self:
        """The codec; its tokens are the same whatever the pieces."""
        return cls()

    def encode(self, piece: Piece) -> NDArray[np.int64]:
        """Ids of the tokens of a performance, shape (tokens,).

        Raises:
            InputError: the piece's MIDI can't be read.
        """
        return self.encode_notes(sounding(read_midi(piece.midi)))

    def encode_notes(self, notes: Notes) -> NDArray[np.int64]:
        """Ids of the tokens of notes as they sound, shape (tokens,)."""
        from symusic import Score

        if not len(notes.starts):
            return np.zeros(0, dtype=np.int64)
        [tokens] = self._tokenizer.encode(Score.from_midi(write_midi(notes)))  # our own bytes, which crash nothing
        return np.array(tokens.ids, dtype=np.int64)

    def decode(self, ids: Sequence[int], origin: str = "") -> Piece:
        return Piece(title="", text="", origin=origin, kind=self.kind, midi=write_midi(self.decode_notes(ids)))

    def decode_notes(self, ids: Sequence[int] | NDArray[np.int64]) -> Notes:
        """The notes that tokens spell, as long as they tell, so that some may last beyond the next of their pitch."""
        score = self._tokenizer.decode([[int(one) for one in ids if one < len(self.vocabulary)]])
        ticks_per_second = score.ticks_per_quarter / SECONDS_PER_QUARTER
        columns = [track.notes.numpy() for track in score.tracks]
        starts, durations, pitches, velocities = (
            np.concatenate([np.zeros(0), *(column[name] for column in columns)])
            for name in ("time", "duration", "pitch", "velocity")
        )
        seconds = (starts / ticks_per_second, (starts + durations) / ticks_per_second)
        return in_order(Notes(*seconds, pitches.astype(np.int64), velocities.astype(np.int64)))

    def spellings(self) -> list[str]:
        """Empty for all: tokens spell no text."""
        return [""] * self.size

    def names(self) -> list[str]:
        """Tokens as MidiTok calls them."""
        return [*self.vocabulary, ""]

    def units(self, piece: Piece) -> int:
        """Number of notes that the tokens tell."""
        return self.notes(piece)

    def notes(self, piece: Piece) -> int:
        """Number of notes that the tokens tell."""
        pitches = [number for number, token in enumerate(self.vocabulary) if token.startswith("Pitch_")]
        return int(np.isin(self.encode(piece), pitches).sum())

    def save(self, path: Path) -> None:
        table = {"codec": self.name, "vocabulary": self.vocabulary}
        write_whole(path, json.dumps(table, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what :meth:`save` wrote.

        Raises:
            InputError: the installed MidiTok has another vocabulary than the one that wrote it.
        """
        codec = cls()
        if json.loads(path.read_text(encoding="utf-8"))["vocabulary"] != codec.vocabulary:
            raise InputError(f"{path} was written with another version of miditok, whose tokens are others")
        return codec


class Remi(MidiTokCodec):
    """Bars, positions in them, pitches, velocities and durations."""

    name = "remi"

    @staticmethod
    def tokenizer(miditok: Any, settings: Any) -> Any:
        return miditok.REMI(settings)


class Tsd(MidiTokCodec):
    """Shifts of time, pitches, velocities and durations."""

    name = "tsd"

    @staticmethod
    def tokenizer(miditok: Any, settings: Any) -> Any:
        return miditok.TSD(settings)
