"""Forms: what is wished for, and what a written tune has."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.music.reading import tune_of
from tests.music.tunes import tunes
from tunewright.corpora.irish import IrishCorpus
from tunewright.errors import DecodingError
from tunewright.music.bars import is_valid
from tunewright.music.forms import form_name, form_of, parse_form, sections_of, share_bars, whole_bars
from tunewright.music.pieces import in_form
from tunewright.music.playing_order import play_order
from tunewright.music.reader import read_tune


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("A", [("A", 1)]),
        ("AA", [("A", 2)]),
        ("AB", [("A", 1), ("B", 1)]),
        ("AABB", [("A", 2), ("B", 2)]),
        (" aabbc ", [("A", 2), ("B", 2), ("C", 1)]),
    ],
)
def test_a_letter_is_a_part_played_once(text: str, parts: list[tuple[str, int]]) -> None:
    assert list(parse_form(text)) == parts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AAA", "a part is played once or twice; AA would be right"),
        ("ABA", "part A comes back after another; each part is written once; ABC would be right"),
        ("AABBA", "AABBC would be right"),
        ("BB", "in the order in which they come; AA would be right"),
        ("AAC", "AAB would be right"),
        ("BBAA", "AABB would be right"),
        ("", "expected letters"),
        ("A-B", "expected letters, one for each time that a part is played, e.g. AABB"),
        ("A2B2", "expected letters"),
        ("ÄB", "expected letters"),
    ],
)
def test_a_form_that_repeat_signs_cannot_write_is_refused(text: str, message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        parse_form(text)


@given(st.lists(st.integers(1, 2), min_size=1, max_size=26))
def test_forms_are_read_as_they_are_named(times: list[int]) -> None:
    name = "".join(chr(ord("A") + place) * count for place, count in enumerate(times))
    parts = parse_form(name)
    assert [part.times for part in parts] == times
    assert form_name(parts) == name


@given(st.text(alphabet="ABCabcz1 -", max_size=8))
def test_what_a_refusal_calls_right_is_right(text: str) -> None:
    try:
        parts = parse_form(text)
    except DecodingError as error:
        if "would be right" in str(error):
            better = str(error).split("; ")[-1].split()[0]
            assert form_name(parse_form(better)) == better
    else:
        assert form_name(parts) == text.strip().upper()


@pytest.mark.parametrize(
    ("bars", "parts", "shares"),
    [
        (16, 1, (16,)),
        (16, 2, (8, 8)),
        (24, 3, (8, 8, 8)),
        (16, 3, (8, 4, 4)),
        (20, 3, (8, 8, 4)),
        (18, 4, (6, 4, 4, 4)),
        (17, 2, (9, 8)),
        (15, 2, (8, 7)),
        (3, 3, (1, 1, 1)),
        (5, 4, (2, 1, 1, 1)),
    ],
)
def test_bars_are_shared_as_evenly_as_phrases_allow(bars: int, parts: int, shares: tuple[int, ...]) -> None:
    assert share_bars(bars, parts) == shares


@given(st.integers(1, 256), st.integers(1, 26))
def test_shares_add_up_and_fall(bars: int, parts: int) -> None:
    if bars < parts:
        with pytest.raises(DecodingError, match=f"{bars} bars can't be shared by {parts} parts"):
            share_bars(bars, parts)
        return
    shares = share_bars(bars, parts)
    assert (sum(shares), len(shares)) == (bars, parts)
    assert min(shares) >= 1
    assert list(shares) == sorted(shares, reverse=True)
    if bars % parts == 0:
        assert set(shares) == {bars // parts}


@pytest.mark.parametrize(
    ("body", "form", "bars"),
    [
        ("|:c8|d8:||:e8|f8|g8:|", "AABB", [2, 3]),
        ("c8|d8:|e8|f8:|", "AABB", [2, 2]),  # repeats that are closed only
        ("|:c8|d8:|e8|f8|]", "AAB", [2, 2]),
        ("c8|d8||e8|f8|]", "AB", [2, 2]),  # played once: double bars part them
        ("c8|d8|e8|f8|]", "A", [4]),
        ("c8|d8||e8:|", "AA", [3]),  # repeated as one
        ("|:c8|[1d8:|[2e8|]", "AA", [2]),  # of endings the one played first counts
        ("|:c8|[1d8|e8:|[2f8|]", "AA", [3]),
        ("|:c8|[1,3d8:|[2,4f8|]", "AAAA", [2]),
        ("|:c8|[1d8:|[2e8:|[3f8|]|:g8:|", "AAABB", [2, 1]),
        ("P:A\nc8|d8|\nP:B\n|:e8:|", "ABB", [2, 1]),
        ("Z4|]", "A", [4]),
        ("z8|c8|]", "A", [2]),
    ],
)
def test_parts_and_their_bars(body: str, form: str, bars: list[int]) -> None:
    tune = tune_of(body)
    assert form_of(tune) == form
    assert [section.bars for section in sections_of(tune)] == bars
    assert [section.times for section in sections_of(tune)] == list(Counter(form).values())
    assert whole_bars(tune) == sum(bars)


@pytest.mark.parametrize(
    ("body", "bars"),
    [
        ("G2|c8|d6|]", [2]),  # a pickup is none
        ("|:G2|c8|d6:|", [2]),
        ("G2|:c8|d6:|", [2]),  # nor is it a part of its own before the sign
        ("|:G2|c8|d6:||:e2|f8|g6:|", [2, 2]),
        ("|:c8|d6:|e2|f8|g6:|", [2, 2]),  # a bar cut in two where parts meet is one
        ("c8|d6||e2|f8|g8|]", [2, 2]),
        ("|:c8|d6||e2|f8:|", [3]),  # and so within a repeated part
        ("|:G2|c8|[1d6:|[2e6|]", [2]),
        ("|:c8|d4[1e4:|[2f4|]", [2]),  # an ending that begins in the middle of a bar
        ("|:c8|d4|[1e4:|[2f4|]", [2]),
    ],
)
def test_a_bar_in_two_pieces_counts_once(body: str, bars: list[int]) -> None:
    assert [section.bars for section in sections_of(tune_of(body))] == bars


def test_bars_are_counted_by_the_meter_in_force() -> None:
    assert whole_bars(tune_of("c6|d6|[M:4/4]e8|f8|]", M="3/4")) == 4
    assert whole_bars(tune_of("c6|d|e9|]", M="none")) == 3


def test_a_section_says_whether_it_is_repeated() -> None:
    assert [section.repeated for section in sections_of(tune_of("|:c8:|d8|]"))] == [True, False]


def test_more_parts_than_letters() -> None:
    assert form_of(tune_of("||".join(["c8"] * 30))).endswith("WXYZZZZZ")


def test_silence_has_no_form() -> None:
    tune = read_tune("X:1\nT:Nothing\nM:4/4\nK:C\n")
    assert (form_of(tune), whole_bars(tune)) == ("", 0)


@settings(max_examples=60, deadline=None)
@given(tunes())
def test_any_tune_can_be_counted(text: str) -> None:
    tune = read_tune(text)
    found = sections_of(tune)
    assert all(section.bars >= 1 and section.times >= 1 for section in found)
    assert 0 <= whole_bars(tune) <= sum(bar.bars_of_rest for bar in tune.bars)
    assert len(form_of(tune)) == sum(section.times for section in found)


def test_the_labs_tunes(irish_corpus: IrishCorpus) -> None:
    raw = [read_tune(piece.text) for piece in irish_corpus.pieces]
    house = [read_tune(piece.text) for piece in in_form(irish_corpus, "house").pieces]
    assert [sections_of(tune) for tune in raw] == [sections_of(tune) for tune in house]
    forms, bars = Counter(map(form_of, house)), Counter(map(whole_bars, house))
    assert [form for form, _ in forms.most_common(3)] == ["AABB", "AAB", "AABBCC"]
    assert forms["AABB"] == 520
    assert sum(count for number, count in bars.items() if number % 4 == 0) == 788
    agreeing = 0
    right = [tune for tune in house if is_valid(tune) and {bar.meter for bar in tune.bars} == {tune.meter}]
    for tune in right:
        played = sum(tune.bars[index].length for index in play_order(tune)) / tune.meter.bar_length
        counted = sum(section.bars * section.times for section in sections_of(tune))
        agreeing += counted == played
        assert abs(counted - played) < 1  # a pickup that finds no partner is less than a bar
    assert (agreeing, len(right)) == (781, 788)
