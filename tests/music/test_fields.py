"""What stands around the music: headers, and tunes one after another in a file."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.music.reading import is_told, told, tune_of
from tunewright.errors import InputError
from tunewright.music.fields import parse_tempo, parse_unit_length, split_tunes
from tunewright.music.reader import read_tune

HEADER = """X:12
T:The First Name
T:Another % and a remark
C:A. Maker
O:Here
R:Slip Jig
M:9/8
L:1/16
Q:3/8=110
P:AAB
Z:somebody
N:nothing
%%scale 1
% a remark
I:abc-charset utf-8
W:words
K:Edor % a remark
A9"""


def test_a_header() -> None:
    read = read_tune(HEADER)
    assert (read.number, read.title, read.other_titles) == (12, "The First Name", ("Another",))
    assert (read.composer, read.origin, read.type, read.part_order) == ("A. Maker", "Here", "slipjig", "AAB")
    assert (read.meter.name, read.unit_length, read.key.name) == ("9/8", Fraction(1, 16), "Edor")
    assert (read.tempo, read.words, read.voices) == ((Fraction(3, 8), 110), ("words",), 1)
    assert not read.problems
    (note,) = read.notes()
    assert (note.length, note.position) == (Fraction(9, 16), (18, 1))


def test_spaces_around_values_mean_nothing() -> None:
    read = read_tune("X: 7 \nT:  Spaced   \nM: 6/8 \nL: 1/8 \nR: jig \nK: G \nA6")
    assert (read.number, read.title, read.meter.name, read.type, read.key.name) == (7, "Spaced", "6/8", "jig", "G")


def test_what_is_not_said_is_empty() -> None:
    read = read_tune("K:C\nA")
    assert (read.number, read.title, read.type, read.composer, read.tempo) == (0, "", "", "", None)
    assert (read.meter.name, read.unit_length) == ("none", Fraction(1, 8))
    assert read_tune("X:first\nK:C\nA").number == 0


@pytest.mark.parametrize(
    ("meter", "unit"),
    [
        ("2/4", 16), ("3/8", 16), ("5/8", 16), ("2+3/8", 16), ("6/16", 16),
        ("3/4", 8), ("6/8", 8), ("4/4", 8), ("C", 8), ("C|", 8), ("9/8", 8), ("12/8", 8), ("none", 8),
    ],
)  # fmt: skip
def test_the_unit_follows_from_the_meter_where_no_line_says_it(meter: str, unit: int) -> None:
    read = read_tune(f"X:1\nM:{meter}\nK:C\nA")
    assert read.unit_length == read.notes()[0].length == Fraction(1, unit)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("R:Slip Jig", "slipjig"),
        ("R:hop_jig", "hopjig"),
        ("R: Reel ", "reel"),
        ("Z: id:dc-reel-18", "reel"),
        ("Z:id:hn-slipjig-2", "slipjig"),
        ("R:Polka\nZ:id:dc-reel-18", "polka"),
        ("Z:somebody", ""),
    ],
)
def test_the_dance_is_read_from_its_field_or_from_a_transcribers_id(line: str, expected: str) -> None:
    assert read_tune(f"X:1\n{line}\nK:C\nA").type == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/4=120", (Fraction(1, 4), 120)),
        ("3/8 = 50", (Fraction(3, 8), 50)),
        ("120", (Fraction(1, 4), 120)),
        ('"Allegro" 1/4=120', (Fraction(1, 4), 120)),
        ('1/2=80 "Not too 4/4=9 fast"', (Fraction(1, 2), 80)),
        ("1/4 3/8 1/4 3/8=40", (Fraction(5, 4), 40)),
        ('"Andante"', None),
        ("", None),
        ("1/8=0", None),
        ("quick", None),
    ],
)
def test_tempo(text: str, expected: tuple[Fraction, int] | None) -> None:
    assert parse_tempo(text) == expected


@pytest.mark.parametrize(("text", "length"), [("1/8", 8), (" 1/16 ", 16), ("1 / 4", 4), ("1", 1)])
def test_unit_lengths(text: str, length: int) -> None:
    assert parse_unit_length(text) == Fraction(1, length)


@pytest.mark.parametrize("text", ["1/0", "0", "2", "3/2", "a", "1/8 x", "-1/8"])
def test_what_is_no_unit_length(text: str) -> None:
    with pytest.raises(InputError, match=text):
        parse_unit_length(text)


@pytest.mark.parametrize(
    ("header", "severity", "message", "line"),
    [
        ("X:1\nT:Nothing", "error", "no key", 1),
        ("X:1\nABc|", "error", "music begins before the key", 2),
        ("X:1\nM:abc\nK:C\nA", "error", "'abc' is not a meter", 2),
        ("X:1\nT:a\nL:foo\nK:C\nA", "error", "'foo' is not a note length", 3),
        ("X:1\nT:a\nK:foo\nA", "error", "'foo' is not a key", 3),
        ("X:1\nH:The story\ngoes on\nK:C\nA", "note", "a line in the header that is no field", 3),
    ],
)
def test_what_is_wrong_in_a_header_is_told_with_its_line(header: str, severity: str, message: str, line: int) -> None:
    (problem,) = read_tune(header).problems
    assert (problem.severity, problem.bar, problem.position.line) == (severity, 0, line)
    assert message in problem.message


def test_a_header_read_badly_still_leaves_the_music() -> None:
    assert len(read_tune("X:1\nM:abc\nL:foo\nK:foo\nABc|").notes()) == 3
    assert len(read_tune("X:1\nABc|").notes()) == 3


def test_a_field_may_go_on_in_the_next_line() -> None:
    read = read_tune("X:1\nT:A long\n+:name\nK:C\nAB\nw:la\n+:lo\n")
    assert (read.title, read.other_titles) == ("A long name", ())
    assert [note.lyrics for note in read.notes()] == [("la",), ("lo",)]


def test_definitions_of_the_tunes_own_signs() -> None:
    assert [note.decorations for note in tune_of("TA ~B kc", U="T=!turn!\nU: k = !fermata!").notes()] == [
        ("turn",), ("roll",), ("fermata",),
    ]  # fmt: skip
    assert tune_of("TA", U="T=!nil!").notes()[0].decorations == ()
    assert is_told(told("nA", U="k=!fermata!"), "note", "'n' is a sign of its writer's own")


# -- tunes one after another -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("free text\n\nX:1\nK:C\nA\n\n\nX:2\nK:C\nB\n", [(3, "X:1\nK:C\nA"), (8, "X:2\nK:C\nB")]),
        ("X:1\nK:C\nA\nX:2\nK:C\nB", [(1, "X:1\nK:C\nA"), (4, "X:2\nK:C\nB")]),
        ("X:1\nK:C\nA|\n\nabout it: words\n\nX:2\nK:C\nB", [(1, "X:1\nK:C\nA|"), (7, "X:2\nK:C\nB")]),
        ("X:1\n\nK:C\n\nA|", [(1, "X:1\n\nK:C\n\nA|")]),  # a blank line in or after the header
        ("X:1\nK:C\nA|\n\nB|c|\n\nwords\n", [(1, "X:1\nK:C\nA|\n\nB|c|")]),  # and one within the music
        ("X:1\nK:C\nA|\n% so\nB|\n\n%%sep\n\nX:2\nK:C\nc", [(1, "X:1\nK:C\nA|\n% so\nB|"), (9, "X:2\nK:C\nc")]),
        ("T:No number\nM:4/4\nK:C\nA|\n\nX:1\nK:C\nB", [(1, "T:No number\nM:4/4\nK:C\nA|"), (6, "X:1\nK:C\nB")]),
        ("K:C\nA|\n\nK:D\nB|", [(1, "K:C\nA|"), (4, "K:D\nB|")]),
        ("X:1\nK:C\nA|\n\nT:Next\nK:D\nB|", [(1, "X:1\nK:C\nA|"), (5, "T:Next\nK:D\nB|")]),
        ("%abc-2.1\nO:Ireland\n\nX:1\nK:C\nA", [(4, "X:1\nK:C\nA")]),
        ("", []),
        ("only words\n", []),
    ],
)
def test_tunes_in_a_file(text: str, expected: list[tuple[int, str]]) -> None:
    assert split_tunes(text) == expected
    lines = text.split("\n")
    for line, tune in split_tunes(text):
        assert lines[line - 1] == tune.split("\n")[0]


def test_cutting_a_file_loses_no_music() -> None:
    tunes = [f"X:{number}\nT:Tune {number}\nK:C\n" + "A|" * number for number in range(1, 20)]
    for between in ("\n\n", "\n\n\n\n", "\n", "\n\nwords and more words\n\n", "\n\n%%sep\n\n"):
        assert [tune for _, tune in split_tunes(between.join(tunes))] == tunes
