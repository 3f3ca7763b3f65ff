"""What epochs read of performances."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.music.performances import own_notes, performance_piece
from tunewright.codecs.midi_events import MidiEvents
from tunewright.contracts import Piece
from tunewright.errors import SettingsError
from tunewright.music.midi import write_midi
from tunewright.training.performances import Varied, prepared

CODEC = MidiEvents()
PIECES = [performance_piece(write_midi(own_notes(seed, 30 + seed, 20.0))) for seed in range(4)]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUNEWRIGHT_CACHE", str(tmp_path))
    return tmp_path


def test_pieces_are_encoded_once_and_mapped_from_then_on(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepared(CODEC, PIECES).of(0)
    assert [ids.tolist() for ids in first] == [CODEC.encode(piece).tolist() for piece in PIECES]
    monkeypatch.setattr(MidiEvents, "encode", lambda self, piece: pytest.fail("encoded again"))
    again = prepared(CODEC, PIECES).of(3)
    assert [ids.tolist() for ids in again] == [ids.tolist() for ids in first]
    assert all(ids.dtype == np.int16 and not ids.flags.writeable for ids in again)
    assert len(list(cache.rglob("*.npy"))) == 1


def test_other_pieces_and_other_spellings_are_kept_apart() -> None:
    prepared(CODEC, PIECES)
    assert [len(ids) for ids in prepared(CODEC, PIECES[:2]).of(0)] == [len(CODEC.encode(one)) for one in PIECES[:2]]
    faulty = MidiEvents(reference_compatible=True)
    assert prepared(faulty, PIECES).of(0)[1].tolist() == faulty.encode(PIECES[1]).tolist()


class Spied:
    """A codec of which only is asked what it varies."""

    name = "spied"

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []

    def varied(self, ids: Any, semitones: int, stretch: float) -> Any:
        self.asked.append((semitones, stretch))
        return ids


def drawn(semitones: int, stretch: float, seed: int, epochs: Sequence[int]) -> list[tuple[int, float]]:
    codec = Spied()
    varied = Varied(prepared(CODEC, PIECES), codec, semitones, stretch, seed)
    for epoch in epochs:
        varied.of(epoch)
    return codec.asked


def test_each_epoch_draws_anew_by_seed_and_number_alone() -> None:
    many = drawn(3, 0.05, 1, range(60))
    assert {semitones for semitones, _ in many} == set(range(-3, 4))
    stretches = [stretch for _, stretch in many]
    assert 0.95 <= min(stretches) < 0.96
    assert 1.04 < max(stretches) <= 1.05
    assert drawn(3, 0.05, 1, [7]) == many[7 * len(PIECES) : 8 * len(PIECES)]
    assert drawn(3, 0.05, 2, [7]) != drawn(3, 0.05, 1, [7]) != drawn(3, 0.05, 1, [8])


def test_what_is_read_is_the_varied_performance() -> None:
    semitones, stretch = drawn(3, 0.05, 1, [2])[1]
    read = Varied(prepared(CODEC, PIECES), CODEC, 3, 0.05, 1).of(2)[1]
    assert read.tolist() == CODEC.varied(CODEC.encode(PIECES[1]), semitones, stretch).tolist()


def test_a_codec_that_can_not_vary_is_told() -> None:
    class Stiff:
        name = "stiff"

    with pytest.raises(SettingsError, match="stiff can't: leave both at 0"):
        Varied(prepared(CODEC, PIECES), Stiff(), 3, 0.0, 1)


def test_a_piece_of_no_length_stands_between_others() -> None:
    pieces = [PIECES[0], Piece("", "", "one", kind="performance", midi=write_midi(own_notes(9, 1, 1.0))), PIECES[1]]
    assert [len(ids) for ids in prepared(CODEC, pieces).of(0)] == [len(CODEC.encode(piece)) for piece in pieces]
