"""The bar rule: which bars are right, and what is told of the others."""

from __future__ import annotations

import pytest

from tests.conftest import own_tune
from tests.music.reading import tune_of
from tunewright.music.bars import check, is_valid
from tunewright.music.reader import read_tune
from tunewright.music.tune import Problem


def found(body: str, **fields: str) -> list[tuple[str, int, str]]:
    """Severity, bar and message of every problem."""
    return [(problem.severity, problem.bar, problem.message) for problem in check(tune_of(body, **fields))]


@pytest.mark.parametrize(
    "body",
    [
        "ABcd efga|b8|]",
        "A>B c<d e>>f g<<a|b2>c'2 d'>e' f'/>g'/a'|]",
        "(3ABc de f4|(3:2:2A4B2 c4|(3A2B2c2 d4|(5A/B/c/d/e/ f d6|]",
        '[CEG]4 [C2E2]2|{bc}A8|"Am"A4-!trill!A4|A8!fermata!|]',
        "Z|Z4|A8|X2|z8|x8|]",
        "A8|[M:3/4]B6|[M:4/4]c8|]",
        "A8|\nM:6/8\nB6|c3d3|]",
        "A8|[L:1/16]B16|\nL:1/4\nc4|]",
        "A4[L:1/4]B2|c2[L:1/8]d4|]",
        "A8|\nK:D\nB8|[K:C]c8|]",
        "A8|!B8!|c8|!\nd8|!trill!e8|]",
        "A8|1[CE]8:|2[M:3/4]B6|]",
        "A8&c8 d8|B8|]",
        "V:1\nA8|\nV:2\nB7|\nV:1\nc8|]",
        "A8|\n% 7 notes\n|B8|\n\n",
    ],
)
def test_full_bars_are_right(body: str) -> None:
    assert [one for one in found(body) if one[0] != "note"] == []
    assert is_valid(tune_of(body))


@pytest.mark.parametrize(
    "body",
    [
        "AB|cdef gabc'|d6|]",  # pickup and last bar
        "|AB|cdef gabc'|d6||",
        "A|B8|c7|]",
        "AB|cdef gabc'|d6:|ef|gabc' d'c'ba|g6:|",  # every part with its pickup
        "|:AB|c8|d6:|\n|:ef|g8|a6:|",
        "AB|c8|d6||ef|g8|a6|]",
        "AB|c8|1d6:|2e8|]",  # the ending pairs with the part's pickup
        "AB|c8|1d6:|2e6|]",
        "AB|c8|1d6:|2e6:|ga|b8|c6|]",  # so does what follows a second ending
        "|:AB|c8|d8|1e8|f6:|2g8|a6|]",  # endings of several bars
        "|:AB|c8|1d8|e8|f6:|2g8|a8|b6||",
        "|:AB|c8|[1,3d6:|[2,4e6:|",
        "a8|b6||AB|c8|d6|]",  # the last bar with its own part's pickup
        "a8|b6|]|:AB|c8|1d6:|2e6:|",  # a second ending that is repeated goes back to the part before it
        "c8|d6||AB|c8|]",  # one bar, cut in two by a double bar
        "c8|d4||e4|f8|]",
        "c4[1d4:|[2e4|]",  # and by an ending
        "c4[1d4:|[2e4|f8|]",
        "a8|c4[1d4:|[2e4|f8|]",
        "a8|c4[1d4|e8:|[2f4|g8|]",
    ],
)
def test_a_bar_and_its_partner_make_a_full_one(body: str) -> None:
    assert found(body) == []


@pytest.mark.parametrize(
    ("body", "bar", "message"),
    [
        ("ABcd efga b|c8|]", 1, "9 eighths where 8 fit"),
        ("A8|Bcd efga|c8|]", 2, "7 eighths where 8 fit"),
        ("A8|c6|d8|]", 2, "3 quarters where 4 fit"),
        ("A8|z6|d8|]", 2, "3 quarters where 4 fit"),
        ("A8|d6||AB|c8|e4 f4 g/|]", 5, "17 sixteenths where 16 fit"),
        ("A8|A2>B3 c4|c8|]", 2, "17 sixteenths where 16 fit"),
        ("A8|(3ABcd2 e3|c8|]", 2, "7 eighths where 8 fit"),
        ("A8|(3:2:2ABc6|c8|]", 2, "7 1/3 eighths where 8 fit: a tuplet has a note too few or too many"),
        ("A8|B4|c4|d8|]", 2, "2 quarters where 4 fit"),  # no double bar between them
        ("A8|B4|c4|d8|]", 3, "2 quarters where 4 fit"),
        ("A8|B6||c4|d8|]", 2, "3 quarters where 4 fit"),
        ("AB|c8|1d6:|2e8|f7|]", 5, "7 eighths in a bar of 8"),
        ("AB|c8|d7|]", 3, "7 eighths in a bar of 8, and no short bar at the other end"),
        ("AB|c8|1d6:|2e5:|", 4, "5 eighths in a bar of 8"),
        ("a8|c4[1d4:|[2e2|f8|]", 4, "3 quarters where 4 fit"),
        ("A8|[M:3/4]B8|c6|]", 2, "4 quarters where 3 fit"),
        ("A8|\nM:6/8\nB6|c5|d6|]", 3, "5 eighths where 6 fit"),
        ("A8|[L:1/16]B8|c16|]", 2, "2 quarters where 4 fit"),
        ("A8|B4 Z|c8|]", 2, "6 quarters where 4 fit"),
        ("A8|d|c8|]", 2, "1 eighth where 8 fit"),
    ],
)
def test_wrong_bars_are_told_where_they_are(body: str, bar: int, message: str) -> None:
    told = [(number, text) for severity, number, text in found(body) if severity != "note"]
    assert any(number == bar and message in text for number, text in told), told
    assert not is_valid(tune_of(body))


