from __future__ import annotations

import pytest

from tests.conftest import own_tune
from tunewright.music.bars import check, is_valid
from tunewright.music.reader import read_tune

HEADER = "X:1\nT:Test\nM:4/4\nL:1/8\nK:C\n"


@pytest.mark.parametrize(
    "body",
    [
        "ABcd efga|b8|]",
        "AB|cdef gabc'|d6|]",  # pickup and last bar
        "AB|cdef gabc'|d6:|ef|gabc' d'c'ba|g6:|",  # every part with its pickup
        "AB|c8|1d6:|2e8|]",  # the ending pairs with the part's pickup
        "AB|c8|1d6:|2e6:|ga|b8|c6|]",  # so does what follows a second ending
        "c8|d6||AB|c8|]",  # across a double bar
        "(3ABc de f4|g8|]",
        "A8|[M:3/4]B6|[M:4/4]c8|]",
    ],
)
def test_right_bars(body: str) -> None:
    assert check(read_tune(HEADER + body)) == ()


@pytest.mark.parametrize(
    ("body", "bar", "message"),
    [
        ("ABcd efga b|c8|]", 1, "9 eighths where 8 fit"),
        ("A8|Bcd efga|c8|]", 2, "7 eighths where 8 fit"),
        ("A8|c6|d8|]", 2, "3 quarters where 4 fit"),
        ("A8|d6||AB|c8|e4 f4 g/|]", 5, "17 sixteenths where 16 fit"),
        ("AB|c8|d7|]", 3, "7 eighths in a bar of 8, and no short bar at the other end"),
        ("AB|c8|1d6:|2e5:|", 4, "5 eighths in a bar of 8"),
    ],
)
def test_wrong_bars_are_told_where_they_are(body: str, bar: int, message: str) -> None:
    found = [(problem.bar, problem.message) for problem in check(read_tune(HEADER + body))]
    assert any(number == bar and message in text for number, text in found), found


def test_a_pickup_without_partner_is_told_apart() -> None:
    (problem,) = check(read_tune(HEADER + "AB|c8|d8|]"))
    assert (problem.severity, problem.bar) == ("pickup", 1)
    assert not is_valid(read_tune(HEADER + "AB|c8|d8|]"))


def test_a_tune_without_notes_is_wrong() -> None:
    assert not is_valid(read_tune(HEADER + "||"))


def test_tunes_made_right_are_right_and_one_note_more_is_found() -> None:
    for number in range(1, 40):
        text = own_tune(number)
        assert check(read_tune(text)) == (), text
        assert not is_valid(read_tune(text[:-2] + "A:|"))
