"""How tunes are played: ties, grace notes, accents, tempo. The order of bars has tests of its own."""

from __future__ import annotations

import io
from fractions import Fraction

import mido
import pytest

from tunewright.music.dances import DANCES, dance_of
from tunewright.music.performance import (
    ACCENTED_VELOCITY,
    VELOCITY,
    perform,
    timemap,
    to_score,
)
from tunewright.music.playing_order import is_pickup
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune


def tune_of(body: str, **fields: str) -> Tune:
    """A tune in quarters, four to the bar, unless fields say otherwise."""
    given_fields = {"M": "4/4", "L": "1/4", "K": "C"} | fields
    key = given_fields.pop("K")
    header = "".join(f"{letter}:{value}\n" for letter, value in given_fields.items())
    return read_tune(f"X:1\nT:Made for a test\n{header}K:{key}\n{body}\n")


def sounding(body: str, **fields: str) -> list[tuple[str, Fraction, Fraction, int]]:
    return [(note.identity, note.start, note.duration, note.pitch) for note in perform(tune_of(body, **fields)).notes]


def test_ties_are_joined_within_and_across_bars() -> None:
    assert sounding("C2-C E-|E D3|") == [
        ("n1", Fraction(0), Fraction(3, 4), 60),
        ("n3", Fraction(3, 4), Fraction(1, 2), 64),
        ("n5", Fraction(5, 4), Fraction(3, 4), 62),
    ]


def test_a_tie_without_a_partner_changes_nothing() -> None:
    assert sounding("C2- D2-|z4|D4|") == [
        ("n1", Fraction(0), Fraction(1, 2), 60),
        ("n2", Fraction(1, 2), Fraction(1, 2), 62),
        ("n4", Fraction(2), Fraction(1), 62),
    ]


def test_a_tied_chord_holds_only_the_pitches_that_both_have() -> None:
    assert sounding("[CE]2-[CG]2|") == [
        ("n1", Fraction(0), Fraction(1), 60),
        ("n1", Fraction(0), Fraction(1, 2), 64),
        ("n2", Fraction(1, 2), Fraction(1, 2), 67),
    ]


def test_a_tie_into_an_ending_is_held_in_that_pass() -> None:
    notes = sounding("|:C2 D2-|1 D4:|2 E4|]")
    assert [(start, duration, pitch) for _, start, duration, pitch in notes] == [
        (Fraction(0), Fraction(1, 2), 60),
        (Fraction(1, 2), Fraction(3, 2), 62),
        (Fraction(2), Fraction(1, 2), 60),
        (Fraction(5, 2), Fraction(1, 2), 62),
        (Fraction(3), Fraction(1), 64),
    ]


def test_grace_notes_take_their_time_from_the_note() -> None:
    notes = sounding("{EF}G4|")
    assert [pitch for *_, pitch in notes] == [64, 65, 67]
    assert notes[0][1] == 0
    assert notes[1][1] == notes[0][2]
    assert notes[2][1] == notes[0][2] + notes[1][2]
    assert notes[2][1] + notes[2][2] == 1
    assert notes[2][2] >= Fraction(1, 2)
    assert [identity for identity, *_ in notes] == ["n1-grace1", "n1-grace2", "n1"]


def test_grace_notes_after_a_note_end_it_before_the_repeat() -> None:
    notes = sounding("G4{EF}:|A4|")
    assert [pitch for *_, pitch in notes] == [67, 64, 65] * 2 + [69]
    first, *after = notes[:3]
    assert first[1:3] == (Fraction(0), 1 - after[0][2] - after[1][2])
    assert [start for _, start, *_ in after] == [first[2], first[2] + after[0][2]]
    assert after[1][1] + after[1][2] == 1
    assert [identity for identity, *_ in notes[:3]] == ["n1", "n1-grace1", "n1-grace2"]


