from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.music.performances import own_notes, performance_piece
from tunewright.codecs.miditok_codecs import MidiTokCodec, Remi, Tsd
from tunewright.errors import InputError, MissingExtraError
from tunewright.music.midi import MidiPerformance, read_midi, sounding, write_midi

NOTES = sounding(MidiPerformance(own_notes(4), np.zeros((0, 2)), np.zeros(0)))
PIECE = performance_piece(write_midi(NOTES))


@pytest.fixture(params=[Remi, Tsd])
def codec(request: pytest.FixtureRequest) -> MidiTokCodec:
    made: MidiTokCodec = request.param.fit([])
    return made


def test_a_performance_comes_back_on_a_grid_of_10_ms(codec: MidiTokCodec) -> None:
    ids = codec.encode(PIECE)
    assert ids.dtype == np.int64
    assert ids.max() < codec.boundary[0] == codec.size - 1
    found = codec.decode_notes(ids)
    assert sorted(found.pitches) == sorted(NOTES.pitches)
    assert np.abs(found.starts - NOTES.starts).max() < 0.0061
    assert codec.units(PIECE) == len(NOTES.starts)


def test_what_was_rounded_once_stays(codec: MidiTokCodec) -> None:
    once = codec.decode([*codec.encode(PIECE).tolist(), codec.size - 1], "somewhere")
    twice = codec.decode(codec.encode(once).tolist(), "somewhere")
    assert codec.encode(twice).tolist() == codec.encode(once).tolist()
    assert (once.kind, once.text, once.origin) == ("performance", "", "somewhere")


def test_the_pedal_is_folded_in(codec: MidiTokCodec) -> None:
    pedal = np.array([[0.0, 70.0]])
    held = codec.decode_notes(codec.encode(performance_piece(write_midi(NOTES, pedal))))
    assert (held.ends - held.starts).sum() > 2 * (NOTES.ends - NOTES.starts).sum()


@pytest.mark.parametrize("seed", range(5))
def test_any_tokens_are_a_midi_file(codec: MidiTokCodec, seed: int) -> None:
    chance = random.Random(seed)
    notes = [
        place for place, token in enumerate(codec.vocabulary) if token.startswith(("Pitch", "Velocity", "Duration"))
    ]
    ids = [chance.randrange(codec.size) for _ in range(300)] + notes
    piece = codec.decode(ids)
    notes_told = len(codec.decode_notes(ids).starts)
    if notes_told:
        assert 0 < len(read_midi(piece.midi).notes.starts) <= notes_told


def test_no_tokens_are_no_notes(codec: MidiTokCodec) -> None:
    nothing = codec.decode_notes([])
    assert len(nothing.starts) == 0
    assert len(codec.encode_notes(nothing)) == 0


def test_saved_and_loaded(codec: MidiTokCodec, tmp_path: Path) -> None:
    path = tmp_path / "codec.json"
    codec.save(path)
    assert type(codec).load(path).encode(PIECE).tolist() == codec.encode(PIECE).tolist()
    table = json.loads(path.read_text())
    path.write_text(json.dumps({**table, "vocabulary": table["vocabulary"][1:]}))
    with pytest.raises(InputError, match="another version of miditok"):
        type(codec).load(path)


def test_without_miditok_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "miditok", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tunewright\[miditok\]'"):
        Remi.fit([])
