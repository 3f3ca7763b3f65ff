from __future__ import annotations

import pytest
import torch

from tunewright.decoding.template import State, Template

SPELLINGS = ["X", ":", "\n", "a", "b", "X:", "\nT:", "T", ""]
END = 8


def template(*lines: tuple[str, bool]) -> Template:
    return Template(lines, SPELLINGS, (END,))


def legal(given: Template, state: State) -> set[str]:
    mask = given.allowed(state)
    assert mask is None or mask.shape == (len(SPELLINGS),)
    return set(SPELLINGS) if mask is None else {SPELLINGS[index] for index in torch.nonzero(mask).flatten().tolist()}


def after(given: Template, *texts: str) -> State:
    state: State = given.start()
    for text in texts:
        assert text in legal(given, state)
        following = given.advance(state, SPELLINGS.index(text))
        assert following is not None
        state = following
    return state


def test_without_lines_anything_may_come() -> None:
    free = Template([], SPELLINGS, (END,), prompt=(1, 2))
    assert free.prompt == (1, 2)
    assert free.allowed(free.start()) is None
    assert free.advance(free.start(), 3) == free.advance(free.start(), END) == free.start()


def test_what_is_given_comes_in_any_spelling() -> None:
    given = template(("X:a", False), ("b", False))
    assert legal(given, given.start()) == {"X", "X:"}
    assert after(given, "X", ":") == after(given, "X:")
    assert legal(given, after(given, "X:")) == {"a"}
    assert legal(given, after(given, "X:", "a")) == {"\n"}
    assert given.allowed(after(given, "X:", "a", "\n", "b", "\n")) is None
    assert given.advance(given.start(), SPELLINGS.index("a")) is None


def test_a_symbol_may_reach_from_one_line_into_the_next() -> None:
    given = template(("X:", True), ("T:", True))
    states = [given.advance(after(given, "X:", "a"), SPELLINGS.index(text)) for text in ("\nT:", "\n")]
    assert states == [(1, 2), (1, 0)]


def test_a_line_that_goes_on_has_something_of_its_own_and_ends_no_piece() -> None:
    given = template(("a", True), ("b", False))
    anything = {"X", ":", "a", "b", "X:", "T"}
    assert legal(given, after(given, "a")) == anything
    assert legal(given, after(given, "a", "b")) == anything | {"\n"}
    assert legal(given, after(given, "a", "b", "\n")) == {"b"}


def test_states_of_a_line_are_as_few_as_they_need_be() -> None:
    given = template(("a", True))
    assert after(given, "a", "b") == after(given, "a", "b", "X:", "b") != after(given, "a")


@pytest.mark.parametrize("texts", [(), ("a",), ("a", "b"), ("a", "b", "\n"), ("a", "b", "\n", "X")])
def test_it_rests_between_lines_knows_of_no_end_and_takes_nothing_as_meant(texts: tuple[str, ...]) -> None:
    given = template(("a", True))
    state = after(given, *texts)
    assert given.resting(state) == ("b" not in texts[-1:] and "a" not in texts[-1:])
    assert given.distance(state) == 0
    assert given.meant(state, 3) == state
