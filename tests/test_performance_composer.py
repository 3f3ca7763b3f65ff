"""What is composed by runs of performances, and from what."""

from __future__ import annotations

import io
import json
from pathlib import Path

import mido
import numpy as np
import pytest

from tests.conftest import tiny_performance_settings, tiny_settings
from tests.music.performances import own_notes
from tests.test_cli import call
from tunewright.codecs.midi_events import MidiEvents
from tunewright.compose import compose, replay
from tunewright.composer import Composition
from tunewright.contracts import Piece
from tunewright.errors import DecodingError, SettingsError
from tunewright.music.midi import Notes, read_midi, write_midi
from tunewright.run import Run
from tunewright.train import start_run
from tunewright.wish import Wish


def notes_of(piece: Piece) -> Notes:
    return read_midi(piece.midi).notes


def composed(run: Run, **wish: object) -> Composition:
    return compose(run, Wish(**wish))[0]  # type: ignore[arg-type]


@pytest.fixture
def primer(tmp_path: Path) -> Path:
    path = tmp_path / "primer.mid"
    path.write_bytes(write_midi(own_notes(3, 40, 20.0)))
    return path


def test_a_performance_is_as_long_as_wished_and_every_key_is_let_go(tiny_performance_run: Run) -> None:
    assert len(notes_of(composed(tiny_performance_run, length="25 notes").piece).starts) == 25
    seconds = composed(tiny_performance_run, length="8 seconds").piece
    assert notes_of(seconds).starts.max() < 8
    assert 7 < notes_of(seconds).ends.max() <= 9
    events = composed(tiny_performance_run, length="120 events")
    assert len(events.provenance["drawn"]) == 120
    for one in (seconds, events.piece):
        sounding = set[int]()
        for message in mido.MidiFile(file=io.BytesIO(one.midi)).tracks[0]:
            if message.type == "note_on" and message.velocity:
                assert message.note not in sounding
                sounding.add(message.note)
            elif message.type in ("note_on", "note_off"):
                sounding.remove(message.note)
        assert not sounding


def test_range_and_polyphony_are_kept(tiny_performance_run: Run) -> None:
    notes = notes_of(composed(tiny_performance_run, length="60 notes", range="C4-C5", polyphony=2).piece)
    assert set(notes.pitches) <= set(range(60, 73))
    at_once = [np.count_nonzero((notes.starts <= start) & (notes.ends > start)) for start in notes.starts]
    assert max(at_once) <= 2


def test_a_primer_is_gone_on_from(tiny_performance_run: Run, primer: Path) -> None:
    given = notes_of(Piece("", "", "", kind="performance", midi=primer.read_bytes()))
    found = notes_of(composed(tiny_performance_run, primer=str(primer), length="15 notes").piece)
    assert found.pitches[: len(given.pitches)].tolist() == given.pitches.tolist()
    assert np.abs(found.starts[: len(given.starts)] - given.starts).max() < 0.006
    assert len(found.pitches) == len(given.pitches) + 15
    begun = np.count_nonzero(given.starts < 10)
    short = notes_of(composed(tiny_performance_run, primer=str(primer), primer_seconds=10, length="15 notes").piece)
    assert len(short.pitches) == begun + 15


def test_a_key_struck_twice_at_once_is_given_once(tiny_performance_run: Run, tmp_path: Path) -> None:
    doubled = own_notes(5, 20, 10.0)
    doubled = Notes(*(np.concatenate([column, column[:3]]) for column in doubled))
    path = tmp_path / "doubled.mid"
    path.write_bytes(write_midi(doubled))
    given = MidiEvents().notes(Piece("", "", "", kind="performance", midi=path.read_bytes()))
    found = notes_of(composed(tiny_performance_run, primer=str(path), length="10 notes").piece)
    assert len(found.pitches) == given + 10


def test_freely_drawn_ones_are_as_long_too(tiny_performance_run: Run) -> None:
    free = composed(tiny_performance_run, free=True, length="200 events")
    assert len(free.provenance["drawn"]) <= 200
    assert free.provenance["constraint"]["kept"] == "none"
    assert notes_of(composed(tiny_performance_run, free=True, length="5 seconds").piece).ends.max() <= 5.01
    assert composed(tiny_performance_run, length="20 notes").provenance["constraint"]["kept"] == "masked"


def test_a_provenance_is_composed_again(tiny_performance_run: Run, primer: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call(
        "compose", tiny_performance_run.folder, "--out", out, "--to", "mid", "--seed", 7,
        "--length", "12 notes", "--primer", primer, "--primer-seconds", 5,
    )  # fmt: skip
    told = json.loads(next(out.glob("*.json")).read_text())
    assert Path(told["wish"]["primer"]).is_absolute()
    assert replay(next(out.glob("*.json"))).piece.midi == next(out.glob("*.mid")).read_bytes()


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"meter": "6/8", "bars": 8}, "composes performances, which have no --meter and --bars"),
        ({"length": "a while"}, "expected e.g. '60 seconds'"),
        ({"length": "9999999999 events"}, "expected at most 500,000 events"),
        ({"primer": "nowhere.mid"}, "--primer nowhere.mid: No such file"),
        ({"primer_seconds": 3.0}, "without --primer"),
        ({"free": True, "polyphony": 3}, "--free switches off"),
    ],
)
def test_what_can_not_be_meant_is_refused(tiny_performance_run: Run, wish: dict[str, object], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        composed(tiny_performance_run, **wish)


def test_symbols_without_a_grammar_keep_to_no_limits(tiny_performance_run: Run, tmp_path: Path) -> None:
    corpus = Path(tiny_performance_run.settings.corpus.name)
    settings = tiny_performance_settings(corpus, "codec.reference_compatible=true")
    run, _ = start_run(settings, tmp_path / "reference")
    with pytest.raises(DecodingError, match="nothing keeps its symbols within --range or --polyphony"):
        composed(run, polyphony=3)


def test_a_length_of_samples_is_looked_at_before_anything_is_learned(tiny_performance_run: Run, tmp_path: Path) -> None:
    corpus = Path(tiny_performance_run.settings.corpus.name)
    with pytest.raises(SettingsError, match=r"training\.sample_length: length 'long'"):
        start_run(tiny_performance_settings(corpus, "training.sample_length=long"), tmp_path / "long")


def test_performances_are_not_varied_as_tunes_are(tiny_performance_run: Run, tmp_path: Path) -> None:
    corpus = Path(tiny_performance_run.settings.corpus.name)
    with pytest.raises(SettingsError, match=r"training\.transposed: performances are varied by training\.semitones"):
        start_run(tiny_performance_settings(corpus, "training.transposed=0.5"), tmp_path / "run")


def test_tunes_are_not_varied_as_performances_are(own_file: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"training\.stretch: tunes are varied by training\.transposed"):
        start_run(tiny_settings(own_file, "training.stretch=0.1"), tmp_path / "run")
