from __future__ import annotations

import weakref
from functools import partial
from typing import Any

import pytest

from tests.decoding.performances import END, SIZE, Improviser, performed
from tunewright.decoding import generate as generating
from tunewright.decoding import table as tables
from tunewright.decoding.beam import beam_search
from tunewright.decoding.drawing import Draw, Drawing, Finished
from tunewright.decoding.filters import greedy, temperature, top_k
from tunewright.decoding.generate import generate
from tunewright.decoding.midi_grammar import MidiGrammar
from tunewright.decoding.midi_length import Length
from tunewright.decoding.table import ConstraintTable

LIMITS: dict[str, Any] = {"lowest": 36, "highest": 84, "polyphony": 6, "longest_note": 4.0}
JUDGED: dict[str, Any] = {"lowest": 36, "highest": 84, "polyphony": 6, "longest": 400}
PRIMER = [356 + 20, 60, 64, 255 + 40, 128 + 60, 255 + 100, 255 + 7]


def draw_all(
    grammar: MidiGrammar, pieces: range, width: int = 20, model: Any = None, kind: Any = ConstraintTable, **options: Any
) -> dict[int, Finished]:
    drawing = Drawing(**{"boundary": (END,), "prompt": grammar.prompt, "longest": 250, "redraws": 0, **options})
    waiting, table = iter(map(Draw, pieces)), kind(grammar, SIZE)
    found = generate(model or Improviser(), table, drawing, lambda: next(waiting, None), width)
    return {one.draw.piece: one for one in found}


@pytest.mark.parametrize(
    "length",
    [None, Length(25, "notes"), Length(6.5, "seconds"), Length(120, "events")],
    ids=["any", "notes", "seconds", "events"],
)
@pytest.mark.parametrize(
    ("options", "primer"),
    [({}, []), ({"filters": [lambda logits: top_k(logits, 50)]}, PRIMER), ({"redraws": 3}, PRIMER)],
    ids=["asked", "masked", "redrawn"],
)
def test_every_performance_is_right_and_as_long_as_wished(
    options: dict[str, Any], length: Length | None, primer: list[int]
) -> None:
    grammar = MidiGrammar(**LIMITS, length=length, prompt=primer)
    found = draw_all(grammar, range(20), **options)
    assert len(found) == 20
    assert len({one.ids for one in found.values()}) > 15
    for one in found.values():
        assert one.complete
        assert list(one.ids[: len(primer)]) == primer
        notes = performed(one.ids, **JUDGED)
        if length and length.unit == "notes":
            assert len(notes) == length.count
        elif length and length.unit == "events":
            assert len(one.ids) == length.count
        elif length:
            assert length.count <= max(note.end for note in notes) / 100 <= length.count + 1
    for piece in (0, 7):
        assert draw_all(grammar, range(piece, piece + 1), width=1, **options)[piece] == found[piece]


@pytest.mark.parametrize("longest", [5, 6, 9, 30, 150])
def test_a_performance_is_closed_in_time(longest: int) -> None:
    """A model that never ends comes to its end within the longest length, and makes use of it."""
    found = draw_all(MidiGrammar(), range(20), model=Improviser(end=-300.0), longest=longest).values()
    for one in found:
        assert one.complete
        performed(one.ids)
        assert len(one.ids) + 1 <= longest
    assert max(len(one.ids) for one in found) + 1 > longest - 3


def test_a_model_that_is_certain_lets_its_notes_go() -> None:
    (found,) = draw_all(MidiGrammar(length=Length(40, "notes")), range(1), filters=[greedy]).values()
    assert len(performed(found.ids)) == 40


def test_tables_that_fill_are_left_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    grammar, options = MidiGrammar(**LIMITS), {"filters": [partial(temperature, value=1.2)], "redraws": 2}
    endless = Improviser(end=-300.0)
    unbounded = draw_all(grammar, range(12), width=8, model=endless, **options)
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0

    class Watched(ConstraintTable):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            alive.add(self)

        def _add(self, state: Any) -> int:
            nonlocal most
            most = max(most, sum(len(table.states) for table in alive))
            return super()._add(state)

    monkeypatch.setattr(tables, "MOST_NUMBERS", 200 * SIZE)
    monkeypatch.setattr(generating, "ConstraintTable", Watched)
    assert draw_all(grammar, range(12), width=8, model=endless, kind=Watched, **options) == unbounded
    met = sum(one.drawn for one in unbounded.values())
    assert met > 3000
    assert 150 < most < 450


@pytest.mark.parametrize("length", [None, Length(6, "notes"), Length(3, "seconds"), Length(20, "events")])
def test_beams_find_performances(length: Length | None) -> None:
    grammar = MidiGrammar(**LIMITS, length=length, prompt=PRIMER)
    options: dict[str, Any] = {"boundary": (END,), "filters": (), "width": 4, "returned": 4, "longest": 80}
    for constraint in (grammar, ConstraintTable(grammar, SIZE).as_constraint()):
        result = beam_search(
            Improviser(), prefix=[END, *PRIMER], state=constraint.start(), constraint=constraint, **options
        )
        assert len(result.hypotheses) == 4
        for one in result.hypotheses:
            assert one.complete
            notes = performed([*PRIMER, *one.ids], **JUDGED)
            assert not length or length.unit != "notes" or len(notes) == length.count
            assert not length or length.unit != "events" or len(PRIMER) + len(one.ids) == length.count
