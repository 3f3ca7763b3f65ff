from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from tests.conftest import own_tune
from tests.corpora.own_performances import own_performance
from tunewright.corpora.performances import PerformanceCorpus
from tunewright.corpora.split import split_pieces
from tunewright.music import performance_fingerprint
from tunewright.music.fingerprint import Relatives, cluster, enough_performed, fingerprint
from tunewright.music.midi import Notes, in_order
from tunewright.music.performance_fingerprint import RUN, fingerprint_performance
from tunewright.music.pieces import fingerprint_piece
from tunewright.music.reader import read_tune


def transposed(notes: Notes) -> Notes:
    return notes._replace(pitches=notes.pitches - 5)


def slower(notes: Notes) -> Notes:
    return notes._replace(starts=notes.starts * 1.3, ends=notes.ends * 1.3)


def softer(notes: Notes) -> Notes:
    return notes._replace(velocities=notes.velocities // 2 + 1)


def jittered(notes: Notes) -> Notes:
    shift = np.random.default_rng(1).uniform(-0.02, 0.02, len(notes.starts))
    return in_order(notes._replace(starts=notes.starts + shift, ends=notes.ends + shift))


def ornamented(notes: Notes) -> Notes:
    """A grace note before one note of twelve, a step above it."""
    graces = Notes(notes.starts - 0.05, notes.starts, notes.pitches + 2, notes.velocities)
    where = np.random.default_rng(2).random(len(notes.starts)) < 1 / 12
    return in_order(Notes(*(np.concatenate([own, more[where]]) for own, more in zip(notes, graces, strict=True))))


def half(notes: Notes) -> Notes:
    return notes.select(np.arange(len(notes.starts))[len(notes.starts) // 4 : -len(notes.starts) // 4])


def everything(notes: Notes) -> Notes:
    return jittered(ornamented(half(slower(transposed(notes)))))


VARIANTS: list[Callable[[Notes], Notes]] = [transposed, slower, softer, jittered, ornamented, half, everything]
KNOWN = [own_performance(number, 800) for number in range(40)]


@pytest.mark.parametrize("vary", VARIANTS, ids=lambda vary: vary.__name__)
def test_a_performance_is_known_however_it_is_played(vary: Callable[[Notes], Notes]) -> None:
    known = Relatives(map(fingerprint_performance, KNOWN))
    for number, notes in enumerate(KNOWN):
        assert known.of(fingerprint_performance(vary(notes))) == [number]


@pytest.mark.parametrize("vary", [transposed, slower, softer], ids=lambda vary: vary.__name__)
def test_key_tempo_and_loudness_leave_no_trace(vary: Callable[[Notes], Notes]) -> None:
    for notes in KNOWN:
        assert fingerprint_performance(vary(notes)) == fingerprint_performance(notes)


def test_other_performances_are_no_relatives() -> None:
    prints = [fingerprint_performance(own_performance(number)) for number in range(100)]
    assert cluster(prints, list(range(100))) == list(range(100))


def test_the_order_within_a_run_leaves_no_trace() -> None:
    one = np.array([60, 64, 67, 72, 55, 50, 62, 65, 69, 74])
    assert len(one) == RUN
    prints = set()
    for order in (np.arange(RUN), np.arange(RUN)[::-1], np.random.default_rng(0).permutation(RUN)):
        starts = np.arange(float(RUN))
        prints.add(tuple(fingerprint_performance(Notes(starts, starts + 1, one[order], one))))
    assert len(prints) == 1


def test_runs_are_those_of_a_plain_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many hashes as there are different runs, and those of a sample are always the same ones."""
    for notes in KNOWN[:5]:
        pitches = notes.pitches.tolist()
        runs = set()
        for start in range(len(pitches) - RUN + 1):
            lowest_up = sorted(pitches[start : start + RUN])
            runs.add(tuple(later - earlier for earlier, later in itertools.pairwise(lowest_up)))
        sample = fingerprint_performance(notes)
        with monkeypatch.context() as patch:
            patch.setattr(performance_fingerprint, "KEPT", 1.0001)
            every = fingerprint_performance(notes)
        assert len(every) == len(set(every)) == len(runs)
        assert sample == every[: len(sample)]
        assert len(runs) / 16 < len(sample) < len(runs) / 4


def test_short_performances_have_fingerprints_too() -> None:
    for length in (2, 5, RUN, 20):
        notes = KNOWN[0].select(np.arange(length))
        own = fingerprint_performance(notes)
        assert own
        assert Relatives([own]).of(fingerprint_performance(transposed(notes))) == [0]
    nothing = KNOWN[0].select(np.arange(1))
    assert fingerprint_performance(nothing) == []


def test_tunes_and_performances_are_never_relatives() -> None:
    tunes = [fingerprint(read_tune(own_tune(number))) for number in range(5)]
    performances = [fingerprint_performance(notes) for notes in KNOWN[:5]]
    assert cluster([*tunes, *performances, *tunes, *performances], list(range(20))) == [*range(10), *range(10)]


@pytest.mark.parametrize(
    ("shared", "size", "related"),
    [(12, 100, True), (11, 100, False), (4, 30, True), (3, 20, False), (3, 3, True), (2, 3, False), (1, 1, True)],
)
def test_how_much_is_enough(shared: int, size: int, related: bool) -> None:
    assert enough_performed(shared, size) == related


def test_no_held_out_composition_of_maestro_is_related_to_the_learned_but_one(
    maestro_corpus: PerformanceCorpus,
) -> None:
    """Its makers put each composition into one part: what is found across the parts is found wrongly."""
    parts = maestro_corpus.parts or ()
    prints = [fingerprint_piece(piece) for piece in maestro_corpus.pieces]
    learned = Relatives(own for own, part in zip(prints, parts, strict=True) if part == "training")
    wrong = [
        piece.title
        for own, part, piece in zip(prints, parts, maestro_corpus.pieces, strict=True)
        if part != "training" and learned.of(own)
    ]
    assert len(wrong) <= 1, wrong


def test_performances_of_one_composition_are_relatives(maestro_corpus: PerformanceCorpus) -> None:
    """Of titles that name one movement or short work, by whomever it is played."""
    for title in (
        "Ludwig van Beethoven: Thirty-Two Variations in C Minor, WoO 80",
        "Frédéric Chopin: Barcarolle, Op. 60",
    ):
        pieces = [piece for piece in maestro_corpus.pieces if piece.title == title]
        assert len(pieces) >= 4
        assert len(set(split_pieces(pieces).clusters)) == 1