def test_both_passes_of_a_repeat_carry_the_same_identities() -> None:
    identities = [note.identity for note in perform(tune_of("|:C D E F:|")).notes]
    assert identities == ["n1", "n2", "n3", "n4"] * 2


def test_the_first_note_of_a_bar_is_accented_but_not_a_pickup() -> None:
    tune = tune_of("G|C D E F|C3:|")
    assert is_pickup(tune.bars, 0)
    assert not is_pickup(tune.bars, 2)
    accented = [note.velocity == ACCENTED_VELOCITY for note in perform(tune).notes]
    assert accented == 2 * [False, True, False, False, False, True]
    assert ACCENTED_VELOCITY > VELOCITY


def test_a_short_ending_is_no_pickup() -> None:
    tune = tune_of("|:C4|1 D4:|2 E3|]")
    assert not is_pickup(tune.bars, 2)
    assert [note.velocity for note in perform(tune).notes] == [ACCENTED_VELOCITY] * 4


def test_tempo_comes_from_the_tune_then_from_the_dance_then_from_the_meter() -> None:
    assert perform(tune_of("C4|", Q="1/4=60")).seconds == pytest.approx(4.0)
    assert dance_of(tune_of("C4|", R="hornpipe")) == DANCES["hornpipe"]
    assert dance_of(tune_of("C3|", M="6/8")) == DANCES["jig"]
    assert dance_of(tune_of("C3|", M="9/8", R="Something Else")) == DANCES["slipjig"]
    assert dance_of(tune_of("C5|", M="5/4")) == DANCES["miscellaneous"]


def test_timemap_tells_seconds_and_lists_a_chord_once() -> None:
    assert timemap(perform(tune_of("[CEG]2 z D|", Q="1/4=120"))) == [
        {"id": "n1", "start": 0.0, "end": 1.0},
        {"id": "n3", "start": 1.5, "end": 2.0},
    ]


def midi_file(tune: Tune) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(to_score(perform(tune)).dumps_midi()))


def onsets(file: mido.MidiFile) -> list[tuple[float, float, int]]:
    """(onset, end, pitch) of every note, in quarters."""
    found, open_notes, now = [], {}, 0
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        if message.type == "note_on" and message.velocity:
            open_notes[message.note] = now
        elif message.type in ("note_on", "note_off") and message.note in open_notes:
            found.append((open_notes.pop(message.note) / file.ticks_per_beat, now / file.ticks_per_beat, message.note))
    return sorted(found)


def test_mido_reads_back_what_was_played() -> None:
    tune = tune_of("A2|B^cde f2 g2:|", M="4/4", L="1/8", K="D", Q="1/2=100", R="reel")
    file = midi_file(tune)
    assert file.ticks_per_beat == 480
    messages = [message for track in file.tracks for message in track]
    (tempo,) = [message.tempo for message in messages if message.type == "set_tempo"]
    assert mido.tempo2bpm(tempo) == pytest.approx(200, abs=0.01)
    (meter,) = [message for message in messages if message.type == "time_signature"]
    assert (meter.numerator, meter.denominator) == (4, 4)
    assert [message.key for message in messages if message.type == "key_signature"] == ["D"]
    assert [message.program for message in messages if message.type == "program_change"] == [DANCES["reel"].program]
    once = [(0, 1, 69), (1, 1.5, 71), (1.5, 2, 73), (2, 2.5, 74), (2.5, 3, 76), (3, 4, 78), (4, 5, 79)]
    assert onsets(file) == once + [(start + 5, end + 5, pitch) for start, end, pitch in once]


def test_meter_and_key_changes_reach_the_midi_file() -> None:
    messages = [message for track in midi_file(tune_of("C4|[M:3/4][K:Gm]C3|")).tracks for message in track]
    assert [(m.numerator, m.denominator) for m in messages if m.type == "time_signature"] == [(4, 4), (3, 4)]
    assert [message.key for message in messages if message.type == "key_signature"] == ["C", "Gm"]
