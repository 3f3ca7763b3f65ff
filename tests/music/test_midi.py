from __future__ import annotations

import io
import resource
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
from hypothesis import given

from tests.music.performances import END, broken, chunk, files, midi_file, number, own_notes, real_files
from tests.music.slow_midi import slow_notes
from tunewright.errors import InputError
from tunewright.music.midi import MidiPerformance, Notes, paired, read_midi, sounding, write_midi
from tunewright.music.midi_file import read_file

NOTE = b"\x00\x90\x3c\x40\x60\x80\x3c\x00"
"""Middle C for 96 ticks."""


def rows(notes: Notes) -> list[Any]:
    return list(zip(*(column.tolist() for column in notes), strict=True))


def performance(*tracks: bytes, division: int = 100) -> MidiPerformance:
    return read_midi(midi_file(*tracks, division=division))


# What is read


def test_a_note() -> None:
    assert rows(performance(NOTE).notes) == [(0.0, pytest.approx(0.48), 60, 64)]


def test_times_follow_every_change_of_tempo() -> None:
    tempo = b"\x64\xff\x51\x03\x0f\x42\x40"  # a second to the quarter note, from the second quarter on
    notes = performance(tempo, b"\x64\x90\x3c\x40\x64\x80\x3c\x00").notes
    assert rows(notes) == [(pytest.approx(0.5), pytest.approx(1.5), 60, 64)]


def test_a_key_that_is_never_let_go_hangs_and_is_left_out() -> None:
    assert rows(performance(NOTE + b"\x00\x90\x3c\x40", b"\x64\xb0\x01\x00").notes) == rows(performance(NOTE).notes)
    with pytest.raises(InputError, match="no notes"):
        performance(b"\x00\x90\x3c\x40", b"\x64\xb0\x01\x00")


def test_a_release_ends_the_earliest_strike_of_its_key() -> None:
    on, again, off = b"\x00\x90\x3c\x40", b"\x64\x90\x3c\x50", b"\x64\x80\x3c\x00"
    twice = performance(on + again + off + off)
    assert rows(twice.notes) == [(0.0, 1.0, 60, 64), (0.5, 1.5, 60, 80)]
    assert rows(sounding(twice)) == [(0.0, 0.5, 60, 64), (0.5, 1.5, 60, 80)]
    assert rows(performance(on + again + off).notes) == [(0.0, 1.0, 60, 64)]
    assert rows(performance(off + on + again + off + off + off).notes) == [(0.5, 1.5, 60, 64), (1.0, 2.0, 60, 80)]


def test_keys_of_other_tracks_and_channels_are_other_keys() -> None:
    first = b"\x00\x90\x3c\x40\x00\x91\x3c\x50\x64\x81\x3c\x00"
    found = performance(first, b"\x00\x80\x3c\x00\x00\x90\x3c\x60\x32\x80\x3c\x00")
    assert rows(found.notes) == [(0.0, 0.5, 60, 80), (0.0, 0.25, 60, 96)]


def test_a_change_of_program_parts_no_note() -> None:
    change = b"\x32\xc0\x05"
    assert rows(performance(NOTE[:4] + change + NOTE[4:]).notes) == [(0.0, pytest.approx(0.73), 60, 64)]


def test_a_release_in_the_tick_of_a_strike_ends_what_sounded_before() -> None:
    struck_before_let_go = performance(b"\x00\x90\x3c\x40\x64\x90\x3c\x50\x00\x80\x3c\x00\x64\x80\x3c\x00")
    assert rows(struck_before_let_go.notes) == [(0.0, 0.5, 60, 64), (0.5, 1.0, 60, 80)]
    assert rows(performance(b"\x00\x90\x3c\x40\x00\x80\x3c\x00").notes) == [(0.0, 0.0, 60, 64)]


def test_drums_are_left_out() -> None:
    assert performance(NOTE + b"\x00\x99\x26\x40\x60\x89\x26\x00").notes.pitches.tolist() == [60]


def test_the_pedal_holds_what_is_let_go_within_it() -> None:
    down, up = b"\x00\xb0\x40\x7f", b"\x64\xb0\x40\x00"
    held = performance(down + NOTE + up)
    assert held.pedal.tolist() == [[0.0, pytest.approx(0.98)]]
    assert sounding(held).ends.tolist() == [pytest.approx(0.98)]
    assert held.notes.ends.tolist() == [pytest.approx(0.48)]
    struck_again = performance(down + NOTE + NOTE + up)
    assert sounding(struck_again).ends.tolist() == pytest.approx([0.48, 1.46])


def test_a_pedal_let_go_with_the_key_holds_nothing() -> None:
    assert sounding(performance(b"\x00\xb0\x40\x7f" + NOTE + b"\x00\xb0\x40\x00")).ends.tolist() == pytest.approx(
        [0.48]
    )


