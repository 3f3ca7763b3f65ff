from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.codecs.slow_processor import slow_events
from tests.music.performances import files, midi_file, own_notes, performance_piece, real_files
from tests.music.slow_midi import slow_notes, told_notes
from tunewright.codecs.event_ids import EVENTS, LETS_GO, SHIFTS, VELOCITIES
from tunewright.codecs.midi_events import MidiEvents
from tunewright.codecs.reference_events import reference_events
from tunewright.errors import InputError
from tunewright.music.midi import MidiPerformance, Notes, in_order, read_midi, sounding, write_midi

CODEC = MidiEvents()
REFERENCE = MidiEvents(reference_compatible=True)
ID = st.integers(0, 388)


def notes_of(*rows: tuple[float, float, int, int]) -> Notes:
    starts, ends, pitches, velocities = zip(*rows, strict=True)
    return in_order(Notes(np.array(starts, float), np.array(ends, float), np.array(pitches), np.array(velocities)))


def readable(event: int) -> str:
    """An event by its number within its kind."""
    if event >= VELOCITIES:
        return "boundary" if event >= EVENTS else f"velocity {event - VELOCITIES}"
    if event >= SHIFTS:
        return f"shift {event - SHIFTS + 1}"
    return f"off {event - LETS_GO}" if event >= LETS_GO else f"on {event}"


def told(*rows: tuple[float, float, int, int]) -> list[str]:
    return [readable(event) for event in CODEC.encode_notes(notes_of(*rows)).tolist()]


def own_sounding(seed: int, count: int = 200, seconds: float = 60.0) -> Notes:
    return sounding(MidiPerformance(own_notes(seed, count, seconds), np.zeros((0, 2)), np.zeros(0)))


