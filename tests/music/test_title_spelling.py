"""How titles are spelled: which kinds of characters stand beside one another."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunewright.music.title_spelling import EDGE, TitleSpelling, kind, pairs_of

TITLES = ("The Hare's Foot", "Sweeney's No. 2", "O'Reilly's", "Fair-Haired Mary", "Rí na Sióg")


def spelling(titles: tuple[str, ...] = TITLES) -> TitleSpelling:
    return TitleSpelling("".join(titles), [pair for title in titles for pair in pairs_of(title)])


def is_title(own: TitleSpelling, text: str) -> bool:
    """Whether it can be written from its beginning to its end, by what each character says of the next."""
    kinds = [EDGE, *map(kind, text)]
    return all(own.goes(last, char) for last, char in zip(kinds, [*text, EDGE], strict=True))


@pytest.mark.parametrize("title", [*TITLES, "Mary", "The Foot na No. 2", "Hairy O'Hare's"])
def test_what_is_spelled_as_the_book_does_is_a_title(title: str) -> None:
    assert is_title(spelling(), title)


@pytest.mark.parametrize(
    "title",
    [
        "THE HARE",
        "The Hare.",
        "The Hare -- Reel",
        " The Hare",
        "The  Hare",
        "The Hare ",
        "Mary 22",
        "Mary!",
        "Hare-",
        "Hare  ",
        "",
    ],
)
def test_what_the_book_never_does_is_none(title: str) -> None:
    assert not is_title(spelling(), title)


def test_without_pairs_anything_goes_but_spaces_too_many() -> None:
    for own in (TitleSpelling("aB- "), TitleSpelling("aB- ", ["\nz", "zz"])):  # such pairs make no title of these
        for length in range(5):
            for text in map("".join, product("aB- ", repeat=length)):
                assert is_title(own, text) == (text != "" and text == " ".join(text.split()))


@given(st.lists(st.text("aB1 '-.é漢", min_size=1).filter(str.strip), min_size=1), st.text("aB1 '-.é漢", max_size=6))
def test_what_is_begun_can_be_ended_in_as_few_characters_as_is_told(titles: list[str], begun: str) -> None:
    own = spelling(tuple(titles))
    assert all(is_title(own, " ".join(title.split())) for title in titles)
    kinds = [EDGE, *map(kind, begun)]
    if not all(own.goes(last, char) for last, char in zip(kinds, begun, strict=False)):
        return
    last, missing = kinds[-1], own.rest(kinds[-1])
    for left in range(missing, 0, -1):
        assert not own.goes(last, EDGE)
        nearer = [char for char in sorted(own.characters - {EDGE}) if own.goes(last, char)]
        assert all(own.rest(kind(char)) >= left - 1 for char in nearer)
        last = next(kind(char) for char in nearer if own.rest(kind(char)) == left - 1)
    assert own.goes(last, EDGE)
