from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import own_tune
from tests.music.by_symusic import heard, higher, silence
from tests.music.tunes import tunes
from tunewright.corpora.irish import IrishCorpus
from tunewright.errors import InputError
from tunewright.music.pieces import house_text
from tunewright.music.reader import read_tune
from tunewright.music.transposition import transpose

SEMITONES = range(-6, 7)
HEADER = "X:1\nT:A Bag of Feed\nM:4/4\nL:1/8\nK:"

KEYS = [
    ("D", 2, "E"),
    ("D Mixolydian", 2, "E Mixolydian"),
    ("Edor", 2, "F#dor"),
    ("Am", 2, "Bm"),
    ("F#m % of the second strain", -1, "Fm % of the second strain"),
    (" G Major", -2, " F Major"),
    ("Bb", -1, "A"),
    ("C", 6, "F#"),
    ("Am", 6, "D#m"),
    ("E", -1, "Eb"),
    ("Bbdor", 1, "Bdor"),
    ("Bphr clef=alto middle=B", 5, "Ephr clef=alto middle=B"),
    ("treble G", 5, "treble C"),
    ("D", 12, "D"),
    ("Dphr ^f", 2, "Ephr ^g"),
    ("Dmix=c", 2, "Emix=d"),
    ("D exp ^f ^c", 2, "E exp ^g ^d ^c ^f"),
    ("^f ^c", -2, "=e =b"),
    ("C _b", 2, "D =c"),
    ("Hp", 2, "E"),
    ("HP", -2, "C"),
    ("none", 2, "none"),
    ("Q flat", 2, "Q flat"),
]
BODIES = [
    ("G", 2, "GA Bc|d2 ^c=f|]", "AB cd|e2 ^d=g|]"),
    ("D", 2, "a,b' C,,D'|", "Bc'' D,,e|"),
    ("D", 2, "A,B,Cc|b'c''|", "B,CDd|c''d''|"),
    ("G", -2, "{^g}a [G2B2d2]2 [_B-d-]|[Bd]", "{^f}g [F2A2c2]2 [_A-c-]|[Ac]"),
    ("G", 2, '"Am7"A2 "D/F#"d2 "G#dim"^G2 "(Em)"e2|', '"Bm7"B2 "E/G#"e2 "A#dim"^A2 "(F#m)"f2|'),
    ("F", 2, '"Bb"B2 "F#sus4"^F2 "A minor"A2 "Cmaj7"c2|', '"C"c2 "G#sus4"^G2 "B minor"B2 "Dmaj7"d2|'),
    ("G", 2, '"^Fine"G2 "_D.C."A2 "Coda"B2 "End"c2|', '"^Fine"A2 "_D.C."B2 "Coda"c2 "End"d2|'),
    ("G", 2, "!fermata!G2 !accent!A2 +trill+B2 TA ~B uc|", "!fermata!A2 !accent!B2 +trill+c2 TB ~c ud|"),
    ("G", 2, "GABc!dcBA!\ngab2 z2|Z4|", "ABcd!edcB!\nabc'2 z2|Z4|"),
    ("G", 2, "G A % BAG\n%%MIDI CAB\nP:A\nw:Fee ca-gèd\nA|", "A B % BAG\n%%MIDI CAB\nP:A\nw:Fee ca-gèd\nB|"),
    ("G", 2, "GA\\\r\nBc|1 d3:|2\te3|]\r\nW:Abe\r\n\r\nA", "AB\\\r\ncd|1 e3:|2\tf3|]\r\nW:Abe\r\n\r\nB"),
    (
        "G",
        2,
        "G2|[K:D]A2 [K: Em ]B2|[M:3/4]c2\nK:C\nM:C| d4|\nM:C",
        "A2|[K:E]B2 [K: F#m ]c2|[M:3/4]d2\nK:D\nM:C| e4|\nM:C",
    ),
    ("D", 6, "f2|[K:A]f2|[K:G]f2|[K:F]f2|", "c'2|[K:Eb]c'2|[K:Db]c'2|[K:B]b2|"),
    ("G", 2, "G2&B2|A2|", "A2&c2|B2|"),
    ("G", 2, "G2|\nThe cuckoo went away in a huff\nA2|", "A2|\nThe cuckoo went away in a huff\nB2|"),
    # A note that would need a double sharp or flat gets another letter, and those after it what they then need.
    ("G", -3, "b^aab|a2 ga|", "g=gg^g|f2 ef|"),
    ("D", 6, "A_ee=e|e2 _ee|", "e=aa_b|b2 =aa|"),
    ("D", 6, "_e2-|e2 e2-|e2|", "=a2-|a2 b2-|b2|"),
    # Not where an ornament is played with the next letter.
    ("D", -3, "^A2 !4!T^AA|!trill!^A_B", "=G2 !4!T^^FG|!trill!^^F=G"),
    ("none", 2, "CDEF|FE^FF|_EE", "DE^FG|G^F^GG|=FF"),
]


