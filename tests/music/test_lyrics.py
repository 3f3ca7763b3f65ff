"""Words under the music (ABC 2.1, section 5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.music.reading import told, tune_of
from tunewright.music.lyrics import syllables, write_syllables


def sung(body: str, verse: int = 0) -> list[str]:
    """The syllable of each note in a verse, ``"."`` for a note that has none in any verse and ``""`` for none here."""
    return [note.lyrics[verse] if note.lyrics else "." for note in tune_of(body).notes()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("of the day to", "of the day to"),
        ("gold-en sun set", "gold- en sun set"),
        ("syll-a-ble word", "syll- a- ble word"),
        ("syll-a--ble", "syll- a- _ ble"),
        ("syll-a -ble", "syll- a- _ ble"),  # the same, in the standard's words
        ("time__ on", "time _ _ on"),
        ("a * b *", "a . b ."),
        ("* * a", ". . a ."),
        ("a", "a . . ."),
        ("", ". . . ."),
        ("won't you, sir? go!", "won't you, sir? go!"),
        ("1. a b c d e f", "1. a b c"),
    ],
)
def test_each_note_gets_its_syllable(words: str, expected: str) -> None:
    assert sung(f"ABcd|\nw:{words}") == expected.split(" ")


def test_signs_that_stand_for_others() -> None:
    assert sung("ABc\nw:two~words one\\-word here") == ["two\u00a0words", "one\u2011word", "here"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("AB|cd|\nw:a|b c", "a . b c"),  # a bar line moves on to the next bar
        ("AB|cd|\nw:a b|c d", "a b c d"),
        ("AB|cd|ef|\nw:a||c", "a . . . c ."),
        ("AB|Z|cd|\nw:a b|c d", "a b . c d"),
        ("AzB\nw:a b", "a . b"),  # rests are not sung
        ("A{b}B[CE]\nw:a b c", "a b c"),  # grace notes neither, and chords as one note
        ("A-A B\nw:a _ b", "a _ b"),
        ("AB|\nw:a b\ncd|\nw:c d", "a b c d"),
        ("AB|\ncd|\nw:c d", ". . c d"),  # the words stand under the line just above
        ("AB|cd|\n% so\n%%so\nw:a b c d", "a b c d"),
        ("(3ABc A>B\nw:a b c d e", "a b c d e"),
        ("AB|1cd:|2ef|\nw:a b|c d|e f", "a b c d e f"),
        ("AB\n[K:D]cd\nw:a b", ". . a b"),
    ],
)
def test_which_notes_are_sung(body: str, expected: str) -> None:
    assert sung(body) == expected.split(" ")


def test_verses() -> None:
    body = "AB|\nw:one two\nw:eins\nw:un deux\ncd|\nw:three four"
    assert sung(body) == ["one", "two", "three", "four"]
    assert sung(body, 1)[:2] == ["eins", ""]
    assert sung(body, 2)[:2] == ["un", "deux"]


def test_notes_without_words_have_no_lyrics() -> None:
    assert all(note.lyrics == () for note in tune_of("AB|\nW:la la").notes())


def test_words_after_the_tune() -> None:
    read = tune_of("AB|\nW:First verse\nW: and so on", W="Before the music")
    assert read.words == ("Before the music", "First verse", "and so on")
    assert not read.problems


def test_words_under_another_voice_are_not_sung_by_the_first() -> None:
    read = tune_of("V:1\nAB|\nw:a b\nV:2\ncd|\nw:x y\nV:1\nef|\nw:c d")
    assert [note.lyrics for note in read.notes()] == [("a",), ("b",), ("c",), ("d",)]


def test_words_change_neither_bars_nor_places() -> None:
    bare, words = tune_of("AB|^c2z|\n\nd4|"), tune_of("AB|^c2z|\nw:a-b|c\nd4|")
    assert [note._replace(lyrics=()) for note in words.notes()] == bare.notes()
    assert not told("AB|^c2z|\nw:a-b|c\nd4|")


WORDS = st.lists(st.sampled_from(["la", "la-", "_", "", "two\u00a0words", "one\u2011word", "o!"]), max_size=8)


@given(WORDS)
def test_what_is_written_is_read_back(words: list[str]) -> None:
    while words and not words[-1]:
        words.pop()
    assert syllables(write_syllables(words)) == words