@pytest.mark.parametrize(
    ("meter", "body", "message"),
    [
        ("6/8", "A6|B5|c6|]", "5 eighths where 6 fit"),
        ("9/8", "A9|B6|c9|]", "6 eighths where 9 fit"),
        ("2/4", "A4|B2|c4|]", "1 quarter where 2 fit"),
        ("C|", "A8|B4|c8|]", "1 half where 2 fit"),
        ("C|", "A8|B6|c8|]", "3 quarters where 4 fit"),
        ("2+3/8", "A5|B4|c5|]", "4 eighths where 5 fit"),
        ("3/2", "A12|B10|c12|]", "5 quarters where 6 fit"),
    ],
)
def test_lengths_are_counted_in_the_meters_own_unit(meter: str, body: str, message: str) -> None:
    assert found(body, M=meter) == [("error", 2, message)]


def test_in_free_meter_any_bar_is_right() -> None:
    assert found("A|BcdefGA3|z|A2|]", M="none") == []
    assert found("A8|[M:none]BcdefgabB|c|]") == []


@pytest.mark.parametrize(("body", "bar"), [("AB|c8|d8|]", 1), ("A8|B8|c2|]", 3), ("A4|B8|]", 1)])
def test_a_pickup_without_partner_is_told_apart(body: str, bar: int) -> None:
    (problem,) = found(body)
    assert problem[:2] == ("pickup", bar)
    assert not is_valid(tune_of(body))


@pytest.mark.parametrize(
    ("body", "bar", "message"),
    [
        ("A2|:B8|c6:|", 2, "7 quarters where 4 fit when it is played after bar 3"),
        ("AB|c8|d6:|e8|f8|]", 4, "7 quarters where 4 fit when it is played after bar 3"),
        ("A2|B8|c6::d8|e8:|", 4, "7 quarters where 4 fit when it is played after bar 3"),
        ("A4|1B4:|2c4|]", 1, "one bar, and no bar line should cut it in two"),
        ("A8|B4|1c4:|2d4|e8|]", 2, "one bar, and no bar line should cut it in two"),
    ],
)
def test_bars_that_are_right_on_paper_only_are_worth_a_note(body: str, bar: int, message: str) -> None:
    told = [(number, text) for severity, number, text in found(body) if severity == "note"]
    assert any(number == bar and message in text for number, text in told), found(body)
    assert is_valid(tune_of(body))


def test_a_bar_is_told_once_however_often_it_is_played_and_no_bar_for_the_one_before_it() -> None:
    assert [number for _, number, _ in found("A2|:B8|[1,2,3c6:|")] == [2]
    assert [number for _, number, _ in found("AB|c8|d7:|ef|g8|a6:|")] == [3]


def test_problems_come_in_written_order_and_notes_alone_leave_a_tune_valid() -> None:
    problems = check(tune_of("A7|B8 kc|d8 e|f8|]"))
    assert [problem.bar for problem in problems] == sorted(problem.bar for problem in problems)
    assert {problem.severity for problem in problems} == {"pickup", "error", "note"}
    assert is_valid(tune_of("k(A8|B8|]"))


def test_a_tunes_own_problems_are_among_those_of_its_bars() -> None:
    tune = tune_of("A8|B8?|c8|]")
    assert check(tune) == (Problem("error", "'?' means nothing here", 2, tune.problems[0].position),)


@pytest.mark.parametrize("body", ["||", "", "z8|z8|]", "Z4|", "% nothing\n"])
def test_a_tune_without_notes_is_wrong(body: str) -> None:
    assert ("error", 0, "no notes") in found(body)
    assert not is_valid(tune_of(body))


def test_tunes_made_right_are_right_and_one_note_more_or_less_is_found() -> None:
    for number in range(1, 40):
        text = own_tune(number)
        assert check(read_tune(text)) == (), text
        assert not is_valid(read_tune(text[:-2] + "A:|"))
        assert not is_valid(read_tune(text[:-3] + ":|"))


def test_a_repeat_spelled_with_two_bar_lines_after_a_short_bar_is_worth_a_note() -> None:
    text = "X:1\nM:4/4\nL:1/8\nK:C\n|:AB|c8|d6:||"
    (note,) = check(read_tune(text))
    assert (note.severity, note.bar) == ("note", 3)
    assert "write ':|'" in note.message
    assert not check(read_tune(text.removesuffix("|")))
    assert not check(read_tune("X:1\nM:4/4\nL:1/8\nK:C\n|:c8|d8:||"))
    (note,) = check(read_tune("X:1\nM:4/4\nL:1/8\nK:C\nAB|c8|d6||\n|AB|c8|d6|]"))
    assert (note.bar, "one is enough" in note.message) == (3, True)


def test_a_short_last_bar_before_a_plain_bar_line_is_worth_a_note() -> None:
    text = "X:1\nM:4/4\nL:1/8\nK:C\nAB|c8|d6|"
    (note,) = check(read_tune(text))
    assert (note.severity, note.bar) == ("note", 3)
    assert not check(read_tune(text + "]"))