def tune_in(key: str, body: str) -> str:
    return f"{HEADER}{key}\n{body}"


def music(text: str, semitones: int = 0) -> list[tuple[list[int], object, bool]]:
    """Pitches with those of grace notes, length and tie of every note, so many semitones higher."""
    return [
        (
            [pitch.midi + semitones for pitch in (*note.graces, *note.pitches, *note.graces_after)],
            note.length,
            note.tied,
        )
        for note in read_tune(text).notes()
    ]


@pytest.mark.parametrize(("key", "semitones", "expected"), KEYS)
def test_a_key_moves_to_the_usual_spelling_and_keeps_its_manner(key: str, semitones: int, expected: str) -> None:
    assert transpose(f"X:1\nT:Dad\nK:{key}\n", semitones) == f"X:1\nT:Dad\nK:{expected}\n"


@pytest.mark.parametrize(("key", "semitones", "body", "expected"), BODIES)
def test_notes_move_and_all_else_stays(key: str, semitones: int, body: str, expected: str) -> None:
    text = tune_in(key, body)
    moved = transpose(text, semitones)
    assert moved.split("\n", 5)[5] == expected
    assert music(moved) == music(text, semitones)


def test_each_voice_has_its_own_key_and_accidentals() -> None:
    text = tune_in("D", "[V:1]d2 _e2\n[V:2][K:none]e2 c2|\nV:1 name=top\ne2 c2|e4|")
    assert transpose(text, 6) == tune_in("Ab", "[V:1]a2 =a2\n[V:2][K:none]_b2 _g2|\nV:1 name=top\na2 g2|b4|")


def test_without_a_key_the_notes_get_the_accidentals() -> None:
    text = "X:1\nM:C\nL:1/8\nCDEF|cde^f|"
    assert transpose(text, 2) == "X:1\nM:C\nL:1/8\nDE^FG|de^f^g|"
    assert music(transpose(text, -3)) == music(text, -3)


def test_by_nothing_nothing_changes() -> None:
    assert transpose("X:1\nK:C#\n^^B,,,__c", 0) == "X:1\nK:C#\n^^B,,,__c"


@pytest.mark.parametrize(("note", "semitones"), [("C,,,,", -1), ("b'''", 1), ("c", 60), ("c''''", 1)])
def test_what_can_not_be_written_is_refused(note: str, semitones: int) -> None:
    with pytest.raises(InputError, match="C0 to B8"):
        transpose(tune_in("C", f"A{note}|"), semitones)


@given(text=tunes(), key=st.sampled_from(["", "[K:F#]", "[K:Fm]", "\nK:Gb\n"]), semitones=st.integers(-6, 6))
@settings(deadline=None, max_examples=200)
def test_every_note_sounds_so_much_higher_and_comes_back(text: str, key: str, semitones: int) -> None:
    text = text.replace("[K:Edor]", key or "[K:Edor]")
    moved = transpose(text, semitones)
    assert music(moved) == music(text, semitones)
    assert music(transpose(moved, -semitones)) == music(text)


@given(number=st.integers(1, 500), semitones=st.integers(-6, 6))
@settings(deadline=None, max_examples=60)
def test_a_tune_comes_back_to_the_letter_and_stays_in_house_form(number: int, semitones: int) -> None:
    text = house_text(own_tune(number))
    moved = transpose(text, semitones)
    assert transpose(moved, -semitones) == text
    assert house_text(moved) == moved


def test_symusic_hears_the_same() -> None:
    text = tune_in("G", '|:G^ABc "D7"d2 {^c}d_e|[Bd]4- [Bd]2 =f2:|')
    with silence():
        original = heard(text)
        assert [len(track) for track in original] == [22]
        for semitones in SEMITONES:
            assert heard(transpose(text, semitones)) == higher(original, semitones)


@pytest.mark.slow
def test_symusic_hears_the_same_in_every_irish_tune(irish_corpus: IrishCorpus) -> None:
    with silence():
        for text in (piece.text for piece in irish_corpus.pieces):
            original = heard(text)
            assert original[0]
            for semitones in SEMITONES:
                moved = transpose(text, semitones)
                assert heard(moved) == higher(original, semitones), (text, semitones)
                assert heard(transpose(moved, -semitones)) == original, (text, semitones)


@pytest.mark.slow
def test_every_irish_tune_is_read_the_same_and_stays_in_house_form(irish_corpus: IrishCorpus) -> None:
    for raw in (piece.text for piece in irish_corpus.pieces):
        for text in (raw, house_text(raw)):
            for semitones in SEMITONES:
                moved = transpose(text, semitones)
                assert music(moved) == music(text, semitones), (text, semitones)
                assert music(transpose(moved, -semitones)) == music(text), (text, semitones)
                assert text == raw or house_text(moved) == moved, (text, semitones)