def test_a_pedal_pressed_again_in_the_tick_of_its_release_has_been_let_go() -> None:
    again = performance(b"\x00\xb0\x40\x7f" + NOTE + b"\x64\xb0\x40\x00\x00\xb0\x40\x7f\x64\xb0\x40\x00")
    assert again.pedal.tolist() == pytest.approx(np.array([[0.0, 0.98], [0.98, 1.48]]))
    assert sounding(again).ends.tolist() == [pytest.approx(0.98)]


def test_a_pedal_that_is_never_let_go_is_down_until_the_end() -> None:
    forever = performance(b"\x00\xb0\x40\x7f" + NOTE + b"\x64\xb0\x01\x00")
    assert sounding(forever).ends.tolist() == pytest.approx([0.98])


def test_two_pedals_are_one() -> None:
    first, second = b"\x00\xb0\x40\x7f\x64\xb0\x40\x00", b"\x32\xb1\x40\x7f\x64\xb1\x40\x00"
    assert performance(first, second, NOTE).pedal.tolist() == [[0.0, 0.75]]


def test_beats_are_told_where_the_file_tells_a_tempo_of_its_own() -> None:
    assert len(performance(NOTE).beats) == 0
    assert len(performance(b"\x00\xff\x51\x03\x07\xa1\x20" + NOTE).beats) == 0  # 120, as recorders write
    slow = performance(b"\x00\xff\x51\x03\x0f\x42\x40" + NOTE + b"\x64" + NOTE[1:])
    assert slow.beats.tolist() == [0.0, 1.0, 2.0]


def test_running_status_goes_on_after_what_is_no_message() -> None:
    """Some programs write it so, though the standard says otherwise."""
    found = performance(NOTE + b"\x00\x90\x3e\x40\x00\xff\x01\x02hi\x20\x3e\x00").notes
    assert rows(found)[1] == (pytest.approx(0.48), pytest.approx(0.64), 62, 64)


@given(files())
def test_any_file_is_read_as_note_by_note(content: bytes) -> None:
    expected = slow_notes(content)
    if not expected:
        with pytest.raises(InputError, match="no notes"):
            read_midi(content)
        return
    found = rows(sounding(read_midi(content)))
    assert [row[2:] for row in found] == [note[2:] for note in expected]
    assert np.allclose([row[:2] for row in found], [[float(time) for time in note[:2]] for note in expected], atol=1e-9)


# What is written


@pytest.mark.parametrize("title", ["", "Étude, op. 10"])
def test_what_is_written_is_read_again(title: str) -> None:
    notes = sounding(MidiPerformance(own_notes(1), np.zeros((0, 2)), np.zeros(0)))
    pedal = np.array([[0.5, 1.25], [2.0, 2.5]])
    content = write_midi(notes, pedal, title)
    again = read_midi(content)
    assert np.abs(np.sort(again.notes.starts) - notes.starts).max() <= 0.0005001
    assert np.abs(np.sort(again.notes.ends) - np.sort(notes.ends)).max() <= 0.0015001
    assert sorted(again.notes.velocities) == sorted(notes.velocities)
    assert again.pedal.tolist() == pedal.tolist()
    assert mido.MidiFile(file=io.BytesIO(content)).tracks[0].name == title.encode().decode("latin1")


def test_a_file_without_notes_can_be_written_and_is_refused_when_read() -> None:
    nothing = np.zeros(0)
    with pytest.raises(InputError, match="no notes in it"):
        read_midi(write_midi(Notes(nothing, nothing, nothing.astype(int), nothing.astype(int))))


