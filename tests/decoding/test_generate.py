from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from tunewright.contracts import Filter
from tunewright.decoding.filters import greedy
from tunewright.decoding.generate import TILE, Draw, Finished, generate
from tunewright.decoding.template import Fixed, Open, Template
from tunewright.models.emission import Categorical
from tunewright.models.recurrent import GRU, LSTM

FREE = Template([], 9)


def draw_all(
    model: Any, draws: list[Draw], seed: int = 0, constraint: Template = FREE, **options: Any
) -> dict[Draw, Finished]:
    filters: list[Filter] = options.pop("filters", [])
    settings = {"boundary": (8,), "constraint": constraint, "filters": filters, "seed": seed, "longest": 60, **options}
    return {finished.draw: finished for finished in generate(model, draws, **settings)}


@pytest.fixture(params=[LSTM, GRU])
def model(request: pytest.FixtureRequest) -> Any:
    torch.manual_seed(3)
    return request.param(9, embedding_size=32, hidden_size=96, layers=2).for_inference()


def test_a_piece_is_the_same_alone_and_in_company(model: Any) -> None:
    draws = [Draw(piece, piece % 3) for piece in range(3 * TILE + 5)]
    together = draw_all(model, draws)
    assert len(together) == len(draws)
    for draw in (draws[0], draws[TILE + 7], draws[-1]):
        assert draw_all(model, [draw])[draw] == together[draw]
    assert draw_all(model, draws[::-1]) == together


def test_seeds_and_attempts_differ(model: Any) -> None:
    draw, other = Draw(0), Draw(0, attempt=1)
    assert draw_all(model, [draw], seed=1)[draw].ids != draw_all(model, [draw], seed=2)[draw].ids
    both = draw_all(model, [draw, other])
    assert both[draw].ids != both[other].ids


class Counter:
    """A model that is certain: the next symbol is one more than the last."""

    emission = Categorical()

    def __call__(self, inputs: Tensor, memory: Any = None) -> tuple[Tensor, Any]:
        following = (inputs + 1).remainder(9)
        return torch.nn.functional.one_hot(following, 9).float() * 40, None


def test_from_boundary_to_boundary() -> None:
    finished = draw_all(Counter(), [Draw(0)])[Draw(0)]
    assert (finished.ids, finished.complete) == (tuple(range(8)), True)


def test_a_boundary_of_two_symbols() -> None:
    template = Template([Fixed((5, 5, 4, 5, 5))], 9)
    finished = draw_all(Counter(), [Draw(0)], constraint=template, boundary=(4, 5))[Draw(0)]
    assert (finished.ids, finished.complete) == ((5, 5), True)


def test_too_long_is_told() -> None:
    finished = draw_all(Counter(), [Draw(0)], longest=4)[Draw(0)]
    assert (finished.ids, finished.complete) == ((0, 1, 2, 3), False)


def test_a_template_fixes_what_it_gives_and_leaves_the_rest_open() -> None:
    template = Template([Fixed((6, 7, 0)), Open(end=2), Fixed((5,))], 9)
    finished = draw_all(Counter(), [Draw(0)], constraint=template)[Draw(0)]
    assert finished.ids == (6, 7, 0, 1, 2, 5, 6, 7)


def test_an_open_line_is_never_empty_nor_ends_the_piece(model: Any) -> None:
    template = Template([Open(end=2, forbidden=(8,))], 9)
    for finished in draw_all(model, [Draw(piece) for piece in range(40)], constraint=template).values():
        assert 2 in finished.ids or not finished.complete
        assert finished.ids[0] != 2


def test_greedy_takes_the_likeliest_path(model: Any) -> None:
    found = draw_all(model, [Draw(0)], filters=[greedy], longest=12)[Draw(0)]
    ids = [8]
    for _ in range(len(found.ids)):
        logits, _ = model(torch.tensor([ids]))
        ids.append(int(logits[0, -1].argmax()))
    assert list(found.ids) == ids[1:]
