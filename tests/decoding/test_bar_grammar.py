"""The composing language: what is in it, what is not, and that all of it is right by every judge."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.decoding.languages import METERS, contains, dialect, fields, grammar, header, language_of, leaves
from tests.music import abc2midi, slow_bars
from tunewright.contracts import Piece
from tunewright.decoding.bar_grammar import END, BarGrammar
from tunewright.decoding.header_grammar import Fields
from tunewright.decoding.measure import Pitches
from tunewright.decoding.plan import Form, Length
from tunewright.decoding.way_out import WayOut
from tunewright.errors import DecodingError
from tunewright.music.bars import check
from tunewright.music.forms import whole_bars
from tunewright.music.pieces import house_text
from tunewright.music.reader import read_tune
from tunewright.music.title_spelling import TitleSpelling

HOUSE, RAW = dialect(), dialect(house=False)


@pytest.mark.parametrize(
    ("meter", "music"),
    [
        ("4/4", "ABCD EFGA|A4 A4|]"),
        ("4/4", "|:ABCD EFGA|A4 A4:|"),
        ("4/4", "|:A2|ABCD EFGA|A4 A2:|"),  # a pickup, and what is short of it
        ("4/4", "|:A2|ABCD EFGA|A4 A2:|\n|:A2|A4 A4|A4 A2:|"),
        ("4/4", "|:A2|A4 A4|[1 A4 A2:|[2 A6|]"),
        ("4/4", "|:A4 A4|[1 A4 A4:|[2 A4 A4|]"),
        ("4/4", "|:A4 A4|A4[1 A4:|[2 A4|]"),  # endings that begin within a bar
        ("4/4", "A4 A4|\nA4 A4|]"),
        ("4/4", "A4 A4|[K:D]A4 A4|]"),
        ("4/4", "A4 A4-|A4 A4|]"),
        ("4/4", "A>A A2 (3AAA A2|z4 A4|]"),
        ("4/4", "A2>A2 (3A2A2A2|A4 A4|]"),
        ("2/4", "A/A/A A3/2A/|A4|]"),
        ("6/8", "A|AAA AAA|A3 A2|]"),
        ("12/8", "|:A6 A6|A6 A6:|"),
    ],
)
def test_tunes_of_the_language(meter: str, music: str) -> None:
    text = header(meter) + music
    assert leaves(grammar(meter), text) is None
    assert check(read_tune(text)) == ()


@pytest.mark.parametrize(
    ("meter", "music", "until", "reason"),
    [
        ("4/4", "ABCD EFGAA|", "ABCD EFGAA", "too long a bar"),
        ("4/4", "A4 A4|ABC|", "A4 A4|ABC|", "too short a bar"),
        ("4/4", "|:A2|A4 A4|A4 A4:|", "|:A2|A4 A4|A4 A4:", "the pickup has no partner"),
        ("4/4", "|:A2|A4 A4|A4:|", "|:A2|A4 A4|A4:", "too short for the pickup"),
        ("4/4", "|:A4 A4|A4 A4:|\n|:A2|", "|:A4 A4|A4 A4:|\n|:A2|", "all parts begin alike"),
        ("4/4", "|:A4 A4|[1 A4 A4|]", "|:A4 A4|[1 A4 A4|]", "a first ending goes back"),
        ("4/4", "|:A4 A4|[1 A4 A4:|\n|:", "|:A4 A4|[1 A4 A4:|\n|", "after a first ending comes a second"),
        ("4/4", "|:A4 A4|[2 ", "|:A4 A4|[2", "a second ending without a first"),
        ("4/4", "A4 A4|[1 ", "A4 A4|[1", "no ending in a part that isn't repeated"),
        ("4/4", "A4 A4-|B", "A4 A4-|B", "tied to another pitch"),
        ("4/4", "A4 A4-|]", "A4 A4-|]", "tied to nothing"),
        ("4/4", "A4 ^A4-|", "A4 ^A4-", "an accidental doesn't last beyond the bar line"),
        ("4/4", "^A4 A4-|", "^A4 A4-", "nor if it came before"),
        ("4/4", "(3AA2", "(3AA2", "notes of a tuplet have one length"),
        ("4/4", "(3AA|", "(3AA|", "a tuplet is whole"),
        ("4/4", "A4 A2>A|", "A4 A2>A|", "a broken pair has one length"),
        ("4/4", "A:|", "A:", "a letter and a colon are a field"),
        ("4/4", "|:|:", "|:|", "a repeat is opened once"),
        ("4/4", "A4 A4:|", "A4 A4:", "what wasn't opened"),
        ("4/4", "|:A4 A4|A4 A4|]", "|:A4 A4|A4 A4|]", "what was opened is repeated"),
        ("4/4", "z4 z4|", "z4 z4", "some note comes in the first bar"),
        ("4/4", "A4  A4", "A4  ", "one space is enough"),
        ("4/4", "A4 A4||", "A4 A4||", "a bar line that the dialect hasn't"),
        ("4/4", "A5", "A5", "a length that the dialect hasn't"),
        ("4/4", "_A", "_", "an accidental that the dialect hasn't"),
        ("4/4", "A4 A4|A4 A4|]\n\n", "A4 A4|A4 A4|]\n\n", "a blank line"),
        ("4/4", "A4 A4|A4 A4", "A4 A4|A4 A4\0", "no end"),
        ("4/4", "[AC]", "[A", "a chord"),
    ],
)  # fmt: skip
def test_what_is_no_tune_of_the_language(meter: str, music: str, until: str, reason: str) -> None:
    assert leaves(grammar(meter), header(meter) + music) == header(meter) + until, reason


@pytest.mark.parametrize(
    "music",
    [
        "A2|A4 A4|A4 A2:|!\nA2|A4 A4|A4 A2:|!",
        "A4 A4|!\nA4 A4:|!",
        "A4 A4|[1 A4 A4:|[2 A4 A4|]!",
        "A4 A4|!\nK:D\nA4 A4:|!",
    ],
)
def test_repeats_that_nothing_opens_are_of_the_raw_language(music: str) -> None:
    text = header() + music
    assert leaves(grammar(own=RAW), text) is None
    assert not contains(grammar(), text)
    assert check(read_tune(text)) == ()


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("X:1\nM:4/4\n", "X:1\nM"),
        ("T:a\n", "T"),
        ("X:1\nT:a\nM:5/4\n", "X:1\nT:a\nM:5"),
        ("X:1\nT:a\nM:4/4\nL:1/8\nK:G\n", "X:1\nT:a\nM:4/4\nL:1/8\nK:G"),
        ("X:1\n\n", "X:1\n\n"),
        ("X:1\nT:\n", "X:1\nT:\n"),
        ("X:1\nT:a\nM:4/4\nL:1/8\nK:D\nw:a\n", "X:1\nT:a\nM:4/4\nL:1/8\nK:D\nw"),
    ],
)
def test_headers_out_of_order_or_of_other_values(text: str, until: str) -> None:
    assert leaves(grammar(), text) == until


def test_a_header_has_any_of_its_values_and_the_music_follows_them() -> None:
    language = BarGrammar(fields(M=("4/4", "6/8"), K=("D", "Dmin")), HOUSE)
    for meter, music in (("4/4", "A4 A4|A4 A4|]"), ("6/8", "A6|A6|]")):
        for key in ("D", "Dmin"):
            assert contains(language, header(meter, key) + music)
    assert not contains(language, header("6/8") + "A4 A4|A4 A4|]")


def test_free_text_and_numbers() -> None:
    values = {"Z": ("id:hn-reel",), "M": ("4/4",), "L": ("1/8",), "K": ("D",)}
    language = BarGrammar(Fields(("XTZMLK",), {"Z": " "}, values, {"Z": "-"}, TitleSpelling("ab '")), HOUSE)
    rest = "M:4/4\nL:1/8\nK:D\nA4 A4|A4 A4|]"
    assert contains(language, f"X:12345\nT:ab a'b\nZ: id:hn-reel-7\n{rest}")
    for number, title, told in (
        ("0", "a", "7"), ("123456", "a", "7"), ("1", " a", "7"), ("1", "a ", "7"), ("1", "a  b", "7"), ("1", "c", "7"),
        ("1", "a" * 61, "7"), ("1", "a", ""), ("1", "a", "07"),
    ):  # fmt: skip
        assert not contains(language, f"X:{number}\nT:{title}\nZ: id:hn-reel-{told}\n{rest}")


def test_titles_are_spelled_as_the_book_spells_them() -> None:
    values = {"X": ("1",), "M": ("4/4",), "L": ("1/8",), "K": ("D",)}
    spelling = TitleSpelling("abAB-. ", ["\nA", "Aa", "aa", "a ", " A", "a.", ". ", "a\n"])
    language = BarGrammar(Fields(("XTMLK",), {}, values, {}, spelling), HOUSE)
    rest = "M:4/4\nL:1/8\nK:D\nA4 A4|A4 A4|]"
    for title in ("Ab", "Ab. Ba", "A" + 59 * "b"):
        assert contains(language, f"X:1\nT:{title}\n{rest}")
    for title in ("A", "AB", "Ab.", "Ab -- Ba", "A" + 60 * "b", "A" + 55 * "b" + ". A"):
        assert not contains(language, f"X:1\nT:{title}\n{rest}")
    # No title is begun that could not be ended in time.
    long = language.walk(language.start(), "X:1\nT:A" + 56 * "b")
    assert language.step(long, ".") is None
    out, after = WayOut(language).characters, language.walk(language.start(), "X:1\nT:Ab")
    stopped = language.step(after, ".")
    assert stopped
    assert out(stopped) == out(after) + len(" Ab")


# Plans


@pytest.mark.parametrize(
    ("plan", "music", "held"),
    [
        (Length.of(4), "A4|A4|A4|A4|]", True), (Length.of(4), "A4|A4|A4|]", False),
        (Length.of(4), "A4|A4|A4|A4|A4|]", False),
        (Length.of(4), "A2|A4|A4|A4|A2|]", True),  # a pickup and what is short of it make one bar
        (Length.of(4), "|:A4|A4|A4|[1 A4:|[2 A4|]", True),  # endings count once
        (Length.of(4), "|:A4|A4|[1 A4|A4:|[2 A4|A4|]", True), (Length.of(4), "|:A4|A4|[1 A4|A4:|[2 A4|]", False),
        (Length.of(8), "A4|A4|A4|A4|]\n|:A4|A4|A4|A4:|", True), (Length.of(8), "A4|A4|A4|]\n|:A4|A4|A4|A4|A4:|", False),
        (Form(((2, True), (2, True))), "|:A4|A4:|\n|:A4|A4:|", True),
        (Form(((2, True), (2, True))), "|:A4|A4:|\n|:A4|A4|A4:|", False),
        (Form(((2, True), (2, True))), "|:A4|A4:|\nA4|A4|]", False),
        (Form(((2, True), (2, True))), "|:A4|A4:|", False),
        (Form(((0, False), (0, True))), "A4|A4|A4|]\n|:A4|A4:|", True),
        (Form(((0, False), (0, True))), "|:A4|A4:|\nA4|A4|]", False),
        (Form(((1, True),)), "|:A4:|", True), (Form(((1, True),)), "|:A2|A2:|", True),
    ],
)  # fmt: skip
def test_wished_divisions(plan: Any, music: str, held: bool) -> None:
    text = header("2/4") + music
    assert contains(grammar("2/4", plan=plan), text) == held
    if held and isinstance(plan, Length):
        assert whole_bars(read_tune(text)) == plan.bars


# Pitches


@pytest.mark.parametrize(
    ("limits", "key", "pitches", "held"),
    [
        (Pitches(None, 62, 74), "C", "DABcd", True), (Pitches(None, 62, 74), "C", "C", False),
        (Pitches(None, 62, 74), "C", "e", False), (Pitches(None, 66, 66), "D", "F", True),
        (Pitches(None, 66, 66), "C", "F", False), (Pitches(None, 66, 66), "C", "^F", True),
        (Pitches(diatonic=True), "C", "^F", False), (Pitches(diatonic=True), "C", "CDEFGABc", True),
        # An accidental holds for its letter in every octave until the bar ends.
        (Pitches(None, 62, 74), "C", "^c", True), (Pitches(None, 62, 74), "C", "^D", False),
        (Pitches(None, 62, 75), "C", "^D", True),
    ],
)  # fmt: skip
def test_pitches_within_limits(limits: Pitches, key: str, pitches: str, held: bool) -> None:
    language = grammar("4/4", key=key, pitches=limits)
    text = header("4/4", key) + pitches
    left = leaves(language, text)
    assert left is not None
    assert (left == text + END) == held


# Prompts


def test_walking_leaves_the_language_where_it_is_told() -> None:
    language = grammar("2/4")
    assert language.walk(language.start(), header("2/4") + "A4|A2")
    with pytest.raises(DecodingError, match=r"after .*A4\|A2' there can't be '\|'"):
        language.walk(language.start(), header("2/4") + "A4|A2|")


def test_an_opening_stands_in_every_tune() -> None:
    language = grammar("2/4", opening="|:A2|A4|")
    assert contains(language, header("2/4") + "|:A2|A4|A2:|")
    assert leaves(language, header("2/4") + "A4|") == header("2/4") + "A"
    assert leaves(language, header("2/4") + "|:A2|B") == header("2/4") + "|:A2|B"


# Members at random


def random_tune(language: BarGrammar, way_out: WayOut, chance: random.Random, loosely: int) -> str:
    """A tune of the language: any characters, and after so many the shortest way out."""
    state: Any = language.start()
    text = ""
    while not language.ended(state):
        ways: dict[str, Any] = {char: language.step(state, char) for char in sorted(language.characters(state))}
        if len(text) > loosely:
            shortest = min(map(way_out.characters, ways.values()))
            ways = {char: after for char, after in ways.items() if way_out.characters(after) == shortest}
        char = chance.choice(list(ways))
        state, text = ways[char], text + char
    return text.removesuffix(END)


@pytest.mark.parametrize("house", [True, False], ids=["house", "raw"])
@pytest.mark.parametrize("meter", METERS)
def test_random_tunes_are_right_by_every_judge(meter: str, house: bool) -> None:
    own = dialect(house, accidentals=("^", "=", "_"), highest_marks=1, lowest_marks=1, broken=(">", "<"))
    language, chance = grammar(meter, own), random.Random(f"{meter} {house}")
    way_out, stable = WayOut(language), 0
    for _ in range(22):
        text = random_tune(language, way_out, chance, chance.randrange(30, 260))
        assert check(read_tune(text)) == (), text
        written = house_text(text)
        assert slow_bars.judge(written).right, written
        assert house_text(written) == written
        if house:
            left = leaves(language, written)  # two lengths of a broken pair may be one longer length in house form
            assert left is None or left[-1].isdigit(), (text, written)
            stable += left is None
        if abc2midi.INSTALLED:
            assert abc2midi.remarks(written) == [], written
    assert stable >= 15 * house


def test_the_irish_tunes_that_abc2midi_passes_are_of_the_language(irish_house: tuple[Piece, ...]) -> None:
    if not abc2midi.INSTALLED:
        pytest.skip(abc2midi.MISSING)
    language = language_of(irish_house)
    passed = [
        piece.text
        for piece in irish_house[::6]
        if not [one for one in abc2midi.remarks(piece.text) if "ornpipe" not in one.message]
    ]
    assert len(passed) > 100
    assert sum(contains(language, text) for text in passed) > 0.9 * len(passed)


@pytest.mark.slow
def test_all_the_irish_tunes_that_abc2midi_passes(irish_house: tuple[Piece, ...]) -> None:
    if not abc2midi.INSTALLED:
        pytest.skip(abc2midi.MISSING)
    language = language_of(irish_house)
    judged = {piece.text: abc2midi.remarks(piece.text) for piece in irish_house}
    passed = [text for text, found in judged.items() if not [one for one in found if "ornpipe" not in one.message]]
    assert sum(contains(language, text) for text in passed) >= 0.95 * len(passed)


@pytest.mark.parametrize(("longest", "music", "held"), [
    ("1/2", "|:A|A4|A3:|", True), ("1/2", "|:A2|A4|A2:|", True), ("1/2", "|:A3|A4|A:|", False),
    ("1/4", "|:A2|A4|A2:|", False), ("0", "|:A|A4|A3:|", False), ("0", "|:A4|A4:|", True),
])  # fmt: skip
def test_pickups_are_no_longer_than_the_book_has_them(longest: str, music: str, held: bool) -> None:
    assert contains(grammar("2/4", dialect(longest_pickup=longest)), header("2/4") + music) == held
