from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decoding.performances import END, NARROW, SIZE, after, performed, some_way
from tunewright.decoding.midi_grammar import MidiGrammar
from tunewright.decoding.midi_length import Length
from tunewright.decoding.table import ConstraintTable
from tunewright.errors import DecodingError

lengths = st.one_of(
    st.none(),
    st.builds(Length, st.integers(1, 15), st.just("notes")),
    st.builds(Length, st.sampled_from([0.01, 0.5, 1, 1.3, 2.5, 4, 7.77]), st.just("seconds")),
    st.builds(Length, st.integers(4, 30), st.just("events")),
)
limits = st.sampled_from((*NARROW, {"lowest": 60, "highest": 61, "polyphony": 1, "longest_note": None}, {}))
seeds = st.integers(0, 10**9)


def assert_is_distance(grammar: MidiGrammar, state: Any) -> None:
    """One symbol nearer to the end is the nearest that there is; so the distance is exact wherever this holds."""
    allowed = grammar.allowed(state).nonzero().flatten().tolist()
    further = [grammar.distance(after(grammar, state, symbol)) for symbol in allowed]
    assert grammar.distance(state) == min(further) + 1
    assert max(further) <= grammar.farthest(state)


@settings(max_examples=150, deadline=None)
@given(seed=seeds, limits=limits, length=lengths, steps=st.integers(0, 60))
def test_from_everywhere_the_distance_leads_to_the_end(
    seed: int, limits: dict[str, Any], length: Length | None, steps: int
) -> None:
    grammar = MidiGrammar(**limits, length=length)
    way = some_way(grammar, random.Random(seed), steps)
    state = after(grammar, *way[-1]) if way else grammar.start()
    distance = grammar.distance(state)
    for left in range(distance, 0, -1):
        assert grammar.distance(state) == left
        assert_is_distance(grammar, state)
        allowed = grammar.allowed(state).nonzero().flatten().tolist()
        symbol = min(allowed, key=lambda symbol: grammar.distance(after(grammar, state, symbol)))
        way.append((state, symbol))
        state = after(grammar, state, symbol)
    assert way[-1][1] == END
    if not distance:
        return
    at_most = {"lowest": 21, "highest": 108, "polyphony": 80, "longest_note": 60.0} | limits
    longest = round((at_most.pop("longest_note") or 10**6) * 100)
    performed([symbol for _, symbol in way[:-1]], **at_most, longest=longest)


@settings(max_examples=150, deadline=None)
@given(seed=seeds, limits=limits, length=lengths.filter(bool))
def test_a_wished_length_is_kept(seed: int, limits: dict[str, Any], length: Length) -> None:
    grammar = MidiGrammar(**limits, length=length)
    way = some_way(grammar, random.Random(seed), 4000)
    ids = [symbol for _, symbol in way]
    assert ids[-1] == END
    seconds = sum(symbol - 255 for symbol in ids if 256 <= symbol < 356) / 100
    if length.unit == "seconds":
        assert length.count <= seconds <= length.count + 1
    else:
        found = {"notes": sum(symbol < 128 for symbol in ids), "events": len(ids) - 1}
        assert found[length.unit] == length.count


@pytest.mark.parametrize(
    ("length", "distance"),
    [
        (None, 5),  # a velocity, a note struck, a pause, let go, the end
        (Length(1, "notes"), 5),
        (Length(88, "notes"), 1 + 2 * 80 + 2 * 8 + 2 + 1),  # eighty keys at once, then eight
        (Length(7, "events"), 8),
        (Length(5, "seconds"), 1 + 1 + 5 + 1 + 1),
        (Length(61, "seconds"), 1 + 1 + 61 + 1 + 1),  # silence first, then a note
    ],
)
def test_the_distance_from_the_start(length: Length | None, distance: int) -> None:
    grammar = MidiGrammar(length=length)
    assert grammar.distance(grammar.start()) == distance


def test_notes_may_die_away_for_a_second_and_no_longer() -> None:
    grammar = MidiGrammar(length=Length(2, "seconds"), prompt=[356, 60, 355, 255 + 99])
    state = after(grammar, grammar.start(), 70, 255 + 51)
    assert state.time == 250
    allowed = grammar.allowed(state).nonzero().flatten().tolist()
    assert allowed == [128 + 60, 128 + 70]  # no key is struck any more, and a pause has just been
    state = after(grammar, state, 128 + 60)
    assert grammar.allowed(state).nonzero().flatten().tolist() == [128 + 70, *range(256, 256 + 50)]


def test_what_the_primer_holds_counts() -> None:
    primer = [356, 60, 300, 188, 62]
    for length in (Length(3, "notes"), Length(20, "events"), Length(3, "seconds")):
        free, primed = MidiGrammar(length=length), MidiGrammar(length=length, prompt=primer)
        assert primed.start() == after(free, free.start(), *primer)


@pytest.mark.parametrize(
    "length", [Length(1, "notes"), Length(0.45, "seconds"), Length(4, "events"), Length(6, "events")]
)
def test_a_primer_that_is_too_long_is_told(length: Length) -> None:
    primer = [356, 60, 300, 188, 62]
    with pytest.raises(
        DecodingError, match=r"reached: there are 2 notes and 5 events in 0.45 seconds already; expected"
    ):
        MidiGrammar(length=length, prompt=primer)


@pytest.mark.parametrize(
    ("count", "unit", "message"),
    [
        (3, "bars", "'bars' .* one of notes, seconds, events"),
        (0, "notes", "0 notes .* at least 1 notes"),
        (2.5, "notes", "2.5 notes .* whole number"),
        (3, "events", "3 events .* at least 4 events"),
        (0, "seconds", "0 seconds .* at least 0.01 seconds"),
        (float("nan"), "seconds", "nan seconds"),
        (float("inf"), "notes", "inf notes"),
    ],
)
def test_a_length_that_cannot_be_meant_is_told(count: float, unit: str, message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        Length(count, unit)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, length=lengths, steps=st.integers(0, 30), remaining=st.integers(0, 40))
def test_where_the_end_is_near_enough_a_table_needn_t_try_every_symbol(
    seed: int, length: Length | None, steps: int, remaining: int
) -> None:
    class Tried(MidiGrammar):
        def farthest(self, state: Any) -> None:  # type: ignore[override]
            return None

    known, tried = (ConstraintTable(kind(length=length), SIZE) for kind in (MidiGrammar, Tried))
    way = some_way(MidiGrammar(length=length), random.Random(seed), steps)
    for state, _ in way[-3:]:
        first, second = (table.closing(*table.number(state), remaining) for table in (known, tried))
        assert np.array_equal(first, second)
