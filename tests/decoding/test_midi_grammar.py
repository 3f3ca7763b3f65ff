from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decoding.performances import (
    END,
    NARROW,
    SIZE,
    Judge,
    Note,
    WrongError,
    after,
    performed,
    some_notes,
    some_way,
    spelled,
)
from tunewright.decoding.midi_grammar import MidiGrammar
from tunewright.decoding.midi_length import Length
from tunewright.errors import DecodingError

ANY: dict[str, Any] = {"lowest": 0, "highest": 127, "polyphony": None, "longest_note": None}


def judge_of(limits: dict[str, Any]) -> Judge:
    return Judge(limits["lowest"], limits["highest"], limits["polyphony"], round(limits["longest_note"] * 100))


def judged(judge: Judge) -> set[int]:
    """Symbols that a judge lets pass."""
    return {symbol for symbol in range(SIZE) if passes(judge, symbol)}


def passes(judge: Judge, symbol: int) -> bool:
    copy = Judge(judge.piano.start, judge.piano.stop - 1, judge.polyphony, judge.longest)
    copy.__dict__.update(
        {name: value.copy() if hasattr(value, "copy") else value for name, value in vars(judge).items()}
    )
    try:
        copy.play([symbol])
    except WrongError:
        return False
    return True


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9), limits=st.sampled_from(NARROW), length=st.integers(0, 60))
def test_what_may_come_is_what_a_judge_lets_pass(seed: int, limits: dict[str, Any], length: int) -> None:
    grammar, judge = MidiGrammar(**limits), judge_of(limits)
    way = some_way(grammar, random.Random(seed), length)
    judge.play([symbol for _, symbol in way])
    state = after(grammar, *way[-1]) if way else grammar.start()
    allowed = grammar.allowed(state)
    assert allowed.shape == (SIZE,)
    assert {symbol for symbol in range(SIZE) if allowed[symbol]} == judged(judge)
    assert [grammar.advance(state, symbol) is not None for symbol in range(SIZE)] == allowed.tolist()


@settings(max_examples=100, deadline=None)
@given(notes=some_notes())
def test_what_a_codec_writes_is_accepted_and_says_what_was_played(notes: list[Note]) -> None:
    ids = spelled(notes)
    assert performed(ids, lowest=0, highest=127, polyphony=128, longest=10**6) == sorted(notes)
    for length in (None, Length(len(notes), "notes")):
        grammar = MidiGrammar(**ANY, length=length, prompt=ids)
        assert grammar.allowed(grammar.start())[END]


@settings(max_examples=50, deadline=None)
@given(notes=some_notes())
def test_what_the_real_codec_writes_is_accepted(notes: list[Note]) -> None:
    codec = pytest.importorskip("tunewright.codecs.midi_events").MidiEvents()
    midi = pytest.importorskip("tunewright.music.midi")
    import numpy as np

    starts, pitches, ends, bins = np.array(sorted(notes)).T
    ids = codec.encode_notes(midi.Notes(starts / 100, ends / 100, pitches, 4 * bins + 1)).tolist()
    assert ids == spelled(notes)
    assert (codec.size, codec.boundary) == (SIZE, (END,))


def test_a_key_may_be_struck_again_where_it_is_let_go() -> None:
    begun = [356, 60, 300]
    assert not MidiGrammar(prompt=begun).allowed(MidiGrammar(prompt=begun).start())[60]
    again = MidiGrammar(prompt=[*begun, 128 + 60])
    assert again.allowed(again.start())[60]
    struck = MidiGrammar(prompt=[*begun, 128 + 60, 60])
    assert not struck.allowed(struck.start())[128 + 60]  # it lasts a step at least


def test_a_performance_rests_where_time_has_gone_on() -> None:
    grammar = MidiGrammar()
    state = grammar.start()
    rests = []
    for symbol in (356, 60, 300, 128 + 60, END):
        state = after(grammar, state, symbol)
        rests.append(grammar.resting(state))
    assert rests == [False, False, True, False, False]
    assert grammar.meant(state, 5) is state
    assert not grammar.allowed(state).any()
    assert grammar.distance(state) == 0


def test_notes_that_sound_when_the_primer_ends_are_let_go_and_may_be_told_from_others() -> None:
    grammar = MidiGrammar(prompt=[356 + 8, 50, 72, 355, 355])
    assert grammar.prompt == (364, 50, 72, 355, 355)
    state = grammar.start()
    offs = [symbol - 128 for symbol in range(128, 256) if grammar.allowed(state)[symbol]]
    assert offs == [50, 72]
    assert not grammar.allowed(state)[END]
    assert grammar.distance(state) == 3


def test_a_note_that_has_sounded_for_its_time_is_let_go_before_anything_else() -> None:
    grammar = MidiGrammar(longest_note=3, prompt=[356, 60, 355, 357, 62, 355, 255 + 100])
    state = grammar.start()
    assert grammar.allowed(state).nonzero().flatten().tolist() == [128 + 60]
    state = after(grammar, state, 128 + 60)
    pauses = [symbol - 255 for symbol in range(256, 356) if grammar.allowed(state)[symbol]]
    assert pauses == list(range(1, 101))
    state = after(grammar, state, 255 + 99, 65)
    pauses = [symbol - 255 for symbol in range(256, 356) if grammar.allowed(state)[symbol]]
    assert pauses == [1]


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ([60], r"event 1 of the primer can't be note on 60; expected a pause of 10 ms to 1000 ms or velocity 0 to 31"),
        ([364, 60, 60], r"event 3 .* note on 60; expected note on 61 to 108 or a pause of 10 ms to 1000 ms or vel"),
        ([364, 60, 128 + 60], r"event 3 .* note off 60; expected note on"),
        ([364, 364], r"event 2 .* velocity 8; expected note on 21 to 108$"),
        ([364, 60, 300, 128 + 61], r"event 4 .* note off 61; expected note on .* or note off 60 or velocity"),
        ([364, 60, 300, 300], r"event 4 .* a pause of 450 ms"),
        ([364, 20], r"event 2 .* note on 20; expected note on 21 to 108"),
        ([364, 60, 300, 188, END], r"event 5 .* the end"),
        ([364, 400], r"event 2 .* symbol 400, which there isn't"),
        ([-1], r"event 1 .* symbol -1"),
        ([364, 60, 64, 67], r"event 4 .* note on 67; expected a pause"),
        ([364, 60, 355, 355, 355, 300], r"event 6 .* a pause of 450 ms; expected note off 60$"),
    ],
)
def test_a_primer_that_breaks_the_rules_is_told(prompt: list[int], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        MidiGrammar(polyphony=2, longest_note=3, prompt=prompt)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"lowest": 60, "highest": 59}, "pitches from 60 to 59 .* 0 to 127"),
        ({"lowest": -1}, "pitches from -1"),
        ({"highest": 128}, "pitches from 21 to 128"),
        ({"polyphony": 0}, "polyphony of 0 .* at least 1"),
        ({"longest_note": 2.5}, "at most 2.5 seconds .* at least 3"),
    ],
)
def test_limits_that_cannot_be_meant_are_told(limits: dict[str, Any], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        MidiGrammar(**limits)
