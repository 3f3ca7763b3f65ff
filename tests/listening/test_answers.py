"""What is stored of what listeners answered."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.listening.pages import REAL, answer, answered, items
from tunewright.errors import InputError, OutputError
from tunewright.listening import answers as answers_module
from tunewright.listening.answers import ANSWERS, last_answers, store, store_file
from tunewright.listening.page import read_key


def scores(folder: Path) -> list[int]:
    return [one["score"] for one in last_answers(folder, read_key(folder))]


def test_the_last_answer_counts(folder: Path) -> None:
    for score in (1, 2, 5):
        store(folder, answered(folder, {REAL: score}))
    assert scores(folder) == [5, 5, 5]
    assert len((folder / ANSWERS).read_text().splitlines()) == 9


MOMENTS = ["2026-01-31T12:00:00.000Z", "2026-01-31T13:30:00+01:00", "2026-01-31T12:40:00"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_answer_that_was_given_last_counts_whatever_came_last(folder: Path, order: tuple[int, ...]) -> None:
    for at in order:
        store(folder, answered(folder, {REAL: at + 1}, at=MOMENTS[at]))
    assert scores(folder) == [3, 3, 3]


def test_what_is_there_is_not_added_again(folder: Path) -> None:
    for _ in range(3):
        assert store(folder, answered(folder, {REAL: 4}, at=MOMENTS[0])) == 3
    assert len((folder / ANSWERS).read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"page": "another"}, "answers to another listening page"),
        ({"answers": {"nothing": {"score": 3}}}, "there is no tune 'nothing'"),
        ({"answers": []}, "expected the answers that a listening page saves"),
        ({"answers": {"ITEM": {"score": 6}}}, "a score of 6; expected 1 to 5"),
        ({"answers": {"ITEM": {"score": True}}}, "a score of True"),
        ({"answers": {"ITEM": {"score": "5"}}}, "a score of '5'"),
        ({"answers": {"ITEM": {"score": 3.0}}}, r"a score of 3\.0"),
        ({"answers": {"ITEM": {"known": "yes"}}}, "known: 'yes'; expected true or false"),
        ({"answers": {"ITEM": {"score": 3, "at": "yesterday"}}}, "answered at 'yesterday'; expected a moment"),
        ({"answers": {"ITEM": {"at": "0001-01-01T00:00:00+23:00"}}}, "expected a moment"),
        ({"answers": {"ITEM": 5}}, "there is no tune"),
        ({"listener": ""}, "these answers are nobody's"),
    ],
)
def test_what_is_no_answer_is_refused_whole(folder: Path, change: dict[str, Any], message: str) -> None:
    given = json.loads(json.dumps({**answered(folder, {REAL: 3}), **change}).replace("ITEM", items(folder)[0]))
    with pytest.raises(InputError, match=message):
        store(folder, given)
    assert scores(folder) == []


def test_files_of_answers(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(answered(folder, {REAL: 4})))
    assert store_file(folder, path) == 3
    for rubbish in ("rubbish", "[" * 200_000):
        path.write_text(rubbish)
        with pytest.raises(InputError, match=r"answers\.json: no answers"):
            store_file(folder, path)


def test_halves_of_characters_are_no_hindrance(folder: Path) -> None:
    given = json.loads(r'"nice \ud83d"')
    store(folder, answer(folder, "1", **{items(folder)[0]: {"note": given}}))
    assert [one["note"] for one in last_answers(folder, read_key(folder))] == ["nice ?"]


def test_a_place_that_cannot_be_written_to_is_told(folder: Path) -> None:
    (folder / "answers.jsonl").mkdir()
    with pytest.raises(OutputError, match=r"cannot write .*answers\.jsonl"):
        store(folder, answered(folder, {REAL: 4}))


def test_there_is_an_end_to_what_is_stored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers_module, "LARGEST", 1000)
    taken = 0
    with suppress(OutputError):
        for number in range(100):
            taken += store(folder, answered(folder, {REAL: 4}, listener=str(number)))
    assert 3 <= taken < 30
    with pytest.raises(OutputError, match=r"answers\.jsonl holds 1,000 bytes already: no more answers are taken in"):
        store(folder, answered(folder, {REAL: 4}, listener="another"))
    assert len(scores(folder)) == taken
