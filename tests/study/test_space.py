"""What a study varies, as it is written."""

from __future__ import annotations

import math

import pytest

from tunewright.errors import SettingsError
from tunewright.study.space import Range, Values, combinations, grid, parse_dimension, parse_space, size_of, told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model.hidden_size=128, 256,512", Values("model.hidden_size", (128, 256, 512))),
        ("training.learning_rate=1e-3,5e-3", Values("training.learning_rate", (0.001, 0.005))),
        ("training.optimiser=adam,sgd", Values("training.optimiser", ("adam", "sgd"))),
        ("decoding.free=true,false", Values("decoding.free", (True, False))),
        ("model.dropout=0.2", Values("model.dropout", (0.2,))),
        ("training.learning_rate=1e-4..1e-2", Range("training.learning_rate", 1e-4, 1e-2)),
        ("model.layers=1..3", Range("model.layers", 1, 3, whole=True)),
        ("corpus.name=../a.abc,../b.abc", Values("corpus.name", ("../a.abc", "../b.abc"))),
    ],
)
def test_dimensions(text: str, expected: object) -> None:
    assert parse_dimension(text) == expected
    assert parse_dimension(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model.hidden_size", r"expected section\.key=a,b,c"),
        ("hidden_size=1,2", r"expected section\.key=a,b,c"),
        ("model.hidden_size=", r"expected section\.key=a,b,c"),
        ("model.hidden_size=64,64", "a value stands there twice"),
        ("model.dropout=0,0.0", "a value stands there twice"),
        ("decoding.free=true,1", "a value stands there twice"),
        ("model.hidden_size=64,,128", "no value beside a comma"),
        ("model.hidden_size=64,128,", "no value beside a comma"),
        ("model.layers=3..1", "the lower one first"),
        ("model.layers=a..b", "expected two numbers"),
    ],
)
def test_what_is_no_dimension_is_told(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_dimension(text)


def test_a_setting_is_varied_once() -> None:
    with pytest.raises(SettingsError, match=r"model\.layers is given twice"):
        parse_space(["model.layers=1", "model.layers=2"])


def test_a_grid_holds_every_combination_and_trains_before_it_composes_again() -> None:
    space = parse_space(["decoding.temperature=0.8,1.0", "model.layers=1,2", "training.length=50,100"])
    found = list(grid(space))
    assert len(found) == 8
    assert len({tuple(one.items()) for one in found}) == 8
    assert [one["decoding.temperature"] for one in found] == [0.8] * 4 + [1.0] * 4
    assert list(found[0]) == ["decoding.temperature", "model.layers", "training.length"]


def test_a_range_has_no_grid() -> None:
    with pytest.raises(SettingsError, match=r"model\.layers=1\.\.3 is a range: it is searched with --trials N"):
        list(grid(parse_space(["model.layers=1..3"])))


def test_a_wide_range_is_searched_in_its_logarithm() -> None:
    assert Range("a.b", 0.001, 0.01).logarithmic
    assert not Range("a.b", 1, 3).logarithmic
    assert not Range("a.b", 0, 10).logarithmic


def test_values_are_told_as_after_set() -> None:
    assert [told(value) for value in (True, 0.001, 3, "adam")] == ["true", "0.001", "3", "adam"]


def test_variants_are_counted_where_they_can_be() -> None:
    space = parse_space(["model.layers=1..3", "training.optimiser=adam,sgd"])
    found = list(combinations(space))
    assert size_of(space) == len(found) == 6
    assert {(one["model.layers"], one["training.optimiser"]) for one in found} == {
        (layers, optimiser) for layers in (1, 2, 3) for optimiser in ("adam", "sgd")
    }
    assert math.isinf(size_of(parse_space(["model.dropout=0.0..0.5", "training.optimiser=adam,sgd"])))
