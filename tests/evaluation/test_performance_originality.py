"""Copies are told from performances."""

from __future__ import annotations

import csv
import itertools
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tunewright.contracts import Piece
from tunewright.corpora.performances import PerformanceCorpus
from tunewright.corpora.split import split_corpus
from tunewright.errors import InputError
from tunewright.evaluation.originality import LEAST, MOST, NEAR_COPY, ORIGINAL, human_limit, near_told, told
from tunewright.evaluation.performance_index import DIFFERENT, PerformanceIndex, line, query_of
from tunewright.evaluation.performance_originality import measure
from tunewright.evaluation.tune_lines import SEED, Lines
from tunewright.music.midi import Notes, in_order, read_midi, write_midi

MAESTRO = Path(os.environ.get("TUNEWRIGHT_DATA", "")) / "maestro-v3.0.0-mini"
MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])


def played(pitches: np.ndarray, step: float = 0.12) -> Notes:
    """One note after another."""
    starts = np.arange(len(pitches), dtype=np.float64) * step
    return Notes(starts, starts + step, np.asarray(pitches, np.int64), np.full(len(pitches), 64))


def performance(number: int, steps: int = 300) -> Notes:
    """Two hands of our own: a random walk on the scale, and under every other note of it two of the left hand that are
    struck within 20 ms of it.
    """
    chance = np.random.default_rng(number)
    walk = np.cumsum(chance.choice([-3, -2, -1, 1, 2, 3], steps))
    degrees = 35 + np.abs((walk % 28) - 14)
    melody = MAJOR[degrees % 7] + 12 * (degrees // 7)
    starts = np.arange(steps) * 0.15 + chance.uniform(0, 0.01, steps)
    hand = 20 + chance.integers(0, 14, (steps // 2, 2))
    under = (MAJOR[hand % 7] + 12 * (hand // 7)).ravel()
    begins = np.repeat(np.arange(0, steps, 2) * 0.15, 2) + chance.uniform(0, 0.02, len(under))
    at, pitches = np.concatenate([starts, begins]), np.concatenate([melody, under])
    return in_order(Notes(at, at + 0.1, pitches, chance.integers(30, 100, len(at))))


def written(notes: Notes) -> Notes:
    """Notes as their file tells them: rounded to its ticks, two that are close may or may not be one chord."""
    return read_midi(write_midi(notes)).notes


def cut(notes: Notes, begin: int, end: int) -> Notes:
    return Notes(notes.starts[begin:end], notes.ends[begin:end], notes.pitches[begin:end], notes.velocities[begin:end])


def joined(*parts: Notes) -> Notes:
    """One after another."""
    after, moved = 0.0, []
    for part in parts:
        later = after - part.starts[0]
        moved.append(part._replace(starts=part.starts + later, ends=part.ends + later))
        after = float(moved[-1].ends.max()) + 0.1
    return Notes(*(np.concatenate(columns) for columns in zip(*moved, strict=True)))


def jittered(notes: Notes) -> Notes:
    return in_order(notes._replace(starts=notes.starts + np.random.default_rng(1).uniform(-0.01, 0.01, len(notes[0]))))


def every_twentieth_changed(notes: Notes) -> Notes:
    pitches = notes.pitches.copy()
    pitches[::20] += np.random.default_rng(2).choice([-3, -2, -1, 1, 2, 3], len(pitches[::20]))
    return in_order(notes._replace(pitches=pitches))


DISGUISES: dict[str, Callable[[Notes], Notes]] = {
    "none": lambda notes: notes,
    "transposed": lambda notes: notes._replace(pitches=notes.pitches - 7),
    "slower": lambda notes: notes._replace(starts=notes.starts * 1.3, ends=notes.ends * 1.3),
    "loud": lambda notes: notes._replace(velocities=np.full(len(notes.starts), 127)),
    "jittered": jittered,
    "every twentieth note changed": every_twentieth_changed,
    "an excerpt": lambda notes: cut(notes, 150, 400),
}


def piece_of(notes: Notes, number: int) -> Piece:
    return Piece(f"Study {number}", "", f"studies/{number}.midi", kind="performance", midi=write_midi(notes))


STUDIES = [performance(number) for number in range(12)]
PIECES = [piece_of(notes, number) for number, notes in enumerate(STUDIES)]
INDEX = PerformanceIndex.of(PIECES, range(12))


@pytest.mark.parametrize("disguise", DISGUISES)
def test_planted_copies_are_found_and_their_originals_named(disguise: str) -> None:
    for number, notes in enumerate(STUDIES):
        found = measure(INDEX, DISGUISES[disguise](notes))
        assert found.verdict == NEAR_COPY
        assert found.nearest[0].origin == f"studies/{number}.midi"
        assert found.nearest[0].near_duplicate
        assert found.nearest[0].share > 0.85


def test_what_is_told_of_a_copy() -> None:
    notes = DISGUISES["transposed"](STUDIES[3])
    found = measure(INDEX, notes)
    near, length = found.nearest[0], len(notes.starts)
    assert (found.kind, found.score, found.found_anywhere, found.limit) == ("performance", 0, 1, 1 - LEAST)
    assert (found.bars_found, found.title_known, near.bars, near.key, near.text) == (0, (), (), "", "")
    assert (near.title, near.transposition, near.share) == ("Study 3", -7, 1)
    assert found.longest_run == near.longest_run
    assert (near.longest_run.notes, near.longest_run.bars, near.longest_run.by) == (length, 0, "notes")
    assert told(found) == (
        "Near-copy, 0.00: 100 % of its notes (of 100 in 100 human performances it is less) are found in known "
        f"performances; {length} notes in a row as in Study 3 (studies/3.midi)"
    )
    assert near_told(near) == (
        f"Study 3 (studies/3.midi), 7 semitones lower here: 100 % of the notes are found in it, {length} notes in a "
        "row; a near-duplicate"
    )
    content = found.to_dict()
    assert json.loads(json.dumps(content)) == content
    assert content["kind"] == "performance"


def test_two_spliced_are_found_and_both_named() -> None:
    for (one, first), (other, second) in itertools.pairwise(enumerate(STUDIES)):
        found = measure(INDEX, joined(cut(first, 0, 300), cut(second, 300, 600)))
        assert found.verdict == NEAR_COPY
        assert found.score < 0.02
        assert {near.title for near in found.nearest[:2]} == {f"Study {one}", f"Study {other}"}
        assert not any(near.near_duplicate for near in found.nearest if near.share <= LEAST)


def test_an_excerpt_within_new_music_is_named() -> None:
    new = performance(100, 400)
    for number, notes in enumerate(STUDIES):
        found = measure(INDEX, joined(cut(new, 0, 400), cut(notes, 200, 300), cut(new, 400, 800)))
        assert found.longest_run is not None
        assert (found.longest_run.tune, found.longest_run.origin) == (f"Study {number}", f"studies/{number}.midi")
        assert 97 <= found.longest_run.notes <= 103
        assert found.nearest[0].title == f"Study {number}"
        assert found.verdict == ORIGINAL
        assert 0.87 < found.score < 0.9


def test_other_performances_and_random_notes_are_original() -> None:
    chance = np.random.default_rng(0)
    others = [performance(200 + number) for number in range(10)]
    for notes in [*others, *(played(chance.integers(30, 100, 800)) for _ in range(10))]:
        found = measure(INDEX, notes)
        assert found.verdict == ORIGINAL
        assert found.score > 0.95


COMMON = {
    "a scale": np.tile(np.concatenate([60 + MAJOR, 72 + MAJOR, [84], (72 + MAJOR)[::-1], (60 + MAJOR)[:0:-1]]), 4),
    "a chromatic scale": np.tile(np.concatenate([np.arange(40, 90), np.arange(90, 40, -1)]), 2),
    "a trill": np.tile([72, 74], 50),
    "octaves": np.tile([40, 52, 42, 54, 44, 56, 45, 57], 12),
    "a repeated note": np.full(80, 64),
    "an Alberti bass": np.tile([60, 67, 64, 67], 25),
}


@pytest.mark.parametrize("figure", COMMON)
def test_what_is_common_property_is_no_copy(figure: str) -> None:
    index = PerformanceIndex.of(
        [piece_of(played(pitches), number) for number, pitches in enumerate(COMMON.values())], range(6)
    )
    found = measure(index, played(COMMON[figure]))
    assert (found.score, found.verdict, found.longest_run, found.nearest) == (1, ORIGINAL, None, ())


def test_a_copied_passage_is_found_with_the_scale_in_it() -> None:
    passage = written(joined(cut(STUDIES[0], 0, 100), played(COMMON["a scale"]), cut(STUDIES[0], 100, 200)))
    index = PerformanceIndex.of([piece_of(passage, 0)], [0])
    found = measure(index, passage)
    assert found.score == 0
    assert found.longest_run is not None
    assert found.longest_run.notes == len(passage.starts)


def test_short_runs_count_only_where_they_are_close_to_one_another() -> None:
    known, figure = STUDIES[1], cut(performance(700), 0, 600)

    def with_shared_tens(every: int) -> Notes:
        """Music of its own that has ten notes of the known one every so many, where they are there too."""
        shared = np.arange(600) % every < 10
        return known._replace(pitches=np.where(shared, known.pitches, figure.pitches))

    index = PerformanceIndex.of([piece_of(played(known.pitches), 1)], [0])
    assert measure(index, played(with_shared_tens(13).pitches)).score < 0.4
    far = measure(index, played(with_shared_tens(60).pitches))
    assert (far.score, far.longest_run) == (1, None)


def test_notes_that_were_given_do_not_count() -> None:
    notes = joined(cut(STUDIES[2], 0, 300), cut(performance(300), 0, 300))
    assert measure(INDEX, notes).score < 0.55
    left = measure(INDEX, notes, 300)
    assert left.score > 0.95
    assert left.longest_run is None
    everything = measure(INDEX, notes, 600)
    assert (everything.score, everything.verdict, everything.nearest) == (1, ORIGINAL, ())


@pytest.mark.parametrize("count", [0, 1, 8, 9])
def test_next_to_nothing_is_original(count: int) -> None:
    few = cut(performance(400), 0, count)
    for index in (INDEX, PerformanceIndex.of([], [])):
        found = measure(index, few)
        assert (found.score, found.verdict, found.longest_run, found.nearest) == (1, ORIGINAL, None, ())
        assert told(found) == "Original, 1.00: 0 % of its notes are found in known performances"


def test_notes_of_a_chord_are_in_order_however_they_are_struck() -> None:
    pitches = np.array([60, 64, 67, 72, 59])
    up = Notes(np.array([0.0, 0.01, 0.02, 0.03, 0.2]), np.full(5, 1.0), pitches, np.full(5, 64))
    down = in_order(up._replace(starts=np.array([0.03, 0.02, 0.01, 0.0, 0.2])))
    assert down.pitches.tolist() != pitches.tolist()
    assert line(up).tolist() == line(down).tolist() == pitches.tolist()
    broken = in_order(up._replace(starts=np.array([0.3, 0.2, 0.1, 0.0, 0.4])))
    assert line(broken).tolist() == [72, 67, 64, 60, 59]


# The index


def slow_runs(own: list[int], known: list[int], number: int) -> set[tuple[int, ...]]:
    """(start, known start within that performance, intervals, performance) of all runs, found one by one."""
    found: set[tuple[int, ...]] = set()
    steps, theirs = np.diff(own).tolist(), np.diff(known).tolist()
    for at, there in itertools.product(range(len(steps)), range(len(theirs))):
        if at and there and steps[at - 1] == theirs[there - 1]:
            continue  # no beginning
        pairs = zip(steps[at:], theirs[there:], strict=False)
        shared = [one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)]
        if any(len(set(shared[begin : begin + SEED])) >= DIFFERENT for begin in range(len(shared) - SEED + 1)):
            found.add((at, there, len(shared), number))
    return found


def fast_runs(index: PerformanceIndex, lines: Lines, among: np.ndarray | None = None) -> set[tuple[int, ...]]:
    runs = index.shared_runs(lines, among)
    begins = np.cumsum(index.lines.lengths) - index.lines.lengths
    columns = (runs.start, runs.known_start - begins[runs.tune], runs.intervals, runs.tune)
    return {tuple(int(value) for value in row) for row in zip(*columns, strict=True)}


def test_every_shared_run_is_found_and_no_other() -> None:
    passages = [cut(notes, 0, 120) for notes in STUDIES[:3]]
    repeated = joined(cut(passages[0], 40, 70), played(COMMON["a scale"][:70]), passages[0])
    known = [*passages, repeated, joined(cut(passages[1], 50, 90), cut(passages[0], 5, 60))]
    known = [written(notes) for notes in known]
    index = PerformanceIndex.of([piece_of(notes, number) for number, notes in enumerate(known)], range(5))
    for notes in (known[3], known[1], DISGUISES["transposed"](known[4]), every_twentieth_changed(known[2])):
        own = line(notes)
        slow = set().union(*(slow_runs(own.tolist(), line(one).tolist(), n) for n, one in enumerate(known)))
        assert len(slow) > 1
        assert fast_runs(index, query_of(own).lines) == slow
        others = {row for row in slow if row[-1] != 3}
        assert fast_runs(index, query_of(own).lines, np.arange(5) != 3) == others


def test_human_performances_are_held_out_without_their_own_composition() -> None:
    again = [*PIECES, piece_of(jittered(STUDIES[5]), 12)]
    apart = PerformanceIndex.of(again, range(13))
    assert np.count_nonzero(apart.usual > 0.8) == 2
    assert human_limit(apart) == MOST
    together = PerformanceIndex.of(again, [*range(12), 5])
    assert together.usual.max() < 0.05
    assert human_limit(together) == LEAST
    assert measure(apart, STUDIES[5]).human_percentile > measure(apart, performance(500)).human_percentile


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "index.npz"
    path.write_bytes(INDEX.to_bytes())
    again = PerformanceIndex.load(path)
    assert [(known.title, known.origin) for known in again.known] == [(one.title, one.origin) for one in PIECES]
    assert len(again) == 12
    assert np.array_equal(again.usual, INDEX.usual)
    for notes in (STUDIES[4], performance(600)):
        assert measure(again, notes) == measure(INDEX, notes)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"no index"])
def test_a_file_that_holds_no_index_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "index.npz"
    with pytest.raises(InputError, match="is no index of performances"):
        PerformanceIndex.load(path)
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no index of performances"):
        PerformanceIndex.load(path)


def test_an_index_with_a_damaged_byte_is_told_or_is_the_same(tmp_path: Path) -> None:
    content, path = INDEX.to_bytes(), tmp_path / "index.npz"
    chance = np.random.default_rng(0)
    told = 0
    for _ in range(200):
        damaged = bytearray(content)
        damaged[chance.integers(len(content))] ^= 1 << int(chance.integers(8))
        path.write_bytes(damaged)
        try:
            assert np.array_equal(PerformanceIndex.load(path).lines.pitches, INDEX.lines.pitches)
        except InputError:
            told += 1
    assert told > 100


@pytest.mark.parametrize("change", ["pitches", "lengths", "known"])
def test_an_index_whose_arrays_do_not_fit_is_told(change: str, tmp_path: Path) -> None:
    path = tmp_path / "index.npz"
    path.write_bytes(INDEX.to_bytes())
    with np.load(path) as file:
        arrays = dict(file)
    arrays[change] = {"pitches": arrays["pitches"][1:], "lengths": arrays["lengths"][1:]}.get(
        change, np.array([object()])
    )
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=r"index\.npz is no index of performances"):
        PerformanceIndex.load(path)


def test_a_performance_that_cannot_be_read_is_named() -> None:
    with pytest.raises(InputError, match=r"^broken\.midi: "):
        PerformanceIndex.of([Piece("Broken", "", "broken.midi", kind="performance", midi=b"MThd")], [0])


# Real performances


@pytest.mark.skipif(not MAESTRO.is_dir(), reason="maestro-v3.0.0-mini is not under $TUNEWRIGHT_DATA")
def test_real_performances_are_told_from_copies() -> None:
    with (MAESTRO / "maestro-v3.0.0-mini.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    contents = [(row, (MAESTRO / row["midi_filename"]).read_bytes()) for row in rows]
    known = [
        Piece(row["canonical_title"], "", row["midi_filename"], kind="performance", midi=content)
        for row, content in contents
        if row["split"] == "train"
    ]
    index = PerformanceIndex.of(known, [0] * len(known))
    held_out = [cut(read_midi(content).notes, 0, 800) for row, content in contents if row["split"] != "train"]
    assert len(held_out) > 10
    assert min(measure(index, notes).score for notes in held_out) > 0.7
    for piece in known[::6]:
        notes = cut(read_midi(piece.midi).notes, 100, 900)
        for disguise in ("transposed", "jittered", "every twentieth note changed"):
            found = measure(index, DISGUISES[disguise](notes))
            assert found.verdict == NEAR_COPY
            assert found.nearest[0].origin == piece.origin


@pytest.mark.slow
def test_works_of_maestro_are_calibrated_against_other_works(maestro_corpus: PerformanceCorpus) -> None:
    """The same work stands there under several spellings of its title, played by several pianists."""
    split = split_corpus(maestro_corpus)
    clusters = split.select(split.clusters, "training")
    index = PerformanceIndex.of(split.select(maestro_corpus.pieces, "training"), clusters)
    assert np.median(index.usual) < 0.05
    assert human_limit(index) == LEAST
