"""Faults planted by hand in real tunes: each is told, in its bar and at its place, and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pytest

from tests.music.books import book_files
from tests.music.faults import BOOK_FAULTS, IRISH_FAULTS, Fault
from tunewright.corpora.irish import IrishCorpus
from tunewright.corpora.path import decode
from tunewright.music.bars import check
from tunewright.music.fields import split_tunes
from tunewright.music.reader import read_tune
from tunewright.music.tune import Problem

BOOKS = ("airdsAirs", "oneills1850", "ryansMammoth")
NO_WORD_OF_MUSIC = re.compile(r"\d\.\d|None|Fraction|Error|[\n_{}\\]")


def in_words(fault: Fault) -> str:
    """The fault's name, as a test's id."""
    return fault.name.replace(" ", "-")


@cache
def book_texts(file: str) -> list[str]:
    """The tunes of the books' file of this name."""
    (path,) = [path for book in BOOKS for path in book_files(book) if path.name == file]
    return [text for _, text in split_tunes(decode(path.read_bytes()))]


def tune_of(fault: Fault, texts: Iterable[str]) -> str:
    """The one tune that the fault is planted in."""
    mark = fault.tune.partition(", ")[2]
    (text,) = [text for text in texts if any(line.endswith(mark) for line in text.split("\n"))]
    return text


def problems_of(text: str) -> list[tuple[Problem, int]]:
    """All that is told of a file with this text, each with its place: how many characters come before it."""
    starts = [0] + [match.end() for match in re.finditer("\n", text)]
    return [
        (problem, starts[line + problem.position.line - 2] + problem.position.column - 1)
        for line, tune in split_tunes(text)
        for problem in check(read_tune(tune))
    ]


def bar_around(text: str, begin: int, end: int) -> range:
    """The places from the bar line or line end before a stretch of a text to the bar line or text's end after it."""
    following = (text + "|").index("|", end)
    return range(max(text.rfind("|", 0, begin), text.rfind("\n", 0, begin)), following + 1)


def assert_told(fault: Fault, original: str) -> None:
    """Plants the fault, and asserts what must be told of it and that nothing more is."""
    assert problems_of(original) == []
    assert original.count(fault.old) == 1
    faulty = original.replace(fault.old, fault.new)
    problems = problems_of(faulty)
    places = [
        place
        for problem, place in problems
        if problem.bar == fault.bar
        and re.search(fault.told, problem.message)
        and (fault.note or problem.severity != "note")
    ]
    assert places, problems
    begin = original.index(fault.old)
    assert set(places) & set(bar_around(faulty, begin, begin + len(fault.new))), problems
    assert {problem.bar for problem, _ in problems} <= {fault.bar, *fault.also}, problems
    for problem, _ in problems:
        assert not NO_WORD_OF_MUSIC.search(re.sub("'[^']*'", "", problem.message)), problem.message


@pytest.mark.parametrize("fault", BOOK_FAULTS, ids=in_words)
def test_a_fault_in_a_book_is_told_where_it_is(fault: Fault) -> None:
    assert_told(fault, tune_of(fault, book_texts(fault.tune.partition(",")[0])))


@pytest.mark.parametrize("fault", IRISH_FAULTS, ids=in_words)
def test_a_fault_in_the_labs_file_is_told_where_it_is(fault: Fault, irish_corpus: IrishCorpus) -> None:
    assert_told(fault, tune_of(fault, [piece.text for piece in irish_corpus.pieces]))


def test_more_than_forty_faults_are_planted_each_in_its_own_place() -> None:
    faults = BOOK_FAULTS + IRISH_FAULTS
    assert len({(fault.tune, fault.old) for fault in faults}) == len(faults) > 44
    assert len({fault.name for fault in faults}) == len(faults)
    assert len({fault.tune for fault in faults}) > 40
