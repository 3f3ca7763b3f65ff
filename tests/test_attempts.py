from __future__ import annotations

import random

import pytest

from tunewright.attempts import Attempts
from tunewright.decoding.drawing import Draw, Finished


def finished(draw: Draw) -> Finished:
    return Finished(draw, (), True, 1, 0)


def all_now(attempts: Attempts, limit: int = 1000) -> list[Draw]:
    found: list[Draw] = []
    while len(found) < limit and (draw := attempts.next()):
        found.append(draw)
    return found


def test_every_piece_is_begun_once_and_no_attempt_ahead_is_made_unasked() -> None:
    attempts = Attempts(range(3, 6), ahead=0)
    assert all_now(attempts) == [Draw(3), Draw(4), Draw(5)]
    assert attempts.next() is None


def test_one_that_failed_is_begun_again() -> None:
    attempts = Attempts([0, 1], ahead=0)
    all_now(attempts)
    assert list(attempts.in_order(finished(Draw(1)))) == [finished(Draw(1))]
    attempts.judged(1, stands=False)
    assert attempts.count(1) == 1
    assert all_now(attempts) == [Draw(1, 1)]
    assert list(attempts.in_order(finished(Draw(1, 1)))) == [finished(Draw(1, 1))]
    attempts.judged(1, stands=True)
    assert all_now(attempts) == []


def test_attempts_are_judged_in_their_order_whichever_is_done_first() -> None:
    attempts = Attempts([7], ahead=3)
    assert all_now(attempts) == [Draw(7), Draw(7, 1), Draw(7, 2)]
    assert list(attempts.in_order(finished(Draw(7, 2)))) == []
    assert list(attempts.in_order(finished(Draw(7, 1)))) == []
    judged = []
    for one in attempts.in_order(finished(Draw(7))):
        judged.append(one.draw.attempt)
        attempts.judged(7, stands=one.draw.attempt == 1)
    assert judged == [0, 1]  # the first that stands; the third is not looked at
    assert all_now(attempts) == []
    assert list(attempts.in_order(finished(Draw(7, 3)))) == []


def test_attempts_ahead_are_shared_among_what_is_still_wanted() -> None:
    attempts = Attempts(range(4), ahead=8)
    assert sorted((draw.piece, draw.attempt) for draw in all_now(attempts)) == [
        (piece, attempt) for piece in range(4) for attempt in range(2)
    ]
    for piece in range(3):
        for one in attempts.in_order(finished(Draw(piece))):
            attempts.judged(one.draw.piece, stands=True)
    assert all_now(attempts) == [Draw(3, attempt) for attempt in range(2, 8)]


@pytest.mark.parametrize("ahead", [0, 1, 5, 32])
@pytest.mark.parametrize("pieces", [1, 4, 40])
def test_what_stands_depends_on_neither_company_nor_order(pieces: int, ahead: int) -> None:
    """Attempts fail by their address alone; they come back in any order; the first that will do stands."""

    def stands(draw: Draw) -> bool:
        return random.Random(1000 * draw.piece + draw.attempt).random() < 0.2

    expected = {
        piece: next(attempt for attempt in range(1000) if stands(Draw(piece, attempt))) for piece in range(pieces)
    }
    attempts, chance = Attempts(range(pieces), ahead), random.Random(ahead)
    found: dict[int, int] = {}
    under_way: list[Draw] = []
    while len(found) < pieces:
        while len(under_way) < 16 and (draw := attempts.next()):
            under_way.append(draw)
        done = under_way.pop(chance.randrange(len(under_way)))
        for one in attempts.in_order(finished(done)):
            if stands(one.draw):
                found[one.draw.piece] = one.draw.attempt
            attempts.judged(one.draw.piece, stands(one.draw))
    assert found == expected
    assert attempts.next() is None
