"""A page to listen to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.listening.pages import tunes
from tunewright.listening.page import write_listening
from tunewright.messages import load_messages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """That of a page with nine composed tunes and three real ones."""
    write_listening(tmp_path, tunes(), load_messages("en"))
    return tmp_path
