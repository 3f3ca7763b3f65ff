from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import as_pieces
from tunewright.codecs.text import CharacterCodec
from tunewright.contracts import Piece
from tunewright.corpora.irish import IrishCorpus
from tunewright.errors import InputError

TEXTS = ["X:1\nK:D\n|:ABc d2e:|", "#(fa) 0123456789abcdef"]


@pytest.fixture(params=["symbol", "blank line"])
def codec(request: pytest.FixtureRequest) -> CharacterCodec:
    return CharacterCodec.fit(as_pieces(TEXTS), boundary=request.param)


@given(st.text(), st.sampled_from(["symbol", "blank line"]))
def test_any_text_comes_back(text: str, boundary: str) -> None:
    codec = CharacterCodec.fit(as_pieces(TEXTS), boundary=boundary)  # type: ignore[arg-type]
    text = text.encode("utf-8", "ignore").decode()  # lone surrogates are no text
    assert codec.decode_text(codec.encode_text(text).tolist()) == text


@given(st.text(alphabet="#()0123456789abcdefé", max_size=40))
def test_what_looks_like_an_escape_comes_back(text: str) -> None:
    codec = CharacterCodec.fit(as_pieces(TEXTS))
    assert codec.decode_text(codec.encode_text(text).tolist()) == text


def test_an_unknown_character_is_charged_and_never_lost(codec: CharacterCodec) -> None:
    assert len(codec.encode_text("é")) == 5
    # Under a uniform model it costs log2(size) bits for each symbol that spells it: much, and not infinity.
    nats = torch.nn.functional.cross_entropy(
        torch.zeros(5, codec.size), torch.tensor(codec.encode_text("é")), reduction="sum"
    )
    assert nats.item() == pytest.approx(5 * math.log(codec.size), rel=1e-5)


def test_boundaries(codec: CharacterCodec) -> None:
    spelled = "".join(codec.spellings()[number] for number in codec.boundary)
    assert spelled == {"symbol": "", "blank line": "\n\n"}[codec.boundary_kind]
    assert codec.size == len(codec.symbols) + (codec.boundary_kind == "symbol")


def test_saved_and_loaded(codec: CharacterCodec, tmp_path: Path) -> None:
    codec.save(tmp_path / "codec.json")
    loaded = CharacterCodec.load(tmp_path / "codec.json")
    assert (loaded.symbols, loaded.boundary, loaded.size) == (codec.symbols, codec.boundary, codec.size)


def test_a_table_that_cannot_spell_escapes_is_refused() -> None:
    with pytest.raises(InputError, match="needs"):
        CharacterCodec("ABC")


def test_the_labs_table_and_every_irish_tune(irish_corpus: IrishCorpus) -> None:
    codec = CharacterCodec.fit(irish_corpus.to_read(irish_corpus.pieces), boundary="blank line")
    assert codec.size == 83  # the escape finds all its characters among the lab's own
    for piece in irish_corpus.pieces:
        ids = codec.encode(piece)
        assert codec.decode(ids.tolist()).text == piece.text
        assert len(ids) == codec.units(piece) == len(piece.text)


def test_ids_are_64_bit_integers(codec: CharacterCodec) -> None:
    assert codec.encode(Piece("", "ABc", "")).dtype == np.int64
