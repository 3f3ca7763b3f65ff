"""Two staves of a quantised performance: music21 reads what is written, and must find what was played."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import music21
import numpy as np
import pytest
import symusic

from tests.rendering.performances import free_performance, performance
from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.rendering.musicxml import MusicXmlRenderer, piano_musicxml
from tunewright.rendering.piano_score import guessed_key, spelled, split_hands, two_hands
from tunewright.rendering.quantising import Struck, bar_spans, beaten
from tunewright.rendering.score import PdfRenderer

Played = tuple[float, float, int]
"""Start and end in quarters, and pitch."""


def quantised(
    right: Sequence[Played],
    left: Sequence[Played],
    meters: Sequence[tuple[float, int, int]] = ((0, 4, 4),),
    keys: Sequence[tuple[float, int, int]] = (),
) -> Piece:
    """A file of two tracks, made by symusic."""
    score = symusic.core.ScoreTick(480)
    for at, beats, unit in meters:
        score.time_signatures.append(symusic.core.TimeSignatureTick(int(at * 480), beats, unit))
    for at, fifths, minor in keys:
        score.key_signatures.append(symusic.core.KeySignatureTick(int(at * 480), fifths, minor))
    for notes in (right, left):
        track = symusic.core.TrackTick("", 0, False)
        for start, end, pitch in notes:
            ticks = round(start * 480), round((end - start) * 480)
            track.notes.append(symusic.core.NoteTick(*ticks, pitch, 64))
        score.tracks.append(track)
    return Piece("Own & <Quantised>", "", "a test", kind="performance", midi=bytes(score.dumps_midi()))


def read_back(piece: Piece, tempo: float | None = None) -> list[list[tuple[Fraction, Fraction, list[int]]]]:
    """(start, length, pitches) in quarters of every chord of each staff, parts joined, as music21 understands them."""
    score: Any = music21.converter.parseData(piano_musicxml(*two_hands(piece, tempo)), format="musicxml")
    hands = []
    for staff in score.parts:
        chords: list[tuple[Fraction, Fraction, list[int]]] = []
        for element in staff.flatten().notes:
            start, length = (
                Fraction(value).limit_denominator(96) for value in (element.offset, element.duration.quarterLength)
            )
            pitches = sorted(pitch.midi for pitch in element.pitches)
            tie = element.tie or (element.notes[0].tie if element.isChord else None)
            if tie and tie.type in ("stop", "continue"):
                chords[-1] = (chords[-1][0], chords[-1][1] + length, pitches)
            else:
                chords.append((start, length, pitches))
        hands.append(chords)
    return hands


def voice(randomness: np.random.Generator, lowest: int, cells: Sequence[Fraction]) -> list[Played]:
    """Chords one after another without rests, as long as is drawn from ``cells``."""
    notes: list[Played] = []
    now = Fraction(0)
    while now < 16:
        length = cells[int(randomness.integers(len(cells)))]
        for pitch in set(randomness.integers(lowest, lowest + 12, int(randomness.integers(1, 4))).tolist()):
            notes.append((float(now), float(now + length), int(pitch)))
        now += length
    return notes


def chords_of(notes: Sequence[Played]) -> list[tuple[Fraction, Fraction, list[int]]]:
    found: dict[tuple[Fraction, Fraction], list[int]] = {}
    for start, end, pitch in notes:
        place = Fraction(start).limit_denominator(96), Fraction(end - start).limit_denominator(96)
        found.setdefault(place, []).append(pitch)
    return [(start, length, sorted(pitches)) for (start, length), pitches in sorted(found.items())]


CELLS = {
    "sixteenths": [Fraction(number, 4) for number in (1, 2, 3, 4, 5, 6, 8, 12)],
    "eighths": [Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(7, 2), Fraction(6)],
}


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (6, 8), (2, 2), (5, 8)])
@pytest.mark.parametrize("cells", CELLS)
def test_music21_finds_every_chord_of_both_hands(cells: str, meter: tuple[int, int]) -> None:
    randomness = np.random.default_rng(meter[0])
    right, left = voice(randomness, 64, CELLS[cells]), voice(randomness, 40, CELLS[cells])
    for found, played in zip(read_back(quantised(right, left, [(0, *meter)])), (right, left), strict=True):
        expected = chords_of(played)
        assert found[:-1] == expected[:-1]
        assert (found[-1][0], found[-1][2]) == (expected[-1][0], expected[-1][2])  # it may ring to the end of its bar


def test_triplets_are_written_as_triplets_beside_plain_beats() -> None:
    third = 1 / 3
    right = [(0, third, 72), (third, 2 * third, 74), (2 * third, 1, 76), (1, 1.5, 77), (1.5, 2, 76), (2, 4, 74)]
    left = [(0, 2, 48), (2, 2 + 2 * third, 50), (2 + 2 * third, 3, 52), (3, 4, 53)]
    upper, lower = read_back(quantised(right, left))
    assert upper == chords_of(right)
    assert lower == chords_of(left)
    xml = piano_musicxml(*two_hands(quantised(right, left)))
    tuplets = [sign.get("type") for sign in ElementTree.fromstring(xml).iter("tuplet")]
    assert tuplets == ["start", "stop"] * 2


def test_short_notes_are_written_with_rests_worth_writing() -> None:
    """Detached quarters stay quarters, and a note that is let go long before the next one is followed by a rest."""
    right = [(0, 0.8, 72), (1, 1.75, 74), (2, 2.1, 76), (5, 6, 77)]
    upper, _ = read_back(quantised(right, [(0, 8, 48)]))
    lengths = [(float(start), float(length)) for start, length, _ in upper]
    assert lengths == [(0, 1), (1, 1), (2, 0.5), (5, 1)]


def test_measures_are_full_on_both_staves_and_elements_are_in_order() -> None:
    right, left = voice(np.random.default_rng(3), 64, CELLS["sixteenths"]), [(2.0, 3.0, 48)]
    root = ElementTree.fromstring(piano_musicxml(*two_hands(quantised(right, left, [(0, 3, 4)]))))
    divisions = int(root.findtext(".//divisions", ""))
    assert root.findtext(".//staves") == "2"
    assert [(clef.get("number"), clef.findtext("sign")) for clef in root.iter("clef")] == [("1", "G"), ("2", "F")]
    ids = [note.get("id") for note in root.iter("note")]
    assert len(ids) == len(set(ids))
    for measure in root.iter("measure"):
        for staff in "12":
            notes = [
                note for note in measure.iter("note") if note.findtext("staff") == staff and note.find("chord") is None
            ]
            assert sum(int(note.findtext("duration", "")) for note in notes) == 3 * divisions
        for note in measure.iter("note"):
            tags = [child.tag for child in note]
            order = ["chord", "pitch", "rest", "duration", "tie", "voice", "type", "dot", "accidental",
                     "time-modification", "staff", "beam", "notations"]  # fmt: skip
            assert tags == sorted(tags, key=order.index)


def test_a_change_of_meter_begins_a_bar() -> None:
    piece = quantised([(0, 13, 60)], [(0, 13, 48)], [(0, 4, 4), (6, 3, 4)])
    spans = [(float(span.start), float(span.end), span.meter.name) for span in bar_spans(beaten(piece))]
    assert spans == [(0, 4, "4/4"), (4, 6, "4/4"), (6, 9, "3/4"), (9, 12, "3/4"), (12, 15, "3/4")]
    assert all(a[1] == b[0] for a, b in pairwise(spans))


def test_hands_are_split_at_the_largest_gap_near_middle_c() -> None:
    def split(*bars: Sequence[int]) -> list[tuple[list[int], list[int]]]:
        notes = [Struck(4.0 * bar, 4.0 * bar + 4, pitch, 0) for bar, pitches in enumerate(bars) for pitch in pitches]
        piece = performance([(note.start / 2, note.end / 2, note.pitch, 64) for note in notes])
        spans = bar_spans(beaten(piece))
        right, left = split_hands(notes, spans)
        return [
            (sorted(n.pitch for n in left if n.start == 4 * bar), sorted(n.pitch for n in right if n.start == 4 * bar))
            for bar in range(len(bars))
        ]

    assert split([36, 48, 52, 64, 67, 72], [60, 64, 84], [40, 43, 47], [52, 55, 59, 62, 74, 76]) == [
        ([36, 48, 52], [64, 67, 72]),
        ([], [60, 64, 84]),
        ([40, 43, 47], []),
        ([52, 55, 59, 62], [74, 76]),
    ]


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("minor", [False, True])
def test_the_key_of_a_scale_is_found(tonic: int, minor: bool) -> None:
    steps = (0, 2, 3, 5, 7, 8, 11, 12) if minor else (0, 2, 4, 5, 7, 9, 11, 12)
    pitches = [60 + tonic + step for step in (*steps, 7, 0, 7, 0, steps[2], 0)]
    piece = performance([(at / 2, at / 2 + 0.5, pitch, 64) for at, pitch in enumerate(pitches)])
    key = guessed_key(beaten(piece))
    assert key.mode == ("minor" if minor else "major")
    assert (key.fifths * 7 + (9 if minor else 0)) % 12 == tonic
    assert -6 <= key.fifths <= 6
    scale = {spelled(60 + tonic + step, key).step for step in steps}
    assert len(scale) == 7
    assert all(spelled(pitch, key).midi == pitch for pitch in range(128))


def test_keys_of_the_file_come_first_and_change_with_it() -> None:
    piece = quantised([(0, 12, 60)], [(0, 12, 48)], keys=[(0, -3, 1), (8, 2, 0)])
    root = ElementTree.fromstring(piano_musicxml(*two_hands(piece)))
    assert [(key.findtext("fifths"), key.findtext("mode")) for key in root.iter("key")] == [
        ("-3", "minor"),
        ("2", "major"),
    ]


def test_an_accidental_is_shown_once_in_a_bar_and_again_in_the_next() -> None:
    piece = quantised([(at / 2, at / 2 + 0.5, 66) for at in range(16)], [(0, 8, 48)], keys=[(0, 0, 0)])
    notes = list(ElementTree.fromstring(piano_musicxml(*two_hands(piece))).iter("note"))
    shown = [note.findtext("accidental") for note in notes if note.findtext("staff") == "1"]
    assert shown == (["sharp"] + [None] * 7) * 2


def test_what_was_played_freely_needs_a_tempo(tmp_path: Path) -> None:
    piece = free_performance(30)
    for renderer in (MusicXmlRenderer(), PdfRenderer()):
        with pytest.raises(RenderingError, match=r"played freely.*--tempo 90"):
            renderer(piece, tmp_path / "free")
    assert not list(tmp_path.iterdir())
    xml = MusicXmlRenderer(tempo=90)(piece, tmp_path / "free.musicxml").read_text()
    assert "<per-minute>90</per-minute>" in xml
    assert {sign.text for sign in ElementTree.fromstring(xml).iter("type")} <= {
        "16th",
        "eighth",
        "quarter",
        "half",
        "whole",
    }


def test_a_tempo_quantises_to_sixteenths_of_its_beats() -> None:
    beat = 60 / 90
    randomness = np.random.default_rng(1)
    right, left = voice(randomness, 64, CELLS["sixteenths"]), voice(randomness, 40, CELLS["eighths"])
    rows = []
    for start, end, pitch in (*right, *left):
        late = float(randomness.uniform(-0.02, 0.02))
        rows.append((max(0.0, start * beat + late), end * beat + late, pitch, 64))
    found = sorted(
        (start, pitch) for hand in read_back(performance(rows), 90) for start, _, many in hand for pitch in many
    )
    assert found == sorted((Fraction(start), pitch) for start, _, pitch in (*right, *left))


def test_the_pdf_has_as_many_pages_as_it_needs_and_the_title(tmp_path: Path) -> None:
    randomness = np.random.default_rng(2)
    right, left = voice(randomness, 64, CELLS["sixteenths"]), voice(randomness, 40, CELLS["eighths"])
    longer = [(start + 16 * part, end + 16 * part, pitch) for part in range(12) for start, end, pitch in right]
    for name, notes, pages in (("short", right, 1), ("long", longer, 2)):
        data = PdfRenderer()(quantised(notes, left), tmp_path / f"{name}.pdf").read_bytes()
        assert int(re.findall(rb"/Count (\d+)", data)[0]) == pages
        assert b"Own & <Quantised>" in data


def test_far_too_many_bars_are_no_score() -> None:
    with pytest.raises(RenderingError, match="more than 3000 bars"):
        two_hands(quantised([(0, 1, 60), (3000, 3001, 60)], [(0, 1, 48)], [(0, 1, 32)]))