# What is refused


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no MIDI file"),
        (b"%PDF-1.7 and so on", "no MIDI file"),
        (midi_file(NOTE)[:12], "cut off within its header"),
        (midi_file(NOTE)[:-3], "cut off"),
        (midi_file(NOTE)[:16], "cut off: 1 tracks announced, 0 found"),
        (midi_file(NOTE, announced=2), "cut off: 2 tracks announced, 1 found"),
        (midi_file(NOTE, division=0), "0 ticks per quarter"),
        (midi_file(NOTE, division=0xE728), "SMPTE"),
        (midi_file(NOTE, form=2), "type 2"),
        (midi_file(NOTE, form=7), "type 7"),
        (midi_file(NOTE, NOTE, form=0), "2 tracks in a file of type 0"),
        (midi_file(announced=0), "no tracks"),
        (midi_file(b""), "no notes in it"),
        (midi_file(NOTE.replace(b"\x90", b"\x99")), "drums"),
        (midi_file(b"\x00\x3c\x40"), "without a status"),
        (midi_file(b"\x00\x90\x3c\xff"), "no event begins after event 0 of track 1"),
        (midi_file(NOTE + b"\x00\x90\x90\x3c\x40"), "no event begins after event 2 of track 1"),
        (midi_file(NOTE, NOTE + b"\x80\x80\x80\x80\x00\x3c\x00"), "no event begins after event 2 of track 2"),
        (midi_file(NOTE + NOTE[:-1]), "damaged: "),
        (b"".join([midi_file(announced=1), chunk(NOTE + b"\x80")]), "an event is broken off at byte 31"),
        (b"".join([midi_file(announced=2), chunk(NOTE + b"\x80"), chunk(NOTE)]), "an event is broken off at byte 31"),
        (midi_file(NOTE[:4] + b"\x83\x80\xc0\xc0"), "an event is broken off at byte 27"),
        (b"".join([midi_file(NOTE, announced=2), chunk(NOTE[:-1])]), "track 2 ends within an event"),
        (b"".join([midi_file(announced=2), chunk(NOTE[:-1]), chunk(NOTE + END)]), "track 1 ends within an event"),
        (midi_file(b"\x00\xf4\x00"), "no event begins"),
        (midi_file(b"\x00\xff\x01\x7fabc"), "longer than its track"),
        (midi_file(b"\x00\xff\x51\x03\x00\x00\x00" + NOTE), "a tempo without end"),
        (midi_file(NOTE + b"\xff\xff\xff\x7f" + NOTE[1:], division=1), "hours"),
        (midi_file(NOTE)[:14] + b"MTrk\xff\xff\xff\xff", "bytes are missing"),
        (chunk(b"\x00\x01", b"MThd") + midi_file(NOTE)[14:], "a header of 2 bytes"),
        (midi_file(NOTE)[:14] + b"\x00\x01\x02\x03\x00\x00\x00\x00" + bytes(9), "no chunk begins"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_midi(content)


def test_chunks_of_other_kinds_are_passed_over() -> None:
    content = midi_file(NOTE)
    assert len(read_midi(content[:14] + chunk(b"\x01\x02", b"XFIH") + content[14:] + b"rubbish").notes.starts) == 1


def read_all(contents: list[bytes]) -> tuple[int, float, float]:
    """How many of these files are read, the most seconds that one took, and the MB by which memory grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read, slowest = 0, 0.0
    for content in contents:
        started = time.process_time()
        with suppress(InputError):
            notes = sounding(read_midi(content))
            assert np.isfinite(notes.ends).all()
            assert (notes.ends >= notes.starts).all()
            read += 1
        slowest = max(slowest, time.process_time() - started)
    return read, slowest, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def spoilt(originals: list[bytes], count: int) -> list[bytes]:
    return [broken(originals[seed % len(originals)], seed) for seed in range(count)]


def test_500_broken_files_of_our_own_crash_hang_and_flood_nothing() -> None:
    originals = [write_midi(own_notes(seed), np.array([[1.0, 2.0]]), "Own") for seed in range(5)]
    read, slowest, grown = read_all(spoilt(originals, 500))
    assert 0 < read < 400
    assert slowest < 1
    assert grown < 100


def test_500_broken_real_files_crash_hang_and_flood_nothing() -> None:
    paths = real_files()[:: max(1, len(real_files()) // 20)]
    if not paths:
        pytest.skip("no performances under $TUNEWRIGHT_DATA")
    read, slowest, grown = read_all(spoilt([path.read_bytes() for path in paths], 500))
    assert 0 < read < 400
    assert slowest < 2
    assert grown < 200


# What is large


def test_half_an_hour() -> None:
    notes = own_notes(0, count=30_000, seconds=1800.0)
    performance = read_midi(write_midi(notes))
    assert 29_000 < len(performance.notes.starts) <= 30_000
    assert performance.seconds > 1790


@pytest.mark.parametrize("pitches", [[60], list(range(128))])
def test_a_hundred_thousand_notes_in_one_tick(pitches: list[int]) -> None:
    ons = b"".join(b"\x00\x90" + bytes([pitches[place % len(pitches)], 64]) for place in range(100_000))
    offs = number(100) + b"\x80\x3c\x00" + ons.replace(b"\x90", b"\x80")
    notes = sounding(read_midi(midi_file(ons + offs)))
    assert len(notes.starts) == 100_000
    assert np.count_nonzero(notes.ends > notes.starts) == len(pitches)


def test_a_million_events_without_notes_take_no_more_than_seconds() -> None:
    started = time.process_time()
    content = midi_file(b"\x00\xff\x01\x00" * 500_000 + b"\x00\xc0\x00" * 500_000 + NOTE)
    assert len(read_midi(content).notes.starts) == 1
    assert time.process_time() - started < 10


def test_a_file_beyond_all_measure_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="at most 20 MB"):
        read_midi(midi_file(NOTE) + bytes(21_000_000))


@pytest.mark.slow
@pytest.mark.parametrize("path", real_files()[::40], ids=lambda path: path.stem[-12:])
def test_real_files_are_read_as_symusic_reads_them(path: Path) -> None:
    from symusic.core import ScoreTick

    content = path.read_bytes()
    file = read_file(content)
    struck, let_go = paired(file.messages)
    ticks, pitches, velocities = file.messages.ticks, file.messages.first, file.messages.second
    columns = ticks[struck], (ticks[let_go] - ticks[struck]), pitches[struck], velocities[struck]
    expected = sorted(
        (note.time, note.duration, note.pitch, note.velocity)
        for track in ScoreTick.from_midi(content).tracks
        for note in track.notes
    )
    assert sorted(zip(*(column.tolist() for column in columns), strict=True)) == expected
