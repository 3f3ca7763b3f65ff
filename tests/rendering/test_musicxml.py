"""What is written for engraving: music21 reads it and must find the tune's own notes and lengths."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import music21
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunewright.contracts import Piece
from tunewright.music.reader import read_tune
from tunewright.music.tune import Meter
from tunewright.rendering.beams import beams
from tunewright.rendering.musicxml import MusicXmlRenderer, musicxml
from tunewright.rendering.note_values import note_values

TUNES = {
    "plain": "M:4/4\nL:1/8\nK:D\n|:d2fd Adfd|egfd ecAc|d2fd Adfa|gefd e4:|\n|:fafd g2eg|fedc d4:|",
    "pickup, endings": "M:6/8\nL:1/8\nK:Edor\nB|:EFG B2A|GFE D3|1 EFG A2B|E3 E2B:|2 EDE G2B|e3 e2|]",
    "tuplets": "M:4/4\nL:1/8\nK:A\n(3ABc (3d2e2f2 a2|(3efe (3dcB A4|(5abage z2 A3|]",
    "broken rhythm": "M:2/4\nL:1/8\nK:G\nG>A B<d|g>>f e<<d|G/A/B/c/ d/>e/f|G4|]",
    "odd lengths": "M:5/4\nL:1/8\nK:C\nC10|C9 D|E5 F5|G7 A3|c2- c5 d3|]",
    "chords, ties": "M:3/4\nL:1/8\nK:Bb\n[DBd]4 [FA]2|[B,F]6-|[B,F]6|[CE]5-[CG]|]",
    "graces, words": 'M:3/4\nL:1/8\nK:F\n"F"{g}f4 "^slow"{AB}c2|"_low"^c2 =c2 _d2|__e2 ^^f2 e2|]',
    "changes": "M:C\nL:1/8\nK:C\nC8|[M:C|][K:Gm]G8|[M:3/4]B6|\nM:6/8\nc3 d3|]",
    "rests": "M:4/4\nL:1/8\nK:C\nz8|C4 z4|x2 C6|Z3|z3 C5|]",
}


def abc(body: str) -> str:
    return f"X:1\nT:A Tune & <Test>\nC:Nobody\nR:reel\n{body}"


def notes_read_by_music21(text: str) -> list[tuple[Fraction, list[int]]]:
    """(length in quarters, pitches) of each written note, its parts joined, as music21 understands them."""
    xml = musicxml(read_tune(text))
    signs = [note for note in ElementTree.fromstring(xml).iter("note") if note.find("chord") is None]
    identities = [str(note.get("id")).split("-")[0] for note in signs if note.find("grace") is None]
    elements = music21.converter.parseData(xml, format="musicxml").recurse().notesAndRests
    found: dict[str, tuple[Fraction, list[int]]] = {}
    whole = [element for element in elements if not element.duration.isGrace]
    for identity, element in zip(identities, whole, strict=True):
        length, _ = found.get(identity, (Fraction(0), []))
        pitches = sorted(pitch.midi for pitch in element.pitches)
        found[identity] = (length + Fraction(element.duration.quarterLength).limit_denominator(1000), pitches)
    return list(found.values())


@pytest.mark.parametrize("name", TUNES)
def test_music21_finds_the_notes_and_lengths_of_the_tune(name: str) -> None:
    tune = read_tune(abc(TUNES[name]))
    expected = [(4 * note.length, sorted(pitch.midi for pitch in note.pitches)) for note in tune.notes()]
    assert notes_read_by_music21(abc(TUNES[name])) == expected


def document(body: str) -> ElementTree.Element:
    return ElementTree.fromstring(musicxml(read_tune(abc(body))))


@pytest.mark.parametrize("name", TUNES)
def test_ids_are_unique_and_every_note_has_its_own(name: str) -> None:
    ids = [element.get("id") for element in document(TUNES[name]).iter("note")]
    assert len(set(ids)) == len(ids)
    assert {note.identity for note in read_tune(abc(TUNES[name])).notes()} <= set(ids)


@pytest.mark.parametrize("name", TUNES)
def test_every_duration_is_a_whole_number_of_divisions(name: str) -> None:
    assert all((element.text or "").isdigit() for element in document(TUNES[name]).iter("duration"))


def test_the_header_tells_title_composer_and_type() -> None:
    root = document(TUNES["plain"])
    assert root.findtext("work/work-title") == "A Tune & <Test>"
    assert root.findtext("identification/creator") == "Nobody"
    assert [credit.findtext("credit-words") for credit in root.iter("credit")] == [
        "A Tune & <Test>",
        "reel",
        "Nobody",
    ]


def test_key_meter_and_their_changes() -> None:
    root = document(TUNES["changes"])
    assert [time.get("symbol") for time in root.iter("time")] == ["common", "cut", None, None]
    assert [time.findtext("beats") for time in root.iter("time")] == ["4", "2", "3", "6"]
    assert [(key.findtext("fifths"), key.findtext("mode")) for key in root.iter("key")] == [
        ("0", "major"),
        ("-2", "minor"),
    ]


def test_repeats_endings_and_the_last_bar() -> None:
    measures = document(TUNES["pickup, endings"]).findall("part/measure")
    signs = [
        [
            (sign.tag, sign.get("direction") or sign.get("type"), sign.get("number"))
            for sign in measure.findall("barline/*")
            if sign.tag != "bar-style"
        ]
        for measure in measures
    ]
    assert measures[0].get("implicit") == "yes"
    assert measures[1].get("implicit") is None
    assert signs[1] == [("repeat", "forward", None)]
    assert signs[3] == [("ending", "start", "1")]
    assert signs[4] == [("ending", "stop", "1"), ("repeat", "backward", None)]
    assert signs[5] == [("ending", "start", "2")]
    assert signs[6] == [("ending", "discontinue", "2")]
    assert measures[-1].findtext("barline[@location='right']/bar-style") == "light-heavy"


def test_new_systems_begin_where_lines_were_written() -> None:
    measures = document(TUNES["plain"]).findall("part/measure")
    assert [m.find("print[@new-system='yes']") is not None for m in measures] == [False] * 4 + [True, False]


def test_accidentals_are_shown_where_they_are_written_and_alterations_everywhere() -> None:
    root = document("M:4/4\nL:1/4\nK:G\nF =F F ^F|F4|")
    assert [note.findtext("accidental") for note in root.iter("note")] == [
        None,
        "natural",
        None,
        "sharp",
        None,
    ]
    assert [note.findtext("pitch/alter") for note in root.iter("note")] == ["1", None, None, "1", "1"]


def test_a_length_without_a_note_value_is_tied_together() -> None:
    notes = list(document("M:5/8\nL:1/8\nK:C\nC5|").iter("note"))
    assert [note.get("id") for note in notes] == ["n1", "n1-part2"]
    assert [note.findtext("type") for note in notes] == ["half", "eighth"]
    assert [[tie.get("type") for tie in note.iter("tied")] for note in notes] == [["start"], ["stop"]]


def test_tuplets_have_a_ratio_and_a_bracket_only_without_a_beam() -> None:
    notes = list(document("M:4/4\nL:1/8\nK:C\n(3CDE (3F2G2A2 c2|").iter("note"))
    assert [note.findtext("time-modification/actual-notes") for note in notes] == ["3"] * 6 + [None]
    brackets = [(t.get("type"), t.get("bracket")) for note in notes for t in note.iter("tuplet")]
    assert brackets == [("start", "no"), ("stop", None), ("start", "yes"), ("stop", None)]


def test_tempo_words_and_graces() -> None:
    root = document("Q:3/8=90\n" + TUNES["graces, words"])
    assert root.findtext(".//metronome/beat-unit") == "quarter"
    assert root.find(".//metronome/beat-unit-dot") is not None
    assert root.findtext(".//metronome/per-minute") == "90"
    words = [
        (d.findtext(".//words"), d.get("placement")) for d in root.iter("direction") if d.find(".//words") is not None
    ]
    assert words == [("F", "above"), ("slow", "above"), ("low", "below")]
    graces = [note for note in root.iter("note") if note.find("grace") is not None]
    assert [note.get("id") for note in graces] == ["n1-grace1", "n2-grace1", "n2-grace2"]
    assert all(note.find("duration") is None for note in graces)


def marks(body: str, meter: str = "4/4") -> list[str]:
    """The outer beam of each note, by its first letter; a dot where there is none."""
    root = document(f"M:{meter}\nL:1/8\nK:C\n{body}")
    return [(note.findtext("beam[@number='1']") or ".")[0] for note in root.iter("note")]


@pytest.mark.parametrize(
    ("body", "meter", "expected"),
    [
        ("CDEF GABc|", "4/4", "bccebcce"),
        ("CDEFGABc|", "4/4", "bccebcce"),
        ("CD EF G2 Bc|", "4/4", "bebe.be"),
        ("CDEFGA|", "6/8", "bcebce"),
        ("C|DEF G2A|", "6/8", ".bce.."),
        ("CDEFGA|", "3/4", "bebebe"),
        ("CDEF|", "2/4", "bebe"),
        ("CzEF G4|", "4/4", "..be."),
    ],
)
def test_beams_follow_beats_and_spaces(body: str, meter: str, expected: str) -> None:
    assert "".join(marks(body, meter)) == expected


def test_inner_beams_become_hooks_beside_longer_notes() -> None:
    eighth, sixteenth = Fraction(3, 16), Fraction(1, 16)
    notes = [(1, eighth, True), (2, sixteenth, False), (2, sixteenth, True), (1, eighth, False)]
    assert beams(notes, Meter("4/4", 4, 4), Fraction(0)) == [
        ("begin",), ("end", "backward hook"), ("begin", "forward hook"), ("end",),
    ]  # fmt: skip


@given(st.fractions(min_value=0, max_value=20, max_denominator=512))
def test_note_values_stand_for_the_whole_length(length: Fraction) -> None:
    values = note_values(length)
    assert sum(stands_for for _, stands_for in values) == length
    assert len(values) <= 12
    if length.denominator.bit_count() == 1 and length.denominator <= 256:
        assert all(value.length == stands_for for value, stands_for in values)


def test_hopeless_input_is_still_a_document(tmp_path: Path) -> None:
    for body in ("K:C\n", "M:none\nL:1/8\nK:C\nCDE|F7/3 (3GA|", "M:4/4\nL:1/8\nK:C\nC0 D-|:|]Z0|Z2C|Z9999|"):
        path = MusicXmlRenderer()(Piece("", abc(body), "a test"), tmp_path / "tune.musicxml")
        assert ElementTree.parse(path).getroot().find("part/measure") is not None
