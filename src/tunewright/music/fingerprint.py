"""What stays of a tune when key, rhythm and ornaments are taken away, and who is a near-duplicate of whom.

A tune is read twice. Its *melody* is every note: blind to transposition (intervals, not pitches), to rhythm (lengths
are dropped) and to repeated notes (an interval of 0 is dropped, so ``A2`` and ``AA`` are one); grace notes don't count.
Its *beats* are the pitches that sound on the beats of its bars: blind to whatever happens between two beats, and so to
ornaments that are written out (``A2`` as a cut ``A/B/A``, a roll ``A/B/A/G/`` or a triplet ``(3ABA``) and to passing
notes. Either way a tune is the set of its runs of twelve intervals, and two tunes are near-duplicates when they share
enough runs of one kind.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from tunewright.music.tune import Meter, Note, Tune

GRAM = 12
"""Length of a run of intervals, in intervals."""
SHARED_GRAMS = 10
"""Two tunes that share at least this many different runs of one kind are near-duplicates."""
SHARED_TENTHS = 3
"""So are two that share this many tenths of the runs of the shorter one: a short tune has few runs."""
FEWEST_SHARED = 4
"""But no fewer than this, unless it is all that the shorter tune has: a single run is shared by chance."""
PERFORMED = "p"
"""What stands before the hashes of a performance, whose runs are of a third kind."""
PERFORMED_PERCENT = 12
"""Two performances are near-duplicates when they share this many of a hundred runs of the one with fewer. The same
composition by two pianists mostly shares 30 to 60, two compositions hardly ever 5.
"""

_TICKS = 6720  # in a whole note: 64ths, and tuplets of 3, 5 and 7 notes, are whole numbers of them
_MOST_BEATS = 64  # that one note is heard for: a length is written in a few digits, however long
_BEATS = "8"  # hashes of runs of beats begin with 8 to f, those of melody with 0 to 7

Gram = tuple[int, ...]


class Line(NamedTuple):
    """One reading of a tune.

    Attributes:
        pitches: MIDI numbers in written order.
        notes: for each of them, the index in ``tune.notes()`` of the note that sounds it.
    """

    pitches: list[int]
    notes: list[int]

    def intervals(self) -> Gram:
        """Semitones from each pitch to the next."""
        return tuple(later - earlier for earlier, later in itertools.pairwise(self.pitches))


def melody(tune: Tune) -> Line:
    """Every melody note that differs from the one before it; chords count by their top note."""
    line = Line([], [])
    for index, note in enumerate(tune.notes()):
        if note.pitches and (top := _top(note)) != (line.pitches[-1] if line.pitches else None):
            line.pitches.append(top)
            line.notes.append(index)
    return line


def beats(tune: Tune) -> list[Line]:
    """The pitches that sound on the beats, and those that sound a moment later; in some meters by two kinds of beat.

    An ornament may come before its note (an upper trill, an appoggiatura): a moment is half of the usual shortest note.
    """
    lines = [(beat, late, Line([], [])) for beat, moment in _pulses(tune.meter) for late in (0, moment)]
    first = 0
    for bar in tune.bars:
        # A bar of less than half its length is a pickup or a filler and has no beats to be sure of.
        if bar.length * 2 >= bar.meter.bar_length:
            ends = list(itertools.accumulate(_ticks(note) for note in bar.notes))
            tops = [_top(note) if note.pitches else None for note in bar.notes]
            for beat, late, line in lines:
                _listen(ends, tops, first, late, beat, line)
        first += len(bar.notes)
    return [line for _, _, line in lines]


def intervals(tune: Tune) -> Gram:
    """Semitones from each melody note to the next different one, in written order; chords count by their top note."""
    return melody(tune).intervals()


def grams(tune: Tune) -> frozenset[Gram]:
    """All different runs of :data:`GRAM` intervals of the melody; of a shorter one, all it has as one run."""
    return _melody_runs(intervals(tune))


def beat_grams(tune: Tune) -> frozenset[Gram]:
    """All different runs of :data:`GRAM` intervals from beat to beat; a pitch that stays is an interval of 0."""
    return frozenset[Gram]().union(*(_runs(line.intervals()) for line in beats(tune)))


def fingerprint(tune: Tune) -> list[str]:
    """The runs of both kinds as sorted 64-bit hashes in hexadecimal, whose highest bit is 0 for melody, 1 for beats."""
    return fingerprint_of(intervals(tune), [line.intervals() for line in beats(tune)])


def fingerprint_of(melody: Gram, beats: Iterable[Gram]) -> list[str]:
    """The same of a tune whose readings are known already, as intervals."""
    of_beats = frozenset[Gram]().union(*map(_runs, beats))
    return sorted([_hash(run, 0) for run in _melody_runs(melody)] + [_hash(run, 1) for run in of_beats])


class Relatives:
    """Tells which pieces are near-duplicates of known ones.

    Args:
        known: fingerprints of tunes, as :func:`fingerprint` gives them, or of performances.
    """

    def __init__(self, known: Iterable[Iterable[str]] = ()) -> None:
        self._holders: dict[str, list[int]] = defaultdict(list)
        self._sizes: list[Counter[str]] = []
        for own in known:
            self.add(own)

    def add(self, own: Iterable[str]) -> None:
        """One more known tune, by its fingerprint."""
        own = list(own)
        for run in own:
            self._holders[run].append(len(self._sizes))
        self._sizes.append(_sizes(own))

    def of(self, own: Iterable[str]) -> list[int]:
        """Numbers of the known tunes, in the order in which they became known, that are near-duplicates of this one."""
        own = list(own)
        kinds = ((run, _kind(run)) for run in own)
        shared = Counter((index, kind) for run, kind in kinds for index in self._holders.get(run, ()))
        size = _sizes(own)
        related = {
            index
            for (index, kind), count in shared.items()
            if _ENOUGH[kind](count, min(size[kind], self._sizes[index][kind]))
        }
        return sorted(related)

    def __contains__(self, tune: Tune) -> bool:
        return bool(self.of(fingerprint(tune)))


def enough(shared: int, size: int) -> bool:
    """Whether that many shared runs of one kind make near-duplicates; ``size`` is the shorter tune's number of runs."""
    return shared >= min(size, SHARED_GRAMS) or (shared >= FEWEST_SHARED and shared * 10 >= size * SHARED_TENTHS)


