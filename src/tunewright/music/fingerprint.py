"""What stays of a tune when key, rhythm and repeated notes are taken away: its melodic intervals.

Two tunes are near-duplicates when they share many long runs of intervals. Blind to transposition (intervals, not
pitches), to rhythm (lengths are dropped) and to repeated notes (an interval of 0 is dropped, so ``A2`` and ``AA``
are one).
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from tunewright.music.tune import Tune

GRAM = 12
"""Length of a run of intervals, in intervals."""
SHARED_GRAMS = 10
"""Two tunes that share at least this many different runs are one cluster."""


def intervals(tune: Tune) -> tuple[int, ...]:
    """Semitones from each melody note to the next different one, in written order; chords count by their top note."""
    pitches = [max(pitch.midi for pitch in note.pitches) for note in tune.notes() if note.pitches]
    return tuple(later - earlier for earlier, later in itertools.pairwise(pitches) if later != earlier)


def grams(tune: Tune, length: int = GRAM) -> frozenset[tuple[int, ...]]:
    """All different runs of ``length`` intervals."""
    steps = intervals(tune)
    return frozenset(steps[start : start + length] for start in range(len(steps) - length + 1))


def fingerprint(tune: Tune) -> list[str]:
    """The runs as sorted 64-bit hashes in hexadecimal: what a run keeps of the tunes it has learned from."""
    return sorted(hashlib.sha256(repr(gram).encode()).hexdigest()[:16] for gram in grams(tune))


class Relatives:
    """Tells which tunes are near-duplicates of known ones.

    Args:
        known: fingerprints, as :func:`fingerprint` gives them.
    """

    def __init__(self, known: Iterable[Iterable[str]]) -> None:
        self._holders: dict[str, list[int]] = defaultdict(list)
        for index, own in enumerate(known):
            for run in own:
                self._holders[run].append(index)

    def __contains__(self, tune: Tune) -> bool:
        counts = Counter(index for run in fingerprint(tune) for index in self._holders.get(run, ()))
        return any(count >= SHARED_GRAMS for count in counts.values())


def cluster(tunes: Sequence[Tune | None], texts: Sequence[str]) -> list[int]:
    """Near-duplicates get one number: tunes that share :data:`SHARED_GRAMS` runs, or whose music is equal to the
    letter.

    Args:
        tunes: None for a text that could not be read as a tune.
        texts: of the same pieces; those equal to the letter are one cluster whatever they are.
    """
    parent = list(range(len(texts)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    holders: dict[tuple[int, ...], list[int]] = defaultdict(list)
    first_with: dict[object, int] = {}
    for index, (tune, text) in enumerate(zip(tunes, texts, strict=True)):
        shared: dict[int, int] = defaultdict(int)
        for gram in grams(tune) if tune else ():
            for other in holders[gram]:
                shared[other] += 1
            holders[gram].append(index)
        same = first_with.setdefault(intervals(tune) or text if tune else text, index)
        for other in [same, *(other for other, count in shared.items() if count >= SHARED_GRAMS)]:
            parent[root(index)] = root(other)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(index), len(numbers)) for index in range(len(texts))]
