"""The index finds what tunes share: all of it, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import own_tune
from tests.music.planting import written
from tunewright.contracts import Piece
from tunewright.errors import InputError
from tunewright.evaluation.tune_index import TuneIndex, bar_contents
from tunewright.evaluation.tune_lines import SEED, Lines, readings
from tunewright.music.fingerprint import fingerprint
from tunewright.music.outline import outline
from tunewright.music.pieces import piece_of
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune

PIECES = [piece_of(own_tune(number), f"own, tune {number}") for number in range(12)]
TUNES = [read_tune(piece.text) for piece in PIECES]
DRONE = read_tune("X:1\nT:Drone\nM:4/4\nL:1/4\nK:D\n" + "|".join(["DDDD"] * 8) + "|")


def slow_runs(tune: Tune, known: Tune, number: int) -> set[tuple[int, ...]]:
    """(kind, start, known start within that tune, intervals, tune) of all runs, found one by one."""
    found: set[tuple[int, ...]] = set()
    own_start = 0
    for kind, own in readings(tune):
        steps, known_start = own.intervals(), 0
        for other_kind, other in readings(known):
            theirs = other.intervals()
            for at in range(len(steps)) if kind == other_kind else ():
                for there in range(len(theirs)):
                    if at and there and steps[at - 1] == theirs[there - 1]:
                        continue  # no beginning
                    length = 0
                    while (
                        at + length < len(steps)
                        and there + length < len(theirs)
                        and steps[at + length] == theirs[there + length]
                    ):
                        length += 1
                    if length >= SEED:
                        found.add((kind, own_start + at, known_start + there, length, number))
            known_start += len(other.pitches)
        own_start += len(own.pitches)
    return found


def fast_runs(index: TuneIndex, tune: Tune) -> set[tuple[int, ...]]:
    runs = index.shared_runs(Lines.of(readings(tune)))
    first = [sum(len(line.pitches) for one in TUNES[:number] for _, line in readings(one)) for number in range(12)]
    return {
        (int(kind), int(start), int(known) - first[int(number)], int(length), int(number))
        for kind, start, known, length, number in zip(
            runs.kind, runs.start, runs.known_start, runs.intervals, runs.tune, strict=True
        )
    }


def test_every_shared_run_is_found_and_no_other() -> None:
    index = TuneIndex.of(TUNES, PIECES)
    for query in (TUNES[3], read_tune(written(TUNES[5], semitones=4)), read_tune(own_tune(700))):
        slow = set().union(*(slow_runs(query, known, number) for number, known in enumerate(TUNES)))
        assert fast_runs(index, query) == slow


def test_only_tunes_that_count_are_compared_with() -> None:
    index = TuneIndex.of(TUNES, PIECES)
    among = np.arange(len(TUNES)) != 3
    assert 3 in index.shared_runs(Lines.of(readings(TUNES[3]))).tune
    assert 3 not in index.shared_runs(Lines.of(readings(TUNES[3])), among).tune


def test_a_pitch_that_stays_is_nothing_to_share() -> None:
    index = TuneIndex.of([DRONE], [Piece("", "", "")])
    assert len(index.shared_runs(Lines.of(readings(DRONE)))) == 0


@pytest.mark.parametrize("body", ["", "A", "A4|", "z4|", "[M:none]ABc|"])
def test_tunes_of_few_notes_share_nothing(body: str) -> None:
    tune = read_tune(f"X:1\nT:Few\nM:4/4\nL:1/4\nK:D\n{body}")
    for index in (TuneIndex.of(TUNES, PIECES), TuneIndex.of([tune], [Piece("", "", "")]), TuneIndex.of([], [])):
        assert len(index.shared_runs(Lines.of(readings(tune)))) == 0
        assert index.bars_found(tune) == 0


def test_fingerprints_are_those_of_the_tunes() -> None:
    assert list(TuneIndex.of(TUNES, PIECES).fingerprints()) == [fingerprint(tune) for tune in TUNES]


def test_of_tunes_that_are_not_open_the_outline_stands_there() -> None:
    whole = TuneIndex.of(TUNES, PIECES)
    index = whole.outlined(lambda known: known.title == PIECES[0].title)
    assert [known.text for known in index.known] == [PIECES[0].text, *map(outline, TUNES[1:])]
    assert list(index.fingerprints()) == list(whole.fingerprints())
    assert index.titles == whole.titles
    assert len(whole.known) == len(TUNES) == len(index)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    index = TuneIndex.of(TUNES, PIECES).with_usual(np.array([0.0, 0.25], np.float32))
    path = tmp_path / "index.npz"
    path.write_bytes(index.to_bytes())
    again = TuneIndex.load(path)
    assert again.known == [(piece.title, piece.origin, piece.key, piece.text) for piece in PIECES]
    assert len(again) == 12
    assert again.usual.tolist() == [0.0, 0.25]
    assert again.titles["own tune 4"] == ["own, tune 4"]
    for tune in TUNES:
        assert fast_runs(again, tune) == fast_runs(index, tune)
        assert again.bars_found(tune) == 1


def test_the_lines_of_one_tune() -> None:
    index = TuneIndex.of(TUNES, PIECES)
    for number, tune in enumerate(TUNES):
        own, lines = Lines.of(readings(tune)), index.lines_of(number)
        assert np.array_equal(own.pitches, lines.pitches)
        assert np.array_equal(own.lengths, lines.lengths)
        assert np.array_equal(own.kinds, lines.kinds)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"no index"])
def test_a_file_that_holds_no_index_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "index.npz"
    with pytest.raises(InputError, match="is no index of tunes"):
        TuneIndex.load(path)
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no index of tunes"):
        TuneIndex.load(path)


def test_bars_are_told_by_their_intervals() -> None:
    def contents(body: str, key: str = "D") -> list[int]:
        return bar_contents(read_tune(f"X:1\nM:4/4\nL:1/8\nK:{key}\n{body}"))

    assert contents("ABcA dBGE|") == contents("A>Bc>A d>BG>E|") == contents("A2Bc AdBGE|") != contents("ABcA dBGF|")
    assert contents("DEFG ABcd|") == contents("EFGA Bcde|", "E")
    assert contents("D4 E4|D8|zzzz zzzz|") == [0, 0, 0]


def test_an_index_with_damaged_bytes_is_told_or_is_the_same(tmp_path: Path) -> None:
    index, path = TuneIndex.of(TUNES, PIECES), tmp_path / "index.npz"
    content = index.to_bytes()
    header = content.index(b"pitches.npy") + len(b"pitches.npy")
    for place in range(header, header + 150):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with suppress(InputError):
            assert np.array_equal(TuneIndex.load(path).lines.pitches, index.lines.pitches)