def enough_performed(shared: int, size: int) -> bool:
    """Whether that many shared runs make near-duplicates of two performances; ``size`` as in :func:`enough`."""
    return shared >= min(size, FEWEST_SHARED) and shared * 100 >= size * PERFORMED_PERCENT


def cluster(fingerprints: Sequence[Sequence[str]], contents: Sequence[Hashable]) -> list[int]:
    """Near-duplicates, and near-duplicates of near-duplicates, get one number.

    No two tunes with different numbers share :data:`SHARED_GRAMS` runs of either kind.

    Args:
        fingerprints: of each piece; empty for one without music.
        contents: of the same pieces; those equal to the letter are one cluster whatever they are.
    """
    parent = list(range(len(contents)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    known = Relatives()
    first_with: dict[Hashable, int] = {}
    for index, (own, content) in enumerate(zip(fingerprints, contents, strict=True)):
        for other in [first_with.setdefault(content, index), *known.of(own)]:
            parent[root(index)] = root(other)
        known.add(own)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(index), len(numbers)) for index in range(len(contents))]


def _melody_runs(steps: Gram) -> frozenset[Gram]:
    return _runs(steps) if len(steps) >= GRAM else frozenset([steps] if steps else [])


def _runs(steps: Gram) -> frozenset[Gram]:
    return frozenset(steps[start : start + GRAM] for start in range(len(steps) - GRAM + 1))


def _pulses(meter: Meter) -> list[tuple[int, int]]:
    """The beats to hear a tune by, and a moment of each, in ticks.

    In 2/4 and 3/8 the eighths count as beats too: the same reel is written in 4/4, and in 2/4 in half the lengths.
    """
    unit = min(meter.unit, 16)
    if not meter.beats:
        beats = [Fraction(1, 4)]
    elif meter.beats % 3 == 0 and (meter.beats > 3 or unit == 8):
        beats = [Fraction(3, unit)]
    else:
        beats = [Fraction(1, max(unit, 4))]
    if meter.beats and meter.bar_length <= Fraction(1, 2):
        beats.append(Fraction(1, 8))
    return [(int(beat * _TICKS), int(beat / (6 if beat.numerator == 3 else 4) * _TICKS)) for beat in beats]


def _top(note: Note) -> int:
    return max(pitch.midi for pitch in note.pitches)


def _ticks(note: Note) -> int:
    return note.length.numerator * _TICKS // note.length.denominator


def _listen(ends: Sequence[int], tops: Sequence[int | None], first: int, at: int, beat: int, line: Line) -> None:
    """Adds to a line what sounds at each beat of a bar, the first beat ``at`` this tick; a rest on a beat is left out.

    Args:
        ends: when each note of the bar ends, in ticks from its beginning.
        tops: their top pitches (MIDI); None for a rest.
        first: index of the bar's first note in the tune.
    """
    for index, (end, top) in enumerate(zip(ends, tops, strict=True), first):
        count = max(0, -((at - end) // beat))
        at += count * beat
        if top is not None and count:
            line.pitches.extend([top] * min(count, _MOST_BEATS))
            line.notes.extend([index] * min(count, _MOST_BEATS))


def _hash(run: Gram, kind: int) -> str:
    digest = hashlib.sha256(repr(run).encode()).digest()
    return f"{int.from_bytes(digest[:8]) >> 1 | kind << 63:016x}"


def _kind(run: str) -> str:
    """The kind of a run by the first character of its hash: ``"melody"``, ``"beats"`` or ``"performed"``."""
    return "melody" if run < _BEATS else "beats" if run < "g" else "performed"


_ENOUGH = {"melody": enough, "beats": enough, "performed": enough_performed}


def _sizes(own: Iterable[str]) -> Counter[str]:
    """How many runs of each kind a fingerprint holds."""
    return Counter(map(_kind, own))
