"""Contract tests: every part of the catalogue keeps its promise, and a new part is covered without a new test."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch

from tests.conftest import own_tune
from tests.music.performances import own_notes, performance_piece
from tests.rendering.performances import performance
from tunewright import catalogue
from tunewright.contracts import PARTS, Codec, Corpus, Piece
from tunewright.errors import RenderingError, SettingsError
from tunewright.music.midi import write_midi
from tunewright.music.pieces import in_form

PIECE = Piece("Own tune", own_tune(5), "test")
PIECES = {"tune": PIECE, "performance": performance_piece(write_midi(own_notes(5)))}
"""One of each kind."""
MODELS = sorted(catalogue.parts("model"))
RECURRENT = {"embedding_size": 6, "hidden_size": 10}
SMALL = {
    "lstm": RECURRENT,
    "gru": RECURRENT,
    "transformer": {"hidden_size": 12, "heads": 3, "layers": 2, "context": 5},
}
"""Options that make each model quick to build and to ask."""


@pytest.mark.parametrize("section", sorted(catalogue.PARTS))
def test_every_part_can_be_opened(section: str) -> None:
    for name in catalogue.parts(section):
        assert callable(catalogue.find(section, name)), name


def test_an_unknown_part_tells_what_there_is() -> None:
    with pytest.raises(SettingsError, match="no model is called 'oracle'; there are: gru, lstm"):
        catalogue.find("model", "oracle")


def test_an_unknown_option_tells_what_there_is() -> None:
    with pytest.raises(SettingsError, match=r"no option 'size_of_hidden'; it has: .*hidden_size"):
        catalogue.build("model", "lstm", {"size_of_hidden": 3}, 10)
    with pytest.raises(SettingsError, match=r"model.hidden_size = 'big'"):
        catalogue.build("model", "lstm", {"hidden_size": "big"}, 10)


@pytest.mark.parametrize("name", sorted(catalogue.parts("codec")))
def test_codecs(name: str, tmp_path: Path) -> None:
    codec: Codec = catalogue.build("codec", name, {}, [Piece("", own_tune(number), "") for number in range(3)])
    assert isinstance(codec, Codec)
    piece = PIECES[codec.kind]
    ids = codec.encode(piece)
    assert ids.ndim == 1
    assert ids.max() < codec.size
    back = codec.decode(ids.tolist())
    assert (back.kind, back.text) == (piece.kind, piece.text)
    assert len(codec.encode(back)) == len(ids)
    assert codec.units(piece) > 0
    assert len(codec.spellings()) == len(codec.names()) == codec.size
    assert [number for number, name in enumerate(codec.names()) if not name] == list(codec.boundary)
    codec.save(tmp_path / "codec.json")
    loaded = type(codec).load(tmp_path / "codec.json")
    assert loaded.encode(piece).tolist() == ids.tolist()


@pytest.mark.parametrize("name", MODELS)
def test_models_step_by_step_as_in_one_window(name: str) -> None:
    torch.manual_seed(0)
    model = catalogue.build("model", name, SMALL.get(name, {}), 17).for_inference()
    inputs = torch.randint(0, 17, (3, 12))
    whole, _ = model(inputs)
    assert whole.shape == (3, 12, 17)
    memory, steps = None, []
    for at in range(12):
        logits, memory = model(inputs[:, at : at + 1], memory)
        steps.append(logits)
    assert torch.allclose(torch.cat(steps, 1), whole, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_models_select_rows_of_memory(name: str) -> None:
    torch.manual_seed(0)
    model = catalogue.build("model", name, SMALL.get(name, {}), 17).for_inference()
    inputs = torch.randint(0, 17, (3, 12))
    _, memory = model(inputs[:, :6])
    rows = torch.tensor([2, 0, 0, 1])
    expected, _ = model(inputs[:, 6:], memory)
    found, _ = model(inputs[rows, 6:], model.select(memory, rows))
    assert torch.allclose(found, expected[rows], atol=1e-5)


@pytest.mark.parametrize("name", sorted(catalogue.parts("filter")))
def test_filters_keep_shape_input_and_the_likeliest_symbol(name: str) -> None:
    apply = catalogue.find("filter", name)
    value = {"top_k": 3, "greedy": True}.get(name, 0.5)
    logits = torch.randn(4, 9)
    before = logits.clone()
    filtered = apply(logits, value)
    assert torch.equal(logits, before)
    assert filtered.shape == logits.shape
    assert torch.equal(filtered.argmax(-1), logits.argmax(-1))


@pytest.mark.parametrize("name", sorted(catalogue.parts("renderer")))
def test_renderers_write_whole_files(name: str, tmp_path: Path) -> None:
    renderer = catalogue.find("renderer", name)()
    path = tmp_path / f"tune{renderer.suffix}"
    assert renderer(PIECE, path) == path
    assert path.stat().st_size > 100
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", sorted(catalogue.parts("renderer").keys()))
def test_renderers_write_performances_whole_or_tell_what_is_right(name: str, tmp_path: Path) -> None:
    renderer = catalogue.find("renderer", name)()
    path = tmp_path / f"performance{renderer.suffix}"
    scale = performance([(at / 2, at / 2 + 0.5, 60 + at, 64) for at in range(12)])
    if name == "abc":
        with pytest.raises(RenderingError, match="expected mid, wav, svg, png, musicxml or pdf"):
            renderer(scale, path)
        assert not list(tmp_path.iterdir())
        return
    assert renderer(scale, path) == path
    assert path.stat().st_size > 100
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", sorted(catalogue.parts("corpus").keys() - {"path", "mixture"}))
def test_corpora(name: str, request: pytest.FixtureRequest) -> None:
    if name in ("irish", "maestro"):
        request.getfixturevalue(f"{name}_corpus")  # skips where the files aren't at hand
    corpus: Corpus = catalogue.build("corpus", name, {})
    assert corpus.name == name
    assert re.fullmatch("[0-9a-f]{64}", corpus.sha256)
    assert Path(corpus.source).exists()
    assert corpus.licence
    assert corpus.pieces
    assert len({piece.origin for piece in corpus.pieces}) == len(corpus.pieces)
    for piece in corpus.pieces:
        assert piece.text == piece.text.strip("\n")
        assert (piece.found, piece.licence) == (piece.text, corpus.licence)
        assert piece.kind == corpus.kind
        assert piece.content == (piece.midi if corpus.kind == "performance" else piece.text.encode()) != b""
    stated = corpus.stated_parts()
    assert stated is None or (len(stated) == len(corpus.pieces) and set(stated) <= set(PARTS))
    assert all(skipped.origin and skipped.reason for skipped in corpus.skipped)
    assert corpus.to_read(corpus.pieces[:3]) == list(corpus.pieces[:3])
    json.dumps(corpus.facts())


@pytest.mark.parametrize("name", sorted(catalogue.parts("corpus").keys() - {"path", "mixture"}))
def test_corpora_in_house_form(name: str, request: pytest.FixtureRequest) -> None:
    if name in ("irish", "maestro"):
        request.getfixturevalue(f"{name}_corpus")
    corpus: Corpus = catalogue.build("corpus", name, {})
    if corpus.kind == "performance":
        with pytest.raises(SettingsError, match=r"corpus\.form=house is a way to write tunes"):
            in_form(corpus, "house")
        return
    house = in_form(corpus, "house")
    assert type(house) is type(corpus)
    assert (house.form, house.sha256, house.name) == ("house", corpus.sha256, corpus.name)
    assert len(house.pieces) + len(house.skipped) == len(corpus.pieces) + len(corpus.skipped)
    assert len(house.pieces) > 0.99 * len(corpus.pieces)
    assert all(piece.text.startswith("X:1\n") and piece.found == piece.original for piece in house.pieces)
    assert {piece.original for piece in house.pieces} <= {piece.text for piece in corpus.pieces}
