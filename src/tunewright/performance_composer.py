"""What composing performances needs: how long they are, what they go on from, and their MIDI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tunewright.composer import Composer, Composition
from tunewright.contracts import Constraint, Piece
from tunewright.decoding.drawing import Finished
from tunewright.decoding.midi_grammar import MidiGrammar
from tunewright.decoding.midi_length import Length, parse_length
from tunewright.decoding.unconstrained import Unconstrained
from tunewright.errors import DecodingError, InputError
from tunewright.evaluation.performance_originality import measure
from tunewright.music.midi import Notes, read_midi, sounding, write_midi
from tunewright.music.ranges import parse_range
from tunewright.run import Run
from tunewright.wish import OF_TUNES, Wish

USUAL_LENGTH = "60 seconds"
SYMBOLS_PER = {"events": 1, "notes": 8, "seconds": 200}
"""A performance has no more symbols than this for each unit of its length; MAESTRO's have 4 a note, 35 a second."""
USUAL_SYMBOLS_PER = {"events": 1, "notes": 5, "seconds": 50}
"""So many are drawn where nothing but their number brings a performance to its end."""
LONGEST = 500_000
"""Symbols of a performance; some hours."""
LONGEST_PRIMER = 20_000
"""Symbols."""
LETTING_GO = 100
"""Symbols that it takes to let go what sounds at the end, at most."""
NOTHING = Notes(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
"""No notes at all."""


class PerformanceComposer(Composer):
    """A run that composes performances, made ready for one wish."""

    def __init__(self, run: Run, wish: Wish) -> None:
        wish.refuse(OF_TUNES, run.name, run.kind)
        codec: Any = run.codec
        self._has_grammar: bool = codec.has_grammar and not wish.free
        if not codec.has_grammar and (wish.range or wish.polyphony):
            raise DecodingError(
                f"run {run.name} spells performances as {codec.name} does; nothing keeps its symbols within --range or "
                "--polyphony yet: leave them out"
            )
        self.length = _length(wish)
        prompt = _encoded(run, wish)
        primer = _decoded(run, prompt)
        self.given = len(primer.starts)
        """Notes at the beginning of a performance that the primer has given."""
        constraint: Constraint = Unconstrained(prompt)
        if self._has_grammar:
            constraint = _grammar(wish, prompt, _beyond(primer, prompt, self.length))
        super().__init__(run, wish, constraint)

    @property
    def is_free(self) -> bool:
        return not self._has_grammar

    @property
    def ahead(self) -> int:
        """None: where nothing is wrong that an attempt could fail by, the first one mostly stands."""
        return 0

    def _longest(self) -> int:
        each = USUAL_SYMBOLS_PER if self.is_free else SYMBOLS_PER
        least = 0 if self.is_free else LETTING_GO
        return len(self.table.constraint.prompt) + int(self.length.count * each[self.length.unit]) + least

    def _fault(self, finished: Finished) -> str:
        if not finished.complete and not self.is_free:
            return "no end"
        return "" if len(self._notes(finished).starts) > self.given else "no notes"

    def _notes(self, finished: Finished) -> Notes:
        """What was drawn, as notes as long as they sound; where nothing else kept it to its length, cut off there."""
        notes = _decoded(self.run, finished.ids)
        return cut(notes, self.given, self.length) if self.is_free else notes

    def composition(self, finished: Finished) -> Composition:
        """What was drawn, as a piece, numbered by its place."""
        number = finished.draw.piece
        title = f"{self.run.name}, seed {self.wish.seed}, no. {number + 1}"
        notes = self._notes(finished)
        origin = f"run {self.run.name}, seed {self.wish.seed}, piece {number}"
        piece = Piece(title, "", origin, kind="performance", midi=write_midi(notes, title=title))
        originality = measure(self.run.performance_index, notes, self.given)
        return Composition(piece, self._provenance(finished, piece, originality, list(finished.ids)), originality)


def _length(wish: Wish) -> Length:
    """How long a performance is wished.

    Raises:
        DecodingError: longer than any is made.
    """
    length = parse_length(wish.length or USUAL_LENGTH)
    if length.count * USUAL_SYMBOLS_PER[length.unit] > LONGEST:
        most = LONGEST // USUAL_SYMBOLS_PER[length.unit]
        raise DecodingError(f"--length '{wish.length}': expected at most {most:,} {length.unit}")
    return length


def _decoded(run: Run, ids: Sequence[int]) -> Notes:
    """What symbols spell, as notes as long as they sound."""
    try:
        return sounding(read_midi(run.codec.decode(ids).midi)) if ids else NOTHING
    except InputError:
        return NOTHING


def _primer(wish: Wish) -> Notes:
    """The notes that a performance goes on from; none where there is no primer.

    Raises:
        DecodingError: the file can't be read.
    """
    if not wish.primer:
        return NOTHING
    try:
        notes = sounding(read_midi(Path(wish.primer).read_bytes()))
    except OSError as error:
        raise DecodingError(f"--primer {wish.primer}: {error.strerror or error}") from None
    except InputError as error:
        raise DecodingError(f"--primer {wish.primer}: {error}") from None
    if not wish.primer_seconds:
        return notes
    begun = notes.starts < wish.primer_seconds
    if not begun.any():
        raise DecodingError(f"--primer-seconds {wish.primer_seconds:g}: no note of {wish.primer} begins before that")
    kept = notes.select(begun)
    return kept._replace(ends=np.minimum(kept.ends, wish.primer_seconds))


def _encoded(run: Run, wish: Wish) -> tuple[int, ...]:
    """The primer's symbols.

    Raises:
        DecodingError: the primer can't be read, or has too many.
    """
    primer = _primer(wish)
    if not len(primer.starts):
        return ()
    ids = run.codec.encode(Piece("", "", wish.primer, kind="performance", midi=write_midi(primer))).tolist()
    if len(ids) > LONGEST_PRIMER:
        raise DecodingError(
            f"--primer {wish.primer} has {len(ids):,} symbols; expected at most {LONGEST_PRIMER:,}: "
            "--primer-seconds 30 reads its beginning alone"
        )
    return tuple(ids)


def _grammar(wish: Wish, prompt: Sequence[int], length: Length) -> MidiGrammar:
    """What keeps events in an order that can be played, within what is wished."""
    limits: dict[str, int] = {}
    if wish.range:
        pitches = parse_range(wish.range)
        limits.update(lowest=pitches.lowest, highest=pitches.highest)
    if wish.polyphony:
        limits.update(polyphony=wish.polyphony)
    return MidiGrammar(length=length, prompt=prompt, **limits)


def _beyond(primer: Notes, prompt: Sequence[int], length: Length) -> Length:
    """The length of a whole performance that is to be so long beyond its primer."""
    given = {"events": len(prompt), "notes": len(primer.starts), "seconds": float(primer.ends.max(initial=0.0))}
    return Length(length.count + given[length.unit], length.unit)


def cut(notes: Notes, given: int, length: Length) -> Notes:
    """Notes of which no more are kept beyond the given ones than make up a length."""
    if length.unit == "events":
        return notes
    if length.unit == "notes":
        return notes.select(slice(given + int(length.count)))
    begun = notes.ends[:given].max(initial=0.0)
    kept = notes.select(notes.starts < begun + length.count)
    return kept._replace(ends=np.minimum(kept.ends, begun + length.count))
