from __future__ import annotations

import pytest

from tunewright.contracts import Piece
from tunewright.corpora.irish import IrishCorpus
from tunewright.music.pieces import in_form


@pytest.fixture(scope="session")
def irish_house(irish_corpus: IrishCorpus) -> tuple[Piece, ...]:
    """The lab's tunes in house form, where they are at hand."""
    return in_form(irish_corpus, "house").pieces