def check_against_slow(content: bytes) -> None:
    """Same count, times within 5 ms, velocities within a bin of the notes that the slow reference finds."""
    found = CODEC.decode_notes(CODEC.encode(performance_piece(content)))
    expected = sorted(told_notes(slow_notes(content)), key=lambda note: (note.pitch, note.start))
    order = np.lexsort((found.starts, found.pitches))
    assert found.pitches[order].tolist() == [note.pitch for note in expected]
    starts, ends = (np.array([float(time) for time in column]) for column in list(zip(*expected, strict=True))[:2])
    assert np.abs(found.starts[order] - starts).max() < 0.005 + 1e-6
    assert np.abs(found.ends[order] - ends).max() < 0.005 + 1e-6
    assert (found.velocities[order] // 4).tolist() == [note.velocity // 4 for note in expected]


# How notes are spelled


def test_a_note() -> None:
    assert told((0.5, 1.75, 60, 80)) == ["shift 50", "velocity 20", "on 60", "shift 100", "shift 25", "off 60"]


def test_the_ids_are_the_widely_used_ones() -> None:
    assert CODEC.encode_notes(notes_of((0.5, 1.75, 60, 80))).tolist() == [305, 376, 60, 355, 280, 188]
    assert (CODEC.size, CODEC.boundary) == (389, (388,))


def test_keys_are_let_go_before_others_are_struck_in_order_of_pitch() -> None:
    chord = (0.0, 0.5, 64, 80), (0.0, 0.5, 60, 80), (0.5, 1.0, 62, 81)
    assert told(*chord) == [
        "velocity 20",
        "on 60",
        "on 64",
        "shift 50",
        "off 60",
        "off 64",
        "on 62",
        "shift 50",
        "off 62",
    ]


def test_a_velocity_is_told_when_its_bin_changes() -> None:
    events = told((0.0, 0.1, 60, 80), (0.1, 0.2, 60, 83), (0.2, 0.3, 60, 84), (0.3, 0.4, 60, 83))
    assert [event for event in events if "velocity" in event] == ["velocity 20", "velocity 21", "velocity 20"]


def test_a_pause_of_whole_seconds_needs_no_rest() -> None:
    assert told((2.0, 3.0, 60, 80)) == ["shift 100", "shift 100", "velocity 20", "on 60", "shift 100", "off 60"]


def test_a_key_struck_while_it_sounds_is_let_go_first() -> None:
    events = told((0.0, 1.0, 60, 80), (0.5, 2.0, 60, 80))
    assert events == ["velocity 20", "on 60", "shift 50", "off 60", "on 60", "shift 100", "shift 50", "off 60"]


def test_a_note_lasts_a_step_at_least() -> None:
    assert told((0.0, 0.001, 60, 80)) == ["velocity 20", "on 60", "shift 1", "off 60"]


def test_of_notes_that_strike_a_key_in_one_step_the_last_is_told() -> None:
    assert told((0.0, 0.9, 60, 40), (0.003, 0.5, 60, 80)) == ["velocity 20", "on 60", "shift 50", "off 60"]


def test_a_hundred_thousand_notes_in_one_tick_of_one_key_are_one() -> None:
    content = midi_file(b"\x00\x90\x3c\x40" * 100_000 + b"\x60\x80\x3c\x00")
    assert len(CODEC.encode(performance_piece(content))) == 4


def test_no_notes_are_no_events() -> None:
    nothing = CODEC.decode_notes([])
    assert len(nothing.starts) == 0
    for codec in (CODEC, REFERENCE):
        assert len(codec.encode_notes(nothing)) == 0
    assert len(CODEC.varied([], 3, 1.1)) == 0


# Against the slow reference


@given(files())
def test_notes_come_back_as_the_slow_reference_has_them(content: bytes) -> None:
    assume(slow_notes(content))
    check_against_slow(content)


def test_nothing_drifts_in_an_hour() -> None:
    notes = own_sounding(3, count=2_000, seconds=3600.0)
    found = CODEC.decode_notes(CODEC.encode_notes(notes))
    late = found.starts[-50:] - notes.starts[-50:]
    assert np.abs(late).max() <= 0.005 + 1e-9
    # Unlike the widely used processor, which rounds every pause by itself.
    drifted = REFERENCE.decode_notes(REFERENCE.encode_notes(notes)).starts[-50:] - notes.starts[-50:]
    assert np.abs(drifted).max() > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("year", sorted({path.parent.name for path in real_files()}))
def test_every_real_file_comes_back_as_the_slow_reference_has_it(year: str) -> None:
    for path in real_files():
        if path.parent.name == year:
            check_against_slow(path.read_bytes())


# There and back


@given(st.lists(ID, max_size=200))
def test_whatever_is_spelled_can_be_heard_and_is_spelled_anew_for_good(ids: list[int]) -> None:
    notes = CODEC.decode_notes(ids)
    assert (notes.ends - notes.starts > 0.0099).all()
    spelled = CODEC.encode_notes(notes)
    assert CODEC.encode_notes(CODEC.decode_notes(spelled)).tolist() == spelled.tolist()


def test_a_piece_comes_back_as_a_midi_file() -> None:
    ids = CODEC.encode_notes(own_sounding(5))
    piece = CODEC.decode([*ids.tolist(), 388], "somewhere")
    assert (piece.kind, piece.text, piece.origin) == ("performance", "", "somewhere")
    assert CODEC.encode(piece).tolist() == ids.tolist()
    assert CODEC.units(piece) == len(ids)
    assert CODEC.notes(piece) == len(read_midi(piece.midi).notes.starts)


@given(st.lists(ID, max_size=100))
def test_hanging_and_stray_events_are_made_good(ids: list[int]) -> None:
    notes = CODEC.decode_notes(ids)
    steps = sum(event - 255 for event in ids if 256 <= event < 356)
    assert (notes.ends <= max(steps, 0) / 100 + 0.0101).all()
    struck = Counter(event for event in ids if event < 128)
    assert all(count <= struck[pitch] for pitch, count in Counter(notes.pitches.tolist()).items())


def test_a_note_that_is_never_let_go_ends_with_the_last_event() -> None:
    assert CODEC.decode_notes([60, 355, 355, 188 + 1]).ends.tolist() == [2.0]
    assert CODEC.decode_notes([188, 355, 60, 355, 188]).starts.tolist() == [1.0]


def test_saved_and_loaded(tmp_path: Path) -> None:
    for codec in (CODEC, REFERENCE):
        codec.save(tmp_path / "codec.json")
        assert MidiEvents.load(tmp_path / "codec.json").reference_compatible == codec.reference_compatible


def test_events_can_be_read() -> None:
    names = CODEC.names()
    assert len(names) == len(set(names)) == CODEC.size
    assert [names[event] for event in (0, 60, 127, 128, 255, 256, 355, 356, 387, 388)] == [
        "on C-1", "on C4", "on G9", "off C-1", "off G9", "wait 10 ms", "wait 1000 ms", "loudness 1", "loudness 32", "",
    ]  # fmt: skip


def test_what_is_no_performance_is_refused() -> None:
    for codec in (CODEC, REFERENCE):
        with pytest.raises(InputError, match="no MIDI file"):
            codec.encode(performance_piece(b"X:1"))
        with pytest.raises(InputError, match="no notes"):
            codec.encode(performance_piece(midi_file(b"")))


# Variations


def test_a_variation_is_the_same_performance_elsewhere() -> None:
    notes = own_sounding(7)
    inside = notes.select((notes.pitches > 24) & (notes.pitches < 105))
    found = CODEC.decode_notes(CODEC.varied(CODEC.encode_notes(inside), 3, 1.05))
    assert sorted(found.pitches - 3) == sorted(inside.pitches)
    assert np.abs(found.starts / 1.05 - np.sort(inside.starts)).max() < 0.011
    assert found.velocities.sum() == CODEC.decode_notes(CODEC.encode_notes(inside)).velocities.sum()


def test_no_variation_is_the_performance_itself() -> None:
    ids = CODEC.encode_notes(own_sounding(8))
    assert CODEC.varied(ids, 0, 1.0).tolist() == ids.tolist()


@pytest.mark.parametrize(
    ("pitches", "asked", "done"), [([21, 60], -3, 0), ([60, 107], 3, 1), ([10, 60], -3, 0), ([30], -3, -3)]
)
def test_a_variation_stays_on_the_piano(pitches: list[int], asked: int, done: int) -> None:
    ids = CODEC.encode_notes(notes_of(*((0.0, 1.0, pitch, 64) for pitch in pitches)))
    assert CODEC.decode_notes(CODEC.varied(ids, asked, 1.0)).pitches.tolist() == [pitch + done for pitch in pitches]


# The stream of the widely used processor


def odd_pedals(seed: int) -> bytes:
    """A performance whose pedal is pressed twice, released twice, empty, and late."""
    chance = np.random.default_rng(seed)
    edges = np.sort(chance.uniform(0, 70, 24)).reshape(-1, 2)
    content = write_midi(own_notes(seed), edges)
    again = content.replace(b"\xb0\x40\x7f", b"\xb0\x40\x7f\x01\xb0\x40\x50")  # pressed while it is down
    again = again.replace(b"\xb0\x40\x00", b"\xb0\x40\x00\x02\xb0\x40\x30")  # released while it is up
    return again[:18] + (len(again) - 22).to_bytes(4, "big") + again[22:]


@pytest.mark.parametrize("seed", range(6))
def test_the_widely_used_stream_on_performances_of_our_own(seed: int, tmp_path: Path) -> None:
    content = odd_pedals(seed) if seed else write_midi(own_notes(seed))
    (tmp_path / "own.mid").write_bytes(content)
    found = REFERENCE.encode(performance_piece(content)).tolist()
    assert found == slow_events(tmp_path / "own.mid")
    assert found != CODEC.encode(performance_piece(content)).tolist()


@pytest.mark.parametrize("path", real_files()[:: max(1, len(real_files()) // 3)], ids=lambda path: path.stem[-12:])
def test_the_widely_used_stream_on_real_performances(path: Path) -> None:
    assert REFERENCE.encode(performance_piece(path.read_bytes())).tolist() == slow_events(path)


def test_the_widely_used_stream_tells_a_velocity_before_almost_every_note() -> None:
    notes = notes_of(*((place / 10, place / 10 + 0.05, 60, 80) for place in range(10)))
    assert np.count_nonzero(reference_events(*notes) >= 356) == 10
    assert np.count_nonzero(CODEC.encode_notes(notes) >= 356) == 1
