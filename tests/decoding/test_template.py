from __future__ import annotations

import torch

from tunewright.decoding.template import Fixed, Open, Template

SIZE = 7
END_OF_LINE, BOUNDARY = 2, 6


def legal(template: Template, state: tuple[int, int]) -> set[int]:
    mask = template.allowed(state)
    assert mask is None or mask.shape == (SIZE,)
    return set(range(SIZE)) if mask is None else set(torch.nonzero(mask).flatten().tolist())


def after(template: Template, *symbols: int) -> tuple[int, int]:
    state = template.start()
    for symbol in symbols:
        assert symbol in legal(template, state)
        following = template.advance(state, symbol)
        assert following is not None
        state = following
    return state


def test_without_stretches_anything_may_come() -> None:
    template = Template([], SIZE, prompt=(1, 2))
    assert template.prompt == (1, 2)
    assert template.allowed(template.start()) is None
    assert template.advance(template.start(), 3) == template.start()


def test_what_is_fixed_comes_symbol_by_symbol() -> None:
    template = Template([Fixed((3, 4)), Fixed(()), Fixed((3,))], SIZE)
    assert legal(template, after(template)) == {3}
    assert legal(template, after(template, 3)) == {4}
    assert legal(template, after(template, 3, 4)) == {3}
    assert template.allowed(after(template, 3, 4, 3)) is None


def test_an_open_line_has_something_in_it_and_ends_no_piece() -> None:
    template = Template([Open(END_OF_LINE, (BOUNDARY,)), Fixed((1,))], SIZE)
    everything = set(range(SIZE)) - {BOUNDARY}
    assert legal(template, after(template)) == everything - {END_OF_LINE}
    assert legal(template, after(template, 4)) == everything
    assert legal(template, after(template, 4, 5, 4)) == everything
    assert legal(template, after(template, 4, END_OF_LINE)) == {1}


def test_states_of_a_line_are_as_few_as_they_need_be() -> None:
    template = Template([Open(END_OF_LINE)], SIZE)
    assert after(template, 4) == after(template, 4, 5, 4) != after(template)


def test_it_rests_between_stretches_knows_of_no_end_and_takes_nothing_as_meant() -> None:
    template = Template([Fixed((3, 4)), Open(END_OF_LINE)], SIZE)
    states = [after(template, *symbols) for symbols in ((), (3,), (3, 4), (3, 4, 1), (3, 4, 1, END_OF_LINE))]
    assert [template.resting(state) for state in states] == [True, False, True, False, True]
    assert {template.distance(state) for state in states} == {0}
    assert all(template.meant(state, 5) == state for state in states)
